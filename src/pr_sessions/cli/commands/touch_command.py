"""`pr-sessions touch`."""

from datetime import datetime

import click

from pr_sessions.cli import options, output, views


@click.command("touch")
@options.at
@options.as_json
def command(at: datetime | None, json: bool) -> None:
    r"""Note activity in the current session.

    Its time starts anew. Without a current session none begins.

    \b
    Examples:
      pr-sessions touch
      pr-sessions touch --at 2025-11-22T10:00:00Z
    """
    tracker = options.tracker()
    marker = tracker.touch(at)
    if marker is None:
        output.note("no session is current in this working tree; begin one: pr-sessions start")
    ends = marker.last_updated + tracker.policy.timeout if marker else None
    data = {
        "session_id": marker.session_id if marker else None,
        "last_activity": views.time_view(marker.last_updated if marker else None),
        "expires": views.time_view(ends),
    }
    lines = [f"Activity in {output.heading(marker.session_id)}, good until {output.clock(ends)}"] if marker else []
    output.show(data, lines, as_json=json)
