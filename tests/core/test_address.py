import pytest

from pr_sessions.core.urls import (
    Address,
    PullRequestReference,
    pull_request_addresses,
    read_reference,
    remote_address,
)
from pr_sessions.errors import InvalidValue

SHOP = Address("github.com", "acme/shop")


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("https://github.com/acme/shop", SHOP),
        ("https://github.com/acme/shop.git", SHOP),
        ("https://github.com/acme/shop/", SHOP),
        ("https://user:secret@GitHub.com/acme/shop.git", SHOP),
        ("http://code.example.com:8443/acme/shop.git", Address("code.example.com", "acme/shop")),
        ("git@github.com:acme/shop.git", SHOP),
        ("github.com:acme/shop", SHOP),
        ("git@github.com:/acme/shop.git", SHOP),
        ("ssh://git@github.com/acme/shop.git", SHOP),
        ("ssh://git@ssh.github.com:443/acme/shop.git", SHOP),
        ("git@gitlab.com:acme/sub/deep/shop.git", Address("gitlab.com", "acme/sub/deep/shop")),
        ("git@work:Acme/Shop.git", Address("work", "Acme/Shop")),
        ("/srv/git/shop.git", None),
        ("../shop.git", None),
        ("file:///srv/git/shop.git", None),
        ("C:\\git\\shop", None),
        ("C:/git/shop", None),
        ("https://github.com/shop", None),
        ("https://github.com/acme/sh op", None),
        ("https://github.com/acme/shop?x=1", None),
        ("", None),
    ],
)
def test_where_a_remote_leads(url: str, address: Address | None) -> None:
    assert remote_address(url) == address


def test_case_makes_no_other_repository() -> None:
    assert Address("github.com", "Acme/Shop").key == SHOP.key


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("https://github.com/acme/shop/pull/5\n", [("github.com", "acme/shop", "5")]),
        ("see https://github.com/acme/shop/pull/05/files.", [("github.com", "acme/shop", "5")]),
        ("https://gitlab.com/a/b/c/-/merge_requests/7", [("gitlab.com", "a/b/c", "7")]),
        ("http://code.example.com:3000/a/b/pulls/7", [("code.example.com", "a/b", "7")]),
        ("https://github.com/acme/shop/pull/new/feature", []),
        ("https://github.com/acme/shop/pull/5x", []),
        ("https://github.com/acme/shop/issues/5", []),
        ("ftp://github.com/acme/shop/pull/5", []),
    ],
)
def test_where_a_pull_request_is(text: str, found: list[tuple[str, str, str]]) -> None:
    seen = [(a.repository.host, a.repository.path, a.number) for a in pull_request_addresses(text)]
    assert seen == found


def test_megabytes_take_linear_time() -> None:
    for piece in ("https://a/", "a/", "https://github.com/a/b/pull/", "1"):
        text = piece * 100_000
        assert (remote_address(text), list(pull_request_addresses(text))) == (None, [])


@pytest.mark.parametrize(
    ("text", "reference"),
    [
        ("42", ("42", "", "")),
        ("#42", ("42", "", "")),
        ("!42", ("42", "", "")),
        (" 042 ", ("42", "", "")),
        ("acme/shop#42", ("42", "acme/shop", "")),
        ("Acme/Shop!42", ("42", "Acme/Shop", "")),
        ("acme/sub/shop!7", ("7", "acme/sub/shop", "")),
        ("https://github.com/acme/shop/pull/42", ("42", "acme/shop", "github.com")),
        ("https://github.com/acme/shop/pull/42/files#diff-1", ("42", "acme/shop", "github.com")),
        ("https://www.GitHub.com/Acme/Shop/pull/042", ("42", "Acme/Shop", "github.com")),
        ("https://gitlab.com/acme/sub/shop/-/merge_requests/7", ("7", "acme/sub/shop", "gitlab.com")),
        ("http://git.example.org:3000/me/app/pulls/7", ("7", "me/app", "git.example.org")),
    ],
    ids=str,
)
def test_a_pull_request_is_read_as_people_name_it(text: str, reference: tuple[str, str, str]) -> None:
    assert read_reference(text) == PullRequestReference(*reference)


@pytest.mark.parametrize(
    "text", ["", "x", "0", "-1", "#", "##4", "!!4", "acme#x", "ada-20251122-1000", "https://x.org/4"]
)
def test_what_names_no_pull_request_is_refused_with_all_the_ways(text: str) -> None:
    with pytest.raises(InvalidValue) as error:
        read_reference(text)
    assert (str(error.value), error.value.hint) == (
        f"not a pull request: {text!r}",
        "name it as 42, #42, !42, owner/name#42 or its URL",
    )
