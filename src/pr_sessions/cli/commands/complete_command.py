"""`pr-sessions complete`."""

from datetime import datetime

import click

from pr_sessions.cli import options, output, session_text, views
from pr_sessions.tracker import Completed


@click.command("complete")
@click.argument("session", required=False)
@options.at
@options.as_json
def command(session: str | None, at: datetime | None, json: bool) -> None:
    r"""End a session.

    The current one if none is named. One that has run out keeps its timeout.

    \b
    Examples:
      pr-sessions complete
      pr-sessions complete ada-20251122-1000
    """
    tracker = options.tracker()
    completed = tracker.complete(session, at=at)
    data = {
        "session": views.session_view(completed.session, tracker, tracker.now()),
        "was_over": not completed.asked,
    }
    output.show(data, [_sentence(completed), *_contents(completed)], as_json=json)


def _sentence(completed: Completed) -> str:
    session, end = completed.session, completed.session.completion
    name = session_text.name(session)
    if completed.asked or end is None:
        lasted = f" after {output.span(session.duration)}" if session.duration is not None else ", duration unknown"
        return f"Completed {name}{lasted}"
    if end.inferred:
        return f"{name} had run out before: completed at {output.clock(end.at)} ({end.trigger})"
    return f"{name} was completed already at {output.clock(end.at)} ({output.one_line(end.trigger)})"


def _contents(completed: Completed) -> list[str]:
    return [f"  pull requests  {session_text.numbers(completed.session.prs)}"]
