"""What commands share: options, kinds of values, the tracker of the current folder, sessions by name, async work."""

import os
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from datetime import UTC, datetime, tzinfo
from typing import TYPE_CHECKING, Any, TypeVar

import click

from pr_sessions.core.ids import check_id
from pr_sessions.errors import InvalidValue, NotFound
from pr_sessions.git.discovery import current_folder, find_repository
from pr_sessions.git.repository import Repository
from pr_sessions.render import terminal
from pr_sessions.tracker import Tracker, open_tracker, resolve_session, why_paused

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from pr_sessions.core.urls import PullRequestReference
    from pr_sessions.git.remotes import CloneForge, Remote

F = TypeVar("F", bound=Callable[..., Any])
T = TypeVar("T")


class Moment(click.ParamType[datetime]):
    """A time as people and programs write it: ISO 8601, `2h` ago, `yesterday`; in this machine's zone."""

    name = "TIME"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        if isinstance(value, datetime):
            return value
        from pr_sessions.core.times import parse_when

        now = datetime.now(UTC)
        try:
            # The zone takes a moment to find out, and programs name it.
            return parse_when(value, now, UTC if value.endswith("Z") else _local_zone(now))
        except InvalidValue as error:
            self.fail(f"{error}; {error.hint}", param, ctx)


class Reference(click.ParamType["PullRequestReference"]):
    """A pull request: `42`, `#42`, `!42`, `owner/name#42` or its URL."""

    name = "PR"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> "PullRequestReference":
        from pr_sessions.core.urls import read_reference

        try:
            return read_reference(value)
        except InvalidValue as error:
            self.fail(f"{error}; {error.hint}", param, ctx)


class Number(click.ParamType[str]):
    """The same, as the number by which the current repository records it.

    Args:
        acts: the command acts, so that ssh may resolve the names of its configuration.
    """

    name = "PR"

    def __init__(self, *, acts: bool = False) -> None:
        self._acts = acts

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        return number_in(None, Reference().convert(value, param, ctx), acts=self._acts)


class SessionName(click.ParamType[str]):
    """A session: its id, an alias, or a unique prefix."""

    name = "SESSION"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:  # noqa: ARG002 - click's signature
        return str(value)

    def shell_complete(
        self,
        ctx: click.Context,  # noqa: ARG002 - as above
        param: click.Parameter,  # noqa: ARG002 - as above
        incomplete: str,
    ) -> "list[CompletionItem]":
        """Return session ids."""
        from click.shell_completion import CompletionItem

        from pr_sessions.cli.completing import session_ids

        return [CompletionItem(session_id) for session_id in session_ids(incomplete)]


def number_in(place: Repository | None, reference: "PullRequestReference", *, acts: bool = False) -> str:
    """Return the number by which a repository, by default the current one, records a pull request."""
    if not reference.path:
        return reference.digits
    from pr_sessions.git.remotes import named_id, read_remotes

    place = place or repository()
    return named_id(reference, read_remotes(place.root) if place.git_dir else (), asks_ssh=acts)


def as_json(command: F) -> F:
    """`--json`: one document on stdout, whatever happens."""
    return click.option("--json", "json", is_flag=True, help="Print one JSON document.")(command)


def at(command: F) -> F:
    """`--at`: when it happened, for scripts and imports."""
    text = "Timestamp: ISO 8601, 2h (two hours ago) or yesterday. [default: now]"
    return click.option("--at", type=Moment(), help=text)(command)


def tracker() -> Tracker:
    """The tracker of the repository that the current folder belongs to."""
    return open_tracker()


def unseen_tracker() -> Tracker:
    """Return the same for a command whose streams nobody sees: its warnings wait for one that is seen."""
    return open_tracker(warn=None)


def repository() -> Repository:
    """The repository itself, for commands that must work whatever its files hold."""
    return find_repository(current_folder(), os.environ)


def paused(place: Repository) -> str | None:
    """Why tracking is off there; `None` while it is on."""
    return why_paused(place, os.environ)


def existing_id(tracker: Tracker, text: str) -> str:
    """Return the id of the session that the text names: an id, an alias or a unique prefix.

    While tracking is off, return the text: the operation is refused then, whatever it names.

    Raises:
        NotFound: there is no such session.
        Ambiguous: several sessions begin with the text.
    """
    return text if tracker.paused else resolve_session(tracker.sessions(), text).id


def id_to_record_in(tracker: Tracker, text: str, *, create: bool) -> str:
    """Return the id of the session that the text names, or of one that is to begin.

    Args:
        tracker: of the current folder.
        text: an id, an alias or a unique prefix.
        create: the text is an id, and a session of that id begins where there is none.

    Raises:
        NotFound: there is no such session, and nobody agreed to begin it.
        Ambiguous: several sessions begin with the text.
    """
    if create:
        return check_id(text)
    try:
        return existing_id(tracker, text)
    except NotFound as error:
        if not terminal.can_ask():
            raise NotFound(str(error), f"--create begins a session of this id; {error.hint}") from None
        if click.confirm(f"There is {error}: {error.hint}\nBegin a session of this id?", default=False, err=True):
            return text
        raise NotFound(str(error), "nothing was recorded") from None


def run_async(work: Coroutine[Any, Any, T]) -> T:
    """Return what the work comes to.

    The result does not pass through `asyncio.run`, which holds the finished task where Python writes it out as text:
    with a thousand pull requests in the result that takes ten seconds.
    """
    import asyncio

    results: list[T] = []

    async def worked() -> None:
        results.append(await work)

    asyncio.run(worked())
    return results[0]


def forge_of_clone(remotes: "Sequence[Remote]") -> "CloneForge | None":
    """Return which forge the remotes of a clone lead to. `GITHUB_API_URL` names the host of an Enterprise Server."""
    from pr_sessions.git.remotes import forge_of_clone as forge_of

    return forge_of(remotes, github_host())


def pull_request_page(remotes: "Sequence[Remote]") -> str:
    """Return where people read pull requests of a clone, up to the number; empty where that is not known."""
    from pr_sessions.git.remotes import pull_request_page as page_of

    return page_of(remotes, github_host())


def github_host() -> str:
    """Return the host of GitHub where the environment names one."""
    if not os.environ.get("GITHUB_API_URL", "").strip():
        return ""
    from pr_sessions.core.urls import canonical_host
    from pr_sessions.forges.github.access import api_address, web_host

    with suppress(InvalidValue):  # Who asks GitHub says so.
        return canonical_host(web_host(api_address(os.environ)).partition(":")[0])
    return ""


def _local_zone(now: datetime) -> tzinfo:
    """Return this machine's zone, or its offset at that time where the zone has no IANA name."""
    from zoneinfo import ZoneInfo

    from pr_sessions.config.template import local_time_zone

    zone, local = ZoneInfo(local_time_zone(os.environ)), now.astimezone()
    return zone if zone.utcoffset(now.astimezone(zone)) == local.utcoffset() else local.tzinfo or UTC
