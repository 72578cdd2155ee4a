"""`pr-sessions explain`."""

from collections.abc import Iterator
from datetime import datetime

import click

from pr_sessions.cli import agents_text, ladder_text, options, output, reasons, session_text, views
from pr_sessions.errors import NotFound
from pr_sessions.sessions.join import by_hand
from pr_sessions.sessions.session import Facts, PullRequest, Rung, Session
from pr_sessions.tracker import Tracker


@click.command("explain")
@click.argument("pr", type=options.Number())
@options.as_json
def command(pr: str, json: bool) -> None:
    r"""Explain why a pull request is where it is.

    \b
    Examples:
      pr-sessions explain 42
      pr-sessions explain 42 --json
    """
    tracker = options.tracker()
    session, facts = _known(tracker, pr)
    lost = None if session else _why_lost(tracker, pr, facts)
    placement = facts.placement
    at = placement.at if placement else _told_at(facts)
    ladder = ladder_text.ladder(placement, tracker.tried(_told(pr, facts), at))
    data = {
        "pr_number": pr,
        "session_id": session.id if session else None,
        "is_auto": facts.is_auto,
        "evidence": reasons.evidence_view(facts.evidence),
        "placement": reasons.placement_view(placement),
        "agents": agents_text.view(facts.agents),
        "ladder": ladder_text.view(ladder),
        "session": views.session_view(session, tracker, tracker.now()) if session else None,
        "aliases": list(session.aliases) if session else [],
        "unattributed": lost,
    }
    found = _placed(pr, session, facts, tracker) if session else _lost(pr, lost or "")
    lines = [*found, *_automatic(facts), *agents_text.lines(facts.agents), *ladder_text.lines(ladder)]
    output.show(data, lines, as_json=json)


def _known(tracker: Tracker, number: str) -> tuple[Session | None, Facts]:
    """Its session, if any, and what is kept of it; nothing where an old file only lists it."""
    try:
        session = tracker.find(number)
    except NotFound:
        facts = tracker.book().unattributed.get(number)
        if facts is None:
            raise
        return None, facts
    return session, session.pull_requests.get(number, Facts())


def _why_lost(tracker: Tracker, number: str, facts: Facts) -> str:
    """Asked again with what is kept, at the time at which it was first told."""
    if facts.placement and by_hand(facts):
        return reasons.taken_out_words(facts.placement)
    checked = tracker.check(_told(number, facts), _told_at(facts))
    if checked.session:
        return f"nothing fitted when it was told; told again now, it would go to {checked.session.id}"
    return reasons.no_session_words(checked.choice)


def _told(number: str, facts: Facts) -> PullRequest:
    """The pull request as far as it is kept: title, body and commits are not."""
    return PullRequest(
        number=number, author=facts.author, branch=facts.branch, agents=facts.agents, commits=facts.commits
    )


def _told_at(facts: Facts) -> datetime | None:
    return facts.created or min(facts.seen.values(), default=None)


def _placed(number: str, session: Session, facts: Facts, tracker: Tracker) -> Iterator[str]:
    now = tracker.now()
    end = session.completion.at if session.completion else None
    why = reasons.placement_words(facts.placement)
    yield f"Pull request {number} is in {session_text.name(session)}, because {why}."
    rows = [
        ("recorded", output.clock(facts.placement.at if facts.placement else None)),
        ("session", session_text.standing(session, tracker, now)),
        ("its span", f"{output.clock(session.started)} to {output.clock(end or session.latest)}"),
        ("rests on", session_text.rests_on(session)),
        ("whose word", _whose_word(number, session)),
        ("shares a commit", _with_whom(number, session)),
        ("also known as", output.one_line(", ".join(session.aliases), 200)),
        *session_text.corrections(session),
    ]
    yield from output.table([row for row in rows if row[1]])


def _whose_word(number: str, session: Session) -> str:
    """Who vouches for a mark of ours: it is text like any other, and a stranger may have copied it."""
    mine = session.pull_requests.get(number, Facts())
    if mine.placement is None or mine.placement.rung is not Rung.MARK:
        return ""
    people = {session.author, *(f.author for n, f in session.pull_requests.items() if n != number)}
    if not mine.author or mine.author in people:
        return agents_text.THEIRS
    return output.one_line(f"{agents_text.THEIRS}; nothing else in the session is by {mine.author}", 200)


def _with_whom(number: str, session: Session) -> str:
    """The numbers of those in its session with which it shares a commit; empty where commits did not decide."""
    mine = session.pull_requests.get(number, Facts())
    if mine.placement is None or mine.placement.rung is not Rung.COMMITS:
        return ""
    others = [
        n for n, f in session.pull_requests.items() if n != number and not set(f.commits).isdisjoint(mine.commits)
    ]
    return output.one_line(f"with {', '.join(sorted(others))}" if others else "with no other", 200)


def _lost(number: str, reason: str) -> Iterator[str]:
    yield f"Pull request {number} is in no session: {output.one_line(reason, 400)}."
    yield f"Put it into one: pr-sessions add {number} --session ID"


def _automatic(facts: Facts) -> Iterator[str]:
    yield ""
    if not facts.is_auto:
        yield "Nothing that is known of it says that it is automatic."
        return
    yield "It is automatic, because"
    for clause in reasons.evidence_words(facts.evidence):
        yield f"  {clause}"
