"""`pr-sessions explain`, and `pr-sessions classify`, which explains one that is not recorded."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import click

from pr_sessions.cli import options, pull_request_options
from pr_sessions.core.explain import Explanation, not_asked
from pr_sessions.core.ids import repository_of
from pr_sessions.core.inference import Group, Learnt
from pr_sessions.core.models import Basis, PullRequest, PullRequestRecord, Session
from pr_sessions.core.recorded_inference import infer_recorded, is_alone
from pr_sessions.core.runs import agents_with_ids
from pr_sessions.core.summary import SessionSummary
from pr_sessions.errors import NotFound
from pr_sessions.render import screen, terminal
from pr_sessions.render.explanation import attribution_clause, evidence_clauses, explanation_lines, no_session_clause
from pr_sessions.render.json import evidence_json, explanation_json, inferred_json, session_json
from pr_sessions.render.sessions import session_name
from pr_sessions.tracker import Tracker


@click.command("explain")
@click.argument("pr", type=options.Number())
@options.as_json
def explain_command(pr: str, json: bool) -> None:
    r"""Explain why a pull request is in its session.

    The same as `pr-sessions show PR --why`.

    \b
    Examples:
      pr-sessions explain 42
    """
    explain(options.tracker(), pr, as_json=json)


def explain(tracker: Tracker, pr: str, *, as_json: bool) -> None:
    """Print why a pull request is in its session.

    Raises:
        NotFound: nothing is known of it.
    """
    explanation = _explanation(tracker, pr)
    session = explanation.session
    summary = SessionSummary(session, tracker.policy, tracker.now()) if session else None
    data = {
        "pr_number": pr,
        "session_id": session.id if session else None,
        "is_auto": explanation.is_auto,
        **explanation_json(explanation),
        "session": session_json(summary) if summary else None,
        "aliases": list(session.aliases) if session else [],
        "unattributed": None if session else no_session_clause(explanation),
        "inferred": inferred_json(*explanation.inferred) if explanation.inferred else None,
    }
    screen.show(data, explanation_lines(explanation, summary), as_json=as_json)


def _explanation(tracker: Tracker, number: str) -> Explanation:
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
    """Return its session, if any, and what is kept of it, which is nothing where an old file only lists it."""
    try:
        session = tracker.find(number)
    except NotFound:
        record = tracker.sessions().unattributed(number)
        if record is None:
            raise
        return None, record
    return session, session.pull_requests.get(number, PullRequestRecord())


@click.command("classify")
@click.option("--pr-number", type=options.Number(), required=True, help="Its number.")
@pull_request_options.description
@options.at
@options.as_json
def classify_command(pr_number: str, at: datetime | None, json: bool, **values: Any) -> None:
    r"""Classify a pull request as automatic or not. Stores nothing.

    \b
    Examples:
      pr-sessions classify --pr-number 42 --title "auto-pr: fix" --author cursor-bot
    """
    checked = options.tracker().check(pull_request_options.pull_request(pr_number, **values), at)
    explanation = Explanation(
        number=pr_number,
        is_auto=checked.verdict.is_auto,
        evidence=checked.verdict.evidence,
        session=checked.session,
        attribution=checked.result.attribution,
        equal_matches=checked.result.candidates[-1].candidates if checked.result.ambiguous else (),
    )
    data = {
        "is_auto_pr": explanation.is_auto,
        "should_skip_scoring": explanation.is_auto,
        "session_id": explanation.session_id,
        "evidence": evidence_json(explanation.evidence),
    }
    terminal.show(data, _classified_lines(explanation), as_json=json)


def _classified_lines(explanation: Explanation) -> Iterator[str]:
    yield f"Pull request {explanation.number} is {'automatic' if explanation.is_auto else 'not automatic'}."
    yield from (f"  {clause}" for clause in evidence_clauses(explanation.evidence))
    if explanation.session:
        yield f"Its session: {session_name(explanation.session)}"
        yield f"  {attribution_clause(explanation.attribution)}"
    elif explanation.is_auto:
        yield f"It fits no session: {no_session_clause(explanation)}"
