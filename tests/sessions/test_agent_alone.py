"""Pull requests for which nothing but an agent speaks."""

from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from pr_sessions.sessions.agent import Agent, Confidence, Role
from pr_sessions.sessions.attribution import Situation
from pr_sessions.sessions.lifecycle import begin
from pr_sessions.sessions.policy import Policy
from pr_sessions.sessions.pr_text import mark_body
from pr_sessions.sessions.recording import Recorded, record
from pr_sessions.sessions.session import Placement, PullRequest, Rung, Session
from pr_sessions.stores.book import Book
from pr_sessions.stores.document import Document, parse
from strategies import at

POLICY = Policy()
EMPTY = Book(Document())
NOW = at(60 * 24 * 60)
DEVIN = Agent("devin")
A, B, C = "a" * 40, "b" * 40, "c" * 40


def pr(number: str, minutes: float = 0, *commits: str, **said: Any) -> PullRequest:
    told = {"author": "devin[bot]", "agents": (DEVIN,), "created": at(minutes), **said}
    return PullRequest(number=number, commits=commits, **told)


def put(book: Book, told: PullRequest, **situation: Any) -> tuple[Book, Recorded]:
    return record(book, told, Situation(at=told.created or at(0), **situation), POLICY, NOW)


def sessions(told: Iterable[PullRequest], book: Book = EMPTY) -> tuple[Session, ...]:
    for pull_request in told:
        book, _ = put(book, pull_request)
    return tuple(sorted(book, key=lambda session: session.id))


def groups(*told: PullRequest) -> list[tuple[str, ...]]:
    return sorted(session.prs for session in sessions(told))


def test_each_is_a_session_of_its_own_however_near_in_time() -> None:
    first, second = sessions([pr("7"), pr("8", 1)])
    assert (first.id, first.prs, second.id, second.prs) == (
        "devin-bot-20251122-1000-7",
        ("7",),
        "devin-bot-20251122-1001-8",
        ("8",),
    )
    assert first.inferred
    placement = Placement(Rung.COMMITS, at(0), "inferred: nothing names a session")
    assert first.pull_requests["7"].placement == placement


def test_those_that_share_a_commit_are_one_session() -> None:
    assert groups(pr("1", 0, A), pr("2", 600, A, B), pr("3", 601, C)) == [("1", "2"), ("3",)]


def test_one_that_bridges_two_joins_them_and_the_other_id_lives_on() -> None:
    (session,) = sessions([pr("1", 0, A), pr("2", 60, B), pr("3", 90, A, B)])
    assert (session.id, session.prs, session.started, session.last_activity) == (
        "devin-bot-20251122-1000-1",
        ("1", "2", "3"),
        at(0),
        at(90),
    )
    assert session.aliases == ("devin-bot-20251122-1100-2", "devin-bot-20251122-1130-3")


def test_after_a_week_a_commit_of_both_is_no_sign() -> None:
    week = 7 * 24 * 60
    assert groups(pr("1", 0, A), pr("2", week, A)) == [("1", "2")]
    assert groups(pr("1", 0, A), pr("2", week + 1, A)) == [("1",), ("2",)]


def test_news_of_its_commits_joins_sessions() -> None:
    assert groups(pr("1", 0, A), pr("2", 5, B), pr("2", 5, A, B)) == [("1", "2")]


def test_one_that_went_by_time_before_leaves_alone() -> None:
    by_time = (pr("1", 0, title="auto-pr: x"), pr("2", 1, title="auto-pr: y"))
    assert groups(*by_time, pr("9", 5, A), pr("1", 0, A)) == [("1", "9"), ("2",)]


@pytest.mark.parametrize(
    "team",
    [
        {"title": "auto-pr: x"},
        {"commit_messages": ("wip: x",)},
    ],
    ids=["title", "commit message"],
)
def test_a_team_s_own_ones_still_go_by_time(team: dict[str, Any]) -> None:
    assert groups(pr("1", 0, **team), pr("2", 10, **team)) == [("1", "2")]


def test_a_team_s_own_one_does_not_join_by_time_what_only_an_agent_stands_for() -> None:
    told = [pr("1"), pr("2", 1), pr("3", 2, title="auto-pr: x")]
    assert groups(*told) == groups(*reversed(told)) == [("1",), ("2",), ("3",)]


def test_started_work_of_the_same_author_does_not_take_it_in_by_time() -> None:
    (alone,) = [s for s in sessions([pr("1", 5)], EMPTY.put(begin("s", "devin[bot]", at(0)))) if s.prs]
    assert alone.id == "devin-bot-20251122-1005-1"


@pytest.mark.parametrize(
    ("said", "situation", "rung"),
    [
        ({"body": mark_body("x", "s")}, {}, Rung.MARK),
        ({}, {"current": "s"}, Rung.OWNED),
        ({}, {"by_hand": "s"}, Rung.HAND),
    ],
    ids=["mark", "working tree", "hand"],
)
def test_every_stronger_rung_comes_first(said: dict[str, Any], situation: dict[str, Any], rung: Rung) -> None:
    book = EMPTY.put(replace(begin("s", "ada", at(-5)), last_activity=at(0)))
    _, recorded = put(book, pr("1", 0, A, **said), **situation)
    assert recorded.session is not None
    assert (recorded.session.id, recorded.choice.placement and recorded.choice.placement.rung) == ("s", rung)


def test_without_an_author_the_agent_stands_for_it() -> None:
    (session,) = sessions([pr("1", author="")])
    assert (session.id, session.author) == ("devin-20251122-1000-1", "devin")


def test_one_that_an_agent_only_helped_with_is_no_session() -> None:
    helped = (Agent("devin", Role.ASSISTED, Confidence.CERTAIN),)
    assert sessions([pr("1", agents=helped)]) == ()


@given(
    st.lists(
        st.tuples(st.integers(0, 12000), st.frozensets(st.sampled_from([A, B, C]), max_size=2)), min_size=1, max_size=6
    ),
    st.randoms(use_true_random=False),
    st.booleans(),
)
def test_the_sessions_do_not_depend_on_the_order_of_recording(
    said: list[tuple[int, frozenset[str]]], random: Any, told_twice: bool
) -> None:
    told = [pr(f"{n}", minutes, *commits) for n, (minutes, commits) in enumerate(said, start=1)]
    expected = sessions(told)
    random.shuffle(told)
    assert sessions([*told, *(told if told_twice else ())]) == expected


def test_what_was_written_goes_on_as_if_it_had_stayed_in_memory() -> None:
    book, _ = put(EMPTY, pr("1", 0, A))
    again = Book(parse(book.to_bytes(), "x"))
    assert sessions([pr("2", 9, A)], again)[0].prs == ("1", "2")
