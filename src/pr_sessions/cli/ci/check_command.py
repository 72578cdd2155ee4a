"""`pr-sessions ci check`."""

import click

from pr_sessions.cli.ci.entrance import Asked, event_options, run


@click.command("check")
@event_options
def command(asked: Asked) -> int:
    r"""Keep the check `pr-sessions`, and start checks that waited and wait no longer.

    In `enforce` it is queued while checks wait, in progress while they run, and succeeds once every check of
    gate.checks has succeeded on that very commit. It needs `checks: write`, and to start checks `actions: write`.

    \b
    Examples:
      pr-sessions ci check
      pr-sessions ci check --event event.json --json
    """
    from pr_sessions.cli.ci import told
    from pr_sessions.live.reporting import report

    return told.tell(run(asked, report), as_json=asked.json)
