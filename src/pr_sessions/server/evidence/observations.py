"""From deliveries of GitHub to what the evidence report needs of them.

See https://docs.github.com/en/webhooks/webhook-events-and-payloads.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from msgspec import Struct

from pr_sessions.core.ids import clean
from pr_sessions.core.times import read_time
from pr_sessions.errors import InvalidValue

_MOST_TEXT = 200


class Kind(StrEnum):
    """What a observation is about."""

    REQUEST = "request"
    REVIEW = "review"
    CHECK = "check"
    MERGE = "merge"
    BYPASS = "bypass"


class Observation(Struct, frozen=True, kw_only=True):
    """One observation about a pull request, or about a commit.

    Attributes:
        number: of the pull request; empty for a check.
        head: the commit that was reviewed, checked or merged; empty for who requested it.
        subject: who did it, or the name of the check; empty where that is not known.
        at: when.
        outcome: what came of it.
    """

    kind: Kind
    number: str = ""
    head: str = ""
    subject: str = ""
    at: datetime
    outcome: str = ""


def observations_of(event: str, payload: Mapping[str, Any]) -> Sequence[Observation]:
    """Return the observations of a delivery; none where it has none, or lacks what belongs to it."""
    read = _READERS.get(event)
    return [*read(payload)] if read else ()


def _of_pull_request(payload: Mapping[str, Any]) -> Iterable[Observation]:
    pr = _part(payload, "pull_request")
    number, opened, author = _number(pr), _time(pr, "created_at"), _part(pr, "user")
    # Who opened it with their account asked for it. Where an App opened it, GitHub does not say who did.
    if number and opened and author.get("type") == "User":
        yield Observation(
            kind=Kind.REQUEST, number=number, subject=_text(author, "login"), at=opened, outcome="opened it"
        )
    merged, head = _time(pr, "merged_at"), _text(_part(pr, "head"), "sha")
    if number and merged and head:
        by = _text(_part(pr, "merged_by"), "login")
        yield Observation(kind=Kind.MERGE, number=number, head=head, subject=by, at=merged, outcome="merged")


def _of_review(payload: Mapping[str, Any]) -> Iterable[Observation]:
    review, number = _part(payload, "review"), _number(_part(payload, "pull_request"))
    at, state, head = _time(review, "submitted_at"), _text(review, "state").lower(), _text(review, "commit_id")
    # A comment takes no approval back.
    if number and at and head and state in ("approved", "changes_requested", "dismissed"):
        by = _text(_part(review, "user"), "login")
        # GitHub does not say when it was dismissed: right after it was given, so that another review counts.
        moment = at + timedelta(microseconds=1) if state == "dismissed" else at
        yield Observation(kind=Kind.REVIEW, number=number, head=head, subject=by, at=moment, outcome=state)


def _of_check_run(payload: Mapping[str, Any]) -> Iterable[Observation]:
    check = _part(payload, "check_run")
    at, head = _time(check, "completed_at"), _text(check, "head_sha")
    if at and head:
        name, outcome = _text(check, "name"), _text(check, "conclusion")
        yield Observation(kind=Kind.CHECK, head=head, subject=name, at=at, outcome=outcome)


def _of_status(payload: Mapping[str, Any]) -> Iterable[Observation]:
    at, head = _time(payload, "updated_at"), _text(payload, "sha")
    if at and head:
        name, outcome = _text(payload, "context"), _text(payload, "state")
        yield Observation(kind=Kind.CHECK, head=head, subject=name, at=at, outcome=outcome)


_READERS: Mapping[str, Callable[[Mapping[str, Any]], Iterable[Observation]]] = {
    "pull_request": _of_pull_request,
    "pull_request_review": _of_review,
    "check_run": _of_check_run,
    "status": _of_status,
}


def _part(value: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    part = value.get(key)
    return part if isinstance(part, dict) else {}


def _text(value: Mapping[str, Any], key: str) -> str:
    text = value.get(key)
    return clean(text, _MOST_TEXT) if isinstance(text, str) else ""


def _number(pr: Mapping[str, Any]) -> str:
    number = pr.get("number")
    return str(number) if type(number) is int and 0 < number < 10**18 else ""


def _time(value: Mapping[str, Any], key: str) -> datetime | None:
    text = value.get(key)
    try:
        return read_time(text) if isinstance(text, str) else None
    except InvalidValue:
        return None
