"""`make soak`: the long runs that show that nothing is lost. Exit code 1 where something is.

`python -m benchmarks.soak [--rounds N] [--kills N]` bounds it.
"""

import sys
import tempfile
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter

from benchmarks.kills import kill_often
from benchmarks.writers import round_of

PROCESSES, EACH, OLDER = 8, 50, 1_000
TEN_MB = 10_500


def main() -> int:
    parser = ArgumentParser(prog="python -m benchmarks.soak")
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--kills", type=int, default=1_000)
    options = parser.parse_args()
    bad = 0
    for good, line in lines(options.rounds, options.kills):
        print(f"{'ok    ' if good else 'FAILED'}  {line}", flush=True)
        bad += not good
    print(f"{bad} failed" if bad else "nothing was lost")
    return 1 if bad else 0


def lines(rounds: int, count: int) -> Iterator[tuple[bool, str]]:
    """Every result as it comes: whether it is as promised, and what it is."""
    yield from writers(rounds, fresh=False)
    yield from writers(rounds, fresh=True)
    yield from kills(count)


def writers(rounds: int, *, fresh: bool) -> Iterator[tuple[bool, str]]:
    """Rounds of many processes on one file."""
    how = "a fresh process each time" if fresh else "one process kept"
    for number in range(1, rounds + 1):
        with tempfile.TemporaryDirectory() as folder:
            done = round_of(Path(folder), processes=PROCESSES, each=EACH, older=OLDER, fresh=fresh)
        found = done.verdict
        line = (
            f"{PROCESSES} x {EACH}, {how}, round {number:>2}: {found.acknowledged} acknowledged, {found.kept} kept, "
            f"{done.refused} refused, {found.intact} of {OLDER} older intact, {done.seconds:.1f} s"
        )
        yield done.good(OLDER), line


def kills(count: int) -> Iterator[tuple[bool, str]]:
    """Many kills of whoever saves a large document, a hundred on each."""
    for seed, first in enumerate(range(0, count, 100)):
        with tempfile.TemporaryDirectory() as folder:
            yield _kills(Path(folder), min(100, count - first), seed)


def _kills(folder: Path, count: int, seed: int) -> tuple[bool, str]:
    start = perf_counter()
    done = kill_often(folder, kills=count, older=TEN_MB, seed=seed)
    line = (
        f"{done.kills} x kill -9 while saving {done.size / 1e6:.1f} MB: {done.halfway} halfway through a save, "
        f"{done.damaged} files damaged, {done.lost} acknowledged lost, {done.intact} of {done.older} older intact, "
        f"{done.left} left-over files, {perf_counter() - start:.0f} s"
    )
    return done.good, line


if __name__ == "__main__":
    sys.exit(main())
