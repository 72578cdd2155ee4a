"""`pr-sessions explain`, and `pr-sessions classify`, which explains one that is not recorded."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import click

from pr_sessions.cli import options, pull_request_options
from pr_sessions.core.explain import Explanation
from pr_sessions.core.summary import SessionSummary
from pr_sessions.look.explanation import explain_stored
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
    explanation = explain_stored(tracker, pr)
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
