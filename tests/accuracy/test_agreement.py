from collections.abc import Mapping
from itertools import combinations

import pytest
from benchmarks.accuracy.agreement import Tally, tally, total
from hypothesis import given
from hypothesis import strategies as st

LABELS = st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from("wxyz")), max_size=14)


def groupings(labels: list[tuple[str, str]]) -> tuple[dict[str, str], dict[str, str]]:
    """The true and the found group of each item."""
    return {f"{i}": one for i, (one, _) in enumerate(labels)}, {f"{i}": other for i, (_, other) in enumerate(labels)}


def naive(truth: Mapping[str, str], found: Mapping[str, str]) -> tuple[float | None, ...]:
    """The measures by their definitions, pair by pair and item by item."""
    pairs = list(combinations(truth, 2))
    together = {pair for pair in pairs if found[pair[0]] == found[pair[1]]}
    belonging = {pair for pair in pairs if truth[pair[0]] == truth[pair[1]]}
    both = len(together & belonging)
    members = {g: {i for i in truth if truth[i] == g} for g in truth.values()}
    clusters = {g: {i for i in truth if found[i] == g} for g in found.values()}
    exact = sum(members[g] in clusters.values() for g in members)
    items = len(truth)
    precision = sum(len(clusters[found[i]] & members[truth[i]]) / len(clusters[found[i]]) for i in truth) / (items or 1)
    recall = sum(len(clusters[found[i]] & members[truth[i]]) / len(members[truth[i]]) for i in truth) / (items or 1)
    return (
        both / len(together) if together else None,
        both / len(belonging) if belonging else None,
        exact / len(members) if members else None,
        2 * precision * recall / (precision + recall) if items else None,
    )


def measured(one: Tally) -> tuple[float | None, ...]:
    return one.pair_precision, one.pair_recall, one.exact_share, one.b_cubed_f


def test_a_grouping_that_was_worked_out_by_hand() -> None:
    # True: abc, de, f. Found: ab, cd, e, f.
    truth = dict(zip("abcdef", "111223", strict=True))
    found = dict(zip("abcdef", "wwxxyz", strict=True))

    one = tally(truth, found)

    # Precision of each: 1 1 1/2 1/2 1 1; recall: 2/3 2/3 1/3 1/2 1/2 1.
    assert one == Tally(6, 3, 1, 2, 4, 1, precision=5.0, recall=pytest.approx(11 / 3))
    assert measured(one) == pytest.approx((1 / 2, 1 / 4, 1 / 3, 2 * (5 / 6) * (11 / 18) / (5 / 6 + 11 / 18)))


@given(LABELS)
def test_the_measures_are_those_of_their_definitions(labels: list[tuple[str, str]]) -> None:
    truth, found = groupings(labels)
    assert measured(tally(truth, found)) == pytest.approx(naive(truth, found))


@given(LABELS.filter(bool))
def test_the_truth_itself_is_right_in_everything(labels: list[tuple[str, str]]) -> None:
    truth, _ = groupings(labels)
    one = tally(truth, truth)
    assert (one.exact_share, one.b_cubed_f) == (1, 1)
    assert {one.pair_precision, one.pair_recall} <= {1, None}


@given(LABELS, st.randoms(use_true_random=False))
def test_neither_order_nor_names_of_groups_matter(labels: list[tuple[str, str]], random: st.DataObject) -> None:
    truth, found = groupings(labels)
    items = list(truth)
    random.shuffle(items)  # type: ignore[attr-defined]
    renamed = {item: f"group {found[item]}" for item in items}
    assert tally({item: truth[item] for item in items}, renamed) == tally(truth, found)


@given(st.lists(LABELS, max_size=4))
def test_tallies_of_sets_that_share_no_group_add_up(parts: list[list[tuple[str, str]]]) -> None:
    whole = [(f"{one}{n}", f"{other}{n}") for n, labels in enumerate(parts) for one, other in labels]
    added = total([tally(*groupings(labels)) for labels in parts])
    assert measured(added) == pytest.approx(measured(tally(*groupings(whole))))
    assert total([added, added]) == added.times(2)
