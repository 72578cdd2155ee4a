"""Agents and runs join like everything else: nothing is lost, and the order of joining never shows."""

from hypothesis import given
from hypothesis import strategies as st

import strategies
from pr_sessions.sessions.agent import Agent, Confidence, Evidence, Role, Run, join_agents, join_runs

AGENTS = st.lists(strategies.agents(), max_size=3).map(join_agents)
RUNS = st.lists(strategies.runs(), max_size=3).map(join_runs)


def test_the_stronger_role_and_confidence_stand_with_all_evidence_and_runs() -> None:
    branch, trailer = Evidence("head branch", "claude/"), Evidence("trailer", "Co-Authored-By")
    one = Agent("claude-code", Role.OPENED, Confidence.HINT, (branch,), ("b",))
    other = Agent("claude-code", Role.ASSISTED, Confidence.CERTAIN, (trailer,), ("a",))

    assert join_agents([one], [other]) == (
        Agent("claude-code", Role.OPENED, Confidence.CERTAIN, (branch, trailer), ("a", "b")),
    )


@given(AGENTS, AGENTS, AGENTS)
def test_agents_join_in_any_order_and_any_number_of_times(
    one: tuple[Agent, ...], two: tuple[Agent, ...], three: tuple[Agent, ...]
) -> None:
    joined = join_agents(one, join_agents(two, three))

    assert joined == join_agents(join_agents(three, one), two) == join_agents(joined, two)


@given(RUNS, RUNS, RUNS)
def test_runs_join_in_any_order_and_any_number_of_times(
    one: tuple[Run, ...], two: tuple[Run, ...], three: tuple[Run, ...]
) -> None:
    joined = join_runs(one, join_runs(two, three))

    assert joined == join_runs(join_runs(three, one), two) == join_runs(joined, two)
