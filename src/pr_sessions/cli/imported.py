"""How an import is shown."""

from collections.abc import Iterator
from typing import Any

from pr_sessions.cli import output
from pr_sessions.tracker import Imported


def imported_view(imported: Imported) -> dict[str, Any]:
    """What became of them, for programs."""
    return {
        "read": imported.read,
        "automatic": imported.automatic,
        "attributed": imported.attributed,
        "unattributed": imported.unattributed,
        "not_automatic": imported.read - imported.automatic,
        "added": imported.added,
        "sessions": imported.sessions,
        "changed": imported.changed,
    }


def imported_text(imported: Imported) -> Iterator[str]:
    """What became of them, for people."""
    yield f"Read {output.plural(imported.read, 'pull request')}"
    rows = [
        ("automatic", f"{imported.automatic}"),
        ("attributed", f"{imported.attributed} in {output.plural(len(imported.sessions), 'session')}"),
        ("unattributed", f"{imported.unattributed}"),
        ("not automatic", f"{imported.read - imported.automatic}"),
        ("new", f"{imported.added}"),
    ]
    yield from output.table(rows)
    if not imported.read:
        yield "Nothing to record was found there."
    elif not imported.automatic:
        yield "Nothing was recorded: none of them is automatic."
    elif not imported.changed:
        yield "Nothing changed: all of this was known."
