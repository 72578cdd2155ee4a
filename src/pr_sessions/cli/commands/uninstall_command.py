"""`pr-sessions uninstall`."""

import os
from typing import TYPE_CHECKING

import click

from pr_sessions.cli import options, output

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pr_sessions.cli.setup.removal import Kept
    from pr_sessions.cli.setup.steps import Step
    from pr_sessions.stores.repository import Repository


@click.command("uninstall")
@click.option("--agents", metavar="NAMES", help="Remove hooks only: of these agents, here and in your own files.")
@click.option("--dry-run", is_flag=True, help="Show what would be done. Writes nothing.")
@options.as_json
def command(agents: str | None, dry_run: bool, json: bool) -> None:
    r"""Remove everything but session data.

    The session file, the clone's own document, backups and reports stay where they are. So do hooks in your own files
    (`init --agents`), which serve your other repositories, too: --agents removes those, and nothing else of ours.

    \b
    Examples:
      pr-sessions uninstall --dry-run
      pr-sessions uninstall
      pr-sessions uninstall --agents cursor,claude-code
    """
    repository = options.repository()
    if agents is not None:
        steps = _without_hooks(repository, agents, dry_run=dry_run)
        return _show(repository, steps, (), dry_run=dry_run, json=json)
    from pr_sessions.cli.setup import removal
    from pr_sessions.cli.setup.steps import carry_out

    def plan() -> "tuple[Step, ...]":
        return removal.plan(repository, os.environ)

    steps = plan() if dry_run else carry_out(plan, repository)
    return _show(repository, steps, removal.kept(repository, os.environ), dry_run=dry_run, json=json)


def _without_hooks(repository: "Repository", agents: str, *, dry_run: bool) -> "tuple[Step, ...]":
    from pr_sessions.agents.install.hosts import hosts_named
    from pr_sessions.cli.setup.agent_hooks import to_take_back
    from pr_sessions.cli.setup.steps import perform

    steps = tuple(to_take_back(repository, hosts_named(agents), os.environ))
    if not dry_run:
        perform(steps, repository)
    return steps


def _show(
    repository: "Repository", steps: "Sequence[Step]", kept: "Sequence[Kept]", *, dry_run: bool, json: bool
) -> None:
    from pr_sessions.cli.setup.step_text import short, step_lines, steps_view

    root = repository.root
    data = {
        "root": str(root),
        "dry_run": dry_run,
        "steps": steps_view(steps),
        "kept": [{"path": str(k.path), "why": k.why} for k in kept],
    }
    title = "Would remove from" if dry_run else "Removed from"
    lines = [f"{title} {output.heading(str(root))}", *step_lines(steps, root)] if steps else ["Nothing to remove."]
    if kept:
        lines += ["Kept", *output.table([(short(k.path, root), k.why) for k in kept])]
    output.show(data, lines, as_json=json)
