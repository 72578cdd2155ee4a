"""Fill a database with as many sessions as a large organisation has in years, and five times as many pull requests.

One repository has 30 % of everything, and few authors and agents have most of the rest. Rows are made directly: a
million sessions that were recorded one by one would take hours.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import accumulate, count, islice
from random import Random
from typing import Any

from msgspec import json
from sqlalchemy import Engine, Table, insert, select

from pr_sessions.storage.lines import position
from pr_sessions.storage.sql.engine import POSTGRESQL, writing
from pr_sessions.storage.sql.list_columns import kind, recount
from pr_sessions.storage.sql.schema import (
    pull_requests,
    repositories,
    runs,
    session_aliases,
    sessions,
)

FIRST = datetime(2024, 6, 1, tzinfo=UTC)
LAST = datetime(2026, 6, 1, tzinfo=UTC)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
REPOSITORIES = 3000
PEOPLE = 20_000
# Of a session, on average.
PULL_REQUESTS = 5
# Of a thousand sessions. `gone` worked at the beginning only, and the last names are rare.
AGENTS = {"claude-code": 400, "codex": 250, "copilot": 200, "cursor": 80, "devin": 40, "": 20, "gone": 0} | {
    f"agent-{number}": 1 for number in range(10)
}
_WITH_BOT = ("copilot", "cursor", "devin")
_AGENT_SHARES = list(accumulate(AGENTS.values()))
_STATES = ("merged", "closed", "open", "")
_OLD_SHARES, _NEW_SHARES = list(accumulate([780, 210, 5, 5])), list(accumulate([500, 100, 390, 10]))
_TABLES = (sessions, pull_requests, session_aliases, runs)
# What the JSON of a session and of a pull request may be like.
_RECORD = json.encode({"files_changed": 7, "branch": "agent/fix-the-parser", "head": "x" * 40}).decode()
Row = tuple[Any, ...]


def fill(engine: Engine, total: int, seed: int = 1) -> None:
    """Add so many sessions to an empty database. Indexes are made at the end, which is quicker."""
    indexes = [index for table in _TABLES for index in table.indexes]
    with writing(engine) as connection:
        for index in indexes:
            index.drop(connection)
        names = [{"name": f"Org/repo-{n}", "key": f"org/repo-{n}", "changed_at": LAST} for n in range(REPOSITORIES)]
        connection.execute(insert(repositories), names)
        ids = connection.scalars(select(repositories.c.id).order_by(repositories.c.id)).all()
    made = _sessions(ids, total, Random(seed))  # noqa: S311 - no secret
    while part := list(islice(made, 20_000)):
        for place, table in enumerate(_TABLES):
            _load(engine, table, [row for rows in part for row in rows[place]])
    with writing(engine) as connection:
        for index in indexes:
            index.create(connection)
        for repository_id in ids:
            recount(connection, repository_id)
    if engine.dialect.name == POSTGRESQL:
        # It does so by itself within minutes; nothing does so on SQLite.
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("VACUUM ANALYZE")


def _sessions(ids: Sequence[int], total: int, random: Random) -> Iterator[tuple[list[Row], ...]]:
    """Return the rows of each session, by table; the oldest session first."""
    step = (LAST - FIRST) // total
    others = list(accumulate(1 / (n + 7) for n in range(1, len(ids))))
    shares = [30, *(30 + 70 * share / others[-1] for share in others)]
    numbers = {repository_id: count(1) for repository_id in ids}
    for place in range(total):
        chosen = random.choices(ids, cum_weights=shares)[0]
        is_new = place > total * 0.99
        yield _rows(chosen, place, FIRST + step * place, numbers[chosen], random, is_new=is_new)


def _rows(
    repository_id: int, place: int, start: datetime, numbers: Iterator[int], random: Random, *, is_new: bool
) -> tuple[list[Row], ...]:
    agent = "gone" if place < 5000 and place % 2 else random.choices(list(AGENTS), cum_weights=_AGENT_SHARES)[0]
    is_bot = agent in _WITH_BOT and random.random() < 0.5
    author = f"{agent}[bot]" if is_bot else f"person-{int(PEOPLE ** random.random())}"
    named = f"{agent}-{random.getrandbits(40):010x}" if is_bot else f"{author}-{start:%Y%m%d-%H%M}"
    session_id = f"{named}-{place}"
    started = -position(start)
    latest = started + random.randrange(10**10)
    is_active = is_new and random.random() < 0.4
    if is_active:
        # The timer has completed every other one.
        latest = -position(LAST) - random.randrange(3 * 10**9)
    listed = min(1 + int(random.expovariate(1 / (PULL_REQUESTS - 0.5))), 60)

    def pull_request(holder: str | None, opened: int) -> Row:
        state = random.choices(_STATES, cum_weights=_NEW_SHARES if is_new else _OLD_SHARES)[0]
        merged = opened + 10**9 if state == "merged" else None
        number, of_kind = next(numbers), kind(state, is_attributed=holder is not None)
        names = (repository_id, number, number, holder, -opened, of_kind, author, agent, state)
        return (*names, opened, merged, "agent_run" if holder else "", _RECORD)

    pulls = [pull_request(session_id, started + n * 10**9) for n in range(listed)]
    if random.random() < 0.05:
        pulls.append(pull_request(None, started))
    ended, trigger = (None, "") if is_active else (latest, "timeout")
    extra = _extra(
        session_id, author, started, None if is_active else latest, latest, [pull[1] for pull in pulls[:listed]]
    )
    session = (repository_id, session_id, author, agent, f"Fix the parser {place}", is_active, f"{start:%FT%T}")
    aliases = [(repository_id, f"was-{session_id}", session_id)] if place % 100 == 0 else []
    # Some runs work in two repositories.
    run = f"{place - 1 if place % 200 == 1 else place:020x}"
    return (
        [(*session, started, latest, ended, started, trigger, listed, -latest, extra)],
        pulls,
        aliases,
        [(repository_id, run, session_id)] if place % 10 < 6 else [],
    )


def _extra(session_id: str, author: str, started: int, ended: int | None, latest: int, numbers: Sequence[int]) -> str:
    """Return the JSON of a session as it is stored: with the places of the records, which have rows of their own."""
    record: dict[str, Any] = {"session_id": session_id, "author": author, "started": _text(started)}
    record |= {"last_activity": _text(latest), "prs": [str(number) for number in numbers]}
    record["metadata"] = {"title": "Fix the parser", "pull_requests": {str(number): None for number in numbers}}
    if ended is not None:
        record |= {"completed": _text(ended), "completion_trigger": "timeout"}
    return json.encode(record).decode()


def _text(microseconds: int) -> str:
    return f"{EPOCH + timedelta(microseconds=microseconds):%FT%TZ}"


def _load(engine: Engine, table: Table, rows: list[Row]) -> None:
    """Add rows of a table in the quickest way that the database has."""
    names = [column.name for column in table.c if column.identity is None]
    with writing(engine) as connection:
        driver: Any = connection.connection.driver_connection
        if engine.dialect.name == POSTGRESQL:
            with driver.cursor().copy(f"COPY {table.name} ({', '.join(names)}) FROM STDIN (NULL 'None')") as copy:
                line = "\t".join(["%s"] * len(names)) + "\n"
                copy.write("".join([line % row for row in rows]))
        else:
            places = ", ".join("?" * len(names))
            driver.executemany(f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({places})", rows)  # noqa: S608 - names of our tables
