"""`pr-sessions uninstall`."""

import click

from pr_sessions.cli import options, output


@click.command("uninstall")
@click.option("--dry-run", is_flag=True, help="Show what would be done. Writes nothing.")
@options.as_json
def command(dry_run: bool, json: bool) -> None:
    r"""Remove everything but session data.

    The session file, the clone's own document, backups and reports stay where they are.

    \b
    Examples:
      pr-sessions uninstall --dry-run
      pr-sessions uninstall
    """
    from pr_sessions.cli.setup import removal
    from pr_sessions.cli.setup.step_text import short, step_lines, steps_view
    from pr_sessions.cli.setup.steps import carry_out

    repository = options.repository()
    root = repository.root
    steps = removal.plan(repository) if dry_run else carry_out(lambda: removal.plan(repository), repository)
    kept = removal.kept(repository)
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
