"""`pr-sessions status`."""

import os
from collections.abc import Iterator
from datetime import datetime

import click

from pr_sessions.cli import options, output, session_text, views
from pr_sessions.sessions.session import Session
from pr_sessions.stores.book import Book
from pr_sessions.tracker import Current, Tracker, way_on

_RECENT = 10


@click.command("status")
@click.argument("session", required=False)
@click.option("--all", "everywhere", is_flag=True, help="The current session of every working tree of this clone.")
@options.as_json
def command(session: str | None, everywhere: bool, json: bool) -> None:
    r"""Show the current session, the counts and the last ten.

    Creates and writes nothing.

    \b
    Examples:
      pr-sessions status
      pr-sessions status ada-20251122-1000
      pr-sessions status --all
    """
    if session and everywhere:
        raise click.UsageError("SESSION and --all exclude each other.")
    tracker = options.tracker()
    if tracker.paused:
        output.note(f"tracking is off here: {tracker.paused}; switch it on: {way_on(os.environ)}")
    if session:
        _show_one(tracker, session, json=json)
    elif everywhere:
        _show_everywhere(tracker, json=json)
    else:
        _show_here(tracker, json=json)


def _show_one(tracker: Tracker, session_id: str, *, json: bool) -> None:
    session, now = tracker.session(session_id), tracker.now()
    output.show(views.session_view(session, tracker, now), session_text.summary(session, tracker, now), as_json=json)


def _show_everywhere(tracker: Tracker, *, json: bool) -> None:
    now, found = tracker.now(), tracker.everywhere()
    data = {
        "worktrees": [
            {"root": str(current.root), "session": views.session_view(current.session, tracker, now)}
            for current in found
        ]
    }
    rows = [
        (
            output.one_line(str(c.root), 200),
            output.one_line(c.session.id, 200),
            session_text.standing(c.session, tracker, now),
        )
        for c in found
    ]
    output.show(data, output.table(rows, ("working tree", "session", "")), as_json=json)


def _show_here(tracker: Tracker, *, json: bool) -> None:
    """Decodes only what it shows: there may be ten thousand more."""
    book, now = tracker.book(), tracker.now()
    current = tracker.marked(book)
    active, completed = book.active_ids(), book.completed_ids()
    recent = [book[i] for i in completed[: -_RECENT - 1 : -1]]
    data = {
        "current": views.session_view(current.session, tracker, now) if current else None,
        "active": len(active),
        "completed": len(completed),
        "pull_requests": book.count_pull_requests(),
        "unattributed": len(book.unattributed),
        "active_sessions": active,
        "latest_completed": completed[-1] if completed else None,
        "oldest_completed": completed[0] if completed else None,
        "recent_completed": [_ended(session, tracker, now) for session in recent],
        "paused": tracker.paused,
    }
    lines = _text(data, current, recent, book, tracker, now) if len(book) or book.unattributed else _nothing(tracker)
    output.show(data, lines, as_json=json)


def _ended(session: Session, tracker: Tracker, now: datetime) -> views.View:
    view = views.session_view(session, tracker, now)
    keys = ("session_id", "completion_trigger", "completed", "duration_minutes", "prs")
    return {key: view.get(key) for key in keys}


def _nothing(tracker: Tracker) -> Iterator[str]:
    yield "No sessions here yet."
    if not tracker.repository.config.exists():
        yield "  pr-sessions init    set this repository up"
    yield "  pr-sessions start   begin a session"
    yield "  pr-sessions look    see what the history tells, without storing anything"


def _text(
    data: views.View, current: Current | None, recent: list[Session], book: Book, tracker: Tracker, now: datetime
) -> Iterator[str]:
    yield output.heading("Current session")
    if current:
        yield from (f"  {line}" for line in session_text.summary(current.session, tracker, now))
    else:
        yield "  none in this working tree; begin one: pr-sessions start"
    yield ""
    yield _counts(data)
    if data["active_sessions"]:
        yield ""
        yield output.heading("Active")
        yield from output.table([_active_row(book[i], tracker, now) for i in data["active_sessions"]])
    if recent:
        yield ""
        ends = f"latest {data['latest_completed']}, oldest {data['oldest_completed']}"
        yield output.heading(f"Completed ({output.one_line(ends, 440)})")
        yield from output.table([_recent_row(s) for s in recent], ("session", "trigger", "when", "lasted", "PRs"))


def _counts(data: views.View) -> str:
    lost = f", {data['unattributed']} unattributed" if data["unattributed"] else ""
    prs = output.plural(data["pull_requests"], "pull request")
    return f"{data['active']} active, {data['completed']} completed, {prs}{lost}"


def _active_row(session: Session, tracker: Tracker, now: datetime) -> tuple[str, ...]:
    return (
        output.one_line(session.id),
        session_text.standing(session, tracker, now),
        session_text.numbers(session.prs, 40),
    )


def _recent_row(session: Session) -> tuple[str, ...]:
    end = session.completion
    return (
        output.one_line(session.id),
        output.one_line(end.trigger) if end else "-",
        output.clock(end.at if end else None),
        output.span(session.duration),
        session_text.numbers(session.prs, 40),
    )
