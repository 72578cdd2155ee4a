"""How long every list takes at a million sessions and five million pull requests, beside reading one row by its key.

Each filter is asked for with each value that matters: a repository with a third of everything and a small one, an
author with very many sessions and one with few, an agent that everybody uses, a rare one and one that is long gone; at
the first page and at any other place. The first query of each kind counts, too: nothing is prepared before.
"""

import gc
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import product
from random import Random
from statistics import quantiles
from time import perf_counter
from typing import Any

from msgspec import Struct
from sqlalchemy import Engine, select

from benchmarks.server.fill import FIRST, LAST, REPOSITORIES
from pr_sessions.storage.cursors import PullRequestKey, SessionKey, write_cursor
from pr_sessions.storage.lines import position
from pr_sessions.storage.queries import PullRequestFilter, SessionFilter
from pr_sessions.storage.sql.engine import reading
from pr_sessions.storage.sql.queries import SqlQueries
from pr_sessions.storage.sql.schema import sessions

# Seconds on the server.
TARGET = 0.1
_ROUNDS = 3
KEYS = [f"org/repo-{number}" for number in range(REPOSITORIES)]
_BIG, _SMALL = KEYS[0], KEYS[-1]
VISIBLE: Sequence[frozenset[str] | None] = [None, frozenset(KEYS[-5:]), frozenset(KEYS[1::2]), frozenset(KEYS)]
_AGENTS = ("", "claude-code", "agent-3", "gone", "nobody")
Query = Callable[[], object]


class Figure(Struct, frozen=True):
    """Seconds of all queries of a kind.

    Attributes:
        slowest: which of them took longest.
    """

    name: str
    times: Sequence[float]
    slowest: str

    @property
    def p99(self) -> float:
        return quantiles(self.times, n=100, method="inclusive")[98]

    def __str__(self) -> str:
        middle = sorted(self.times)[len(self.times) // 2]
        verdict = "ok" if self.p99 < TARGET else "MISSED"
        figures = "".join(f"{seconds * 1000:>9.2f}" for seconds in (middle, self.p99, max(self.times)))
        return f"{self.name:<40}{len(self.times):>6}{figures}  {verdict}  {self.slowest}"


def figures(kinds: Mapping[str, Mapping[str, Query]]) -> Iterator[Figure]:
    """Measure every kind of query."""
    # In turns: a slow moment of the machine hits all kinds.
    times: dict[str, dict[str, list[float]]] = {name: {what: [] for what in queries} for name, queries in kinds.items()}
    gc.disable()
    for _ in range(_ROUNDS):
        for name, queries in kinds.items():
            for place, (what, query) in enumerate(queries.items()):
                if place % 50 == 0:
                    gc.collect()  # Between queries, not in them.
                start = perf_counter()
                query()
                times[name][what].append(perf_counter() - start)
    gc.enable()
    for name, of_kind in times.items():
        slowest = max(of_kind, key=lambda what: max(of_kind[what]))
        yield Figure(name, [seconds for each in of_kind.values() for seconds in each], slowest)


def list_queries(engine: Engine) -> Mapping[str, Mapping[str, Query]]:
    """Return every kind of query on a database that `fill` has filled."""
    random = Random(2)  # noqa: S311 - no secret
    with reading(engine) as connection:
        columns = (sessions.c.repository_id, sessions.c.id)
        some = connection.execute(select(*columns).where(sessions.c.repository_id > 1).limit(200)).all()
        names = {row.repository_id: KEYS[row.repository_id - 1] for row in some}
    queries = SqlQueries(engine)
    known = [(names[row.repository_id], row.id) for row in some]
    texts = ("c", "claude", "copilot-f", "person-1", "was-p", "1", "#77", "60000", known[0][1], "ORG/repo-0#5", "none")
    return {
        "floor: one row by its key": {i: _by_key(engine, row.repository_id, i) for row in some if (i := row.id)},
        "sessions": _session_lists(queries, random),
        "pull requests": _pull_request_lists(queries, random),
        "counts": {
            f"{repository} {len(visible or ())}": call(queries.counts, repository, visible)
            for repository, visible in product(("", _BIG, _SMALL), VISIBLE)
        },
        "agents": {
            f"{repository} {len(visible or ())}": call(queries.agents, repository, visible)
            for repository, visible in product(("", _BIG, _SMALL), VISIBLE)
        },
        "search": {
            f"{text} {repository} {len(visible or ())}": call(queries.search, text, repository, 20, visible)
            for text, repository, visible in product(texts, ("", _BIG, _SMALL), VISIBLE)
        },
        "one session": {i: call(queries.session, repository, i) for repository, i in known},
        "holder of a pull request": {
            str(number): call(queries.holder, _BIG, str(number)) for number in random.sample(range(1, 300_000), 200)
        },
        "linked sessions": {i: call(queries.linked, repository, i) for repository, i in known},
    }


def _session_lists(queries: SqlQueries, random: Random) -> dict[str, Query]:
    filters = product(("", _BIG, _SMALL), (None, True, False), ("", "copilot[bot]", "person-1", "person-9000"), _AGENTS)
    lists = {}
    for (repository, is_active, author, agent), visible in product(filters, VISIBLE):
        wanted = SessionFilter(
            repository=repository, is_active=is_active, author=author, agent=agent, repositories=visible
        )
        cursor = write_cursor(wanted, SessionKey(_any_place(random), 0, ""))
        what = f"{repository} {is_active} {author} {agent} {len(visible or ())}"
        lists[what] = call(queries.sessions, wanted)
        lists[f"{what} later"] = call(queries.sessions, wanted, cursor, 200)
    return lists


def _pull_request_lists(queries: SqlQueries, random: Random) -> dict[str, Query]:
    filters = product(("", _BIG, _SMALL), ("", "open", "merged"), (None, True, False), _AGENTS)
    lists = {}
    for (repository, state, is_attributed, agent), visible in product(filters, VISIBLE):
        wanted = PullRequestFilter(
            repository=repository, state=state, is_attributed=is_attributed, agent=agent, repositories=visible
        )
        cursor = write_cursor(wanted, PullRequestKey(_any_place(random), 0, 0, "", ""))
        what = f"{repository} {state} {is_attributed} {agent} {len(visible or ())}"
        lists[what] = call(queries.pull_requests, wanted)
        lists[f"{what} later"] = call(queries.pull_requests, wanted, cursor, 200)
    return lists


def _any_place(random: Random) -> int:
    return random.randrange(position(LAST), position(FIRST))


def call(query: Callable[..., object], *arguments: Any) -> Query:
    """Return the call of a query."""
    return lambda: query(*arguments)


def _by_key(engine: Engine, repository_id: int, session_id: str) -> Query:
    """Return a query by the driver alone, on a connection that is open."""
    mark = "?" if engine.dialect.name == "sqlite" else "%s"
    statement = f"SELECT author, agent, title FROM sessions WHERE repository_id = {mark} AND id = {mark}"  # noqa: S608 - no text from outside

    def read() -> None:
        connection = engine.raw_connection()
        cursor = connection.cursor()
        cursor.execute(statement, (repository_id, session_id))
        assert cursor.fetchone()
        connection.close()

    return read
