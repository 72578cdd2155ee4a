"""The last commit of a pull request, and what the team's checks came to on it. Pure."""

from collections.abc import Iterable, Iterator
from enum import StrEnum

from msgspec import Struct

from pr_sessions.forges.github.payload import CheckRun
from pr_sessions.sessions.gate import Decision

COMPLETED, SUCCESS = "completed", "success"
# Who reports the jobs of workflows. Another App with the right to write check runs could be the agent's own.
_WORKFLOWS = "github-actions"
# What GitHub takes for passed, although nothing ran.
_NOT_RUN = ("skipped", "neutral")


class Head(Struct, frozen=True, kw_only=True):
    """The last commit of a pull request, or of a merge group.

    Attributes:
        decision: whether its checks wait.
        number: of the pull request; empty for a merge group.
        branch: on which the team's workflow can be started; empty where it cannot, as in a fork.
        session: the id of the pull request's session.
        starts: whether the event by itself starts the team's workflow on this commit.
        runs: the check runs that were found on it.
    """

    sha: str
    decision: Decision
    number: str = ""
    branch: str = ""
    session: str | None = None
    starts: bool = False
    runs: tuple[CheckRun, ...] = ()

    def found(self) -> Iterator[CheckRun]:
        """The check runs of this very commit, the oldest first: each is given a higher id than the one before."""
        return iter(sorted((run for run in self.runs if run.head_sha == self.sha), key=lambda run: run.id))


class Outcome(StrEnum):
    """What the team's checks came to, all of them together."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    RUNNING = "running"
    NOT_RUN = "not run"


def outcome(head: Head, names: Iterable[str]) -> Outcome:
    """What the checks of these names came to; `NOT_RUN` where one is missing, none failed and none is on its way."""
    told = [judged(run) for run in latest(head, names).values()]
    for any_of_them in (Outcome.FAILED, Outcome.RUNNING, Outcome.NOT_RUN):
        if any_of_them in told:
            return any_of_them
    return Outcome.SUCCEEDED if told else Outcome.NOT_RUN


def latest(head: Head, names: Iterable[str]) -> dict[str, CheckRun | None]:
    """By name, the latest run as a workflow's job; `None` where there is none.

    What was skipped, or is neutral, did not run.
    """
    runs: dict[str, CheckRun | None] = dict.fromkeys(names)
    for run in head.found():
        if run.name in runs and run.app == _WORKFLOWS and run.conclusion not in _NOT_RUN:
            runs[run.name] = run
    return runs


def judged(run: CheckRun | None) -> Outcome:
    """What one run came to; in doubt it is still running."""
    if run is None:
        return Outcome.NOT_RUN
    if run.status != COMPLETED or run.conclusion is None:
        return Outcome.RUNNING
    return Outcome.SUCCEEDED if run.conclusion == SUCCESS else Outcome.FAILED


def skipped(head: Head, names: Iterable[str]) -> tuple[CheckRun, ...]:
    """The runs of these checks by which the team's workflow said that they wait."""
    wanted = set(names)
    return tuple(run for run in head.found() if run.name in wanted and run.conclusion in _NOT_RUN)


def one_each(heads: Iterable[Head]) -> tuple[Head, ...]:
    """Every commit once; one that several pull requests share waits only if each of them may wait.

    Of those that do not wait, one whose checks can be started: a fork may have the same commit.
    """
    found: dict[str, Head] = {}
    for head in heads:
        if head.sha not in found or _rank(head) > _rank(found[head.sha]):
            found[head.sha] = head
    return tuple(found.values())


def _rank(head: Head) -> tuple[bool, bool]:
    return not head.decision.skip, bool(head.branch)
