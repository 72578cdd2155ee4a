"""What is done about the deliveries of a repository: all of it in one transaction, so none has its effect twice."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from msgspec import Struct
from sqlalchemy import Connection, Engine, update

from pr_sessions.errors import ForgeFailed, InvalidValue
from pr_sessions.server.evidence.keeping import keep_observations
from pr_sessions.server.evidence.observations import observations_of
from pr_sessions.server.gate.configuration import served_repository
from pr_sessions.server.gate.occasions import add_entries
from pr_sessions.server.gate.outbox import put
from pr_sessions.server.worker.installing import handle_installation, settle_repository
from pr_sessions.server.worker.mailboxes import Letter, Mailbox, finish, give_up
from pr_sessions.server.worker.news import Payload, news_of, read_body
from pr_sessions.server.worker.replay import replay
from pr_sessions.server.worker.reports import News, StoredReports, keep
from pr_sessions.storage.audit import AuditEntry
from pr_sessions.storage.sql.engine import writing
from pr_sessions.storage.sql.repositories import StoredRepository
from pr_sessions.storage.sql.schema import repositories
from pr_sessions.storage.sql.store import SqlStore

BY = "GitHub"
INBOX = "inbox"
_SETTLES = timedelta(seconds=5)
_CHANGES_INBOX = frozenset(
    {"pull_request", "pull_request_review", "check_run", "check_suite", "push", "issue_comment", "merge_group"}
)
_MOST_NAMED = 50

# Asks whether somebody may write: the repository, and the login. Raises `ForgeFailed` where that is not known.
AskWriteAccess = Callable[[StoredRepository, str], bool]


class Stopped(Exception):
    """A delivery cannot be handled now; those before it are.

    Attributes:
        letter: the delivery.
    """

    def __init__(self, letter: Letter, reason: str) -> None:
        super().__init__(reason)
        self.letter = letter


class _Ready(Struct):
    """A delivery that can be handled."""

    letter: Letter
    payload: Payload | None = None
    news: News | None = None
    problem: str = ""


class Handling(Struct, frozen=True, kw_only=True):
    """Handles what is in mailboxes.

    Attributes:
        engine: of the team's database.
        clock: returns the time in UTC.
        may_write: asks GitHub.
        forget: called with an installation whose token, repositories or people changed.
    """

    engine: Engine
    clock: Callable[[], datetime]
    may_write: AskWriteAccess
    forget: Callable[[int], None] = lambda _: None

    def handle(self, mailbox: Mailbox) -> None:
        """Handle the deliveries of a mailbox that was taken, in their order.

        Raises:
            Stopped: one of them has to be handled later.
            PrSessionsError: the database is gone or refuses; nothing was handled.
        """
        if mailbox.name.startswith("installation:"):
            self._handle_installation(mailbox)
            return
        read = [self._read(letter) for letter in _first(mailbox.letters)]
        repository = self._repository(mailbox, read)
        ready, reason = self._ready(repository, read)
        if ready:
            self._record(mailbox, repository, ready)
        if reason:
            raise Stopped(mailbox.letters[len(ready)], reason)

    def _read(self, letter: Letter) -> _Ready:
        try:
            return _Ready(letter, read_body(letter.body))
        except InvalidValue as error:
            return _Ready(letter, problem=str(error))

    def _repository(self, mailbox: Mailbox, read: Sequence[_Ready]) -> StoredRepository | None:
        with writing(self.engine) as connection:
            now, known = self.clock(), None
            for each in read:
                if each.payload and each.payload.repository:
                    known = settle_repository(connection, mailbox.number, each.letter, each.payload, now)
            return known

    def _ready(self, repository: StoredRepository | None, read: Sequence[_Ready]) -> tuple[list[_Ready], str]:
        """Return what can be handled, and why the delivery after it cannot."""
        ready: list[_Ready] = []
        for each in read:
            try:
                ready.append(self._with_news(repository, each))
            except ForgeFailed as error:
                return ready, str(error)
        return ready, ""

    def _with_news(self, repository: StoredRepository | None, each: _Ready) -> _Ready:
        if each.payload is None or repository is None or repository.state != "active":
            return each
        try:
            letter = each.letter
            may_write = lambda login: self.may_write(repository, login)  # noqa: E731 - a name for what is passed on
            each.news = news_of(letter.event, each.payload, letter.received_at, may_write)
        except InvalidValue as error:
            each.problem = str(error)
        return each

    def _record(self, mailbox: Mailbox, repository: StoredRepository | None, ready: Sequence[_Ready]) -> None:
        now = self.clock()
        if repository is None or repository.state != "active":
            reason = "the App no longer has this repository" if repository else "the delivery names no repository"
            with writing(self.engine) as connection:
                finish(connection, mailbox, {each.letter.id: each.problem or reason for each in ready}, now)
            return
        with writing(self.engine) as connection:
            served = served_repository(connection, repository.id)
        if served is None:
            return
        rules, _ = served.rules()
        store = SqlStore(self.engine, repository.id, policy=rules.policy)
        with store.transaction(now) as transaction:
            connection = transaction.connection
            if not finish(connection, mailbox, {each.letter.id: "" for each in ready if not each.problem}, now):
                return  # It took too long, and another worker has begun anew.
            numbers = keep(connection, repository.id, [each.news for each in ready if each.news])
            sessions = replay(transaction.sessions, numbers, StoredReports(connection, repository.id), rules, now)
            entries = []
            if sessions is not transaction.sessions:
                details = {"prs": sorted(numbers, key=int)[:_MOST_NAMED]}
                entries.append(AuditEntry(now, BY, "record", "deliveries", details))
            transaction.commit(sessions, *entries)
            for each in ready:
                if each.problem:
                    give_up(connection, each.letter, each.problem)
                elif each.payload:
                    _add_entries(connection, repository.id, each.letter, each.payload, now)
            latest = {"last_delivery_at": max(each.letter.received_at for each in ready), "changed_at": now}
            connection.execute(update(repositories).where(repositories.c.id == repository.id).values(latest))

    def _handle_installation(self, mailbox: Mailbox) -> None:
        now, problems = self.clock(), {}
        with writing(self.engine) as connection:
            for letter in mailbox.letters:
                try:
                    problems[letter.id] = handle_installation(connection, mailbox.number, letter, now)
                except InvalidValue as error:
                    give_up(connection, letter, str(error))
            finish(connection, mailbox, problems, now)
        self.forget(mailbox.number)


def _first(letters: Sequence[Letter]) -> Sequence[Letter]:
    """Return what is handled together: what a repository was before it was renamed or deleted counts until then."""
    changes = next((place for place, each in enumerate(letters) if each.event == "repository"), len(letters))
    return letters[: max(changes, 1)]


def _add_entries(connection: Connection, repository_id: int, letter: Letter, payload: Payload, now: datetime) -> None:
    """Add what has to be done on GitHub, and read there, because of a delivery, and keep what an auditor asks for."""
    keep_observations(connection, repository_id, observations_of(letter.event, payload.values))
    add_entries(connection, repository_id, letter.event, payload.values, letter.body, now)
    if letter.event in _CHANGES_INBOX:
        put(connection, repository_id, INBOX, now=now, after=_SETTLES)
