"""What a session's agent does: only a hook, a person or the forge says that."""

import pytest
from msgspec.structs import replace

from pr_sessions.core.agents import Run
from pr_sessions.core.lifecycle import begin
from pr_sessions.core.models import Attribution, Basis, Completion, PullRequestRecord, Session, Trigger
from pr_sessions.core.open_pull_requests import Work
from pr_sessions.core.policy import Policy
from pr_sessions.core.work import work_of
from strategies import at

STARTED = begin("a", "ada", at(0))
WITH_HOOKS = replace(STARTED, runs=(Run("claude-code", "k" * 20, at(0), at(0)),))
HOOK, TIME, NAMED = (
    replace(
        begin("b", "ada", at(0), inferred=True),
        pull_requests={"1": PullRequestRecord(attribution=Attribution(basis, at(0)))},
    )
    for basis in (Basis.HOOK, Basis.TIME, Basis.AGENT_RUN)
)
OF_A_NAMED_RUN = replace(NAMED, runs=WITH_HOOKS.runs)


@pytest.mark.parametrize(
    ("session", "minutes", "work"),
    [
        (WITH_HOOKS, 0, Work.AT_WORK),
        (WITH_HOOKS, 15, Work.AT_WORK),
        (WITH_HOOKS, 16, Work.IDLE),
        (WITH_HOOKS, 120, Work.IDLE),
        (HOOK, 5, Work.AT_WORK),
        (HOOK, 40, Work.IDLE),
        (STARTED, 5, Work.UNKNOWN),
        (TIME, 5, Work.UNKNOWN),
        (OF_A_NAMED_RUN, 5, Work.UNKNOWN),
        (WITH_HOOKS, -6, Work.UNKNOWN),
        (WITH_HOOKS, -4, Work.AT_WORK),
        (replace(WITH_HOOKS, started=None, last_activity=None), 5, Work.UNKNOWN),
    ],
)
def test_only_a_hook_says_that_an_agent_is_at_work_or_idle(session: Session, minutes: float, work: Work) -> None:
    assert work_of(session, at(minutes), Policy()) is work


@pytest.mark.parametrize(
    ("trigger", "work"),
    [
        (Trigger.MANUAL_CLI, Work.ENDED),
        (Trigger.EXPLICIT_MARKER, Work.ENDED),
        (Trigger.RESTART_CLEANUP, Work.ENDED),
        (Trigger.RUN_ENDED, Work.ENDED),
        (Trigger.TIMEOUT, Work.UNKNOWN),
        (Trigger.ORPHANED_CLEANUP, Work.UNKNOWN),
    ],
)
@pytest.mark.parametrize("session", [WITH_HOOKS, TIME])
def test_a_timeout_is_no_word_about_an_end(session: Session, trigger: Trigger, work: Work) -> None:
    assert work_of(replace(session, completion=Completion(at(1), trigger)), at(5), Policy()) is work
