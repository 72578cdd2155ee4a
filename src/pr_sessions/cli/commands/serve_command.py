"""`pr-sessions serve`."""

import os

import click

from pr_sessions.errors import PrSessionsError
from pr_sessions.render import terminal

EXTRA = ("litestar", "granian", "sqlalchemy", "structlog", "prometheus_client", "jwt", "httpx")


@click.command("serve")
@click.option("--host", metavar="H", default="127.0.0.1", help="Address to listen on. [default: 127.0.0.1]")
@click.option("--port", type=click.IntRange(0, 65535), metavar="N", default=8765, help="0 is any. [default: 8765]")
@click.option("--public-url", metavar="URL", default="", help="Where people and GitHub reach it.")
@click.option("--database", metavar="URL", default="", help="Database of a team. [default: the files of this clone]")
@click.option("--open", "opens", is_flag=True, help="Open it in your browser.")
def serve_command(host: str, port: int, public_url: str, database: str, opens: bool) -> None:
    r"""Show everything in a browser: the inbox, sessions, why, storage.

    Corrections work there, too.

    Of this clone, for you alone; or of a team's database. The address is the first line that is printed.

    \b
    Examples:
      pr-sessions serve
      pr-sessions serve --open
      pr-sessions serve --database sqlite:///team.db --public-url https://sessions.example.com
    """
    _refuse_without_extra()
    from pr_sessions.server.assets import missing_assets
    from pr_sessions.server.run import serve
    from pr_sessions.server.settings import Settings

    if missing := missing_assets():
        terminal.note(f"pages are plain, and not kept up to date: {', '.join(missing)} was left out of this build")
        terminal.note("hint: build it where npm is: python hatch_build.py, in your clone")
    settings = Settings(host=host, port=port, public_url=public_url.rstrip("/"), database=database)
    serve(settings, os.environ, say=click.echo, opens=opens)


def _refuse_without_extra() -> None:
    from importlib.util import find_spec

    if missing := next((name for name in EXTRA if find_spec(name) is None), None):
        raise PrSessionsError(
            f"`serve` needs a package that is not installed: {missing}",
            "install its extra from your clone: uv tool install './pr-sessions[server]'",
        )
