"""What a writer keeps for lists: columns as lines show them, and counts that equal those of a new count."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from sqlalchemy import Connection, Engine, delete, insert, select

from pr_sessions.core.models import PullRequestRecord, Session
from pr_sessions.storage.sql.engine import reading, writing
from pr_sessions.storage.sql.list_columns import (
    counted,
    kind,
    kinds,
    pull_request_columns,
    recount,
    session_columns,
)
from pr_sessions.storage.sql.schema import agent_counts, pull_requests, repositories, sessions
from scene import minute
from strategies import IDS, record
from strategies import sessions as any_session

COUNTS = [repositories.c[f"{name}_count"] for name in ("active", "completed", "pull_request", "unattributed")]


def new_repository(connection: Connection, name: str) -> int:
    row = {"name": name, "key": name, "changed_at": minute(0)}
    return connection.execute(insert(repositories).values(row).returning(repositories.c.id)).scalar_one()


def counts_of(connection: Connection, repository_id: int) -> tuple[list[int], dict[str, int]]:
    totals = connection.execute(select(*COUNTS).where(repositories.c.id == repository_id)).one()
    agents = select(agent_counts.c.agent, agent_counts.c.sessions).where(agent_counts.c.repository_id == repository_id)
    return list(totals), {row.agent: row.sessions for row in connection.execute(agents)}


def write(connection: Connection, repository_id: int, session_id: str, session: Session | None) -> None:
    """Replace a session, or remove it."""
    for table, column in ((sessions, sessions.c.id), (pull_requests, pull_requests.c.session_id)):
        connection.execute(delete(table).where(table.c.repository_id == repository_id, column == session_id))
    if session:
        row = {"repository_id": repository_id, "id": session.id, "extra": {}, **session_columns(session)}
        connection.execute(insert(sessions).values(row))
        records = session.pull_requests
        for number in session.prs:
            columns = pull_request_columns(number, records.get(number), session.id)
            connection.execute(insert(pull_requests).values(repository_id=repository_id, **columns))


def write_unattributed(connection: Connection, repository_id: int, number: str, kept: PullRequestRecord | None) -> None:
    is_here = (pull_requests.c.repository_id == repository_id, pull_requests.c.session_id.is_(None))
    connection.execute(delete(pull_requests).where(*is_here, pull_requests.c.number == number))
    if kept:
        columns = pull_request_columns(number, kept, None)
        connection.execute(insert(pull_requests).values(repository_id=repository_id, **columns))


STEPS = st.lists(
    st.tuples(
        st.dictionaries(IDS, st.none() | any_session(), max_size=2),
        st.dictionaries(st.sampled_from(["1", "2"]), st.none() | record(placed=None), max_size=1),
    ),
    max_size=4,
)
Steps = Sequence[tuple[Mapping[str, Session | None], Mapping[str, PullRequestRecord | None]]]


# Each example has a repository of its own.
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STEPS, st.integers(0))
def test_counts_after_any_changes_are_those_of_a_new_count(database: Engine, steps: Steps, unique: int) -> None:
    with database.connect() as connection, connection.begin():
        repository_id = new_repository(connection, f"a/{unique}")
        for by_id, unattributed in steps:
            with counted(connection, repository_id, by_id, unattributed):
                for session_id, session in by_id.items():
                    write(connection, repository_id, session_id, session and replace(session, id=session_id))
                for number, kept in unattributed.items():
                    write_unattributed(connection, repository_id, number, kept)
        kept_counts = counts_of(connection, repository_id)
        recount(connection, repository_id)
        assert kept_counts == counts_of(connection, repository_id)
        connection.rollback()


def test_more_sessions_than_one_statement_names_are_counted(database: Engine) -> None:
    ids = [f"s{number}" for number in range(1200)]
    row = {"extra": {}, **session_columns(Session(id="any"))}
    with writing(database) as connection:
        repository_id = new_repository(connection, "a/b")
        with counted(connection, repository_id, ids):
            connection.execute(insert(sessions), [{"repository_id": repository_id, "id": i, **row} for i in ids])
    with reading(database) as connection:
        assert counts_of(connection, repository_id) == ([1200, 0, 0, 0], {})


def test_counts_of_another_repository_stay(database: Engine) -> None:
    with writing(database) as connection:
        first, second = (new_repository(connection, name) for name in ("a/b", "a/c"))
        with counted(connection, first, ["a"]):
            write(connection, first, "a", Session(id="a", carried=("1", "2")))
    with reading(database) as connection:
        assert [counts_of(connection, i) for i in (first, second)] == [([1, 0, 2, 0], {}), ([0, 0, 0, 0], {})]


def test_an_unattributed_pull_request_has_no_session() -> None:
    columns: dict[str, Any] = pull_request_columns("ada/tool#7", PullRequestRecord(created=minute(1)), None)
    assert columns == {
        "number": "ada/tool#7",
        "digits": 7,
        "session_id": None,
        "position": -1763805660000000,
        "kind": 6,
        "author": "",
        "agent": "",
        "state": "",
        "opened_at": minute(1),
        "merged_at": None,
        "basis": "",
    }


@pytest.mark.parametrize(
    ("state", "is_attributed", "wanted"),
    [
        ("", None, [0, 1, 2, 3, 4, 5, 6, 7]),
        ("open", None, [0, 1]),
        ("merged", True, [5]),
        ("", False, [0, 2, 4, 6]),
    ],
)
def test_a_filter_lets_through_the_kinds_of_its_state(
    state: str, is_attributed: bool | None, wanted: list[int]
) -> None:
    assert kinds(state, is_attributed=is_attributed) == wanted


def test_a_state_of_a_newer_version_has_a_kind_of_its_own() -> None:
    assert [kind("queued", is_attributed=True), kind("merged", is_attributed=True)] == [7, 5]
