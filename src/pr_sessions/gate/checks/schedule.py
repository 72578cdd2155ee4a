"""The ten-minute schedule of sweeps is on while something waits, and off otherwise.

A job costs a minute at least, and GitHub starts a scheduled workflow whatever there is to do. So the workflow is
switched off while a sweep would find nothing, and on again by the first event that leaves something waiting.
https://docs.github.com/en/actions/how-tos/manage-workflow-runs/disable-and-enable-workflows
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from pr_sessions.core.gate import SWEEP
from pr_sessions.core.policy import Policy
from pr_sessions.errors import ForgeFailed
from pr_sessions.forges.base import ChecksCapability
from pr_sessions.gate.checks.heads import Head, unique_commits
from pr_sessions.gate.checks.updates import NextState, next_state, our_check_run

_NONE = f"there is no workflow {SWEEP}, so timeouts are noticed at events, or by a schedule of your own"
# GitHub's clock and lists may be a little behind this machine's.
_SLACK = timedelta(minutes=1)


def needs_sweeps(heads: Iterable[Head], policy: Policy, now: datetime, app: str) -> bool:
    """Return whether a later sweep may have to do what no event does. Pure.

    That is a check that waits for the end of a session, which may come by a timeout, and a check whose own jobs get a
    token that only reads, as those of forks and of Dependabot do.
    """
    if not policy.gate_checks:
        return False
    for head in unique_commits(heads):
        state = next_state(head, policy, now, our_check_run(head, app))
        if state is NextState.WAIT or (state is NextState.RUN and not head.reports):
            return True
    return False


async def switch_on(forge: ChecksCapability) -> tuple[str, ...]:
    """Let sweeps run every ten minutes; return what is worth a note.

    Raises:
        ForgeFailed: GitHub refuses, or cannot be reached.
    """
    return await _switch(forge, on=True)


async def switch_off(forge: ChecksCapability, since: datetime) -> tuple[str, ...]:
    """Let sweeps rest after one that found nothing waiting; return what is worth a note.

    An event may leave something waiting after the sweep has read, and switch the schedule on before the sweep switches
    it off. So pull requests are looked at once more after that, and where one has changed, the schedule stays on:
    whatever leaves something waiting changes a pull request.

    Args:
        forge: the repository.
        since: when the sweep began to read.

    Raises:
        ForgeFailed: GitHub refuses, or cannot be reached.
    """
    notes = await _switch(forge, on=False)
    if not notes and await forge.has_changed_since(since - _SLACK):
        return await _switch(forge, on=True)
    return notes


async def switch_off_for_good(forge: ChecksCapability) -> tuple[str, ...]:
    """Let sweeps rest in advisory mode, in which nothing waits; return what is worth a note."""
    try:
        return await _switch(forge, on=False)
    except ForgeFailed as error:
        return (f"the schedule of sweeps cannot be switched off: {error}",)


async def _switch(forge: ChecksCapability, *, on: bool) -> tuple[str, ...]:
    try:
        await forge.switch_pipeline(SWEEP, on=on)
    except ForgeFailed as error:
        if error.status == 404:
            return (_NONE,)
        raise
    return ()
