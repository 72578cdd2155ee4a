"""What a session's agent does now, by the word of a hook, a person or the forge."""

from datetime import datetime, timedelta

from pr_sessions.core.lifecycle import Phase, phase
from pr_sessions.core.models import Basis, Session, Trigger
from pr_sessions.core.open_pull_requests import Work
from pr_sessions.core.policy import Policy

# Clocks of two machines differ a little.
_SKEW = timedelta(minutes=5)


def work_of(session: Session, now: datetime, policy: Policy) -> Work:
    """Return what the agent of a session does.

    A timeout alone is no word: it says that nothing was heard.

    Args:
        session: as it is stored or rebuilt.
        now: UTC.
        policy: from when on a session is idle.
    """
    end = session.completion
    if end:
        return Work.UNKNOWN if end.inferred and end.trigger != Trigger.RUN_ENDED else Work.ENDED
    if not _has_hook(session) or session.latest is None or session.latest > now + _SKEW:
        return Work.UNKNOWN
    return Work.AT_WORK if phase(session, now, policy) is Phase.ACTIVE else Work.IDLE


def _has_hook(session: Session) -> bool:
    """Return whether a hook saw its agent. A run that only a pull request's text names was seen by none."""
    if session.runs and not session.inferred:
        return True
    placed = (record.attribution for record in session.pull_requests.values())
    return any(attribution.basis is Basis.HOOK for attribution in placed if attribution)
