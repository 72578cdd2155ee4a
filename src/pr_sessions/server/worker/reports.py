"""What GitHub said last of pull requests, and the comments that hold a command, in the database."""

import zlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, select
from sqlalchemy.dialects import postgresql, sqlite

from pr_sessions.core.erasure import ERASED, erase_from_json
from pr_sessions.forges.base import Comment
from pr_sessions.server.worker.replay import Report
from pr_sessions.storage.sql.engine import POSTGRESQL
from pr_sessions.storage.sql.schema import reports
from pr_sessions.storage.sql.tombstones import erased_in

_PULL_REQUEST, _COMMENT = "pull_request", "comment"
_MOST_OF_AUTHOR = 500
_MOST_COMMENTS = 2_000
_AT_ONCE = 500


class News(Struct, frozen=True, kw_only=True):
    """Something that was reported.

    Attributes:
        report: of a pull request; `None` where it is about a comment.
        comment: one that holds a command, of somebody who may write.
        gone: the comment's id, where it was deleted or holds no command that counts.
        number: of the pull request that it is about.
        at: when that was opened or written.
        updated: when it changed last, by GitHub's clock.
    """

    number: str
    at: datetime
    updated: datetime
    report: Report | None = None
    comment: Comment | None = None
    gone: int = 0


def keep(connection: Connection, repository_id: int, news: Iterable[News]) -> frozenset[str]:
    """Keep what is not older than what is known; return the numbers of the pull requests that it is about.

    What is as old as what is known counts again: GitHub's times have whole seconds. Nobody who was erased is named.
    """
    is_erased = erased_in(connection)
    insert = postgresql.insert if connection.dialect.name == POSTGRESQL else sqlite.insert
    numbers = set()
    for each in news:
        kind, subject, author, value = _content(each)
        if is_erased and value:
            value = msgspec.msgpack.encode(erase_from_json(msgspec.msgpack.decode(value), is_erased))
            author = ERASED if is_erased(author) else author
        made = insert(reports).values(
            repository_id=repository_id,
            kind=kind,
            subject=subject,
            number=each.number,
            author=author,
            at=each.at,
            updated_at=each.updated,
            value=zlib.compress(value, 1) if value else b"",
        )
        fresh = {name: made.excluded[name] for name in ("number", "author", "at", "updated_at", "value")}
        statement = made.on_conflict_do_update(
            index_elements=["repository_id", "kind", "subject"],
            set_=fresh,
            where=reports.c.updated_at <= made.excluded.updated_at,
        )
        if connection.execute(statement).rowcount:
            numbers.add(each.number)
    return frozenset(numbers)


def _content(news: News) -> tuple[str, str, str, bytes]:
    if news.report:
        author = news.report.pull_request.author.lower()
        return _PULL_REQUEST, news.number, author, msgspec.msgpack.encode(news.report)
    if news.comment:
        return _COMMENT, str(news.comment.id), news.comment.author.login.lower(), msgspec.msgpack.encode(news.comment)
    return _COMMENT, str(news.gone), "", b""


class StoredReports:
    """The reports of one repository, as `replay` reads them."""

    def __init__(self, connection: Connection, repository_id: int) -> None:
        self._connection = connection
        self._is_here = reports.c.repository_id == repository_id

    def pull_requests(self, numbers: Collection[str]) -> Mapping[str, Report]:
        """Return those of these numbers that were reported."""
        wanted, known = sorted(numbers), dict[str, Report]()
        for start in range(0, len(wanted), _AT_ONCE):
            known |= self._reports(reports.c.subject.in_(wanted[start : start + _AT_ONCE]))
        return known

    def of_authors(self, authors: Collection[str]) -> Mapping[str, Report]:
        """Return the latest pull requests of these authors."""
        known: dict[str, Report] = {}
        for author in sorted(authors):
            known |= self._reports(reports.c.author == author, latest=_MOST_OF_AUTHOR)
        return known

    def comments(self) -> Sequence[Comment]:
        """Return the latest comments that hold a command."""
        rows = self._connection.execute(
            select(reports.c.value)
            .where(self._is_here, reports.c.kind == _COMMENT, reports.c.value != b"")
            .order_by(reports.c.at.desc())
            .limit(_MOST_COMMENTS)
        )
        return [msgspec.msgpack.decode(zlib.decompress(value), type=Comment) for value in rows.scalars()]

    def _reports(self, condition: Any, latest: int | None = None) -> dict[str, Report]:
        query = select(reports.c.subject, reports.c.value).where(
            self._is_here, reports.c.kind == _PULL_REQUEST, condition
        )
        if latest:
            query = query.order_by(reports.c.at.desc()).limit(latest)
        rows = self._connection.execute(query)
        return {number: msgspec.msgpack.decode(zlib.decompress(value), type=Report) for number, value in rows if value}
