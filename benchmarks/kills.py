"""`kill -9` at random instants while a large document is saved: no file is damaged, nothing acknowledged is lost."""

import os
import random
import signal
import time
from collections.abc import Callable
from pathlib import Path
from time import perf_counter

from msgspec import Struct, json

from benchmarks.acknowledged import noted, sessions_in
from benchmarks.sample import make_repository
from pr_sessions import PullRequest, open_tracker
from pr_sessions.git.repository import Repository


class Killed(Struct, frozen=True):
    """What so many kills left behind.

    Attributes:
        halfway: kills that left a file which was being written, or two documents that differ.
        damaged: files that could not be read after a kill.
        lost: acknowledged pull requests that no file held after a kill, or that the next writer did not keep.
        intact: older sessions that stand in both files at the end as they did at the beginning.
        left: temporary files after the last writer.
        size: of the document, in bytes.
    """

    kills: int
    halfway: int
    damaged: int
    lost: int
    older: int
    intact: int
    left: int
    size: int

    @property
    def good(self) -> bool:
        return (self.damaged, self.lost, self.intact, self.left) == (0, 0, self.older, 0)


def kill_often(folder: Path, *, kills: int, older: int, seed: int = 1) -> Killed:
    """Kills a process that records without pause, again and again, and looks at the files after each time."""
    repository = make_repository(folder / "clone", older)
    files = _files(repository)
    before = sessions_in(files[0])
    assert before is not None
    collection = folder / "ledger"
    chance = random.Random(seed)  # noqa: S311 - instants, not secrets
    numbers = iter(range(1_000_000, 100_000_000, 10_000))
    longest = 2 * _seconds(lambda: _record(repository.root, str(next(numbers))))
    halfway = damaged = lost = 0
    for _ in range(kills):
        _kill_one(repository.root, collection, next(numbers), chance.uniform(0, longest))
        contents = {path.read_bytes() for path in files}
        halfway += bool(_leftovers(repository)) or len(contents) > 1
        held = [_numbers(data) for data in contents]
        damaged += held.count(None)
        lost += len(noted([collection]).difference(*(h for h in held if h is not None)))
    _record(repository.root, str(next(numbers)))
    after = [sessions_in(path) or {} for path in files]
    lost += len(noted([collection]) - {str(n) for s in after[0].values() for n in s["prs"]})
    intact = sum(all(sessions.get(key) == session for sessions in after) for key, session in before.items())
    size = files[0].stat().st_size
    return Killed(kills, halfway, damaged, lost, older, intact, len(_leftovers(repository)), size)


def _kill_one(root: Path, collection: Path, first: int, after: float) -> None:
    """A process that has imported everything starts at once: the instants spread over saves, not over imports."""
    ready, tell = os.pipe()
    child = os.fork()
    if child == 0:
        _record_for_ever(root, collection, first, tell)
    os.close(tell)
    os.read(ready, 1)
    os.close(ready)
    time.sleep(after)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)


def _record_for_ever(root: Path, collection: Path, first: int, tell: int) -> None:
    descriptor = os.open(collection, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.write(tell, b"!")
    try:
        for number in range(first, first + 10_000):
            _record(root, str(number))
            os.write(descriptor, f"{number}\n".encode())
    finally:
        os._exit(1)  # what the parent of the fork has to do is none of the child's business


def _record(root: Path, number: str) -> None:
    open_tracker(root, environ={}).record(PullRequest(number=number, title="auto-pr: x", author="killed"))


def _numbers(data: bytes) -> set[str] | None:
    """The pull requests of a file; the quick way, since it is asked after each kill."""
    try:
        value = json.decode(data)
        return {n for s in (*value["active_sessions"].values(), *value["completed_sessions"]) for n in s["prs"]}
    except (ValueError, KeyError):
        return None


def _leftovers(repository: Repository) -> list[Path]:
    return [path for file in _files(repository) for path in file.parent.glob(".*.tmp")]


def _files(repository: Repository) -> list[Path]:
    assert repository.clone_sessions is not None
    return [Path(repository.clone_sessions.path), Path(repository.session_file.path)]


def _seconds(run: Callable[[], None]) -> float:
    start = perf_counter()
    run()
    return perf_counter() - start
