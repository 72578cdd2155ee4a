"""A server of pages over real values: sessions in memory, and the inbox with all there can be in it."""

# ruff: noqa: ARG002 - the arguments are the protocol's

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from litestar import Litestar
from litestar.middleware import DefineMiddleware
from litestar.types import ASGIApp, Receive, Scope, Send
from msgspec.structs import replace

from inboxes import HTML, LONG, NOW, REPOSITORY, RIGHT_TO_LEFT, TEMPLATE, full_inbox
from pr_sessions.core.agents import Agent, Confidence, Evidence, Role, Run
from pr_sessions.core.inbox import Inbox
from pr_sessions.core.models import (
    Attribution,
    Basis,
    Completion,
    Merging,
    PullRequestRecord,
    Reopening,
    Session,
    Stack,
    State,
    Trigger,
)
from pr_sessions.core.overlay import InMemorySessions
from pr_sessions.core.policy import Policy
from pr_sessions.errors import ForgeFailed, InvalidValue, NotFound
from pr_sessions.server.backend import (
    EVERY_REPOSITORY,
    Backend,
    DecisionDay,
    DecisionLine,
    DeliveryLine,
    GivenUpLine,
    InboxFilter,
    RepositoryFilter,
    RepositoryLine,
    StorageLine,
    StoredEntry,
    StoredInbox,
    StoredRow,
)
from pr_sessions.server.pages.routes import routes
from pr_sessions.server.services import Services
from pr_sessions.server.settings import Settings
from pr_sessions.server.viewer import Right, Viewer
from pr_sessions.storage.audit import AuditEntry
from pr_sessions.storage.memory import MemoryStore
from pr_sessions.storage.queries import Page
from pr_sessions.storage.queries_in_memory import CollectionQueries
from pr_sessions.tracker import Tracker
from pr_sessions.tracker.workspace import NullWorkspace

ADA = Viewer("ada", frozenset(Right), "login", login="ada")
READER = Viewer("rita", frozenset({Right.READ}), "token")
TOKEN = "form-token"
RUN = "0123456789abcdef0123"


def _ago(**amount: float) -> datetime:
    return NOW - timedelta(**amount)


def _record(
    number: int, state: State = State.OPEN, basis: Basis = Basis.WORKSPACE, **changes: object
) -> PullRequestRecord:
    opened = _ago(hours=3 * (100 - number))
    values: dict[str, object] = {
        "author": "ada",
        "state": state,
        "files_changed": number % 7 + 1,
        "branch": f"change-{number}",
        "base": "main",
        "created": opened,
        "is_auto": True,
        "evidence": (Evidence("agent", "claude-code"), Evidence("title", "auto-pr:*")),
        "agents": (
            Agent(
                "claude-code",
                Role.OPENED,
                Confidence.CERTAIN,
                (Evidence("branch", "claude/"), Evidence("trailer", "Co-Authored-By")),
                (RUN,),
            ),
        ),
        "attribution": Attribution(basis, opened, f"branch change-{number}"),
    }
    return PullRequestRecord(**{**values, **changes})  # type: ignore[arg-type]


def sessions() -> InMemorySessions:
    """Sessions for every part of a page, some with hostile text in each place."""
    run = Run("claude-code", RUN, _ago(hours=260), _ago(hours=2))
    billing = Session(
        id="billing-3f9c",
        author="ada",
        title="Billing",
        started=_ago(hours=260),
        last_activity=_ago(hours=2),
        pull_requests={
            "11": _record(11, State.MERGED, merged=_ago(hours=200)),
            "12": _record(12, State.CLOSED, Basis.MARKER, closed=_ago(hours=190)),
            "14": _record(14, stack=Stack(number=7, position=1, size=2, base="main")),
            "15": _record(15, base="change-14", stack=Stack(number=7, position=2, size=2, base="main")),
            "16": _record(
                16, basis=Basis.MANUAL, attribution=Attribution(Basis.MANUAL, _ago(hours=9), "put here", "bob")
            ),
            "acme/tools#3": _record(3, basis=Basis.TIME, author=HTML, branch=RIGHT_TO_LEFT),
        },
        carried=("9001",),
        runs=(run,),
        merged=(Merging("billing-aaaa", _ago(hours=30), "bob"),),
        aliases=("billing-aaaa",),
    )
    hostile = Session(
        id="cart-a1b2",
        author=HTML,
        title=HTML,
        started=_ago(hours=30),
        last_activity=_ago(minutes=3),
        pull_requests={"18": _record(18, author=TEMPLATE, branch=LONG), "19": _record(19, author=RIGHT_TO_LEFT)},
        reopened=Reopening(_ago(hours=3), HTML),
    )
    ended = Session(
        id="docs-0c0c",
        author="grace",
        title="Docs of the API",
        started=_ago(days=9),
        last_activity=_ago(days=8),
        completion=Completion(_ago(days=8), Trigger.TIMEOUT),
        pull_requests={"20": _record(20), "21": _record(21, State.MERGED, merged=_ago(days=8))},
        inferred=True,
    )
    search = Session(id="search-77aa", author="lin", started=_ago(hours=5), last_activity=_ago(minutes=2))
    many = Session(
        id="many",
        author="codex-bot",
        title="x" * 10_000,
        started=_ago(days=40),
        last_activity=_ago(days=30),
        completion=Completion(_ago(days=30), HTML),
        pull_requests={str(n): _record(n % 90) for n in range(1000, 1300)},
    )
    older = tuple(
        Session(
            id=f"ada-202510{day:02}-0900",
            author="ada",
            started=_ago(days=70 - day),
            last_activity=_ago(days=70 - day, hours=-2),
            completion=Completion(_ago(days=70 - day, hours=-3), Trigger.MANUAL_CLI),
            pull_requests={str(5000 + day): _record(50, State.MERGED)},
        )
        for day in range(1, 31)
    )
    also = tuple(replace(s, id=f"{s.id}-b", pull_requests={}) for s in older)
    unattributed = {"77": _record(77, attribution=None), "78": _record(78, author=HTML, attribution=None)}
    return InMemorySessions(billing, hostile, ended, search, many, *older, *also, unattributed=unattributed)


class SampleBackend:
    """One repository with everything in it; as a team's, or as a clone.

    Args:
        clock: returns the time.
        is_team: whether it is a team's.
        inbox: what is open.
        stored: what is recorded.
    """

    def __init__(
        self, *, is_team: bool = True, inbox: Inbox | None = None, stored: InMemorySessions | None = None
    ) -> None:
        self.is_team = is_team
        self.open = full_inbox() if inbox is None else inbox
        self.store = MemoryStore(sessions() if stored is None else stored)
        self.refuses = ""
        self.login = "" if is_team else "ada"
        self.queries = CollectionQueries(self.store.read, REPOSITORY)
        self.dead = [
            DeliveryLine(
                id=str(number),
                guid=f"72d3162e-cc78-11e3-81ab-{number:012}",
                event="pull_request.opened",
                repository=REPOSITORY,
                state="dead",
                received_at=_ago(days=4, hours=number),
                attempts=31,
                problem=f"the settings of the default branch cannot be read: {HTML}",
            )
            for number in range(3)
        ]
        self.undone = [
            GivenUpLine(
                id=str(number),
                repository=REPOSITORY,
                kind="comment",
                subject=f"1{number}",
                created_at=_ago(days=3, hours=number),
                attempts=80,
                problem=f"GitHub refused: {HTML}",
            )
            for number in range(2)
        ]

    def repositories(
        self, wanted: RepositoryFilter = EVERY_REPOSITORY, cursor: str = "", limit: int = 100
    ) -> Page[RepositoryLine]:
        lines = [line for line in self._lines() if self._fits(line, wanted)]
        start = int(cursor or 0)
        following = str(start + limit) if start + limit < len(lines) else ""
        return Page(tuple(lines[start : start + limit]), following)

    def count_repositories(self, wanted: RepositoryFilter = EVERY_REPOSITORY) -> int:
        return len(self.repositories(wanted).items)

    def repository(self, name: str) -> RepositoryLine:
        return next(line for line in self._lines() if line.name == name)

    def _fits(self, line: RepositoryLine, wanted: RepositoryFilter) -> bool:
        has_problem = line.problem or line.dead or line.state != "active"
        is_seen = wanted.repositories is None or line.name in wanted.repositories
        return bool(is_seen and wanted.text.strip().lower() in line.name and (has_problem or not wanted.has_problem))

    def _lines(self) -> Sequence[RepositoryLine]:
        shop = RepositoryLine(
            name=REPOSITORY,
            mode="enforce" if self.is_team else "",
            active_sessions=3,
            inbox_at=_ago(minutes=2),
            last_delivery_at=_ago(minutes=1) if self.is_team else None,
            reconciled_at=_ago(hours=7) if self.is_team else None,
            drift={"state": 2, "missed": 1} if self.is_team else None,
            waiting=4,
            dead=3,
            problem=f"line 4 of the settings: unknown key {HTML}",
        )
        if not self.is_team:
            return (shop,)
        quiet = RepositoryLine(name="acme/tools", mode="shadow", drift={}, reconciled_at=_ago(hours=8))
        gone = RepositoryLine(name="acme/" + "a-long-name-" * 8, mode="off", state="removed")
        return (quiet, gone, shop)

    def inbox(self, wanted: InboxFilter, cursor: str = "", limit: int = 100) -> Page[StoredRow]:
        rows, start = self._rows(wanted), int(cursor or 0)
        shown = tuple(StoredRow(REPOSITORY, row) for row in rows[start : start + limit])
        return Page(shown, str(start + limit) if start + limit < len(rows) else "")

    def inbox_summary(self, wanted: InboxFilter) -> StoredInbox:
        rows = [row for row in self._rows(wanted) if not row.is_snoozed]
        return StoredInbox(
            made=self.open.at if self.open.source else None,
            source=self.open.source,
            unknowns=self.open.unknowns,
            budgets=self.open.budgets,
            counts=Counter(row.section for row in rows),
        )

    def read_again(self, repository: str = "") -> None:
        if self.refuses:
            raise ForgeFailed(self.refuses, "wait until 09:20")

    def pull_request_page(self, repository: str) -> str:
        return f"https://github.com/{REPOSITORY}/pull/"

    def tracker(self, repository: str) -> Tracker:
        if repository.lower() not in ("", REPOSITORY):
            raise NotFound(f"no repository {repository}", "see the list")
        return Tracker(None, Policy(), self.store, NullWorkspace(), clock=lambda: NOW)

    def audit(self, repository: str, cursor: str = "", limit: int = 50) -> Page[AuditEntry]:
        entries, start = self.store.audit_log().entries[::-1], int(cursor or 0)
        following = str(start + limit) if start + limit < len(entries) else ""
        return Page(entries[start : start + limit], following)

    def changes(
        self, repositories: frozenset[str] | None = None, cursor: str = "", limit: int = 50
    ) -> Page[StoredEntry]:
        page = self.audit(REPOSITORY, cursor, limit)
        entries = page.items if repositories is None or REPOSITORY in repositories else ()
        return Page(tuple(StoredEntry(REPOSITORY, entry) for entry in entries), page.next)

    def deliveries(
        self, repository: str = "", state: str = "dead", cursor: str = "", limit: int = 50
    ) -> Page[DeliveryLine]:
        return Page(tuple(line for line in self.dead if line.state == state))

    def redeliver(self, delivery_id: str, by: str) -> DeliveryLine:
        line = next((each for each in self.dead if each.id == delivery_id), None)
        if line is None:
            raise NotFound(f"no delivery {delivery_id}", "see those that are dead")
        if line.state != "dead":
            raise InvalidValue("it was not given up", "wait for it")
        self.dead = [replace(each, state="waiting") if each is line else each for each in self.dead]
        return line

    def given_up(self, repository: str = "", cursor: str = "", limit: int = 50) -> Page[GivenUpLine]:
        return Page(tuple(self.undone))

    def try_again(self, entry_id: str, by: str, repositories: frozenset[str] | None = None) -> GivenUpLine:
        line = next((each for each in self.undone if each.id == entry_id), None)
        if line is None:
            raise NotFound(f"nothing that was given up: {entry_id}", "see the list")
        self.undone.remove(line)
        return line

    def decisions(self, repository: str, cursor: str = "", limit: int = 50) -> Page[DecisionLine]:
        if repository.lower() != REPOSITORY:
            return Page(())
        sha = "1f0c5ae1d7d9bb0e9a9be1a3cd0e4c1a64c3f9d2"
        waiting = DecisionLine(
            number="14", sha=sha, mode="shadow", waits=True, decided=_ago(minutes=3),
            planned=(f"comment on #14: would be {HTML}", "check on #14 (1f0c5ae): would be in_progress"),
        )  # fmt: skip
        running = DecisionLine(
            number="15", sha=sha, mode="enforce", waits=False, decided=_ago(hours=3), reasons=(f"{HTML} approved it",)
        )
        return Page((waiting, running))

    def decision_days(self, repository: str) -> Sequence[DecisionDay]:
        return (DecisionDay(NOW.date(), 31, 9),) if repository.lower() == REPOSITORY else ()

    def storage(self, repository: str = "") -> Sequence[StorageLine]:
        return (
            StorageLine(what="sessions of this clone", where="/work/shop/.git/pr-sessions/sessions.json", size=48_211),
            StorageLine(what="archive", where=f"/work/{RIGHT_TO_LEFT}/{LONG}", size=1_480_000, count=1200),
            StorageLine(what="table of pull requests", where="pull_requests", count=5_000_000),
        )

    def revision(self, repository: str) -> str:
        return str(id(self.store.sessions))

    def changed_since(self, moment: datetime) -> Mapping[str, datetime]:
        return {}

    def _rows(self, wanted: InboxFilter) -> Sequence:  # type: ignore[type-arg]
        if wanted.repository.lower() not in ("", REPOSITORY):
            raise NotFound(f"no repository {wanted.repository}", "see the list")
        rows = self.open.rows
        if wanted.session_id:
            rows = tuple(row for row in rows if any(pr.session_id == wanted.session_id for pr in row.prs))
        if wanted.login:
            rows = tuple(row for row in rows if any(pr.author == wanted.login for pr in row.prs))
        return rows


def sample_app(backend: Backend, viewer: Viewer = ADA) -> Litestar:
    """The application of the pages alone, for one person."""
    services = Services(settings=Settings(), backend=backend, clock=lambda: NOW, environ={})

    def identified(app: ASGIApp) -> ASGIApp:
        async def call(scope: Scope, receive: Receive, send: Send) -> None:
            scope["user"] = viewer
            scope["state"]["csrf_token"] = TOKEN
            await app(scope, receive, send)

        return call

    return Litestar(routes(services), middleware=[DefineMiddleware(identified)], openapi_config=None)
