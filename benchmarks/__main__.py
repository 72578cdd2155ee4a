"""`make bench`: every figure that we promise, beside its floor, in one run. Exit code 1 where one is missed.

With a folder of histories (`make bench HISTORIES=folder`) `look` is measured on those, too.
"""

import itertools
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from time import perf_counter

from msgspec import Struct

from benchmarks import gate, hooks, inbox, look
from benchmarks.clock import in_turns, process
from benchmarks.floors import rewrite
from benchmarks.sample import FIRST, make_repository
from pr_sessions import PullRequest, open_tracker
from pr_sessions.git.repository import Repository

MANY = 10_000
NUMBERS = itertools.count(50_000_000)


class Figure(Struct, frozen=True):
    """One promise: `ours` within `target` times `floor`, all in seconds."""

    name: str
    floor: float
    ours: float
    target: float

    @property
    def ratio(self) -> float:
        return self.ours / self.floor

    def __str__(self) -> str:
        verdict = "ok" if self.ratio <= self.target else "MISSED"
        return (
            f"{self.name:<58}{self.floor * 1000:>9.1f}{self.ours * 1000:>9.1f}"
            f"{self.ratio:>8.2f}{self.target:>8.2f}  {verdict}"
        )


def main(histories: Path | None) -> int:
    print(f"{'':<58}{'floor ms':>9}{'ours ms':>9}{'ratio':>8}{'target':>8}")
    missed = 0
    with tempfile.TemporaryDirectory() as folder:
        figures = (hooking, processes, recording, cleaning, judging, reading_inbox)
        found = (figure for measure in figures for figure in measure(Path(folder)))
        for figure in itertools.chain(found, looking(Path(folder), histories)):
            print(figure, flush=True)
            missed += figure.ratio > figure.target
    print(f"{missed} missed" if missed else "every figure is reached")
    return 1 if missed else 0


def processes(folder: Path) -> Iterator[Figure]:
    """Whole commands beside a bare interpreter."""
    command = str(Path(sysconfig.get_path("scripts")) / "pr-sessions")
    empty, full = folder / "empty", folder / "full"
    make_repository(empty, 0)
    make_repository(full, MANY)

    def add() -> None:
        number = str(next(NUMBERS))
        process(command, "add", number, "--title", "auto-pr: x", "--author", "bench", "--files", "3", cwd=full)()

    times = in_turns(
        {
            "bare": process(sys.executable, "-c", "pass", cwd=empty),
            "help": process(command, "--help", cwd=empty),
            "status": process(command, "status", cwd=empty),
            "status full": process(command, "status", cwd=full),
            "add full": add,
        },
        rounds=21,
    )
    yield Figure("pr-sessions --help / bare python", times["bare"], times["help"], 7)
    yield Figure("pr-sessions status, empty / bare python", times["bare"], times["status"], 7)
    yield Figure(f"pr-sessions status, {MANY:,} sessions / bare python", times["bare"], times["status full"], 12)
    yield Figure(f"pr-sessions add, {MANY:,} sessions / bare python", times["bare"], times["add full"], 18)


def hooking(folder: Path) -> Iterator[Figure]:
    """What an agent waits for."""
    for row in hooks.rows(folder):
        yield Figure(*row)


def recording(folder: Path) -> Iterator[Figure]:
    """Recording one pull request beside parsing, formatting and syncing the same files."""
    for completed, rounds in ((1_000, 31), (MANY, 15), (100_000, 5)):
        yield _recording(folder / f"recording-{completed}", completed, rounds)


def _recording(folder: Path, completed: int, rounds: int) -> Figure:
    repository = make_repository(folder, completed)
    document, session_file = _files(repository)

    def record() -> None:
        number = str(next(NUMBERS))
        open_tracker(repository.root, environ={}).record(
            PullRequest(number=number, title="auto-pr: x", author="bench", files_changed=3)
        )

    times = in_turns({"floor": lambda: rewrite(document, session_file), "record": record}, rounds=rounds)
    return Figure(f"record one pull request, {completed:,} sessions / rewriting", times["floor"], times["record"], 1.5)


def cleaning(folder: Path) -> Iterator[Figure]:
    """Ending 200 sessions that ran out, beside a second."""
    repository = make_repository(folder / "cleaning", MANY, active=200)
    tracker = open_tracker(repository.root, environ={}, clock=lambda: FIRST + timedelta(days=400))
    start = perf_counter()
    ended = tracker.cleanup()
    elapsed = perf_counter() - start
    assert len(ended) == 200
    yield Figure(f"clean-up of 200 sessions, {MANY:,} completed / one second", 1.0, elapsed, 1)


def judging(folder: Path) -> Iterator[Figure]:
    """What a workflow waits for."""
    for row in gate.rows(folder):
        yield Figure(*row)


def reading_inbox(folder: Path) -> Iterator[Figure]:
    """What is open on a forge."""
    for row in inbox.rows(folder):
        yield Figure(*row)


def looking(folder: Path, histories: Path | None) -> Iterator[Figure]:
    """Whole histories beside git."""
    for row in look.rows(folder, histories):
        yield Figure(*row)


def _files(repository: Repository) -> tuple[Path, Path]:
    assert repository.clone_sessions is not None
    return Path(repository.clone_sessions.path), Path(repository.session_file.path)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]) if sys.argv[1:] else None))
