"""`pr-sessions find`."""

import click

from pr_sessions.cli import options, output, views
from pr_sessions.errors import NotFound
from pr_sessions.sessions.session import Session
from pr_sessions.tracker import Tracker


@click.command("find")
@click.argument("pr", type=options.Number())
@options.as_json
def command(pr: str, json: bool) -> None:
    r"""Find the session of a pull request.

    \b
    Examples:
      pr-sessions find 42
      pr-sessions show "$(pr-sessions find 42)"
    """
    tracker = options.tracker()
    session = _session(tracker, pr)
    if session is None:
        output.note(f"pull request {pr} is in no session; why: pr-sessions explain {pr}")
    data = {
        "pr_number": pr,
        "session_id": session.id if session else None,
        "unattributed": session is None,
        "session": views.session_view(session, tracker, tracker.now()) if session else None,
    }
    output.show(data, [session.id] if session else [], as_json=json)


def _session(tracker: Tracker, number: str) -> Session | None:
    """`None` for one that is known and in no session."""
    try:
        return tracker.find(number)
    except NotFound:
        if number not in tracker.book().unattributed:
            raise
        return None
