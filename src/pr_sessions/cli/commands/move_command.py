"""`pr-sessions move`."""

import click

from pr_sessions.cli import correction_text, options, output


@click.command("move")
@click.argument("pr", type=options.Number())
@click.argument("session", required=False)
@click.option("--new", is_flag=True, help="Into a session of its own.")
@options.as_json
def command(pr: str, session: str | None, new: bool, json: bool) -> None:
    r"""Move a pull request to another session by hand, or to a new one.

    \b
    Examples:
      pr-sessions move 42 ada-20251122-1000
      pr-sessions move 42 --new
    """
    from pr_sessions.tracker.corrections import Corrections

    if new is (session is not None):
        raise click.UsageError("Name a session, or say --new.")
    moved = Corrections(options.tracker()).move(pr, session)
    output.show(correction_text.moved_view(moved), [correction_text.moved_sentence(moved)], as_json=json)
