"""What GitHub's GraphQL says of open pull requests, as values. Pure."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from pr_sessions.core.models import PullRequest, State
from pr_sessions.core.open_pull_requests import Checks, OpenPullRequest, ReviewState, ReviewStatus
from pr_sessions.core.times import read_time
from pr_sessions.errors import InvalidValue
from pr_sessions.forges.base import ChangedFile, ForgePullRequest, OpenDetails, User
from pr_sessions.forges.github.open_nodes import ActorNode, IssueNode, ListAnswer, NodeList, PullRequestNode, ReviewNode

T = TypeVar("T")
_CHECKS = {
    "SUCCESS": Checks.PASSING,
    "FAILURE": Checks.FAILING,
    "ERROR": Checks.FAILING,
    "PENDING": Checks.PENDING,
    "EXPECTED": Checks.PENDING,
}
_CONFLICTS = {"CONFLICTING": True, "MERGEABLE": False}
# Of all other words GitHub does not say whether somebody contributed before.
_FIRST = {
    "FIRST_TIMER": True,
    "FIRST_TIME_CONTRIBUTOR": True,
    "OWNER": False,
    "MEMBER": False,
    "COLLABORATOR": False,
    "CONTRIBUTOR": False,
}
_STATUS = {"DELETED": "removed"}


def read_open(payload: Any, repository: str, refused: Collection[str] = ()) -> OpenDetails | None:
    """Return an open pull request; `None` if it was closed meanwhile.

    Args:
        payload: a node of a list, which has only what is light, or one with everything.
        repository: `owner/name`.
        refused: names of fields that are null because GitHub did not give them.

    Raises:
        InvalidValue: it is no pull request, or a field has a value of another kind.
    """
    try:
        node = msgspec.convert(payload, PullRequestNode)
    except msgspec.ValidationError as error:
        raise InvalidValue(f"GitHub sends a pull request that cannot be read: {error}") from error
    if not 0 < node.number < 10**18:
        raise InvalidValue(f"not a pull request number: {node.number}")
    if node.state != "OPEN":
        return None
    files, author = _files(node), read_actor(node.author)
    pull_request = _pull_request(node, author)
    return OpenDetails(
        ForgePullRequest(
            pull_request=pull_request,
            author=author,
            repository=repository,
            head_repository=node.head_repository.name_with_owner if node.head_repository else None,
            head_sha=node.head_ref_oid,
            updated=_time(node.updated_at),
            is_draft=node.is_draft,
            auto_merge=node.auto_merge_request is not None,
        ),
        _view(node, pull_request, author, repository, refused, files),
        files,
    )


def read_listed(pr: ForgePullRequest, address: str) -> OpenDetails:
    """Return a pull request of which only a list by REST is known.

    Args:
        pr: as the list has it.
        address: where people read it.
    """
    pull_request = pr.pull_request
    return OpenDetails(
        pr,
        OpenPullRequest(
            repository=pr.repository,
            number=pull_request.number,
            address=address,
            title=pull_request.title,
            author=pr.author.login,
            is_bot=pr.author.is_bot,
            opened=pull_request.created,
            updated=pr.updated,
            branch=pull_request.branch,
            base=pull_request.base,
            head_sha=pr.head_sha,
            labels=pull_request.labels,
            is_draft=pr.is_draft,
            auto_merge=pr.auto_merge,
        ),
    )


def read_actor(actor: ActorNode | None) -> User:
    """Return an account as REST has it: the login of an App ends with `[bot]`."""
    if actor is None:
        return User()
    login = f"{actor.login}[bot]" if actor.kind == "Bot" and not actor.login.endswith("[bot]") else actor.login
    return User(login, actor.database_id, actor.kind or None)


def _pull_request(node: PullRequestNode, author: User) -> PullRequest:
    commits = [each.commit for each in _items(node.commits)]
    return PullRequest(
        number=str(node.number),
        title=node.title,
        body=node.body,
        author=author.login,
        author_id=author.id,
        labels=tuple(label.name for label in _items(node.labels)),
        commit_messages=tuple(commit.message for commit in commits),
        commit_authors=tuple(email for commit in commits if commit.author and (email := commit.author.email)),
        commits=tuple(commit.oid for commit in commits if commit.oid),
        files_changed=node.changed_files,
        state=State.OPEN,
        branch=node.head_ref_name,
        base=node.base_ref_name,
        created=_time(node.created_at),
    )


def _view(
    node: PullRequestNode,
    pull_request: PullRequest,
    author: User,
    repository: str,
    refused: Collection[str],
    files: tuple[ChangedFile, ...] | None,
) -> OpenPullRequest:
    last = next((each.commit for each in reversed(_items(node.commits))), None)
    return OpenPullRequest(
        repository=repository,
        number=pull_request.number,
        address=node.url,
        title=node.title,
        author=author.login,
        is_bot=author.is_bot,
        is_first=_FIRST.get(node.author_association),
        opened=pull_request.created,
        pushed=_time(last.committed_date) if last else None,
        updated=_time(node.updated_at),
        branch=node.head_ref_name,
        base=node.base_ref_name,
        head_sha=node.head_ref_oid,
        base_sha=node.base_ref_oid,
        files=tuple(file.filename for file in files) if files is not None else None,
        file_count=node.changed_files,
        additions=node.additions,
        deletions=node.deletions,
        labels=pull_request.labels,
        closes=tuple(_closed_issue(issue, repository) for issue in _items(node.closing_issues_references)),
        review=_review(node),
        requested=_requested(node),
        assigned=tuple(account.login for account in _items(node.assignees)),
        checks=_checks(node, refused),
        has_base_conflict=_CONFLICTS.get(node.mergeable),
        merge_state=merge_state(node.merge_state_status),
        is_queued=bool(node.is_in_merge_queue),
        is_draft=node.is_draft,
        auto_merge=node.auto_merge_request is not None,
    )


def has_conflict(mergeable: str) -> bool | None:
    """Return whether the word says that the branch conflicts with its base; `None` where GitHub does not know yet."""
    return _CONFLICTS.get(mergeable)


def merge_state(word: str) -> str:
    """Return GitHub's word in lower case; empty where it does not know yet."""
    return "" if word == "UNKNOWN" else word.lower()


def _files(node: PullRequestNode) -> tuple[ChangedFile, ...] | None:
    """Return the changed files, unless GitHub shows only some of them."""
    files = _items(node.files)
    if node.files is None or node.files.page_info.has_next or len(files) != node.changed_files:
        return None
    return tuple(ChangedFile(f.path, _STATUS.get(f.change_type, f.change_type.lower())) for f in files)


def _review(node: PullRequestNode) -> ReviewStatus:
    """Return the last opinions of people who may write. An App may ask for changes, but its approval is no review."""
    if node.latest_opinionated_reviews is None:
        return ReviewStatus()
    by_state: dict[str, list[ReviewNode]] = {"CHANGES_REQUESTED": [], "APPROVED": []}
    for review in _items(node.latest_opinionated_reviews):
        if review.state in by_state and (review.state != "APPROVED" or not read_actor(review.author).is_bot):
            by_state[review.state].append(review)
    state = next((state for state, reviews in by_state.items() if reviews), None)
    if state is None:
        return ReviewStatus(ReviewState.NONE)
    # Of several reviewers one may have seen the last commit.
    reviews = sorted(by_state[state], key=lambda each: (_oid(each) == node.head_ref_oid, each.submitted_at or ""))
    logins = dict.fromkeys(login for review in reviews if (login := read_actor(review.author).login))
    return ReviewStatus(ReviewState[state], _oid(reviews[-1]), tuple(sorted(logins)), _time(reviews[-1].submitted_at))


def _oid(review: ReviewNode) -> str:
    return review.commit.oid if review.commit else ""


def _checks(node: PullRequestNode, refused: Collection[str]) -> Checks:
    commits = _items(node.head)
    if "head" in refused or not commits:
        return Checks.UNKNOWN
    rollup = commits[-1].commit.status_check_rollup
    return _CHECKS.get(rollup.state, Checks.UNKNOWN) if rollup else Checks.NONE


def _requested(node: PullRequestNode) -> tuple[str, ...]:
    requests = (request.requested_reviewer for request in _items(node.review_requests))
    return tuple(name for each in requests if each and (name := each.slug or read_actor(each).login))


def _closed_issue(issue: IssueNode, repository: str) -> str:
    name = issue.repository.name_with_owner if issue.repository else repository
    return str(issue.number) if name.lower() == repository.lower() else f"{name}#{issue.number}"


def _items(page: NodeList[T] | None) -> list[T]:
    return [item for item in (page.nodes or ()) if item is not None] if page else []


def _time(text: str | None) -> datetime | None:
    return read_time(text) if text else None


class ListPage(Struct, frozen=True):
    """A page of the list of what is open.

    Attributes:
        name: `owner/name` of today.
        viewer: login of the account that reads.
        total: how many are open.
        nodes: the pull requests as they came.
        next: the cursor of the next page; `None` at the end.
    """

    name: str
    viewer: str
    is_archived: bool
    total: int
    nodes: tuple[Any, ...]
    next: str | None


def read_page(payload: Any) -> ListPage:
    """Return a page of the list.

    Raises:
        InvalidValue: it is none.
    """
    try:
        answer = msgspec.convert(payload, ListAnswer)
    except msgspec.ValidationError as error:
        raise InvalidValue(f"GitHub sends a list of pull requests that cannot be read: {error}") from error
    repository, prs = answer.repository, answer.repository.pull_requests
    return ListPage(
        name=repository.name_with_owner,
        viewer=read_actor(answer.viewer).login,
        is_archived=repository.is_archived,
        total=prs.total_count,
        nodes=tuple(node for node in prs.nodes or () if node),
        next=prs.page_info.end_cursor if prs.page_info.has_next_page else None,
    )
