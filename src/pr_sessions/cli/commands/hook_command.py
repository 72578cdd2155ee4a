"""`pr-sessions hook`: `cli/start.py` runs it, before click is imported. Here is what people read of it."""

import os
from typing import TYPE_CHECKING, Any

import click

from pr_sessions.cli import options
from pr_sessions.core.visible_text import one_line
from pr_sessions.errors import NotFound
from pr_sessions.hooks.hosts import INSTALLABLE
from pr_sessions.render import terminal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pr_sessions.git.repository import Repository
    from pr_sessions.setup.agent_hooks.files import Installed
    from pr_sessions.setup.agent_hooks.selftest import SelfTest

BROKEN = 1


@click.group("hook")
def hook_command() -> None:
    r"""Take an agent's event from its hook.

    Reads one JSON object from standard input, prints nothing and always succeeds. The hooks of `init --agents` do not
    need it. HOST is the agent's name in lower case. Payloads of Cursor, Claude Code, Codex, Gemini, Copilot and Devin
    are recognised. Other agents send these fields:

    session_id (required: the conversation), event (start, activity, opened, contributed or end), cwd (the agent's
    folder), url (of the pull request that it opened), branch (that it pushed), parent_id (the conversation of a
    sub-agent's parent).

    \b
    Examples:
      pr-sessions hook amp < event.json
    """


@hook_command.command("selftest")
@click.option(
    "--agents",
    metavar="NAMES",
    help=f"Only these: {', '.join(INSTALLABLE)}. [default: all that are installed]",
)
@options.as_json
def selftest_command(agents: str | None, json: bool) -> int:
    r"""Test the installed hooks.

    Feeds each agent's documented events to the installed command, in a temporary repository. Fails if a hook is
    broken.

    \b
    Examples:
      pr-sessions hook selftest
    """
    from pr_sessions.setup.agent_hooks.selftest import selftest

    repository = options.repository()
    tests = [test for file in _files(repository, agents) for test in selftest(file, repository, os.environ)]
    works = not any(test.problems for test in tests)
    lines = [line for test in tests for line in _lines(test)]
    none = ["No hooks are installed.", "Next: pr-sessions init --agents NAMES"]
    terminal.show({"works": works, "hooks": [_view(test) for test in tests]}, lines or none, as_json=json)
    return 0 if works else BROKEN


def _files(repository: "Repository", agents: str | None) -> "Sequence[Installed]":
    from pr_sessions.setup.agent_hooks.files import hosts_named, installed

    files = tuple(installed(repository, os.environ))
    hosts = {file.host for file in files}
    wanted = hosts if agents is None else hosts_named(agents)
    for host in wanted:
        if host not in hosts:
            raise NotFound(f"no hooks of {host.name} are installed", f"pr-sessions init --agents {host.name}")
    return [file for file in files if file.host in wanted]


def _view(test: "SelfTest") -> dict[str, Any]:
    return {
        "agent": test.file.host.name,
        "scope": test.file.scope,
        "path": str(test.file.path),
        "command": test.command,
        "works": not test.problems,
        "events": test.events,
        "records": test.records,
        "milliseconds": test.milliseconds,
        "problems": test.problems,
        "hint": _hint(test),
    }


def _lines(test: "SelfTest") -> list[str]:
    state = click.style("broken", fg="red", bold=True) if test.problems else click.style("works", fg="green")
    spent = f", {test.milliseconds:g} ms each" if test.milliseconds is not None else ""
    hint = _hint(test)
    return [
        f"{terminal.heading(test.file.host.name)} ({test.file.scope}): {state}",
        f"  installed  {test.file.path}",
        f"  command    {one_line(test.command, 300) or '-'}",
        f"  tried      {terminal.plural(test.events, 'event')}, {test.records} recorded{spent}",
        *(f"  problem    {one_line(problem, 300)}" for problem in test.problems),
        *([f"  hint       {hint}"] if hint else []),
    ]


def _hint(test: "SelfTest") -> str | None:
    if not test.problems:
        return None
    file = test.file
    return test.hint or f"pr-sessions init --agents {file.host.name} --scope {file.scope}"
