"""A comment `/pr-sessions recheck` starts the checks of its pull request, if its author may write."""

import pytest
from shop import Shop

from asking import Ask, Time
from fake_github import FakeGitHub

SHA = f"{1:040x}"


@pytest.fixture
def shop(fake: FakeGitHub, ask: Ask, time: Time) -> Shop:
    shop = Shop(fake, ask, time)
    shop.checked(shop.opened(1))
    assert shop.ours(SHA) == ("queued", None, "waiting")
    shop.at(1)
    return shop


@pytest.mark.parametrize("body", ["/pr-sessions recheck", "now:\n\n/pr-sessions recheck"])
def test_somebody_who_may_write_starts_the_checks(shop: Shop, body: str) -> None:
    shop.checked(shop.said(1, body))

    assert [workflow for workflow, _ in shop.fake.dispatched] == ["checks.yml"]
    assert shop.ours(SHA) == ("in_progress", None, "dispatched")


@pytest.mark.parametrize(
    ("body", "by"),
    [
        ("/pr-sessions recheck", "eve"),
        ("/pr-sessions recheck please", "ada"),
        ("> /pr-sessions recheck", "ada"),
        ("    /pr-sessions recheck", "ada"),
        ("/pr-sessions recheck" + " " * 9000, "ada"),
    ],
)
def test_nobody_else_and_nothing_else_does(shop: Shop, body: str, by: str) -> None:
    shop.checked(shop.said(1, body, by))

    assert shop.fake.dispatched == []
