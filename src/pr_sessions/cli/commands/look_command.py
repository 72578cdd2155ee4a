"""`pr-sessions look`."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pr_sessions.cli import options, output
from pr_sessions.errors import NotFound

if TYPE_CHECKING:
    from pr_sessions.history.overview import Judged, Overview
    from pr_sessions.sessions.policy import Policy

DAYS = 7
# Enough for the latest days of any repository, and read within seconds.
NEWEST_COMMITS = 20_000


@click.command("look")
@click.argument("path", required=False, type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option(
    "--days", type=click.IntRange(min=1), metavar="N", help=f"The last N days with pull requests; {DAYS} if not given."
)
@click.option("--why", type=options.Number(), help="Explain one pull request.")
@options.as_json
def command(path: Path | None, days: int | None, why: str | None, json: bool) -> None:
    r"""Read a repository's history and show its sessions. Installs and writes nothing.

    Reads the newest 20,000 commits; with --days or --why, all of them.

    \b
    Examples:
      pr-sessions look
      pr-sessions look ../shop --days 30
      pr-sessions look --why 42
    """
    from pr_sessions.cli import look_text
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
        overview = latest_days(prs, days or DAYS, policy, utc_now())
        data = _overview_view(overview, policy, shallow=shallow)
        output.show(data, look_text.overview_lines(name, overview, policy, shallow=shallow), as_json=json)
        return
    around = neighbourhood(prs, why, policy, utc_now())
    if around is None:
        hint = look_text.SHALLOW if shallow else "`pr-sessions look --days 30` lists those that it names"
        raise NotFound(f"the history of {repository.root} names no pull request {why}", hint)
    output.show(_why_view(around, why, policy), look_text.why_lines(around, why, policy), as_json=json)


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
