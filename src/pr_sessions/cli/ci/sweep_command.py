"""`pr-sessions ci sweep`."""

from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

import click

from pr_sessions.cli import options
from pr_sessions.cli.ci.entrance import Asked, Place, may_write, run
from pr_sessions.errors import InvalidValue

if TYPE_CHECKING:
    from pr_sessions.forges.github.client import GitHub
    from pr_sessions.live.checks.runs import Report
    from pr_sessions.live.runner.event import Event


@click.command("sweep")
@click.option(
    "--repository", type=Place(), default="", metavar="OWNER/REPO", help="Which one; the runner's if not given."
)
@options.as_json
def command(repository: str, json: bool) -> int:
    r"""Start and complete what is due of all open pull requests.

    To be run on a schedule. It makes good what an event missed, and reports on pull requests of forks and of
    Dependabot, whose own jobs may not write. With `gate: advisory`, and anywhere but on a runner, it says what it would
    do, and writes nothing.

    \b
    Examples:
      pr-sessions ci sweep
      pr-sessions ci sweep --repository ada/shop --json
    """
    asked = Asked(repository=repository)
    done = run(asked, partial(_sweep, write=may_write(asked)))
    from pr_sessions.cli.ci import report_text

    return report_text.tell(done, as_json=json)


async def _sweep(github: "GitHub | None", event: "Event", now: datetime, *, write: bool) -> "Report":
    from pr_sessions.live.checks.sweep import sweep

    if github is None and event.repository:
        raise InvalidValue("open pull requests cannot be looked at: GitHub is not asked", "its reason stands above")
    if github is None:
        raise InvalidValue("nobody knows which repository to look at", "name it, such as --repository ada/shop")
    return await sweep(github, now, write=write)
