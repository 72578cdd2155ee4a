from collections.abc import Iterator

import pytest
from benchmarks.accuracy.agreement import Tally
from benchmarks.accuracy.grouping import Figures, is_held_out, measure
from benchmarks.accuracy.grouping_rules import ONE_EACH, SHARED_COMMITS
from benchmarks.accuracy.known_sessions import Case, known

from pr_sessions.core.models import PullRequest
from pr_sessions.errors import NotFound
from strategies import at

HELD_OUT = [name for n in range(40) if is_held_out(name := f"o/r{n}")]
LEARNT_ON = [name for n in range(40) if not is_held_out(name := f"o/r{n}")]

HALVES = (["o/r0", "o/r4", "o/r7"], ["o/r1", "o/r2", "o/r3"])


def cases(repository: str, *sessions: str, commits: str = "") -> Iterator[Case]:
    """A pull request for each session named, a day apart; those of the same letter in `commits` share a commit."""
    for n, session in enumerate(sessions):
        body = f"https://app.devin.ai/sessions/{session * 32}"
        shared = (commits[n] * 40,) if commits[n : n + 1].strip() else ()
        pull_request = PullRequest(number=f"{repository}#{n + 1}", body=body, created=at(n * 1440), commits=shared)
        yield from known([pull_request])


def test_halves_are_told_by_the_name_whatever_its_case() -> None:
    assert (HELD_OUT[:3], LEARNT_ON[:3]) == (HALVES[0], HALVES[1])
    assert is_held_out(HELD_OUT[0].upper())


def test_a_rule_that_is_right_in_every_repository_becomes_the_default() -> None:
    told = [case for name in HELD_OUT[:6] for case in cases(name, "a", "a", "b", commits="xx ")]

    result = measure(told)

    figures = result.held_out[SHARED_COMMITS]
    assert (result.default, result.repositories) == (SHARED_COMMITS, (6, 6))
    assert figures.tally == Tally(18, 12, 12, 6, 6, 6, 18.0, 18.0)
    assert figures.intervals == dict.fromkeys(("pair_precision", "pair_recall", "exact_share", "b_cubed_f"), (1, 1))
    one_each = 2 * (2 / 3) / (1 + 2 / 3)
    assert figures.gain == pytest.approx(1 - one_each)
    assert figures.gain_interval == pytest.approx((1 - one_each, 1 - one_each))
    assert result.held_out[ONE_EACH].gain_interval == (0, 0)


def test_the_half_that_was_learnt_from_decides_nothing() -> None:
    right = [case for name in LEARNT_ON[:6] for case in cases(name, "a", "a", commits="xx")]
    silent = [case for name in HELD_OUT[:6] for case in cases(name, "a", "a")]

    result = measure([*right, *silent])

    assert result.default == ONE_EACH
    assert result.all[SHARED_COMMITS].good_enough
    assert result.held_out[SHARED_COMMITS].gain == 0


def test_without_any_held_out_repository_one_each_is_the_default() -> None:
    result = measure(cases(LEARNT_ON[0], "a", "a", commits="xx"))
    assert (result.default, result.repositories) == (ONE_EACH, (1, 0))
    assert result.held_out[SHARED_COMMITS] == Figures(
        tally=Tally(), intervals=dict.fromkeys(result.all[ONE_EACH].intervals), gain=None, gain_interval=None
    )


@pytest.mark.parametrize(
    ("pairs", "gain", "good"),
    [
        ((10, 8), (0.001, 0.1), True),
        ((100, 79), (0.001, 0.1), False),
        ((10, 10), (0.0, 0.1), False),
        ((10, 10), (-0.1, 0.1), False),
        ((10, 10), None, False),
        ((0, 0), (0.001, 0.1), False),
    ],
)
def test_both_conditions_must_hold(pairs: tuple[int, int], gain: tuple[float, float] | None, good: bool) -> None:
    tally = Tally(pairs_found=pairs[0], pairs_both=pairs[1])
    assert Figures(tally=tally, intervals={}, gain=None, gain_interval=gain).good_enough is good


def test_the_order_of_the_cases_changes_nothing() -> None:
    told = [case for name in HELD_OUT[:4] for case in cases(name, *"aabbc", commits="xyxyz")]
    assert measure(told) == measure(reversed(told))


def test_without_a_known_session_there_is_nothing_to_measure() -> None:
    with pytest.raises(NotFound, match="no pull request there has a known session"):
        measure(())
