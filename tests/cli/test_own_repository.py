"""Hooks, `open` and `import --github` agree on whether a pull request is of this clone."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from command_line import Cli, Git
from msgspec import Struct

from fake_forge_tools import FakeForge
from hooks.hook_runs import bash, hook, set_up
from pr_sessions.cli.github_import import number_prefix
from pr_sessions.core.urls import pull_request_addresses
from pr_sessions.tracker import open_tracker
from ssh_names import SshNames

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the programs that stand for ssh, gh and glab are scripts")

SSH_CONFIG = """\
Host work
    HostName github.com
Host github.com-me
    HostName ssh.github.com
    Port 443
Host lab
    HostName gitlab.com
"""
PR = "https://github.com/me/app/pull/7"


class Case(Struct, frozen=True):
    """Remotes by name, git settings, the address of a pull request, and its recorded id."""

    remotes: dict[str, str]
    expected: str
    url: str = PR
    settings: dict[str, str] = {}


WITH_A_FORGE = {
    "https": Case({"origin": "https://github.com/me/app.git"}, "7"),
    "alias": Case({"origin": "git@work:me/app.git"}, "7"),
    "alias of another forge": Case({"origin": "git@lab:me/app.git"}, "me/app#7"),
    "alias with a dot": Case({"origin": "git@github.com-me:me/app.git"}, "7"),
    "alias that ssh does not know": Case({"origin": "git@nowhere:me/app.git"}, "7"),
    "two that ssh does not know": Case({"origin": "git@nowhere:me/app", "b": "git@elsewhere:me/app"}, "me/app#7"),
    "one that ssh does not know and another forge": Case(
        {"origin": "git@nowhere:me/app", "lab": "https://gitlab.com/me/app"}, "me/app#7"
    ),
    "another forge with the same path": Case({"origin": "git@gitlab.com:me/app.git"}, "me/app#7"),
    "another path": Case({"origin": "git@github.com:me/other.git"}, "me/app#7"),
    "ssh at the port of https": Case({"origin": "ssh://git@ssh.github.com:443/me/app.git"}, "7"),
    "port, user, slash": Case({"origin": "https://me:secret@GitHub.com:443/Me/App.git/"}, "7"),
    "www": Case({"origin": "https://www.github.com/me/app"}, "7"),
    "fork and upstream": Case({"origin": "git@github.com:fork/app", "upstream": "git@github.com:me/app"}, "7"),
    "insteadOf": Case({"origin": "gh:me/app"}, "7", settings={"url.https://github.com/.insteadOf": "gh:"}),
    "pushInsteadOf": Case(
        {"origin": "https://mirror.example/me/app"},
        "7",
        settings={"url.git@github.com:.pushInsteadOf": "https://mirror.example/"},
    ),
    "Enterprise": Case({"origin": "git@github.corp.example:me/app"}, "7", "https://github.corp.example/me/app/pull/7"),
    "Enterprise and github.com": Case({"origin": "git@github.corp.example:me/app"}, "me/app#7"),
    "partial clone": Case(
        {"origin": "https://github.com/me/app"},
        "7",
        settings={"remote.origin.promisor": "true", "remote.origin.partialclonefilter": "blob:none",
                  "remote.origin.pushurl": "git@github.com:fork/app"},
    ),
}  # fmt: skip
WITHOUT_A_FORGE = {
    "no remote": Case({}, "me/app#7"),
    "folder": Case({"origin": "/srv/git/me/app.git"}, "me/app#7"),
    "file address": Case({"origin": "file:///srv/git/me/app.git"}, "me/app#7"),
}


@pytest.fixture
def forge(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeForge:
    forge = FakeForge(tmp_path / "forge")
    monkeypatch.setenv("PATH", forge.environ["PATH"])
    return forge


@pytest.fixture
def ssh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SshNames:
    names = SshNames(tmp_path / "ssh", monkeypatch)
    names.write(SSH_CONFIG)
    return names


@pytest.fixture
def answers(repo: Path, cli: Cli, git: Git, forge: FakeForge, ssh: SshNames) -> Callable[..., list[str]]:
    """Return the ids that the callers find for a case."""

    def ask(case: Case, callers: Sequence[str]) -> list[str]:
        git(repo, "switch", "-q", "-c", "feature")
        git(repo, "commit", "-q", "--allow-empty", "-m", "more")
        for name, url in case.remotes.items():
            git(repo, "remote", "add", name, url)
        for key, value in case.settings.items():
            git(repo, "config", key, value)
        hosts = ["github.com", "nowhere", "mirror.example"]
        found = {"number": 7, "url": case.url, "branch": "feature", "base": "main", "title": "t", "body": "",
                 "draft": False, "owner": "", "author": "octocat", "state": "open"}  # fmt: skip
        forge.set(prs=[found], logins={"gh": hosts})
        return [{"hook": by_hook, "open": by_open, "import": by_import}[caller](case.url) for caller in callers]

    def by_hook(url: str) -> str:
        set_up(repo)
        assert hook(bash(repo, "gh pr create", url), PR_SESSIONS_NO_TRACKER="1").returncode == 0
        tracker = open_tracker(repo)
        tracker.drain()
        (session,) = tracker.sessions()
        return session.prs[0]

    def by_open(url: str) -> str:
        result = cli("open", "--base", "main", "--dry-run", "--json")
        assert (result.code, result.err) == (0, "")
        return str(result.json["pr_number"])

    def by_import(url: str) -> str:
        (address,) = pull_request_addresses(url)
        environ = {"GITHUB_API_URL": f"https://api.{address.repository.host}"}
        return number_prefix(open_tracker(repo).repository, address.repository.path, environ) + address.number

    return ask


@pytest.mark.parametrize("case", WITH_A_FORGE.values(), ids=WITH_A_FORGE.keys())
def test_all_callers_record_the_same_id(case: Case, answers: Callable[..., list[str]]) -> None:
    assert answers(case, ("hook", "open", "import")) == [case.expected] * 3


@pytest.mark.parametrize("case", WITHOUT_A_FORGE.values(), ids=WITHOUT_A_FORGE.keys())
def test_without_a_forge_the_id_names_the_repository(case: Case, answers: Callable[..., list[str]]) -> None:
    assert answers(case, ("hook", "import")) == [case.expected] * 2


@pytest.mark.parametrize(
    "remote", ["git@gitlab.com:group/sub/app.git", "ssh://git@altssh.gitlab.com:443/group/sub/app/"]
)
def test_a_path_of_subgroups_counts_as_a_whole(remote: str, answers: Callable[..., list[str]]) -> None:
    url = "https://gitlab.com/group/sub/app/-/merge_requests/7"
    assert answers(Case({"origin": remote}, "7", url), ("hook", "open")) == ["7", "7"]


def test_a_shorter_path_is_another_repository(answers: Callable[..., list[str]]) -> None:
    url = "https://gitlab.com/group/sub/app/-/merge_requests/7"
    case = Case({"origin": "git@gitlab.com:sub/app"}, "group/sub/app#7", url)
    assert answers(case, ("hook", "open")) == [case.expected] * 2


LOOKING = (("status",), ("list",), ("find", "7"), ("explain", "7"), ("log",), ("doctor",), ("report",), ("look",))


def test_looking_runs_no_ssh_and_goes_by_the_path(repo: Path, cli: Cli, git: Git, ssh: SshNames) -> None:
    git(repo, "remote", "add", "origin", "git@work:me/app.git")
    set_up(repo)
    assert hook(bash(repo, "gh pr create", PR), PR_SESSIONS_NO_TRACKER="1").returncode == 0
    codes = {arguments: cli(*arguments).code for arguments in LOOKING}
    assert (codes, ssh.calls) == (dict.fromkeys(LOOKING, 0), [])
    assert cli("drain").code == 0
    assert (cli("find", "7").code, ssh.calls) == (0, ["-G -o CanonicalizeHostname=no git@work"])


def test_what_looking_cannot_know_is_shown_with_its_repository(repo: Path, cli: Cli, git: Git, ssh: SshNames) -> None:
    for name in ("work", "lab"):
        git(repo, "remote", "add", name, f"git@{name}:me/app.git")
    set_up(repo)
    assert hook(bash(repo, "gh pr create", PR), PR_SESSIONS_NO_TRACKER="1").returncode == 0
    assert (cli("find", "me/app#7").code, ssh.calls) == (0, [])
    assert cli("drain").code == 0
    assert cli("find", "7").code == 0
