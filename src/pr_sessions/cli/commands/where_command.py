"""`pr-sessions where`."""

from typing import TYPE_CHECKING, Any

import click

from pr_sessions.cli import options, output, views

if TYPE_CHECKING:
    from pr_sessions.cli.places import Counts, Place, State


@click.command("where")
@options.as_json
def command(json: bool) -> None:
    r"""Show every place in which something is stored.

    What each is for, who writes it, what it holds that is sensitive, and how it is now.

    \b
    Examples:
      pr-sessions where
      pr-sessions where --json
    """
    from pr_sessions.cli.places import look_at, places

    repository = options.repository()
    rows = [(place, look_at(place, repository)) for place in places(repository)]
    data = {"root": str(repository.root), "places": [_view(place, state) for place, state in rows]}
    lines = [line for place, state in rows for line in _lines(place, state)]
    output.show(data, lines, as_json=json)


def _view(place: "Place", state: "State") -> dict[str, Any]:
    return {
        "path": str(place.path),
        "purpose": place.purpose,
        "written_by": place.written_by,
        "sensitive": place.sensitive,
        "exists": state.exists,
        "bytes": state.bytes,
        "changed": views.time_view(state.changed),
        "sessions": state.counts.sessions,
        "pull_requests": state.counts.pull_requests,
        "entries": state.counts.entries,
        "git": state.git,
        "problem": state.problem,
    }


def _lines(place: "Place", state: "State") -> list[str]:
    return [
        output.heading(str(place.path)),
        f"  holds       {place.purpose}",
        f"  written by  {place.written_by}",
        f"  sensitive   {place.sensitive}",
        f"  now         {_now(state)}",
        *([f"  problem     {output.one_line(state.problem, 300)}"] if state.problem else []),
    ]


def _now(state: "State") -> str:
    parts = ["there" if state.exists else "not there"]
    if state.exists and state.bytes is not None:
        parts = [f"{state.bytes:,} bytes, changed {output.clock(state.changed)}"]
    return ", ".join([*parts, *_counted(state.counts), *([state.git] if state.git else [])])


def _counted(counts: "Counts") -> list[str]:
    named = (
        (counts.sessions, "session", "sessions"),
        (counts.pull_requests, "pull request", "pull requests"),
        (counts.entries, "entry", "entries"),
    )
    return [f"{n} {one if n == 1 else many}" for n, one, many in named if n is not None]
