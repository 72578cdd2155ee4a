"""`pr-sessions uninstall`."""

import os
from typing import TYPE_CHECKING

import click

from pr_sessions.cli import options
from pr_sessions.render import terminal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pr_sessions.git.repository import Repository
    from pr_sessions.setup.steps import Step
    from pr_sessions.setup.uninstall import Kept


@click.command("uninstall")
@click.option(
    "--agents", metavar="NAMES", help="Remove only hooks, here and in your own files: of these agents, or of all."
)
@click.option("--dry-run", is_flag=True, help="Show what would be done; write nothing.")
@options.as_json
def uninstall_command(agents: str | None, dry_run: bool, json: bool) -> None:
    r"""Remove everything but session data.

    Keeps the session file, the clone's document, backups and reports, and hooks in your own files, which serve your
    other repositories. --agents removes those hooks, and nothing else.

    \b
    Examples:
      pr-sessions uninstall --dry-run
      pr-sessions uninstall
      pr-sessions uninstall --agents cursor,claude-code
    """
    repository = options.repository()
    if agents is not None:
        steps = _remove_hooks(repository, agents, dry_run=dry_run)
        return _show(repository, steps, (), dry_run=dry_run, json=json)
    from pr_sessions.setup import uninstall
    from pr_sessions.setup.steps import carry_out

    def plan() -> "tuple[Step, ...]":
        return uninstall.plan(repository, os.environ)

    steps = plan() if dry_run else carry_out(plan, repository)
    return _show(repository, steps, uninstall.kept(repository, os.environ), dry_run=dry_run, json=json)


def _remove_hooks(repository: "Repository", agents: str, *, dry_run: bool) -> "tuple[Step, ...]":
    from pr_sessions.setup.agent_hooks.files import hosts_named, to_remove_hosts
    from pr_sessions.setup.steps import perform

    steps = tuple(to_remove_hosts(repository, hosts_named(agents), os.environ))
    if not dry_run:
        perform(steps, repository)
    return steps


def _show(
    repository: "Repository", steps: "Sequence[Step]", kept: "Sequence[Kept]", *, dry_run: bool, json: bool
) -> None:
    from pr_sessions.render.json import steps_json

    root = repository.root
    data = {
        "root": str(root),
        "dry_run": dry_run,
        "steps": steps_json(steps),
        "kept": [{"path": str(k.path), "why": k.why} for k in kept],
    }
    title = "Would remove from" if dry_run else "Removed from"
    rows = [(step.action, terminal.path_from(root, step.path), step.what) for step in steps]
    lines = [f"{title} {terminal.heading(str(root))}", *terminal.table(rows)] if rows else ["Nothing to remove."]
    if kept:
        lines += ["Kept", *terminal.table([(terminal.path_from(root, k.path), k.why) for k in kept])]
    terminal.show(data, lines, as_json=json)
