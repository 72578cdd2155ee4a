"""What an event means for our check runs: they are written, and what waited is started."""

from collections.abc import Awaitable, Callable
from datetime import datetime

from pr_sessions.errors import InvalidValue
from pr_sessions.forges.github.client import GitHub
from pr_sessions.live.checks.concerned import concerned, of_merge_group, reported_at, this_commit, token_only_reads
from pr_sessions.live.checks.heads import Head
from pr_sessions.live.checks.plan import plan
from pr_sessions.live.checks.runs import Done, Report, carry_out, with_runs
from pr_sessions.live.judgement import judge
from pr_sessions.live.reading.strangers import STRANGER, is_by_a_stranger
from pr_sessions.live.reading.team import UNREAD, team_policy
from pr_sessions.live.runner.event import Event
from pr_sessions.sessions.policy import GateMode, Policy

# The policy, the commits, and what is doubtful about them.
_About = tuple[Policy, tuple[Head, ...], tuple[str, ...]]
_Asking = Callable[[GitHub, Event, datetime], Awaitable[_About]]

READ_ONLY = "GitHub gives this event's job a token that only reads: `pr-sessions ci sweep` reports on the pull request"
ADVISORY = "`gate: advisory` writes no check run"
NOTHING = "the event is about no commit of an open pull request: there is nothing to report on"


async def report(github: GitHub | None, event: Event, now: datetime, *, write: bool = True) -> Report:
    """Writes what is due of the event's commits, and starts what waited.

    Raises:
        InvalidValue: there is no token to write with.
        PrSessionsError: what the event is about cannot be read; then nothing was done.
    """
    return await _reported(_about_all, github, event, now, write=write)


async def report_this_commit(github: GitHub | None, event: Event, now: datetime, *, write: bool = True) -> Report:
    """Writes what the checks came to on the very commit that the workflow runs on. It starts nothing.

    Raises:
        InvalidValue: there is no token to write with.
        PrSessionsError: it cannot be found out; then nothing was done.
    """
    return await _reported(_about_this_one, github, event, now, write=write)


async def _reported(about: _Asking, github: GitHub | None, event: Event, now: datetime, *, write: bool) -> Report:
    if github is None:
        raise _nobody_to_ask(event)
    if token_only_reads(event):
        return Report(gate=GateMode.ADVISORY, notes=(READ_ONLY,))
    if await is_by_a_stranger(github, event):
        return Report(gate=GateMode.ADVISORY, notes=(STRANGER,))
    policy, heads, unclear = await about(github, event, now)
    # What nobody has read is no word of the team's for `advisory`.
    if unread := tuple(doubt for doubt in unclear if doubt.startswith(UNREAD)):
        return Report(gate=policy.gate, problems=unread)
    if policy.gate is GateMode.ADVISORY:
        return Report(gate=policy.gate, notes=(ADVISORY, *unclear))
    heads, unread = await with_runs(github, heads)
    acts = plan(heads, policy, now, github.app)
    done = await carry_out(github, acts, policy.gate_workflow or "") if write else tuple(map(Done, acts))
    notes = (*(() if heads or unread else (NOTHING,)), *unclear)
    return Report(gate=policy.gate, writes=write, looked_at=len(heads), done=done, problems=unread, notes=notes)


def _nobody_to_ask(event: Event) -> InvalidValue:
    if event.repository:
        way_out = "give the step GITHUB_TOKEN, and the job `permissions: checks: write`"
        return InvalidValue("a check run cannot be written without a token", way_out)
    way_out = "on a runner the event is there by itself" if event.problem else "name it with --repository"
    return InvalidValue(event.problem or "nobody knows which repository the event is of", way_out)


async def _about_all(github: GitHub, event: Event, now: datetime) -> _About:
    if event.number:
        judgement = await judge(github, event, now)
        return judgement.policy, concerned(judgement), judgement.snapshot.doubts
    policy, unclear = await team_policy(github)
    if event.name == "merge_group" and event.sha:
        return policy, (of_merge_group(event.sha),), unclear
    return policy, (), (*unclear, *([event.problem] if event.problem else ()))


async def _about_this_one(github: GitHub, event: Event, _now: datetime) -> _About:
    """What is started by hand on a branch without a pull request is reported nowhere."""
    policy, unclear = await team_policy(github)
    if policy.gate is GateMode.ADVISORY or not event.sha:
        return policy, (), (*unclear, *([event.problem] if event.problem else ()))
    if event.number or event.name == "merge_group":
        return policy, (this_commit(event),), unclear
    return policy, reported_at(event.sha, await github.pull_requests()), unclear
