"""`pr-sessions ci report`."""

from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

import click

from pr_sessions.cli.ci.entrance import Asked, event_options, may_write, run

if TYPE_CHECKING:
    from pr_sessions.forges.github.client import GitHub
    from pr_sessions.live.checks.runs import Report
    from pr_sessions.live.runner.event import Event


@click.command("report")
@event_options
def command(asked: Asked) -> int:
    r"""Say on a run's own commit what its checks came to.

    For the last job of the workflow that runs the checks. It writes the check `pr-sessions` on that very commit, looks
    at nothing else, starts nothing, and needs `checks: write`; with `gate: advisory` it does nothing.

    Only a runner's own event writes anything: with --event, and anywhere else, it shows what would be written.

    \b
    Examples:
      pr-sessions ci report
      pr-sessions ci report --event event.json
    """
    done = run(asked, partial(_report, write=may_write(asked)))
    from pr_sessions.cli.ci import report_text

    return report_text.tell(done, as_json=asked.json)


async def _report(github: "GitHub | None", event: "Event", _then: datetime, *, write: bool) -> "Report":
    from pr_sessions.live.checks.reporting import report_this_commit
    from pr_sessions.tracker import utc_now

    return await report_this_commit(github, event, utc_now(), write=write)
