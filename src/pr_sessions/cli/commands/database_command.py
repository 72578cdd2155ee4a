"""`pr-sessions database`: what an administrator does with the database of a team."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from pr_sessions.cli import options
from pr_sessions.maintenance import databases
from pr_sessions.render import terminal
from pr_sessions.tracker import utc_now


def _database(command: Callable[..., Any]) -> Callable[..., Any]:
    text = "sqlite:///FILE or postgresql://USER@HOST/NAME."
    return click.option("--database", "url", metavar="URL", envvar="PR_SESSIONS_DATABASE", required=True, help=text)(
        command
    )


@click.group("database")
def database_command() -> None:
    r"""Upgrade, back up and restore the database of a team; export, and erase people.

    The URL may stand in PR_SESSIONS_DATABASE, so that its password is in no list of processes. The server may run
    meanwhile, unless a command says otherwise.

    \b
    Examples:
      pr-sessions database backup sessions.backup --database sqlite:///team.db
    """


@database_command.command("upgrade")
@_database
@options.as_json
def upgrade_command(url: str, json: bool) -> None:
    r"""Make the tables, or bring them up to date.

    Stop the server before, and take a backup.

    \b
    Examples:
      pr-sessions database upgrade --database sqlite:///team.db
    """
    changed, migration = databases.upgrade(url)
    text = f"The database has migration {migration} now." if changed else f"Migration {migration}: nothing to do."
    terminal.show({"changed": changed, "migration": migration}, [text], as_json=json)


@database_command.command("backup")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@_database
@options.as_json
def backup_command(file: Path, url: str, json: bool) -> None:
    r"""Write everything into one file, as it was at one moment.

    `restore` takes the file into either kind of database.

    \b
    Examples:
      pr-sessions database backup sessions.backup --database postgresql://app@db/team
    """
    count = databases.back_up(url, file)
    terminal.show({"file": str(file), "rows": count}, [f"Wrote {count:,} rows into {file}"], as_json=json)


@database_command.command("restore")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@_database
@options.as_json
def restore_command(file: Path, url: str, json: bool) -> None:
    r"""Fill an empty database with a backup, of whichever kind of database.

    \b
    Examples:
      pr-sessions database restore sessions.backup --database postgresql://app@db/new
    """
    count = databases.restore(url, file)
    terminal.show({"file": str(file), "rows": count}, [f"Restored {count:,} rows from {file}"], as_json=json)


@database_command.command("export")
@click.option("--repository", metavar="OWNER/NAME", required=True, help="Whose sessions.")
@click.option("--output", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path), help="Where to write it.")
@_database
@options.as_json
def export_command(repository: str, output: Path | None, url: str, json: bool) -> None:
    r"""Print the session file of a repository, as its clones have it.

    \b
    Examples:
      pr-sessions database export --repository ada/tool --database sqlite:///team.db
    """
    data, count = databases.export(url, repository, output)
    if output is None:
        terminal.print_bytes(data)
        return
    text = f"Wrote {terminal.plural(count, 'session')} into {output}"
    terminal.show({"file": str(output), "sessions": count}, [text], as_json=json)


@database_command.command("erase")
@click.argument("login")
@_database
@options.as_json
def erase_command(login: str, url: str, json: bool) -> None:
    r"""Erase a person from sessions, pull requests and the audit log, and from what is stored later.

    Only a keyed hash of the login stays. Ids of sessions stay, even those that are made of the login, and so does what
    clones and backups hold.

    \b
    Examples:
      pr-sessions database erase mallory --database sqlite:///team.db
    """
    erased = databases.erase(url, login, utc_now(), "pr-sessions database")
    counts = [
        terminal.plural(erased.sessions, "session"),
        terminal.plural(erased.unattributed, "unattributed pull request"),
        f"{erased.entries} audit {'entry' if erased.entries == 1 else 'entries'}",
    ]
    data = {"sessions": erased.sessions, "unattributed": erased.unattributed, "audit_entries": erased.entries}
    terminal.show(data, [f"Erased from {', '.join(counts)}"], as_json=json)


@database_command.command("keep")
@click.argument("days", metavar="DAYS|all")
@_database
@options.as_json
def keep_command(days: str, url: str, json: bool) -> None:
    r"""Keep sessions for so many days after their end, and remove older ones, now and every day; or keep all.

    At first, all are kept. Clones keep theirs, and a sync brings nothing back that is too old.

    \b
    Examples:
      pr-sessions database keep 365 --database sqlite:///team.db
      pr-sessions database keep all --database sqlite:///team.db
    """
    if days != "all" and not (days.isascii() and days.isdigit() and len(days) < 6):
        raise click.UsageError(f"{days[:20]!r} is no number of days, nor `all`")
    wanted = None if days == "all" else int(days)
    removed = databases.keep(url, wanted, utc_now())
    rule = f"Sessions are kept for {wanted} days after their end." if wanted else "All sessions are kept."
    data = {"keep_days": wanted, "removed": removed}
    terminal.show(data, [f"{rule} Removed {terminal.plural(removed, 'session')}."], as_json=json)
