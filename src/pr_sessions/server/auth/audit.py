"""Entries of the audit log that belong to no repository: tokens, logins, refusals."""

from datetime import datetime
from secrets import token_hex

from sqlalchemy import Connection, insert

from pr_sessions.storage.sql.schema import audit


def note(connection: Connection, at: datetime, by: str, operation: str, reason: str = "", **details: object) -> None:
    """Add an entry as a part of a transaction: ids and names, never a secret."""
    values = {"entry": token_hex(16), "at": at, "by": by, "operation": operation, "reason": reason, "details": details}
    connection.execute(insert(audit).values(**values))
