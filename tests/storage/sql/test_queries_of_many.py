"""Lists over several repositories: in one order, of those that may be seen, with what hangs together across them."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from sqlalchemy import Engine, delete

from pr_sessions.core.agents import Agent, Run
from pr_sessions.core.models import PullRequestRecord, Session
from pr_sessions.storage.queries import Page, PullRequestFilter, SessionCounts, SessionFilter
from pr_sessions.storage.sql.engine import writing
from pr_sessions.storage.sql.queries import SqlQueries
from pr_sessions.storage.sql.schema import repositories
from scene import minute
from sql_stores import sql_store

RUN = Run("codex", "0123456789abcdef0123", minute(0), minute(1))
OPENED = PullRequestRecord(author="ada", state="open", created=minute(1), agents=(Agent("codex"),))
WORK = Session(id="work", author="ada", started=minute(0))
World = Mapping[str, list[Session]]


def fill(engine: Engine, world: World) -> SqlQueries:
    """Make the database hold this and nothing else."""
    with writing(engine) as connection:
        connection.execute(delete(repositories))
    for name, sessions in world.items():
        with sql_store(engine, name).transaction(minute(0)) as work:
            work.commit(work.sessions.put(*sessions).put_unattributed("99", OPENED))
    return SqlQueries(engine)


@pytest.fixture
def queries(database: Engine) -> SqlQueries:
    return fill(
        database,
        {
            "Ada/Tool": [replace(WORK, pull_requests={"7": OPENED}, runs=(RUN,))],
            "ada/shop": [replace(WORK, id="a", runs=(RUN,)), replace(WORK, last_activity=minute(9), aliases=("was",))],
            "ada/docs": [replace(WORK, carried=("7", "ada/tool#7"), runs=(replace(RUN, id="f" * 20),))],
        },
    )


def places(page: Page[Any]) -> list[tuple[str, str]]:
    return [(line.repository, getattr(line, "number", "") or line.id) for line in page.items]


def test_sessions_of_one_time_are_listed_by_repository_as_they_were_added_then_by_id(queries: SqlQueries) -> None:
    lines = places(queries.sessions(SessionFilter()))
    assert lines == [("ada/shop", "work"), ("Ada/Tool", "work"), ("ada/shop", "a"), ("ada/docs", "work")]


def test_only_repositories_that_may_be_seen_are_listed(queries: SqlQueries) -> None:
    seen = frozenset({"ada/tool", "ada/docs", "ada/none"})
    assert places(queries.sessions(SessionFilter(repositories=seen))) == [("Ada/Tool", "work"), ("ada/docs", "work")]
    assert places(queries.pull_requests(PullRequestFilter(repositories=seen))) == [
        ("Ada/Tool", "7"),
        ("Ada/Tool", "99"),
        ("ada/docs", "99"),
        ("ada/docs", "7"),
        ("ada/docs", "ada/tool#7"),
    ]


def test_a_repository_that_may_not_be_seen_is_empty(queries: SqlQueries) -> None:
    seen = frozenset({"ada/tool"})
    wanted = SessionFilter(repository="ada/shop", repositories=seen)
    assert queries.sessions(wanted) == Page(())
    assert queries.counts("ada/shop", seen) == SessionCounts()
    assert queries.agents("ada/shop", seen) == {}
    assert queries.search("wo", "ada/shop", repositories=seen) == ()


def test_counts_are_summed_over_the_repositories_that_may_be_seen(queries: SqlQueries) -> None:
    assert queries.counts() == SessionCounts(active=4, completed=0, pull_requests=3, unattributed=3)
    seen = frozenset({"ada/tool", "ada/docs"})
    assert queries.counts(repositories=seen) == SessionCounts(active=2, completed=0, pull_requests=3, unattributed=2)


def test_agents_are_summed_over_the_repositories_that_may_be_seen(queries: SqlQueries) -> None:
    assert queries.agents() == {"codex": 3}
    assert queries.agents(repositories=frozenset({"ada/docs"})) == {"codex": 1}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("wo", [("Ada/Tool", "work"), ("ada/shop", "work"), ("ada/docs", "work")]),
        ("w", [("ada/shop", "work"), ("Ada/Tool", "work"), ("ada/docs", "work")]),
        ("7", [("Ada/Tool", "work"), ("ada/docs", "work")]),
        ("ADA/tool#7", [("Ada/Tool", "work")]),
        ("ada/tool#7", [("Ada/Tool", "work"), ("ada/docs", "work")]),
        ("99", []),
    ],
)
def test_all_repositories_are_searched(queries: SqlQueries, text: str, found: list[tuple[str, str]]) -> None:
    assert [(line.repository, line.id) for line in queries.search(text)] == found


def test_a_search_is_limited_to_what_may_be_seen(queries: SqlQueries) -> None:
    seen = frozenset({"ada/docs", "ada/shop"})
    found = [[(line.repository, line.id) for line in queries.search(text, repositories=seen)] for text in ("wo", "7")]
    assert found == [[("ada/shop", "work"), ("ada/docs", "work")], [("ada/docs", "work")]]


def test_sessions_of_one_run_are_linked_across_repositories(queries: SqlQueries) -> None:
    def linked(*arguments: Any) -> list[tuple[str, str]]:
        return [(line.repository, line.id) for line in queries.linked(*arguments)]

    assert linked("ada/tool", "work") == [("ada/shop", "a")]
    assert linked("ADA/shop", "a") == [("Ada/Tool", "work")]
    assert linked("ada/docs", "work") == linked("ada/none", "work") == linked("ada/tool", "none") == []
    assert linked("ada/tool", "work", frozenset({"ada/tool"})) == []


@pytest.mark.parametrize("text", ["\x00", "a\x00b", "\ud800"])
def test_a_text_that_no_database_takes_finds_nothing(queries: SqlQueries, text: str) -> None:
    assert queries.sessions(SessionFilter(author=text)) == Page(())
    assert queries.sessions(SessionFilter(repository=text)) == Page(())
    assert queries.pull_requests(PullRequestFilter(agent=text)) == Page(())
    assert queries.search(text) == queries.linked("ada/tool", text) == queries.linked(text, "work") == ()
    assert queries.session("ada/tool", text) is queries.holder("ada/tool", text) is queries.session(text, "a") is None


def test_a_search_looks_past_a_session_with_many_aliases(database: Engine) -> None:
    many = replace(WORK, id="z", aliases=tuple(f"a{number:03}" for number in range(250)))
    queries = fill(database, {"ada/tool": [many, replace(WORK, id="b")], "ada/shop": [replace(WORK, id="a999")]})
    assert [line.id for line in queries.search("a", limit=2)] == ["z", "a999"]


TIMES = st.sampled_from([None, minute(1), minute(2)])
SESSIONS = st.lists(
    st.builds(
        Session,
        id=st.sampled_from("abcd"),
        author=st.sampled_from(["ada", "bob"]),
        started=TIMES,
        pull_requests=st.dictionaries(
            st.sampled_from(["1", "2", "10"]),
            st.builds(PullRequestRecord, state=st.sampled_from(["open", "merged", None]), created=TIMES),
            max_size=2,
        ),
    ),
    max_size=3,
    unique_by=lambda session: session.id,
)
WORLDS = st.fixed_dictionaries(dict.fromkeys(("o/a", "o/b", "o/c"), SESSIONS))


def read(list_: Callable[..., Page[Any]], wanted: Any, limit: int) -> list[Any]:
    page = list_(wanted, limit=limit)
    lines = [*page.items]
    while page.next:
        page = list_(wanted, page.next, limit)
        lines += page.items
    return lines


# Each example replaces what the database holds.
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(WORLDS, st.sets(st.sampled_from(["o/a", "o/b", "o/c"]), max_size=2), st.integers(1, 3))
def test_pages_show_every_line_that_may_be_seen_once_in_order(
    database: Engine, world: World, seen: set[str], limit: int
) -> None:
    queries = fill(database, world)
    for list_, wanted in (
        (queries.sessions, SessionFilter()),
        (queries.sessions, SessionFilter(author="ada")),
        (queries.pull_requests, PullRequestFilter()),
        (queries.pull_requests, PullRequestFilter(state="open")),
    ):
        whole = read(list_, wanted, 200)
        assert read(list_, wanted, limit) == whole
        visible = replace(wanted, repositories=frozenset(seen))
        assert read(list_, visible, limit) == [line for line in whole if line.repository in seen]


@pytest.mark.parametrize("limit", [1, 2, 50])
def test_who_sees_most_of_many_repositories_sees_their_lines_in_order(database: Engine, limit: int) -> None:
    names = [f"o/r{number:02}" for number in range(60)]
    queries = fill(database, {name: [replace(WORK, started=minute(-place))] for place, name in enumerate(names)})
    # The newest nine may not be seen.
    wanted = SessionFilter(repositories=frozenset(names[9:]))
    assert [line.repository for line in read(queries.sessions, wanted, limit)] == names[9:]
