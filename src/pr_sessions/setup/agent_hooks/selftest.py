"""Test installed hooks: run each command line as its host would, with the host's documented payloads."""

import os
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from json import dumps, loads
from pathlib import Path
from statistics import median

from msgspec import Struct
from msgspec.structs import replace

from pr_sessions.errors import NotFound
from pr_sessions.git.commands import is_tracked, read_git, run_git
from pr_sessions.git.discovery import find_repository
from pr_sessions.git.repository import Repository, prepare_state
from pr_sessions.hooks.deliver import NO_TRACKER
from pr_sessions.hooks.host import SECONDS, Example
from pr_sessions.hooks.hosts import HOSTS
from pr_sessions.io.files import read_bytes
from pr_sessions.io.places import Place
from pr_sessions.io.programs import find_program
from pr_sessions.setup.agent_hooks.commands import KEY, Program, Shell, portable, shell_of
from pr_sessions.setup.agent_hooks.files import Installed, Scope, programs
from pr_sessions.setup.agent_hooks.host_rules import refusals

# Variables of other agents around this process, and our own: a hook uses them where its payload says too little.
_NOT_INHERITED = (*(host.prefix for host in HOSTS.values()), "PR_SESSIONS", "GIT_")


class SelfTest(Struct, frozen=True):
    """The result for one command line.

    Attributes:
        file: that it is in.
        command: the command line; empty where there is none for this system.
        events: how many payloads it got.
        records: how many of them left the right event.
        milliseconds: the median of its runs; `None` if nothing ran.
        problems: what is wrong with it, by the host's own rules and by what its runs left.
        hint: what to do about the first problem; empty where `init` writes it anew.
    """

    file: Installed
    command: str = ""
    events: int = 0
    records: int = 0
    milliseconds: float | None = None
    problems: tuple[str, ...] = ()
    hint: str = ""


class _Run(Struct, frozen=True):
    status: int | None
    out: bytes
    err: bytes
    seconds: float
    records: tuple[Mapping[str, str], ...]


def selftest(file: Installed, repository: Repository, environ: Mapping[str, str]) -> Iterator[SelfTest]:
    """Run each command line of ours in one file, in a temporary repository; first ask whether its host would."""
    if file.problem:
        yield SelfTest(file, problems=(str(file.problem),), hint=file.problem.hint)
        return
    refused = tuple(refusals(file, repository.root, environ))
    for test in _tests(file, repository, environ):
        problems = (*(refusal.problem for refusal in refused), *test.problems)
        yield replace(test, problems=problems, hint=refused[0].hint if refused else "")


def _tests(file: Installed, repository: Repository, environ: Mapping[str, str]) -> Iterator[SelfTest]:
    setting = read_git(repository.root, "config", "--local", "--default", "", "--get", KEY).decode().strip()
    has_sh = os.name != "nt" or find_program("sh") is not None
    shells = {*([Shell.SH] if has_sh else []), *((Shell.CMD, Shell.POWERSHELL) if os.name == "nt" else ())}
    for line, program in zip(file.commands, programs(file, repository), strict=True):
        shell = shell_of(line)
        if shell not in shells:
            continue
        # A file that comes with the repository may have been written by anybody.
        foreign = file.scope is not Scope.USER and is_tracked(repository.root, file.path.path)
        if (file.scope is Scope.PROJECT or foreign) and line != portable(file.host.name, shell):
            yield SelfTest(file, line, problems=("it is not what this version writes, and others may have written it",))
        elif program is None:
            yield SelfTest(file, line, problems=("this clone has not recorded what runs it",))
        elif program.missing:
            yield SelfTest(file, line, problems=(f"{program.missing} is gone",))
        else:
            yield _selftest(file, line, setting, _why_it_cannot_drain(program), environ)


def _selftest(
    file: Installed, line: str, setting: str, problems: tuple[str, ...], environ: Mapping[str, str]
) -> SelfTest:
    host = file.host
    with tempfile.TemporaryDirectory(prefix="pr-sessions-", ignore_cleanup_errors=True) as folder:
        root = Path(folder).resolve() / "a clone"
        clone = _clone(root, setting)
        examples = [example for example in host.examples(str(root)) if example[0] in host.events]
        inherited = {name: value for name, value in environ.items() if not name.startswith(_NOT_INHERITED)}
        # The tracker would drain the events before we have seen them. That of version 0.1.0, which does not know
        # the first variable, is stopped by the second one, from which it was not isolated.
        variables = {NO_TRACKER: "1", "PYTHONHOME": str(root / "nowhere")}
        folders = dict.fromkeys(host.folder_variables, str(root))
        runs = [(example, _run(clone, line, example, {**inherited, **folders, **variables})) for example in examples]
    return SelfTest(
        file,
        line,
        len(runs),
        sum(bool(run.records) and _is_right(run, example) for example, run in runs),
        round(median(run.seconds for _, run in runs) * 1000, 1),
        (*problems, *(problem for example, run in runs for problem in _problems(run, example, host.answer))),
    )


def _clone(root: Path, setting: str) -> Repository:
    root.mkdir()
    run_git(root, "init", "--quiet", "--template=")
    if setting:
        run_git(root, "config", "--local", KEY, setting)
    repository = find_repository(root)
    prepare_state(repository)
    return repository


def _run(clone: Repository, line: str, example: Example, environ: Mapping[str, str]) -> _Run:
    events = clone.pending / "events.jsonl" if clone.pending else clone.journal
    before = len(_lines(events))
    start = time.perf_counter()
    try:
        done = subprocess.run(
            _words(line),
            cwd=clone.root,
            env=environ,
            input=dumps(example[1]).encode(),
            capture_output=True,
            timeout=SECONDS,
            check=False,
        )
        status, out, err = done.returncode, done.stdout, done.stderr
    except subprocess.TimeoutExpired:
        status, out, err = None, b"", b""
    spent = time.perf_counter() - start
    return _Run(status, out, err, spent, tuple(map(loads, _lines(events)[before:])))


def _problems(run: _Run, example: Example, answer: bytes) -> Iterator[str]:
    event = example[0]
    if run.status is None:
        yield f"{event}: it took more than {SECONDS} s"
    elif run.status:
        yield f"{event}: it ended with {run.status}, for which an agent may stop"
    if run.out.strip().removeprefix(answer.strip()) or run.err.strip():
        yield f"{event}: it is not silent"
    if not _is_right(run, example):
        yield f"{event}: " + ("it left another event than it should" if run.records else "nothing was recorded")


def _is_right(run: _Run, example: Example) -> bool:
    """Tell whether it left the right event; more fields than these depend on the clone."""
    expected = example[2]
    if expected is None:
        return not run.records
    return [{key: record.get(key) for key in expected} for record in run.records] == [expected]


def _why_it_cannot_drain(program: Program) -> tuple[str, ...]:
    """Return why events would stay in the queue: the hook itself needs less than the tracker does."""
    stub = Path(program.script).parent.parent / "stub.py"
    words = [program.python, "-I", str(stub), "drain", "--help"]
    try:
        done = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return (f"{program.python} cannot be started",)
    return () if done.returncode == 0 else (f"{program.python} has no working pr-sessions, so that events only wait",)


def _lines(place: Place) -> list[str]:
    return (read_bytes(place) or b"").decode().splitlines()


def _words(line: str) -> list[str] | str:
    match shell_of(line):
        case Shell.SH:
            return [_program("sh"), "-c", line]
        case Shell.POWERSHELL:
            return [_program("powershell"), "-NoProfile", "-NonInteractive", "-Command", line]
        case Shell.CMD:
            # As one string: cmd has its own rules for quotes, which are not those of a list of words.
            return f'"{_program("cmd")}" /d /c {line}'


def _program(name: str) -> str:
    path = find_program(name)
    if path is None:
        raise NotFound(f"{name} is not on PATH", "add its folder to PATH, then try again")
    return path
