"""The body of the dashboard's issue, as it is now: what is open is fetched, and rendered."""

from datetime import datetime

from msgspec.structs import replace

from pr_sessions.core.policy import Ruleset
from pr_sessions.errors import ForgeFailed
from pr_sessions.forges.github.inbox import GitHubInbox
from pr_sessions.gate.open_pull_requests import fetch_open_pull_requests
from pr_sessions.gate.repositories import FetchedRepositories
from pr_sessions.look.inbox import Reading, inbox_of
from pr_sessions.render.dashboard import dashboard_body, dashboard_rows


async def fetch_body(github: GitHubInbox, now: datetime, rules: Ruleset) -> str:
    """Return the body.

    Raises:
        ForgeFailed: nothing can be read, or the token is of another account than the one that writes.
    """
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
