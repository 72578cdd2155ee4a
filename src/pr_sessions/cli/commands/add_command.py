"""`pr-sessions add`."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import click

from pr_sessions.cli import options, pull_request_options
from pr_sessions.core.explain import NO_REASON, explain_recorded
from pr_sessions.core.models import State
from pr_sessions.core.summary import SessionSummary
from pr_sessions.core.visible_text import one_line
from pr_sessions.render import terminal
from pr_sessions.render.explanation import evidence_clauses, no_session_clause
from pr_sessions.render.json import attribution_json, evidence_json, session_json
from pr_sessions.render.sessions import completed_note, describe_status, session_name
from pr_sessions.tracker import Added


@click.command("add")
@click.argument("pr", type=options.Number(acts=True))
@pull_request_options.description
@click.option("--tests", type=pull_request_options.COUNT, metavar="N", help="Number of test files that it adds.")
@click.option("--docs/--no-docs", default=None, help="Whether it touches documentation.")
@click.option("--state", type=click.Choice([state.value for state in State]), help="Its state on the forge.")
@click.option("--base", help="Its target branch.")
@click.option(
    "--session",
    "session_id",
    type=options.SessionName(),
    metavar="ID",
    help="Put it into this session.",
)
@click.option("--create", is_flag=True, help="Begin the session of --session if it does not exist.")
@options.at
@options.as_json
def add_command(
    pr: str, session_id: str | None, create: bool, at: datetime | None, json: bool, **description: Any
) -> None:
    r"""Record a pull request, or update what is known of it.

    Recording twice changes nothing. A pull request that is not automatic needs --session.

    \b
    Examples:
      pr-sessions add 42 --title "auto-pr: fix login" --author cursor-bot --files 3
      pr-sessions add 42 --state merged
      pr-sessions add 43 --author ada --session ada-20251122-1000
      pr-sessions add 44 --author ada --session release-7 --create
    """
    if create and session_id is None:
        raise click.UsageError("Name the session to begin: --session ID --create.")
    tracker = options.tracker()
    if session_id is not None:
        session_id = options.id_to_record_in(tracker, session_id, create=create)
    by = tracker.author() if session_id else ""
    added = tracker.record(pull_request_options.pull_request(pr, **description), session_id=session_id, by=by, at=at)
    for ended in added.ended:
        terminal.note(completed_note(ended))
    session = added.recorded.session
    summary = SessionSummary(session, tracker.policy, tracker.now()) if session else None
    terminal.show(_data(added, summary), _lines(added, summary), as_json=json)


def _data(added: Added, summary: SessionSummary | None) -> dict[str, Any]:
    recorded, record = added.recorded, added.recorded.record
    return {
        "pr_number": recorded.number,
        "session_id": summary.session.id if summary else None,
        "should_skip_scoring": record.is_auto if record else recorded.verdict.is_auto,
        "session": session_json(summary) if summary else None,
        "evidence": evidence_json(record.evidence if record else ()),
        "placement": attribution_json(record.attribution if record else None),
        "is_new": recorded.is_new,
        "completed": [ended.id for ended in added.ended],
    }


def _lines(added: Added, summary: SessionSummary | None) -> Iterator[str]:
    recorded, number = added.recorded, added.recorded.number
    if recorded.record is None:
        yield f"Pull request {number} is not automatic: nothing recorded."
        yield f"Record it all the same: pr-sessions add {number} --session ID"
        return
    record, done = recorded.record, "Recorded" if recorded.is_new else "Updated"
    if summary is None:
        yield f"{done} pull request {number} without a session: {no_session_clause(explain_recorded(recorded))}"
        yield f"Put it into one: pr-sessions add {number} --session ID"
        return
    begun = ", which begins with it" if added.begins else ""
    yield f"{done} pull request {number} in {session_name(summary.session)}{begun}"
    reason = record.attribution
    rows = [
        ("automatic", "; ".join(evidence_clauses(record.evidence)) if record.is_auto else "no"),
        ("placed", f"{reason.label}: {one_line(reason.detail, 120)}" if reason else NO_REASON),
        ("session", _session_after(summary, completes=added.completes)),
    ]
    yield from terminal.table(rows)


def _session_after(summary: SessionSummary, *, completes: bool) -> str:
    session = summary.session
    count = terminal.plural(len(session.prs), "pull request")
    if session.completion is None:
        return f"{describe_status(summary)}, {count}"
    trigger, at = one_line(session.completion.trigger), terminal.clock(session.completion.at)
    return f"completed by it ({trigger}), {count}" if completes else f"over since {at} ({trigger}), {count}"
