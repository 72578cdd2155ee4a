"""What the gate does for each kind of entry of the outbox, by the same functions as the commands of workflows."""

from collections.abc import AsyncIterator, Iterator, Mapping
from functools import partial
from hashlib import sha256

import msgspec
from msgspec.structs import replace

from pr_sessions.config.organisation import ORGANISATION_FILE, Mode
from pr_sessions.core.json_text import decode
from pr_sessions.errors import InvalidValue
from pr_sessions.gate.assess import Assessment, assess_event
from pr_sessions.gate.checks.publish import Report, report
from pr_sessions.gate.checks.sweep import sweep as sweep_checks
from pr_sessions.gate.comments.catch_up import catch_up
from pr_sessions.gate.comments.publish import UNKNOWN, CommentReport, publish
from pr_sessions.gate.dashboard.update import NOT_WRITTEN, update_dashboard
from pr_sessions.gate.event import Event, read_payload
from pr_sessions.gate.fetch import UNREAD
from pr_sessions.gate.rebuild import is_from_outsider
from pr_sessions.git.repository import CONFIG
from pr_sessions.render.dashboard_issue import fetch_body
from pr_sessions.server.gate.configuration import (
    ORGANISATION_REPOSITORY,
    ServedRepository,
    store_configuration,
    store_organisation,
)
from pr_sessions.server.gate.decisions import decision_of, store
from pr_sessions.server.gate.execute import DONE, Do, Outcome, Work, is_silent
from pr_sessions.setup.gate_files import AROUND, WORKFLOWS, asks_server, is_ours

_RESULTS = "results"


async def do_checks(work: Work) -> Outcome:
    """Decide about the event's pull request and keep that; write our check and start checks where the App does so."""
    event = _event(work)
    if event is None or work.served.mode is Mode.OFF or not _is_looked_at(work.served, event):
        return DONE
    assessment = await assess_event(work.forge, event, work.now)
    is_shadow = work.served.mode is Mode.SHADOW
    planned = tuple([line async for line in _planned(work, assessment)]) if is_shadow else ()
    decision = decision_of(assessment, work.served, work.now, planned)
    if decision is not None:
        store(work.engine, work.served.id, decision)
    if is_shadow or not _writes_checks(work.served):
        return _unclear(assessment.snapshot.unknowns)
    reported = await report(work.forge, event, work.now, assessment=assessment if event.number else None)
    return Outcome("; ".join(reported.failed)) if reported.failed else _unclear(assessment.snapshot.unknowns)


async def do_comment(work: Work) -> Outcome:
    """Comment on the pull requests of the event's session, and reply to commands."""
    event = _event(work)
    if event is None or is_silent(work.served) or await is_from_outsider(work.forge, event):
        return DONE
    if await _has_workflows_that_write(work):
        return DONE
    return _of_comments(await publish(work.forge, event, work.now, write=True))


async def do_dashboard(work: Work) -> Outcome:
    """Bring the issue of the dashboard up to date, and do what a box of it asks for."""
    event = _event(work)
    if event is None or is_silent(work.served) or await _has_workflows_that_write(work):
        return DONE
    render = partial(fetch_body, work.forge, work.now)
    done = await update_dashboard(work.forge, event, work.now, render, write=True)
    problems = [note for note in done.notes if note.startswith(NOT_WRITTEN)]
    return Outcome("; ".join(problems)) if problems else DONE


async def do_sweep(work: Work) -> Outcome:
    """Do what no event reports: comments that are out of date, sessions that timed out, events that were missed."""
    if is_silent(work.served):
        return DONE
    # What one sweep leaves, the next one looks at.
    occasion = Event(name="schedule", repository=work.served.name, at=work.now)
    if not await _has_workflows_that_write(work):
        await catch_up(work.forge, occasion, work.now, write=True)
    if _writes_checks(work.served):
        await sweep_checks(work.forge, work.now)
    return DONE


async def do_configuration(work: Work) -> Outcome:
    """Read the configuration of the default branch, and the organisation's where the repository has it."""
    data = await work.forge.file(CONFIG)
    store_configuration(work.engine, work.served.id, data, work.now)
    owner, _, name = work.served.name.partition("/")
    if name.lower() == ORGANISATION_REPOSITORY:
        store_organisation(work.engine, owner, await work.forge.file(ORGANISATION_FILE), work.now)
    return DONE


KINDS: Mapping[str, Do] = {
    "checks": do_checks,
    "comment": do_comment,
    "dashboard": do_dashboard,
    "sweep": do_sweep,
    "configuration": do_configuration,
}


def is_in_share(served: ServedRepository, number: str) -> bool:
    """Return whether a pull request is among those that shadow mode decides about: always the same ones."""
    place = int.from_bytes(sha256(f"{served.name.lower()}#{number}".encode()).digest()[:4], "big")
    return place % 100 < served.effective.shadow_percent


def _is_looked_at(served: ServedRepository, event: Event) -> bool:
    return served.mode is not Mode.SHADOW or is_in_share(served, event.number)


def _writes_checks(served: ServedRepository) -> bool:
    """Return whether the check `pr-sessions` is the App's; else it is that of the team's workflow."""
    return served.mode is Mode.ENFORCE and served.effective.dispatch


async def _has_workflows_that_write(work: Work) -> bool:
    """Return whether the repository's own workflows still comment: until they ask the server, only they do."""
    around = await work.forge.file(f"{WORKFLOWS}/{AROUND}")
    return around is not None and is_ours(around) and not asks_server(around)


def _event(work: Work) -> Event | None:
    """Return the event of an entry; `None` where it is of no use, as after an update of pr-sessions."""
    name, _, body = work.entry.payload.partition(b"\n")
    repository = work.served.name
    if name == _RESULTS.encode():
        return Event(name="check_suite", repository=repository, number=body.decode(), at=work.now)
    if name == b"schedule":
        return Event(name="schedule", repository=repository, at=work.now)
    try:
        event = read_payload(name.decode(), decode(body))
    except (InvalidValue, msgspec.DecodeError, UnicodeDecodeError):
        return None
    # It may have been renamed since.
    return replace(event, repository=repository)


async def _planned(work: Work, assessment: Assessment) -> AsyncIterator[str]:
    """Yield what would be written and started in words."""
    event = assessment.event
    if event.number:
        comments = await publish(work.forge, event, work.now, write=False)
        for write in comments.planned:
            yield f"{write.kind} on #{write.number}: would be {'edited' if write.comment else 'written'}"
    checks = await report(work.forge, event, work.now, write=False, assessment=assessment if event.number else None)
    for line in _check_lines(checks):
        yield line


def _check_lines(checks: Report) -> Iterator[str]:
    for each in checks.done:
        update = each.update
        started = ", and its checks would be started" if update.branch else ""
        yield f"check on #{update.number} ({update.sha[:7]}): would be {update.conclusion or update.status}{started}"


def _of_comments(done: CommentReport) -> Outcome:
    if done.refused:
        return Outcome("; ".join(done.refused))
    return _unclear(done.notes) if UNKNOWN in done.notes and not _is_wrong_file(done.notes) else DONE


def _is_wrong_file(notes: tuple[str, ...]) -> bool:
    return any(note.startswith(UNREAD) for note in notes)


def _unclear(unknowns: tuple[str, ...]) -> Outcome:
    """Return what has to be looked at once more; mistakes of a file stay until somebody corrects them."""
    passing = [unknown for unknown in unknowns if not unknown.startswith(UNREAD)]
    return Outcome("; ".join(passing), is_unclear=True) if passing else DONE
