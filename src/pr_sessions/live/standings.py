"""How a pull request stands before the gate. Pure."""

from collections.abc import Iterable
from datetime import datetime

from pr_sessions.forges.github.payload import Review
from pr_sessions.live.event import Event
from pr_sessions.live.rebuild import Live
from pr_sessions.live.snapshot import Snapshot
from pr_sessions.sessions.gate import Standing
from pr_sessions.sessions.policy import Policy

NO_SESSION = "no-session"


def standing(
    number: str,
    snapshot: Snapshot,
    live: Live,
    policy: Policy,
    now: datetime,
    *,
    event: Event | None = None,
    reviews: Iterable[Review] = (),
) -> Standing:
    """How a pull request stands.

    Args:
        number: one of the snapshot's, or one that it lacks: then everything about it is doubtful.
        snapshot: what the forge tells.
        live: the sessions that were put together from it.
        policy: timeout, and whether sessions run out.
        now: the time of looking.
        event: what happened to this very pull request.
        reviews: of it; those count that approve its last commit and whose author may write.
    """
    raise NotImplementedError
