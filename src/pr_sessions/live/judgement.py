"""One event judged: what every entrance of the gate works with."""

from datetime import datetime

from msgspec import Struct

from pr_sessions.forges.github.client import GitHub
from pr_sessions.forges.github.payload import Review
from pr_sessions.live.budget import Breach
from pr_sessions.live.event import Event
from pr_sessions.live.rebuild import Live
from pr_sessions.live.snapshot import Snapshot
from pr_sessions.live.view import SessionView
from pr_sessions.sessions.gate import Decision, Standing
from pr_sessions.sessions.policy import Policy


class Judgement(Struct, frozen=True, kw_only=True):
    """What an event comes to.

    Attributes:
        at: the time of looking.
        view: the pull request's session; `None` where it is in none.
        breaches: budgets that its agents exceed.
        reviews: of the pull request.
        requests: how many went to the forge.
    """

    event: Event
    at: datetime
    policy: Policy
    snapshot: Snapshot
    live: Live
    standing: Standing
    decision: Decision
    view: SessionView | None = None
    breaches: tuple[Breach, ...] = ()
    reviews: tuple[Review, ...] = ()
    requests: int = 0


async def judge(github: GitHub | None, event: Event, now: datetime) -> Judgement:
    """Reads what matters and decides. It never raises for what GitHub does: what cannot be read is a doubt.

    Args:
        github: `None` where there is no token: then nothing is asked, and the checks run.
        event: what happened.
        now: the time of looking.
    """
    raise NotImplementedError
