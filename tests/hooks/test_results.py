"""Addresses of pull requests."""

import pytest

from pr_sessions.hooks.results import pull_request


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("https://github.com/o/r/pull/5", "https://github.com/o/r/pull/5"),
        ("https://github.com/o/r/pull/5/files#x", "https://github.com/o/r/pull/5"),
        ("https://github.com/o/r/pull/5?a=b", "https://github.com/o/r/pull/5"),
        ("https://git.example.com:8443/o/r/pull/5", "https://git.example.com:8443/o/r/pull/5"),
        ("https://gitlab.com/a/b/c/-/merge_requests/7", "https://gitlab.com/a/b/c/-/merge_requests/7"),
        ("http://github.com/o/r/pull/5", ""),
        ("https://github.com/o/r/pull/", ""),
        ("https://github.com/o/r/pull/5x", ""),
        ("https://github.com/o/r/pull/" + "9" * 19, ""),
        ("https://github.com/o/r/pull/٥", ""),
        ("https://github.com/r/pull/5", ""),
        ("https://github.com/a/b/c/pull/5", ""),
        ("https://user:secret@github.com/o/r/pull/5", ""),
        ("https://github.com/../r/pull/5", ""),
        ("https://github.com/o/r$(x)/pull/5", ""),
        ("https://github.com/o/" + "r" * 400 + "/pull/5", ""),
        ("see https://github.com/o/r/pull/5", ""),
        ("", ""),
    ],
)
def test_an_address_is_plain_or_none(text: str, address: str) -> None:
    assert pull_request(text) == address
