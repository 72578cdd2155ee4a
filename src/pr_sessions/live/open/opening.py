"""Whether the checks of a pull request could have waited when it was opened. Pure."""

from datetime import datetime

from msgspec.structs import replace

from pr_sessions.live.rebuild import Live
from pr_sessions.live.snapshot import Snapshot
from pr_sessions.live.standings import standing
from pr_sessions.sessions.gate import Decision, decide
from pr_sessions.sessions.policy import Policy
from pr_sessions.sessions.session import Session, State


def decision_at_opening(number: str, snapshot: Snapshot, live: Live, policy: Policy, now: datetime) -> Decision:
    """What the gate would have said when the pull request was opened, as far as that can be told from today.

    Nothing is put together again as of then, which for all open ones would cost their square: its session of today
    counts, as one that went on unless somebody had ended it by then; a session cannot have run out when a pull request
    of it was opened. Nobody had approved, and auto-merge was off. Files, labels, and who may write are those of today.

    Args:
        number: an open one of the snapshot's.
        snapshot: what the forge tells.
        live: the sessions that were put together from it.
        policy: what is never postponed.
        now: the time of looking.
    """
    today = standing(number, snapshot, live, policy, now)
    opened = snapshot.pull_requests[number].pull_request.created
    home = live.home(number)
    trigger = _ended_by_then(home, opened) if home else None
    goes_on = home is not None and trigger is None
    then = replace(today, live=goes_on, trigger=trigger, approved=False, ready=False, auto_merge=False)
    return decide(replace(then, state=State.OPEN), policy)


def _ended_by_then(session: Session, opened: datetime | None) -> str | None:
    """Why somebody had ended it, the pull request itself included."""
    asked = (end for end in session.ends if not end.inferred)
    return next((end.trigger for end in asked if opened is None or end.at <= opened), None)
