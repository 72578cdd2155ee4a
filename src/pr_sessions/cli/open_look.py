"""Read what is open on GitHub for `look`, and show how far that is."""

import os
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
from msgspec.structs import replace

from pr_sessions.cli import options
from pr_sessions.core.visible_text import one_line
from pr_sessions.errors import ForgeFailed, NotFound, PrSessionsError
from pr_sessions.forges.github.access import refuse_without_extra
from pr_sessions.render import terminal
from pr_sessions.tracker import utc_now

if TYPE_CHECKING:
    from pr_sessions.forges.base import ForgePullRequest
    from pr_sessions.forges.github.client import GitHub
    from pr_sessions.look.survey import Closeup, Survey

T = TypeVar("T")
Progress = Callable[[int, int], None]
_TOTAL, _TRIES = timedelta(seconds=60), 4
# The history of a clone must not wait long for what its remote says.
_QUICK_TOTAL, _QUICK_TRIES, _QUICK_CONNECT = timedelta(seconds=5), 2, 3.0


def survey_repository(repository: str) -> "Survey":
    """Return what is open in a repository on GitHub.

    Raises:
        PrSessionsError: the extra is missing, or whatever GitHub refuses.
    """
    return options.run_async(_with_github(repository, os.environ, _survey))


def survey_pull_request(repository: str, number: str) -> "Closeup":
    """Return one pull request of a repository on GitHub, and what is open around it.

    Raises:
        PrSessionsError: the extra is missing, or whatever GitHub refuses.
    """

    async def work(github: "GitHub") -> "Closeup":
        return await _closeup(github, number)

    return options.run_async(_with_github(repository, os.environ, work))


def survey_remote(root: Path, environ: Mapping[str, str] = os.environ) -> "Survey | None":
    """Return what is open in the repository that a clone belongs to; `None` without one, or where it cannot be read.

    Args:
        root: of the working tree.
        environ: holds the credential.
    """
    try:
        repository = _repository_of(root, environ)
        return options.run_async(_with_github(repository, environ, _survey, quick=True)) if repository else None
    except PrSessionsError as error:
        terminal.note(f"what is open on GitHub is not shown: {one_line(str(error), 300)}")
        if error.hint:
            terminal.note(f"hint: {error.hint}")
        return None


def fetch_pull_requests(root: Path, numbers: Sequence[str]) -> "dict[str, ForgePullRequest]":
    """Return what GitHub knows of pull requests of the repository that a clone belongs to, by number.

    Raises:
        NotFound: no remote leads there.
        PrSessionsError: the extra is missing, or whatever GitHub refuses.
    """
    repository = _repository_of(root, os.environ)
    if repository is None:
        raise NotFound("no remote of this clone leads to GitHub", "leave out --refresh to use what is stored")

    async def work(github: "GitHub") -> "dict[str, ForgePullRequest]":
        from asyncio import gather

        pull_requests = await gather(*(github.pull_request(int(number)) for number in numbers))
        return dict(zip(numbers, pull_requests, strict=True))

    return options.run_async(_with_github(repository, os.environ, work))


def _repository_of(root: Path, environ: Mapping[str, str]) -> str | None:
    """Return the repository of the interface's host that a remote leads to.

    Looking does not run ssh, so a host that may be a name of ssh's configuration is an error, which names the command
    that needs no remote.

    Raises:
        NotFound: no remote leads to the host, and one may.
    """
    from pr_sessions.core.urls import canonical_host
    from pr_sessions.forges.github.access import api_address, web_host
    from pr_sessions.git.remotes import path_on, read_remotes

    host = canonical_host(web_host(api_address(environ)).partition(":")[0])
    remotes = read_remotes(root)
    path = path_on(host, remotes)
    alias = next((remote for remote in remotes if remote.may_be_alias and "." not in remote.address.host), None)
    if path is None and alias:
        raise NotFound(
            f"only ssh can resolve the host {alias.address.host} of the remote {one_line(alias.name, 60)}",
            f"name the repository: pr-sessions look {alias.address.path}",
        )
    return path


async def _with_github(
    repository: str,
    environ: Mapping[str, str],
    work: "Callable[[GitHub], Awaitable[T]]",
    *,
    quick: bool = False,
) -> T:
    refuse_without_extra()
    from pr_sessions.forges.github.client import open_github
    from pr_sessions.forges.github.transport import LIMITS, Limits, RetryPolicy

    retry = RetryPolicy(_QUICK_TOTAL, _QUICK_TRIES) if quick else RetryPolicy(_TOTAL, _TRIES)
    limits = Limits(connect=_QUICK_CONNECT) if quick else LIMITS
    async with open_github(repository, environ, clock=utc_now, retry=retry, limits=limits) as github:
        if not github.has_credential:
            terminal.note("without a token GitHub allows 60 requests an hour: set GH_TOKEN, or run `gh auth login`")
        return await work(github)


async def _survey(github: "GitHub") -> "Survey":
    from pr_sessions.core.policy import People, Track
    from pr_sessions.forges.github.client import PULLS
    from pr_sessions.gate.fetch import fetch_open, fetch_ruleset
    from pr_sessions.look.forge import survey_rebuilt

    now = utc_now()
    # What is refused later is unknown; where the list itself is refused, nothing can be shown.
    await github.page(github.address(PULLS, state="open", per_page="1"))
    rules, unknowns = await fetch_ruleset(github)
    # Nothing is stored: work with an agent is shown whatever the team tracks.
    rules = replace(rules, policy=replace(rules.policy, track=Track.AGENTS, people=People.SHOWN))
    with progress() as show:
        snapshot, rebuilt = await fetch_open(github, rules, now, show)
    snapshot = replace(snapshot, unknowns=(*unknowns, *snapshot.unknowns))
    return replace(survey_rebuilt(snapshot, rebuilt, rules.policy, now), requests=github.requests_sent)


async def _closeup(github: "GitHub", number: str) -> "Closeup":
    from pr_sessions.gate.assess import assess
    from pr_sessions.gate.event import Event
    from pr_sessions.look.forge import survey_assessed

    now = utc_now()
    reported = await github.pull_request(int(number))
    event = Event(
        name="pull_request",
        action="synchronize",
        repository=github.repository,
        number=number,
        sha=reported.head_sha,
        pull_request=reported,
        at=now,
    )
    assessment = await assess(github, event, now)
    if number not in assessment.snapshot.pull_requests:
        raise ForgeFailed(f"GitHub does not tell enough of #{number}: {'; '.join(assessment.snapshot.unknowns)}")
    closeup = survey_assessed(assessment)
    return replace(closeup, survey=replace(closeup.survey, requests=github.requests_sent))


def progress() -> AbstractContextManager[Progress]:
    """Return what shows on a terminal how far the work is."""
    return _Bar() if sys.stderr.isatty() else nullcontext(lambda *_counts: None)


class _Bar:
    """A bar over the pull requests whose files are read; its length is known with the list."""

    def __init__(self) -> None:
        self._bar: Any = click.progressbar(length=0, label="Reading", file=sys.stderr)

    def __enter__(self) -> Progress:
        self._bar.__enter__()
        return self._update

    def __exit__(self, *raised: object) -> None:
        self._bar.__exit__(*raised)

    def _update(self, done: int, of: int) -> None:
        self._bar.length = of
        self._bar.update(done - self._bar.pos)
