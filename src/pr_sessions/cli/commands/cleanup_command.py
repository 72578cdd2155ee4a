"""`pr-sessions cleanup`."""

from datetime import datetime, timedelta

import click

from pr_sessions.cli import options, output

_A_CENTURY = 24 * 366 * 100


def _hours(_ctx: click.Context, _parameter: click.Parameter, value: float | None) -> timedelta | None:
    if value is None:
        return None
    # Said so that "nan" is refused as well.
    if not 0 < value <= _A_CENTURY:
        raise click.BadParameter(f"{value} is no number of hours above 0 and up to {_A_CENTURY}.")
    return timedelta(hours=value)


@click.command("cleanup")
@click.option("--max-age", type=float, metavar="HOURS", callback=_hours, help="Only those idle for longer than this.")
@options.at
@options.as_json
def command(max_age: timedelta | None, at: datetime | None, json: bool) -> None:
    r"""End every session that has run out.

    Each ends at its last activity plus the timeout, whenever this is called.

    \b
    Examples:
      pr-sessions cleanup
      pr-sessions cleanup --max-age 24
    """
    ended = options.tracker().cleanup(max_age, at)
    lines = [f"Completed {output.plural(len(ended), 'session')} that had run out"]
    lines += [f"  {output.one_line(session.id, 200)}" for session in ended]
    data = {"completed": [session.id for session in ended], "count": len(ended)}
    output.show(data, lines if ended else ["No session has run out"], as_json=json)
