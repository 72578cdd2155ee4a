"""What is stored of a pull request where the team hides people."""

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from pr_sessions.core.agents import Agent, Confidence, Role
from pr_sessions.core.attribution import AttributionContext, evaluate_all
from pr_sessions.core.explain import not_asked
from pr_sessions.core.lifecycle import begin
from pr_sessions.core.merge import merge_records
from pr_sessions.core.models import Attribution, Basis, PullRequest, PullRequestRecord, Stack
from pr_sessions.core.overlay import InMemorySessions
from pr_sessions.core.people import record_without_person, without_person
from pr_sessions.core.policy import People, Policy, Track
from pr_sessions.core.recording import record
from pr_sessions.core.runs import run_key
from rules import all_signatures
from strategies import at

HIDDEN = Policy(track=Track.AGENTS, people=People.HIDDEN)
RUN = "session_01AbCdEfGhIjKlMnOpQrStUv"
ITS_SESSION = f"claude-code-{run_key(RUN)[:10]}"
TRAILER = f"Claude-Session: https://claude.ai/code/{RUN}"
CO_AUTHOR = "Co-authored-by: Claude <noreply@anthropic.com>"
EMPTY = InMemorySessions()
HELPED = Agent("claude-code", Role.ASSISTED, Confidence.CERTAIN)
OPENED = replace(HELPED, role=Role.OPENED)
ASSISTED = PullRequest(number="7", author="AdaL", branch="adal/fix", base="main", agents=(HELPED,))
ANONYMOUS = replace(ASSISTED, author="claude-code", branch="-")


@pytest.mark.parametrize(
    ("pull_request", "known", "run", "stored"),
    [
        (ASSISTED, None, None, ANONYMOUS),
        (replace(ASSISTED, branch="fix"), None, None, replace(ANONYMOUS, branch="fix")),
        (replace(ASSISTED, base="stack/ADAL-1"), None, None, replace(ANONYMOUS, base="-")),
        (ASSISTED, None, ("amp", "key"), replace(ANONYMOUS, author="amp")),
        (replace(ASSISTED, author=""), None, None, replace(ASSISTED, author="")),
        (replace(ASSISTED, agents=(OPENED,)), None, None, replace(ASSISTED, agents=(OPENED,))),
        (ASSISTED, PullRequestRecord(agents=(OPENED,)), None, ASSISTED),
        (replace(ASSISTED, agents=()), None, None, replace(ASSISTED, agents=())),
        (
            replace(ASSISTED, agents=(replace(HELPED, confidence=Confidence.HINT),)),
            None,
            None,
            replace(ASSISTED, agents=(replace(HELPED, confidence=Confidence.HINT),)),
        ),
    ],
)
def test_the_agent_stands_in_place_of_the_person_where_it_assisted(
    pull_request: PullRequest,
    known: PullRequestRecord | None,
    run: tuple[str, str] | None,
    stored: PullRequest,
) -> None:
    assert without_person(pull_request, known, run, HIDDEN) == stored
    assert without_person(pull_request, known, run, Policy()) == pull_request


REPORTED_AT = dict.fromkeys(("author", "branch", "base", "stack"), at(1))
NAMED = PullRequestRecord(
    author="AdaL",
    branch="adal/fix",
    base="stack/AdaL-1",
    stack=Stack(1, 1, base="adal/x"),
    agents=(HELPED,),
    attribution=Attribution(Basis.TIME, at(1), "work of AdaL within 30 minutes"),
    reported_at=REPORTED_AT,
)


def attributed(basis: Basis, detail: str, by: str = "", minutes: float = 1, ticks: int = 0) -> PullRequestRecord:
    when = at(minutes) + timedelta(microseconds=ticks)
    return PullRequestRecord(author="AdaL", agents=(HELPED,), attribution=Attribution(basis, when, detail, by))


def test_a_record_that_an_agent_is_added_to_loses_every_name_and_wins_over_each_copy() -> None:
    hidden = record_without_person(NAMED)
    tick = timedelta(microseconds=1)
    assert hidden == PullRequestRecord(
        author="claude-code",
        branch="-",
        base="-",
        stack=Stack(1, 1),
        agents=(HELPED,),
        attribution=Attribution(Basis.TIME, at(1) - tick, "work of claude-code within 30 minutes"),
        reported_at={field: when + tick for field, when in REPORTED_AT.items()},
    )
    assert record_without_person(hidden) is hidden
    for author in ("AdaL", "zoe"):
        copy = replace(NAMED, author=author, branch=f"{author}/fix", agents=())
        assert merge_records(hidden, copy) == merge_records(copy, hidden) == hidden


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        (attributed(Basis.WORKSPACE, "branch adal/fix"), ("branch -", "", -1)),
        (attributed(Basis.WORKSPACE, "branch fix"), ("branch fix", "", 0)),
        (attributed(Basis.MANUAL, "put into x", "Ada Lovelace"), ("put into x", "-", 1)),
        (attributed(Basis.HOOK, "claude-code: gh pr create"), ("claude-code: gh pr create", "", 0)),
    ],
)
def test_the_reason_of_its_place_names_nobody(record: PullRequestRecord, expected: tuple[str, str, int]) -> None:
    basis = record.attribution.basis if record.attribution else Basis.NONE
    detail, by, ticks = expected
    assert record_without_person(record).attribution == attributed(basis, detail, by, ticks=ticks).attribution


def test_what_an_agent_opened_and_what_shows_no_agent_keeps_its_names() -> None:
    for agents in ((OPENED,), (OPENED, replace(HELPED, name="amp")), ()):
        record = replace(NAMED, agents=agents)
        assert record_without_person(record) is record


def test_a_hidden_branch_counts_as_unknown() -> None:
    hidden = record_without_person(NAMED)
    assert not_asked(hidden)[Basis.WORKSPACE] == not_asked(replace(hidden, branch=None))[Basis.WORKSPACE]
    assert Basis.WORKSPACE not in not_asked(NAMED)
    started = InMemorySessions(replace(begin("s", "eve", at(0)), pull_requests={"1": hidden}))
    pr = PullRequest(number="2", author="bob", branch="-")
    found = evaluate_all(started, pr, AttributionContext(at=at(2)), HIDDEN)
    assert [each.detail for each in found if each.basis is Basis.WORKSPACE] == ["no live session in this working tree"]


def opened(number: str, minutes: float, author: str = "AdaL", **more: Any) -> PullRequest:
    """A pull request whose body holds the run's link: its agent opened it."""
    body = f"Fix\n\nhttps://claude.ai/code/{RUN}"
    return PullRequest(**{"number": number, "author": author, "created": at(minutes), "body": body, **more})


def assisted(number: str, minutes: float, author: str = "AdaL", trailer: str = TRAILER, **more: Any) -> PullRequest:
    """A pull request with a commit that the agent assisted; by default the trailer names the run."""
    return opened(number, minutes, author, body="", commit_messages=(f"Fix\n\n{trailer}",), **more)


def put(*prs: PullRequest, sessions: InMemorySessions = EMPTY, current: str | None = None) -> InMemorySessions:
    for pr in prs:
        when = pr.created or at(0)
        context = AttributionContext(at=when, current=current)
        sessions, _ = record(sessions, pr, context, all_signatures(HIDDEN), when)
    return sessions


def authors(sessions: InMemorySessions) -> dict[str, tuple[str, dict[str, str]]]:
    """By session its author, and those of its pull requests."""
    return {
        session.id: (session.author, {number: known.author for number, known in session.pull_requests.items()})
        for session in sessions.active()
    }


def test_pull_requests_of_a_run_join_without_their_authors_name() -> None:
    sessions = put(*(assisted(number, minutes) for number, minutes in (("1", 0), ("2", 45), ("3", 90))))
    assert authors(sessions) == {ITS_SESSION: ("claude-code", dict.fromkeys("123", "claude-code"))}


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_what_the_agent_opened_in_the_same_run_joins_and_names_its_author(order: tuple[int, int]) -> None:
    prs = (assisted("1", 0), opened("2", 45))
    [(_, by_number)] = authors(put(*(prs[place] for place in order))).values()
    assert by_number == {"1": "claude-code", "2": "AdaL"}


def test_recording_it_again_changes_nothing() -> None:
    sessions = put(assisted("1", 0), assisted("2", 45))
    assert put(assisted("2", 45), sessions=sessions).active() == sessions.active()


def test_a_sign_that_is_found_later_takes_the_name_out() -> None:
    plain = replace(assisted("1", 0), commit_messages=(), title="auto-pr: x", branch="adal/fix")
    [session] = put(assisted("1", 30, trailer=CO_AUTHOR, branch="adal/fix"), sessions=put(plain)).active()
    known = session.pull_requests["1"]
    assert (known.author, known.branch) == ("claude-code", "-")


def test_people_without_names_are_not_joined_by_time() -> None:
    marked = (assisted(n, 1, author, CO_AUTHOR, title="auto-pr: x") for n, author in (("1", "AdaL"), ("2", "AdaL")))
    by_number = [records for _, records in authors(put(*marked)).values()]
    assert by_number == [{"1": "claude-code"}, {"2": "claude-code"}]


def test_a_session_that_somebody_started_keeps_its_author() -> None:
    started = InMemorySessions(begin("adal-1", "AdaL", at(0)))
    sessions = put(assisted("1", 5, trailer=CO_AUTHOR), sessions=started, current="adal-1")
    assert authors(sessions) == {"adal-1": ("AdaL", {"1": "claude-code"})}
