"""Update the dashboard at an event: apply the box that was ticked, then write what is open now."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Protocol

from msgspec import Struct
from msgspec.structs import replace

from pr_sessions.core.policy import GateMode, Policy, Ruleset
from pr_sessions.errors import ForgeFailed, PrSessionsError
from pr_sessions.forges.base import ChecksCapability, ForgeWriter, Issue, IssuesCapability
from pr_sessions.gate.checks.publish import report
from pr_sessions.gate.commands import completion_comment, on_behalf
from pr_sessions.gate.comments.publish import publish
from pr_sessions.gate.dashboard.boxes import Box, BoxKind, ticked_box
from pr_sessions.gate.dashboard.issue import find_issue, is_up_to_date, write_issue
from pr_sessions.gate.event import Event
from pr_sessions.gate.fetch import fetch_ruleset

NOT_WRITTEN = "the dashboard was not written"
OFF = "gate.dashboard is off"
OWN_EDIT = "an App's edit of an issue is ignored"
OTHER_ISSUE = "the event is about another issue"
CLOSED = "the dashboard is closed, and stays so"
MANY = "more than a box was edited: nothing was started"
OUTSIDER = "nothing is started for somebody who may not write"
ADVISORY = "with gate: advisory no checks wait"
_PERMISSION = "give the job `permissions: issues: write`"


Render = Callable[[Ruleset], Awaitable[str]]


class DashboardForge(ForgeWriter, ChecksCapability, IssuesCapability, Protocol):
    """A repository with everything that the dashboard and its boxes need."""


class DashboardReport(Struct, frozen=True, kw_only=True):
    """What became of an update.

    Attributes:
        did: created, edited or unchanged; empty where nothing was to be written.
        address: of the issue.
        body: what would be written, where nothing may be.
        notes: why other things were not done, and what was started, in words.
    """

    did: str = ""
    address: str = ""
    body: str = ""
    notes: tuple[str, ...] = ()


async def update_dashboard(
    forge: DashboardForge, event: Event, now: datetime, render: Render, *, write: bool
) -> DashboardReport:
    """Apply the box that the event ticked, and write the body as it is after that. It never raises for the forge.

    Args:
        forge: the repository.
        event: what happened.
        now: the time.
        render: reads what is open, and returns the body.
        write: whether anything is written or started.
    """
    if event.name == "issues" and event.issue is None:
        return DashboardReport(notes=(event.problem,))
    if event.issue and event.sender.is_bot:
        return DashboardReport(notes=(OWN_EDIT,))
    rules, unknowns = await fetch_ruleset(forge)
    if unknowns or not rules.policy.dashboard:
        return DashboardReport(notes=unknowns or (OFF,))
    try:
        return await _update(forge, event, rules, now, render, write=write)
    except ForgeFailed as error:
        hint = _PERMISSION if error.status in (403, 404) else error.hint
        return DashboardReport(notes=(f"{NOT_WRITTEN}: {error}; {hint}",))


async def _update(
    forge: DashboardForge,
    event: Event,
    rules: Ruleset,
    now: datetime,
    render: Render,
    *,
    write: bool,
) -> DashboardReport:
    issue = await find_issue(forge, forge.app)
    if event.issue and (issue is None or event.issue.number != issue.number):
        return DashboardReport(notes=(OTHER_ISSUE,))
    if issue and not issue.is_open:
        return DashboardReport(address=issue.address, notes=(CLOSED,))
    notes = await _apply(forge, event, rules.policy, now) if write and event.issue else ()
    body = await render(rules)
    if not write:
        return DashboardReport(body=body, notes=notes)
    return await _written(forge, issue, body, notes)


async def _written(forge: DashboardForge, issue: Issue | None, body: str, notes: tuple[str, ...]) -> DashboardReport:
    if issue and is_up_to_date(issue, body):
        return DashboardReport(did="unchanged", address=issue.address, notes=notes)
    written = await write_issue(forge, forge.app, issue, body)
    return DashboardReport(did="edited" if issue else "created", address=written.address, notes=notes)


async def _apply(forge: DashboardForge, event: Event, policy: Policy, now: datetime) -> tuple[str, ...]:
    """Do what the event's edit asks for, if it ticked one box; return what became of it, in words."""
    edit = event.issue
    if edit is None or edit.before is None:
        return ()
    box = ticked_box(edit.before, edit.body)
    if box is None:
        return (MANY,)
    if policy.gate is not GateMode.ENFORCE:
        return (ADVISORY,)
    try:
        if not await forge.may_write(event.sender.login):
            return (OUTSIDER,)
        return await _start(forge, event, box, now)
    except PrSessionsError as error:
        return (f"the box of #{box.number} was not applied: {error}",)


async def _start(forge: DashboardForge, event: Event, box: Box, now: datetime) -> tuple[str, ...]:
    about = Event(
        name="issues",
        action=event.action,
        repository=event.repository,
        number=box.number,
        sender=event.sender,
        at=now,
    )
    notes: tuple[str, ...] = ()
    if box.kind is BoxKind.COMPLETE:
        about, notes = await _complete(forge, about, now)
    done = await report(forge, about, now)
    started = tuple(f"#{check.update.number}: checks started" for check in done.done if check.update.branch)
    return (*notes, *started, *done.failed, *done.notes)


async def _complete(forge: DashboardForge, about: Event, now: datetime) -> tuple[Event, tuple[str, ...]]:
    """Complete the session by a comment, which stays as its record; return the event of that comment, and notes."""
    written = await forge.create_comment(int(about.number), completion_comment(about.sender.login))
    about = replace(about, name="issue_comment", action="created", comment=on_behalf(written, forge.app))
    done = await publish(forge, about, now, write=True)
    return about, (f"#{about.number}: session completed", *done.refused)
