"""Titles and states of recorded pull requests as the forge has them now, for `show` and `list`. Nothing is stored."""

import asyncio
from collections.abc import Mapping, Sequence

from msgspec import Struct

from pr_sessions.core.ids import repository_of
from pr_sessions.core.models import State
from pr_sessions.errors import ForgeFailed, PrSessionsError
from pr_sessions.forges.base import ForgePullRequest, InboxReader
from pr_sessions.forges.github.access import refuse_without_extra
from pr_sessions.git.repository import Repository
from pr_sessions.look.inbox_fetch import HINTS, end_requests, open_forges
from pr_sessions.look.inbox_source import find_source

MOST_SINGLE = 30
MOST_PAGES = 10


class PresentState(Struct, frozen=True):
    """A pull request as it is now.

    Attributes:
        title: as people wrote it.
    """

    title: str
    state: State | None = None
    is_draft: bool = False


class Refreshed(Struct, frozen=True):
    """What the forge says.

    Attributes:
        source: its name.
        pull_requests: by number; those that could not be read are missing.
        unknowns: what could not be read, in words.
    """

    source: str
    pull_requests: Mapping[str, PresentState]
    unknowns: tuple[str, ...] = ()


async def refresh(clone: Repository, numbers: Sequence[str], environ: Mapping[str, str]) -> Refreshed:
    """Return what the forge of a clone says of pull requests: those that are open in a list, a few others one by one.

    Args:
        clone: whose repository they are of; those of other repositories are left out.
        numbers: as they are recorded.
        environ: has the credential.

    Raises:
        PrSessionsError: no remote leads to a forge; there is no token; the forge refuses.
    """
    source = find_source((), "", clone, environ)
    if source.why_not:
        raise PrSessionsError(source.why_not, "leave out --refresh to see what is stored")
    refuse_without_extra(source.name)
    async with open_forges(source, source.repositories, environ, clone.root) as (forge,):
        if not forge.has_credential:
            raise PrSessionsError(f"{source.name} was not asked: no token", HINTS[source.forge])
        try:
            return await _read(forge, source.name, [number for number in numbers if not repository_of(number)])
        finally:
            await end_requests()


async def _read(forge: InboxReader, source: str, numbers: Sequence[str]) -> Refreshed:
    page = await forge.pull_requests("open", MOST_PAGES)
    is_open = {pr.pull_request.number: pr for pr in page.pull_requests}
    others = [number for number in numbers if number not in is_open]
    results = await asyncio.gather(
        *(forge.pull_request(int(number)) for number in others[:MOST_SINGLE]), return_exceptions=True
    )
    present = {number: is_open[number] for number in numbers if number in is_open}
    unknowns = []
    for number, result in zip(others, results, strict=False):
        if isinstance(result, ForgePullRequest):
            present[number] = result
        elif isinstance(result, ForgeFailed):
            unknowns.append(f"#{number}: {result}")
        else:
            raise result
    if len(others) > MOST_SINGLE:
        unknowns.append(f"{len(others) - MOST_SINGLE} others, which are not open")
    return Refreshed(source, {number: _present(pr) for number, pr in present.items()}, tuple(unknowns))


def _present(pr: ForgePullRequest) -> PresentState:
    return PresentState(pr.pull_request.title, pr.pull_request.state, pr.is_draft)
