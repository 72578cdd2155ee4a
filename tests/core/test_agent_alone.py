"""Pull requests for which nothing but an agent speaks."""

from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from examples import few
from pr_sessions.core.agents import Agent, Confidence, Role
from pr_sessions.core.attribution import AttributionContext
from pr_sessions.core.collection import SessionCollection
from pr_sessions.core.evidence_text import mark_body
from pr_sessions.core.lifecycle import begin
from pr_sessions.core.models import Attribution, Basis, PullRequest, Session
from pr_sessions.core.overlay import InMemorySessions
from pr_sessions.core.policy import Policy
from pr_sessions.core.recording import Recorded, record
from pr_sessions.storage.files.collection import FileSessions
from pr_sessions.storage.files.session_file import parse
from rules import no_signatures
from strategies import at

POLICY = Policy()
EMPTY = InMemorySessions()
NOW = at(60 * 24 * 60)
DEVIN = Agent("devin")
A, B, C = "a" * 40, "b" * 40, "c" * 40


def pr(number: str, minutes: float = 0, *commits: str, **said: Any) -> PullRequest:
    told = {"author": "devin[bot]", "agents": (DEVIN,), "created": at(minutes), **said}
    return PullRequest(number=number, commits=commits, **told)


def put(collection: SessionCollection, told: PullRequest, **context: Any) -> tuple[SessionCollection, Recorded]:
    return record(collection, told, AttributionContext(at=told.created or at(0), **context), no_signatures(POLICY), NOW)


def sessions(told: Iterable[PullRequest], collection: SessionCollection = EMPTY) -> tuple[Session, ...]:
    for pull_request in told:
        collection, _ = put(collection, pull_request)
    return tuple(sorted(collection, key=lambda session: session.id))


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
    attribution = Attribution(Basis.COMMITS, at(0), "inferred: nothing names a session")
    assert first.pull_requests["7"].attribution == attribution


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
    ("said", "context", "basis"),
    [
        ({"body": mark_body("x", "s")}, {}, Basis.MARKER),
        ({}, {"current": "s"}, Basis.WORKSPACE),
        ({}, {"manual": "s"}, Basis.MANUAL),
    ],
    ids=["mark", "working tree", "hand"],
)
def test_every_stronger_rung_comes_first(said: dict[str, Any], context: dict[str, Any], basis: Basis) -> None:
    collection = EMPTY.put(replace(begin("s", "ada", at(-5)), last_activity=at(0)))
    _, recorded = put(collection, pr("1", 0, A, **said), **context)
    assert recorded.session is not None
    assert (recorded.session.id, recorded.result.attribution and recorded.result.attribution.basis) == ("s", basis)


def test_without_an_author_the_agent_stands_for_it() -> None:
    (session,) = sessions([pr("1", author="")])
    assert (session.id, session.author) == ("devin-20251122-1000-1", "devin")


def test_one_that_an_agent_only_helped_with_is_no_session() -> None:
    helped = (Agent("devin", Role.ASSISTED, Confidence.CERTAIN),)
    assert sessions([pr("1", agents=helped)]) == ()


@few
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
    collection, _ = put(EMPTY, pr("1", 0, A))
    again = FileSessions(parse(FileSessions().put(*collection).to_bytes(), "x"))
    assert sessions([pr("2", 9, A)], again)[0].prs == ("1", "2")
