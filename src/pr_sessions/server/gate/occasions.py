"""Which events of GitHub leave the gate something to do, and what. Pure, but for adding the entries.

As in the workflows, of a burst on one pull request only the last event counts. That it is ready for review, a comment
and a box of the dashboard are said by their event alone, so each has an entry of its own.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, NamedTuple

from sqlalchemy import Connection, select

from pr_sessions.config.organisation import Mode
from pr_sessions.errors import InvalidValue
from pr_sessions.gate.commands import asks_recheck, may_hold_command
from pr_sessions.gate.event import Event, read_payload
from pr_sessions.server.gate import outbox
from pr_sessions.storage.sql.schema import repositories

_PULL_REQUEST = (
    "opened",
    "reopened",
    "synchronize",
    "stacked",
    "edited",
    "ready_for_review",
    "converted_to_draft",
    "labeled",
    "unlabeled",
    "auto_merge_enabled",
    "auto_merge_disabled",
    "closed",
)
_ACTIONS: Mapping[str, tuple[str, ...]] = {
    "pull_request": _PULL_REQUEST,
    "pull_request_review": ("submitted", "dismissed"),
    "issue_comment": ("created", "edited"),
    "merge_group": ("checks_requested",),
    "issues": ("edited",),
}
_WORKFLOWS = "github-actions"
_MOST_AT_ONE = 5
# More events of the same burst follow within seconds.
_SETTLES, _DASHBOARD_SETTLES = timedelta(seconds=1), timedelta(seconds=30)


class Occasion(NamedTuple):
    """What an event leaves to be done."""

    kind: str
    subject: str
    event: str
    payload: bytes
    after: timedelta = _SETTLES


def add_entries(
    connection: Connection, repository_id: int, name: str, payload: Mapping[str, Any], body: bytes, now: datetime
) -> int:
    """Add what an event leaves to be done, in the transaction that records it; return how many entries that are.

    Args:
        connection: of the transaction, which has locked the repository.
        repository_id: in the database.
        name: GitHub's name of the event.
        payload: what GitHub delivered.
        body: the same, as it was delivered.
        now: the time.
    """
    mode = connection.execute(select(repositories.c.mode).where(repositories.c.id == repository_id)).scalar()
    occasions = [*occasions_of(name, payload, body, Mode(mode or "off"))]
    for each in occasions:
        data = with_name(each.event, each.payload)
        outbox.put(connection, repository_id, each.kind, each.subject, data, now=now, after=each.after)
    return len(occasions)


def with_name(name: str, body: bytes) -> bytes:
    """Return a delivered event as the payload of an entry. It is in GitHub's format, whatever version reads it."""
    return name.encode() + b"\n" + body


def occasions_of(name: str, payload: Mapping[str, Any], body: bytes, mode: Mode) -> Iterator[Occasion]:
    """Yield what an event leaves to be done."""
    if name == "push" and _is_on_default_branch(payload):
        yield Occasion("configuration", "", name, b"")
    if mode is Mode.OFF:
        return
    if name == "check_suite":
        yield from _of_results(payload, mode)
        return
    if payload.get("action") not in _ACTIONS.get(name, ()):
        return
    try:
        event = read_payload(name, payload)
    except InvalidValue:
        return
    yield from _of_event(event, name, body, mode)


def _of_event(event: Event, name: str, body: bytes, mode: Mode) -> Iterator[Occasion]:
    subject = _subject(event)
    if name == "issues":
        if mode is not Mode.SHADOW and not event.sender.is_bot:
            yield Occasion("dashboard", f"edit {sha256(body).hexdigest()[:16]}", name, body, timedelta())
        return
    if event.comment and not (may_hold_command(event.comment) or asks_recheck(event.comment)):
        return
    yield Occasion("checks", subject, name, body)
    if mode is Mode.SHADOW:
        return
    if event.number:
        yield Occasion("comment", subject, name, body)
    yield Occasion("dashboard", "", "schedule", b"{}", _DASHBOARD_SETTLES)


def _subject(event: Event) -> str:
    if event.comment:
        return f"{event.number} comment {event.comment.id}"
    if event.action == "ready_for_review":
        return f"{event.number} ready"
    return event.number or event.sha


def _of_results(payload: Mapping[str, Any], mode: Mode) -> Iterator[Occasion]:
    """Yield what the results of the team's checks leave to be done: they decide whether our check passes."""
    suite = payload.get("check_suite")
    if payload.get("action") != "completed" or not isinstance(suite, dict) or mode is not Mode.ENFORCE:
        return
    app, prs = suite.get("app"), suite.get("pull_requests")
    if not isinstance(app, dict) or app.get("slug") != _WORKFLOWS or not isinstance(prs, list):
        return
    numbers = [pr.get("number") for pr in prs[:_MOST_AT_ONE] if isinstance(pr, dict)]
    for number in numbers:
        if type(number) is int and 0 < number < 10**18:
            yield Occasion("checks", f"{number} results", "results", str(number).encode(), timedelta(seconds=2))


def _is_on_default_branch(payload: Mapping[str, Any]) -> bool:
    repository = payload.get("repository")
    branch = repository.get("default_branch") if isinstance(repository, dict) else None
    return isinstance(branch, str) and payload.get("ref") == f"refs/heads/{branch}"
