"""What the values of the inbox are called, the same in the terminal, on the page and in the issue."""

from datetime import datetime

from pr_sessions.core.inbox import Inbox, Row
from pr_sessions.core.inbox_rows import RowKind
from pr_sessions.core.inbox_sections import Section
from pr_sessions.core.open_pull_requests import Checks, OpenPullRequest, ReviewState, Work
from pr_sessions.core.worktrees import Worktree
from pr_sessions.render.terminal import plural, short_age

SECTIONS = {
    Section.CONFLICTS: "Conflicts",
    Section.REVIEW: "Needs review",
    Section.MERGE: "Ready to merge",
    Section.AT_WORK: "Agent at work",
    Section.CHECKS: "Waiting for checks",
    Section.WAITING: "Waiting for others",
    Section.UNKNOWN: "Not known",
}
WORK = {
    Work.AT_WORK: "agent at work",
    Work.IDLE: "agent idle",
    Work.ENDED: "session ended",
    Work.UNKNOWN: "work not known",
}
CHECKS = {
    Checks.NONE: "no checks",
    Checks.PENDING: "checks run",
    Checks.FAILING: "checks fail",
    Checks.PASSING: "checks pass",
    Checks.UNKNOWN: "checks not read",
}
REVIEWS = {
    ReviewState.NONE: "not reviewed",
    ReviewState.CHANGES_REQUESTED: "changes requested",
    ReviewState.APPROVED: "approved",
    ReviewState.UNKNOWN: "reviews not read",
}


def open_words(inbox: Inbox) -> str:
    """Return how much is open, as far as it was asked for and read."""
    if inbox.pull_requests:
        count = f"{plural(len(inbox.pull_requests), 'open pull request')} in {plural(len(inbox.rows), 'row')}"
        return f"{count} that concern you" if inbox.viewer else count
    if not inbox.source:
        return "no open pull request is recorded"
    return "nothing that is open concerns you" if inbox.viewer else "nothing is open"


def row_title(row: Row) -> str:
    """Return what a row is called. The title of a pull request or session is text from outside."""
    count = len(row.prs)
    if row.kind is RowKind.STACK:
        return row.id.replace("stack-", "Stack #")
    if row.kind is RowKind.ALTERNATIVES:
        return f"{count} answers to #{row.issue}" if row.issue else f"{count} with mostly the same lines"
    if row.kind is RowKind.BURST:
        return f"Burst of {count}"
    return row.prs[0].session_title or (row.prs[0].title if count == 1 else "") or row.id


def review_words(pr: OpenPullRequest) -> str:
    """Return what reviewers said last, by whom, and whether the pull request has changed since."""
    words = REVIEWS[pr.review.state]
    if pr.review.state in (ReviewState.NONE, ReviewState.UNKNOWN):
        return words
    by = f" by {', '.join(pr.review.by[:3])}" if pr.review.by else ""
    return f"{words}{by}{' at an earlier commit' if pr.is_review_stale else ''}"


def states(pr: OpenPullRequest) -> tuple[str, ...]:
    """Return what stands beside review and checks: draft, automatic merge, queue, conflict with its base."""
    conflict = {True: f"conflicts with {pr.base or 'its base'}", False: "", None: "conflict with its base not known"}
    shown = (
        "draft" if pr.is_draft else "",
        "auto-merge" if pr.auto_merge else "",
        "in the merge queue" if pr.is_queued else "",
        conflict[pr.has_base_conflict],
    )
    return tuple(word for word in shown if word)


def worktree_words(tree: Worktree, at: datetime) -> tuple[str, ...]:
    """Return what is said of a working tree beside its path: names are as git and hooks have them, to be escaped."""
    activity, words = tree.activity, []
    if activity.agent:
        words.append(activity.agent)
    if activity.work is not Work.UNKNOWN:
        words.append(WORK[activity.work])
    if activity.at:
        words.append(f"{activity.kind or 'last event'} {short_age(activity.at, at)} ago")
    if tree.uncommitted:
        words.append(f"{plural(tree.uncommitted, 'file')} not committed")
    if tree.unproposed:
        words.append(f"{plural(tree.unproposed, 'commit')} without a pull request")
    if tree.locked:
        words.append("locked" if tree.locked == "locked" else f"locked: {tree.locked}")
    if tree.problem:
        words.append(tree.problem)
    return (tree.branch or "no branch", *words)
