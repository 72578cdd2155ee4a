"""Read an inbox from its forge."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path

from msgspec.structs import replace

from pr_sessions.core.inbox import Inbox
from pr_sessions.errors import NotFound, PrSessionsError
from pr_sessions.forges.base import InboxReader, Show
from pr_sessions.forges.github.access import refuse_without_extra
from pr_sessions.gate.repositories import FetchedRepositories, fetch_repositories
from pr_sessions.look.inbox import Reading, inbox_of
from pr_sessions.look.inbox_source import Source
from pr_sessions.tracker import utc_now

HINTS = {
    "github": "set GH_TOKEN, or run `gh auth login`",
    "gitlab": "set GITLAB_TOKEN, or run `glab auth login`",
}


async def fetch_inbox(
    source: Source, reading: Reading, environ: Mapping[str, str], show: Show, *, root: Path, elsewhere: bool
) -> Inbox:
    """Return the inbox of a source; the arguments are those of `fetch_open`.

    Raises:
        PrSessionsError: as there.
    """
    return inbox_of(await fetch_open(source, reading, environ, show, root=root, elsewhere=elsewhere), reading)


async def fetch_open(
    source: Source, reading: Reading, environ: Mapping[str, str], show: Show, *, root: Path, elsewhere: bool
) -> FetchedRepositories:
    """Return what is open in the repositories of a source.

    Args:
        source: the repositories.
        reading: how.
        environ: has the credential.
        show: called with how many pull requests were read, and of how many.
        root: a folder in which `glab` runs.
        elsewhere: whether to ask for what outsiders opened in other repositories.

    Raises:
        PrSessionsError: it has no forge; the extra is missing; there is no token where it takes one; the forge refuses,
            or cannot be reached.
    """
    if source.why_not:
        raise PrSessionsError(source.why_not, source.hint)
    refuse_without_extra(source.name)
    names, unknowns = await _repositories(source, environ, root)
    async with open_forges(source, names, environ, root) as forges:
        has_token = all(forge.has_credential for forge in forges)
        if not has_token and not source.is_named:
            raise PrSessionsError(f"{source.name} was not asked: no token", HINTS[source.forge])
        if not has_token and reading.only_mine:
            raise PrSessionsError("--mine needs a token, which says who you are", HINTS[source.forge])
        try:
            fetched = await fetch_repositories(forges, reading.at, show, elsewhere=elsewhere)
        finally:
            await end_requests()
    if reading.only_mine and not any(each.viewer for each in fetched.inboxes):
        raise PrSessionsError(f"{source.name} does not say who you are", "--mine needs a token of your own account")
    return replace(fetched, unknowns=(*unknowns, *fetched.unknowns))


async def _repositories(
    source: Source, environ: Mapping[str, str], root: Path
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the names, with those of the organisation that have something open, and what was left out."""
    if not source.organisation:
        return source.repositories, ()
    # Without the extra the clients cannot even be imported, and that is said before.
    if source.forge == "gitlab":
        from pr_sessions.forges.gitlab.access import list_group

        listed, unknowns = await list_group(source.host, source.organisation, environ, root=root, clock=utc_now)
    else:
        from pr_sessions.forges.github.organisation import list_organisation

        organisation = await list_organisation(source.organisation, environ, clock=utc_now)
        listed, unknowns = organisation.repositories, organisation.unknowns
        if organisation.archived:
            unknowns = (*unknowns, f"{organisation.archived} archived repositories of {source.organisation}")
    names = tuple(dict.fromkeys((*source.repositories, *listed)))
    if not names:
        raise NotFound(f"{source.organisation} has no repository with open pull requests")
    return names, unknowns


def open_forges(
    source: Source, names: tuple[str, ...], environ: Mapping[str, str], root: Path
) -> AbstractAsyncContextManager[Sequence[InboxReader]]:
    """Open repositories on a forge; `glab` runs in `root`."""
    if source.forge == "gitlab":
        from pr_sessions.forges.gitlab.access import open_gitlab_inboxes

        return open_gitlab_inboxes(source.host, names, environ, root=root, clock=utc_now)
    from pr_sessions.forges.github.inbox import open_inboxes

    return open_inboxes(names, environ, clock=utc_now)


async def end_requests() -> None:
    """End the requests that go on after a failure, so that none holds a connection when they are closed."""
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
