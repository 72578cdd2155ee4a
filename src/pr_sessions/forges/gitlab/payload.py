"""What GitLab says of merge requests, as values. Pure.

https://docs.gitlab.com/api/merge_requests/: a list has less than a merge request itself, and older servers have less
than newer ones. What is missing or null keeps its default.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, TypeVar

import msgspec
from msgspec.structs import replace

from pr_sessions.core.models import NO_STACK, PullRequest, State
from pr_sessions.core.open_pull_requests import Checks, OpenPullRequest, ReviewState, ReviewStatus
from pr_sessions.core.times import read_time
from pr_sessions.errors import InvalidValue
from pr_sessions.forges.base import ChangedFile, Comment, ForgePullRequest, OpenDetails, User
from pr_sessions.forges.gitlab.shapes import Account, Approvals, Commit, Diff, Issue, MergeRequest, Note, Reviewer

T = TypeVar("T")
# https://docs.gitlab.com/api/pipelines/: what has not ended is pending.
_CHECKS = {
    "success": Checks.PASSING,
    "failed": Checks.FAILING,
    "canceled": Checks.FAILING,
    "canceling": Checks.FAILING,
    "skipped": Checks.NONE,
}
# Words of `detailed_merge_status` for what GitLab has still to find out.
_NOT_KNOWN = ("unchecked", "checking", "preparing", "approvals_syncing")
_STATES = {"opened": State.OPEN, "locked": State.OPEN, "closed": State.CLOSED, "merged": State.MERGED}
# Accounts of a project's or group's access token.
_TOKEN_ACCOUNT = re.compile(r"(?:project|group)_[0-9]+_bot\w*", re.ASCII)
# From `Developer` on.
WRITE_ACCESS = 30


def convert(payload: Any, kind: type[T], name: str) -> T:
    """Return a part of an answer as a value.

    Raises:
        InvalidValue: it is something else.
    """
    try:
        return msgspec.convert(payload, kind)
    except msgspec.ValidationError as error:
        raise InvalidValue(f"GitLab sends {name} that cannot be read: {error}") from error


def read_merge_request(payload: Any, project: str) -> ForgePullRequest:
    """Return a merge request as rules look at it.

    Args:
        payload: of a list, or by itself.
        project: its path.

    Raises:
        InvalidValue: it is none.
    """
    row = convert(payload, MergeRequest, "a merge request")
    return _reported(row, project)


def _reported(row: MergeRequest, project: str) -> ForgePullRequest:
    if not 0 < row.iid < 10**18:
        raise InvalidValue(f"not a merge request number: {row.iid}")
    author = read_user(row.author)
    ours = row.source_project_id is not None and row.source_project_id == row.target_project_id
    fork = f"project {row.source_project_id}" if row.source_project_id else None
    return ForgePullRequest(
        pull_request=PullRequest(
            number=str(row.iid),
            title=row.title,
            body=row.description or "",
            author=author.login,
            author_id=author.id,
            labels=tuple(row.labels),
            files_changed=_count(row.changes_count),
            state=_STATES.get(row.state),
            branch=row.source_branch,
            base=row.target_branch,
            created=_time(row.created_at),
            closed=_time(row.closed_at),
            merged=_time(row.merged_at),
            stack=NO_STACK,
        ),
        author=author,
        repository=project,
        head_repository=project if ours else fork,
        head_sha=row.sha or "",
        updated=_time(row.updated_at),
        is_draft=row.draft,
        auto_merge=bool(row.merge_when_pipeline_succeeds),
    )


def read_open(payload: Any, project: str) -> OpenDetails:
    """Return an open merge request as a list has it.

    Raises:
        InvalidValue: it is none.
    """
    row = convert(payload, MergeRequest, "a merge request")
    reported = _reported(row, project)
    pr, word = reported.pull_request, row.detailed_merge_status or ""
    asked = ReviewStatus(ReviewState.CHANGES_REQUESTED) if word == "requested_changes" else ReviewStatus()
    return OpenDetails(
        reported,
        OpenPullRequest(
            repository=project,
            number=pr.number,
            address=row.web_url,
            title=row.title,
            author=reported.author.login,
            is_bot=reported.author.is_bot,
            opened=pr.created,
            updated=reported.updated,
            branch=pr.branch,
            base=pr.base,
            head_sha=reported.head_sha,
            labels=pr.labels,
            review=asked,
            requested=tuple(user.username for user in row.reviewers if user.username),
            assigned=tuple(user.username for user in row.assignees if user.username),
            has_base_conflict=_has_conflict(row),
            merge_state="" if word in _NOT_KNOWN else word,
            is_draft=row.draft,
            auto_merge=reported.auto_merge,
        ),
    )


def with_itself(details: OpenDetails, payload: Any) -> OpenDetails:
    """Add what a merge request says by itself. Raises `InvalidValue` if it is none."""
    row = convert(payload, MergeRequest, "a merge request")
    pipeline, refs = row.head_pipeline, row.diff_refs
    view = replace(
        details.view,
        is_first=row.first_contribution,
        base_sha=(refs and refs.start_sha) or "",
        file_count=_count(row.changes_count),
        checks=_CHECKS.get(pipeline.status, Checks.PENDING) if pipeline else Checks.NONE,
    )
    return replace(details, view=view)


def with_approvals(details: OpenDetails, payload: Any) -> OpenDetails:
    """Add who approved; GitLab does not say at which commit. A request for changes outweighs it."""
    approvals = convert(payload, Approvals, "approvals")
    names = (each.user.username for each in approvals.approved_by if each.user)
    by = tuple(sorted(name for name in names if name and not _TOKEN_ACCOUNT.fullmatch(name)))
    if details.view.review.state is ReviewState.CHANGES_REQUESTED:
        return details
    status = ReviewStatus(ReviewState.APPROVED, by=by) if by else ReviewStatus(ReviewState.NONE)
    return replace(details, view=replace(details.view, review=status))


def with_reviewers(details: OpenDetails, payload: Any) -> OpenDetails:
    """Add which reviewers asked for changes."""
    reviewers = convert(payload, list[Reviewer], "reviewers")
    by = tuple(sorted(each.user.username for each in reviewers if each.user and each.state == "requested_changes"))
    if not by:
        return details
    return replace(details, view=replace(details.view, review=ReviewStatus(ReviewState.CHANGES_REQUESTED, by=by)))


def with_diffs(details: OpenDetails, files: Sequence[Diff] | None) -> OpenDetails:
    """Add the changed files; `None` where they were not all read."""
    if files is None:
        return details
    is_whole = not any(file.too_large or file.collapsed for file in files)
    lines = [line for file in files for line in file.diff.splitlines()]
    view = replace(
        details.view,
        file_count=len(files),
        files=tuple(file.new_path for file in files),
        additions=sum(line.startswith("+") for line in lines) if is_whole else None,
        deletions=sum(line.startswith("-") for line in lines) if is_whole else None,
    )
    return replace(details, view=view, files=changed_files(files))


def with_commits(details: OpenDetails, payload: Any) -> OpenDetails:
    """Add the commits, which GitLab lists newest first."""
    commits = convert(payload, list[Commit], "commits")[::-1]
    pull_request = replace(
        details.pull_request.pull_request,
        commit_messages=tuple(commit.message for commit in commits),
        commit_authors=tuple(commit.author_email for commit in commits if commit.author_email),
        commits=tuple(commit.id for commit in commits if commit.id),
    )
    last = commits[-1].committed_date if commits else None
    view = replace(details.view, pushed=read_time(last)) if last else details.view
    return replace(details, pull_request=replace(details.pull_request, pull_request=pull_request), view=view)


def with_issues(details: OpenDetails, payload: Any, project_id: int) -> OpenDetails:
    """Add the issues of the project that merging it closes."""
    issues = convert(payload, list[Issue], "issues")
    closes = tuple(str(issue.iid) for issue in issues if issue.project_id in (None, project_id))
    return replace(details, view=replace(details.view, closes=closes))


def read_diffs(payload: Any) -> list[Diff]:
    """Return a page of changed files. Raises `InvalidValue` if it is none."""
    return convert(payload, list[Diff], "changed files")


def changed_files(files: Iterable[Diff]) -> tuple[ChangedFile, ...]:
    """Return changed files as rules look at them."""
    return tuple(
        ChangedFile(
            file.new_path,
            "added" if file.new_file else "removed" if file.deleted_file else "modified",
            file.old_path if file.renamed_file else None,
        )
        for file in files
    )


def read_notes(payload: Any, number: str) -> list[Comment]:
    """Return what people wrote below a merge request. Raises `InvalidValue` if it is no list of that."""
    notes = convert(payload, list[Note], "comments")
    return [
        Comment(note.id, read_user(note.author), note.body, _time(note.created_at), _time(note.updated_at), number)
        for note in notes
        if not note.system
    ]


def read_members(payload: Any) -> dict[str, bool]:
    """Return by username, in lower case, whether members may write. Raises `InvalidValue` if it is no list of them."""
    members = convert(payload, list[Account], "members")
    return {each.username.lower(): each.access_level >= WRITE_ACCESS for each in members if each.username}


def read_user(user: Account | None) -> User:
    """Return an account."""
    if user is None:
        return User()
    return User(user.username, user.id, "Bot" if _TOKEN_ACCOUNT.fullmatch(user.username) else "User")


def _has_conflict(row: MergeRequest) -> bool | None:
    """Return whether it conflicts with its target; before GitLab has looked, it says that it does not."""
    if row.has_conflicts or row.detailed_merge_status == "conflict":
        return True
    return None if row.detailed_merge_status in (None, *_NOT_KNOWN) else row.has_conflicts


def _count(text: str | None) -> int | None:
    """Return a number of files; of very many GitLab says `1000+`."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else None


def _time(text: str | None) -> datetime | None:
    return read_time(text) if text else None
