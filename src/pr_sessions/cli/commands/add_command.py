"""`pr-sessions add`."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import click

from pr_sessions.cli import options, output, pull_request_options, reasons, session_text, views
from pr_sessions.sessions.reasons import NO_REASON
from pr_sessions.sessions.session import Session, State
from pr_sessions.tracker import Added, Tracker


@click.command("add")
@click.argument("pr", type=options.Number())
@pull_request_options.told
@click.option("--tests", type=pull_request_options.COUNT, metavar="N", help="How many test files it adds.")
@click.option("--docs/--no-docs", default=None, help="Whether it touches documentation.")
@click.option("--state", type=click.Choice([state.value for state in State]), help="What it is on its forge.")
@click.option("--base", help="The branch that it is meant for.")
@click.option("--session", "session_id", metavar="ID", help="Its session, named by hand.")
@options.at
@options.as_json
def command(pr: str, session_id: str | None, at: datetime | None, json: bool, **told: Any) -> None:
    r"""Record a pull request, or update what is known of it.

    Twice is the same as once. One that is not automatic is recorded only with --session.

    \b
    Examples:
      pr-sessions add 42 --title "auto-pr: fix login" --author cursor-bot --files 3
      pr-sessions add 42 --state merged
      pr-sessions add 43 --author ada --session ada-20251122-1000
    """
    tracker = options.tracker()
    by = tracker.author() if session_id else ""
    added = tracker.record(pull_request_options.pull_request(pr, **told), session_id=session_id, by=by, at=at)
    now = tracker.now()
    for ended in added.ended:
        output.note(session_text.ended(ended))
    if session_id and added.begins:
        _note_other_ids(session_id, tracker)
    output.show(_data(added, tracker, now), _text(added, tracker, now), as_json=json)


def _note_other_ids(named: str, tracker: Tracker) -> None:
    """A session that began elsewhere may be named, as specified; a slip of the hand looks the same."""
    from difflib import get_close_matches

    near = get_close_matches(named, [session.id for session in tracker.book() if session.id != named], 3, 0.8)
    if near:
        output.note(f"note: nobody knew a session {named}; did you mean {output.one_line(' or '.join(near), 300)}?")


def _data(added: Added, tracker: Tracker, now: datetime) -> views.View:
    recorded, facts = added.recorded, added.recorded.facts
    return {
        "pr_number": recorded.number,
        "session_id": recorded.session.id if recorded.session else None,
        "should_skip_scoring": facts.is_auto if facts else recorded.verdict.is_auto,
        "session": views.session_view(recorded.session, tracker, now) if recorded.session else None,
        "evidence": reasons.evidence_view(facts.evidence if facts else ()),
        "placement": reasons.placement_view(facts.placement if facts else None),
        "is_new": recorded.is_new,
        "completed": [ended.id for ended in added.ended],
    }


def _text(added: Added, tracker: Tracker, now: datetime) -> Iterator[str]:
    recorded, number = added.recorded, added.recorded.number
    if recorded.facts is None:
        yield f"Pull request {number} is not automatic: nothing recorded."
        yield f"Record it all the same: pr-sessions add {number} --session ID"
        return
    done = "Recorded" if recorded.is_new else "Updated"
    if recorded.session is None:
        yield f"{done} pull request {number} without a session: {reasons.no_session_words(recorded.choice)}"
        yield f"Put it into one: pr-sessions add {number} --session ID"
        return
    begun = ", which begins with it" if added.begins else ""
    yield f"{done} pull request {number} in {session_text.name(recorded.session)}{begun}"
    why = "; ".join(reasons.evidence_words(recorded.facts.evidence)) if recorded.facts.is_auto else "no"
    rows = [
        ("automatic", why),
        ("placed", _placed(added)),
        ("session", _after(recorded.session, added, tracker, now)),
    ]
    yield from output.table(rows)


def _placed(added: Added) -> str:
    placement = added.recorded.facts.placement if added.recorded.facts else None
    if placement is None:
        return NO_REASON
    return f"{placement.rung.label}: {output.one_line(placement.detail, 120)}"


def _after(session: Session, added: Added, tracker: Tracker, now: datetime) -> str:
    count = output.plural(len(session.prs), "pull request")
    if session.completion is None:
        return f"{session_text.standing(session, tracker, now)}, {count}"
    trigger, at = output.one_line(session.completion.trigger), output.clock(session.completion.at)
    if added.completes:
        return f"completed by it ({trigger}), {count}"
    return f"over since {at} ({trigger}), {count}"
