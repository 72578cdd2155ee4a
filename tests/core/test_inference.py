from collections.abc import Sequence
from datetime import timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from examples import few
from pr_sessions.core.clues import AUTHORS, Clues, compare
from pr_sessions.core.inference import (
    ENOUGH_KNOWN,
    Agreement,
    Group,
    Learnt,
    Rule,
    agreement,
    b_cubed,
    bursts,
    by_time,
    infer,
    scored,
)
from strategies import at


def clue(number: int, minutes: float, run: str | None = None, author: str = "ada", **values: object) -> Clues:
    given = {"has_agent": True, **values}
    return Clues(number=str(number), author=author, at=at(minutes), run=run, **given)  # type: ignore[arg-type]


def in_a_row(count: int, first: int = 1, *, known: bool = True) -> list[Clues]:
    """Return pull requests, three of each session in an hour, a session a day."""
    places = [(n, divmod(n, 3)) for n in range(count)]
    return [
        clue(first + n, 1440 * (first + day) + 20 * turn, f"r{day}" if known else None) for n, (day, turn) in places
    ]


def side_by_side(count: int, first: int = 1, *, known: bool = True) -> list[Clues]:
    """Return pull requests of four sessions that are alive at once, each in a scope of its own; new ones each day."""
    return [
        clue(
            first + n,
            10 * (first + n) + n // 20 * 1440,
            f"r{n % 4}-{n // 20}" if known else None,
            scopes=frozenset({"abcd"[n % 4]}),
        )
        for n in range(count)
    ]


def alone(count: int) -> list[Clues]:
    return [clue(n, 10 * n, f"r{n}") for n in range(1, count + 1)]


HISTORIES = st.lists(
    st.builds(
        clue,
        st.just(0),
        st.integers(0, 3000),
        st.sampled_from([None, None, "r1", "r2", "r3"]),
        st.sampled_from(["ada", "bob"]),
        has_agent=st.booleans(),
        scopes=st.sampled_from([frozenset(), frozenset({"cli"}), frozenset({"docs"})]),
        paths=st.frozensets(st.sampled_from("abc")),
    ),
    max_size=60,
).map(lambda prs: [replace(pr, number=str(n)) for n, pr in enumerate(prs, 1)])
TAUGHT = st.tuples(HISTORIES, st.sampled_from([in_a_row, side_by_side])).map(
    lambda drawn: [*drawn[0], *(replace(pr, number=f"9{pr.number}") for pr in drawn[1](60))]
)


@few
@given(TAUGHT, st.randoms(use_true_random=False))
def test_the_order_in_which_they_are_given_does_not_matter(prs: list[Clues], random: Random) -> None:
    shuffled = random.sample(prs, len(prs))
    assert infer(shuffled) == infer(prs)


@few
@given(TAUGHT)
def test_the_groups_hold_each_that_has_an_agent_and_no_run_once_and_no_other(prs: list[Clues]) -> None:
    grouped = [number for group in infer(prs).groups for number in group.numbers]
    assert sorted(grouped) == sorted(pr.number for pr in prs if pr.has_agent and pr.run is None)


@few
@given(TAUGHT, st.data())
def test_hiding_the_runs_of_some_moves_no_other_into_a_group(prs: list[Clues], data: st.DataObject) -> None:
    hidden = data.draw(st.sets(st.sampled_from([pr.number for pr in prs])))
    partly = [replace(pr, run=None) if pr.number in hidden else pr for pr in prs]
    grouped = {number for group in infer(partly).groups for number in group.numbers}
    assert grouped.isdisjoint(pr.number for pr in partly if pr.run is not None)


@given(HISTORIES)
def test_with_too_few_known_runs_each_is_a_session_of_its_own(prs: list[Clues]) -> None:
    known = [pr.number for pr in prs if pr.run is not None]
    few = [pr for pr in prs if pr.number not in known[ENOUGH_KNOWN - 1 :]]
    inference = infer(few)
    assert inference.learnt == Learnt(rule=Rule.ONE_EACH, known=min(len(known), ENOUGH_KNOWN - 1))
    assert all(group == Group(f"inferred-{group.numbers[0]}", group.numbers[:1]) for group in inference.groups)


@few
@given(TAUGHT)
def test_ids_are_different_and_name_the_first(prs: list[Clues]) -> None:
    groups = infer(prs).groups
    assert [group.id for group in groups] == [f"inferred-{group.numbers[0]}" for group in groups]
    assert len({group.id for group in groups}) == len(groups)


def test_where_each_run_has_one_pull_request_so_has_each_inferred_session() -> None:
    inference = infer([*alone(40), clue(41, 410), clue(42, 411)])
    assert inference.learnt.rule is Rule.ONE_EACH
    assert inference.learnt.figures[Rule.ONE_EACH] == 1.0
    assert inference.groups == (Group("inferred-41", ("41",)), Group("inferred-42", ("42",)))


def test_where_runs_follow_each_other_the_pause_between_them_is_learnt() -> None:
    inference = infer([*in_a_row(60), *in_a_row(6, first=100, known=False)])
    assert inference.learnt.rule is Rule.BY_TIME
    assert inference.learnt.gap == timedelta(minutes=30)
    assert inference.learnt.figures[Rule.BY_TIME] == 1.0
    assert inference.groups == (
        Group("inferred-100", ("100", "101", "102")),
        Group("inferred-103", ("103", "104", "105")),
    )


def test_where_runs_are_alive_at_once_what_they_touch_is_learnt() -> None:
    inference = infer([*side_by_side(200), *side_by_side(8, first=1000, known=False)])
    assert inference.learnt.rule is Rule.SCORED
    assert inference.learnt.figures[Rule.SCORED] == 1.0
    assert inference.groups == tuple(Group(f"inferred-{n}", (str(n), str(n + 4))) for n in range(1000, 1004))


def test_a_rule_that_is_hardly_better_does_not_replace_a_plainer_one() -> None:
    pair = [clue(41, 2000, "both"), clue(42, 2001, "both")]
    learnt = infer([*(clue(n, 45 * n, f"r{n}") for n in range(1, 41)), *pair]).learnt
    assert learnt.figures[Rule.BY_TIME] > learnt.figures[Rule.ONE_EACH]
    assert learnt.rule is Rule.ONE_EACH


def test_a_burst_is_work_of_one_author_with_agents_without_a_pause_of_more_than_half_an_hour() -> None:
    prs = [
        clue(1, 0),
        clue(2, 30, "r1"),
        clue(3, 31, author="bob"),
        clue(4, 60),
        clue(5, 91),
        clue(6, 92, has_agent=False),
        clue(7, 61, author="bob"),
    ]
    assert bursts(prs) == bursts(prs[::-1]) == (("1", "2", "4"), ("3", "7"))


@pytest.mark.parametrize(("gap", "groups"), [(5, [0, 1, 2, 3]), (10, [0, 1, 0, 3]), (60, [0, 1, 0, 1])])
def test_time_groups_by_author(gap: int, groups: Sequence[int]) -> None:
    prs = [clue(1, 0), clue(2, 1, author="bob"), clue(3, 10), clue(4, 12, author="bob")]
    assert by_time(prs, timedelta(minutes=gap)) == groups


def test_unknown_authors_are_not_one() -> None:
    prs = [clue(1, 0, author=""), clue(2, 1, author="")]
    assert (by_time(prs, timedelta(hours=1)), bursts(prs)) == ([0, 1], ())
    assert [row[0][1] for row in compare(prs, {})[1:]] == [AUTHORS[0]]


def test_the_score_is_the_average_over_a_group() -> None:
    weights = {"any two": 0.0, "yes": 1.0, "no": -2.0, "little": 0.25}
    rows = [[], [("yes",)], [("yes",), ("no",)], [("yes",), ("no",), ("little",)], [("no",)] * 4]
    assert scored(rows, weights) == [0, 0, 2, 2, 4]


def test_b_cubed_counts_what_a_group_and_a_run_share() -> None:
    runs = [clue(n, n, run) for n, run in enumerate("aab")]
    assert agreement(runs, [0, 0, 0]) == Agreement(3, pytest.approx(5 / 3), 3.0)
    assert b_cubed([agreement(runs, [0, 0, 2])]) == 1.0
    assert b_cubed([agreement(runs, [0, 1, 2])]) == pytest.approx(0.8)
