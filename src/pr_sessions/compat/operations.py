"""What the session manager does on a tracker; sessions go out as plain records."""

from datetime import datetime
from functools import partial

from msgspec.structs import replace

from pr_sessions.compat import console
from pr_sessions.compat.sheet import plain_record
from pr_sessions.core.attribution import AttributionContext, choose
from pr_sessions.core.completion import completion_reason
from pr_sessions.core.detection import detect
from pr_sessions.core.ids import new_id
from pr_sessions.core.lifecycle import TimePassed, advance, status
from pr_sessions.core.models import PullRequest, PullRequestRecord, Session, Trigger
from pr_sessions.errors import NotFound
from pr_sessions.storage.files.collection import in_files
from pr_sessions.storage.files.record_codec import Record
from pr_sessions.tracker import Tracker


def session_for(pull_request: PullRequest, at: datetime, tracker: Tracker) -> str:
    """Return the session by its mark, else the author's live one (of several the latest one), else a new id."""
    collection = tracker.sessions()
    seen = replace(pull_request, agents=detect(pull_request, tracker.rules).agents)
    result = choose(collection, seen, AttributionContext(at=at), tracker.policy)
    if result.session_id:
        return result.session_id
    near = [s for s in map(collection.get, result.candidates[-1].candidates if result.candidates else ()) if s]
    if near:
        return max(near, key=lambda s: (s.latest or at, s.id)).id
    return new_id(pull_request.author, at, lambda i: collection.get(i) is not None)


def add(pull_request: PullRequest, at: datetime, named: str, tracker: Tracker) -> tuple[bool, str, Record]:
    """Add a pull request to a session, whatever its title says; return whether it is automatic, the id, the session."""
    record = partial(tracker.record, pull_request, at=at, use_workspace_session=False, complete_expired=False)
    added = record(session_id=named or None).recorded
    if added.session is None:
        added = record(session_id=session_for(pull_request, at, tracker)).recorded
    if added.session is None:
        raise NotFound(f"pull request {pull_request.number} found no session")
    return added.verdict.is_auto, added.session.id, _record(added.session, tracker)


def should_complete(
    session_id: str, pull_request: PullRequest, at: datetime, tracker: Tracker
) -> tuple[bool, str | None]:
    """Return whether a pull request, or the time that has passed until it, ends a session; and the trigger."""
    session = tracker.sessions().get(session_id)
    if session is None:
        return False, None
    record = PullRequestRecord(test_files_added=pull_request.test_files_added, docs_updated=pull_request.docs_updated)
    reason = completion_reason(pull_request.title, pull_request.body, record, tracker.policy)
    if reason is None and advance(session, TimePassed(at), tracker.policy) is not session:
        reason = Trigger.TIMEOUT.value
    return reason is not None, reason


def complete(session_id: str, trigger: str, tracker: Tracker) -> Record:
    """End a session; note on stderr where it was over before."""
    done = tracker.complete(session_id, trigger=trigger)
    end = done.session.completion
    if not done.asked and end and end.trigger != trigger:
        console.note(f"{done.session.id} was over before ({end.trigger})")
    return _record(done.session, tracker)


def overview(tracker: Tracker) -> Record:
    """Return counts, the active sessions and the last ten completed."""
    collection = tracker.sessions()
    active, completed = collection.active_ids(), collection.completed_ids()
    return {
        "active": len(active),
        "completed": len(completed),
        "active_sessions": {i: view(collection[i], tracker) for i in active},
        "recent_completed": [view(collection[i], tracker) for i in completed[-10:]],
    }


def one(session_id: str, tracker: Tracker) -> Record:
    """Return one session, or `{"error": ...}`."""
    session = tracker.sessions().get(session_id)
    return view(session, tracker) if session else {"error": f"no session {session_id[:60]}"}


def view(session: Session, tracker: Tracker) -> Record:
    """Return the session with the status that it has now."""
    return _record(session, tracker) | {"status": status(session, tracker.now(), tracker.policy).value}


def _record(session: Session, tracker: Tracker) -> Record:
    return plain_record(in_files(tracker.sessions()).entry_of(session.id).raw)
