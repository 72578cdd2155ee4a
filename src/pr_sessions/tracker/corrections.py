"""Corrections: link, unlink, move, merge and undo, on a change that the tracker begins and stores."""

from datetime import timedelta
from typing import Any

import msgspec
from msgspec import Struct

from pr_sessions.core import corrections
from pr_sessions.core.corrections import Absorbed
from pr_sessions.core.ids import check_number, new_id, next_id
from pr_sessions.core.lifecycle import CompletionAsked, TimePassed, advance, begin
from pr_sessions.core.models import Session, Trigger
from pr_sessions.core.times import write_time
from pr_sessions.errors import InvalidValue, NotFound
from pr_sessions.storage.audit import AuditEntry
from pr_sessions.storage.files.marker import Marker
from pr_sessions.tracker.environment import existing
from pr_sessions.tracker.reading import Change

_REASON = "manual"


class Moved(Struct, frozen=True):
    """Where a correction put a pull request; `None` is in no session.

    Attributes:
        changed: `False` where a correction had put it there before.
        known: `False` where it had not been recorded.
    """

    number: str
    before: str | None
    after: str | None
    by: str
    changed: bool
    known: bool = True


class Merged(Struct, frozen=True):
    """Two sessions that are one, or would be.

    Attributes:
        session: the one that survives.
        absorbed: the id of the other one, which stays as an alias.
        dropped_author: the other author, who is not kept; empty where both had the same.
        changed: `False` where they were one already.
    """

    session: Session
    absorbed: str
    dropped_author: str
    by: str
    changed: bool


class Parted(Struct, frozen=True):
    """A merge that was undone.

    Attributes:
        session: the new one, which holds what the absorbed session had.
        absorbed: the id of that; it stays an alias of `survivor`.
        left: pull requests of the absorbed session that stay where a later change put them.
    """

    session: Session
    survivor: str
    absorbed: str
    left: tuple[str, ...]


class Undone(Struct, frozen=True):
    """What was undone, and the result: a pull request's place, a session's end, or a merge."""

    entry: AuditEntry
    moved: Moved | None = None
    session: Session | None = None
    parted: Parted | None = None
    merged: Merged | None = None


def link(change: Change, number: str, session_id: str) -> Moved:
    """Put a pull request into a session."""
    session = existing(change.sessions, session_id)
    return _attribute(change, "link", number, session, _holder(change, number, must_be_known=False))


def unlink(change: Change, number: str) -> Moved:
    """Take a pull request out of its session."""
    return _attribute(change, "unlink", number, None, _holder(change, number))


def move(change: Change, number: str, session_id: str | None) -> Moved:
    """Move a pull request into a session, or into a new one."""
    holder = _holder(change, number)
    if session_id is not None:
        session = existing(change.sessions, session_id)
    elif holder and corrections.is_alone(holder, number):
        session = holder
    else:
        session = _new_session(change, number, holder)
    return _attribute(change, "move", number, session, holder)


def merge(change: Change, first_id: str, second_id: str, operation: str = "merge", **details: object) -> Merged:
    """Make two sessions one."""
    first, second = existing(change.sessions, first_id), existing(change.sessions, second_id)
    survivor, absorbed = sorted((first, second), key=lambda session: session.id)
    before = change.sessions
    noted = corrections.absorbed_by(first, second)
    change.sessions = corrections.merge(before, first, second, change.by, change.now)
    change.note(operation, _REASON, session=survivor.id, absorbed=absorbed.id, absorbed_session=noted, **details)
    merged = existing(change.sessions, first.id)
    dropped = {survivor.author, absorbed.author} - {merged.author, ""}
    changed = change.sessions is not before
    return Merged(merged, absorbed.id, min(dropped, default=""), change.by, changed)


def undo(change: Change, entry: AuditEntry, worktree: str) -> Undone:
    """Undo what an entry of the audit log says.

    Args:
        change: what it becomes part of.
        entry: a correction, a requested completion, or the undo of one.
        worktree: git's name of this working tree.
    """
    if "pr" in entry.details:
        return Undone(entry, moved=_move_back(change, entry))
    if "absorbed" in entry.details:
        return Undone(entry, parted=_split(change, entry))
    if "split" in entry.details:
        survivor, split = str(entry.details.get("session")), str(entry.details["split"])
        merged = merge(change, survivor, split, "undo", undoes=entry.id)
        if not merged.changed:
            raise InvalidValue(f"{split} is part of {survivor} already", f"see: pr-sessions show {survivor}")
        return Undone(entry, merged=merged)
    if "end" in entry.details:
        return Undone(entry, session=_reopen(change, entry, worktree))
    return Undone(entry, session=_complete_again(change, entry, worktree))


def _holder(change: Change, number: str, *, must_be_known: bool = True) -> Session | None:
    try:
        return corrections.session_of(change.sessions, number)
    except NotFound:
        if must_be_known:
            raise
        return None


def _new_session(change: Change, number: str, holder: Session | None) -> Session:
    """Return a new session of the pull request's own time; it has expired where that is long ago."""
    record = holder.pull_requests.get(number) if holder else change.sessions.unattributed(number)
    author = (record.author if record else "") or (holder.author if holder else "") or change.by
    attributed = record.attribution.at if record and record.attribution else None
    at = min((record.created if record else None) or attributed or change.now, change.now)
    session_id = new_id(author, at, lambda i: change.sessions.get(i) is not None)
    return advance(begin(session_id, author, at), TimePassed(change.now), change.policy)


def _attribute(
    change: Change, operation: str, number: str, session: Session | None, holder: Session | None, **details: object
) -> Moved:
    before = change.sessions
    if session:
        change.sessions = corrections.link(before, number, session, change.by, change.now)
    else:
        change.sessions = corrections.unlink(before, number, change.by, change.now)
    old, new = (s.id if s else None for s in (holder, session))
    change.note(operation, _REASON, pr=number, before=old, after=new, **details)
    known = before.unattributed(number) is not None or bool(before.all_for_pull_request(number))
    return Moved(number, old, new, change.by, changed=change.sessions is not before, known=known)


def _move_back(change: Change, entry: AuditEntry) -> Moved:
    number = str(entry.details.get("pr"))
    holder = _holder(change, number, must_be_known=False)
    # The session that it names may have become part of another one.
    named = entry.details.get("after")
    after = change.sessions.get(str(named)) if named else None
    if (holder.id if holder else None) != (after.id if after else None):
        raise InvalidValue(
            f"pull request {number} has changed since {entry.operation}: "
            f"it is in {holder.id if holder else 'no session'}",
            f"say where it belongs: pr-sessions move {number} SESSION",
        )
    before = entry.details.get("before")
    session = existing(change.sessions, str(before)) if before else None
    if session and holder and session.id == holder.id:
        raise InvalidValue(
            f"both sessions of pull request {number} became one since",
            f"move it: pr-sessions move {number} SESSION",
        )
    return _attribute(change, "undo", number, session, holder, undoes=entry.id)


def _split(change: Change, entry: AuditEntry) -> Parted:
    """Take what a merge put into another session out again."""
    absorbed = read_absorbed(entry.details.get("absorbed_session"))
    name, survivor = str(entry.details["absorbed"]), str(entry.details.get("session"))
    if absorbed is None:
        raise InvalidValue(
            f"the journal does not say what {name} held before it was merged into {survivor}: an older pr-sessions "
            "merged them",
            "take out what does not belong: pr-sessions move PR SESSION, or pr-sessions move PR --new",
        )
    whole = change.sessions.get(absorbed.id)
    if whole is None or whole.id == absorbed.id:
        raise InvalidValue(f"{name} is not part of another session any more", f"see: pr-sessions show {name}")
    session_id = next_id(absorbed.id, lambda i: change.sessions.get(i) is not None)
    change.sessions = corrections.split(
        change.sessions, absorbed, entry.at, session_id, change.by, change.now, change.policy
    )
    session = change.sessions[session_id]
    change.note("undo", _REASON, session=whole.id, split=session_id, undoes=entry.id)
    if not session.completion:
        # It becomes current in the working trees in which the absorbed one was.
        for root in change.stored_markers:
            marker = change.marker(root)
            if marker and marker.session_id == absorbed.id:
                moved = Marker(session.id, session.author, marker.created, marker.last_updated)
                change.set_current(moved, root)
    left = tuple(number for number in absorbed.prs if number not in session.pull_requests)
    return Parted(session, whole.id, absorbed.id, left)


def _complete_again(change: Change, entry: AuditEntry, worktree: str) -> Session:
    """Undo the undo of a completion. Ends up to the reopening do not count, so that it ends now."""
    session = existing(change.sessions, str(entry.details.get("session")))
    if session.completion or session.reopened is None:
        raise InvalidValue(
            f"{session.id} has changed since it was reopened", f"see what it is now: pr-sessions show {session.id}"
        )
    current = change.current()
    at = max(change.now, session.reopened.at + timedelta(microseconds=1))
    ended = advance(session, CompletionAsked(at, Trigger.MANUAL_CLI), change.policy)
    here = {"worktree": worktree} if current and current.session.id == session.id else {}
    end = write_time(ended.completion.at) if ended.completion and ended.completion.at else None
    change.sessions = change.sessions.put(ended)
    change.note("undo", _REASON, session=session.id, end=end, undoes=entry.id, **here)
    return ended


def _reopen(change: Change, entry: AuditEntry, worktree: str) -> Session:
    session = existing(change.sessions, str(entry.details.get("session")))
    end = session.completion
    if end is None or end.inferred or (end.at and write_time(end.at)) != entry.details.get("end"):
        raise InvalidValue(
            f"{session.id} has changed since it was completed at {entry.details.get('end')}",
            f"see what it is now: pr-sessions show {session.id}",
        )
    reopened = corrections.reopen(session, change.by, change.now, change.policy)
    change.sessions = change.sessions.put(reopened)
    change.note("undo", _REASON, session=session.id, undoes=entry.id)
    last = reopened.latest
    # It becomes current again where it was, unless it has expired or another one is current by now.
    was_here = entry.details.get("worktree") == worktree
    if was_here and not reopened.completion and last and not change.current():
        change.set_current(Marker(reopened.id, reopened.author, reopened.started or last, last))
    return reopened


def read_absorbed(noted: Any) -> Absorbed | None:
    """Return what a merge noted of the session that it absorbed; `None` where that is missing, as in lines of 0.1.0."""
    try:
        absorbed = msgspec.convert(noted, Absorbed)
        for number in absorbed.prs:
            check_number(number)
    except (msgspec.ValidationError, InvalidValue):
        return None
    runs = [moment for run in absorbed.runs for moment in (run.started, run.last_activity)]
    end = absorbed.completion.at if absorbed.completion else None
    times = filter(None, (absorbed.started, absorbed.last_activity, end, *runs))
    return absorbed if all(moment.tzinfo for moment in times) else None
