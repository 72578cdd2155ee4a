"""What pages and API read of a team's database."""

from datetime import timedelta

import pytest
from signed import about
from sqlalchemy import Engine, func, select, update
from worked import NOON, Server

from inboxes import NOW as MADE
from inboxes import full_inbox
from pr_sessions.core.inbox import Inbox
from pr_sessions.errors import InvalidValue, NotFound
from pr_sessions.server.backend import Backend, InboxFilter, RepositoryFilter
from pr_sessions.server.team.backend import TeamBackend
from pr_sessions.server.worker.inbox import store_inbox
from pr_sessions.server.worker.mailboxes import GIVEN_UP_AFTER
from pr_sessions.storage.audit import AuditEntry
from pr_sessions.storage.queries import SessionFilter
from pr_sessions.storage.sql.engine import reading, writing
from pr_sessions.storage.sql.repositories import ensure_repository
from pr_sessions.storage.sql.schema import audit, repositories
from pr_sessions.storage.sql.store import entry_values


@pytest.fixture
def server(database: Engine) -> Server:
    made = Server(database)
    made.deliver("pull_request", about(1))
    made.work()
    return made


@pytest.fixture
def backend(server: Server) -> TeamBackend:
    return TeamBackend(server.engine, lambda: server.now)


def keep(server: Server, inbox: Inbox) -> None:
    with writing(server.engine) as connection:
        store_inbox(connection, server.repository().id, inbox)


def test_it_is_a_backend(backend: TeamBackend) -> None:
    as_backend: Backend = backend
    assert as_backend.is_team


def test_repositories_are_listed_with_their_health(server: Server, backend: TeamBackend) -> None:
    server.unknown = {"ada"}
    server.deliver("pull_request", about(2))
    server.work()
    [line] = backend.repositories().items
    assert line == backend.repository("ADA/SHOP")
    assert (line.name, line.mode, line.state, line.waiting, line.dead) == ("ada/shop", "off", "active", 1, 0)
    assert line.last_delivery_at == NOON


def test_repositories_are_listed_in_parts_by_filters_and_by_who_may_see_them(
    server: Server, backend: TeamBackend
) -> None:
    with writing(server.engine) as connection:
        for name in ("Ada/tools", "bob/a_b", "bob/a-b"):
            ensure_repository(connection, name, NOON)
        gone = update(repositories).where(repositories.c.key == "bob/a-b")
        connection.execute(gone.values(state="removed"))
    first = backend.repositories(limit=3)
    rest = backend.repositories(cursor=first.next, limit=3)
    assert [[line.name for line in page.items] for page in (first, rest)] == [
        ["ada/shop", "Ada/tools", "bob/a-b"],
        ["bob/a_b"],
    ]
    assert (backend.count_repositories(), rest.next) == (4, "")
    expected = {
        RepositoryFilter(text="A_"): ["bob/a_b"],
        RepositoryFilter(text="a\0b"): [],
        RepositoryFilter(has_problem=True): ["bob/a-b"],
        RepositoryFilter(repositories=frozenset({"ada/tools", "no/such"})): ["Ada/tools"],
        RepositoryFilter(repositories=frozenset()): [],
    }
    listed = {wanted: [line.name for line in backend.repositories(wanted).items] for wanted in expected}
    assert listed == expected
    for cursor in ("ä", "!", "AA", "x" * 5000):
        with pytest.raises(InvalidValue, match="not a cursor"):
            backend.repositories(cursor=cursor)


def test_a_repository_whose_deliveries_were_given_up_has_a_problem(server: Server, backend: TeamBackend) -> None:
    server.unknown = {"ada"}
    server.deliver("pull_request", about(2))
    server.work()
    server.pass_time(GIVEN_UP_AFTER)
    server.work()
    [line] = backend.repositories(RepositoryFilter(has_problem=True)).items
    assert (line.name, line.dead) == ("ada/shop", 1)


def test_changes_of_all_repositories_are_shown_to_who_may_see_them(server: Server, backend: TeamBackend) -> None:
    with writing(server.engine) as connection:
        ids = {name: ensure_repository(connection, name, NOON).id for name in ("ada/shop", "bob/a", "bob/b")}
        for place, name in enumerate(["bob/a", "bob/b", "bob/a", "", "bob/b"]):
            entry = AuditEntry(NOON, "mary", f"made-{place}", "", {})
            connection.execute(audit.insert().values(entry_values(entry, ids.get(name))))

    def parts(visible: frozenset[str] | None) -> list[tuple[str, str]]:
        entries, cursor = [], ""
        while True:
            page = backend.changes(visible, cursor, 2)
            entries += [(each.repository, each.entry.operation) for each in page.items]
            cursor = page.next
            if not cursor:
                return entries

    of_bob = [("bob/b", "made-4"), ("bob/a", "made-2"), ("bob/b", "made-1"), ("bob/a", "made-0")]
    every = [of_bob[0], ("", "made-3"), *of_bob[1:], ("ada/shop", "record")]
    assert parts(None) == every
    assert parts(frozenset({"bob/a", "bob/b"})) == of_bob
    assert parts(frozenset({"bob/a"})) == of_bob[1::2]
    assert parts(frozenset()) == []
    for cursor in ("gone", "a\0b"):
        with pytest.raises(InvalidValue, match="is gone"):
            backend.changes(None, cursor)


def test_sessions_are_listed_and_explained(backend: TeamBackend) -> None:
    [line] = backend.queries.sessions(SessionFilter()).items
    assert (line.repository, line.id) == ("ada/shop", "ada-20251122-1000")
    assert backend.tracker("ADA/SHOP").sessions().get(line.id)


def test_a_correction_changes_the_revision_and_is_in_the_log(server: Server, backend: TeamBackend) -> None:
    before = backend.revision("ada/shop")
    server.pass_time(timedelta(minutes=1))
    backend.tracker("ada/shop").move("1", by="mary")
    assert backend.revision("ada/shop") != before
    assert backend.changed_since(NOON) == {"ada/shop": server.now}
    page = backend.audit("ada/shop", limit=1)
    assert [(entry.operation, entry.by) for entry in page.items] == [("move", "mary")]
    rest = backend.audit("ada/shop", cursor=page.next)
    assert [entry.operation for entry in rest.items] == ["record"]


def test_the_inbox_is_read_page_by_page_as_it_was_kept(server: Server, backend: TeamBackend) -> None:
    inbox = full_inbox()
    keep(server, inbox)
    wanted, rows, cursor = InboxFilter(), [], ""
    while True:
        page = backend.inbox(wanted, cursor, 2)
        rows += [each.row for each in page.items]
        cursor = page.next
        if not cursor:
            break
    assert sorted(rows, key=lambda row: row.id) == sorted(inbox.rows, key=lambda row: row.id)
    assert [row.section for row in rows] == [row.section for row in inbox.rows]
    summary = backend.inbox_summary(wanted)
    assert (summary.made, summary.budgets, sum(summary.counts.values())) == (MADE, inbox.budgets, len(rows))
    assert summary.unknowns == tuple(f"ada/shop: {unknown}" for unknown in inbox.unknowns)


def test_the_inbox_of_a_person_has_only_rows_that_concern_them(server: Server, backend: TeamBackend) -> None:
    inbox = full_inbox()
    keep(server, inbox)
    login = next(pr.author for row in inbox.rows for pr in row.prs if pr.author)
    rows = backend.inbox(InboxFilter(login=login.upper()), limit=200).items
    concerned = [row for row in inbox.rows if any(login in (pr.author, *pr.requested, *pr.assigned) for pr in row.prs)]
    assert {each.row.id for each in rows} == {row.id for row in concerned}
    for login in ("%", "a\0b", " "):
        assert backend.inbox(InboxFilter(login=login)).items == ()
    assert backend.inbox(InboxFilter(repositories=frozenset())).items == ()


@pytest.mark.parametrize("cursor", ["x", "0_0_0", "1_2_3_4; DROP TABLE inbox_rows", "1_999999999999999999_3_4"])
def test_a_hostile_cursor_is_refused(backend: TeamBackend, cursor: str) -> None:
    with pytest.raises(InvalidValue, match="not a cursor"):
        backend.inbox(InboxFilter(), cursor)


@pytest.mark.parametrize("name", ["ada/other", "' OR 1=1 --", "a\0b", "<script>"])
def test_an_unknown_repository_is_not_found(backend: TeamBackend, name: str) -> None:
    for call in (backend.tracker, backend.audit, backend.revision, backend.storage, backend.pull_request_page):
        with pytest.raises(NotFound):
            call(name)
    with pytest.raises(NotFound):
        backend.inbox(InboxFilter(repository=name))


def test_what_was_given_up_is_listed_and_tried_again(server: Server, backend: TeamBackend) -> None:
    server.unknown = {"ada"}
    server.deliver("pull_request", about(2))
    server.work()
    server.pass_time(GIVEN_UP_AFTER)
    server.work()
    [line] = backend.deliveries("ada/shop").items
    assert (line.event, line.repository, line.state, line.attempts) == ("pull_request.opened", "ada/shop", "dead", 2)
    assert line.problem == "GitHub does not answer"
    assert backend.redeliver(line.id, "mary").state == "waiting"
    server.unknown = set()
    server.work()
    assert [session.prs for session in server.sessions()] == [("1", "2")]
    assert backend.deliveries("ada/shop").items == ()
    with reading(server.engine) as connection:
        assert connection.execute(select(audit.c.by).where(audit.c.operation == "redeliver")).scalars().all() == [
            "mary"
        ]


def test_only_what_was_given_up_is_tried_again(backend: TeamBackend) -> None:
    [line] = backend.deliveries(state="handled").items
    with pytest.raises(InvalidValue, match="was not given up: it is handled"):
        backend.redeliver(line.id, "mary")
    for unknown in ("99", "x", "1 OR 1=1"):
        with pytest.raises(NotFound):
            backend.redeliver(unknown, "mary")


def test_reading_again_is_left_to_a_worker(server: Server, backend: TeamBackend) -> None:
    backend.read_again("ada/shop")
    assert server.to_do() == [("inbox", "")]


def test_every_table_of_interest_is_shown_with_its_rows(server: Server, backend: TeamBackend) -> None:
    lines = {line.where: line for line in backend.storage()}
    assert (lines["table sessions"].count, lines["table deliveries"].count) == (1, 1)
    assert any(line.size for line in lines.values())
    assert {line.where: line.count for line in backend.storage("ada/shop")}["table reports"] == 1
    with reading(server.engine) as connection:
        assert connection.execute(select(func.count()).select_from(audit)).scalar_one() == lines["table audit"].count
