"""What GitHub delivers: the payload of a webhook, which is also what a workflow finds as its event. Pure."""

from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct

from pr_sessions.errors import InvalidValue
from pr_sessions.forges.github.payload import (
    Comment,
    GitHubPullRequest,
    Review,
    User,
    read_comment,
    read_pull_request,
    read_review,
)
from pr_sessions.sessions.times import read_time

EVENTS = ("pull_request", "pull_request_target", "pull_request_review", "issue_comment")
OCCASIONS = ("merge_group", "push", "schedule", "workflow_dispatch")


class Delivery(Struct, frozen=True, kw_only=True):
    """Something that happened to a pull request.

    Attributes:
        event: GitHub's name: `pull_request`, `pull_request_review`, `issue_comment`, ...
        action: GitHub's word for what was done: `opened`, `submitted`, `created`, ...
        repository: `owner/name`.
        sender: who did it.
    """

    event: str
    action: str
    repository: str
    sender: User
    pull_request: GitHubPullRequest
    comment: Comment | None = None
    review: Review | None = None


class Occasion(Struct, frozen=True, kw_only=True):
    """Something that happened to a repository, and to no pull request of its own.

    Attributes:
        repository: `owner/name`; empty where it is not told.
        sha: the last commit of a merge group; empty for every other event.
        at: when that commit was made, which is as good as when it happened.
    """

    event: str
    action: str = ""
    repository: str = ""
    sender: User = User()
    sha: str = ""
    at: datetime | None = None


class Refused(Struct, frozen=True):
    """A delivery that is of no use here, and why."""

    reason: str


class _Repository(Struct):
    full_name: str


class _Envelope(Struct):
    repository: _Repository
    action: str | None = None
    sender: User | None = None
    pull_request: dict[str, Any] | None = None
    issue: dict[str, Any] | None = None
    comment: dict[str, Any] | None = None
    review: dict[str, Any] | None = None


class _Commit(Struct):
    timestamp: str | None = None


class _MergeGroup(Struct):
    head_sha: str
    head_commit: _Commit | None = None


class _Happened(Struct):
    action: str | None = None
    repository: _Repository | None = None
    sender: User | None = None
    merge_group: _MergeGroup | None = None
    head_commit: _Commit | None = None


def read_delivery(event: str, payload: Any) -> Delivery | Refused:
    """What happened, or why the delivery is of no use. It never raises, whatever the payload holds."""
    if event not in EVENTS:
        return Refused(f"the event {event[:40]!r} is not looked at")
    try:
        envelope = msgspec.convert(payload, _Envelope)
        return _delivery(event, envelope)
    except (msgspec.ValidationError, InvalidValue, RecursionError) as error:
        return Refused(str(error))


def read_occasion(event: str, payload: Any) -> Occasion | Refused:
    """What happened to a repository, or why the delivery is of no use. It never raises, whatever the payload holds."""
    if event not in OCCASIONS:
        return Refused(f"the event {event[:40]!r} is not looked at")
    try:
        return _occasion(event, msgspec.convert(payload, _Happened))
    except (msgspec.ValidationError, InvalidValue, RecursionError) as error:
        return Refused(str(error))


def _occasion(event: str, happened: _Happened) -> Occasion | Refused:
    group = happened.merge_group if event == "merge_group" else None
    if event == "merge_group" and group is None:
        return Refused("an event without its merge group")
    commit = (group.head_commit if group else happened.head_commit) or _Commit()
    return Occasion(
        event=event,
        action=happened.action or "",
        repository=happened.repository.full_name if happened.repository else "",
        sender=happened.sender or User(),
        sha=group.head_sha if group else "",
        at=read_time(commit.timestamp) if commit.timestamp else None,
    )


def _delivery(event: str, envelope: _Envelope) -> Delivery | Refused:
    about = envelope.issue if event == "issue_comment" else envelope.pull_request
    if about is None:
        return Refused(f"the event {event} tells of no pull request")
    if event == "issue_comment" and not about.get("pull_request"):
        return Refused("a comment on an issue, not on a pull request")
    if event == "issue_comment" and envelope.comment is None:
        return Refused("an event without its comment")
    if event == "pull_request_review" and envelope.review is None:
        return Refused("an event without its review")
    return Delivery(
        event=event,
        action=envelope.action or "",
        repository=envelope.repository.full_name,
        sender=envelope.sender or User(),
        pull_request=read_pull_request(about),
        comment=read_comment(envelope.comment) if envelope.comment else None,
        review=read_review(envelope.review) if envelope.review else None,
    )
