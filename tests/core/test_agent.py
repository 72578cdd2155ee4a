"""Agents and runs join like everything else: nothing is lost, and the order of joining never shows."""

from hypothesis import given
from hypothesis import strategies as st

import strategies
from examples import few
from pr_sessions.core.agents import Agent, Confidence, Evidence, Role, Run, merge_agents, merge_runs

AGENTS = st.lists(strategies.agents(), max_size=3).map(merge_agents)
RUNS = st.lists(strategies.runs(), max_size=3).map(merge_runs)


def test_the_stronger_role_and_confidence_stand_with_all_evidence_and_runs() -> None:
    branch, trailer = Evidence("head branch", "claude/"), Evidence("trailer", "Co-Authored-By")
    one = Agent("claude-code", Role.OPENED, Confidence.HINT, (branch,), ("b",))
    other = Agent("claude-code", Role.ASSISTED, Confidence.CERTAIN, (trailer,), ("a",))

    assert merge_agents([one], [other]) == (
        Agent("claude-code", Role.OPENED, Confidence.CERTAIN, (branch, trailer), ("a", "b")),
    )


@few
@given(AGENTS, AGENTS, AGENTS)
def test_agents_join_in_any_order_and_any_number_of_times(
    one: tuple[Agent, ...], two: tuple[Agent, ...], three: tuple[Agent, ...]
) -> None:
    joined = merge_agents(one, merge_agents(two, three))

    assert joined == merge_agents(merge_agents(three, one), two) == merge_agents(joined, two)


@few
@given(RUNS, RUNS, RUNS)
def test_runs_join_in_any_order_and_any_number_of_times(
    one: tuple[Run, ...], two: tuple[Run, ...], three: tuple[Run, ...]
) -> None:
    joined = merge_runs(one, merge_runs(two, three))

    assert joined == merge_runs(merge_runs(three, one), two) == merge_runs(joined, two)
