"""The tables of the first version with a database."""

from alembic import op
from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    ForeignKeyConstraint,
    Identity,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    SmallInteger,
    Text,
    UniqueConstraint,
)

revision = "0001"
down_revision = None

_ID = BigInteger().with_variant(Integer(), "sqlite")
_TEXT = Text().with_variant(Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Make all tables."""
    op.create_table(
        "deliveries",
        Column("id", _ID, Identity(always=False), nullable=False),
        Column("hook", _TEXT, nullable=False),
        Column("guid", _TEXT, nullable=False),
        Column("event", _TEXT, nullable=False),
        Column("action", _TEXT, server_default="", nullable=False),
        Column("mailbox", _TEXT, nullable=False),
        Column("received_at", BigInteger(), nullable=False),
        Column("payload", LargeBinary(), nullable=False),
        Column("state", _TEXT, server_default="waiting", nullable=False),
        Column("attempts", Integer(), server_default="0", nullable=False),
        Column("next_at", BigInteger(), nullable=False),
        Column("handled_at", BigInteger(), nullable=True),
        Column("problem", _TEXT, server_default="", nullable=False),
        PrimaryKeyConstraint("id", name="pk_deliveries"),
        UniqueConstraint("hook", "guid", name="uq_deliveries_hook_guid"),
    )
    op.create_index("ix_deliveries_due", "deliveries", ["state", "next_at"])
    op.create_index("ix_deliveries_mailbox", "deliveries", ["state", "mailbox", "id"])
    op.create_table(
        "installations",
        Column("id", BigInteger(), autoincrement=False, nullable=False),
        Column("account", _TEXT, nullable=False),
        Column("account_id", BigInteger(), nullable=True),
        Column("account_type", _TEXT, server_default="", nullable=False),
        Column("permissions", JSON(), server_default="{}", nullable=False),
        Column("state", _TEXT, server_default="active", nullable=False),
        Column("changed_at", BigInteger(), nullable=False),
        PrimaryKeyConstraint("id", name="pk_installations"),
    )
    op.create_table(
        "logins",
        Column("digest", LargeBinary(), nullable=False),
        Column("name", _TEXT, nullable=False),
        Column("login", _TEXT, server_default="", nullable=False),
        Column("rights", JSON(), nullable=False),
        Column("repositories", JSON(), nullable=True),
        Column("writable", JSON(), nullable=True),
        Column("made_at", BigInteger(), nullable=False),
        Column("expires_at", BigInteger(), nullable=False),
        PrimaryKeyConstraint("digest", name="pk_logins"),
    )
    op.create_index("ix_logins_expires_at", "logins", ["expires_at"])
    op.create_table(
        "mailboxes",
        Column("name", _TEXT, nullable=False),
        Column("taken_by", _TEXT, server_default="", nullable=False),
        Column("taken_until", BigInteger(), nullable=True),
        PrimaryKeyConstraint("name", name="pk_mailboxes"),
    )
    op.create_table(
        "settings",
        Column("name", _TEXT, nullable=False),
        Column("value", _TEXT, nullable=False),
        PrimaryKeyConstraint("name", name="pk_settings"),
    )
    op.create_table(
        "timers",
        Column("name", _TEXT, nullable=False),
        Column("next_at", BigInteger(), nullable=False),
        Column("taken_by", _TEXT, server_default="", nullable=False),
        Column("taken_until", BigInteger(), nullable=True),
        PrimaryKeyConstraint("name", name="pk_timers"),
    )
    op.create_table(
        "tokens",
        Column("id", _TEXT, nullable=False),
        Column("digest", LargeBinary(), nullable=False),
        Column("name", _TEXT, nullable=False),
        Column("scopes", JSON(), nullable=False),
        Column("repositories", JSON(), nullable=True),
        Column("made_by", _TEXT, nullable=False),
        Column("made_at", BigInteger(), nullable=False),
        Column("expires_at", BigInteger(), nullable=False),
        Column("revoked_at", BigInteger(), nullable=True),
        Column("used_at", BigInteger(), nullable=True),
        PrimaryKeyConstraint("id", name="pk_tokens"),
    )
    op.create_table(
        "tombstones",
        Column("person", LargeBinary(), nullable=False),
        Column("erased_at", BigInteger(), nullable=False),
        PrimaryKeyConstraint("person", name="pk_tombstones"),
    )
    op.create_table(
        "repositories",
        Column("id", _ID, Identity(always=False), nullable=False),
        Column("forge_id", BigInteger(), nullable=True),
        Column("name", _TEXT, nullable=False),
        Column("key", _TEXT, nullable=False),
        Column("installation_id", BigInteger(), nullable=True),
        Column("state", _TEXT, server_default="active", nullable=False),
        Column("is_private", Boolean(), server_default="1", nullable=False),
        Column("configuration", _TEXT, server_default="", nullable=False),
        Column("configuration_source", _TEXT, server_default="", nullable=False),
        Column("configuration_problem", _TEXT, server_default="", nullable=False),
        Column("mode", _TEXT, server_default="off", nullable=False),
        Column("extra", JSON(), server_default="{}", nullable=False),
        Column("active_count", BigInteger(), server_default="0", nullable=False),
        Column("completed_count", BigInteger(), server_default="0", nullable=False),
        Column("pull_request_count", BigInteger(), server_default="0", nullable=False),
        Column("unattributed_count", BigInteger(), server_default="0", nullable=False),
        Column("revision", BigInteger(), server_default="0", nullable=False),
        Column("changed_at", BigInteger(), nullable=False),
        Column("last_delivery_at", BigInteger(), nullable=True),
        Column("reconciled_at", BigInteger(), nullable=True),
        Column("drift", JSON(), nullable=True),
        Column("inbox_at", BigInteger(), nullable=True),
        Column("inbox_rest", LargeBinary(), nullable=True),
        Column("expires_at", BigInteger(), nullable=True),
        ForeignKeyConstraint(
            ["installation_id"], ["installations.id"], name="fk_repositories_installation_id", ondelete="SET NULL"
        ),
        PrimaryKeyConstraint("id", name="pk_repositories"),
        UniqueConstraint("forge_id", name="uq_repositories_forge_id"),
        UniqueConstraint("key", name="uq_repositories_key"),
    )
    op.create_index("ix_repositories_changed_at", "repositories", ["changed_at"])
    op.create_index("ix_repositories_expires_at", "repositories", ["expires_at"])
    op.create_index("ix_repositories_installation_id", "repositories", ["installation_id"])
    op.create_table(
        "agent_counts",
        Column("repository_id", _ID, nullable=False),
        Column("agent", _TEXT, nullable=False),
        Column("sessions", BigInteger(), nullable=False),
        ForeignKeyConstraint(
            ["repository_id"], ["repositories.id"], name="fk_agent_counts_repository_id", ondelete="CASCADE"
        ),
        PrimaryKeyConstraint("repository_id", "agent", name="pk_agent_counts"),
    )
    op.create_table(
        "audit",
        Column("id", _ID, Identity(always=False), nullable=False),
        Column("repository_id", _ID, nullable=True),
        Column("entry", _TEXT, nullable=False),
        Column("at", BigInteger(), nullable=False),
        Column("by", _TEXT, nullable=False),
        Column("operation", _TEXT, nullable=False),
        Column("reason", _TEXT, server_default="", nullable=False),
        Column("details", JSON(), nullable=False),
        ForeignKeyConstraint(["repository_id"], ["repositories.id"], name="fk_audit_repository_id", ondelete="CASCADE"),
        PrimaryKeyConstraint("id", name="pk_audit"),
        UniqueConstraint("entry", name="uq_audit_entry"),
    )
    op.create_index("ix_audit_repository", "audit", ["repository_id", "id"])
    op.create_table(
        "carried",
        Column("repository_id", _ID, nullable=False),
        Column("session_id", _TEXT, nullable=False),
        Column("number", _TEXT, nullable=False),
        ForeignKeyConstraint(
            ["repository_id"], ["repositories.id"], name="fk_carried_repository_id", ondelete="CASCADE"
        ),
        PrimaryKeyConstraint("repository_id", "session_id", "number", name="pk_carried"),
    )
    op.create_index("ix_carried_number", "carried", ["repository_id", "number"])
    op.create_table(
        "evidence",
        Column("repository_id", _ID, nullable=False),
        Column("kind", _TEXT, nullable=False),
        Column("number", _TEXT, server_default="", nullable=False),
        Column("head", _TEXT, server_default="", nullable=False),
        Column("subject", _TEXT, server_default="", nullable=False),
        Column("at", BigInteger(), nullable=False),
        Column("outcome", _TEXT, server_default="", nullable=False),
        ForeignKeyConstraint(
            ["repository_id"], ["repositories.id"], name="fk_evidence_repository_id", ondelete="CASCADE"
        ),
        PrimaryKeyConstraint("repository_id", "kind", "number", "head", "subject", name="pk_evidence"),
    )
    op.create_index("ix_evidence_at", "evidence", ["kind", "at"])
    op.create_index("ix_evidence_head", "evidence", ["repository_id", "head"])
    op.create_table(
        "gate_decisions",
        Column("repository_id", _ID, nullable=False),
        Column("number", _TEXT, nullable=False),
        Column("sha", _TEXT, nullable=False),
        Column("mode", _TEXT, nullable=False),
        Column("waits", Boolean(), nullable=False),
        Column("decided_at", BigInteger(), nullable=False),
        Column("valid_until", BigInteger(), nullable=False),
        Column("reasons", JSON(), nullable=False),
        Column("planned", JSON(), nullable=False),
        ForeignKeyConstraint(
            ["repository_id"], ["repositories.id"], name="fk_gate_decisions_repository_id", ondelete="CASCADE"
        ),
        PrimaryKeyConstraint("repository_id", "number", name="pk_gate_decisions"),
    )
    op.create_index("ix_gate_decisions_decided", "gate_decisions", ["decided_at"])
    op.create_table(
        "inbox_people",
        Column("repository_id", _ID, nullable=False),
        Column("place", Integer(), nullable=False),
        Column("login", _TEXT, nullable=False),
        Column("section", Integer(), nullable=False),
        Column("urgent_at", BigInteger(), nullable=True),
        ForeignKeyConstraint(
            ["repository_id"], ["repositories.id"], name="fk_inbox_people_repository_id", ondelete="CASCADE"
        ),
        PrimaryKeyConstraint("repository_id", "place", "login", name="pk_inbox_people"),
    )
    op.create_index(
        "ix_inbox_people_login", "inbox_people", ["login", "section", "urgent_at", "repository_id", "place"]
    )
    op.create_table(
        "inbox_rows",
        Column("repository_id", _ID, nullable=False),
        Column("place", Integer(), nullable=False),
        Column("row", _TEXT, nullable=False),
        Column("section", Integer(), nullable=False),
        Column("urgent_at", BigInteger(), nullable=True),
        Column("value", LargeBinary(), nullable=False),
        ForeignKeyConstraint(
            ["repository_id"], ["repositories.id"], name="fk_inbox_rows_repository_id", ondelete="CASCADE"
        ),
        PrimaryKeyConstraint("repository_id", "place", name="pk_inbox_rows"),
    )
    op.create_index("ix_inbox_rows_section", "inbox_rows", ["section", "urgent_at", "repository_id", "place"])
    op.create_table(
        "outbox",
        Column("id", _ID, Identity(always=False), nullable=False),
        Column("repository_id", _ID, nullable=False),
        Column("kind", _TEXT, nullable=False),
        Column("subject", _TEXT, server_default="", nullable=False),
        Column("payload", LargeBinary(), nullable=False),
        Column("created_at", BigInteger(), nullable=False),
        Column("state", _TEXT, server_default="waiting", nullable=False),
        Column("attempts", Integer(), server_default="0", nullable=False),
        Column("next_at", BigInteger(), nullable=False),
        Column("taken_by", _TEXT, server_default="", nullable=False),
        Column("taken_until", BigInteger(), nullable=True),
        Column("problem", _TEXT, server_default="", nullable=False),
        ForeignKeyConstraint(
            ["repository_id"], ["repositories.id"], name="fk_outbox_repository_id", ondelete="CASCADE"
        ),
        PrimaryKeyConstraint("id", name="pk_outbox"),
    )
    op.create_index("ix_outbox_due", "outbox", ["state", "next_at"])
    op.create_index("ix_outbox_subject", "outbox", ["repository_id", "kind", "subject", "state"])
    op.create_table(
        "pull_requests",
        Column("repository_id", _ID, nullable=False),
        Column("number", _TEXT, nullable=False),
        Column("digits", BigInteger(), nullable=False),
        Column("session_id", _TEXT, nullable=True),
        Column("position", BigInteger(), nullable=False),
        Column("kind", SmallInteger(), nullable=False),
        Column("author", _TEXT, server_default="", nullable=False),
        Column("agent", _TEXT, server_default="", nullable=False),
        Column("state", _TEXT, server_default="", nullable=False),
        Column("opened_at", BigInteger(), nullable=True),
        Column("merged_at", BigInteger(), nullable=True),
        Column("basis", _TEXT, server_default="", nullable=False),
        Column("record", JSON(), nullable=True),
        Column("id", _ID, Identity(always=False), nullable=False),
        ForeignKeyConstraint(
            ["repository_id"], ["repositories.id"], name="fk_pull_requests_repository_id", ondelete="CASCADE"
        ),
        PrimaryKeyConstraint("id", name="pk_pull_requests"),
    )
    op.create_index("ix_pull_requests_list", "pull_requests", ["kind", "position", "repository_id", "digits"])
    op.create_index(
        "ix_pull_requests_list_a", "pull_requests", ["agent", "kind", "position", "repository_id", "digits"]
    )
    op.create_index("ix_pull_requests_list_r", "pull_requests", ["repository_id", "kind", "position", "digits"])
    op.create_index(
        "ix_pull_requests_list_ra", "pull_requests", ["repository_id", "agent", "kind", "position", "digits"]
    )
    op.create_index("ix_pull_requests_merged", "pull_requests", ["repository_id", "merged_at", "id"])
    op.create_index("ix_pull_requests_named", "pull_requests", ["number", "position", "repository_id"])
    op.create_index("ix_pull_requests_number", "pull_requests", ["repository_id", "number"])
    op.create_index("ix_pull_requests_session", "pull_requests", ["repository_id", "session_id"])
    op.create_table(
        "reports",
        Column("repository_id", _ID, nullable=False),
        Column("kind", _TEXT, nullable=False),
        Column("subject", _TEXT, nullable=False),
        Column("number", _TEXT, nullable=False),
        Column("author", _TEXT, server_default="", nullable=False),
        Column("at", BigInteger(), nullable=False),
        Column("updated_at", BigInteger(), nullable=False),
        Column("value", LargeBinary(), nullable=False),
        ForeignKeyConstraint(
            ["repository_id"], ["repositories.id"], name="fk_reports_repository_id", ondelete="CASCADE"
        ),
        PrimaryKeyConstraint("repository_id", "kind", "subject", name="pk_reports"),
    )
    op.create_index("ix_reports_author", "reports", ["repository_id", "author", "at"])
    op.create_index("ix_reports_number", "reports", ["repository_id", "number"])
    op.create_table(
        "runs",
        Column("repository_id", _ID, nullable=False),
        Column("run", _TEXT, nullable=False),
        Column("session_id", _TEXT, nullable=False),
        ForeignKeyConstraint(["repository_id"], ["repositories.id"], name="fk_runs_repository_id", ondelete="CASCADE"),
        PrimaryKeyConstraint("repository_id", "session_id", "run", name="pk_runs"),
    )
    op.create_index("ix_runs_run", "runs", ["run", "repository_id"])
    op.create_table(
        "session_aliases",
        Column("repository_id", _ID, nullable=False),
        Column("alias", _TEXT, nullable=False),
        Column("session_id", _TEXT, nullable=False),
        ForeignKeyConstraint(
            ["repository_id"], ["repositories.id"], name="fk_session_aliases_repository_id", ondelete="CASCADE"
        ),
        PrimaryKeyConstraint("repository_id", "alias", "session_id", name="pk_session_aliases"),
    )
    op.create_index("ix_session_aliases_alias", "session_aliases", ["alias", "repository_id"])
    op.create_index("ix_session_aliases_session", "session_aliases", ["repository_id", "session_id"])
    op.create_table(
        "sessions",
        Column("repository_id", _ID, nullable=False),
        Column("id", _TEXT, nullable=False),
        Column("author", _TEXT, nullable=False),
        Column("agent", _TEXT, server_default="", nullable=False),
        Column("title", _TEXT, server_default="", nullable=False),
        Column("is_active", Boolean(), nullable=False),
        Column("end_order", _TEXT, server_default="", nullable=False),
        Column("started_at", BigInteger(), nullable=True),
        Column("latest_at", BigInteger(), nullable=True),
        Column("ended_at", BigInteger(), nullable=True),
        Column("near_from", BigInteger(), nullable=True),
        Column("trigger", _TEXT, server_default="", nullable=False),
        Column("pull_request_count", Integer(), nullable=False),
        Column("position", BigInteger(), nullable=False),
        Column("extra", JSON(), nullable=False),
        ForeignKeyConstraint(
            ["repository_id"], ["repositories.id"], name="fk_sessions_repository_id", ondelete="CASCADE"
        ),
        PrimaryKeyConstraint("repository_id", "id", name="pk_sessions"),
    )
    op.create_index("ix_sessions_ends", "sessions", ["repository_id", "end_order"])
    op.create_index("ix_sessions_id", "sessions", ["id", "repository_id"])
    op.create_index("ix_sessions_list", "sessions", ["is_active", "position", "repository_id"])
    op.create_index("ix_sessions_list_a", "sessions", ["agent", "is_active", "position", "repository_id"])
    op.create_index("ix_sessions_list_r", "sessions", ["repository_id", "is_active", "position"])
    op.create_index("ix_sessions_list_ra", "sessions", ["repository_id", "agent", "is_active", "position"])
    op.create_index("ix_sessions_list_ru", "sessions", ["repository_id", "author", "is_active", "position"])
    op.create_index("ix_sessions_list_rua", "sessions", ["repository_id", "author", "agent", "is_active", "position"])
    op.create_index("ix_sessions_list_u", "sessions", ["author", "is_active", "position", "repository_id"])
    op.create_index("ix_sessions_list_ua", "sessions", ["author", "agent", "is_active", "position", "repository_id"])
    op.create_index("ix_sessions_near", "sessions", ["repository_id", "near_from"])
    op.create_table(
        "stacks",
        Column("repository_id", _ID, nullable=False),
        Column("number", BigInteger(), nullable=False),
        Column("session_id", _TEXT, nullable=False),
        ForeignKeyConstraint(
            ["repository_id"], ["repositories.id"], name="fk_stacks_repository_id", ondelete="CASCADE"
        ),
        PrimaryKeyConstraint("repository_id", "number", "session_id", name="pk_stacks"),
    )
