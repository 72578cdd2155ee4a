"""Publish check runs for an event, and start the team's workflow where its checks waited."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import datetime
from functools import partial
from typing import TypeVar

from msgspec import Struct
from msgspec.structs import replace

from pr_sessions.core.gate import Decision, Reason, Why
from pr_sessions.core.models import NO_STACK
from pr_sessions.core.policy import GateMode, Policy
from pr_sessions.errors import ForgeFailed, InvalidValue, PrSessionsError
from pr_sessions.forges.base import CheckRun, ChecksCapability, CheckWrite
from pr_sessions.gate.assess import Assessment, assess
from pr_sessions.gate.checks.heads import (
    ChecksResult,
    Head,
    affected_commits,
    checks_result,
    commits_at,
    merge_group_commit,
    running_commit,
    token_only_reads,
    unique_commits,
    upper_heads,
)
from pr_sessions.gate.checks.schedule import needs_sweeps, switch_on
from pr_sessions.gate.checks.updates import NAME, CheckPhase, CheckUpdate, not_started, plan
from pr_sessions.gate.commands import asks_recheck
from pr_sessions.gate.event import Event
from pr_sessions.gate.fetch import UNREAD, fetch_ruleset
from pr_sessions.gate.rebuild import OUTSIDER, is_from_outsider

AT_ONCE = 8
# Several pull requests may have the same last commit; more of them are somebody's play.
MOST_AT_ONE = 5
CHECKS, ACTIONS = "checks: write", "actions: write"
READ_ONLY = (
    "GitHub gives this event's job a token that only reads: `pr-sessions gate sweep` reports on the pull request"
)
ADVISORY = "`gate: advisory` writes no check run"
NOTHING = "the event is about no commit of an open pull request: there is nothing to report on"

_ASKED = Decision(postpone=False, skip=False, reasons=(Reason(Why.ASKED),))
T = TypeVar("T")
R = TypeVar("R")
# The policy, the commits, and what is unknown about them.
_Scope = tuple[Policy, tuple[Head, ...], tuple[str, ...]]


class PublishedCheck(Struct, frozen=True):
    """What became of an update; `problem` is empty where all went well."""

    update: CheckUpdate
    problem: str = ""


class Report(Struct, frozen=True, kw_only=True):
    """What became of all commits that were looked at.

    Attributes:
        writes: whether anything is written and started; else it says what would be.
        looked_at: for how many commits the check runs were fetched.
        done: what was started and written, or would have been.
        problems: what could not be done, in words; no check passes by one.
        notes: why there was nothing to do, in words.
    """

    gate: GateMode
    writes: bool = True
    looked_at: int = 0
    done: tuple[PublishedCheck, ...] = ()
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def failed(self) -> tuple[str, ...]:
        """Return all problems."""
        return (*self.problems, *(check.problem for check in self.done if check.problem))


async def report(
    forge: ChecksCapability | None,
    event: Event,
    now: datetime,
    *,
    write: bool = True,
    assessment: Assessment | None = None,
) -> Report:
    """Write what is due for the event's commits, and start what waited.

    Args:
        forge: the repository.
        event: what happened.
        now: the time.
        write: whether anything is written and started.
        assessment: of the event, where it is known already.

    Raises:
        InvalidValue: there is no token to write with.
        PrSessionsError: what the event is about cannot be read; then nothing was done.
    """
    return await _report(partial(_affected_by, known=assessment), forge, event, now, write=write, wakes=True)


async def report_this_commit(
    forge: ChecksCapability | None, event: Event, now: datetime, *, write: bool = True
) -> Report:
    """Write what the checks came to on the very commit that the workflow runs on. It starts nothing.

    Raises:
        InvalidValue: there is no token to write with.
        PrSessionsError: it cannot be found out; then nothing was done.
    """
    return await _report(_this_commit_of, forge, event, now, write=write)


async def _report(
    scope: Callable[[ChecksCapability, Event, datetime], Awaitable[_Scope]],
    forge: ChecksCapability | None,
    event: Event,
    now: datetime,
    *,
    write: bool,
    wakes: bool = False,
) -> Report:
    if forge is None:
        raise _no_token(event)
    if token_only_reads(event):
        return Report(gate=GateMode.ADVISORY, notes=(READ_ONLY,))
    if await is_from_outsider(forge, event):
        return Report(gate=GateMode.ADVISORY, notes=(OUTSIDER,))
    policy, heads, unknowns = await scope(forge, event, now)
    # A configuration that was not read does not say `advisory`.
    if unread := tuple(unknown for unknown in unknowns if unknown.startswith(UNREAD)):
        return Report(gate=policy.gate, problems=unread)
    if policy.gate is GateMode.ADVISORY:
        return Report(gate=policy.gate, notes=(ADVISORY, *unknowns))
    heads, unread = await fetch_check_runs(forge, heads)
    # What follows another one is as it was unless it has passed.
    heads = tuple(h for h in heads if not h.follows or checks_result(h, policy.gate_checks) is ChecksResult.SUCCEEDED)
    updates = plan(heads, policy, now, forge.app)
    workflow = policy.gate_workflow or ""
    done = await publish_updates(forge, updates, workflow) if write else tuple(map(PublishedCheck, updates))
    notes = (*(() if heads or unread else (NOTHING,)), *unknowns)
    reported = Report(gate=policy.gate, writes=write, looked_at=len(heads), done=done, problems=unread, notes=notes)
    if write and wakes and (reported.failed or needs_sweeps(heads, policy, now, forge.app)):
        return await with_schedule(reported, switch_on(forge))
    return reported


def _no_token(event: Event) -> InvalidValue:
    if event.repository:
        hint = "give the step GITHUB_TOKEN, and the job `permissions: checks: write`"
        return InvalidValue("a check run cannot be written without a token", hint)
    hint = "on a runner the event is there by itself" if event.problem else "name it with --repository"
    return InvalidValue(event.problem or "nobody knows which repository the event is of", hint)


async def _affected_by(forge: ChecksCapability, event: Event, now: datetime, known: Assessment | None = None) -> _Scope:
    if event.number:
        assessment = known or await assess(forge, event, now)
        # A box of the dashboard or a comment, of somebody who may write.
        if event.name == "issues" or (event.comment and asks_recheck(event.comment)):
            assessment = replace(assessment, decision=_ASKED)
        return assessment.policy, affected_commits(assessment), assessment.snapshot.unknowns
    rules, unknowns = await fetch_ruleset(forge)
    policy = rules.policy
    if event.name == "merge_group" and event.sha:
        return policy, (merge_group_commit(event.sha),), unknowns
    return policy, (), (*unknowns, *([event.problem] if event.problem else ()))


async def _this_commit_of(forge: ChecksCapability, event: Event, _now: datetime) -> _Scope:
    """Return the running commit; a manual start on a branch without a pull request is reported nowhere."""
    rules, unknowns = await fetch_ruleset(forge)
    policy = rules.policy
    if policy.gate is GateMode.ADVISORY or not event.sha:
        return policy, (), (*unknowns, *([event.problem] if event.problem else ()))
    if event.number:
        stacks = await forge.stacks(int(event.number))
        return policy, (running_commit(event, stacks), *upper_heads(event.number, stacks)), unknowns
    if event.name == "merge_group":
        return policy, (running_commit(event),), unknowns
    open_pull_requests = await forge.pull_requests()
    if open_pull_requests.unreadable or not open_pull_requests.is_last:
        raise InvalidValue(next(iter(open_pull_requests.unreadable), "there are more than 10,000 open pull requests"))
    prs = open_pull_requests.pull_requests
    here = [pr.pull_request for pr in prs if pr.head_sha == event.sha]
    numbers = [pr.number for pr in here if pr.stack != NO_STACK][:MOST_AT_ONE]
    stacks = tuple([stack for number in numbers for stack in await forge.stacks(int(number))])
    above = (head for number in numbers for head in upper_heads(number, stacks))
    return policy, (*commits_at(event.sha, prs, stacks), *above), unknowns


async def fetch_check_runs(forge: ChecksCapability, heads: Iterable[Head]) -> tuple[tuple[Head, ...], tuple[str, ...]]:
    """Return the commits with their check runs, one request each, and what could not be read.

    A commit whose check runs cannot be read is left out; one that merges with another is then unknown.
    """
    wanted = unique_commits(heads)
    numbers = {head.sha: head.number for head in wanted}
    for commit in (commit for head in wanted for commit in head.below if commit.sha):
        numbers.setdefault(commit.sha, commit.number)

    async def fetch(sha: str) -> tuple[CheckRun, ...] | str:
        try:
            return tuple(await forge.check_runs(sha))
        except PrSessionsError as error:
            problem = _problem("its check runs cannot be read", error, CHECKS)
            return f"{_name(numbers[sha], sha)}: {problem}"

    results = dict(zip(numbers, await all_of(numbers, fetch), strict=True))
    runs = {sha: result for sha, result in results.items() if not isinstance(result, str)}
    problems = tuple(result for result in results.values() if isinstance(result, str))
    return tuple(_with_runs(head, runs) for head in wanted if head.sha in runs), problems


def _with_runs(head: Head, runs: Mapping[str, tuple[CheckRun, ...]]) -> Head:
    below = tuple(
        replace(commit, runs=runs[commit.sha]) if commit.sha in runs else replace(commit, sha="")
        for commit in head.below
    )
    return replace(head, runs=runs[head.sha], below=below)


async def with_schedule(report: Report, switching: Awaitable[tuple[str, ...]]) -> Report:
    """Return the report with what became of switching the schedule of sweeps on or off."""
    try:
        return replace(report, notes=(*report.notes, *await switching))
    except PrSessionsError as error:
        problem = _problem("the schedule of sweeps cannot be switched", error, ACTIONS)
        return replace(report, problems=(*report.problems, problem))


async def publish_updates(
    forge: ChecksCapability, updates: Iterable[CheckUpdate], workflow: str
) -> tuple[PublishedCheck, ...]:
    """Start and write what was planned; one that fails stops no other."""
    return await all_of(updates, lambda update: _publish(forge, update, workflow))


async def _publish(forge: ChecksCapability, update: CheckUpdate, workflow: str) -> PublishedCheck:
    problems, written = [], update
    if update.branch:
        try:
            await forge.start_pipeline(workflow, update.branch)
        except PrSessionsError as error:
            problems.append(_problem(f"{workflow} cannot be started on {update.branch}", error, ACTIONS))
            if _is_refused(error):
                return _published(update, problems)  # Nothing is written: another job may start it.
            # The check waits, says why, and is tried again with the next event or sweep.
            title, summary = not_started(workflow, update.branch, str(error))
            written = replace(update, status="queued", phase=CheckPhase.WAITING, branch="", started=None)
            written = replace(written, title=title, summary=summary)
    try:
        await _write(forge, written)
    except PrSessionsError as error:
        problems.append(_problem("the check run cannot be written", error, CHECKS))
    return _published(written, problems)


def _published(update: CheckUpdate, problems: list[str]) -> PublishedCheck:
    name = _name(update.number, update.sha)
    return PublishedCheck(update, "; ".join(f"{name}: {problem}" for problem in problems))


async def _write(forge: ChecksCapability, update: CheckUpdate) -> None:
    check = await forge.write_check(
        CheckWrite(
            name=NAME,
            sha=update.sha,
            status=update.status,
            title=update.title,
            summary=update.summary,
            conclusion=update.conclusion,
            external_id=update.phase,
            started=update.started,
            check=update.check,
        )
    )
    if update.check is None and check.app != forge.app:
        raise ForgeFailed(
            f"it was written as the App {check.app!r}, and {forge.app!r} is looked for",
            "use the runner's GITHUB_TOKEN, or an App's own key in PR_SESSIONS_APP_ID and PR_SESSIONS_APP_KEY",
        )


def _problem(what: str, error: PrSessionsError, permission: str) -> str:
    hint = f"the job needs `permissions: {permission}`" if _is_refused(error) else error.hint
    return f"{what}: {error}{f' ({hint})' if hint else ''}"


def _is_refused(error: PrSessionsError) -> bool:
    """Return whether a right is missing; GitHub gives a used-up limit the same number."""
    return isinstance(error, ForgeFailed) and error.status == 403 and "rate limit" not in str(error)


def _name(number: str, sha: str) -> str:
    return f"#{number} ({sha[:7]})" if number else sha[:7]


async def all_of(items: Iterable[T], work: Callable[[T], Awaitable[R]]) -> tuple[R, ...]:
    """Do the work for every item, a few at once, and return the results in the items' order."""
    slots = asyncio.Semaphore(AT_ONCE)

    async def limited(item: T) -> R:
        async with slots:
            return await work(item)

    return tuple(await asyncio.gather(*map(limited, items)))
