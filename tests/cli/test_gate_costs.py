"""What events cost in requests to GitHub, by who caused them, and whether anything changes."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from command_line import Cli

from fake_github import SHA, TOKEN, FakeGitHub
from pr_sessions.core.times import write_time
from pr_sessions.git.repository import CONFIG
from pr_sessions.tracker import utc_now

ENFORCE = "gate: enforce\ngate.checks: [test]\ngate.workflow: ci.yml\n"
PEOPLE = {"ann": "write", "rita": "read"}
COMMANDS: tuple[tuple[str, ...], ...] = (("decide",), ("comment",), ("check",))

Asked = Callable[..., int]


def ago(minutes: float) -> str:
    return write_time((utc_now() - timedelta(minutes=minutes)).replace(microsecond=0))


@pytest.fixture
def shop(fake: FakeGitHub) -> FakeGitHub:
    """Thirty pull requests of one session, in a repository that lets checks wait."""
    fake.permissions = {"bot": "write", **PEOPLE}
    fake.contents["main", CONFIG] = ENFORCE.encode()
    fake.now = ago(0)
    for number in range(1, 31):
        fake.add_pull(number, f"auto-pr: {number}", ago(40 - number))
        fake.pulls[number]["head"]["sha"] = SHA
    return fake


@pytest.fixture
def asked(shop: FakeGitHub, tmp_path: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> Asked:
    """How many requests a command of the gate sends for an event: `asked("issue_comment", event, "comment")`."""

    def call(name: str, event: dict[str, Any], *command: str) -> int:
        (tmp_path / "event.json").write_text(json.dumps(event))
        known = {
            "GITHUB_ACTIONS": "true",
            "GITHUB_EVENT_PATH": str(tmp_path / "event.json"),
            "GITHUB_EVENT_NAME": name,
            "GITHUB_REPOSITORY": "ada/shop",
            "GITHUB_API_URL": shop.url,
            "GITHUB_TOKEN": TOKEN,
            "GITHUB_SHA": SHA,
        }
        for key, value in known.items():
            monkeypatch.setenv(key, value)
        shop.asked.clear()
        done = cli("gate", *command)
        assert (done.code, "bug" in done.err) == (0, False), done.err
        return len(shop.asked)

    return call


def around(action: str, **result: Any) -> dict[str, Any]:
    sender = {"login": "x", "id": 1, "type": "User"}
    return {"action": action, "repository": {"full_name": "ada/shop"}, "sender": sender, **result}


def commented(shop: FakeGitHub, who: str, body: str = "/complete-session") -> dict[str, Any]:
    """Somebody writes something below number 30."""
    kind = "Bot" if who.endswith("[bot]") else "User"
    issue = {"number": 30, "title": "", "user": None, "state": "open", "pull_request": {"url": "https://x"}}
    return around("created", issue=issue, comment=shop.add_comment(30, body, who, ago(0.1), kind))


def reviewed(shop: FakeGitHub, who: str, action: str = "submitted") -> dict[str, Any]:
    """Somebody approves the last commit of number 30, or that is dismissed."""
    kind = "Bot" if who.endswith("[bot]") else "User"
    review = shop.description.example("pull-request-review-items")[0]
    review |= {"user": review["user"] | {"login": who, "type": kind}, "commit_id": SHA, "submitted_at": ago(0.1)}
    review["state"] = "APPROVED" if action == "submitted" else "DISMISSED"
    shop.reviews[30] = [review]
    return around(action, review=review, pull_request=shop.pulls[30])


def from_fork(shop: FakeGitHub) -> None:
    shop.pulls[30]["head"]["repo"]["full_name"] = "eve/shop"


EVENTS = {"issue_comment": commented, "pull_request_review": reviewed}
STRANGERS = {"eve": 1, "rita": 1, "helper[bot]": 0}


@pytest.mark.parametrize("command", COMMANDS, ids=["decide", "comment", "check"])
@pytest.mark.parametrize("who", STRANGERS)
@pytest.mark.parametrize("name", EVENTS)
def test_a_comment_or_review_of_somebody_who_may_not_write_costs_one_request_at_most(
    shop: FakeGitHub, asked: Asked, name: str, who: str, command: tuple[str, ...]
) -> None:
    event = EVENTS[name](shop, who)
    before = len(shop.comments)

    assert asked(name, event, *command) == STRANGERS[who]
    assert (len(shop.comments), shop.checks, shop.dispatched) == (before, {}, [])


@pytest.mark.parametrize("command", COMMANDS, ids=["decide", "comment", "check"])
def test_so_does_a_stranger_s_review_that_is_dismissed(
    shop: FakeGitHub, asked: Asked, command: tuple[str, ...]
) -> None:
    assert asked("pull_request_review", reviewed(shop, "eve", "dismissed"), *command) == 1


@pytest.mark.parametrize("name", ["pull_request", "pull_request_review"])
@pytest.mark.parametrize("command", COMMANDS, ids=["decide", "comment", "check"])
def test_a_fork_s_event_costs_none(shop: FakeGitHub, asked: Asked, name: str, command: tuple[str, ...]) -> None:
    from_fork(shop)
    review = reviewed(shop, "ann") if name == "pull_request_review" else around("opened", pull_request=shop.pulls[30])

    assert asked(name, review | {"number": 30}, *command) == 0
    assert (shop.comments, shop.checks, shop.dispatched) == ({}, {}, [])


@pytest.mark.parametrize(("name", "requests"), [("issue_comment", 38), ("pull_request_review", 38)])
def test_whether_a_writer_may_write_is_asked_once(shop: FakeGitHub, asked: Asked, name: str, requests: int) -> None:
    count = asked(name, EVENTS[name](shop, "ann"), "decide")

    assert count == requests
    assert [line for line in shop.asked if "collaborators/ann" in line] == [
        "GET /repos/ada/shop/collaborators/ann/permission"
    ]


def decision(shop: FakeGitHub, cli: Cli, asked: Asked) -> tuple[bool, str]:
    """Whether the checks of number 29 wait, and for which session, at an event of its own."""
    asked("pull_request", around("synchronize", number=29, pull_request=shop.pulls[29]), "decide")
    result = cli("gate", "decide", "--json").json
    return result["would_skip"], result["session_id"]


@pytest.mark.parametrize("who", STRANGERS)
def test_a_command_of_somebody_who_may_not_write_moves_no_session(
    shop: FakeGitHub, cli: Cli, asked: Asked, who: str
) -> None:
    before = decision(shop, cli, asked)
    for body in ("/complete-session", "/session move new"):
        commented(shop, who, body)

    assert before[0]
    assert decision(shop, cli, asked) == before


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        (lambda shop: ("issue_comment", commented(shop, "eve")), "event"),
        (lambda shop: ("pull_request", around("opened", number=30, pull_request=shop.pulls[30])), "fork"),
    ],
    ids=["stranger", "fork"],
)
def test_what_is_decided_without_reading_runs_the_checks_for_one_reason(
    shop: FakeGitHub, cli: Cli, asked: Asked, event: Callable[[FakeGitHub], tuple[str, Any]], reason: str
) -> None:
    from_fork(shop)
    asked(*event(shop), "decide")
    result = cli("gate", "decide", "--json").json

    assert (result["would_skip"], result["should_skip_scoring"]) == (False, False)
    assert [one["why"] for one in result["reasons"]] == [reason]
    assert result["doubts"] == []
