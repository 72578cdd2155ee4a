"""What of an inbox is shown at once, and what is only counted."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from msgspec import Struct

from pr_sessions.core.inbox import Inbox, Row
from pr_sessions.core.inbox_sections import Section
from pr_sessions.core.visible_text import one_line
from pr_sessions.errors import Ambiguous, NotFound

DEFAULT_LIMIT = 30
# Nothing in them needs a person now.
_FOLDED = (Section.AT_WORK, Section.CHECKS, Section.WAITING)


class View(Struct, frozen=True, kw_only=True):
    """How much a person wants to see.

    Attributes:
        limit: rows; `None` for all of them.
        unfolds: whether the sections that need nobody now, snoozed rows and the pull requests of each row are shown.
        only_new: whether only new and changed rows are.
        since: when the person looked last, where that is known.
    """

    limit: int | None = DEFAULT_LIMIT
    unfolds: bool = False
    only_new: bool = False
    since: datetime | None = None


class Part(Struct, frozen=True):
    """A section as it is shown.

    Attributes:
        section: `None` for what is snoozed.
        rows: those that are shown.
        left_out: how many more there are.
    """

    section: Section | None
    rows: tuple[Row, ...]
    left_out: int = 0

    @property
    def count(self) -> int:
        """Return how many rows the section has."""
        return len(self.rows) + self.left_out


def parts(inbox: Inbox, view: View) -> tuple[Part, ...]:
    """Return the sections that have rows, in their order. A folded one shows none of them."""
    room = view.limit
    result = []
    for section, rows, is_open in _sections(inbox, view):
        most = len(rows) if room is None else min(len(rows), room)
        shown = rows[:most] if is_open else ()
        room = None if room is None else room - len(shown)
        result.append(Part(section, tuple(shown), len(rows) - len(shown)))
    return tuple(result)


def find_row(rows: Sequence[Row], name: str) -> Row:
    """Return the row of a session, a unique prefix of one, another id of a row, or a pull request such as `42`.

    Raises:
        NotFound: there is none.
        Ambiguous: several fit, as in several repositories.
    """
    number = name.removeprefix("#")
    by_name = [row for row in rows if row.id == name]
    by_number = [row for row in rows if number in row.numbers]
    by_prefix = [row for row in rows if name and row.id.startswith(name)]
    fitting = by_name or by_number or by_prefix
    if not fitting:
        raise NotFound(f"there is no open row {one_line(name)!r}", "see them: pr-sessions inbox --all")
    if len(fitting) > 1:
        ids = ", ".join(f"{row.repository} {row.id}" for row in fitting)
        raise Ambiguous(f"several rows fit {one_line(name)!r}: {one_line(ids, 200)}", "name one, of one repository")
    return fitting[0]


def _sections(inbox: Inbox, view: View) -> Iterator[tuple[Section | None, Sequence[Row], bool]]:
    """Yield section, rows, and whether they are shown. Before the first look all of it is new."""
    filters = view.only_new and view.since is not None
    for section in Section:
        rows = [row for row in inbox.rows_in(section) if row.mark or not filters]
        if rows:
            yield section, rows, view.unfolds or filters or section not in _FOLDED
    snoozed = [row for row in inbox.rows if row.is_snoozed]
    if snoozed and not filters:
        yield None, snoozed, view.unfolds
