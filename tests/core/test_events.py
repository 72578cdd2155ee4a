"""What hooks saw, applied to a book."""

import random
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import pytest

from pr_sessions.core.agents import Agent, Confidence, Evidence, Role, Run
from pr_sessions.core.hook_events import AgentEvent, Applied, Kind, Tree, apply_events
from pr_sessions.core.lifecycle import CompletionAsked, TimePassed, advance, begin, sweep
from pr_sessions.core.models import Attribution, Basis, Completion, PullRequestRecord, Session, State, Trigger
from pr_sessions.core.overlay import InMemorySessions
from pr_sessions.core.policy import Policy
from pr_sessions.core.runs import run_key
from rules import all_signatures, no_signatures
from scene import minute

POLICY = Policy()
RULES = no_signatures(POLICY)
HERE, THERE = "/srv/main", "/srv/topic"
FIRST = "ada-20251122-1000"


def event(at: float, kind: Kind = Kind.ACTIVITY, run: str = "r1", root: str = HERE, **more: Any) -> AgentEvent:
    return AgentEvent(at=minute(at), host=more.pop("host", "cursor"), run=run, kind=kind, root=root, **more)


def opened(at: float, number: str = "42", **more: Any) -> AgentEvent:
    return event(at, Kind.OPENED, number=number, how="gh pr create", **more)


def applied(
    events: Iterable[AgentEvent], *sessions: Session, trees: dict[str, Tree] | None = None, now: float = 60
) -> Applied[InMemorySessions]:
    return apply_events(InMemorySessions(*sessions), events, trees or {}, lambda: "ada", RULES, minute(now))


def lives(result: Applied[InMemorySessions]) -> dict[str, tuple[datetime | None, datetime | None]]:
    return {s.id: (s.started, s.last_activity) for s in result.collection}


def tree(session_id: str, since: float, last: float) -> Tree:
    return Tree(session_id, minute(since), minute(last))


def session(session_id: str = FIRST, at: float = 0, **more: Any) -> Session:
    return begin(session_id, "ada", minute(at), **more)


@pytest.mark.parametrize("kind", [Kind.START, Kind.ACTIVITY, Kind.CONTRIBUTED])
def test_any_event_may_be_the_first(kind: Kind) -> None:
    result = applied([event(0, kind), event(5)])
    assert lives(result) == {FIRST: (minute(0), minute(5))}
    assert result.trees == {HERE: tree(FIRST, 0, 5)}
    assert result.begun == (FIRST,)


def test_an_end_neither_begins_a_session_nor_is_activity() -> None:
    assert lives(applied([event(0, Kind.END)])) == {}
    result = applied([event(0), event(10, Kind.END)])
    assert lives(result) == {FIRST: (minute(0), minute(0))}


def test_the_end_of_its_run_completes_a_session_until_work_is_reported() -> None:
    ended = applied([event(0), event(10, Kind.END)]).collection
    assert ended[FIRST].completion == Completion(minute(10), Trigger.RUN_ENDED)
    resumed = applied([event(50)], *ended, trees={HERE: tree(FIRST, 0, 0)})
    assert (lives(resumed), resumed.collection[FIRST].completion) == ({FIRST: (minute(0), minute(50))}, None)
    late = applied([event(12), event(10, Kind.END)], *ended, trees={HERE: tree(FIRST, 0, 0)})
    assert late.collection[FIRST].completion is None


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ([event(3, run="r2", host="codex")], None),
        ([event(3, run="r2", host="codex"), event(9, Kind.END, run="r2", host="codex")], minute(10)),
        ([event(-25, run="r2", host="codex")], minute(10)),
    ],
    ids=["at work", "ended as well", "idle for long"],
)
def test_a_session_goes_on_while_another_run_of_it_is_at_work(
    events: list[AgentEvent], expected: datetime | None
) -> None:
    result = applied([event(0), *events, event(10, Kind.END)])
    (completion,) = (s.completion for s in result.collection)
    assert (completion.at if completion else None) == expected


def test_a_start_joins_the_session_that_is_current() -> None:
    result = applied([event(10, Kind.START)], session(), trees={HERE: tree(FIRST, 0, 0)})
    assert lives(result) == {FIRST: (minute(0), minute(10))}
    assert result.begun == ()


def test_two_agents_in_one_working_tree_are_one_session_with_two_runs() -> None:
    result = applied([event(0), event(3, run="r2", host="codex"), event(5), event(7, run="r2", host="codex")])
    assert [s.id for s in result.collection] == [FIRST]
    assert result.collection[FIRST].runs == (
        Run("codex", run_key("r2"), minute(3), minute(7)),
        Run("cursor", run_key("r1"), minute(0), minute(5)),
    )


def test_two_working_trees_have_a_session_each() -> None:
    result = applied([event(0), event(1, root=THERE), event(5), event(6, root=THERE)])
    other = "ada-20251122-1001"
    assert lives(result) == {FIRST: (minute(0), minute(5)), other: (minute(1), minute(6))}
    assert result.trees == {HERE: tree(FIRST, 0, 5), THERE: tree(other, 1, 6)}


def test_another_run_after_a_gap_longer_than_the_timeout_begins_another_session() -> None:
    result = applied([event(0), event(31, run="r2")])
    assert lives(result) == {FIRST: (minute(0), minute(0)), "ada-20251122-1031": (minute(31), minute(31))}


def test_a_run_is_not_over_before_it_has_been_idle_for_a_day() -> None:
    a_day = 24 * 60
    assert lives(applied([event(0), event(31)])) == {FIRST: (minute(0), minute(31))}
    assert lives(applied([event(0), event(a_day)], now=a_day)) == {FIRST: (minute(0), minute(a_day))}
    later = lives(applied([event(0), event(a_day + 1)], now=a_day + 1))
    assert later == {FIRST: (minute(0), minute(0)), "ada-20251123-1001": (minute(a_day + 1), minute(a_day + 1))}


def test_events_of_the_past_count_at_their_own_time_before_anything_is_swept() -> None:
    result = applied([event(0), event(20)], now=600)
    assert lives(result) == {FIRST: (minute(0), minute(20))}


def test_a_time_ahead_of_ours_came_from_a_wrong_clock() -> None:
    assert lives(applied([event(90)], now=30)) == {"ada-20251122-1030": (minute(30), minute(30))}


def test_the_order_in_which_events_are_told_does_not_matter() -> None:
    events = [event(i, run=f"r{i % 3}", root=(HERE, THERE)[i % 2]) for i in range(0, 200, 7)]
    events += [opened(33), opened(40, "7")]
    expected = list(applied(events, now=400).collection)
    for seed in range(5):
        shuffled = random.Random(seed).sample(events, len(events))  # noqa: S311 - any order will do
        assert list(applied(shuffled, now=400).collection) == expected


def test_applying_twice_changes_nothing() -> None:
    pushed = event(5, Kind.CONTRIBUTED, branch="topic")
    events = [event(0), opened(3, branch="topic"), event(4, root=THERE, run="r2"), pushed, event(50)]
    once = applied(events)
    for trees in ({}, dict(once.trees)):
        again = apply_events(once.collection, events, trees, lambda: "ada", RULES, minute(60))
        assert swept(again) == swept(once)
        assert again.begun == ()


def swept(result: Applied[InMemorySessions]) -> list[Session]:
    return list(sweep(result.collection, POLICY, minute(60))[0])


def test_a_run_whose_marker_went_goes_on_in_its_session() -> None:
    once = applied([event(0)])
    result = apply_events(once.collection, [event(9)], {}, lambda: "ada", RULES, minute(10))
    assert lives(result) == {FIRST: (minute(0), minute(9))}
    assert result.trees == {HERE: tree(FIRST, 9, 9)}


def test_a_run_that_works_in_another_tree_too_does_not_join_the_session_of_that_one() -> None:
    once = applied([event(0)])
    result = apply_events(once.collection, [event(9, root=THERE)], dict(once.trees), lambda: "ada", RULES, minute(10))
    assert len(result.collection) == 2


@pytest.mark.parametrize(("at", "count"), [(10.5, 1), (11.5, 2)])
def test_the_last_words_of_a_completed_session_begin_no_other(at: float, count: int) -> None:
    over = advance(applied([event(0)]).collection[FIRST], CompletionAsked(minute(10), "manual_cli"), POLICY)
    assert len(applied([event(at)], over).collection) == count


@pytest.mark.parametrize("more", [event(10.5, Kind.START), opened(10.5), event(10.5, run="other")])
def test_new_work_after_a_completion_begins_a_session(more: AgentEvent) -> None:
    over = advance(applied([event(0)]).collection[FIRST], CompletionAsked(minute(10), "manual_cli"), POLICY)
    result = applied([more], over)
    assert result.begun == ("ada-20251122-1010",)
    assert result.collection[FIRST] == over


def test_activity_takes_an_inferred_end_back() -> None:
    swept = advance(session(), TimePassed(minute(40)), POLICY)
    assert swept.completion is not None
    result = applied([event(20)], swept, trees={HERE: tree(FIRST, 0, 0)})
    assert lives(result) == {FIRST: (minute(0), minute(20))}
    assert result.collection[FIRST].completion is None


def test_a_pull_request_that_a_run_opened_is_bound_to_it() -> None:
    result = applied([event(0), opened(5, branch="topic")])
    evidence = Evidence("hook", "cursor: gh pr create")
    record = result.collection[FIRST].pull_requests["42"]
    assert record == PullRequestRecord(
        state=State.OPEN,
        branch="topic",
        created=minute(5),
        agents=(Agent("cursor", Role.OPENED, Confidence.CERTAIN, (evidence,), (run_key("r1"),)),),
        is_auto=True,
        evidence=(Evidence("agent", "cursor"), evidence),
        attribution=Attribution(Basis.HOOK, minute(5), "cursor: gh pr create"),
        reported_at={"state": minute(5), "branch": minute(5)},
    )
    assert result.opened == ("42",)


@pytest.mark.parametrize("basis", [Basis.TIME, Basis.WORKSPACE, Basis.MARKER, Basis.AGENT_RUN])
def test_what_a_hook_saw_beats_every_weaker_placement(basis: Basis) -> None:
    held = PullRequestRecord(author="ada", is_auto=True, attribution=Attribution(basis, minute(1), "x"))
    other = Session(id="zoe", author="zoe", started=minute(0), last_activity=minute(1), pull_requests={"42": held})
    result = applied([opened(5)], other)
    assert {s.id: s.prs for s in result.collection} == {"zoe": (), "ada-20251122-1005": ("42",)}


def test_what_a_hand_said_stays() -> None:
    held = PullRequestRecord(is_auto=True, attribution=Attribution(Basis.MANUAL, minute(1), "x", "zoe"))
    other = Session(id="zoe", author="zoe", started=minute(0), last_activity=minute(1), pull_requests={"42": held})
    result = applied([opened(5)], other)
    assert {s.id: s.prs for s in result.collection} == {"zoe": ("42",), "ada-20251122-1005": ()}
    assert result.collection["zoe"].pull_requests["42"].agents[0].runs == (run_key("r1"),)


def test_the_same_event_through_two_hosts_formats_counts_once() -> None:
    once, twice = applied([opened(5)]), applied([opened(5), opened(5.001), event(5.001)])
    first, second = (r.collection.for_pull_request("42") for r in (once, twice))
    assert first is not None
    assert second is not None
    assert (first.prs, first.pull_requests["42"].agents) == (second.prs, second.pull_requests["42"].agents)
    assert len(twice.collection) == 1


def test_a_push_to_its_branch_is_a_contribution() -> None:
    events = [opened(5, branch="topic"), event(9, Kind.CONTRIBUTED, host="codex", run="r2", branch="topic")]
    result = applied(events)
    codex, cursor = result.collection["ada-20251122-1005"].pull_requests["42"].agents
    evidence = (Evidence("hook", "codex: git push"),)
    events[1] = event(9, Kind.CONTRIBUTED, host="codex", run="r2", branch="topic", how="git push")
    codex = applied(events).collection["ada-20251122-1005"].pull_requests["42"].agents[0]
    assert codex == Agent("codex", Role.ASSISTED, Confidence.CERTAIN, evidence, (run_key("r2"),))
    assert cursor.role is Role.OPENED


def test_signatures_are_looked_for_in_what_hooks_saw() -> None:
    events = [opened(5, branch="codex/x")]
    result = apply_events(InMemorySessions(), events, {}, lambda: "ada", all_signatures(POLICY), minute(60))
    agents = result.collection["ada-20251122-1005"].pull_requests["42"].agents
    assert [(agent.name, agent.evidence[0].rule) for agent in agents] == [("codex", "branch"), ("cursor", "hook")]


@pytest.mark.parametrize(("branch", "state"), [("other", State.OPEN), ("topic", State.MERGED), ("topic", State.CLOSED)])
def test_a_push_elsewhere_or_after_the_end_is_none(branch: str, state: State) -> None:
    held = PullRequestRecord(branch="topic", state=state, is_auto=True)
    one = Session(id=FIRST, author="ada", started=minute(0), last_activity=minute(1), pull_requests={"42": held})
    result = applied([event(5, Kind.CONTRIBUTED, branch=branch)], one, trees={HERE: tree(FIRST, 0, 1)})
    assert result.collection[FIRST].pull_requests["42"] == held


@pytest.mark.parametrize(
    ("number", "basis", "helped"),
    [
        ("42", Basis.TIME, ["cursor"]),
        ("org/b#42", Basis.TIME, []),
        ("org/b#42", Basis.MARKER, []),
        ("org/b#42", Basis.HOOK, ["cursor"]),
    ],
)
def test_a_push_reaches_pull_requests_of_this_clone_and_those_that_hooks_saw(
    number: str, basis: Basis, helped: list[str]
) -> None:
    held = PullRequestRecord(branch="topic", is_auto=True, attribution=Attribution(basis, minute(1)))
    one = Session(id=FIRST, author="ada", started=minute(0), last_activity=minute(1), pull_requests={number: held})
    result = applied([event(5, Kind.CONTRIBUTED, branch="topic")], one)
    assert [agent.name for agent in result.collection[FIRST].pull_requests[number].agents] == helped


def test_a_hundred_thousand_events_are_a_few_stretches_of_work() -> None:
    events = [
        AgentEvent(at=minute(0) + timedelta(seconds=i), host="cursor", run=f"r{i % 4}", kind=Kind.ACTIVITY, root=HERE)
        for i in range(100_000)
    ]
    result = applied(events, now=3000)
    assert lives(result) == {FIRST: (minute(0), minute(0) + timedelta(seconds=99_999))}


def test_a_run_goes_on_in_a_session_that_recording_made_and_begins_no_second_one_when_applied_again() -> None:
    recorded = session(inferred=True)
    events = [event(1), event(40, run="r2"), event(80)]
    once = applied(events, recorded, trees={HERE: tree(FIRST, 0, 0)}, now=90)
    again = applied(events, *once.collection, trees={HERE: once.trees[HERE]}, now=90)
    assert (
        lives(once) == lives(again) == {FIRST: (minute(0), minute(80)), "ada-20251122-1040": (minute(40), minute(40))}
    )
