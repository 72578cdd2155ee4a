"""Checks of what `init` sets up: the configuration, the switch of tracking, and what agents, git and people run."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from pr_sessions.config.file import ineffective
from pr_sessions.core.times import write_time
from pr_sessions.core.visible_text import one_line
from pr_sessions.doctor.findings import Case, Finding, Severity
from pr_sessions.errors import UnreadableFile
from pr_sessions.git.repository import waiting_files
from pr_sessions.hooks.deliver import LONG, TOO_LONG
from pr_sessions.io.files import MIB, read_bytes, status
from pr_sessions.io.places import Place
from pr_sessions.setup.agent_hooks.commands import is_current
from pr_sessions.setup.agent_hooks.files import Installed, Scope, installed, programs
from pr_sessions.setup.agent_hooks.host_rules import refusals
from pr_sessions.setup.commit_trailer import why_outdated
from pr_sessions.setup.compatible_scripts import outdated, records_another_version
from pr_sessions.setup.hook_managers import why_replaced
from pr_sessions.storage.files.session_file import SessionFile, parse
from pr_sessions.tracker import why_paused

_TIMES = ("started", "last_activity", "completed")
RECENT = timedelta(days=1)


def mistakes(case: Case) -> Iterator[Finding]:
    """Report what `config --check` reports."""
    for mistake in case.parsed.mistakes:
        place = f"{case.parsed.name}:{mistake.line}"
        yield Finding(Severity.ERROR, mistake.message, place, mistake.hint or "correct that line")
    for setting in case.parsed.unknown:
        yield Finding(Severity.WARNING, setting.message, f"{case.parsed.name}:{setting.line}", setting.hint)
    for note in ineffective(case.parsed):
        place = f"{case.parsed.name}:{note.line}"
        yield Finding(Severity.NOTE, note.text, place, "switch it on, or take the word out of the list")


def zone_not_recorded(case: Case) -> Iterator[Finding]:
    """Report times without a zone, if the configuration does not say where they were written."""
    if "time_zone" in case.parsed.origins:
        return
    for path, file in case.files.items():
        if _has_naive_times(file):
            problem = "it holds times without a zone, and the configuration has no time_zone: they are read in UTC"
            yield Finding(Severity.WARNING, problem, str(path), "pr-sessions init --time-zone ZONE")


def paused(case: Case) -> Iterator[Finding]:
    """Report that tracking is off."""
    try:
        reason = why_paused(case.repository, case.environ)
    except UnreadableFile as error:
        yield Finding(Severity.ERROR, str(error), str(case.repository.paused), error.hint)
        return
    if reason:
        by_variable = case.environ.get("PR_SESSIONS") == "0"
        place = "PR_SESSIONS" if by_variable else str(case.repository.paused)
        hint = "unset PR_SESSIONS" if by_variable else "pr-sessions pause --off"
        yield Finding(Severity.NOTE, f"tracking is off: {reason}", place, hint)


def gate_of_another_mode(case: Case) -> Iterator[Finding]:
    """Report workflows of the gate that do not fit the setting `gate`."""
    from pr_sessions.setup.gate_files import RENEW, wrong_mode

    if problem := wrong_mode(case.repository, case.policy.gate, dashboard=case.policy.dashboard):
        place = f"{case.parsed.name}:{case.parsed.origins.get('gate', 0)}"
        yield Finding(Severity.WARNING, problem, place, RENEW)


def holds_naive_times(path: Place) -> bool:
    """Tell whether a session file holds times without a zone, as the original wrote them; not if it is unreadable."""
    try:
        data = read_bytes(path)
        return data is not None and _has_naive_times(parse(data, str(path)))
    except UnreadableFile:
        return False


def _has_naive_times(file: SessionFile) -> bool:
    for text in (str(entry.raw.get(key)) for entry in file.entries for key in _TIMES):
        try:
            if datetime.fromisoformat(text).tzinfo is None:
                return True
        except ValueError:
            continue
    return False


def dead_hooks(case: Case) -> Iterator[Finding]:
    """Report hooks whose interpreter or script is gone or not recorded. They are silent, so agents do not notice."""
    for file in installed(case.repository, case.environ):
        name, place = file.host.name, str(file.path)
        if file.problem:
            yield Finding(Severity.WARNING, str(file.problem), place, file.problem.hint)
        elif problem := _why_dead(file, case):
            scope = "" if file.scope is Scope.USER else f" --scope {file.scope}"
            hint = "pr-sessions init" if file.scope is Scope.PROJECT else f"pr-sessions init --agents {name}{scope}"
            yield Finding(Severity.WARNING, f"the hooks of {name} are dead: {problem}", place, hint)


def refused_hooks(case: Case) -> Iterator[Finding]:
    """Report hooks that their host does not run: it has them switched off, or does not read the file."""
    for file in installed(case.repository, case.environ):
        for refusal in () if file.problem else refusals(file, case.repository.root, case.environ):
            yield Finding(Severity.WARNING, refusal.problem, str(file.path), refusal.hint)


def outdated_hooks(case: Case) -> Iterator[Finding]:
    """Report command lines of another version: the committed ones of 0.1.0 enter embedded repositories."""
    for file in installed(case.repository, case.environ):
        if not all(is_current(line, file.host.name) for line in file.commands):
            problem = f"the hooks of {file.host.name} are those of another version"
            yield Finding(Severity.WARNING, problem, str(file.path), "pr-sessions init")


def commit_trailer(case: Case) -> Iterator[Finding]:
    """Report a script of git's hook that another version wrote, that cannot run, or that git does not run."""
    problem = why_outdated(case.repository)
    if problem:
        yield Finding(Severity.WARNING, problem, str(case.repository.state), "pr-sessions init")
    if replaced := why_replaced(case.repository):
        yield Finding(Severity.WARNING, replaced.problem, str(case.repository.state), replaced.hint)


def outdated_scripts(case: Case) -> Iterator[Finding]:
    """Report compatible scripts that another version wrote, and what it recorded for them."""
    for path in outdated(case.repository):
        problem = "it is the compatible script of another version, and imports what lies in its folder"
        yield Finding(Severity.WARNING, problem, str(path), "pr-sessions init")
    if records_another_version(case.repository):
        problem = "the compatible scripts cannot use the interpreter that another version recorded"
        yield Finding(Severity.WARNING, problem, str(case.repository.common_dir), "pr-sessions init")


def waiting_events(case: Case) -> Iterator[Finding]:
    """Report a long queue of events: the tracker that hooks start fails, or something holds the lock."""
    folder = case.repository.pending
    records = map(status, waiting_files(folder)) if folder else ()
    size = sum(record.st_size for record in records if record)  # One may have been drained meanwhile.
    if folder and size > LONG:
        loss = "; mere activity is not noted any more" if size > TOO_LONG else ""
        problem = f"{size // MIB} MiB of agents' events wait to be taken in{loss}"
        hint = f"pr-sessions cleanup takes them in; {case.repository.hook_log} may say why nobody did"
        yield Finding(Severity.WARNING, problem, str(folder), hint)


def failed_hooks(case: Case) -> Iterator[Finding]:
    """Report recent failures of hooks, or of the tracker that they start."""
    log = case.repository.hook_log
    lines = (read_bytes(log) or b"").decode("ascii", "replace").splitlines() if log else []
    recent = [line for line in lines if line[:19] > write_time(case.now - RECENT)[:19]]
    if log and recent:
        times = "once" if len(recent) == 1 else f"{len(recent)} times"
        problem = f"hooks failed {times} in the last day; the last one said: {one_line(recent[-1][21:], 300)}"
        yield Finding(Severity.NOTE, problem, str(log), "see whether hooks work now: pr-sessions hook selftest")


def _why_dead(file: Installed, case: Case) -> str | None:
    for program in programs(file, case.repository):
        if program is None:
            return "this clone has not recorded what runs them"
        if program.missing:
            return f"{program.missing} is gone"
    return None


SETTINGS_CHECKS = (mistakes, zone_not_recorded, paused, gate_of_another_mode)
CLONE_CHECKS = (
    dead_hooks,
    refused_hooks,
    outdated_hooks,
    commit_trailer,
    outdated_scripts,
    waiting_events,
    failed_hooks,
)
