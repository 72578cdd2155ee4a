"""What GitHub delivers: the payload of a webhook, which is also what a workflow finds as its event. Pure."""

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

EVENTS = ("pull_request", "pull_request_target", "pull_request_review", "issue_comment")


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


def read_delivery(event: str, payload: Any) -> Delivery | Refused:
    """What happened, or why the delivery is of no use. It never raises, whatever the payload holds."""
    if event not in EVENTS:
        return Refused(f"the event {event[:40]!r} is not looked at")
    try:
        envelope = msgspec.convert(payload, _Envelope)
        return _delivery(event, envelope)
    except (msgspec.ValidationError, InvalidValue, RecursionError) as error:
        return Refused(str(error))


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
