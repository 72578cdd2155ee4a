"""`pr-sessions look`."""

import os
from contextlib import suppress
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pr_sessions.cli import options, output
from pr_sessions.errors import InvalidValue, NotFound

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pr_sessions.history.overview import Judged, Overview
    from pr_sessions.live.open.overview import OpenOverview
    from pr_sessions.sessions.policy import Policy

DAYS = 7
# Enough for the latest days of any repository, and read within seconds.
NEWEST_COMMITS = 20_000


class Place(click.ParamType["Path | str"]):
    """A folder; or the name of a repository on GitHub, where there is nothing of that name."""

    name = "PATH|OWNER/REPO"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path | str:
        from pr_sessions.forges.github.address import repository_name

        if not os.path.lexists(value):
            with suppress(InvalidValue):
                return repository_name(value)
        return click.Path(exists=True, file_okay=False, path_type=Path).convert(value, param, ctx)


@click.command("look")
@click.argument("place", required=False, type=Place(), metavar="[PATH|OWNER/REPO]")
@click.option(
    "--days", type=click.IntRange(min=1), metavar="N", help=f"The last N days with pull requests; {DAYS} if not given."
)
@click.option("--why", type=options.Number(), help="Explain one pull request.")
@options.as_json
def command(place: Path | str | None, days: int | None, why: str | None, json: bool) -> None:
    r"""Show the sessions of a history, or of what is open on GitHub. Writes nothing.

    In a folder the history is read: the newest 20,000 commits; with --days or --why, all of them. With GH_TOKEN,
    GITHUB_TOKEN or an App's key in the environment, what is open on GitHub is shown first, if a remote leads there.

    OWNER/REPO is a repository on GitHub, unless there is a folder of that name: what to review next there, and in which
    order. It is asked with the same, or with the token of `gh`; without any, 60 requests an hour are allowed.

    \b
    Examples:
      pr-sessions look
      pr-sessions look ../shop --days 30
      pr-sessions look --why 42
      pr-sessions look octocat/hello-world
      pr-sessions look octocat/hello-world --why 42
    """
    if isinstance(place, str):
        _on_github(place, days, why, as_json=json)
    else:
        _in_history(place, days, why, as_json=json)


def _on_github(repository: str, days: int | None, why: str | None, *, as_json: bool) -> None:
    from pr_sessions.cli.looking import open_look

    if days:
        raise click.UsageError("--days goes with a folder: what is open on GitHub is shown whole.")
    if why is None:
        open_look.look(repository, as_json=as_json)
        return
    if not why.isdecimal():
        raise click.UsageError(f"--why takes a number of {repository}, such as 42.")
    open_look.explain(repository, why, as_json=as_json)


def _in_history(path: Path | None, days: int | None, why: str | None, *, as_json: bool) -> None:
    from pr_sessions.cli.looking import history_text
    from pr_sessions.history.git_history import read_history
    from pr_sessions.history.survey import latest_days, neighbourhood
    from pr_sessions.stores.policy_cache import load_policy
    from pr_sessions.stores.repository import find_repository
    from pr_sessions.stores.signatures import with_signatures
    from pr_sessions.tracker import utc_now

    # A path that somebody gives counts for more than git's own variables.
    repository = find_repository(path or Path.cwd(), {} if path else os.environ)
    policy = with_signatures(load_policy(repository.config, None), None)
    limit = None if days or why else NEWEST_COMMITS
    prs = tuple(read_history(repository.root, limit=limit))
    shallow = repository.common_dir is not None and (repository.common_dir / "shallow").exists()
    name = repository.root.name
    if why is None:
        is_open = None if days else _open_beside(repository.root)
        overview = latest_days(prs, days or DAYS, policy, utc_now())
        data = {"open": None, **_overview_view(overview, policy, shallow=shallow)}
        lines = history_text.overview_lines(name, overview, policy, shallow=shallow)
        _show(is_open, data, lines, as_json=as_json)
        return
    around = neighbourhood(prs, why, policy, utc_now())
    if around is None:
        hint = history_text.SHALLOW if shallow else "`pr-sessions look --days 30` lists those that it names"
        raise NotFound(f"the history of {repository.root} names no pull request {why}", hint)
    output.show(_why_view(around, why, policy), history_text.why_lines(around, why, policy), as_json=as_json)


def _open_beside(root: Path) -> "OpenOverview | None":
    """What is open on GitHub; nobody is asked where the environment holds nothing to ask with."""
    from pr_sessions.forges.github.credential import APP_ID, APP_KEY, TOKENS

    if not any(os.environ.get(name, "").strip() for name in (*TOKENS, APP_ID, APP_KEY)):
        return None
    from pr_sessions.cli.looking import open_look

    return open_look.beside_history(root)


def _show(is_open: "OpenOverview | None", data: dict[str, Any], lines: "Iterator[str]", *, as_json: bool) -> None:
    """The history, behind what is open."""
    if is_open is None:
        output.show(data, lines, as_json=as_json)
        return
    from pr_sessions.cli.looking import open_look, open_text

    shown = chain(open_text.overview_lines(is_open), [""], lines)
    output.show({**data, "open": open_text.view(is_open)}, shown, as_json=as_json)
    open_look.tell_requests(is_open.requests)


def _overview_view(overview: "Overview", policy: "Policy", *, shallow: bool) -> dict[str, Any]:
    from msgspec import structs

    told = {number: _judged_view(one) for number, one in overview.pull_requests.items()}
    return {**structs.asdict(overview), "pull_requests": told, "patterns": policy.auto_pr_patterns, "shallow": shallow}


def _judged_view(one: "Judged") -> dict[str, Any]:
    from msgspec import structs

    from pr_sessions.cli import agents_text

    return {**structs.asdict(one), "agents": agents_text.view(one.agents)}


def _why_view(overview: "Overview", number: str, policy: "Policy") -> dict[str, Any]:
    return {
        "pull_request": _judged_view(overview.pull_requests[number]),
        "group": overview.group_of(number),
        "stacks": [chain for chain in overview.stacks if number in chain],
        "overlaps": [pair for pair in overview.overlaps if number in pair.numbers],
        "patterns": policy.auto_pr_patterns,
    }
