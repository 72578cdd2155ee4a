"""Which repositories a clone's remotes lead to, and which pull requests are therefore its own."""

import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pr_sessions.core.urls import Address, pull_request_addresses, read_reference
from pr_sessions.git import remotes
from pr_sessions.git.remotes import (
    Remote,
    address_behind,
    forge_by_name,
    is_of_clone,
    is_own,
    named_id,
    parse_remotes,
    path_on,
    pull_request_page,
    push_addresses,
    read_remotes,
    resolve_host,
    undecided,
)
from ssh_names import SshNames

Git = Callable[..., str]
APP = Address("github.com", "me/app")
PR = "https://github.com/me/app/pull/7"
MR = "https://gitlab.com/group/sub/app/-/merge_requests/7"
needs_scripts = pytest.mark.skipif(os.name == "nt", reason="the program that stands for ssh is a script")


@pytest.fixture
def ssh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SshNames:
    return SshNames(tmp_path / "ssh", monkeypatch)


def listed(*urls: str) -> tuple[Remote, ...]:
    """The remotes of a clone: `r0`, `r1`, ..., each with one URL."""
    return parse_remotes("".join(f"r{n}\t{url} (fetch)\nr{n}\t{url} (push)\n" for n, url in enumerate(urls)))


@pytest.mark.parametrize(
    ("url", "own", "hosts", "is_ours"),
    [
        (PR, ["https://github.com/me/app.git"], {}, True),
        (PR, ["git@github.com:Me/App"], {}, True),
        ("https://GitHub.com/ME/APP/pull/7", ["git@github.com:me/app"], {}, True),
        (PR, ["https://user:token@github.com:443/me/app.git/"], {}, True),
        (PR, ["ssh://git@ssh.github.com:443/me/app.git"], {}, True),
        (PR, ["https://www.github.com/me/app"], {}, True),
        ("https://www.github.com/me/app/pull/7", ["https://github.com/me/app"], {}, True),
        (PR, ["git@github.com.:me/app"], {}, True),
        (PR, ["git@github.com:fork/app", "git@github.com:me/app"], {}, True),
        (MR, ["git@gitlab.com:group/sub/app.git"], {}, True),
        (MR, ["ssh://git@altssh.gitlab.com:443/group/sub/app"], {}, True),
        (MR, ["git@gitlab.com:sub/app.git"], {}, False),
        (MR, ["git@gitlab.com:group/sub.git"], {}, False),
        ("https://code.example:8443/me/app/pull/7", ["ssh://git@code.example:2222/me/app"], {}, True),
        ("https://github.corp.example/me/app/pull/7", ["git@github.corp.example:me/app"], {}, True),
        (PR, ["git@github.corp.example:me/app"], {}, False),
        (PR, ["git@gitlab.com:me/app"], {}, False),
        (PR, ["https://github.com/me/other"], {}, False),
        (PR, ["/srv/git/me/app.git"], {}, False),
        (PR, ["file:///srv/me/app.git"], {}, False),
        (PR, [], {}, False),
        # Resolved names of ssh's configuration.
        (PR, ["git@work:me/app"], {"git@work": "github.com"}, True),
        (PR, ["git@work:me/app"], {"git@work": "gitlab.com"}, False),
        (PR, ["git@github.com-me:me/app"], {"git@github.com-me": "github.com"}, True),
        (PR, ["git@github.com-me:me/app"], {}, False),
        ("https://code.example/me/app/pull/7", ["git@code.example:me/app"], {"git@code.example": "10.0.0.5"}, True),
        (PR, ["git@work:me/app", "git@lab:me/app"], {"git@work": "github.com", "git@lab": "gitlab.com"}, True),
        # Unresolved ones: the path decides, where no other host has it.
        (PR, ["git@work:me/app"], {}, True),
        (PR, ["git@work:me/app"], {"git@work": "work"}, True),
        (PR, ["git@work:me/app", "work:Me/App", "git@lab:me/other"], {}, True),
        (PR, ["git@work:me/app", "git@lab:me/app"], {}, False),
        (PR, ["git@work:me/app", "https://gitlab.com/me/app"], {}, False),
        (PR, ["git@work:me/other"], {}, False),
    ],
)
def test_a_repository_is_own_by_host_and_path(
    url: str, own: Sequence[str], hosts: Mapping[str, str], is_ours: bool
) -> None:
    (pull_request,) = pull_request_addresses(url)
    assert is_own(pull_request.repository, listed(*own), hosts) is is_ours


@given(st.permutations(["git@work:me/app", "https://gitlab.com/me/app", "git@github.com:x/app", "lab:me/app"]))
def test_the_order_of_remotes_does_not_matter(own: Sequence[str]) -> None:
    assert is_own(APP, listed(*own), {"git@work": "github.com"})


@pytest.mark.parametrize(
    ("own", "destinations"),
    [
        (["git@work:me/app"], ("git@work",)),
        (["ssh://me:secret@work:22/me/app"], ("me@work",)),
        (["ssh://-oProxyCommand=x@work/me/app"], ("work",)),
        (["ssh://git@-oProxyCommand=x/me/app", "-work:me/app"], ()),
        (["work:me/app", "git@code.example:me/app"], ("work", "git@code.example")),
        (["git@work:me/app", "https://github.com/me/app"], ()),
        (["git@work:me/other"], ()),
        (["https://work/me/app", "git@gitlab.com:me/app", "git@ssh.github.com:me/app"], ()),
        ([], ()),
    ],
)
def test_ssh_is_asked_only_where_its_answer_decides(own: Sequence[str], destinations: tuple[str, ...]) -> None:
    assert undecided(APP, listed(*own)) == destinations


@pytest.mark.parametrize(
    ("url", "real", "host"),
    [
        ("git@work:me/app", "github.com", "github.com"),
        ("git@work:me/app", "git.corp.example", "git.corp.example"),
        ("git@work:me/app", None, "work"),
        ("git@github.com-me:me/app", "github.com", "github.com"),
        ("git@acme-me.ghe.com:me/app", "acme.ghe.com", "acme.ghe.com"),
        ("git@code.example:me/app", "10.0.0.5", "code.example"),
        ("git@code.example:me/app", None, "code.example"),
    ],
)
def test_the_forge_behind_a_remote(url: str, real: str | None, host: str) -> None:
    assert address_behind(listed(url)[0], real) == Address(host, "me/app")


@pytest.mark.parametrize(
    ("host", "forge"),
    [
        ("github.com", "github"),
        ("github.corp.example", "github"),
        ("acme.ghe.com", "github"),
        ("gitlab.com", "gitlab"),
        ("gitlab", "gitlab"),
        ("code.example", None),
        ("mygithub.example", None),
    ],
)
def test_a_host_names_its_forge(host: str, forge: str | None) -> None:
    assert forge_by_name(host) == forge


def test_of_several_repositories_on_a_host_the_upstream_is_first() -> None:
    own = [Remote(name, Address("github.com", f"{name}/app")) for name in ("fork", "origin", "upstream")]
    assert [path_on("github.com", own[:n]) for n in (0, 1, 2, 3)] == [None, "fork/app", "origin/app", "upstream/app"]
    assert path_on("gitlab.com", own) is None


def test_every_url_of_a_remote_counts_as_git_rewrites_it(clone: Path, git: Git) -> None:
    git(clone, "config", "url.https://github.com/.insteadOf", "gh:")
    git(clone, "config", "url.git@gitlab.com:.pushInsteadOf", "https://mirror.example/")
    git(clone, "remote", "add", "a", "gh:ada/app")
    git(clone, "remote", "add", "b", "https://mirror.example/me/app")
    git(clone, "remote", "add", "c", "/srv/app")
    github, mirror, gitlab = Address("github.com", "ada/app"), Address("mirror.example", "me/app"), "gitlab.com"
    assert read_remotes(clone) == (
        Remote("a", github),
        Remote("a", github, is_push=True),
        Remote("b", mirror),
        Remote("b", Address(gitlab, "me/app"), "git@gitlab.com", is_push=True),
    )


def test_the_filter_of_a_partial_clone_is_no_part_of_its_url(clone: Path, git: Git) -> None:
    git(clone, "remote", "add", "origin", "https://github.com/me/app")
    git(clone, "config", "remote.origin.promisor", "true")
    git(clone, "config", "remote.origin.partialclonefilter", "blob:none")
    git(clone, "config", "remote.origin.pushurl", "/srv/app")
    assert read_remotes(clone) == (Remote("origin", APP),)


def test_a_clone_without_remotes_has_none(clone: Path) -> None:
    assert (read_remotes(clone), is_of_clone(clone, APP)) == ((), False)


@needs_scripts
class TestSsh:
    """What is asked of ssh, and what its answers and failures lead to."""

    def test_a_name_of_its_configuration_is_resolved(self, ssh: SshNames, clone: Path, git: Git) -> None:
        ssh.write("Host work\n    HostName ssh.github.com\n")
        git(clone, "remote", "add", "origin", "git@work:me/app")
        assert is_of_clone(clone, APP)
        assert push_addresses(clone) == {"origin": APP}

    def test_it_is_asked_once_in_a_process_and_never_for_canonical_names(self, ssh: SshNames) -> None:
        ssh.write("Host work\n    HostName github.com\n")
        assert [resolve_host("git@work"), resolve_host("git@work")] == ["github.com", "github.com"]
        assert ssh.calls == ["-G -o CanonicalizeHostname=no git@work"]

    def test_a_name_that_it_does_not_know_stays(self, ssh: SshNames) -> None:
        ssh.write("Host work\n    HostName github.com\n")
        assert resolve_host("git@nowhere") == "nowhere"

    @pytest.mark.parametrize("script", ["exit 255\n", "echo 'hostname github.com'; exit 1\n", "echo hostname\n", ""])
    def test_no_answer_is_no_host(self, ssh: SshNames, script: str) -> None:
        ssh.answer(script)
        assert resolve_host("git@work") is None

    def test_what_takes_too_long_is_ended_with_all_that_it_started(
        self, ssh: SshNames, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(remotes, "_SSH_SECONDS", 0.5)
        pipe = tmp_path / "alive"
        os.mkfifo(pipe)
        # Whoever reads the pipe sees its end once no process holds the other side.
        ssh.answer(f"exec 3> '{pipe}'\nsleep 600 &\nwait\n")
        with subprocess.Popen([sys.executable, "-c", f"open({str(pipe)!r}, 'rb').read()"]) as reader:
            assert resolve_host("git@work") is None
            assert reader.wait(30) == 0

    def test_without_ssh_a_name_stays_unknown(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PATH", str(tmp_path))
        assert resolve_host("git@work") is None

    def test_a_destination_that_looks_like_an_option_is_not_passed_on(self, ssh: SshNames) -> None:
        assert (resolve_host("-oProxyCommand=x"), ssh.calls) == (None, [])


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("7", "7"),
        ("me/app#7", "7"),
        ("Me/App!7", "7"),
        ("me/other#7", "me/other#7"),
        (PR, "7"),
        ("https://github.com/me/other/pull/7", "me/other#7"),
        ("https://gitlab.com/me/app/-/merge_requests/7", "me/app#7"),
    ],
)
def test_a_pull_request_that_a_person_names_has_the_number_of_this_clone(text: str, number: str) -> None:
    own = listed("git@github.com:me/app.git")

    assert named_id(read_reference(text), own, asks_ssh=False) == number


@needs_scripts
def test_only_where_a_command_acts_ssh_is_asked_for_the_host_of_a_url(ssh: SshNames) -> None:
    ssh.write("Host github.com-work\n  HostName github.com\n")
    own = listed("git@github.com-work:me/app")

    assert [named_id(read_reference(PR), own, asks_ssh=asks) for asks in (False, True)] == ["me/app#7", "7"]
    assert named_id(read_reference("me/app#7"), own, asks_ssh=False) == "7"


def test_without_a_host_a_path_of_two_hosts_names_neither() -> None:
    own = listed("git@work:me/app", "git@lab:me/app")

    assert named_id(read_reference("me/app#7"), own, asks_ssh=False) == "me/app#7"


@pytest.mark.parametrize(
    ("url", "page"),
    [
        ("git@github.com:ada/shop.git", "https://github.com/ada/shop/pull/"),
        ("https://gitlab.com/group/sub/shop", "https://gitlab.com/group/sub/shop/-/merge_requests/"),
        ("https://codeberg.org/ada/shop", "https://codeberg.org/ada/shop/pulls/"),
        ("https://code.example.com/ada/shop", "https://code.example.com/ada/shop/pull/"),
        ("https://example.com/ada/shop", ""),
    ],
)
def test_where_people_read_pull_requests(url: str, page: str) -> None:
    assert pull_request_page(parse_remotes(f"origin\t{url} (fetch)"), "code.example.com") == page


def test_without_a_remote_there_is_no_page() -> None:
    assert pull_request_page(()) == ""
