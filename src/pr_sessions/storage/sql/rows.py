"""A session as rows, and back: the JSON of the session file, taken apart, beside columns to find it by."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from msgspec import Struct

from pr_sessions.core.models import PullRequestRecord, Session, held_runs, stack_numbers
from pr_sessions.core.times import write_time
from pr_sessions.errors import InvalidValue
from pr_sessions.storage.files.record_codec import Record
from pr_sessions.storage.sql.list_columns import pull_request_columns, session_columns

# Sessions that lasted longer are looked at wherever one is looked for by its time: they are rare.
LONGEST = timedelta(days=14)
# An index of PostgreSQL takes no longer text, and no database takes a text with NUL.
_MOST = 500


class Links(Struct, frozen=True):
    """By what a session is found beside its id and its pull requests; each with the session's id.

    Attributes:
        carried: numbers whose records are in another place.
    """

    aliases: frozenset[tuple[str, str]] = frozenset()
    carried: frozenset[tuple[str, str]] = frozenset()
    runs: frozenset[tuple[str, str]] = frozenset()
    stacks: frozenset[tuple[str, int]] = frozenset()


def links_of(session: Session) -> Links:
    """Return by what a session is found."""
    i = session.id
    elsewhere = frozenset(session.elsewhere) - session.pull_requests.keys()
    return Links(
        frozenset((i, checked(alias)) for alias in session.aliases),
        frozenset((i, checked(number)) for number in elsewhere),
        frozenset((i, checked(run)) for _, run in held_runs(session)),
        frozenset((i, number) for number in stack_numbers(session)),
    )


def session_values(session: Session, extra: Record) -> dict[str, Any]:
    """Return the columns of a session."""
    end = session.completion
    ended = end.at if end else None
    order = (ended or session.latest) if end else None
    lasted = ended - session.started if ended and session.started else None
    return {
        **session_columns(session),
        "id": checked(session.id),
        "end_order": write_time(order)[:-1] if order else "",
        "near_from": session.started if lasted is not None and timedelta() <= lasted <= LONGEST else None,
        "extra": extra,
    }


def pull_request_values(
    session_id: str | None, number: str, record: PullRequestRecord | None, raw: Record | None
) -> dict[str, Any]:
    """Return the columns of a pull request.

    Args:
        session_id: `None` for one that fits no session.
        number: as its session lists it.
        record: `None` for one that an old file lists without one.
        raw: the record as the session file has it.
    """
    return {**pull_request_columns(checked(number), record, session_id), "record": raw}


def without_records(raw: Record, numbers: Mapping[str, object]) -> Record:
    """Return a session's JSON object with null in place of the records of these pull requests."""
    metadata = raw.get("metadata")
    records = metadata.get("pull_requests") if isinstance(metadata, dict) else None
    if not isinstance(metadata, dict) or not isinstance(records, dict):
        return raw
    emptied = {number: None if number in numbers else record for number, record in records.items()}
    return {**raw, "metadata": {**metadata, "pull_requests": emptied}}


def with_records(extra: Record, rows: Mapping[str, Record]) -> Record:
    """Return a session's JSON object with the records of its pull requests, each where it stood."""
    metadata = extra.get("metadata")
    records = metadata.get("pull_requests") if isinstance(metadata, dict) else None
    if not isinstance(metadata, dict) or not isinstance(records, dict):
        return extra
    return {**extra, "metadata": {**metadata, "pull_requests": {**records, **rows}}}


def checked(text: str) -> str:
    """Return a text by which something is found.

    Raises:
        InvalidValue: no database can keep it.
    """
    if len(text) > _MOST or "\0" in text:
        raise InvalidValue(f"an id or number that no database can keep: {text[:40]!r}", "shorten it in its file")
    return text
