"""What a workflow was started by: the runner's event file, or a recorded one."""

from codecs import BOM_UTF8
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from pr_sessions.errors import InvalidValue, UnreadableFile
from pr_sessions.forges.github.address import repository_name
from pr_sessions.forges.github.delivery import OCCASIONS, Delivery, Occasion, Refused, read_delivery, read_occasion
from pr_sessions.forges.github.payload import Comment, GitHubPullRequest, Review, User
from pr_sessions.stores.files import MIB, read_bytes

# GitHub delivers nothing larger.
MOST = 25 * MIB
# By what a payload holds, the most telling first: GitHub's name of the event stands beside it and not in it.
_TOLD_BY = (
    ("merge_group", ("merge_group",)),
    ("issue_comment", ("comment", "issue")),
    ("pull_request_review_comment", ("comment", "pull_request")),
    ("pull_request_review_thread", ("thread", "pull_request")),
    ("pull_request_review", ("review", "pull_request")),
    ("pull_request", ("pull_request",)),
    ("schedule", ("schedule",)),
    ("push", ("ref", "before", "after")),
    ("workflow_dispatch", ("ref", "inputs", "workflow")),
)


class Event(Struct, frozen=True, kw_only=True):
    """Something that happened.

    Attributes:
        name: GitHub's, such as `pull_request`, `merge_group`, `workflow_dispatch`; empty where it cannot be told.
        action: GitHub's word for what was done.
        repository: `owner/name`; empty where it is not told.
        number: of the pull request that it is about; empty where there is none.
        sha: the commit that checks are reported on: the pull request's last, the merge group's, or what the runner
            says; empty where the event does not tell, as for a comment.
        sender: who did it.
        pull_request: as the event tells of it; a comment's event tells less.
        at: when it happened.
        problem: why it postpones nothing, in words; empty where it may.
    """

    name: str = ""
    action: str = ""
    repository: str = ""
    number: str = ""
    sha: str = ""
    sender: User = User()
    pull_request: GitHubPullRequest | None = None
    comment: Comment | None = None
    review: Review | None = None
    at: datetime | None = None
    problem: str = ""


def read_event(path: Path | None, name: str = "", repository: str = "", sha: str = "") -> Event:
    """The event of a file, up to 25 MiB. It never raises for what the file holds: a problem says what is wrong.

    Args:
        path: as the runner names it; `None` where it names none.
        name: GitHub's name of the event; told by what the payload holds where it is empty.
        repository: `owner/name`; the payload must tell of the same one.
        sha: the commit that the runner works on.
    """
    unread = Event(name=name, repository=repository, sha=sha if name in OCCASIONS else "")
    try:
        payload = _payload(path)
    except UnreadableFile as error:
        return replace(unread, problem=str(error))
    name = name or _name_of(payload)
    if not name:
        return replace(unread, problem="the event file does not show which event it tells of")
    unread = replace(unread, name=name, sha=sha if name in OCCASIONS else "")
    told = read_occasion(name, payload) if name in OCCASIONS else read_delivery(name, payload)
    if isinstance(told, Refused):
        return replace(unread, problem=told.reason)
    if problem := _stranger(told.repository, repository):
        return replace(unread, problem=problem)
    return _of_pull_request(told) if isinstance(told, Delivery) else _of_repository(told, unread)


def _payload(path: Path | None) -> Mapping[str, Any]:
    if path is None:
        raise UnreadableFile("no event file is named: give one with --event")
    data = read_bytes(path, MOST)
    if data is None:
        raise UnreadableFile(f"there is no event file {path}")
    try:
        payload = msgspec.json.decode(data.removeprefix(BOM_UTF8))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise UnreadableFile("the event file is empty, half-written or no JSON") from None
    if not isinstance(payload, dict):
        raise UnreadableFile("the event file holds no object")
    return payload


def _name_of(payload: Mapping[str, Any]) -> str:
    return next((name for name, keys in _TOLD_BY if all(key in payload for key in keys)), "")


def _stranger(told: str, expected: str) -> str:
    """Why the event's repository is not the one that is worked on; empty where it is."""
    try:
        repository_name(told or expected)
    except InvalidValue as error:
        return str(error)
    if told and expected and told.lower() != expected.lower():
        return f"the event is of {told}, and not of {expected}"
    return ""


def _of_pull_request(told: Delivery) -> Event:
    pull_request, comment, review = told.pull_request, told.comment, told.review
    times = (pull_request.updated, comment.updated if comment else None, review.submitted if review else None)
    # Only a comment's event does not tell where the branch lies.
    gone = told.event != "issue_comment" and pull_request.head_repository is None
    return Event(
        name=told.event,
        action=told.action,
        repository=told.repository,
        number=pull_request.pull_request.number,
        sha=pull_request.head_sha,
        sender=told.sender,
        pull_request=pull_request,
        comment=comment,
        review=review,
        at=max((moment for moment in times if moment), default=None),
        problem="the repository of its branch is gone" if gone else "",
    )


def _of_repository(told: Occasion, unread: Event) -> Event:
    return replace(
        unread,
        action=told.action,
        repository=told.repository or unread.repository,
        sha=told.sha or unread.sha,
        sender=told.sender,
        at=told.at,
    )
