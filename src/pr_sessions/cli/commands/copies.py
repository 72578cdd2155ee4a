"""Commands that copy sessions: `backup`, `restore`, `sync`."""

from typing import TYPE_CHECKING

import click

from pr_sessions.cli import options
from pr_sessions.core.visible_text import one_line
from pr_sessions.render import terminal
from pr_sessions.render.json import time_json

if TYPE_CHECKING:
    from pr_sessions.tracker.sync import Synced


@click.group("backup", invoke_without_command=True)
@options.as_json
@click.pass_context
def backup_command(context: click.Context, json: bool) -> None:
    r"""Back up everything, or list the backups.

    Also taken by the first write of a day, a restore, a repair, and a cleanup that ends something. Keeps the last 14,
    the last of each of the 14 days before today, and for 30 days those of restores and repairs.

    \b
    Examples:
      pr-sessions backup
    """
    context.obj = json
    if context.invoked_subcommand is None:
        from pr_sessions.maintenance.backup import back_up

        path = back_up(options.tracker())
        text = f"Kept a copy in {path}" if path else "There is nothing to keep a copy of yet."
        terminal.show({"backup": str(path) if path else None}, [text], as_json=json)


@backup_command.command("list")
@options.as_json
@click.pass_context
def listing(context: click.Context, json: bool) -> None:
    r"""List the backups, newest first.

    \b
    Examples:
      pr-sessions backup list
    """
    from pr_sessions.maintenance.backup import count_sessions, list_backups

    backups = [(backup, count_sessions(backup)) for backup in list_backups(options.tracker())]
    rows = [
        (
            b.name,
            # The specification's own names hold no more than the day.
            terminal.clock(b.taken) if b.kind else f"{b.taken:%Y-%m-%d}",
            b.kind if b.kind and b.ours else "other",  # `restore` takes it only by its name
            f"{b.size:,} bytes",
            "cannot be read" if n is None else terminal.plural(n, "session"),
        )
        for b, n in backups
    ]
    data = {
        "backups": [
            {
                "name": b.name,
                "path": str(b.path),
                "taken": time_json(b.taken),
                "kind": b.kind,
                "ours": b.ours,
                "bytes": b.size,
                "sessions": n,
            }
            for b, n in backups
        ]
    }
    terminal.show(
        data, terminal.table(rows, ("name", "taken", "kind", "size", "holds")), as_json=json or bool(context.obj)
    )


@click.command("restore")
@click.argument("name", required=False)
@options.as_json
def restore_command(name: str | None, json: bool) -> None:
    r"""Merge a backup into the sessions. Removes nothing.

    Takes a backup of the present state first. Backups in the working tree, and outside git, must be named. [default:
    the newest in git's folder]

    \b
    Examples:
      pr-sessions restore
      pr-sessions restore auto_pr_sessions.backup.20251122.json
    """
    from pr_sessions.maintenance.backup import restore

    restored = restore(options.tracker(), name)
    data = {"backup": str(restored.backup.path), "added": restored.added, "updated": restored.updated, "removed": []}
    counts = f"{terminal.plural(len(restored.added), 'session')} added, {len(restored.updated)} updated"
    lines = [f"Joined {restored.backup.name} in: {counts}. Nothing was removed."]
    lines += [f"  + {one_line(i, 200)}" for i in restored.added]
    lines += [f"  ~ {one_line(i, 200)}" for i in restored.updated]
    terminal.show(data, lines, as_json=json)


@click.command("sync")
@click.option("--remote", metavar="NAME", help="The remote. [default: `origin`, or the only one]")
@click.option("--branch", metavar="NAME", help="The branch. [default: the configuration's sync_branch]")
@options.as_json
def sync_command(remote: str | None, branch: str | None, json: bool) -> None:
    r"""Share sessions on a branch of their own.

    Fetches the branch, merges it with this clone's sessions, and pushes the result. Changes neither code nor index, and
    never forces.

    \b
    Examples:
      pr-sessions sync
      pr-sessions sync --remote upstream
    """
    from pr_sessions.tracker.sync import sync

    synced = sync(options.tracker(), remote=remote, branch=branch)
    terminal.show(synced, [_synced_line(synced)], as_json=json)


def _synced_line(synced: "Synced") -> str:
    place = f"{synced.remote}/{synced.branch}"
    if synced.commit is None:
        return f"Nothing to do: no session is known here, and {place} does not exist yet."
    if not (synced.pushed or synced.received):
        return f"Nothing to do: this clone and {place} hold the same."
    received, sent = (terminal.plural(len(ids), "session") for ids in (synced.received, synced.sent))
    return f"Synced with {place}: {received} received, {sent} sent."
