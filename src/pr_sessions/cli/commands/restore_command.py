"""`pr-sessions restore`."""

import click

from pr_sessions.cli import options, output


@click.command("restore")
@click.argument("name", required=False)
@options.as_json
def command(name: str | None, json: bool) -> None:
    r"""Join a backup in. Removes nothing.

    NAME is one that `pr-sessions backup list` shows; the newest if not given. A copy of the present state is taken
    first.

    \b
    Examples:
      pr-sessions restore
      pr-sessions restore auto_pr_sessions.backup.20251122.json
    """
    restored = options.tracker().restore(name)
    data = {"backup": str(restored.backup.path), "added": restored.added, "updated": restored.updated, "removed": []}
    counts = f"{output.plural(len(restored.added), 'session')} added, {len(restored.updated)} updated"
    lines = [f"Joined {restored.backup.name} in: {counts}. Nothing was removed."]
    lines += [f"  + {output.one_line(i, 200)}" for i in restored.added]
    lines += [f"  ~ {output.one_line(i, 200)}" for i in restored.updated]
    output.show(data, lines, as_json=json)
