"""Operations that correct sessions. Each one names the viewer in the audit log."""

from pr_sessions.core.models import Trigger
from pr_sessions.server.api import requests, samples, schemas
from pr_sessions.server.api.operations import Call, Operation
from pr_sessions.server.viewer import Right
from pr_sessions.tracker.corrections import Moved

_PULL_REQUEST = "/repositories/{owner}/{name}/pull-requests/{number}"
_SESSION = "/repositories/{owner}/{name}/sessions/{session_id}"


def link(call: Call, where: requests.OnePullRequest, into: requests.IntoSession) -> schemas.Moved:
    """Put a pull request into a session; it may not be recorded yet."""
    repository, number = call.repository(where), requests.number_of(where.number)
    tracker = call.tracker(repository)
    return _moved(repository, tracker.link(number, into.session_id, by=call.viewer.name))


def unlink(call: Call, where: requests.OnePullRequest, _: requests.Nothing) -> schemas.Moved:
    """Take a pull request out of its session."""
    repository, number = call.repository(where), requests.number_of(where.number)
    return _moved(repository, call.tracker(repository).unlink(number, by=call.viewer.name))


def move(call: Call, where: requests.OnePullRequest, to: requests.MoveTo) -> schemas.Moved:
    """Move a pull request into another session, or into a new one."""
    repository, number = call.repository(where), requests.number_of(where.number)
    return _moved(repository, call.tracker(repository).move(number, to.session_id, by=call.viewer.name))


def merge(call: Call, where: requests.OneSession, into: requests.MergeWith) -> schemas.MergedSessions:
    """Make two sessions one, under the id that sorts first."""
    repository = call.repository(where)
    merged = call.tracker(repository).merge(where.session_id, into.session_id, by=call.viewer.name)
    return schemas.MergedSessions(
        repository=repository,
        session_id=merged.session.id,
        absorbed=merged.absorbed if merged.changed else None,
        by=merged.by,
        changed=merged.changed,
    )


def complete(call: Call, where: requests.OneSession, _: requests.Nothing) -> schemas.CompletedSession:
    """End a session. One that has expired keeps its timeout."""
    repository = call.repository(where)
    done = call.tracker(repository).complete(where.session_id, trigger=Trigger.MANUAL, by=call.viewer.name)
    end = done.session.completion
    return schemas.CompletedSession(
        repository=repository,
        session_id=done.session.id,
        completed=end.at if end else None,
        completion_trigger=end.trigger if end else None,
        changed=done.asked,
    )


def undo(call: Call, where: requests.OneRepository, of: requests.UndoOf) -> schemas.UndoneAnswer:
    """Undo a correction or a requested completion."""
    repository = call.repository(where)
    undone = call.tracker(repository).undo(of.entry, by=call.viewer.name)
    return schemas.UndoneAnswer(
        repository=repository, undid=undone.entry.id, operation=undone.entry.operation, by=call.viewer.name
    )


def _moved(repository: str, moved: Moved) -> schemas.Moved:
    return schemas.Moved(
        repository=repository,
        number=moved.number,
        before=moved.before,
        session_id=moved.after,
        by=moved.by,
        changed=moved.changed,
    )


OPERATIONS = (
    Operation(
        id="link_pull_request",
        method="POST",
        path=f"{_PULL_REQUEST}/link",
        tag="corrections",
        summary="Put a pull request into a session",
        right=Right.WRITE,
        params=requests.OnePullRequest,
        body=requests.IntoSession,
        answer=schemas.Moved,
        run=link,
        revision=True,
        example=samples.MOVED,
        sample=requests.IntoSession(session_id="cursor-20251122-1000"),
    ),
    Operation(
        id="unlink_pull_request",
        method="POST",
        path=f"{_PULL_REQUEST}/unlink",
        tag="corrections",
        summary="Take a pull request out of its session",
        right=Right.WRITE,
        params=requests.OnePullRequest,
        body=requests.Nothing,
        answer=schemas.Moved,
        run=unlink,
        revision=True,
        example=samples.MOVED,
        sample=requests.Nothing(),
    ),
    Operation(
        id="move_pull_request",
        method="POST",
        path=f"{_PULL_REQUEST}/move",
        tag="corrections",
        summary="Move a pull request into another session, or into a new one",
        right=Right.WRITE,
        params=requests.OnePullRequest,
        body=requests.MoveTo,
        answer=schemas.Moved,
        run=move,
        revision=True,
        example=samples.MOVED,
        sample=requests.MoveTo(session_id="cursor-20251122-1000"),
    ),
    Operation(
        id="merge_sessions",
        method="POST",
        path=f"{_SESSION}/merge",
        tag="corrections",
        summary="Make two sessions one",
        right=Right.WRITE,
        params=requests.OneSession,
        body=requests.MergeWith,
        answer=schemas.MergedSessions,
        run=merge,
        revision=True,
        example=samples.MERGED,
        sample=requests.MergeWith(session_id="cursor-20251122-1200"),
    ),
    Operation(
        id="complete_session",
        method="POST",
        path=f"{_SESSION}/complete",
        tag="corrections",
        summary="End a session",
        right=Right.WRITE,
        params=requests.OneSession,
        body=requests.Nothing,
        answer=schemas.CompletedSession,
        run=complete,
        revision=True,
        example=samples.COMPLETED,
        sample=requests.Nothing(),
    ),
    Operation(
        id="undo_correction",
        method="POST",
        path="/repositories/{owner}/{name}/undo",
        tag="corrections",
        summary="Undo a correction or a requested completion",
        right=Right.WRITE,
        params=requests.OneRepository,
        body=requests.UndoOf,
        answer=schemas.UndoneAnswer,
        run=undo,
        revision=True,
        example=samples.UNDONE,
        sample=requests.UndoOf(entry="20251122T110000-1"),
    ),
)
