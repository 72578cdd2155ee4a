"""`pr-sessions undo`."""

import click

from pr_sessions.cli import correction_text, options, output, session_text, views
from pr_sessions.tracker import Tracker
from pr_sessions.tracker.corrections import Undone


@click.command("undo")
@options.as_json
def command(json: bool) -> None:
    r"""Take the last correction, or completion by hand, back.

    That is a new correction. It is refused where something has changed since.

    \b
    Examples:
      pr-sessions undo
    """
    from pr_sessions.tracker.corrections import Corrections

    tracker = options.tracker()
    undone = Corrections(tracker).undo()
    data = {
        "undone": undone.change.what,
        "moved": correction_text.moved_view(undone.moved) if undone.moved else None,
        "session": views.session_view(undone.session, tracker, tracker.now()) if undone.session else None,
    }
    lines = [f"Took {undone.change.what} of {output.clock(undone.change.at)} back", f"  {_now(undone, tracker)}"]
    output.show(data, lines, as_json=json)


def _now(undone: Undone, tracker: Tracker) -> str:
    if undone.moved:
        return correction_text.moved_sentence(undone.moved)
    if undone.session is None:
        return ""
    return f"{undone.session.id} is {session_text.standing(undone.session, tracker, tracker.now())}"
