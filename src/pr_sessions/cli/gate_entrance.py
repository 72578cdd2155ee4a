"""How every command of the gate begins: the event is read, GitHub is opened, the work done at the time of looking."""

import os
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from datetime import datetime, timedelta
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
from msgspec import Struct

from pr_sessions.cli import options
from pr_sessions.errors import InvalidValue
from pr_sessions.forges.github.access import refuse_without_extra
from pr_sessions.render import terminal
from pr_sessions.tracker import utc_now

if TYPE_CHECKING:
    from pr_sessions.forges.github.inbox import GitHubInbox
    from pr_sessions.gate.event import Event

T = TypeVar("T")
Work = Callable[["GitHubInbox | None", "Event", datetime], Awaitable[T]]

# A job waits for it.
TOTAL, TRIES = timedelta(seconds=30), 4
NO_TOKEN = "no token was found, and GitHub is not asked: "  # noqa: S105 - words, not a token
ON_A_RUNNER = "set GITHUB_TOKEN: ${{ github.token }} in the step's env"
AT_HOME = "set GH_TOKEN, or run `gh auth login`"


class Asked(Struct, frozen=True):
    """The options of the command line.

    Attributes:
        event_file: a recorded event; `None` for the runner's own.
        event_name: GitHub's name of it; empty for the runner's.
        repository: `owner/name`; empty for the runner's.
        explain: whether everything is shown.
        json: whether the result is one JSON document.
    """

    event_file: Path | None = None
    event_name: str = ""
    repository: str = ""
    explain: bool = False
    json: bool = False


class Place(click.ParamType[str]):
    """A repository on GitHub."""

    name = "OWNER/REPO"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        from pr_sessions.forges.github.access import repository_name

        try:
            return repository_name(value) if value else ""
        except InvalidValue as error:
            self.fail(f"{error}; {error.hint}", param, ctx)


_OPTIONS = (
    click.option(
        "--event",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        metavar="FILE",
        help="A recorded event, for a dry run. [default: the runner's]",
    ),
    click.option(
        "--event-name",
        default="",
        metavar="NAME",
        help="The event's name, such as pull_request. [default: the runner's]",
    ),
    click.option(
        "--repository", type=Place(), default="", metavar="OWNER/REPO", help="Where it happened. [default: the event's]"
    ),
    options.as_json,
)


def event_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that name the event; the command gets them, and `explain` if it has it, as one `asked`."""

    @wraps(command)
    def call(*, event: Path | None, event_name: str, repository: str, json: bool, **others: Any) -> Any:
        explain = others.pop("explain", False)
        return command(asked=Asked(event, event_name, repository, explain, json), **others)

    for option in reversed(_OPTIONS):
        call = option(call)
    return call


def may_write(asked: Asked) -> bool:
    """Return whether anything is written to GitHub: only at a runner's own event. A recorded one is for looking."""
    return asked.event_file is None and terminal.on_a_runner()


def run(asked: Asked, work: Work[T]) -> T:
    """Do the work with the event, the client (`None` where there is no token) and the time of looking.

    That is the recorded event's own time, so that its decision can be repeated, and the clock's on a runner.

    Raises:
        PrSessionsError: the extra is missing, or whatever the work raises.
    """
    refuse_without_extra()
    event = _event(asked, os.environ)
    now = (event.at if asked.event_file else None) or utc_now()
    return options.run_async(_with_github(event, now, work))


def _event(asked: Asked, environ: Mapping[str, str]) -> "Event":
    """Return the recorded event, or the runner's own."""
    from pr_sessions.gate.event import read_event

    if asked.event_file:
        return read_event(asked.event_file, asked.event_name, asked.repository)
    path = environ.get("GITHUB_EVENT_PATH", "")
    return read_event(
        Path(path) if path else None,
        asked.event_name or environ.get("GITHUB_EVENT_NAME", ""),
        asked.repository or environ.get("GITHUB_REPOSITORY", ""),
        environ.get("GITHUB_SHA", ""),
    )


async def _with_github(event: "Event", now: datetime, work: Work[T]) -> T:
    async with AsyncExitStack() as stack:
        github = await _client(stack, event.repository) if event.repository else None
        return await work(github, event, now)


async def _client(stack: AsyncExitStack, repository: str) -> "GitHubInbox | None":
    """Return a client that gives up soon; report why it cannot be used, which is no failure."""
    from pr_sessions.forges.github.inbox import open_inboxes
    from pr_sessions.forges.github.transport import RetryPolicy

    opening = open_inboxes([repository], os.environ, clock=utc_now, retry=RetryPolicy(TOTAL, TRIES))
    try:
        (github,) = await stack.enter_async_context(opening)
    except InvalidValue as error:
        terminal.note(f"GitHub is not asked: {error}; {error.hint}")
        return None
    if not github.has_credential:
        terminal.note(f"{NO_TOKEN}{ON_A_RUNNER if terminal.on_a_runner() else AT_HOME}")
    return github if github.has_credential else None
