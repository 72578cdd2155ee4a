"""Whose pull request an address names."""

from collections.abc import Callable
from pathlib import Path

import pytest

from pr_sessions.sessions.address import Address, remote_address
from pr_sessions.stores.remotes import number_of, places

GITHUB = Address("github.com", "octo/demo")


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("https://github.com/octo/demo.git", GITHUB),
        ("https://token@github.com/Octo/Demo/", Address("github.com", "Octo/Demo")),
        ("git@github.com:octo/demo.git", GITHUB),
        ("github.com:octo/demo", GITHUB),
        ("ssh://git@github.com:22/octo/demo.git", GITHUB),
        ("git://github.com/octo/demo", GITHUB),
        ("git@gitlab.com:group/sub/demo.git", Address("gitlab.com", "group/sub/demo")),
        ("work:octo/demo", Address("work", "octo/demo")),
        ("../elsewhere", None),
        ("/srv/git/demo.git", None),
        ("file:///srv/git/demo.git", None),
        ("C:/work/demo", None),
        ("./a:b/c", None),
        ("github.com:demo", None),
        ("", None),
    ],
)
def test_an_address_names_a_repository(address: str, place: Address | None) -> None:
    assert remote_address(address) == place


@pytest.mark.parametrize(
    ("url", "remote", "number"),
    [
        ("https://github.com/octo/demo/pull/42", "git@github.com:octo/demo.git", "42"),
        ("https://github.com/Octo/Demo/pull/42", "https://github.com/octo/demo", "42"),
        ("https://github.com/octo/demo/pull/42", "git@ssh.github.com:octo/demo.git", "42"),
        ("https://gitlab.com/g/s/demo/-/merge_requests/7", "ssh://git@altssh.gitlab.com:443/g/s/demo.git", "7"),
        ("https://github.com/octo/demo/pull/42", "work:octo/demo", "42"),
        ("https://git.example.com:8443/octo/demo/pull/42", "git@git.example.com:octo/demo", "42"),
        ("https://github.com/octo/other/pull/42", "git@github.com:octo/demo.git", "octo/other#42"),
        ("https://evil.example/octo/demo/pull/42", "git@github.com:octo/demo.git", "octo/demo#42"),
        ("https://gitlab.com/g/s/demo/-/merge_requests/7", "git@gitlab.com:s/demo", "g/s/demo#7"),
        ("https://github.com/octo/demo/pull/42", "/srv/demo", "octo/demo#42"),
    ],
)
def test_another_repositorys_pull_request_keeps_its_whole_name(url: str, remote: str, number: str) -> None:
    assert number_of(url, tuple(p for p in [remote_address(remote)] if p)) == number


def test_every_remote_counts_as_git_rewrites_it(clone: Path, git: Callable[..., str]) -> None:
    git(clone, "config", "url.https://github.com/.insteadOf", "gh:")
    git(clone, "remote", "add", "origin", "gh:ada/demo")
    git(clone, "remote", "add", "upstream", "git@github.com:octo/demo.git")
    assert places(clone) == (Address("github.com", "ada/demo"), GITHUB)


def test_a_clone_without_remotes_has_none(clone: Path) -> None:
    assert places(clone) == ()
