"""`pr-sessions start`."""

from datetime import datetime

import click

from pr_sessions.cli import options, output, views


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
        completion = session.completion
        output.note(f"completed {session.id} ({completion.trigger if completion else 'unknown'})")
    data = {
        "session": views.session_view(started.session, tracker, tracker.now()),
        "completed": [views.session_view(s, tracker, tracker.now()) for s in started.ended],
    }
    session = started.session
    minutes = int(tracker.policy.timeout.total_seconds() // 60)
    lines = [
        f"Started {output.heading(session.id)}",
        f"  author   {output.one_line(session.author)}",
        f"  timeout  after {minutes} idle minutes",
    ]
    output.show(data, lines, as_json=json)
