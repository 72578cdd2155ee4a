import pytest

from pr_sessions.sessions.address import Address, pull_request_addresses, remote_address

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
