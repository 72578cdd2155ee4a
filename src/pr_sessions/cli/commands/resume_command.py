"""`pr-sessions resume`."""

import os

import click

from pr_sessions.cli import options, output


@click.command("resume")
@options.as_json
def command(json: bool) -> None:
    r"""Switch tracking on again.

    \b
    Examples:
      pr-sessions resume
    """
    from pr_sessions.stores.files import remove_file

    repository = options.repository()
    changed = os.path.lexists(repository.paused)
    remove_file(repository.paused)
    reason = options.paused(repository)
    text = "Tracking is on again." if changed else "Tracking was not paused here."
    lines = [text] if reason is None else [f"Tracking is still off: {reason}.", "  switch on  unset PR_SESSIONS"]
    output.show({"paused": reason is not None, "changed": changed, "reason": reason}, lines, as_json=json)
