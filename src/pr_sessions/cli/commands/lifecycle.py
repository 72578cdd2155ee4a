"""Commands that begin and end sessions: `start`, `touch`, `complete`, `cleanup`, `pause`."""

from datetime import datetime, timedelta

import click

from pr_sessions.cli import options
from pr_sessions.core.models import Status
from pr_sessions.core.summary import SessionSummary
from pr_sessions.core.visible_text import one_line
from pr_sessions.render import terminal
from pr_sessions.render.json import session_json, time_json
from pr_sessions.render.sessions import completed_note, describe_status, numbers, session_name
from pr_sessions.tracker import Completed

_A_CENTURY = 24 * 366 * 100


@click.command("start")
@click.option("--author", help="Who works. [default: git's author name]")
@click.option("--title", default="", help="What the session is about.")
@options.at
@options.as_json
def start_command(author: str | None, title: str, at: datetime | None, json: bool) -> None:
    r"""Begin a session.

    Completes the current session first.

    \b
    Examples:
      pr-sessions start
      pr-sessions start --author cursor-bot --title "Move billing to v2"
    """
    tracker = options.tracker()
    started = tracker.start(author, title, at)
    for session in started.ended:
        terminal.note(completed_note(session))
    summary, *ended = (SessionSummary(s, tracker.policy, tracker.now()) for s in (started.session, *started.ended))
    data = {"session": session_json(summary), "completed": [session_json(each) for each in ended]}
    session = started.session
    # It began so long ago that it has run out already.
    is_over = summary.status is Status.IDLE
    minutes = tracker.policy.timeout // timedelta(minutes=1)
    rows = [
        ("title", one_line(session.title)),
        ("author", one_line(session.author)),
        ("timeout", f"after {minutes} idle minutes"),
        ("status", describe_status(summary) if is_over else ""),
    ]
    lines = [f"Started {session_name(session)}", *terminal.table([row for row in rows if row[1]])]
    terminal.show(data, lines, as_json=json)


@click.command("touch")
@options.at
@options.as_json
def touch_command(at: datetime | None, json: bool) -> None:
    r"""Note activity in the current session.

    Begins no session.

    \b
    Examples:
      pr-sessions touch
    """
    tracker = options.tracker()
    marker = tracker.touch(at)
    if marker is None:
        terminal.note("no session is current in this working tree; begin one: pr-sessions start")
    ends = marker.last_updated + tracker.policy.timeout if marker else None
    data = {
        "session_id": marker.session_id if marker else None,
        "last_activity": time_json(marker.last_updated if marker else None),
        "expires": time_json(ends),
    }
    lines = [f"Activity in {terminal.heading(marker.session_id)}, good until {terminal.clock(ends)}"] if marker else []
    terminal.show(data, lines, as_json=json)


@click.command("complete")
@click.argument("session", required=False, type=options.SessionName())
@options.at
@options.as_json
def complete_command(session: str | None, at: datetime | None, json: bool) -> None:
    r"""End a session.

    A session that has timed out keeps its timeout. [default: the current session]

    \b
    Examples:
      pr-sessions complete
      pr-sessions complete ada-20251122-1000
    """
    tracker = options.tracker()
    named = None if session is None else options.existing_id(tracker, session)
    completed = tracker.complete(named, at=at)
    data = {
        "session": session_json(SessionSummary(completed.session, tracker.policy, tracker.now())),
        "was_over": not completed.asked,
    }
    terminal.show(data, [_sentence(completed), f"  pull requests  {numbers(completed.session.prs)}"], as_json=json)


def _sentence(completed: Completed) -> str:
    session, end = completed.session, completed.session.completion
    name = session_name(session)
    if completed.asked or end is None:
        lasted = f" after {terminal.span(session.duration)}" if session.duration is not None else ", duration unknown"
        return f"Completed {name}{lasted}"
    if end.inferred:
        return f"{name} had run out before: completed at {terminal.clock(end.at)} ({end.trigger})"
    return f"{name} was completed already at {terminal.clock(end.at)} ({one_line(end.trigger)})"


def _age(_ctx: click.Context, _parameter: click.Parameter, value: str | None) -> timedelta | None:
    if value is None:
        return None
    from pr_sessions.core.times import parse_duration

    try:
        hours = float(value)
        # A comparison that refuses "nan", too.
        age = timedelta(hours=hours) if 0 < hours <= _A_CENTURY else None
    except ValueError:
        age = parse_duration(value.strip().lower())
    if not age or age > timedelta(hours=_A_CENTURY):
        raise click.BadParameter(f"{value[:40]!r} is neither a number of hours above 0 nor a time such as 90m or 2d.")
    return age


@click.command("cleanup")
@click.option("--max-age", metavar="HOURS", callback=_age, help="Only sessions idle for longer: 24, 90m or 2d.")
@options.at
@options.as_json
def cleanup_command(max_age: timedelta | None, at: datetime | None, json: bool) -> None:
    r"""End every session that has timed out.

    Each ends at its last activity plus the timeout.

    \b
    Examples:
      pr-sessions cleanup
      pr-sessions cleanup --max-age 24
    """
    ended = options.tracker().cleanup(max_age, at)
    lines = [f"Completed {terminal.plural(len(ended), 'session')} that had run out"]
    lines += [f"  {one_line(session.id, 200)}" for session in ended]
    data = {"completed": [session.id for session in ended], "count": len(ended)}
    terminal.show(data, lines if ended else ["No session has run out"], as_json=json)


@click.command("pause")
@click.option("--off", is_flag=True, help="Switch tracking on again.")
@options.as_json
def pause_command(off: bool, json: bool) -> None:
    r"""Switch tracking off, or on again.

    Commands that would write then do nothing and succeed, in all working trees of the clone.

    \b
    Examples:
      pr-sessions pause
      pr-sessions pause --off
    """
    if off:
        _unpause(as_json=json)
    else:
        _pause(as_json=json)


def _pause(*, as_json: bool) -> None:
    from pr_sessions.git.repository import prepare_state
    from pr_sessions.io.files import exists, replace_file

    repository = options.repository()
    changed = not exists(repository.paused)
    if changed:
        prepare_state(repository)
        replace_file(repository.paused, b"Tracking is off here; `pr-sessions pause --off` switches it on again.\n")
    text = "Tracking is off here now." if changed else "Tracking was off here already."
    lines = [text, f"  switch on  pr-sessions pause --off   ({repository.paused})"]
    terminal.show({"paused": True, "changed": changed, "reason": options.paused(repository)}, lines, as_json=as_json)


def _unpause(*, as_json: bool) -> None:
    from pr_sessions.io.files import exists, remove_file

    repository = options.repository()
    changed = exists(repository.paused)
    remove_file(repository.paused)
    reason = options.paused(repository)
    text = "Tracking is on again." if changed else "Tracking was not paused here."
    lines = [text] if reason is None else [f"Tracking is still off: {reason}.", "  switch on  unset PR_SESSIONS"]
    terminal.show({"paused": reason is not None, "changed": changed, "reason": reason}, lines, as_json=as_json)
