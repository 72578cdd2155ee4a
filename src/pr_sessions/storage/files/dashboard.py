"""Sessions of any collection in the form of the session file, as the original's dashboard reads them."""

from pr_sessions.core.collection import SessionCollection
from pr_sessions.core.models import Session
from pr_sessions.storage.files.codec import encode_session
from pr_sessions.storage.files.record_codec import Record


def session_record(session: Session) -> Record:
    """Return a session as the session file has it, without what only newer versions understand."""
    return encode_session(session)


def dashboard_document(sessions: SessionCollection, most: int) -> Record:
    """Return all active sessions by id, and the completed ones that ended last.

    Args:
        sessions: of one repository.
        most: how many completed ones.
    """
    newest = (sessions[session_id] for session_id in sessions.completed_ids()[-most:])
    return {
        "active_sessions": {session.id: encode_session(session) for session in sessions.active()},
        "completed_sessions": [encode_session(session) for session in newest],
    }
