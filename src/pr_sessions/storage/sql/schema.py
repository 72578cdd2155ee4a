"""The tables, the same on SQLite and PostgreSQL. Every time is a number of microseconds since 1970 in UTC.

A change here needs a migration in `migrations/versions/`; a test compares both.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Dialect,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    TypeDecorator,
    UniqueConstraint,
)
from sqlalchemy import Text as PlainText
from sqlalchemy.types import TypeEngine

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Instant(TypeDecorator[datetime]):
    """An aware time, kept as microseconds since 1970 in UTC: exact, sortable, alike on both databases."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:  # noqa: ARG002 - SQLAlchemy's
        """Return the number."""
        return None if value is None else (value - _EPOCH) // _MICROSECOND

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - SQLAlchemy's
        """Return the time in UTC."""
        return None if value is None else _EPOCH + timedelta(microseconds=value)


class Text(TypeDecorator[str]):
    """A text, sorted by its characters as SQLite and Python do: PostgreSQL sorts by language elsewhere.

    What no text of a database can hold stands there as a question mark, so that nobody finds anything by it.
    """

    impl = PlainText
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[str]:
        """Return the type of the column."""
        return PlainText(collation="C" if dialect.name == "postgresql" else None)

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002 - SQLAlchemy's
        """Return the text."""
        if value is None or (value.isascii() and "\0" not in value):
            return value
        return value.replace("\0", "\ufffd").encode("utf-8", "replace").decode()


# SQLite numbers rows by itself only where the column is exactly INTEGER.
_Id = BigInteger().with_variant(Integer, "sqlite")
# PostgreSQL's `jsonb` loses the order of fields and the spelling of numbers, and refuses some texts; `json` does not.
_Json = JSON(none_as_null=True)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _repository(*, nullable: bool = False) -> Column[int]:
    return Column("repository_id", _Id, ForeignKey("repositories.id", ondelete="CASCADE"), nullable=nullable)


# A row is locked before anything of its repository is written: one writer each, and repositories go side by side.
repositories = Table(
    "repositories",
    metadata,
    Column("id", _Id, Identity(), primary_key=True),
    # GitHub's number, which stays when a repository is renamed or transferred; null for one that only clones sync.
    Column("forge_id", BigInteger, unique=True),
    # `owner/name`, as GitHub spells it, and in lower case, by which it is found.
    Column("name", Text, nullable=False),
    Column("key", Text, nullable=False, unique=True),
    Column("installation_id", BigInteger, ForeignKey("installations.id", ondelete="SET NULL"), index=True),
    # active, removed (the App was uninstalled or the repository deleted)
    Column("state", Text, nullable=False, server_default="active"),
    Column("is_private", Boolean, nullable=False, server_default="1"),
    # The team's configuration as it was last read, where it came from, and its problem where it has one.
    Column("configuration", Text, nullable=False, server_default=""),
    Column("configuration_source", Text, nullable=False, server_default=""),
    Column("configuration_problem", Text, nullable=False, server_default=""),
    # off, shadow, advisory, enforce
    Column("mode", Text, nullable=False, server_default="off"),
    # Fields at the top of a session file that this version does not understand, for `export`.
    Column("extra", _Json, nullable=False, server_default="{}"),
    # How many lines its lists have, see `list_columns.counted`.
    Column("active_count", BigInteger, nullable=False, server_default="0"),
    Column("completed_count", BigInteger, nullable=False, server_default="0"),
    Column("pull_request_count", BigInteger, nullable=False, server_default="0"),
    Column("unattributed_count", BigInteger, nullable=False, server_default="0"),
    # Counts the changes of its sessions, and the time of the last change of anything that a page shows.
    Column("revision", BigInteger, nullable=False, server_default="0"),
    Column("changed_at", Instant, nullable=False, index=True),
    Column("last_delivery_at", Instant),
    Column("reconciled_at", Instant),
    # What the last reconciliation found: counts by kind.
    Column("drift", _Json),
    Column("inbox_at", Instant),
    # What could not be read for the inbox, budgets, and everything else of it that is no row.
    Column("inbox_rest", LargeBinary),
    # When the first of its sessions may run out; null for none. The timer looks at nothing else.
    Column("expires_at", Instant, index=True),
)

sessions = Table(
    "sessions",
    metadata,
    _repository(),
    Column("id", Text, nullable=False),
    Column("author", Text, nullable=False),
    Column("agent", Text, nullable=False, server_default=""),
    Column("title", Text, nullable=False, server_default=""),
    Column("is_active", Boolean, nullable=False),
    # Collections sort completed sessions by this text, see `SessionReader.ends`.
    Column("end_order", Text, nullable=False, server_default=""),
    Column("started_at", Instant),
    Column("latest_at", Instant),
    Column("ended_at", Instant),
    # The start of one that ended within two weeks. Whatever is looked for by time sees all others, where it is null.
    Column("near_from", Instant),
    Column("trigger", Text, nullable=False, server_default=""),
    Column("pull_request_count", Integer, nullable=False),
    # Lists are sorted by it: minus the microseconds of the last activity or the start, 0 where neither is known.
    Column("position", BigInteger, nullable=False),
    # The session's JSON object as the session file has it, without the records of its pull requests.
    Column("extra", _Json, nullable=False),
    PrimaryKeyConstraint("repository_id", "id"),
    Index("ix_sessions_id", "id", "repository_id"),
    Index("ix_sessions_ends", "repository_id", "end_order"),
    Index("ix_sessions_near", "repository_id", "near_from"),
    # One for each set of filters: a list reads the rows of its page and no others.
    Index("ix_sessions_list", "is_active", "position", "repository_id"),
    Index("ix_sessions_list_a", "agent", "is_active", "position", "repository_id"),
    Index("ix_sessions_list_u", "author", "is_active", "position", "repository_id"),
    Index("ix_sessions_list_ua", "author", "agent", "is_active", "position", "repository_id"),
    Index("ix_sessions_list_r", "repository_id", "is_active", "position"),
    Index("ix_sessions_list_ra", "repository_id", "agent", "is_active", "position"),
    Index("ix_sessions_list_ru", "repository_id", "author", "is_active", "position"),
    Index("ix_sessions_list_rua", "repository_id", "author", "agent", "is_active", "position"),
)

# How many sessions each agent has.
agent_counts = Table(
    "agent_counts",
    metadata,
    _repository(),
    Column("agent", Text, nullable=False),
    Column("sessions", BigInteger, nullable=False),
    PrimaryKeyConstraint("repository_id", "agent"),
)

session_aliases = Table(
    "session_aliases",
    metadata,
    _repository(),
    Column("alias", Text, nullable=False),
    Column("session_id", Text, nullable=False),
    # An old file may give one alias to two sessions, until they are merged.
    PrimaryKeyConstraint("repository_id", "alias", "session_id"),
    Index("ix_session_aliases_alias", "alias", "repository_id"),
    Index("ix_session_aliases_session", "repository_id", "session_id"),
)

# Every pull request that a session lists, and those that fit no session.
pull_requests = Table(
    "pull_requests",
    metadata,
    _repository(),
    # Digits, or `owner/name#digits` of another repository.
    Column("number", Text, nullable=False),
    # Its digits, by which lists are sorted.
    Column("digits", BigInteger, nullable=False),
    # Null for one that fits no session.
    Column("session_id", Text),
    # Lists are sorted by it: minus the microseconds of its opening, 0 where that is not known.
    Column("position", BigInteger, nullable=False),
    # Its state and whether it is in a session, see `list_columns.kind`.
    Column("kind", SmallInteger, nullable=False),
    Column("author", Text, nullable=False, server_default=""),
    Column("agent", Text, nullable=False, server_default=""),
    Column("state", Text, nullable=False, server_default=""),
    Column("opened_at", Instant),
    Column("merged_at", Instant),
    Column("basis", Text, nullable=False, server_default=""),
    # Its record as the session file has it; null for one that an old file lists without a record.
    Column("record", _Json),
    # An old file may list a pull request in several sessions, so a number alone is no key.
    Column("id", _Id, Identity(), primary_key=True),
    Index("ix_pull_requests_number", "repository_id", "number"),
    Index("ix_pull_requests_named", "number", "position", "repository_id"),
    Index("ix_pull_requests_session", "repository_id", "session_id"),
    Index("ix_pull_requests_merged", "repository_id", "merged_at", "id"),
    # One for each set of filters, as above.
    Index("ix_pull_requests_list", "kind", "position", "repository_id", "digits"),
    Index("ix_pull_requests_list_a", "agent", "kind", "position", "repository_id", "digits"),
    Index("ix_pull_requests_list_r", "repository_id", "kind", "position", "digits"),
    Index("ix_pull_requests_list_ra", "repository_id", "agent", "kind", "position", "digits"),
)

# Numbers of an old file whose records are in another place, so that the session does not list them any more.
carried = Table(
    "carried",
    metadata,
    _repository(),
    Column("session_id", Text, nullable=False),
    Column("number", Text, nullable=False),
    PrimaryKeyConstraint("repository_id", "session_id", "number"),
    Index("ix_carried_number", "repository_id", "number"),
)

# Runs by key, a hash; one run may have sessions in several repositories.
runs = Table(
    "runs",
    metadata,
    _repository(),
    Column("run", Text, nullable=False),
    Column("session_id", Text, nullable=False),
    PrimaryKeyConstraint("repository_id", "session_id", "run"),
    Index("ix_runs_run", "run", "repository_id"),
)

stacks = Table(
    "stacks",
    metadata,
    _repository(),
    Column("number", BigInteger, nullable=False),
    Column("session_id", Text, nullable=False),
    PrimaryKeyConstraint("repository_id", "number", "session_id"),
)

audit = Table(
    "audit",
    metadata,
    Column("id", _Id, Identity(), primary_key=True),
    # Null for what concerns no repository, such as a token.
    _repository(nullable=True),
    # The entry's own id, which `undo` names.
    Column("entry", Text, nullable=False, unique=True),
    Column("at", Instant, nullable=False),
    Column("by", Text, nullable=False),
    Column("operation", Text, nullable=False),
    Column("reason", Text, nullable=False, server_default=""),
    Column("details", _Json, nullable=False),
    Index("ix_audit_repository", "repository_id", "id"),
)

installations = Table(
    "installations",
    metadata,
    # GitHub's number.
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("account", Text, nullable=False),
    Column("account_id", BigInteger),
    Column("account_type", Text, nullable=False, server_default=""),
    Column("permissions", _Json, nullable=False, server_default="{}"),
    # active, suspended, removed
    Column("state", Text, nullable=False, server_default="active"),
    Column("changed_at", Instant, nullable=False),
)

# What GitHub delivered, before anything is done about it. Mailboxes are taken in the order of `id`.
deliveries = Table(
    "deliveries",
    metadata,
    Column("id", _Id, Identity(), primary_key=True),
    Column("hook", Text, nullable=False),
    Column("guid", Text, nullable=False),
    Column("event", Text, nullable=False),
    Column("action", Text, nullable=False, server_default=""),
    # Whose mailbox it is in: `repository:123`, by GitHub's number, or `installation:7`.
    Column("mailbox", Text, nullable=False),
    Column("received_at", Instant, nullable=False),
    # The payload, compressed with zlib; empty once it was handled.
    Column("payload", LargeBinary, nullable=False),
    # waiting, handled, ignored, dead
    Column("state", Text, nullable=False, server_default="waiting"),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("next_at", Instant, nullable=False),
    Column("handled_at", Instant),
    Column("problem", Text, nullable=False, server_default=""),
    UniqueConstraint("hook", "guid"),
    Index("ix_deliveries_mailbox", "state", "mailbox", "id"),
    Index("ix_deliveries_due", "state", "next_at"),
)

# What GitHub said last of each pull request, as far as rules may see it, and each comment that may hold a command.
# Sessions follow from these: a late, repeated or edited report rebuilds those that it touches.
reports = Table(
    "reports",
    metadata,
    _repository(),
    # pull_request, comment
    Column("kind", Text, nullable=False),
    # A pull request's number, or a comment's id.
    Column("subject", Text, nullable=False),
    # Of the pull request that it is about.
    Column("number", Text, nullable=False),
    # In lower case.
    Column("author", Text, nullable=False, server_default=""),
    # When it was opened or written, and when it changed last by GitHub's clock.
    Column("at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
    # In msgpack, compressed with zlib; empty for one that was deleted.
    Column("value", LargeBinary, nullable=False),
    PrimaryKeyConstraint("repository_id", "kind", "subject"),
    Index("ix_reports_number", "repository_id", "number"),
    Index("ix_reports_author", "repository_id", "author", "at"),
)

# A mailbox that a worker has taken, until it is done or the time is over.
mailboxes = Table(
    "mailboxes",
    metadata,
    Column("name", Text, primary_key=True),
    Column("taken_by", Text, nullable=False, server_default=""),
    Column("taken_until", Instant),
)

# What has to be done outside the database. A pending entry of the same subject is not added twice.
outbox = Table(
    "outbox",
    metadata,
    Column("id", _Id, Identity(), primary_key=True),
    _repository(),
    # comment, checks, dashboard, sweep, inbox, configuration
    Column("kind", Text, nullable=False),
    # A pull request's number, a session's id, or empty.
    Column("subject", Text, nullable=False, server_default=""),
    Column("payload", LargeBinary, nullable=False),
    Column("created_at", Instant, nullable=False),
    # waiting, taken, done, dead
    Column("state", Text, nullable=False, server_default="waiting"),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("next_at", Instant, nullable=False),
    Column("taken_by", Text, nullable=False, server_default=""),
    Column("taken_until", Instant),
    Column("problem", Text, nullable=False, server_default=""),
    Index("ix_outbox_due", "state", "next_at"),
    Index("ix_outbox_subject", "repository_id", "kind", "subject", "state"),
)

# What the gate decided last about each pull request, and in shadow mode what it would have done.
gate_decisions = Table(
    "gate_decisions",
    metadata,
    _repository(),
    Column("number", Text, nullable=False),
    # The commit that it is about; a later one has not been decided about.
    Column("sha", Text, nullable=False),
    # off, shadow, advisory, enforce
    Column("mode", Text, nullable=False),
    # Whether its checks may wait, or in other modes than enforce could.
    Column("waits", Boolean, nullable=False),
    Column("decided_at", Instant, nullable=False),
    # After this time nothing may wait because of it.
    Column("valid_until", Instant, nullable=False),
    # Why its checks run, and what would have been written or started, each in words.
    Column("reasons", _Json, nullable=False),
    Column("planned", _Json, nullable=False),
    PrimaryKeyConstraint("repository_id", "number"),
    Index("ix_gate_decisions_decided", "decided_at"),
)

# Rows of the inbox as the worker made them last; pages only read.
inbox_rows = Table(
    "inbox_rows",
    metadata,
    _repository(),
    Column("place", Integer, nullable=False),
    Column("row", Text, nullable=False),
    Column("section", Integer, nullable=False),
    # By which rows of all repositories are sorted within a section.
    Column("urgent_at", Instant),
    # `core.inbox.Row` in msgpack.
    Column("value", LargeBinary, nullable=False),
    PrimaryKeyConstraint("repository_id", "place"),
    Index("ix_inbox_rows_section", "section", "urgent_at", "repository_id", "place"),
)

# Whose rows they are, by login in lower case: who opened, reviews or is assigned. Sorted as the rows are.
inbox_people = Table(
    "inbox_people",
    metadata,
    _repository(),
    Column("place", Integer, nullable=False),
    Column("login", Text, nullable=False),
    Column("section", Integer, nullable=False),
    Column("urgent_at", Instant),
    PrimaryKeyConstraint("repository_id", "place", "login"),
    Index("ix_inbox_people_login", "login", "section", "urgent_at", "repository_id", "place"),
)

tokens = Table(
    "tokens",
    metadata,
    # The part that may be shown; the secret part is kept as a hash.
    Column("id", Text, primary_key=True),
    Column("digest", LargeBinary, nullable=False),
    Column("name", Text, nullable=False),
    Column("scopes", _Json, nullable=False),
    # The repositories that it is good for, by key; null for all.
    Column("repositories", _Json),
    Column("made_by", Text, nullable=False),
    Column("made_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("revoked_at", Instant),
    Column("used_at", Instant),
)

# Browsers that are logged in; a cookie holds the id, signed.
logins = Table(
    "logins",
    metadata,
    # A hash of what the cookie holds.
    Column("digest", LargeBinary, primary_key=True),
    Column("name", Text, nullable=False),
    # The login on GitHub; empty where another provider says who it is.
    Column("login", Text, nullable=False, server_default=""),
    Column("rights", _Json, nullable=False),
    # Keys of the repositories that GitHub lets this person read, and write; null for all.
    Column("repositories", _Json),
    Column("writable", _Json),
    Column("made_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False, index=True),
)

# Facts about pull requests that no session needs and an auditor asks for; each fact once, the latest report of it.
evidence = Table(
    "evidence",
    metadata,
    _repository(),
    # request, review, check, merge, bypass
    Column("kind", Text, nullable=False),
    # Empty for a check, which belongs to a commit.
    Column("number", Text, nullable=False, server_default=""),
    # The head that was reviewed, checked or merged.
    Column("head", Text, nullable=False, server_default=""),
    # Who asked, reviewed or merged, or the name of the check.
    Column("subject", Text, nullable=False, server_default=""),
    Column("at", Instant, nullable=False),
    # What came of it, such as `approved` or `success`.
    Column("outcome", Text, nullable=False, server_default=""),
    PrimaryKeyConstraint("repository_id", "kind", "number", "head", "subject"),
    Index("ix_evidence_head", "repository_id", "head"),
    Index("ix_evidence_at", "kind", "at"),
)

# People who were erased, as keyed hashes of their logins.
tombstones = Table(
    "tombstones",
    metadata,
    Column("person", LargeBinary, primary_key=True),
    Column("erased_at", Instant, nullable=False),
)

# What runs once across processes: the next time, and who has it now.
timers = Table(
    "timers",
    metadata,
    Column("name", Text, primary_key=True),
    Column("next_at", Instant, nullable=False),
    Column("taken_by", Text, nullable=False, server_default=""),
    Column("taken_until", Instant),
)

# What the whole server knows, such as the App's id; never a secret.
settings = Table(
    "settings",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
)
