"""`pr-sessions ci check`."""

from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

import click

from pr_sessions.cli.ci.entrance import Asked, event_options, may_write, run

if TYPE_CHECKING:
    from pr_sessions.forges.github.client import GitHub
    from pr_sessions.live.checks.runs import Report
    from pr_sessions.live.runner.event import Event


@click.command("check")
@event_options
def command(asked: Asked) -> int:
    r"""Keep the check `pr-sessions`; start what waits no longer.

    In `enforce` the check is queued while checks wait, in progress while they run, and succeeds once every check of
    gate.checks has succeeded on that very commit. It needs `checks: write`, and to start checks `actions: write`.
    A recorded event, too, is looked at as things stand today.

    Only a runner's own event writes anything: with --event, and anywhere else, it shows what would be written.

    \b
    Examples:
      pr-sessions ci check
      pr-sessions ci check --event event.json
    """
    done = run(asked, partial(_report, write=may_write(asked)))
    from pr_sessions.cli.ci import report_text

    return report_text.tell(done, as_json=asked.json)


async def _report(github: "GitHub | None", event: "Event", _then: datetime, *, write: bool) -> "Report":
    from pr_sessions.live.checks.reporting import report
    from pr_sessions.tracker import utc_now

    return await report(github, event, utc_now(), write=write)
