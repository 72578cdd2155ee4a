"""Why a stored pull request is in its session: what is kept of it, and what every basis says of it now."""

from pr_sessions.core.explain import Explanation, not_asked
from pr_sessions.core.ids import repository_of
from pr_sessions.core.inference import Group, Learnt
from pr_sessions.core.models import Basis, PullRequest, PullRequestRecord, Session
from pr_sessions.core.recorded_inference import infer_recorded, is_alone
from pr_sessions.core.runs import agents_with_ids
from pr_sessions.errors import NotFound
from pr_sessions.tracker import Tracker


def explain_stored(tracker: Tracker, number: str) -> Explanation:
    """Return why a pull request is in its session, or in none, by what is stored and known now.

    Raises:
        NotFound: nothing is known of it.
    """
    session, record = known(tracker, number)
    # Title, body and commit messages are not kept.
    pull_request = PullRequest(
        number=number,
        author=record.author,
        branch=record.branch,
        agents=record.agents,
        commits=record.commits,
        stack=record.stack,
    )
    reported_at = record.created or min(record.reported_at.values(), default=None)
    attribution = record.attribution
    at = attribution.at if attribution else reported_at
    candidates = tracker.candidates(pull_request, at, agent_alone=record.verdict.is_agents_alone)
    is_taken_out = attribution is not None and attribution.basis is Basis.MANUAL
    checked = None if session or is_taken_out else tracker.check(pull_request, reported_at)
    return Explanation(
        number=number,
        is_auto=record.is_auto,
        evidence=record.evidence,
        agents=agents_with_ids(record.agents, tracker.run_ids()),
        session=session,
        attribution=attribution,
        candidates=candidates,
        not_asked=not_asked(record),
        equal_matches=checked.result.candidates[-1].candidates if checked and checked.result.ambiguous else (),
        would_join=checked.session.id if checked and checked.session else "",
        inferred=_inferred(tracker, number, session, record),
    )


def _inferred(
    tracker: Tracker, number: str, session: Session | None, record: PullRequestRecord
) -> tuple[Group, Learnt] | None:
    """Return with which others a pull request is read as one session, and by which rule; `None` for nothing to infer.

    Args:
        tracker: all that it stores is read, but only for one that nothing certain puts anywhere.
        number: of the pull request.
        session: the one that holds it.
        record: what is kept of it.
    """
    if not is_alone(number, record, session):
        return None
    sessions = tracker.sessions()
    inference = infer_recorded(sessions, sessions.all_unattributed(), tracker.policy, repository_of(number))
    group = inference.group_of(number)
    return (group, inference.learnt) if group else None


def known(tracker: Tracker, number: str) -> tuple[Session | None, PullRequestRecord]:
    """Return a pull request's session, if any, and what is kept of it: nothing where an old file only lists it.

    Raises:
        NotFound: nothing is known of it.
    """
    try:
        session = tracker.find(number)
    except NotFound:
        record = tracker.sessions().unattributed(number)
        if record is None:
            raise
        return None, record
    return session, session.pull_requests.get(number, PullRequestRecord())
