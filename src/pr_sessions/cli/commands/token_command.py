"""`pr-sessions token`: tokens of programs that call a team's server."""

import os
from typing import TYPE_CHECKING

import click

from pr_sessions.cli import options
from pr_sessions.cli.server_access import server_database
from pr_sessions.errors import InvalidValue
from pr_sessions.render import terminal
from pr_sessions.render.json import Json, time_json
from pr_sessions.tracker import utc_now

if TYPE_CHECKING:
    from datetime import datetime

    from pr_sessions.server.auth.tokens import TokenLine

SCOPES = ("read", "write", "audit", "admin")
_DATABASE = click.option("--database", metavar="URL", default="", help="The database. [default: PR_SESSIONS_DATABASE]")


@click.group("token")
def token_command() -> None:
    r"""Create, list and revoke tokens of a team's server.

    A program sends one as `Authorization: Bearer prs_...`. The server keeps only a hash of it.

    \b
    Examples:
      pr-sessions token create ci --scope read --database sqlite:///team.db
    """


@token_command.command("create")
@click.argument("name")
@click.option("--scope", "scopes", type=click.Choice(SCOPES), multiple=True, help="What it may do. [default: read]")
@click.option("--repository", "repositories", metavar="OWNER/REPO", multiple=True, help="Only these. [default: all]")
@click.option("--days", type=click.IntRange(1, 366), metavar="N", default=90, help="Until it expires. [default: 90]")
@_DATABASE
@options.as_json
def create(
    name: str, scopes: tuple[str, ...], repositories: tuple[str, ...], days: int, database: str, json: bool
) -> None:
    r"""Create a token. It is printed this once.

    \b
    Examples:
      pr-sessions token create ci --scope read --scope write --repository shop/web
      pr-sessions token create auditor --scope audit --days 30
    """
    from datetime import timedelta

    with server_database(_url(database)) as engine:
        from pr_sessions.server.auth.tokens import create_token
        from pr_sessions.server.viewer import Right

        rights = [Right(scope) for scope in scopes or ("read",)]
        line, secret = create_token(engine, name, rights, repositories or None, timedelta(days=days), _by(), utc_now())
    data = _token_json(line) | {"token": secret.reveal()}
    text = [secret.reveal(), f"Token {line.id} of {line.name} expires at {terminal.clock(line.expires_at)}."]
    terminal.show(data, text, as_json=json)


@token_command.command("list")
@_DATABASE
@options.as_json
def listing(database: str, json: bool) -> None:
    r"""List all tokens, the newest first; without their secrets.

    \b
    Examples:
      pr-sessions token list --database sqlite:///team.db
    """
    now = utc_now()
    with server_database(_url(database)) as engine:
        from pr_sessions.server.auth.tokens import list_tokens

        lines = list_tokens(engine)
    rows = [
        (
            line.id,
            line.name,
            " ".join(line.scopes),
            "all" if line.repositories is None else " ".join(line.repositories),
            _state(line, now),
            terminal.clock(line.used_at) if line.used_at else "never used",
        )
        for line in lines
    ]
    header = ("token", "name", "scopes", "repositories", "state", "last use")
    terminal.show({"tokens": [_token_json(line) for line in lines]}, terminal.table(rows, header), as_json=json)


@token_command.command("revoke")
@click.argument("token_id", metavar="TOKEN")
@_DATABASE
@options.as_json
def revoke(token_id: str, database: str, json: bool) -> None:
    r"""Revoke a token at once, by its id.

    \b
    Examples:
      pr-sessions token revoke 0123456789abcdef
    """
    with server_database(_url(database)) as engine:
        from pr_sessions.server.auth.tokens import revoke_token

        line = revoke_token(engine, token_id, _by(), utc_now())
    terminal.show(_token_json(line), [f"Token {line.id} of {line.name} is revoked."], as_json=json)


def _url(database: str) -> str:
    url = database or os.environ.get("PR_SESSIONS_DATABASE", "").strip()
    if not url:
        raise InvalidValue("no database is named", "give --database URL, the one that the server has")
    return url


def _by() -> str:
    """Return who runs the command, for the audit log: who can write the database is its administrator."""
    from getpass import getuser

    try:
        return f"{getuser()} at the database"
    except (OSError, KeyError):
        return "the database's administrator"


def _state(line: "TokenLine", now: "datetime") -> str:
    if line.revoked_at:
        return "revoked"
    return "expired" if line.expires_at <= now else f"until {terminal.clock(line.expires_at)}"


def _token_json(line: "TokenLine") -> Json:
    return {
        "id": line.id,
        "name": line.name,
        "scopes": list(line.scopes),
        "repositories": None if line.repositories is None else list(line.repositories),
        "made_by": line.made_by,
        "made_at": time_json(line.made_at),
        "expires_at": time_json(line.expires_at),
        "revoked_at": time_json(line.revoked_at),
        "used_at": time_json(line.used_at),
    }
