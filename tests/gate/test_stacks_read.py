"""Stacks in events, in what is fetched for them, and in the order of review."""

from typing import Any

import pytest
from events import assessed
from snapshots import POLICY, snapshot, told

from asking import Ask, Time
from deliveries import examples
from fake_github import FakeGitHub
from pr_sessions.core.models import NO_STACK, Stack
from pr_sessions.gate.event import Event, read_payload
from pr_sessions.gate.fetch import fetch_for_event, fetch_open
from pr_sessions.gate.status import POSTPONING
from rules import all_signatures
from scene import minute

RULES = all_signatures(POLICY)
LISTS = "GET /repos/ada/shop/stacks"


def test_the_action_stacked_postpones_like_a_push() -> None:
    payload = examples("api.github.com", "pull_request")[0] | {"action": "stacked"}
    payload["pull_request"]["stack"] = {"id": 1, "number": 50, "size": 2, "position": 2, "base": {"ref": "main"}}
    event = read_payload("pull_request", payload)

    assert (event.action, event.problem, event.name in POSTPONING) == ("stacked", "", True)
    assert event.pull_request
    assert event.pull_request.pull_request.stack == Stack(50, 2, 2, "main")


def test_review_follows_the_stack_of_the_forge_and_not_what_branches_show() -> None:
    prs = [told(12, base="main"), told(13, base="work-12"), told(14, base="work-13")]
    places = [told(12, base="main", stack=Stack(50, 1)), told(13, base="work-14", stack=Stack(50, 3))]
    places += [told(14, base="work-12", stack=Stack(50, 2))]
    guessed, known = (assessed(snapshot(*each), 12, 1).view for each in (prs, places))

    assert guessed
    assert known
    assert (guessed.review, known.review, known.stacks) == (
        ("12", "13", "14"),
        ("12", "14", "13"),
        (("12", "14", "13"),),
    )


@pytest.fixture
def chained(fake: FakeGitHub, time: Time) -> FakeGitHub:
    """Two pull requests, one of them built on the other, on a forge whose lists say nothing of stacks."""
    time.now = minute(10)
    fake.permissions = {"ada": "write"}
    for number in (1, 2):
        fake.add_pull(number, "auto-pr: work", f"2025-11-22T10:0{number}:00Z", "ada")
    fake.pulls[2]["base"]["ref"] = "work-1"
    fake.lists_say_stacks = False
    return fake


def stacks_of(ask: Ask) -> tuple[list[Any], list[Any]]:
    fetched, _ = ask(lambda github: fetch_open(github, RULES, minute(10)))
    prs = fetched.pull_requests.values()
    return [stack.number for stack in fetched.stacks], sorted(str(pr.pull_request.stack) for pr in prs)


def asked(fake: FakeGitHub) -> list[str]:
    return [request.partition("per_page")[0] for request in fake.asked if "/stacks" in request]


def test_where_lists_say_nothing_the_stacks_are_asked_for_once(chained: FakeGitHub, ask: Ask) -> None:
    chained.stacks = {50: [1, 2]}

    assert stacks_of(ask) == ([50], [str(Stack(50, 1, 2, "main")), str(Stack(50, 2, 2, "main"))])
    assert len(asked(chained)) == 1


def test_a_server_without_stacks_has_none(chained: FakeGitHub, ask: Ask) -> None:
    assert stacks_of(ask) == ([], ["None", "None"])
    assert len(asked(chained)) == 1


def test_nothing_is_asked_where_nothing_is_built_on_another(chained: FakeGitHub, ask: Ask) -> None:
    chained.pulls[2]["base"]["ref"] = "main"

    assert (stacks_of(ask), asked(chained)) == (([], ["None", "None"]), [])


def test_a_stack_with_its_other_open_members_is_fetched_for_an_event(chained: FakeGitHub, ask: Ask) -> None:
    chained.stacks = {50: [1, 2]}
    event = Event(name="pull_request", action="stacked", repository="ada/shop", number="2")
    fetched, rebuilt = ask(lambda github: fetch_for_event(github, event, RULES, minute(10)))

    assert [stack.number for stack in fetched.stacks] == [50]
    session = rebuilt.session_of("2")
    assert session
    assert session.prs == ("1", "2")


def test_that_it_has_left_is_asked_again_and_believed(chained: FakeGitHub, ask: Ask) -> None:
    chained.stacks = {50: [1, 2]}
    chained.before = lambda _count: chained.stacks.clear() if any("pulls/2" in a for a in chained.asked) else None
    event = Event(name="pull_request", action="edited", repository="ada/shop", number="2")
    fetched, _ = ask(lambda github: fetch_for_event(github, event, RULES, minute(10)))

    assert fetched.stacks == ()
    assert fetched.pull_requests["2"].pull_request.stack == NO_STACK
