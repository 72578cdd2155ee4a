"""What `gate dashboard` reads and writes: the inbox of one repository, as the body of an issue."""

from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from pr_sessions.core.policy import Ruleset
from pr_sessions.errors import ForgeFailed

if TYPE_CHECKING:
    from pr_sessions.forges.github.inbox import GitHubInbox
    from pr_sessions.gate.dashboard.update import DashboardReport
    from pr_sessions.gate.event import Event


async def dashboard(github: "GitHubInbox | None", event: "Event", now: datetime, *, write: bool) -> "DashboardReport":
    """Update the dashboard, or return what would be written."""
    from pr_sessions.gate.dashboard.update import DashboardReport, update_dashboard

    if github is None:
        note = "nothing is read without a token" if event.repository else "no repository is named: use --repository"
        return DashboardReport(notes=(note,))
    return await update_dashboard(github, event, now, partial(_body, github, now), write=write)


async def _body(github: "GitHubInbox", now: datetime, rules: Ruleset) -> str:
    from msgspec.structs import replace

    from pr_sessions.gate.open_pull_requests import fetch_open_pull_requests
    from pr_sessions.gate.repositories import FetchedRepositories
    from pr_sessions.look.inbox import Reading, inbox_of
    from pr_sessions.render.dashboard import dashboard_body, dashboard_rows

    fetched = await fetch_open_pull_requests(github, rules, now)
    account = f"{github.app}[bot]"
    if fetched.viewer not in ("", account):
        raise ForgeFailed(
            f"the dashboard is written by {account}, and this is the token of {fetched.viewer}",
            "use the runner's GITHUB_TOKEN, or an App's own key in PR_SESSIONS_APP_ID and PR_SESSIONS_APP_KEY",
        )
    inbox = inbox_of(FetchedRepositories((fetched,)), Reading(at=now, source="GitHub"))
    rows = dashboard_rows(fetched.pull_requests, inbox.conflicts)
    return dashboard_body(replace(inbox, rows=rows), fetched.waiting)
