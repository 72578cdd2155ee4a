"""`gate move`: every repository of an organisation, one after the other, with the user's own token."""

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING

from msgspec import Struct

from pr_sessions.cli import options
from pr_sessions.errors import ForgeFailed
from pr_sessions.forges.github.access import refuse_without_extra, repository_name

if TYPE_CHECKING:
    from pr_sessions.forges.github.client import GitHub
    from pr_sessions.setup.gate_source import Source


class Moved(Struct, frozen=True):
    """What became of a repository."""

    repository: str
    did: str
    address: str = ""
    notes: tuple[str, ...] = ()


def move(
    organisation: str, server: str, source: str, *, write: bool, environ: Mapping[str, str] = os.environ
) -> tuple[Moved, ...]:
    """Move all repositories of an organisation, or return what would be done.

    Raises:
        PrSessionsError: the organisation cannot be listed, or the server's address or the source cannot be used.
    """
    refuse_without_extra()
    from pr_sessions.setup.gate_source import find_source, server_address

    return options.run_async(_move(organisation, server_address(server), find_source(source), environ, write=write))


async def _move(
    organisation: str, server: str, source: "Source", environ: Mapping[str, str], *, write: bool
) -> tuple[Moved, ...]:
    from pr_sessions.forges.github.client import GitHub, open_github
    from pr_sessions.tracker import utc_now

    async with open_github(repository_name(f"{organisation}/-"), environ, clock=utc_now) as first:
        if not first.has_credential:
            raise ForgeFailed("nothing can be moved without a token", "set GH_TOKEN, or run `gh auth login`")
        rows = await first.every(f"{first.transport.base}/orgs/{organisation}/repos?per_page=100")
        names = [str(row["full_name"]) for row in rows if not row.get("archived") and not row.get("fork")]
        clients = (GitHub(first.transport, repository_name(name), first.authority) for name in names)
        return tuple([await _move_one(client, server, source, write=write) for client in clients])


async def _move_one(github: "GitHub", server: str, source: "Source", *, write: bool) -> Moved:
    from importlib.metadata import version

    from pr_sessions.setup.gate_move import plan_move, propose_move

    try:
        plan = await plan_move(github, version("pr-sessions"), source, server)
        if plan.reason:
            return Moved(github.repository, "left as it is", notes=(plan.reason,))
        if not write:
            return Moved(github.repository, f"would change {len(plan.files)} files", notes=plan.notes)
        address = await propose_move(github, plan, server)
        return Moved(github.repository, "proposed", address, (address, *plan.notes))
    except ForgeFailed as error:
        return Moved(github.repository, "failed", notes=(f"{error}{f'; {error.hint}' if error.hint else ''}",))
