"""`look` at what is open on GitHub: asks, shows how far it is, prints what it comes to."""

import os
import sys
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
from msgspec.structs import replace

from pr_sessions.cli import output, to_the_end
from pr_sessions.cli.github_extra import refuse_without_extra
from pr_sessions.errors import ForgeFailed, PrSessionsError
from pr_sessions.tracker import utc_now

if TYPE_CHECKING:
    from pr_sessions.forges.github.client import GitHub
    from pr_sessions.live.judgement import Judgement
    from pr_sessions.live.open.overview import OpenOverview

T = TypeVar("T")
Show = Callable[[int, int], None]
# Somebody watches; what stands in the clone itself must not wait long for what does not.
_TOTAL, _TRIES = timedelta(seconds=60), 4
_TOTAL_BESIDE, _TRIES_BESIDE, _CONNECT_BESIDE = timedelta(seconds=5), 2, 3.0


def look(repository: str, *, as_json: bool) -> None:
    """Prints what is open in a repository.

    Raises:
        PrSessionsError: the extra is missing, or whatever GitHub refuses.
    """
    from pr_sessions.cli.looking import open_text

    overview = to_the_end.run(_asked(repository, os.environ, _overview))
    output.show(open_text.view(overview), open_text.overview_lines(overview), as_json=as_json)
    tell_requests(overview.requests)


def explain(repository: str, number: str, *, as_json: bool) -> None:
    """Prints everything about one pull request of a repository.

    Raises:
        PrSessionsError: the extra is missing, or whatever GitHub refuses.
    """
    from pr_sessions.cli.looking import open_why_text

    async def work(github: "GitHub") -> "Judgement":
        return await _judgement(github, number)

    judgement = to_the_end.run(_asked(repository, os.environ, work))
    output.show(open_why_text.view(judgement), open_why_text.lines(judgement), as_json=as_json)
    tell_requests(judgement.requests)


def tell_requests(count: int) -> None:
    """What it took, for those who pay for it."""
    output.note(f"{output.plural(count, 'request')} to GitHub")


def beside_history(root: Path, environ: Mapping[str, str] = os.environ) -> "OpenOverview | None":
    """What is open in the repository that a clone belongs to; `None` where it belongs to none, or it cannot be asked.

    Args:
        root: of the working tree.
        environ: holds what it is asked with.
    """
    try:
        repository = _repository_of(root, environ)
        return to_the_end.run(_asked(repository, environ, _overview, beside=True)) if repository else None
    except PrSessionsError as error:
        output.note(f"what is open on GitHub is not shown: {output.one_line(str(error), 300)}")
        if error.hint:
            output.note(f"hint: {error.hint}")
        return None


def _repository_of(root: Path, environ: Mapping[str, str]) -> str | None:
    """The repository of the interface's host that a remote leads to; of several, the one that others are forks of."""
    from pr_sessions.forges.github.address import api_address, web_host
    from pr_sessions.forges.remotes import addresses

    host = web_host(api_address(environ)).partition(":")[0]
    found = {name: address.path for name, address in addresses(root).items() if address.host == host}
    return next((found[name] for name in ("upstream", "origin", *found) if name in found), None)


async def _asked(
    repository: str,
    environ: Mapping[str, str],
    work: "Callable[[GitHub], Awaitable[T]]",
    *,
    beside: bool = False,
) -> T:
    refuse_without_extra()
    from pr_sessions.forges.github.client import open_github
    from pr_sessions.forges.github.patience import Patience
    from pr_sessions.forges.github.wire import LIMITS, Limits

    patience = Patience(_TOTAL_BESIDE, _TRIES_BESIDE) if beside else Patience(_TOTAL, _TRIES)
    limits = Limits(connect=_CONNECT_BESIDE) if beside else LIMITS
    async with open_github(repository, environ, patience=patience, limits=limits) as github:
        if not github.has_credential:
            output.note("without a token GitHub allows 60 requests an hour: set GH_TOKEN, or run `gh auth login`")
        return await work(github)


async def _overview(github: "GitHub") -> "OpenOverview":
    from pr_sessions.live.open.survey import survey
    from pr_sessions.live.reading.snapshots import read_open
    from pr_sessions.live.reading.team import team_policy

    now = utc_now()
    await _refuse_unreadable(github)
    policy, doubts = await team_policy(github)
    with _progress() as show:
        snapshot = await read_open(github, policy, now, show)
    snapshot = replace(snapshot, doubts=(*doubts, *snapshot.doubts))
    return replace(survey(snapshot, policy, now), requests=github.wire.sent)


async def _refuse_unreadable(github: "GitHub") -> None:
    """What is refused later is a doubt about something; where there is no list, nothing can be shown."""
    from pr_sessions.forges.github.client import PULLS

    await github.page(github.address(PULLS, state="open", per_page=1))


async def _judgement(github: "GitHub", number: str) -> "Judgement":
    from pr_sessions.live.judgement import judge
    from pr_sessions.live.runner.event import Event

    now = utc_now()
    told = await github.pull_request(int(number))
    event = Event(
        name="pull_request",
        action="synchronize",
        repository=github.repository,
        number=number,
        sha=told.head_sha,
        pull_request=told,
        at=now,
    )
    judgement = await judge(github, event, now)
    if number not in judgement.snapshot.pull_requests:
        raise ForgeFailed(f"GitHub does not tell enough of #{number}: {'; '.join(judgement.snapshot.doubts)}")
    return replace(judgement, requests=github.wire.sent)


def _progress() -> AbstractContextManager[Show]:
    """What shows how far the work is, to those who watch."""
    return _Bar() if sys.stderr.isatty() else nullcontext(_silent)


def _silent(_done: int, _of: int) -> None:
    pass


class _Bar:
    """A bar over the pull requests whose files are read; its length is known with the list."""

    def __init__(self) -> None:
        self._bar: Any = click.progressbar(length=0, label="Reading", file=sys.stderr)

    def __enter__(self) -> Show:
        self._bar.__enter__()
        return self._show

    def __exit__(self, *raised: object) -> None:
        self._bar.__exit__(*raised)

    def _show(self, done: int, of: int) -> None:
        self._bar.length = of
        self._bar.update(done - self._bar.pos)
