"""Installed hooks, tried out: each host's documented payloads through the very command line that the host runs."""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from json import dumps, loads
from pathlib import Path
from statistics import median
from typing import Any

from msgspec import Struct

import pr_sessions
from pr_sessions.agents.install.commands import KEY, Shell, portable, shell_of
from pr_sessions.agents.install.hosts import SECONDS, Host, Scope
from pr_sessions.agents.install.installed import Installed, programs
from pr_sessions.stores.git import is_tracked, run_git
from pr_sessions.stores.repository import Repository, find_repository, prepare_state

# Of another agent around us; a hook asks the environment where its payload says too little.
_OF_AGENTS = ("CURSOR_", "CLAUDE", "CODEX_", "GEMINI_", "COPILOT_", "DEVIN_", "PR_SESSIONS", "GIT_")
_TELL_THE_FOLDER = ("cursor", "claude-code", "gemini")
_WANT_JSON = ("gemini",)
_IMPORT_US = "import pr_sessions.cli.main"


class Trial(Struct, frozen=True):
    """What came of it.

    Attributes:
        command: the command line; empty where there is none for this system.
        events: how many payloads it was given.
        records: how many of them left the event that they should.
        milliseconds: of one run, the median; `None` if nothing ran.
    """

    found: Installed
    command: str = ""
    events: int = 0
    records: int = 0
    milliseconds: float | None = None
    problems: tuple[str, ...] = ()


class _Run(Struct, frozen=True):
    event: str
    status: int | None
    out: bytes
    err: bytes
    seconds: float
    records: tuple[Mapping[str, str], ...]


def try_out(found: Installed, repository: Repository, environ: Mapping[str, str]) -> Iterator[Trial]:
    """Each command line of ours in one file, in a repository that is thrown away afterwards."""
    if found.problem:
        yield Trial(found, problems=(str(found.problem),))
        return
    setting = run_git(repository.root, "config", "--local", "--default", "", "--get", KEY).decode().strip()
    for line, program in zip(found.commands, programs(found, repository), strict=True):
        if shell_of(line) not in _shells():
            continue
        if not _may_run(found, line, repository):
            yield Trial(found, line, problems=("it is not what this version writes, and others may have written it",))
        elif program is None:
            yield Trial(found, line, problems=("this clone has not recorded what runs it",))
        elif program.missing:
            yield Trial(found, line, problems=(f"{program.missing} is gone",))
        else:
            yield _trial(found, line, setting, _starts_nothing(program.python), environ)


def _may_run(found: Installed, line: str, repository: Repository) -> bool:
    """Whether nobody but this user and this version can have written it: what comes with a repository is not run."""
    committed = found.scope is not Scope.USER and is_tracked(repository.root, found.path)
    if found.scope is Scope.PROJECT or committed:
        return line == portable(found.host.name, shell_of(line))
    return True


def _trial(found: Installed, line: str, setting: str, before: tuple[str, ...], environ: Mapping[str, str]) -> Trial:
    with tempfile.TemporaryDirectory(prefix="pr-sessions-", ignore_cleanup_errors=True) as folder:
        root = Path(folder).resolve() / "a clone"
        clone = _clone(root, setting)
        cases = _cases(found.host, root)
        runs = [_run(clone, line, case, _environment(found.host, root, environ)) for case in cases]
        problems = [*before, *(p for run, case in zip(runs, cases, strict=True) for p in _problems(run, case, found))]
        records = sum(bool(run.records) and _is_right(run, case) for run, case in zip(runs, cases, strict=True))
    spent = round(median(run.seconds for run in runs) * 1000, 1)
    return Trial(found, line, len(runs), records, spent, tuple(problems))


def _clone(root: Path, setting: str) -> Repository:
    root.mkdir()
    run_git(root, "init", "--quiet", "--template=")
    if setting:
        run_git(root, "config", "--local", KEY, setting)
    repository = find_repository(root)
    prepare_state(repository)
    return repository


def _cases(host: Host, root: Path) -> list[dict[str, Any]]:
    """The documented payloads of the events that we register, for a clone at that place."""
    text = (Path(pr_sessions.__file__).parent / "agents/payloads" / f"{host.name}.json").read_text("utf-8")
    cases: list[dict[str, Any]] = loads(text.replace("@ROOT@", dumps(str(root))[1:-1]))
    return [case for case in cases if case["event"] in host.events and not case.get("argv")]


def _environment(host: Host, root: Path, environ: Mapping[str, str]) -> dict[str, str]:
    kept = {name: value for name, value in environ.items() if not name.startswith(_OF_AGENTS)}
    told = {"CLAUDE_PROJECT_DIR": str(root)} if host.name in _TELL_THE_FOLDER else {}
    # A hook is isolated from it. The tracker that some events start is not, and ends at once: it would take the
    # events away before we have seen them.
    return {**kept, **told, "PYTHONHOME": str(root / "nowhere")}


def _run(clone: Repository, line: str, case: Mapping[str, Any], environ: Mapping[str, str]) -> _Run:
    folder = clone.pending
    events = folder / "events.jsonl" if folder else clone.journal
    seen = len(_lines(events))
    start = time.perf_counter()
    try:
        done = subprocess.run(
            _words(line),
            cwd=clone.root,
            env=environ,
            input=dumps(case["payload"]).encode(),
            capture_output=True,
            timeout=SECONDS,
            check=False,
        )
        status, out, err = done.returncode, done.stdout, done.stderr
    except subprocess.TimeoutExpired:
        status, out, err = None, b"", b""
    spent = time.perf_counter() - start
    return _Run(case["event"], status, out, err, spent, tuple(map(loads, _lines(events)[seen:])))


def _problems(run: _Run, case: Mapping[str, Any], found: Installed) -> Iterator[str]:
    if run.status is None:
        yield f"{run.event}: it took more than {SECONDS} s"
    elif run.status:
        yield f"{run.event}: it ended with {run.status}, for which an agent may stop"
    said = run.out.strip() if found.host.name not in _WANT_JSON else run.out.strip().removeprefix(b"{}")
    if said or run.err.strip():
        yield f"{run.event}: it is not silent"
    if not _is_right(run, case):
        yield f"{run.event}: " + ("it left another event than it should" if run.records else "nothing was recorded")


def _is_right(run: _Run, case: Mapping[str, Any]) -> bool:
    """Whether it left what the payload comes to; what is recorded beside that depends on the clone."""
    expected = case["expects"]
    if expected is None:
        return not run.records
    return [{key: record.get(key) for key in expected} for record in run.records] == [expected]


def _starts_nothing(python: str) -> tuple[str, ...]:
    """Why events would wait until somebody calls us: the hook itself needs no more than the script."""
    asked = [python, "-P", "-c", _IMPORT_US]
    try:
        done = subprocess.run(asked, stdin=subprocess.DEVNULL, capture_output=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return (f"{python} cannot be started",)
    return () if done.returncode == 0 else (f"{python} has no working pr-sessions, so that events only wait",)


def _lines(path: Path) -> list[str]:
    return path.read_text("utf-8").splitlines() if path.is_file() else []


def _shells() -> tuple[Shell, ...]:
    """Those of this system."""
    if os.name != "nt":
        return (Shell.SH,)
    return (Shell.CMD, Shell.POWERSHELL, *([Shell.SH] if shutil.which("sh") else []))


def _words(line: str) -> list[str] | str:
    match shell_of(line):
        case Shell.SH:
            return ["sh", "-c", line]
        case Shell.POWERSHELL:
            return ["powershell", "-NoProfile", "-NonInteractive", "-Command", line]
        case Shell.CMD:
            # As one string: cmd has rules of its own for quotes, which are not those of a list of words.
            return f"cmd /d /c {line}"
