"""Survey what is open on a forge: the sessions of agents, what to review first, what to know before. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

from msgspec.structs import replace

from pr_sessions.core.agents import Involvement
from pr_sessions.core.explain import Explanation, explain_recorded
from pr_sessions.core.gate import Decision, decide
from pr_sessions.core.ids import number_order
from pr_sessions.core.lifecycle import Phase, phase, runs_out
from pr_sessions.core.models import Session, State, in_stack
from pr_sessions.core.overlaps import overlaps, overlaps_of
from pr_sessions.core.policy import Policy
from pr_sessions.core.relations import agent_counts, stacks
from pr_sessions.gate.assess import Assessment
from pr_sessions.gate.rebuild import RebuiltSessions, Snapshot
from pr_sessions.gate.status import Breach, as_historic, breaches, pull_request_status
from pr_sessions.look.survey import (
    Closeup,
    PullRequestGroup,
    Survey,
    SurveyedPullRequest,
    chains_by_number,
    reviewable,
)

_NEVER = datetime.max.replace(tzinfo=UTC)


def survey_assessed(assessment: Assessment) -> Closeup:
    """Return the pull request of an assessment, which may be closed, and what is open around it."""
    number, snapshot, rebuilt = assessment.event.number, assessment.snapshot, assessment.rebuilt
    survey = survey_rebuilt(snapshot, rebuilt, assessment.policy, assessment.at)
    pull_request = survey.pull_requests.get(number) or _surveyed(number, snapshot, rebuilt, at_opening=None)
    historic = [as_historic(snapshot.pull_requests[each], snapshot) for each in survey.pull_requests]
    return Closeup(
        pull_request=pull_request,
        survey=survey,
        overlaps=overlaps_of({number}, historic, survey.stacks),
        state=snapshot.pull_requests[number].pull_request.state,
        is_trusted=assessment.status.trusted,
        decision=assessment.decision,
        unknowns=snapshot.unknowns,
    )


def survey_rebuilt(snapshot: Snapshot, rebuilt: RebuiltSessions, policy: Policy, now: datetime) -> Survey:
    """Return what is open, in order. The cost grows with the number of open pull requests, and not with its square.

    Sessions that have ended stand before those that go on, then those with the most open pull requests, then those that
    wait longest. Stacks: the longest first.

    Args:
        snapshot: at least all that is open.
        rebuilt: the sessions that were rebuilt from it.
        policy: timeout, budget, and what the gate never postpones.
        now: the time of the survey.
    """
    # What could not be read of one of them says nothing about the others.
    certain = replace(snapshot, unknowns=())
    opened = (n for n, pr in snapshot.pull_requests.items() if pr.pull_request.state is State.OPEN)
    shown = {
        number: _surveyed(number, certain, rebuilt, decision_at_opening(number, certain, rebuilt, policy, now))
        for number in sorted(opened, key=number_order)
    }
    historic = [as_historic(snapshot.pull_requests[number], snapshot) for number in shown]
    chains = stacks(historic)
    session_of = {number: pr.explanation.session_id for number, pr in shown.items() if pr.explanation.session_id}
    shared_files = overlaps(historic, session_of, chains)
    pairs = shared_files.pairs
    by_number = chains_by_number(chains)
    collisions = {pair.numbers for pair in pairs if _collide(*(shown[number] for number in pair.numbers))}
    sessions = {pr.explanation.session.id: pr.explanation.session for pr in shown.values() if pr.explanation.session}
    in_none = {number: pr for number, pr in shown.items() if not pr.explanation.session}
    others = [pr for number, pr in in_none.items() if _is_without_sign(pr) and number not in rebuilt.excluded]
    unread = sum(pr.files is None for pr in shown.values())
    unknowns = (f"the files of {unread} of them are not known: they collide with nothing here",) if unread else ()
    groups = [_session_group(session, shown, by_number, policy, now) for session in sessions.values()]
    return Survey(
        repository=snapshot.repository,
        at=now,
        pull_requests=shown,
        sessions=tuple(sorted(groups, key=_review_rank)),
        unattributed=tuple(n for n, pr in in_none.items() if pr.is_auto and n not in rebuilt.excluded),
        excluded=tuple(n for n in in_none if n in rebuilt.excluded),
        not_automatic=_by_author(others),
        agents=agent_counts(agent for pr in shown.values() for agent in pr.agents),
        shared_files=shared_files,
        collisions=tuple(pair for pair in pairs if pair.numbers in collisions),
        overlaps=tuple(pair for pair in pairs if pair.numbers not in collisions),
        stacks=tuple(sorted(chains, key=len, reverse=True)),
        breaches=_breaches(shown.values(), snapshot, rebuilt, policy),
        unknowns=(*snapshot.unknowns, *unknowns),
    )


def decision_at_opening(
    number: str, snapshot: Snapshot, rebuilt: RebuiltSessions, policy: Policy, now: datetime
) -> Decision:
    """Return what the gate would have decided when the pull request was opened, as far as that is known today.

    The sessions are not rebuilt as of then, which for all open ones would cost their square: its session of today
    counts, as one that went on unless somebody had ended it by then; a session cannot have run out when a pull request
    of it was opened. Nobody had approved, and auto-merge was off. Files, labels, and who may write are those of today.

    Args:
        number: an open one of the snapshot's.
        snapshot: what the forge reports.
        rebuilt: the sessions that were rebuilt from it.
        policy: what is never postponed.
        now: the time of the survey.
    """
    today = pull_request_status(number, snapshot, rebuilt, policy, now)
    opened, session = snapshot.pull_requests[number].pull_request.created, rebuilt.session_of(number)
    # A person, or the pull request itself, may have ended the session by then.
    ends = (end for end in session.ends if not end.inferred) if session else ()
    trigger = next((end.trigger for end in ends if opened is None or not end.is_after(opened)), None)
    is_active = session is not None and trigger is None
    then = replace(today, is_session_active=is_active, is_session_quiet=False, trigger=trigger, approved=False)
    return decide(replace(then, state=State.OPEN, ready=False, auto_merge=False), policy)


def _surveyed(
    number: str, snapshot: Snapshot, rebuilt: RebuiltSessions, at_opening: Decision | None
) -> SurveyedPullRequest:
    reported, recorded = snapshot.pull_requests[number], rebuilt.recorded.get(number)
    pr, files = reported.pull_request, snapshot.files.get(number)
    explanation = explain_recorded(recorded) if recorded else Explanation(number=number)
    return SurveyedPullRequest(
        explanation=replace(explanation, session=rebuilt.session_of(number)),
        title=pr.title,
        author=pr.author,
        opened=pr.created,
        branch=pr.branch,
        base=pr.base,
        stack=in_stack(pr.stack),
        files=None if files is None else tuple(file.filename for file in files),
        is_draft=reported.is_draft,
        is_fork=reported.is_fork,
        at_opening=at_opening,
    )


def _is_without_sign(pr: SurveyedPullRequest) -> bool:
    """Return whether neither a mark of the team's nor a sign of an agent was found."""
    return not pr.is_auto and pr.involvement is Involvement.NO_SIGN


def _session_group(
    session: Session,
    shown: Mapping[str, SurveyedPullRequest],
    chains: Mapping[str, Sequence[Sequence[str]]],
    policy: Policy,
    now: datetime,
) -> PullRequestGroup:
    prs = [shown[number] for number in session.prs if number in shown]
    group = PullRequestGroup(
        session_id=session.id,
        author=session.author,
        started=session.started,
        latest=session.latest,
        prs=session.prs,
        oldest=min((pr.opened for pr in prs if pr.opened), default=None),
        goes_on=phase(session, now, policy) in (Phase.ACTIVE, Phase.WARNING),
        ended=session.completion.at if session.completion else None,
        trigger=session.completion.trigger if session.completion else None,
        ends=runs_out(session, policy),
    )
    return reviewable(group, prs, chains)


def _review_rank(group: PullRequestGroup) -> tuple[bool, int, datetime, str]:
    """Sort the sessions: one that does not go on gets no more pull requests, so its review can begin."""
    return group.goes_on, -len(group.review), group.oldest or _NEVER, group.session_id or ""


def _collide(first: SurveyedPullRequest, second: SurveyedPullRequest) -> bool:
    """Return whether an agent may undo the work of somebody else."""
    apart = (first.explanation.session_id, first.who) != (second.explanation.session_id, second.who)
    return apart and (first.is_auto or second.is_auto)


def _by_author(prs: Iterable[SurveyedPullRequest]) -> tuple[PullRequestGroup, ...]:
    """Return a group for each author, the one with the most pull requests first."""
    numbers: dict[str, list[str]] = {}
    for pr in prs:
        numbers.setdefault(pr.author, []).append(pr.number)
    groups = (PullRequestGroup(author=author, prs=tuple(prs)) for author, prs in numbers.items())
    return tuple(sorted(groups, key=lambda group: (-len(group.prs), group.author)))


def _breaches(
    prs: Iterable[SurveyedPullRequest], snapshot: Snapshot, rebuilt: RebuiltSessions, policy: Policy
) -> tuple[Breach, ...]:
    """Return the budgets that are exceeded, the most exceeded first."""
    if policy.open_budget is None:
        return ()
    openers = {pr.who: pr.number for pr in prs if pr.is_auto}
    exceeded = {breach for number in openers.values() for breach in breaches(number, snapshot, rebuilt, policy)}
    return tuple(sorted(exceeded, key=lambda breach: (-breach.open, breach.agent)))
