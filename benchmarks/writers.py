"""Many processes that record at once in one clone: nothing that was acknowledged is lost."""

import subprocess
import sys
from pathlib import Path
from time import perf_counter

from msgspec import Struct

from benchmarks.acknowledged import Verdict, judge, note, sessions_in
from benchmarks.sample import make_repository
from pr_sessions import PullRequest, open_tracker
from pr_sessions.errors import PrSessionsError
from pr_sessions.git.repository import Repository


class Round(Struct, frozen=True):
    """One round.

    Attributes:
        wanted: how many pull requests were recorded.
        refused: how many recordings ended with an error; each says so, and none counts as acknowledged.
        seconds: how long all took together.
    """

    wanted: int
    refused: int
    seconds: float
    verdict: Verdict

    def good(self, older: int) -> bool:
        """Whether every one was acknowledged and kept, and every older session is intact."""
        found = self.verdict
        return (found.kept, found.intact, found.damaged, self.refused) == (self.wanted, older, 0, 0)


def round_of(folder: Path, *, processes: int, each: int, older: int, fresh: bool) -> Round:
    """So many processes record so many pull requests each, in a process for each or in one that is kept."""
    repository = make_repository(folder / "clone", older)
    before = sessions_in(Path(repository.session_file.path))
    assert before is not None
    ledgers = [folder / f"ledger-{worker}" for worker in range(processes)]
    start = perf_counter()
    running = [_start(repository, collection, worker, each, fresh=fresh) for worker, collection in enumerate(ledgers)]
    refused = sum(_refusals(process) for process in running)
    seconds = perf_counter() - start
    return Round(processes * each, refused, seconds, judge(_files(repository), ledgers, before))


def _start(repository: Repository, collection: Path, worker: int, each: int, *, fresh: bool) -> subprocess.Popen[str]:
    told = [str(repository.root), str(collection), str(worker), str(each), "fresh" if fresh else "kept"]
    command = [sys.executable, "-m", "benchmarks.writers", *told]
    return subprocess.Popen(command, cwd=Path(__file__).parent.parent, stdout=subprocess.PIPE, text=True)


def _refusals(process: subprocess.Popen[str]) -> int:
    told, _ = process.communicate()
    assert process.returncode == 0, f"a worker ended with {process.returncode}"
    return int(told)


def _work(root: Path, collection: Path, worker: int, each: int, *, fresh: bool) -> int:
    """One worker: records, and writes down each number once its command has returned."""
    record = _by_command if fresh else _in_process
    refused = 0
    for turn in range(each):
        number = str(1_000_000 + worker * 10_000 + turn)
        if record(root, number, f"writer-{worker}"):
            note(collection, number)
        else:
            refused += 1
    return refused


def _by_command(root: Path, number: str, author: str) -> bool:
    command = [sys.executable, "-m", "pr_sessions", "add", number, "--title", "auto-pr: x", "--author", author]
    done = subprocess.run(command, cwd=root, check=False, stdout=subprocess.DEVNULL)
    return done.returncode == 0


def _in_process(root: Path, number: str, author: str) -> bool:
    try:
        open_tracker(root, environ={}).record(PullRequest(number=number, title="auto-pr: x", author=author))
    except PrSessionsError as error:
        print(error, file=sys.stderr)
        return False
    return True


def _files(repository: Repository) -> list[Path]:
    assert repository.clone_sessions is not None
    return [Path(repository.clone_sessions.path), Path(repository.session_file.path)]


if __name__ == "__main__":
    place, collection, which, count, how = sys.argv[1:]
    print(_work(Path(place), Path(collection), int(which), int(count), fresh=how == "fresh"))
