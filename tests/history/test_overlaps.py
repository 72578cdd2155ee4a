from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pr_sessions.history.git_history import HistoricPullRequest
from pr_sessions.history.relations import Overlap, overlaps
from pr_sessions.sessions.session import PullRequest


def touching(number: int, *files: str) -> HistoricPullRequest:
    when = datetime(2025, 11, 22, tzinfo=UTC)
    return HistoricPullRequest(PullRequest(number=str(number)), f"sha{number}", when, files, (), "squash")


def test_pairs_that_share_most_come_first() -> None:
    prs = [touching(1, "a", "b"), touching(2, "a"), touching(3, "b", "a", "c"), touching(4, "d")]

    assert overlaps(prs, limit=5) == (
        Overlap(("1", "3"), ("a", "b")),
        Overlap(("1", "2"), ("a",)),
        Overlap(("2", "3"), ("a",)),
    )


@pytest.mark.parametrize(("limit", "expected"), [(3, 3), (2, 0)])
def test_a_file_that_too_many_touch_is_left_out(limit: int, expected: int) -> None:
    prs = [touching(n, "changelog") for n in range(1, 4)]

    assert len(overlaps(prs, limit)) == expected


def test_files_that_this_tool_writes_are_left_out() -> None:
    file = "docs/metrics/auto_pr_sessions.json"

    assert overlaps([touching(1, file), touching(2, file)], limit=5) == ()


def test_a_file_everybody_touches_costs_no_square() -> None:
    assert overlaps([touching(n, "changelog") for n in range(1, 100_000)], limit=20) == ()


@given(st.lists(st.frozensets(st.sampled_from("abc"))))
def test_each_pair_is_told_with_exactly_what_it_shares(touched: list[frozenset[str]]) -> None:
    prs = [touching(n, *sorted(files)) for n, files in enumerate(touched, start=1)]

    expected = {
        (str(a + 1), str(b + 1)): tuple(sorted(touched[a] & touched[b]))
        for b in range(len(touched))
        for a in range(b)
        if touched[a] & touched[b]
    }
    assert {pair.numbers: pair.files for pair in overlaps(prs, limit=len(prs))} == expected
