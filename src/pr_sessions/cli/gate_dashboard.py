"""What `gate dashboard` reads and writes: the inbox of one repository, as the body of an issue."""

from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pr_sessions.forges.github.inbox import GitHubInbox
    from pr_sessions.gate.dashboard.update import DashboardReport
    from pr_sessions.gate.event import Event


async def dashboard(github: "GitHubInbox | None", event: "Event", now: datetime, *, write: bool) -> "DashboardReport":
    """Update the dashboard, or return what would be written."""
    from pr_sessions.gate.dashboard.update import DashboardReport, update_dashboard
    from pr_sessions.render.dashboard_issue import fetch_body

    if github is None:
        note = "nothing is read without a token" if event.repository else "no repository is named: use --repository"
        return DashboardReport(notes=(note,))
    return await update_dashboard(github, event, now, partial(fetch_body, github, now), write=write)
