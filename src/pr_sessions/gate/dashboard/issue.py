"""The issue of the dashboard: which one it is, and when it is written."""

import re
from collections.abc import Iterable

from pr_sessions.errors import ForgeFailed
from pr_sessions.forges.base import Issue, IssuesCapability, User
from pr_sessions.gate.dashboard.boxes import lines_of

LABEL = "pr-sessions"
TITLE = "Open pull requests by session"
MARK = "<!-- pr-sessions: dashboard -->"
_STAMP = re.compile(r"<sub>pr-sessions, as of [0-9]{4}(-[0-9]{2}){2} [0-9]{2}:[0-9]{2} UTC</sub>", re.ASCII)


def with_frame(content: str, stamp: str) -> str:
    """Return the body: the content with its hidden mark, and when it was last true, as `clock` writes it."""
    return f"{MARK}\n\n{content.strip()}\n\n<sub>pr-sessions, as of {stamp}</sub>"


def is_account(author: User, app: str) -> bool:
    """Return whether somebody is the App that we write as."""
    return author.is_bot and author.login == f"{app}[bot]"


async def find_issue(forge: IssuesCapability, app: str) -> Issue | None:
    """Return the oldest dashboard of our own account, open or closed; what others write like one is none.

    It is found without its label, too, which somebody may have deleted.
    """
    creator = f"{app}[bot]"
    return _oldest(await forge.issues(creator, LABEL), app) or _oldest(await forge.issues(creator), app)


def _oldest(issues: Iterable[Issue], app: str) -> Issue | None:
    ours = (issue for issue in issues if is_account(issue.author, app) and is_dashboard(issue))
    return min(ours, key=lambda issue: issue.number, default=None)


def is_dashboard(issue: Issue) -> bool:
    """Return whether an issue is a dashboard; somebody who may write may have taken the mark out of its body."""
    return lines_of(issue.body)[0] == MARK or (issue.title == TITLE and LABEL in issue.labels)


def is_up_to_date(issue: Issue, body: str) -> bool:
    """Return whether the issue says this already, at whatever time."""
    (*old, old_stamp), (*new, _) = lines_of(issue.body), lines_of(body)
    return old == new and _STAMP.fullmatch(old_stamp) is not None and LABEL in issue.labels


async def write_issue(forge: IssuesCapability, app: str, issue: Issue | None, body: str) -> Issue:
    """Create the issue, or replace the text of the one that is there. Other labels stay.

    Raises:
        ForgeFailed: the forge refuses, or wrote it as another account, which could not be recognised later.
    """
    if issue is not None:
        return await forge.update_issue(issue.number, body, tuple(dict.fromkeys((*issue.labels, LABEL))))
    created = await forge.create_issue(TITLE, body, (LABEL,))
    if not is_account(created.author, app):
        raise ForgeFailed(
            f"{created.address} was created by {created.author.login!r}, and {app!r} is looked for: close it",
            "use the runner's GITHUB_TOKEN, or an App's own key in PR_SESSIONS_APP_ID and PR_SESSIONS_APP_KEY",
        )
    return created
