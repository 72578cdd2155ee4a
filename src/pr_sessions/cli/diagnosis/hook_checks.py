"""Hooks of coding agents that are registered and can record nothing."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

from pr_sessions.agents.delivery import MANY, TOO_MANY
from pr_sessions.agents.install.hosts import Scope
from pr_sessions.agents.install.installed import Installed, installed, programs
from pr_sessions.cli.diagnosis.finding import Finding, Severity
from pr_sessions.cli.diagnosis.gather import Case
from pr_sessions.cli.output import one_line
from pr_sessions.sessions.times import write_time
from pr_sessions.stores.files import MIB, read_bytes
from pr_sessions.stores.pending_files import waiting_files

RECENT = timedelta(days=1)


def dead_hooks(case: Case) -> Iterator[Finding]:
    """Their interpreter or the script is gone, or this clone has recorded none. Agents go on: a dead hook is silent."""
    for found in installed(case.repository, case.environ):
        name = found.host.name
        if found.problem:
            yield Finding(Severity.WARNING, str(found.problem), str(found.path), found.problem.hint)
        elif problem := _why_dead(found, case):
            way_out = "pr-sessions init" if found.scope is Scope.PROJECT else _install(name, found.scope)
            yield Finding(Severity.WARNING, f"the hooks of {name} are dead: {problem}", str(found.path), way_out)


def waiting_events(case: Case) -> Iterator[Finding]:
    """Events that nobody takes in: the tracker that hooks start fails, or something holds the lock."""
    folder = case.repository.pending
    size = sum(map(_size, waiting_files(folder))) if folder else 0
    if folder and size > MANY:
        lost = "; mere activity is not noted any more" if size > TOO_MANY else ""
        problem = f"{size // MIB} MiB of agents' events wait to be taken in{lost}"
        way_out = f"pr-sessions cleanup takes them in; {case.repository.hook_log} may say why nobody did"
        yield Finding(Severity.WARNING, problem, str(folder), way_out)


def failed_hooks(case: Case) -> Iterator[Finding]:
    """What hooks, or the tracker that they start, could not do of late."""
    log = case.repository.hook_log
    lines = (read_bytes(log) or b"").decode("ascii", "replace").splitlines() if log else []
    recent = [line for line in lines if line[:19] > write_time(case.now - RECENT)[:19]]
    if log and recent:
        times = "once" if len(recent) == 1 else f"{len(recent)} times"
        problem = f"hooks failed {times} in the last day; the last one said: {one_line(recent[-1][21:], 300)}"
        yield Finding(Severity.NOTE, problem, str(log), "see whether hooks work now: pr-sessions hook selftest")


def _size(path: Path) -> int:
    with suppress(FileNotFoundError):  # it was taken in meanwhile
        return path.stat().st_size
    return 0


def _install(name: str, scope: Scope) -> str:
    return f"pr-sessions init --agents {name}" + ("" if scope is Scope.USER else f" --scope {scope}")


def _why_dead(found: Installed, case: Case) -> str | None:
    for program in programs(found, case.repository):
        if program is None:
            return "this clone has not recorded what runs them"
        if program.missing:
            return f"{program.missing} is gone"
    return None


HOOK_CHECKS = (dead_hooks, waiting_events, failed_hooks)
