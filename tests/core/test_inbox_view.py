"""What of an inbox is shown at once."""

import pytest
from msgspec.structs import replace

from inboxes import NOW, empty_inbox, full_inbox, large_inbox
from pr_sessions.core.inbox_sections import Section
from pr_sessions.core.inbox_view import View, parts

NEEDED = (Section.CONFLICTS, Section.REVIEW, Section.MERGE, Section.UNKNOWN)


def test_what_needs_nobody_now_is_counted_and_the_rest_is_shown() -> None:
    shown = parts(full_inbox(), View())
    assert [(part.section, bool(part.rows), part.count) for part in shown] == [
        (Section.CONFLICTS, True, 2),
        (Section.REVIEW, True, 6),
        (Section.MERGE, True, 2),
        (Section.AT_WORK, False, 1),
        (Section.CHECKS, False, 1),
        (Section.WAITING, False, 5),
        (Section.UNKNOWN, True, 1),
        (None, False, 1),
    ]


@pytest.mark.parametrize("inbox", [full_inbox(), large_inbox(100), empty_inbox()], ids=["full", "large", "empty"])
def test_counts_unfold_into_exactly_what_they_count(inbox: object) -> None:
    folded = parts(inbox, View())  # type: ignore[arg-type] # of pytest's parameters
    unfolded = parts(inbox, View(limit=None, unfolds=True))  # type: ignore[arg-type] # as above
    assert [(part.section, part.count) for part in folded] == [(part.section, len(part.rows)) for part in unfolded]


def test_the_limit_counts_rows_over_all_sections() -> None:
    shown = parts(full_inbox(), View(limit=3))
    assert [(len(part.rows), part.left_out) for part in shown] == [
        *((2, 0), (1, 5), (0, 2)),
        *((0, 1), (0, 1), (0, 5), (0, 1), (0, 1)),
    ]


def test_only_what_is_new_or_changed_is_shown_where_there_was_a_look_before() -> None:
    inbox = full_inbox()
    shown = parts(inbox, View(only_new=True, since=NOW))
    assert [row.id for part in shown for row in part.rows] == ["docs-0c0c", "#40", "#9"]
    assert parts(inbox, View(only_new=True)) == parts(inbox, View())


def test_new_rows_of_a_folded_section_are_shown_then() -> None:
    inbox = full_inbox()
    at_work = inbox.rows_in(Section.AT_WORK)[0]
    rows = tuple(replace(row, mark="new" if row is at_work else None) for row in inbox.rows)
    shown = parts(replace(inbox, rows=rows), View(only_new=True, since=NOW))
    assert [(part.section, part.count) for part in shown] == [(Section.AT_WORK, 1)]
