"""`pr-sessions link`."""

import click

from pr_sessions.cli import correction_text, options, output


@click.command("link")
@click.argument("pr", type=options.Number())
@click.argument("session")
@options.as_json
def command(pr: str, session: str, json: bool) -> None:
    r"""Put a pull request into a session by hand.

    Nothing automatic moves it from there: only a later correction does.

    \b
    Examples:
      pr-sessions link 42 ada-20251122-1000
    """
    from pr_sessions.tracker.corrections import Corrections

    moved = Corrections(options.tracker()).link(pr, session)
    output.show(correction_text.moved_view(moved), [correction_text.moved_sentence(moved)], as_json=json)
