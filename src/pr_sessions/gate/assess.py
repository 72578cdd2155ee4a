"""Assess one event: fetch what matters, rebuild the sessions, and decide whether the checks may wait."""

from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from pr_sessions.config.cache import load_ruleset
from pr_sessions.core.gate import Decision, PullRequestStatus, Reason, Why, decide
from pr_sessions.core.policy import Policy, Ruleset
from pr_sessions.forges.base import RUNNER, ForgeReader, Review
from pr_sessions.gate.commands import CommentReader
from pr_sessions.gate.event import Event
from pr_sessions.gate.fetch import MOST_PEOPLE, fetch_for_event, fetch_ruleset
from pr_sessions.gate.file_lists import FileLists
from pr_sessions.gate.rebuild import OUTSIDER, RebuiltSessions, Snapshot, is_from_outsider, rebuild
from pr_sessions.gate.status import Breach, SessionView, breaches, pull_request_status, view

NO_TOKEN = "no token: GitHub cannot be asked"  # noqa: S105 - words, not a token


class Assessment(Struct, frozen=True, kw_only=True):
    """An event, what was fetched for it, and the decision about its checks.

    Attributes:
        at: the time of the assessment.
        rules: the team's.
        is_policy_known: whether the team's policy was read; else it is all defaults.
        view: the pull request's session; `None` where it is in none.
        breaches: budgets that its agents exceed.
        reviews: of the pull request.
        requests: how many were sent to the forge.
        app: the name of the App that we fetch and write comments as.
    """

    event: Event
    at: datetime
    rules: Ruleset
    snapshot: Snapshot
    rebuilt: RebuiltSessions
    status: PullRequestStatus
    decision: Decision
    is_policy_known: bool = True
    view: SessionView | None = None
    breaches: tuple[Breach, ...] = ()
    reviews: tuple[Review, ...] = ()
    requests: int = 0
    app: str = RUNNER

    @property
    def policy(self) -> Policy:
        """Return the team's settings."""
        return self.rules.policy

    @property
    def unknowns(self) -> tuple[str, ...]:
        """Return everything that could not be found out, in words."""
        deciding = [reason.detail for reason in self.decision.reasons if reason.why is Why.UNKNOWN]
        return tuple(dict.fromkeys((*deciding, *self.snapshot.unknowns)))


async def assess_event(forge: ForgeReader | None, event: Event, now: datetime) -> Assessment:
    """Decide about the event that started a job, and fetch no more than that takes.

    A fork's event needs nothing: its checks run whatever the repository holds. A comment or review of somebody without
    write access counts for nothing, and takes one request.
    """
    if event.is_of_fork:
        return _without_fetching(event, now, _snapshot_of(event), Why.EVENT, Why.FORK)
    before = forge.requests_sent if forge else 0
    if forge and await is_from_outsider(forge, event):
        event = replace(event, problem=OUTSIDER)
        assessment = _without_fetching(event, now, Snapshot(repository=event.repository), Why.EVENT)
    else:
        assessment = await assess(forge, event, now)
    return replace(assessment, requests=forge.requests_sent - before) if forge else assessment


async def assess(
    forge: ForgeReader | None,
    event: Event,
    now: datetime,
    most_people: int = MOST_PEOPLE,
    reader: CommentReader | None = None,
    lists: FileLists | None = None,
) -> Assessment:
    """Fetch what matters and decide. It never raises for what GitHub does: what cannot be read is an unknown.

    Args:
        forge: `None` where there is no token: then nothing is fetched, and the checks run.
        event: what happened.
        now: the time of the assessment.
        most_people: how many people's write access is checked at most.
        reader: of the job's comments; a new one if not given.
        lists: of files, the job's; new ones if not given.
    """
    if forge is None:
        snapshot = replace(_snapshot_of(event), unknowns=(NO_TOKEN,))
        return _assess_snapshot(event, now, snapshot)
    before = forge.requests_sent
    rules, unknowns = await fetch_ruleset(forge)
    snapshot, rebuilt = await fetch_for_event(forge, event, rules, now, most_people, reader, lists)
    snapshot = replace(snapshot, unknowns=(*unknowns, *snapshot.unknowns))
    assessment = _assess_rebuilt(event, now, rules, snapshot, rebuilt)
    requests = forge.requests_sent - before
    return replace(assessment, is_policy_known=not unknowns, requests=requests, app=forge.app)


def _snapshot_of(event: Event) -> Snapshot:
    """Return what the event itself reports."""
    pr = event.pull_request
    prs = {event.number: pr} if pr and pr.pull_request.created else {}
    return Snapshot(repository=event.repository, pull_requests=prs)


def _without_fetching(event: Event, now: datetime, snapshot: Snapshot, *why: Why) -> Assessment:
    """Return an assessment by which the checks run for these reasons alone: what was not fetched is no reason."""
    assessment = _assess_snapshot(event, now, snapshot)
    reasons = tuple(reason for reason in assessment.decision.reasons if reason.why in why)
    return replace(assessment, decision=replace(assessment.decision, reasons=reasons))


def _assess_snapshot(event: Event, now: datetime, snapshot: Snapshot) -> Assessment:
    """Return an assessment by the default rules: the team's were not fetched."""
    rules = load_ruleset(Policy(), None)
    return replace(_assess_rebuilt(event, now, rules, snapshot, rebuild(snapshot, rules, now)), is_policy_known=False)


def _assess_rebuilt(
    event: Event, now: datetime, rules: Ruleset, snapshot: Snapshot, rebuilt: RebuiltSessions
) -> Assessment:
    policy, number = rules.policy, event.number
    reviews = snapshot.reviews.get(number, ())
    status = pull_request_status(number, snapshot, rebuilt, policy, now, event=event, reviews=reviews)
    if number:
        decision = decide(status, policy)
    else:
        # An event without a pull request postpones nothing, whatever else could be said of it.
        reason = Reason(Why.EVENT, status.event or "about no pull request")
        decision = Decision(postpone=False, skip=False, reasons=(reason,))
    session = rebuilt.session_of(number)
    return Assessment(
        event=event,
        at=now,
        rules=rules,
        snapshot=snapshot,
        rebuilt=rebuilt,
        status=status,
        decision=decision,
        view=view(session, snapshot, rebuilt, policy) if session else None,
        breaches=breaches(number, snapshot, rebuilt, policy),
        reviews=reviews,
    )
