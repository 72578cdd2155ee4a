"""Which lines changes share, by spans in the gaps between lines."""

from difflib import SequenceMatcher

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pr_sessions.core.line_spans import Span, lines_of, meeting_spans, moved_spans, span_of


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ([(2, 4)], [(3, 9)], ((3, 4),)),
        ([(2, 4)], [(5, 9)], ()),
        ([(2, 3)], [(3, 4)], ((3, 3),)),
        ([(2, 2)], [(2, 2)], ((2, 2),)),
        ([(2, 2)], [(0, 9)], ((2, 2),)),
        ([(0, 1), (7, 9)], [(8, 8), (0, 1)], ((0, 1), (8, 8))),
        ([(0, 1)], [], ()),
    ],
)
def test_changes_meet_where_they_overlap_or_touch(
    first: list[Span], second: list[Span], expected: tuple[Span, ...]
) -> None:
    assert meeting_spans(first, second) == expected


def test_hunks_name_lines_or_the_one_before() -> None:
    assert [span_of(3, 2), span_of(3, 0), span_of(0, 0)] == [(2, 4), (3, 3), (0, 0)]
    assert [lines_of(span) for span in ((2, 4), (3, 3), (0, 0))] == [(3, 4), (3, 3), (1, 1)]


@pytest.mark.parametrize(
    ("span", "expected"),
    [
        ((0, 1), (0, 1)),  # before all changes
        ((8, 9), (9, 10)),  # behind them
        ((2, 3), (2, 5)),  # its lines were replaced by three
        ((1, 6), (1, 8)),  # changes within it
        ((5, 6), (7, 8)),  # behind lines that were put in
        ((4, 5), (6, 7)),  # before lines that go
        ((6, 7), (8, 8)),  # it is gone
    ],
)
def test_spans_move_with_what_changed_before_them(span: Span, expected: Span) -> None:
    changes = [((2, 3), (2, 5)), ((6, 7), (8, 8))]
    assert moved_spans([span], changes) == (expected,)


@pytest.mark.parametrize(("span", "expected"), [((3, 3), (3, 5)), ((2, 3), (2, 3)), ((3, 4), (5, 6))])
def test_lines_that_were_put_into_a_gap_are_part_of_the_gap_alone(span: Span, expected: Span) -> None:
    assert moved_spans([span], [((3, 3), (3, 5))]) == (expected,)


@given(st.lists(st.integers(0, 3), max_size=12), st.lists(st.integers(0, 3), max_size=12), st.data())
def test_a_line_that_stayed_is_found_again(old: list[int], new: list[int], data: st.DataObject) -> None:
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    changes = [((a, b), (c, d)) for tag, a, b, c, d in matcher.get_opcodes() if tag != "equal"]
    kept = [(a + n, c + n) for tag, a, b, c, _ in matcher.get_opcodes() if tag == "equal" for n in range(b - a)]
    if kept:
        before, after = data.draw(st.sampled_from(kept))
        assert moved_spans([(before, before + 1)], changes) == ((after, after + 1),)
