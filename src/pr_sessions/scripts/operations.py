"""What the session manager does on a tracker; sessions go out as plain records."""

from datetime import datetime

from pr_sessions.errors import NotFound
from pr_sessions.scripts import console
from pr_sessions.scripts.sheet import plain_record
from pr_sessions.sessions.attribution import Situation, choose
from pr_sessions.sessions.completion import completion_reason
from pr_sessions.sessions.ids import new_id
from pr_sessions.sessions.lifecycle import TimePassed, advance, status
from pr_sessions.sessions.session import Facts, PullRequest, Session, Trigger
from pr_sessions.stores.records import Record, write_session
from pr_sessions.tracker import Tracker


def session_for(pull_request: PullRequest, at: datetime, tracker: Tracker) -> str:
    """The session by its mark, else the author's live one (of several the one with the latest work), else a new id."""
    book = tracker.book()
    choice = choose(book, pull_request, Situation(at=at), tracker.policy)
    if choice.session_id:
        return choice.session_id
    near = [s for s in map(book.get, choice.tried[-1].candidates if choice.tried else ()) if s]
    if near:
        return max(near, key=lambda s: (s.latest or at, s.id)).id
    return new_id(pull_request.author, at, lambda i: book.get(i) is not None)


def add(pull_request: PullRequest, at: datetime, named: str, tracker: Tracker) -> tuple[bool, str, Record]:
    """A caller that adds a pull request wants it in a session, whatever its title says."""
    added = tracker.record(pull_request, session_id=named or None, at=at, claims=False, sweeps=False).recorded
    if added.session is None:
        found = session_for(pull_request, at, tracker)
        added = tracker.record(pull_request, session_id=found, at=at, claims=False, sweeps=False).recorded
    if added.session is None:
        raise NotFound(f"pull request {pull_request.number} found no session")
    return added.verdict.is_auto, added.session.id, _record(added.session, tracker)


def should_complete(
    session_id: str, pull_request: PullRequest, at: datetime, tracker: Tracker
) -> tuple[bool, str | None]:
    """Whether a pull request, or the time that has passed until it, ends a session; and the trigger."""
    session = tracker.book().get(session_id)
    if session is None:
        return False, None
    facts = Facts(test_files_added=pull_request.test_files_added, docs_updated=pull_request.docs_updated)
    reason = completion_reason(pull_request.title, pull_request.body, facts, tracker.policy)
    if reason is None and advance(session, TimePassed(at), tracker.policy) is not session:
        reason = Trigger.TIMEOUT.value
    return reason is not None, reason


def complete(session_id: str, trigger: str, tracker: Tracker) -> Record:
    """Ends a session; that it was over before is said on stderr."""
    done = tracker.complete(session_id, trigger=trigger)
    end = done.session.completion
    if not done.asked and end and end.trigger != trigger:
        console.note(f"{done.session.id} was over before ({end.trigger})")
    return _record(done.session, tracker)


def overview(tracker: Tracker) -> Record:
    """Counts, the active sessions and the last ten completed."""
    book = tracker.book()
    active, completed = book.active_ids(), book.completed_ids()
    return {
        "active": len(active),
        "completed": len(completed),
        "active_sessions": {i: view(book[i], tracker) for i in active},
        "recent_completed": [view(book[i], tracker) for i in completed[-10:]],
    }


def one(session_id: str, tracker: Tracker) -> Record:
    """One session, or `{"error": ...}`."""
    session = tracker.book().get(session_id)
    return view(session, tracker) if session else {"error": f"no session {session_id[:60]}"}


def view(session: Session, tracker: Tracker) -> Record:
    """The session with the status that it has now."""
    return _record(session, tracker) | {"status": status(session, tracker.now(), tracker.policy).value}


def _record(session: Session, tracker: Tracker) -> Record:
    return plain_record(write_session(session, tracker.zone))
