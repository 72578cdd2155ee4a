"""Merged pull requests of agents in one organisation, by parts, with what was recorded of them."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, Row, and_, exists, or_, select, tuple_

from pr_sessions.errors import InvalidValue
from pr_sessions.server.evidence.observations import Kind, Observation
from pr_sessions.server.evidence.rows import EvidenceRow, MergedPullRequest, evidence_row
from pr_sessions.storage.queries import Page
from pr_sessions.storage.sql.engine import reading
from pr_sessions.storage.sql.schema import evidence, pull_requests, repositories

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def list_evidence(
    engine: Engine,
    organisation: str,
    since: datetime,
    visible: frozenset[str] | None,
    cursor: str = "",
    limit: int = 100,
) -> Page[EvidenceRow]:
    """Return a part of the rows, by repository and time of the merge.

    Args:
        engine: of the database.
        organisation: the owner of the repositories, in any case.
        since: only what was merged then or later.
        visible: keys of the repositories that may be seen; `None` for all.
        cursor: `next` of the part before.
        limit: rows.

    Raises:
        InvalidValue: the cursor is none.
    """
    owner = organisation.lower()
    prs, named = pull_requests.c, repositories.c
    # `/` and `0` are neighbours: all keys that begin with `owner/` lie between.
    statement = (
        select(named.id, named.name, named.key, prs.number, prs.agent, prs.merged_at, prs.id.label("row"))
        .join(pull_requests, prs.repository_id == named.id)
        .where(named.key >= f"{owner}/", named.key < f"{owner}0", prs.merged_at >= since, prs.agent != "")
        .order_by(named.key, prs.merged_at, prs.id)
        .limit(limit + 1)
    )
    if visible is not None:
        statement = statement.where(named.key.in_(sorted(visible)))
    if cursor:
        key, at, row = _read_cursor(cursor)
        statement = statement.where(
            or_(
                named.key > key,
                and_(named.key == key, prs.merged_at > at),
                and_(named.key == key, prs.merged_at == at, prs.id > row),
            )
        )
    with reading(engine) as connection:
        lines: Sequence[Row[Any]] = [*connection.execute(statement)]
        observations, checked = _observations(connection, lines[:limit])
    rows = [
        evidence_row(
            MergedPullRequest(
                repository=line.name,
                number=line.number,
                agent=line.agent,
                merged_at=line.merged_at,
                has_checks=line.id in checked,
            ),
            observations[line.id, line.number],
        )
        for line in lines[:limit]
    ]
    return Page(tuple(rows), _write_cursor(lines[limit - 1]) if len(lines) > limit else "")


def _observations(
    connection: Connection, lines: Sequence[Row[Any]]
) -> tuple[dict[tuple[int, str], list[Observation]], frozenset[int]]:
    """Return the observations of each pull request, and the repositories of which any check was recorded."""
    kept = evidence.c
    observations = defaultdict[tuple[int, str], list[Observation]](list)
    wanted = sorted({(line.id, line.number) for line in lines})
    if not wanted:
        return observations, frozenset()
    places = defaultdict[tuple[int, str], list[str]](list)
    for row in connection.execute(select(evidence).where(tuple_(kept.repository_id, kept.number).in_(wanted))):
        observations[row.repository_id, row.number].append(_observation(row))
        if row.kind == Kind.MERGE:
            places[row.repository_id, row.head].append(row.number)
    heads = sorted(places)
    checks = select(evidence).where(kept.kind == Kind.CHECK.value, tuple_(kept.repository_id, kept.head).in_(heads))
    for row in connection.execute(checks) if heads else ():
        for number in places[row.repository_id, row.head]:
            observations[row.repository_id, number].append(_observation(row))
    ids = sorted({line.id for line in lines})
    has_check = exists().where(kept.repository_id == repositories.c.id, kept.kind == Kind.CHECK.value)
    checked = connection.execute(select(repositories.c.id).where(repositories.c.id.in_(ids), has_check)).scalars()
    return observations, frozenset(checked)


def _observation(row: Row[Any]) -> Observation:
    return Observation(
        kind=Kind(row.kind), number=row.number, head=row.head, subject=row.subject, at=row.at, outcome=row.outcome
    )


def _write_cursor(row: Row[Any]) -> str:
    return f"{(row.merged_at - _EPOCH) // _MICROSECOND}.{row.row}.{row.key.replace('/', '=')}"


def _read_cursor(cursor: str) -> tuple[str, datetime, int]:
    at, _, rest = cursor.partition(".")
    row, _, key = rest.partition(".")
    if not (at.isascii() and at.isdigit() and len(at) < 19 and row.isascii() and row.isdigit() and len(row) < 19):
        raise InvalidValue(f"not a cursor: {cursor[:40]!r}", "leave it out to begin at the first part")
    try:
        return key.replace("=", "/"), _EPOCH + int(at) * _MICROSECOND, int(row)
    except OverflowError:
        raise InvalidValue(f"not a cursor: {cursor[:40]!r}", "leave it out to begin at the first part") from None
