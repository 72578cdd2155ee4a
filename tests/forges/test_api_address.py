"""Where GitHub's interface may be, and which repository is meant."""

import pytest

from pr_sessions.errors import InvalidValue
from pr_sessions.forges.github.access import api_address, repository_name


@pytest.mark.parametrize(
    ("told", "address"),
    [
        ("", "https://api.github.com"),
        ("https://github.example.com/api/v3/", "https://github.example.com/api/v3"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("http://[::1]:8080", "http://[::1]:8080"),
    ],
)
def test_an_address_is_taken_as_it_is_told(told: str, address: str) -> None:
    assert api_address({"GITHUB_API_URL": told}) == address


@pytest.mark.parametrize(
    "told",
    [
        "http://github.example.com/api/v3",
        "http://localhost.example.com",
        "ftp://github.example.com",
        "github.example.com",
        "https://",
        "https://user:secret@github.example.com",
        "https://github.example.com/?a=b",
        "https://github.example.com:port",
        "https://github.example.com/\nx",
    ],
)
def test_no_token_goes_to_such_an_address(told: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        api_address({"GITHUB_API_URL": told})

    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("name", ["ada/shop", "Ada-1/shop.js", "a/b_c"])
def test_a_repository_has_an_owner_and_a_name(name: str) -> None:
    assert repository_name(name) == name


@pytest.mark.parametrize(
    "name", ["", "shop", "ada/", "/shop", "a/b/c", "ada/..", "../shop", "a b/c", "ada/shop\n", "ä/b"]
)
def test_anything_else_is_refused(name: str) -> None:
    with pytest.raises(InvalidValue):
        repository_name(name)
