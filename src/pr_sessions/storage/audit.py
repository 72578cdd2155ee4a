"""The audit log: who changed what, when and why, and which of these changes can be undone."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from msgspec import Struct

from pr_sessions.core.models import INFERRED_TRIGGERS
from pr_sessions.errors import Ambiguous, InvalidValue, NotFound

_ATTRIBUTING = frozenset({"link", "unlink", "move"})


class AuditEntry(Struct, frozen=True):
    """One change, in ids and numbers; never a title or a body.

    Attributes:
        at: when it was made.
        by: who made it.
        operation: such as `link`.
        reason: in a word or two.
        details: what it was about: ids, numbers, counts.
        id: identifies it for an `undo`; the store gives it one.
    """

    at: datetime
    by: str
    operation: str
    reason: str = ""
    details: Mapping[str, Any] = {}
    id: str = ""


class AuditLog(Struct, frozen=True):
    """What can be read of it.

    Attributes:
        entries: the oldest first.
        unreadable: how many lines are no entries, such as one that a crash cut.
    """

    entries: tuple[AuditEntry, ...] = ()
    unreadable: int = 0


class _Chain(Struct, frozen=True):
    """One entry and those that undid it, did it again, and so on; the last one decides."""

    entries: tuple[AuditEntry, ...]

    @property
    def in_effect(self) -> bool:
        return len(self.entries) % 2 == 1


def find_undoable(log: AuditLog, entry_id: str | None = None) -> AuditEntry:
    """Return the entry to undo: the last correction or requested completion in effect, or the one named.

    An undo can be named too: undoing it does again what it undid.

    Args:
        log: the log.
        entry_id: an id, or a unique prefix of one.

    Raises:
        NotFound: there is none.
        Ambiguous: several ids begin with it.
        InvalidValue: it is undone already, or cannot be undone.
    """
    chains = _chains(log)
    if entry_id is not None:
        return _named(log, chains, entry_id)
    candidates = [chain.entries[-1] for chain in chains if chain.in_effect and _is_correction(chain.entries[0])]
    if not candidates:
        raise NotFound(
            "there is nothing to undo: the journal of this clone has no correction or requested completion",
            "`pr-sessions log` shows the journal",
        )
    order = {entry.id: index for index, entry in enumerate(log.entries)}
    return max(candidates, key=lambda entry: order[entry.id])


def _chains(log: AuditLog) -> list[_Chain]:
    first_of: dict[str, str] = {}
    chains: dict[str, list[AuditEntry]] = {}
    for entry in log.entries:
        first = first_of.get(str(entry.details.get("undoes")), entry.id)
        first_of[entry.id] = first
        chains.setdefault(first, []).append(entry)
    return [_Chain(tuple(entries)) for entries in chains.values()]


def _named(log: AuditLog, chains: list[_Chain], entry_id: str) -> AuditEntry:
    ids = sorted({entry.id for entry in log.entries if entry_id and entry.id.startswith(entry_id)})
    if not ids:
        raise NotFound(f"no change {entry_id[:60]} in the journal of this clone", "`pr-sessions log` shows the ids")
    if len(ids) > 1 and entry_id not in ids:
        raise Ambiguous(f"{len(ids)} changes begin with {entry_id}", "give more of the id")
    named = entry_id if entry_id in ids else ids[0]
    chain = next(chain for chain in chains if any(entry.id == named for entry in chain.entries))
    first, last = chain.entries[0], chain.entries[-1]
    index, entry = next((i, entry) for i, entry in enumerate(chain.entries) if entry.id == named)
    if not _is_correction(first) and first.operation != "undo":
        raise InvalidValue(
            f"{entry.operation} {named} cannot be taken back",
            "undo takes back link, unlink, move, merge, a requested completion, and undo itself",
        )
    is_undo = index % 2 == 1
    if is_undo is chain.in_effect:
        raise InvalidValue(
            f"{entry.operation} {named} was taken back already, by {last.id}",
            f"do it again: pr-sessions undo {last.id}",
        )
    return last


def _is_correction(entry: AuditEntry) -> bool:
    if entry.operation == "complete":
        return entry.reason not in INFERRED_TRIGGERS
    # A link that only confirmed where the pull request was has nothing to go back to.
    moved = entry.operation in _ATTRIBUTING and entry.details.get("before") != entry.details.get("after")
    return moved or entry.operation == "merge"
