"""One event judged: what every entrance of the gate works with."""

from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from pr_sessions.errors import UnreadableFile
from pr_sessions.forges.github.client import GitHub
from pr_sessions.forges.github.payload import Review
from pr_sessions.forges.github.requests import RUNNER
from pr_sessions.live.budget import Breach, breaches
from pr_sessions.live.reading.snapshots import MOST_PEOPLE, read_around
from pr_sessions.live.reading.team import team_policy
from pr_sessions.live.rebuild import Live, rebuild
from pr_sessions.live.runner.event import Event
from pr_sessions.live.snapshot import Snapshot
from pr_sessions.live.standings import standing
from pr_sessions.live.view import SessionView, view
from pr_sessions.sessions.gate import Decision, Reason, Standing, Why, decide
from pr_sessions.sessions.policy import Policy
from pr_sessions.stores.signatures import with_signatures

NO_TOKEN = "no token: GitHub cannot be asked"  # noqa: S105 - words, not a token


class Judgement(Struct, frozen=True, kw_only=True):
    """What an event comes to.

    Attributes:
        at: the time of looking.
        is_policy_known: whether the team's policy was read; else it is all defaults.
        view: the pull request's session; `None` where it is in none.
        breaches: budgets that its agents exceed.
        reviews: of the pull request.
        requests: how many went to the forge.
        app: the name of the App that is asked as, and that comments are written as.
    """

    event: Event
    at: datetime
    policy: Policy
    snapshot: Snapshot
    live: Live
    standing: Standing
    decision: Decision
    is_policy_known: bool = True
    view: SessionView | None = None
    breaches: tuple[Breach, ...] = ()
    reviews: tuple[Review, ...] = ()
    requests: int = 0
    app: str = RUNNER

    @property
    def doubts(self) -> tuple[str, ...]:
        """Everything that could not be found out, in words."""
        told = [reason.detail for reason in self.decision.reasons if reason.why is Why.DOUBT]
        return tuple(dict.fromkeys((*told, *self.snapshot.doubts)))


async def judge(github: GitHub | None, event: Event, now: datetime, most_people: int = MOST_PEOPLE) -> Judgement:
    """Reads what matters and decides. It never raises for what GitHub does: what cannot be read is a doubt.

    Args:
        github: `None` where there is no token: then nothing is asked, and the checks run.
        event: what happened.
        now: the time of looking.
        most_people: of how many it is asked whether they may write.
    """
    if github is None:
        judgement = _conclude(event, now, with_signatures(Policy(), None), _told_by(event))
        return replace(judgement, is_policy_known=False)
    before = github.wire.sent
    policy, doubts = await team_policy(github)
    snapshot = await read_around(github, event, policy, now, most_people)
    snapshot = replace(snapshot, doubts=(*doubts, *snapshot.doubts))
    judgement = _conclude(event, now, policy, snapshot)
    return replace(judgement, is_policy_known=not doubts, requests=github.wire.sent - before, app=github.app)


def _told_by(event: Event) -> Snapshot:
    """No more than the event itself tells."""
    one = event.pull_request
    known = {event.number: one} if one and one.pull_request.created else {}
    return Snapshot(repository=event.repository, pull_requests=known, doubts=(NO_TOKEN,))


def _conclude(event: Event, now: datetime, policy: Policy, snapshot: Snapshot) -> Judgement:
    try:
        return _judged(event, now, policy, snapshot)
    except UnreadableFile as error:
        # A session file is understood only where somebody looks into it.
        return _judged(event, now, policy, snapshot.without_document(error))


def _judged(event: Event, now: datetime, policy: Policy, snapshot: Snapshot) -> Judgement:
    number, live = event.number, rebuild(snapshot, policy, now)
    reviews = snapshot.reviews.get(number, ())
    stands = standing(number, snapshot, live, policy, now, event=event, reviews=reviews)
    home = live.home(number)
    return Judgement(
        event=event,
        at=now,
        policy=policy,
        snapshot=snapshot,
        live=live,
        standing=stands,
        decision=decide(stands, policy) if number else _about_none(stands),
        view=view(home, snapshot, live, policy) if home else None,
        breaches=breaches(number, snapshot, live, policy),
        reviews=reviews,
    )


def _about_none(stands: Standing) -> Decision:
    """What is about no pull request postpones nothing, whatever else could be said of it."""
    return Decision(postpone=False, skip=False, reasons=(Reason(Why.EVENT, stands.event or "about no pull request"),))
