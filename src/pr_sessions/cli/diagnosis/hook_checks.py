"""Hooks of coding agents that are registered and can record nothing."""

from collections.abc import Iterator

from pr_sessions.agents.install.hosts import Scope
from pr_sessions.agents.install.installed import Installed, installed, programs
from pr_sessions.cli.diagnosis.finding import Finding, Severity
from pr_sessions.cli.diagnosis.gather import Case


def dead_hooks(case: Case) -> Iterator[Finding]:
    """Their interpreter or the script is gone, or this clone has recorded none. Agents go on: a dead hook is silent."""
    for found in installed(case.repository, case.environ):
        name = found.host.name
        if found.problem:
            yield Finding(Severity.WARNING, str(found.problem), str(found.path), found.problem.hint)
        elif problem := _why_dead(found, case):
            way_out = "pr-sessions init" if found.scope is Scope.PROJECT else _install(name, found.scope)
            yield Finding(Severity.WARNING, f"the hooks of {name} are dead: {problem}", str(found.path), way_out)


def _install(name: str, scope: Scope) -> str:
    return f"pr-sessions init --agents {name}" + ("" if scope is Scope.USER else f" --scope {scope}")


def _why_dead(found: Installed, case: Case) -> str | None:
    for program in programs(found, case.repository):
        if program is None:
            return "this clone has not recorded what runs them"
        if program.missing:
            return f"{program.missing} is gone"
    return None


HOOK_CHECKS = (dead_hooks,)
