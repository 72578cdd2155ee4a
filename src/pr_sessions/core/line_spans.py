"""Which lines of a file a change touches, and whether two changes touch the same ones.

A span `(start, end)` is counted in the gaps between lines: `(2, 4)` stands for lines 3 and 4, and `(2, 2)` for lines
that are put behind line 2. Spans that touch each other count as the same place, since git cannot merge them either.
"""

from collections.abc import Iterable, Sequence

Span = tuple[int, int]


def span_of(first: int, count: int) -> Span:
    """Return the span of a hunk's side, as its header gives it; without lines it names the line before the gap."""
    return (first - 1, first - 1 + count) if count else (first, first)


def meeting_spans(first: Iterable[Span], second: Sequence[Span]) -> tuple[Span, ...]:
    """Return where spans of the first change meet some of the second."""
    return tuple(
        sorted({(max(a[0], b[0]), min(a[1], b[1])) for a in first for b in second if a[0] <= b[1] and b[0] <= a[1]})
    )


def moved_spans(spans: Iterable[Span], changes: Sequence[tuple[Span, Span]]) -> tuple[Span, ...]:
    """Return where spans of an old file lie in the new one.

    Args:
        spans: in the old file.
        changes: for each hunk between the two its span in the old and in the new file, in order.
    """
    return tuple(_moved(span, changes) for span in spans)


def lines_of(span: Span) -> tuple[int, int]:
    """Return the first and the last line; of a gap the line before it, twice."""
    start, end = span
    return (start + 1, end) if end > start else (max(start, 1), max(start, 1))


def _moved(span: Span, changes: Sequence[tuple[Span, Span]]) -> Span:
    start, end = span
    # What another change puts at the edge of some lines is none of them; in one gap both change the same place.
    takes_in = start == end
    return (
        _position(start, changes, is_end=False, before_inserted=takes_in),
        _position(end, changes, is_end=True, before_inserted=not takes_in),
    )


def _position(gap: int, changes: Sequence[tuple[Span, Span]], *, is_end: bool, before_inserted: bool) -> int:
    """Return where a gap lies in the new file.

    Args:
        gap: in the old file.
        changes: as in `moved_spans`.
        is_end: whether it becomes the end of lines that took the place of those around it, else their start.
        before_inserted: whether it lies before lines that were put into it.
    """
    position = gap
    for (old_start, old_end), (new_start, new_end) in changes:
        if gap < old_start:
            break
        if old_start == gap == old_end:
            position = new_start if before_inserted else new_end
        elif gap >= old_end:
            position = new_end + gap - old_end
        else:
            position = new_end if is_end and gap > old_start else new_start
    return position
