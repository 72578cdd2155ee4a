"""`pr-sessions hook selftest`."""

import os
from typing import TYPE_CHECKING, Any

import click

from pr_sessions.cli import options, output
from pr_sessions.errors import NotFound

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pr_sessions.agents.install.installed import Installed
    from pr_sessions.agents.install.trial import Trial
    from pr_sessions.stores.repository import Repository

BROKEN = 1


@click.command("selftest")
@click.option("--agents", metavar="NAMES", help="Only these: cursor, claude-code, codex, gemini, copilot.")
@options.as_json
def selftest(agents: str | None, json: bool) -> int:
    r"""Try the installed hooks out.

    Feeds each agent's documented payloads to the command that is installed, in a repository that is thrown away
    afterwards. Exit code 1 if an installed hook does not work.

    \b
    Examples:
      pr-sessions hook selftest
      pr-sessions hook selftest --agents cursor --json
    """
    from pr_sessions.agents.install.trial import try_out

    repository = options.repository()
    trials = [trial for found in _installed(repository, agents) for trial in try_out(found, repository, os.environ)]
    works = not any(trial.problems for trial in trials)
    lines = [line for trial in trials for line in _lines(trial)]
    none = ["No hooks are installed.", "Next: pr-sessions init --agents NAMES"]
    output.show({"works": works, "hooks": [_view(trial) for trial in trials]}, lines or none, as_json=json)
    return 0 if works else BROKEN


def _installed(repository: "Repository", agents: str | None) -> "Sequence[Installed]":
    from pr_sessions.agents.install.hosts import hosts_named
    from pr_sessions.agents.install.installed import installed

    there = tuple(installed(repository, os.environ))
    wanted = hosts_named(agents) if agents is not None else {found.host for found in there}
    for host in wanted:
        if host not in {found.host for found in there}:
            raise NotFound(f"no hooks of {host.name} are installed", f"pr-sessions init --agents {host.name}")
    return [found for found in there if found.host in wanted]


def _view(trial: "Trial") -> dict[str, Any]:
    return {
        "agent": trial.found.host.name,
        "scope": trial.found.scope,
        "path": str(trial.found.path),
        "command": trial.command,
        "works": not trial.problems,
        "events": trial.events,
        "records": trial.records,
        "milliseconds": trial.milliseconds,
        "problems": trial.problems,
        "way_out": _way_out(trial),
    }


def _lines(trial: "Trial") -> list[str]:
    state = click.style("broken", fg="red", bold=True) if trial.problems else click.style("works", fg="green")
    spent = f", {trial.milliseconds:g} ms each" if trial.milliseconds is not None else ""
    way_out = _way_out(trial)
    return [
        f"{output.heading(trial.found.host.name)} ({trial.found.scope}): {state}",
        f"  installed  {trial.found.path}",
        f"  command    {output.one_line(trial.command, 300) or '-'}",
        f"  tried      {output.plural(trial.events, 'event')}, {trial.records} recorded{spent}",
        *(f"  problem    {output.one_line(problem, 300)}" for problem in trial.problems),
        *([f"  way out    {way_out}"] if way_out else []),
    ]


def _way_out(trial: "Trial") -> str | None:
    found = trial.found
    if not trial.problems:
        return None
    return found.problem.hint if found.problem else f"pr-sessions init --agents {found.host.name} --scope {found.scope}"
