"""`pr-sessions backup` and `pr-sessions backup list`."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from pr_sessions.cli import options, output, views
from pr_sessions.errors import UnreadableFile

if TYPE_CHECKING:
    from pr_sessions.stores.backups import Backup


@click.group("backup", invoke_without_command=True)
@options.as_json
@click.pass_context
def command(context: click.Context, json: bool) -> None:
    r"""Keep a copy of everything, or list the copies.

    The last 14 are kept. One is also taken before the first write of a day, a restore and a clean-up.

    \b
    Examples:
      pr-sessions backup
      pr-sessions backup list
    """
    context.obj = json
    if context.invoked_subcommand is None:
        path = options.tracker().back_up()
        text = f"Kept a copy in {path}" if path else "There is nothing to keep a copy of yet."
        output.show({"backup": str(path) if path else None}, [text], as_json=json)


@command.command("list")
@options.as_json
@click.pass_context
def listing(context: click.Context, json: bool) -> None:
    r"""List the copies, the newest first.

    \b
    Examples:
      pr-sessions backup list
      pr-sessions restore auto_pr_sessions.20251122T100000Z.json
    """
    backups = [(backup, _sessions_in(backup.path)) for backup in options.tracker().backups()]
    rows = [
        (b.name, _taken(b), f"{b.size:,} bytes", "cannot be read" if n is None else output.plural(n, "session"))
        for b, n in backups
    ]
    data = {
        "backups": [
            {"name": b.name, "path": str(b.path), "taken": views.time_view(b.taken), "bytes": b.size, "sessions": n}
            for b, n in backups
        ]
    }
    output.show(data, output.table(rows, ("name", "taken", "size", "holds")), as_json=json or bool(context.obj))


def _taken(backup: "Backup") -> str:
    """When it was taken; the specification's own names hold no more than the day."""
    return output.clock(backup.taken) if backup.ours else f"{backup.taken:%Y-%m-%d}"


def _sessions_in(path: Path) -> int | None:
    """How many sessions a copy holds; `None` where it cannot be read."""
    from pr_sessions.stores.document import parse
    from pr_sessions.stores.files import read_bytes

    try:
        return len(parse(read_bytes(path) or b"", str(path)).entries)
    except UnreadableFile:
        return None
