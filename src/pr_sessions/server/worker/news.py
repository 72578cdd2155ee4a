"""What a delivery reports of a pull request: only what rules may look at, by the same functions as in the gate."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from pr_sessions.core.json_text import decode
from pr_sessions.core.models import State
from pr_sessions.errors import InvalidValue
from pr_sessions.forges.base import Comment, ForgePullRequest
from pr_sessions.gate.commands import beginning, may_hold_command
from pr_sessions.gate.event import Event, read_payload
from pr_sessions.gate.rebuild import is_excluded, trusted, visible_to_rules
from pr_sessions.server.worker.replay import Report
from pr_sessions.server.worker.reports import News
from pr_sessions.tracker.environment import tidy

MayWrite = Callable[[str], bool]
# GitHub's times have whole seconds. Of two reports of the same one, the later state counts.
_LATER_STATE = {State.CLOSED: timedelta(microseconds=1), State.MERGED: timedelta(microseconds=2)}


class About(Struct):
    """What a payload says of its repository."""

    id: int
    full_name: str
    private: bool = True


class Payload(Struct, frozen=True):
    """A delivery that was read.

    Attributes:
        values: everything that GitHub sent.
        repository: `None` for what concerns an installation.
        installation: GitHub's number; 0 where the delivery names none.
    """

    values: Mapping[str, Any]
    repository: About | None
    installation: int


def read_body(body: bytes) -> Payload:
    """Return what a delivery holds.

    Raises:
        InvalidValue: nothing that can be used.
    """
    try:
        values = decode(body)
        about = values.get("repository")
        repository = msgspec.convert(about, About) if about else None
        installation = msgspec.convert((values.get("installation") or {}).get("id") or 0, int)
    except (msgspec.DecodeError, msgspec.ValidationError, AttributeError, RecursionError) as error:
        raise InvalidValue(f"the delivery cannot be read: {error}") from None
    return Payload(values, repository, installation)


def news_of(event: str, payload: Payload, received: datetime, may_write: MayWrite) -> News | None:
    """Return what a delivery reports; `None` where it reports nothing of a pull request.

    Args:
        event: GitHub's name of it.
        payload: as it was read.
        received: when it came, where GitHub does not say when it was.
        may_write: asks whether an account has write access; somebody who has not is never believed.

    Raises:
        InvalidValue: the payload cannot be used.
        ForgeFailed: whether somebody may write is not known; nothing may be recorded before.
    """
    if event == "pull_request":
        read = read_payload(event, payload.values)
        return _of_pull_request(read.pull_request, received, may_write) if read.pull_request else None
    if event == "issue_comment" and _is_on_pull_request(payload.values):
        return _of_comment(read_payload(event, payload.values), received, may_write)
    return None


def report_of(pr: ForgePullRequest, may_write: MayWrite) -> Report:
    """Return what rules may see of a pull request.

    Raises:
        InvalidValue: its number or a time cannot be used.
        ForgeFailed: whether its author may write is not known.
    """
    login = pr.author.login
    is_asked = bool(login) and not pr.is_fork and not pr.author.is_bot
    writers = {login.lower(): may_write(login)} if is_asked else {}
    is_trusted = trusted(pr, writers) is True
    shown = tidy(visible_to_rules(pr, trusted=is_trusted))
    return Report(pull_request=shown, is_trusted=is_trusted, is_excluded=is_excluded(pr))


def _of_pull_request(pr: ForgePullRequest, received: datetime, may_write: MayWrite) -> News:
    report = report_of(pr, may_write)
    shown = report.pull_request
    opened = shown.created or received
    updated = (pr.updated or received) + _LATER_STATE.get(shown.state or State.OPEN, timedelta())
    return News(number=shown.number, at=opened, updated=updated, report=report)


def _is_on_pull_request(values: Mapping[str, Any]) -> bool:
    issue = values.get("issue")
    return isinstance(issue, dict) and bool(issue.get("pull_request"))


def _of_comment(event: Event, received: datetime, may_write: MayWrite) -> News | None:
    comment = event.comment
    if comment is None or not 0 < comment.id < 2**63:
        raise InvalidValue("an event without its comment")
    written = comment.created or received
    # Deleting leaves no time of its own; nothing is written after it.
    updated = received + timedelta(days=1) if event.action == "deleted" else comment.updated or written
    known = replace(comment, number=event.number, body=beginning(comment.body))
    if event.action == "deleted" or not _counts(known, may_write):
        return News(number=event.number, at=written, updated=updated, gone=comment.id)
    return News(number=event.number, at=written, updated=updated, comment=known)


def _counts(comment: Comment, may_write: MayWrite) -> bool:
    return may_hold_command(comment) and may_write(comment.author.login)
