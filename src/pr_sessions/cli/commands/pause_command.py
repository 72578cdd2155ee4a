"""`pr-sessions pause`."""

import os

import click

from pr_sessions.cli import options, output


@click.command("pause")
@options.as_json
def command(json: bool) -> None:
    r"""Switch tracking off here.

    Every command that would write does nothing then, and succeeds. All working trees of the clone are meant.

    \b
    Examples:
      pr-sessions pause
    """
    from pr_sessions.stores.files import replace_file
    from pr_sessions.stores.repository import prepare_state

    repository = options.repository()
    changed = not os.path.lexists(repository.paused)
    if changed:
        prepare_state(repository)
        replace_file(repository.paused, b"Tracking is off here; `pr-sessions resume` switches it on again.\n")
    text = "Tracking is off here now." if changed else "Tracking was off here already."
    lines = [text, f"  switch on  pr-sessions resume   ({repository.paused})"]
    output.show({"paused": True, "changed": changed, "reason": options.paused(repository)}, lines, as_json=json)
