"""`pr-sessions merge`."""

import click

from pr_sessions.cli import options, output, views


@click.command("merge")
@click.argument("one", metavar="SESSION")
@click.argument("other", metavar="SESSION")
@options.as_json
def command(one: str, other: str, json: bool) -> None:
    r"""Make two sessions one by hand.

    The id that sorts first stays, the other one stays as an alias. It cannot be undone as a whole; `move` takes pull
    requests out again.

    \b
    Examples:
      pr-sessions merge ada-20251122-1000 ada-20251122-1130
    """
    from pr_sessions.tracker.corrections import Corrections

    tracker = options.tracker()
    merged = Corrections(tracker).merge(one, other)
    name = output.heading(output.one_line(merged.session.id, 200))
    done = f"Merged {output.one_line(merged.absorbed, 200)} into {name}, by hand"
    data = {
        "session": views.session_view(merged.session, tracker, tracker.now()),
        "absorbed": merged.absorbed if merged.changed else None,
        "by": merged.by,
        "changed": merged.changed,
    }
    output.show(data, [done if merged.changed else f"Both are {name} already"], as_json=json)
