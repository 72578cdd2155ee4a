"""Read an inbox from its forge."""

import asyncio
from collections.abc import Mapping

from pr_sessions.core.inbox import Inbox
from pr_sessions.errors import NotFound, PrSessionsError
from pr_sessions.forges.base import Show
from pr_sessions.forges.github.access import refuse_without_extra
from pr_sessions.forges.github.inbox import open_inboxes
from pr_sessions.gate.repositories import fetch_repositories
from pr_sessions.look.inbox import Reading, inbox_of
from pr_sessions.look.inbox_source import Source
from pr_sessions.tracker import utc_now

NO_TOKEN = "set GH_TOKEN, or run `gh auth login`"  # noqa: S105 - words


async def fetch_inbox(
    source: Source, reading: Reading, environ: Mapping[str, str], show: Show, *, elsewhere: bool
) -> Inbox:
    """Return the inbox of a source.

    Args:
        source: the repositories.
        reading: how.
        environ: has the credential.
        show: called with how many pull requests were read, and of how many.
        elsewhere: whether to ask for what outsiders opened in other repositories.

    Raises:
        PrSessionsError: it has no forge; the extra is missing; there is no token where it takes one; the forge refuses,
            or cannot be reached.
    """
    if source.why_not:
        raise PrSessionsError(source.why_not, source.hint)
    refuse_without_extra()
    async with open_inboxes(source.repositories, environ, clock=utc_now) as forges:
        has_token = all(forge.has_credential for forge in forges)
        if not has_token and not source.is_named:
            raise PrSessionsError(f"{source.name} was not asked: no token", NO_TOKEN)
        if not has_token and reading.only_mine:
            raise PrSessionsError("--mine needs a token, which says who you are", NO_TOKEN)
        try:
            fetched = await fetch_repositories(forges, reading.at, show, elsewhere=elsewhere)
        finally:
            await _end_requests()
    if reading.only_mine and not any(each.viewer for each in fetched.inboxes):
        raise PrSessionsError(f"{source.name} does not say who you are", "--mine needs a token of your own account")
    if not fetched.inboxes:
        raise NotFound("there is no repository to read", "name one: pr-sessions inbox OWNER/REPO")
    return inbox_of(fetched, reading)


async def _end_requests() -> None:
    """End the requests that go on after a failure, so that none holds a connection when they are closed."""
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
