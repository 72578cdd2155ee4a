"""Every `SessionQueries` lists the same sessions and pull requests in the same order."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from sqlalchemy import Engine, delete

from databases import KINDS, new_url
from pr_sessions.core.agents import Agent, Confidence, Role, Run
from pr_sessions.core.models import (
    Attribution,
    Basis,
    Completion,
    PullRequestRecord,
    Session,
)
from pr_sessions.core.overlay import InMemorySessions
from pr_sessions.errors import InvalidValue
from pr_sessions.storage.files.collection import FileSessions
from pr_sessions.storage.queries import (
    Page,
    PullRequestFilter,
    PullRequestLine,
    SessionCounts,
    SessionFilter,
    SessionLine,
    SessionQueries,
)
from pr_sessions.storage.queries_in_memory import CollectionQueries
from pr_sessions.storage.sql.engine import open_engine, writing
from pr_sessions.storage.sql.list_columns import recount
from pr_sessions.storage.sql.queries import SqlQueries
from pr_sessions.storage.sql.schema import carried, pull_requests, runs, session_aliases, stacks
from pr_sessions.storage.sql.schema import sessions as sessions_table
from scene import minute
from sql_stores import sql_store
from strategies import collections, record

NAME = "Ada/Shop"
CONTENT = (sessions_table, session_aliases, pull_requests, carried, runs, stacks)
HOOK = Attribution(Basis.HOOK, minute(5))
OPENED = PullRequestRecord(
    author="ada", state="open", created=minute(5), agents=(Agent("claude-code"),), attribution=HOOK
)
MERGED = replace(OPENED, state="merged", created=minute(6), merged=minute(30), agents=(Agent("codex"),))
ASSISTED = replace(OPENED, created=None, agents=(Agent("cursor", Role.ASSISTED),), attribution=None)
# Active, with two pull requests of one agent and one of another.
PARSER = Session(
    id="ada-1",
    author="ada",
    title="the parser",
    started=minute(0),
    last_activity=minute(20),
    pull_requests={"7": OPENED, "12": replace(OPENED, created=minute(7)), "9": MERGED},
    aliases=("was-1",),
)
# Completed, from an old file without records, but a run.
TABLES = Session(
    id="bob-1",
    author="bob",
    started=minute(20),
    completion=Completion(minute(50), "timeout"),
    carried=("3", "20"),
    runs=(Run("codex", "0123456789abcdef0123", minute(20), minute(25)),),
)
# Nothing is known of it.
EMPTY = Session(id="carl-1")
LOST = {"5": ASSISTED, "ada/tool#7": MERGED}

PARSER_LINE = SessionLine(
    repository=NAME,
    id="ada-1",
    author="ada",
    agent="claude-code",
    title="the parser",
    is_active=True,
    started=minute(0),
    latest=minute(20),
    ended=None,
    trigger="",
    pull_requests=3,
)
TABLES_LINE = SessionLine(
    repository=NAME,
    id="bob-1",
    author="bob",
    agent="codex",
    title="",
    is_active=False,
    started=minute(20),
    latest=minute(20),
    ended=minute(50),
    trigger="timeout",
    pull_requests=2,
)
EMPTY_LINE = SessionLine(
    repository=NAME,
    id="carl-1",
    author="",
    agent="",
    title="",
    is_active=True,
    started=None,
    latest=None,
    ended=None,
    trigger="",
    pull_requests=0,
)


def pull_request(number: str, session: str = "", **known: Any) -> PullRequestLine:
    nothing = {"author": "", "agent": "", "state": "", "opened": None, "merged": None, "basis": ""}
    return PullRequestLine(repository=NAME, number=number, session_id=session, **nothing | known)


BY_CLAUDE = {"author": "ada", "agent": "claude-code", "state": "open", "opened": minute(5), "basis": "hook"}
BY_CODEX = BY_CLAUDE | {"agent": "codex", "state": "merged", "opened": minute(6), "merged": minute(30)}
PULL_REQUEST_LINES = [
    pull_request("12", "ada-1", **BY_CLAUDE | {"opened": minute(7)}),
    pull_request("ada/tool#7", **BY_CODEX),
    pull_request("9", "ada-1", **BY_CODEX),
    pull_request("7", "ada-1", **BY_CLAUDE),
    pull_request("3", "bob-1"),
    pull_request("5", author="ada", state="open"),
    pull_request("20", "bob-1"),
]

Sessions = Iterable[Session]
Unattributed = dict[str, PullRequestRecord]
Maker = Callable[[Sessions, Unattributed], SessionQueries]


def filled(collection: Any, sessions: Sessions, unattributed: Unattributed) -> Any:
    collection = collection.put(*sessions)
    for number, kept in unattributed.items():
        collection = collection.put_unattributed(number, kept)
    return collection


def in_memory(sessions: Sessions, unattributed: Unattributed) -> SessionQueries:
    collection = filled(InMemorySessions(), sessions, unattributed)
    return CollectionQueries(lambda: collection, NAME)


def in_files(sessions: Sessions, unattributed: Unattributed) -> SessionQueries:
    collection = filled(FileSessions(), sessions, unattributed)
    return CollectionQueries(lambda: collection, NAME)


class InDatabase:
    """Makes a database hold these sessions and no others."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def __call__(self, sessions: Sessions, unattributed: Unattributed) -> SessionQueries:
        store = sql_store(self.engine, NAME)
        with writing(self.engine) as connection:
            for table in CONTENT:
                connection.execute(delete(table))
            recount(connection, store.repository_id)
        with store.transaction(minute(0)) as work:
            work.commit(filled(work.sessions, sessions, unattributed))
        return SqlQueries(self.engine)


@pytest.fixture(scope="module", params=["memory", "files", *KINDS])
def make(request: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Maker]:
    if request.param not in KINDS:
        yield in_memory if request.param == "memory" else in_files
        return
    engine = open_engine(new_url(request.param, request, tmp_path_factory.mktemp("database")))
    yield InDatabase(engine)
    engine.dispose()


@pytest.fixture
def queries(make: Maker) -> SessionQueries:
    return make([PARSER, TABLES, EMPTY], LOST)


def test_sessions_with_the_latest_activity_are_first_then_by_id(queries: SessionQueries) -> None:
    assert queries.sessions(SessionFilter()) == Page((PARSER_LINE, TABLES_LINE, EMPTY_LINE))


@pytest.mark.parametrize(
    ("wanted", "lines"),
    [
        (SessionFilter(repository="ada/SHOP"), [PARSER_LINE, TABLES_LINE, EMPTY_LINE]),
        (SessionFilter(repository="ada/other"), []),
        (SessionFilter(repositories=frozenset({"ada/shop"}), is_active=True), [PARSER_LINE, EMPTY_LINE]),
        (SessionFilter(repositories=frozenset({"ada/other"})), []),
        (SessionFilter(is_active=False), [TABLES_LINE]),
        (SessionFilter(author="ada"), [PARSER_LINE]),
        (SessionFilter(author="Ada"), []),
        (SessionFilter(agent="codex"), [TABLES_LINE]),
        (SessionFilter(agent="codex", author="bob", is_active=False, repository=NAME), [TABLES_LINE]),
        (SessionFilter(agent="codex", author="ada"), []),
    ],
)
def test_sessions_are_filtered(queries: SessionQueries, wanted: SessionFilter, lines: list[SessionLine]) -> None:
    assert queries.sessions(wanted) == Page(tuple(lines))


def test_pull_requests_that_were_opened_last_are_first_then_by_digits(queries: SessionQueries) -> None:
    lines = [PULL_REQUEST_LINES[i] for i in (0, 1, 2, 3, 4, 5, 6)]
    assert queries.pull_requests(PullRequestFilter()) == Page(tuple(lines))


@pytest.mark.parametrize(
    ("wanted", "places"),
    [
        (PullRequestFilter(repository="ADA/shop"), [0, 1, 2, 3, 4, 5, 6]),
        (PullRequestFilter(repository="ada/other"), []),
        (PullRequestFilter(repositories=frozenset()), []),
        (PullRequestFilter(state="open"), [0, 3, 5]),
        (PullRequestFilter(agent="codex"), [1, 2]),
        (PullRequestFilter(is_attributed=False), [1, 5]),
        (PullRequestFilter(is_attributed=True, state="merged", agent="codex", repository=NAME), [2]),
        (PullRequestFilter(agent="cursor"), []),
    ],
)
def test_pull_requests_are_filtered(queries: SessionQueries, wanted: PullRequestFilter, places: list[int]) -> None:
    assert queries.pull_requests(wanted) == Page(tuple(PULL_REQUEST_LINES[place] for place in places))


def test_a_state_that_does_not_exist_is_refused(queries: SessionQueries) -> None:
    with pytest.raises(InvalidValue, match="not a state of pull requests: 'new'"):
        queries.pull_requests(PullRequestFilter(state="new"))


@pytest.mark.parametrize(
    ("repository", "seen", "counts"),
    [
        ("", None, SessionCounts(active=2, completed=1, pull_requests=5, unattributed=2)),
        ("ada/shop", frozenset({"ada/shop"}), SessionCounts(active=2, completed=1, pull_requests=5, unattributed=2)),
        ("ada/other", None, SessionCounts()),
        ("", frozenset({"ada/other"}), SessionCounts()),
    ],
)
def test_lines_are_counted(
    queries: SessionQueries, repository: str, seen: frozenset[str] | None, counts: SessionCounts
) -> None:
    assert queries.counts(repository, seen) == counts


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("ada", [PARSER_LINE]),
        ("Ada", []),
        (" was ", [PARSER_LINE]),
        ("9", [PARSER_LINE]),
        ("#3", [TABLES_LINE]),
        ("ada/SHOP#20", [TABLES_LINE]),
        ("5", []),
        ("%", []),
        ("", []),
        ("carl-1\x00", []),
    ],
)
def test_sessions_are_searched_by_id_alias_and_pull_request(
    queries: SessionQueries, text: str, lines: list[SessionLine]
) -> None:
    assert queries.search(text) == tuple(lines)


def test_who_lists_the_pull_request_is_first_and_the_others_follow_by_name(make: Maker) -> None:
    numbered = [replace(EMPTY, id=f"7-{name}") for name in "cab"]
    queries = make([*numbered, replace(EMPTY, id="z", aliases=("7-aa",)), PARSER], {})
    assert [line.id for line in queries.search("7")] == ["ada-1", "7-a", "z", "7-b", "7-c"]
    assert [line.id for line in queries.search("7", limit=3)] == ["ada-1", "7-a", "z"]


def test_another_repository_and_repositories_that_may_not_be_seen_are_not_searched(queries: SessionQueries) -> None:
    assert queries.search("ada", "ada/other") == queries.search("ada", repositories=frozenset()) == ()


def test_a_session_is_read_by_id_and_alias(queries: SessionQueries) -> None:
    assert [queries.session("ada/shop", name) for name in ("ada-1", "was-1", "none")] == [PARSER, PARSER, None]
    assert queries.session("ada/other", "ada-1") is None


def test_the_session_that_holds_a_pull_request_is_read(queries: SessionQueries) -> None:
    assert [queries.holder("ada/shop", number) for number in ("9", "3", "5")] == [PARSER, TABLES, None]
    assert queries.holder("ada/other", "9") is None


def test_one_repository_has_no_links(queries: SessionQueries) -> None:
    assert queries.linked(NAME, "bob-1") == ()


def test_agents_are_counted_the_most_first_then_by_name(make: Maker) -> None:
    more = [replace(PARSER, id=name, pull_requests={}, aliases=(), runs=TABLES.runs) for name in "ab"]
    queries = make([PARSER, TABLES, EMPTY, *more, replace(TABLES, id="c", carried=(), runs=())], {})
    assert list(queries.agents().items()) == [("codex", 3), ("claude-code", 1)]
    assert queries.agents("ada/other") == {}


def test_hints_and_assistants_did_not_open_a_pull_request(make: Maker) -> None:
    agents = (Agent("amp", confidence=Confidence.HINT), Agent("cursor", Role.ASSISTED))
    queries = make([replace(PARSER, pull_requests={"7": replace(OPENED, agents=agents)})], {})
    assert [line.agent for line in queries.sessions(SessionFilter()).items] == [""]


def test_texts_of_lines_are_bounded_and_printable(make: Maker) -> None:
    queries = make([replace(EMPTY, author="a\x1b" * 80, title="b\n" * 900)], {})
    (line,) = queries.sessions(SessionFilter()).items
    assert line == replace(EMPTY_LINE, author=("a " * 50)[:-1], title=("b " * 500)[:-1])


@pytest.mark.parametrize("limit", [-1, 0, 1])
def test_a_page_has_at_least_one_line(queries: SessionQueries, limit: int) -> None:
    first = queries.sessions(SessionFilter(), limit=limit)
    second = queries.sessions(SessionFilter(), first.next, limit)
    assert (first.items, second.items) == ((PARSER_LINE,), (TABLES_LINE,))


def test_a_page_has_at_most_200_lines(make: Maker) -> None:
    queries = make([replace(EMPTY, id=f"s{number:03}") for number in range(201)], {})
    first = queries.sessions(SessionFilter(), limit=1000)
    assert (len(first.items), [line.id for line in queries.sessions(SessionFilter(), first.next).items]) == (
        200,
        ["s200"],
    )


def test_a_cursor_of_another_filter_is_refused(queries: SessionQueries) -> None:
    cursor = queries.sessions(SessionFilter(), limit=1).next
    with pytest.raises(InvalidValue, match="of a list with another filter"):
        queries.sessions(SessionFilter(is_active=True), cursor)


def test_a_cursor_of_another_list_is_refused(queries: SessionQueries) -> None:
    cursor = queries.sessions(SessionFilter(), limit=1).next
    with pytest.raises(InvalidValue, match="not a cursor"):
        queries.pull_requests(PullRequestFilter(), cursor)


def test_a_cursor_serves_every_spelling_of_the_repository_and_any_sight(queries: SessionQueries) -> None:
    cursor = queries.sessions(SessionFilter(repository=NAME), limit=2).next
    page = queries.sessions(SessionFilter(repository="ada/shop", repositories=frozenset({"ada/shop"})), cursor)
    assert page == Page((EMPTY_LINE,))


@pytest.mark.parametrize("cursor", ["x", "é", "====", "W10", "bnVsbA", "W1sxLDIsIngiXSwiIl0", "x" * 100_000, "\x00"])
def test_what_is_no_cursor_is_refused(queries: SessionQueries, cursor: str) -> None:
    with pytest.raises(InvalidValue):
        queries.sessions(SessionFilter(), cursor)


@given(st.text(max_size=60))
def test_any_text_is_refused_as_a_cursor(cursor: str) -> None:
    if cursor:
        with pytest.raises(InvalidValue):
            in_memory([PARSER], {}).pull_requests(PullRequestFilter(), cursor)


def test_a_session_that_comes_between_two_pages_moves_no_other(make: Maker) -> None:
    cursor = make([PARSER, TABLES, EMPTY], {}).sessions(SessionFilter(), limit=2).next
    newer, older = replace(TABLES, id="newer", last_activity=minute(90)), replace(TABLES, id="older", started=minute(1))
    queries = make([PARSER, TABLES, EMPTY, newer, older], {})
    assert [line.id for line in queries.sessions(SessionFilter(), cursor).items] == ["older", "carl-1"]


@dataclass(frozen=True)
class Everything:
    """What a property compares: every list, read page by page."""

    sessions: list[SessionLine]
    pull_requests: list[PullRequestLine]


def everything(
    queries: SessionQueries, sessions: SessionFilter, pull_requests: PullRequestFilter, limit: int
) -> Everything:
    pages = (read(queries.sessions, sessions, limit), read(queries.pull_requests, pull_requests, limit))
    return Everything(*pages)


def read(list_: Callable[..., Page[Any]], wanted: Any, limit: int) -> list[Any]:
    page = list_(wanted, limit=limit)
    items = [*page.items]
    while page.next:
        page = list_(wanted, page.next, limit)
        items += page.items
    return items


WANTED_SESSIONS = st.builds(
    SessionFilter,
    repository=st.sampled_from(["", NAME]),
    is_active=st.none() | st.booleans(),
    author=st.sampled_from(["", "ada", "mary-jane"]),
    agent=st.sampled_from(["", "", "codex", "cursor"]),
)
WANTED_PULL_REQUESTS = st.builds(
    PullRequestFilter,
    repository=st.sampled_from(["", NAME]),
    state=st.sampled_from(["", "open", "merged"]),
    agent=st.sampled_from(["", "", "codex", "cursor"]),
    is_attributed=st.none() | st.booleans(),
)
SESSIONS = collections().map(lambda sessions: list(sessions.values()))
UNATTRIBUTED = st.dictionaries(st.sampled_from(["21", "22", "ada/tool#9"]), record(placed=None), max_size=2)


@settings(max_examples=15, deadline=None)
@given(SESSIONS, UNATTRIBUTED, WANTED_SESSIONS, WANTED_PULL_REQUESTS, st.integers(1, 3))
def test_pages_show_every_line_once_in_order(
    make: Maker,
    sessions: list[Session],
    unattributed: Unattributed,
    wanted: SessionFilter,
    wanted_pull_requests: PullRequestFilter,
    limit: int,
) -> None:
    whole = everything(in_memory(sessions, unattributed), wanted, wanted_pull_requests, 200)
    assert everything(make(sessions, unattributed), wanted, wanted_pull_requests, limit) == whole


@settings(max_examples=15, deadline=None)
@given(SESSIONS, UNATTRIBUTED)
def test_counts_are_the_lengths_of_lists(make: Maker, sessions: list[Session], unattributed: Unattributed) -> None:
    queries = make(sessions, unattributed)
    lengths = [len(read(queries.sessions, SessionFilter(is_active=is_active), 200)) for is_active in (True, False)]
    lengths += [
        len(read(queries.pull_requests, PullRequestFilter(is_attributed=is_attributed), 200))
        for is_attributed in (True, False)
    ]
    counts = queries.counts()
    assert [counts.active, counts.completed, counts.pull_requests, counts.unattributed] == lengths
    agents = {line.agent for line in queries.sessions(SessionFilter()).items} - {""}
    assert queries.agents() == {name: len(queries.sessions(SessionFilter(agent=name)).items) for name in agents}


@settings(max_examples=15, deadline=None)
@given(SESSIONS, st.sampled_from([*"abcde", "7", "ada/tool#7", "1", "12"]))
def test_search_finds_all_and_only_what_matches(make: Maker, sessions: list[Session], text: str) -> None:
    matching = {
        session.id
        for session in sessions
        if any(name.startswith(text) for name in (session.id, *session.aliases)) or session.lists(text)
    }
    assert sorted(line.id for line in make(sessions, {}).search(text)) == sorted(matching)
