"""Commands that copy sessions: `backup`, `restore`, `sync`."""

from typing import TYPE_CHECKING

import click

from pr_sessions.cli import options
from pr_sessions.core.visible_text import one_line
from pr_sessions.errors import InvalidValue
from pr_sessions.render import terminal
from pr_sessions.render.json import time_json

if TYPE_CHECKING:
    from pr_sessions.tracker import Tracker
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
@click.option("--server", metavar="URL", help="A team's server instead of a branch; PR_SESSIONS_TOKEN lets you in.")
@click.option("--repository", metavar="OWNER/REPO", help="Its name on the server. [default: that of the remote]")
@options.as_json
def sync_command(
    remote: str | None, branch: str | None, server: str | None, repository: str | None, json: bool
) -> None:
    r"""Share sessions on a branch of their own, or with a team's server.

    Fetches the branch, merges it with this clone's sessions, and pushes the result. Changes neither code nor index, and
    never forces. With `--server`, the server merges and sends back what both know; it may be broken off and repeated.

    \b
    Examples:
      pr-sessions sync
      pr-sessions sync --remote upstream
      pr-sessions sync --server https://sessions.example.com
    """
    if server is not None:
        if remote or branch:
            raise click.UsageError("--server goes without --remote and --branch")
        _sync_with_server(server, repository, as_json=json)
        return
    if repository:
        raise click.UsageError("--repository goes with --server")
    from pr_sessions.tracker.sync import sync

    synced = sync(options.tracker(), remote=remote, branch=branch)
    terminal.show(synced, [_synced_line(synced)], as_json=json)


def _sync_with_server(server: str, repository: str | None, *, as_json: bool) -> None:
    from pr_sessions.cli.server_access import server_client
    from pr_sessions.tracker.sync import exchange

    tracker = options.tracker()
    name = repository or _name_of(tracker)
    with server_client(server) as client:

        def send(data: bytes) -> tuple[bytes, tuple[str, ...]]:
            answer = client.sync_sessions(name, data)
            return bytes(answer.sessions), answer.received

        exchanged = exchange(tracker, send)
    received, sent = (terminal.plural(len(ids), "session") for ids in (exchanged.received, exchanged.sent))
    line = f"Synced {name} with {server}: {received} received, {sent} sent."
    if not (exchanged.received or exchanged.sent):
        line = f"Nothing to do: this clone and {server} hold the same of {name}."
    data = {"server": server, "repository": name, "received": exchanged.received, "sent": exchanged.sent}
    terminal.show(data, [line], as_json=as_json)


def _name_of(tracker: "Tracker") -> str:
    """Return the repository's name on its forge.

    Raises:
        InvalidValue: no remote says.
    """
    from pr_sessions.git.remotes import main_address, read_remotes

    address = main_address(read_remotes(tracker.repository.root)) if tracker.repository.git_dir else None
    if address is None or address.path.count("/") != 1:
        raise InvalidValue("no remote says how the repository is called there", "name it: --repository OWNER/REPO")
    return address.path


def _synced_line(synced: "Synced") -> str:
    place = f"{synced.remote}/{synced.branch}"
    if synced.commit is None:
        return f"Nothing to do: no session is known here, and {place} does not exist yet."
    if not (synced.pushed or synced.received):
        return f"Nothing to do: this clone and {place} hold the same."
    received, sent = (terminal.plural(len(ids), "session") for ids in (synced.received, synced.sent))
    return f"Synced with {place}: {received} received, {sent} sent."
