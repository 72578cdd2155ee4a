"""`pr-sessions start`."""

from datetime import datetime, timedelta

import click

from pr_sessions.cli import options, output, session_text, views
from pr_sessions.sessions.lifecycle import status
from pr_sessions.sessions.session import Session, Status
from pr_sessions.tracker import Tracker


@click.command("start")
@click.option("--author", help="Who works; git's author name if not given.")
@click.option("--title", default="", help="What the session is about.")
@options.at
@options.as_json
def command(author: str | None, title: str, at: datetime | None, json: bool) -> None:
    r"""Begin a session.

    A session that is current and alive is completed first.

    \b
    Examples:
      pr-sessions start
      pr-sessions start --author cursor-bot --title "Move billing to v2"
    """
    tracker = options.tracker()
    started = tracker.start(author, title, at)
    for session in started.ended:
        output.note(session_text.ended(session))
    data = {
        "session": views.session_view(started.session, tracker, tracker.now()),
        "completed": [views.session_view(s, tracker, tracker.now()) for s in started.ended],
    }
    session = started.session
    minutes = tracker.policy.timeout // timedelta(minutes=1)
    ended = session_text.standing(session, tracker, tracker.now()) if _is_over(session, tracker) else ""
    rows = [
        ("title", output.one_line(session.title)),
        ("author", output.one_line(session.author)),
        ("timeout", f"after {minutes} idle minutes"),
        ("status", ended),
    ]
    lines = [f"Started {session_text.name(session)}", *output.table([row for row in rows if row[1]])]
    output.show(data, lines, as_json=json)


def _is_over(session: Session, tracker: Tracker) -> bool:
    """Whether it began so long ago that it has run out already, and is nobody's current one."""
    return status(session, tracker.now(), tracker.policy) is Status.IDLE
