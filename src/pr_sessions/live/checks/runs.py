"""Check runs read and written, and workflows started: many at once, and one that fails stops no other."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from pr_sessions.errors import ForgeFailed, PrSessionsError
from pr_sessions.forges.github.client import GitHub
from pr_sessions.live.checks import texts
from pr_sessions.live.checks.heads import Head, one_each
from pr_sessions.live.checks.plan import Act
from pr_sessions.live.checks.steps import NAME, Memory
from pr_sessions.sessions.policy import GateMode
from pr_sessions.sessions.times import write_time

AT_ONCE = 8
CHECKS, ACTIONS = "checks: write", "actions: write"

T = TypeVar("T")
R = TypeVar("R")


class Done(Struct, frozen=True):
    """What became of an act; `problem` is empty where all went well."""

    act: Act
    problem: str = ""


class Report(Struct, frozen=True, kw_only=True):
    """What became of all that was looked at.

    Attributes:
        writes: whether anything is written and started; else it is looked at what would be.
        looked_at: of how many commits the check runs were read.
        done: what was started and written, or would have been.
        problems: what could not be done, in words; no check passes by one.
        notes: why there was nothing to do, in words.
    """

    gate: GateMode
    writes: bool = True
    looked_at: int = 0
    done: tuple[Done, ...] = ()
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def failed(self) -> tuple[str, ...]:
        """All problems."""
        return (*self.problems, *(one.problem for one in self.done if one.problem))


async def with_runs(github: GitHub, heads: Iterable[Head]) -> tuple[tuple[Head, ...], tuple[str, ...]]:
    """The heads with the check runs on them, one request each, and what could not be read: such a head is left out."""

    async def read(head: Head) -> Head | str:
        try:
            return replace(head, runs=tuple(await github.checks(head.sha)))
        except PrSessionsError as error:
            problem = _problem("its check runs cannot be read", error, CHECKS)
            return f"{_named(head.number, head.sha)}: {problem}"

    found = await all_of(one_each(heads), read)
    return tuple(one for one in found if isinstance(one, Head)), tuple(one for one in found if isinstance(one, str))


async def carry_out(github: GitHub, acts: Iterable[Act], workflow: str) -> tuple[Done, ...]:
    """Starts and writes what was planned."""
    return await all_of(acts, lambda act: _carry_out(github, act, workflow))


async def _carry_out(github: GitHub, act: Act, workflow: str) -> Done:
    problems, told = [], act
    if act.branch:
        try:
            await github.dispatch(workflow, act.branch, {})
        except PrSessionsError as error:
            problems.append(_problem(f"{workflow} cannot be started on {act.branch}", error, ACTIONS))
            if _is_refused(error):
                return _done(act, problems)  # Nothing about the commit: another job may start it.
            told = _not_started(act, workflow, error)
    try:
        await _write(github, told)
    except PrSessionsError as error:
        problems.append(_problem("the check run cannot be written", error, CHECKS))
    return _done(told, problems)


def _done(act: Act, problems: list[str]) -> Done:
    return Done(act, "; ".join(f"{_named(act.number, act.sha)}: {problem}" for problem in problems))


def _not_started(act: Act, workflow: str, error: PrSessionsError) -> Act:
    """It waits, says why, and is tried again with the next event or sweep."""
    title, summary = texts.not_started(workflow, act.branch, str(error))
    return replace(act, status="queued", memory=Memory.WAITING, title=title, summary=summary, branch="", started=None)


async def _write(github: GitHub, act: Act) -> None:
    told: dict[str, Any] = {"status": act.status, "external_id": act.memory}
    told |= {"output": {"title": act.title, "summary": act.summary}}
    told |= {"conclusion": act.conclusion} if act.conclusion else {}
    told |= {"started_at": write_time(act.started)} if act.started else {}
    if act.check is not None:
        await github.update_check(act.check, **told)
        return
    made = await github.create_check(NAME, act.sha, **told)
    if made.app != github.app:
        raise ForgeFailed(
            f"it was written as the App {made.app!r}, and {github.app!r} is looked for",
            "use the runner's GITHUB_TOKEN, or an App's own key in PR_SESSIONS_APP_ID and PR_SESSIONS_APP_KEY",
        )


def _problem(what: str, error: PrSessionsError, permission: str) -> str:
    way_out = f"the job needs `permissions: {permission}`" if _is_refused(error) else error.hint
    return f"{what}: {error}{f' ({way_out})' if way_out else ''}"


def _is_refused(error: PrSessionsError) -> bool:
    """Whether a right is missing; GitHub gives a used-up limit the same number."""
    return isinstance(error, ForgeFailed) and error.status == 403 and "rate limit" not in str(error)


def _named(number: str, sha: str) -> str:
    return f"#{number} ({sha[:7]})" if number else sha[:7]


async def all_of(items: Iterable[T], work: Callable[[T], Awaitable[R]]) -> tuple[R, ...]:
    """The work for every item, a few at once, in the items' order."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(item: T) -> R:
        async with gate:
            return await work(item)

    return tuple(await asyncio.gather(*map(one, items)))
