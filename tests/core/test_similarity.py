from collections.abc import Sequence
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pr_sessions.core.models import PullRequest
from pr_sessions.core.similarity import (
    ENOUGH,
    MOST_NEIGHBOURS,
    WEIGHTS,
    Trace,
    abbreviated,
    rules_digest,
    score,
    signs,
    together,
    trace,
)
from strategies import at

COMMIT, NEAR, ISSUES, BODY, TITLE, REQUESTERS = WEIGHTS
DAY = 24 * 60


def one(number: str = "1", minutes: float = 0, **said: object) -> Trace:
    return Trace(number=number, at=at(minutes), **said)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (one(), one("2", 21), ()),
        (one(), one("2", 20), (NEAR,)),
        (one(commits=frozenset("ab")), one("2", 7 * DAY, commits=frozenset("bc")), (COMMIT,)),
        (one(commits=frozenset("ab")), one("2", 7 * DAY + 1, commits=frozenset("bc")), ()),
        (one(issues=frozenset("1")), one("2", 60, issues=frozenset("1")), (ISSUES,)),
        (one(issues=frozenset("1")), one("2", 60, issues=frozenset("12")), ()),
        (one(words=frozenset("abc")), one("2", 60, words=frozenset("ab")), (BODY,)),
        (one(words=frozenset("abcdef")), one("2", 60, words=frozenset("a")), ()),
        (one(title=("fix", "it")), one("2", 60, title=("fix", "it")), (TITLE,)),
        (one(requester="ann"), one("2", 60, requester="bob"), (REQUESTERS,)),
        (one(requester="ann"), one("2", 60), ()),
    ],
)
def test_each_sign_has_its_condition(first: Trace, second: Trace, expected: tuple[str, ...]) -> None:
    rarity = dict.fromkeys("abcdef", 1.0)
    assert signs(first, second, rarity) == signs(second, first, rarity) == expected


@pytest.mark.parametrize(
    ("found", "belongs"),
    [
        ((COMMIT, TITLE, REQUESTERS), True),
        ((NEAR, ISSUES), True),
        ((NEAR, BODY), True),
        ((ISSUES, BODY), False),
        ((NEAR,), False),
        ((NEAR, ISSUES, BODY, TITLE), False),
        ((NEAR, BODY, REQUESTERS), False),
    ],
)
def test_some_signs_are_enough_together(found: Sequence[str], belongs: bool) -> None:
    assert (score(found) >= ENOUGH) is belongs


def test_a_trace_is_made_of_what_the_author_wrote() -> None:
    told = PullRequest(
        number="7",
        title="Fix the Parser (#12)",
        body="See #34.\n> quoted #99\n```\ncode #98\n```\n<!-- #97 -->\nRequested by: @Ann Other\n",
        commits=("C0FFEEC0FFEEC0FFEE", "c0ffeec0ffee0"),
    )
    assert trace(told, at(0)) == Trace(
        number="7",
        at=at(0),
        commits=frozenset({"c0ffeec0ffee"}),
        title=("fix", "the", "parser", "12"),
        words=frozenset({"see", "34", "requested", "by", "ann", "other"}),
        issues=frozenset({"12", "34"}),
        requester="ann",
    )
    assert trace(told, at(0), text=False) == Trace(number="7", at=at(0), commits=frozenset({"c0ffeec0ffee"}))


def test_hashes_are_kept_short_once_and_in_order() -> None:
    assert abbreviated(["B" * 40, "a" * 40, "b" * 39]) == ("a" * 12, "b" * 12)


@given(
    st.lists(st.tuples(st.integers(0, 15000), st.frozensets(st.sampled_from("abcd"), max_size=2)), max_size=8),
    st.randoms(use_true_random=False),
)
def test_groups_are_those_of_all_pairs_in_any_order(said: list[tuple[int, frozenset[str]]], random: object) -> None:
    traces = [one(f"{n}", minutes, commits=commits) for n, (minutes, commits) in enumerate(said)]
    every = [(a.number, b.number) for a, b in combinations(traces, 2) if score(signs(a, b, {})) >= ENOUGH]
    random.shuffle(traces)  # type: ignore[attr-defined]
    assert components(traces, together(traces)) == components(traces, every)


def test_a_burst_costs_in_proportion() -> None:
    traces = [one(f"{n}", n / 1000, issues=frozenset({"1"})) for n in range(2000)]
    assert len(list(together(traces))) < MOST_NEIGHBOURS * len(traces)


def test_the_digest_tells_the_rules() -> None:
    assert rules_digest() == rules_digest()
    assert len(rules_digest()) == 64


def components(traces: Sequence[Trace], pairs: object) -> set[frozenset[str]]:
    group = {each.number: {each.number} for each in traces}
    for first, second in pairs:  # type: ignore[attr-defined]
        joined = group[first] | group[second]
        group.update(dict.fromkeys(joined, joined))
    return {frozenset(members) for members in group.values()}
