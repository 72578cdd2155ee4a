"""What a hook costs an agent, beside a bare interpreter; and many at once, of which none may be lost."""

import json
import os
import subprocess
import sys
import sysconfig
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import perf_counter
from typing import Any

import pr_sessions
from benchmarks.clock import in_turns, process
from benchmarks.sample import make_repository
from pr_sessions import open_tracker
from pr_sessions.git.repository import Repository

SCRIPT = Path(pr_sessions.__file__).parent / "hooks/hook.py"
STORED = (0, 100_000)
WAITING = 100_000
HOOKS, AT_ONCE = 200, 8

Row = tuple[str, float, float, float]


def rows(folder: Path) -> Iterator[Row]:
    """Name, floor, ours and target of each figure."""
    repositories = {stored: _ready(folder / f"hooks-{stored}", stored) for stored in STORED}
    runs: dict[str, Callable[[], None]] = {"bare": process(sys.executable, "-c", "pass", cwd=folder)}
    for stored, repository in repositories.items():
        runs[f"activity {stored}"] = _hook(repository, "PostToolUse", tool_name="Bash")
        runs[f"start {stored}"] = _hook(repository, "SessionStart")
    line = f"'{sys.executable}' -I -S '{SCRIPT}' claude-code 2>/dev/null || :"
    runs["installed"] = _fed(("sh", "-c", line), _payload(repositories[0], "PostToolUse"))
    command = str(Path(sysconfig.get_path("scripts")) / "pr-sessions")
    runs["command"] = _fed((command, "hook"), _payload(repositories[0], "PostToolUse"))
    times = in_turns(runs, rounds=31)
    for stored in STORED:
        name = f"hook, {stored:,} sessions stored"
        yield f"{name}, activity / bare python", times["bare"], times[f"activity {stored}"], 1.3
        yield f"{name}, start / bare python", times["bare"], times[f"start {stored}"], 3
    few, many = (times[f"activity {stored}"] for stored in STORED)
    yield "hook, activity, 100,000 sessions stored / none", few, many, 1.2
    yield "hook as installed, activity / bare python", times["bare"], times["installed"], 1.5
    yield "pr-sessions hook, activity / bare python", times["bare"], times["command"], 3
    yield _draining(folder / "draining")
    yield _at_once(folder / "at-once")


def _ready(folder: Path, stored: int) -> Repository:
    """With a session that is current and a marker that is good."""
    repository = make_repository(folder, stored)
    open_tracker(repository.root, environ={}).start("bench")
    return repository


def _draining(folder: Path) -> Row:
    """Many events in one go, beside two seconds."""
    repository = _ready(folder, 0)
    assert repository.pending is not None
    record = {"v": 1, "host": "cursor", "event": "activity", "root": str(repository.root)}
    now = time.time_ns() // 1000 - WAITING
    Path((repository.pending / "events.jsonl").path).write_text(
        "".join(
            json.dumps({**record, "at": _text(now + n), "run": f"r{n % 4}", "turn": f"t{n // 9}"}) + "\n"
            for n in range(WAITING)
        )
    )
    tracker = open_tracker(repository.root, environ={})
    start = perf_counter()
    assert tracker.drain()
    return f"taking in {WAITING:,} events / two seconds", 2.0, perf_counter() - start, 1


def _at_once(folder: Path) -> Row:
    """Many hooks in parallel, beside as many bare interpreters."""
    repository = _ready(folder, 0)
    assert repository.pending is not None
    with ThreadPoolExecutor(AT_ONCE) as pool:
        bare = _elapsed(pool, [process(sys.executable, "-c", "pass", cwd=folder)] * HOOKS)
        ours = _elapsed(pool, [_hook(repository, "PostToolUse", turn_id=str(n)) for n in range(HOOKS)])
        lines = Path((repository.pending / "events.jsonl").path).read_text().splitlines()
    assert sorted(int(json.loads(line)["turn"]) for line in lines) == list(range(HOOKS)), "an event was lost"
    return f"{HOOKS} hooks, {AT_ONCE} at once, none lost / bare python", bare, ours, 1.5


def _elapsed(pool: ThreadPoolExecutor, runs: list[Callable[[], None]]) -> float:
    start = perf_counter()
    list(pool.map(lambda run: run(), runs))
    return perf_counter() - start


def _hook(repository: Repository, event: str, **more: str) -> Callable[[], None]:
    return _fed((sys.executable, "-I", "-S", str(SCRIPT), "claude-code"), _payload(repository, event, **more))


def _payload(repository: Repository, event: str, **more: str) -> Mapping[str, Any]:
    told = {"session_id": "run-1", "cwd": str(repository.root), "hook_event_name": event, "permission_mode": "default"}
    return {**told, "tool_input": {"command": "make test"}, "tool_response": {"stdout": "ok\n" * 400}, **more}


def _fed(command: tuple[str, ...], payload: Mapping[str, Any]) -> Callable[[], None]:
    data = json.dumps(payload).encode()
    # A tracker would slow down whatever is measured next.
    environ = {**os.environ, "PR_SESSIONS_NO_TRACKER": "1"}

    def run() -> None:
        subprocess.run(
            command, input=data, check=True, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )

    return run


def _text(microseconds: int) -> str:
    seconds, rest = divmod(microseconds, 1_000_000)
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds)) + f".{rest:06}Z"
