"""What a writer keeps for lists: the columns that they show and sort by, and how many lines there are.

A writer of sessions makes its rows with `session_columns` and `pull_request_columns`, one row for each pull request
that a session lists, and writes them within `counted`.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, delete, func, insert, select, update

from pr_sessions.core.models import PullRequestRecord, Session, State
from pr_sessions.storage.lines import number_position, position, pull_request_line, session_line
from pr_sessions.storage.sql.schema import agent_counts, pull_requests, repositories, sessions

# States by their place; what is none of these comes last.
_STATES = tuple(State)
KINDS = range(2 * len(_STATES) + 2)
# What one statement may name on both databases, and no plan is slow to make.
_AT_ONCE = 500


def session_columns(session: Session) -> dict[str, Any]:
    """Return the columns of a session that lists need; not its repository, id and JSON."""
    line = session_line(session)
    return {
        "author": line.author,
        "agent": line.agent,
        "title": line.title,
        "is_active": line.is_active,
        "started_at": line.started,
        "latest_at": line.latest,
        "ended_at": line.ended,
        "trigger": line.trigger,
        "pull_request_count": line.pull_requests,
        "position": position(line.latest),
    }


def pull_request_columns(number: str, record: PullRequestRecord | None, session_id: str | None) -> dict[str, Any]:
    """Return the columns of a pull request that lists need; not its repository and JSON.

    Args:
        number: as its session lists it.
        record: `None` for one that an old file lists without one.
        session_id: `None` for one that fits no session.
    """
    line = pull_request_line(number, record, session_id or "")
    return {
        "number": number,
        "digits": number_position(number),
        "session_id": session_id,
        "position": position(line.opened),
        "kind": kind(line.state, is_attributed=session_id is not None),
        "author": line.author,
        "agent": line.agent,
        "state": line.state,
        "opened_at": line.opened,
        "merged_at": line.merged,
        "basis": line.basis,
    }


def kind(state: str, *, is_attributed: bool) -> int:
    """Return the state of a pull request and whether it is in a session as one number."""
    place = _STATES.index(State(state)) if state in _STATES else len(_STATES)
    return 2 * place + is_attributed


def kinds(state: str = "", *, is_attributed: bool | None = None) -> list[int]:
    """Return the kinds that a filter lets through: those of a state or of all, in a session or not or both."""
    wanted = [kind(state, is_attributed=True), kind(state, is_attributed=False)] if state else list(KINDS)
    return sorted(number for number in wanted if is_attributed in (None, bool(number % 2)))


@contextmanager
def counted(
    connection: Connection, repository_id: int, session_ids: Collection[str], numbers: Collection[str] = ()
) -> Iterator[None]:
    """Keep count of what the block writes. The row of the repository must be locked before.

    Args:
        connection: the writer's.
        repository_id: whose sessions they are.
        session_ids: those that are added, replaced or removed.
        numbers: pull requests that become unattributed or were it until now.
    """
    before = _tally(connection, repository_id, session_ids, numbers)
    yield
    after = _tally(connection, repository_id, session_ids, numbers)
    after.subtract(before)
    _add(connection, repository_id, after)


def recount(connection: Connection, repository_id: int) -> None:
    """Count again all that a repository has."""
    zero = {f"{name}_count": 0 for name in ("active", "completed", "pull_request", "unattributed")}
    connection.execute(update(repositories).where(repositories.c.id == repository_id).values(zero))
    connection.execute(delete(agent_counts).where(agent_counts.c.repository_id == repository_id))
    counts = _count_sessions(connection, sessions.c.repository_id == repository_id)
    counts += _count_unattributed(connection, pull_requests.c.repository_id == repository_id)
    _add(connection, repository_id, counts)


# Counts by the name of a column, and of sessions by `agent:` and the agent's name.
_Counts = Counter[str]


def _tally(connection: Connection, repository_id: int, session_ids: Iterable[str], numbers: Iterable[str]) -> _Counts:
    counts: _Counts = Counter()
    for some in _chunks(session_ids):
        is_here = and_(sessions.c.repository_id == repository_id, sessions.c.id.in_(some))
        counts.update(_count_sessions(connection, is_here))
    for some in _chunks(numbers):
        is_here = and_(pull_requests.c.repository_id == repository_id, pull_requests.c.number.in_(some))
        counts.update(_count_unattributed(connection, is_here))
    return counts


def _count_sessions(connection: Connection, condition: ColumnElement[bool]) -> _Counts:
    columns = (sessions.c.agent, sessions.c.is_active)
    listed = func.coalesce(func.sum(sessions.c.pull_request_count), 0)
    counts: _Counts = Counter()
    query = select(*columns, func.count(), listed).where(condition).group_by(*columns)
    for agent, is_active, count, pull_request_count in connection.execute(query):
        counts["active_count" if is_active else "completed_count"] += count
        counts["pull_request_count"] += int(pull_request_count)
        if agent:
            counts[f"agent:{agent}"] += count
    return counts


def _count_unattributed(connection: Connection, condition: ColumnElement[bool]) -> _Counts:
    query = select(func.count()).select_from(pull_requests).where(condition, pull_requests.c.session_id.is_(None))
    return Counter(unattributed_count=connection.execute(query).scalar_one())


def _add(connection: Connection, repository_id: int, counts: _Counts) -> None:
    totals = {name: repositories.c[name] + count for name, count in counts.items() if count and ":" not in name}
    if totals:
        connection.execute(update(repositories).where(repositories.c.id == repository_id).values(totals))
    for name, count in counts.items():
        if count and name.startswith("agent:"):
            _add_agent(connection, repository_id, name.removeprefix("agent:"), count)


def _add_agent(connection: Connection, repository_id: int, agent: str, count: int) -> None:
    row = and_(agent_counts.c.repository_id == repository_id, agent_counts.c.agent == agent)
    changed = connection.execute(
        update(agent_counts)
        .where(row)
        .values(sessions=agent_counts.c.sessions + count)
        .returning(agent_counts.c.sessions)
    ).scalar_one_or_none()
    if changed is None:
        connection.execute(insert(agent_counts).values(repository_id=repository_id, agent=agent, sessions=count))
    elif changed == 0:
        connection.execute(delete(agent_counts).where(row))


def _chunks(values: Iterable[str]) -> Iterator[list[str]]:
    rest = iter(values)
    while some := list(islice(rest, _AT_ONCE)):
        yield some
