"""`pr-sessions unlink`."""

import click

from pr_sessions.cli import correction_text, options, output


@click.command("unlink")
@click.argument("pr", type=options.Number())
@options.as_json
def command(pr: str, json: bool) -> None:
    r"""Take a pull request out of its session by hand.

    It is in no session then, whatever is told of it later, until a hand puts it into one.

    \b
    Examples:
      pr-sessions unlink 42
    """
    from pr_sessions.tracker.corrections import Corrections

    moved = Corrections(options.tracker()).unlink(pr)
    output.show(correction_text.moved_view(moved), [correction_text.moved_sentence(moved)], as_json=json)
