"""`make serve`: the pages of the demo's repository, with the forge that is made up there."""

import os
from collections.abc import Mapping
from contextlib import chdir
from pathlib import Path

import click
from msgspec.structs import replace

from pr_sessions.cli.commands.demo_command import play
from pr_sessions.cli.demo.stage import built
from pr_sessions.gate.repositories import FetchedRepositories, fetch_repositories
from pr_sessions.look.inbox import Reading
from pr_sessions.look.inbox_source import Source
from pr_sessions.server.local.backend import LocalBackend
from pr_sessions.server.run import serve
from pr_sessions.server.services import Services
from pr_sessions.server.settings import Settings
from pr_sessions.tracker import open_tracker, utc_now


@click.command("serve")
def main() -> None:
    """Play the demo silently, then serve what it made, at any free port, until somebody interrupts it."""
    with built(keep=False, silent=True) as stage, chdir(stage.folder):
        forge = play(stage, utc_now())
        open_tracker().record_all(pr.pull_request for pr in forge.pull_requests_by_number.values())

        async def fetch(_: Source, reading: Reading, _environ: Mapping[str, str], _root: Path) -> FetchedRepositories:
            fetched = await fetch_repositories([forge], reading.at, lambda _done, _of: None)
            return replace(fetched, unknowns=("this is the demo: its forge is made up",))

        def services_of(settings: Settings, environ: Mapping[str, str]) -> Services:
            backend = LocalBackend(stage.folder, environ, utc_now, fetch)
            return Services(
                settings=settings, backend=backend, clock=utc_now, environ=environ, local_author=backend.author
            )

        serve(Settings(port=0), os.environ, say=click.echo, services_of=services_of)


if __name__ == "__main__":
    main()
