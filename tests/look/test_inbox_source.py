"""Which repositories an inbox is of."""

from pathlib import Path

import pytest

import scene
from pr_sessions.errors import InvalidValue, NotARepository
from pr_sessions.git.discovery import find_repository
from pr_sessions.git.repository import Repository
from pr_sessions.look.inbox_source import Source, find_source

SHOP = Source(forge="github", host="github.com", repositories=("ada/shop",), of_clone="ada/shop")
NAME = "name a repository: pr-sessions inbox OWNER/REPO"


@pytest.fixture
def clone(tmp_path: Path) -> Repository:
    return find_repository(scene.committed(tmp_path / "clone"))


def remote(clone: Repository, url: str, name: str = "origin") -> Repository:
    scene.git(clone.root, "remote", "add", name, url)
    return clone


@pytest.mark.parametrize(
    ("url", "source"),
    [
        ("https://github.com/ada/shop.git", SHOP),
        ("git@github.com:ada/shop", SHOP),
        (
            "https://gitlab.com/group/sub/shop.git",
            Source(forge="gitlab", host="gitlab.com", repositories=("group/sub/shop",), of_clone="group/sub/shop"),
        ),
        ("https://codeberg.org/ada/shop", Source(why_not="no remote leads to GitHub or GitLab", hint=NAME)),
        (
            "git@work:ada/shop",
            Source(
                why_not="only ssh can resolve the host work of the remote origin",
                hint="name the repository: pr-sessions inbox ada/shop",
            ),
        ),
    ],
)
def test_without_a_name_it_is_the_clones_own(clone: Repository, url: str, source: Source) -> None:
    assert find_source((), "", remote(clone, url), {}) == source


def test_a_clone_without_remotes_is_read_itself(clone: Repository) -> None:
    assert find_source((), "", clone, {}) == Source(why_not="no remote leads to GitHub or GitLab", hint=NAME)


def test_upstream_comes_before_origin(clone: Repository) -> None:
    remote(remote(clone, "https://github.com/eve/shop"), "https://github.com/ada/shop", "upstream")
    assert find_source((), "", clone, {}) == SHOP


def test_outside_a_clone_one_has_to_be_named() -> None:
    with pytest.raises(NotARepository, match="this folder is in no repository with a working tree") as raised:
        find_source((), "", None, {})
    assert raised.value.hint == "name one: pr-sessions inbox OWNER/REPO"


@pytest.mark.parametrize(
    ("names", "forge", "host", "paths"),
    [
        (("ada/shop", "ada/docs", "ada/shop"), "github", "github.com", ("ada/shop", "ada/docs")),
        (("https://github.com/ada/shop.git",), "github", "github.com", ("ada/shop",)),
        (("https://gitlab.com/group/sub/shop/",), "gitlab", "gitlab.com", ("group/sub/shop",)),
    ],
)
def test_names_and_addresses(names: tuple[str, ...], forge: str, host: str, paths: tuple[str, ...]) -> None:
    assert find_source(names, "", None, {}) == Source(forge=forge, host=host, repositories=paths, is_named=True)


def test_in_a_clone_a_name_is_on_its_forge_and_its_own_is_known(clone: Repository) -> None:
    remote(clone, "https://gitlab.com/group/shop")
    assert find_source(("group/docs",), "", clone, {}) == Source(
        forge="gitlab", host="gitlab.com", repositories=("group/docs",), of_clone="group/shop", is_named=True
    )


def test_an_enterprise_server_is_named_by_its_interface(clone: Repository) -> None:
    environ = {"GITHUB_API_URL": "https://code.example.com/api/v3"}
    remote(clone, "https://code.example.com/ada/shop")
    assert find_source((), "", clone, environ).host == "code.example.com"


def test_an_organisation_is_read_whole() -> None:
    assert find_source((), "acme", None, {}) == Source(
        forge="github", host="github.com", organisation="acme", is_named=True
    )


@pytest.mark.parametrize(
    ("names", "organisation", "message"),
    [
        (("shop",), "", "not a repository: 'shop'"),
        (("../x",), "", "not a repository: '../x'"),
        (("a b/c",), "", "not a repository: 'a b/c'"),
        (("ada/shop\x1b[31m",), "", "not a repository"),
        (("https://example.com/ada/shop",), "", "example.com is neither GitHub nor GitLab"),
        (("https://gitlab.com/a/b", "https://github.com/a/b"), "", "they are on several hosts: gitlab.com, github.com"),
        (("https://gitlab.com/a/b",), "acme", "they are on several hosts: gitlab.com, github.com"),
        ((), "a/b", "not an organisation: 'a/b'"),
        (tuple(f"a/{n}" for n in range(101)), "", "101 repositories are too many at once"),
    ],
)
def test_what_cannot_be_used_is_named(names: tuple[str, ...], organisation: str, message: str) -> None:
    with pytest.raises(InvalidValue) as raised:
        find_source(names, organisation, None, {})
    assert str(raised.value).startswith(message)
    assert raised.value.hint
