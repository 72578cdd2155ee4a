"""Times of things that run in turns, so that a slow moment of the machine hits all of them."""

import gc
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from statistics import median
from time import perf_counter


def in_turns(runs: Mapping[str, Callable[[], None]], rounds: int) -> dict[str, float]:
    """Median seconds of each, over so many rounds; garbage is collected between them, not in them."""
    times: dict[str, list[float]] = {name: [] for name in runs}
    for run in runs.values():
        run()
    gc.disable()
    for _ in range(rounds):
        for name, run in runs.items():
            gc.collect()
            start = perf_counter()
            run()
            times[name].append(perf_counter() - start)
    gc.enable()
    return {name: median(values) for name, values in times.items()}


def process(*command: str, cwd: Path) -> Callable[[], None]:
    """A whole process, from its start to its end."""

    def run() -> None:
        subprocess.run(command, cwd=cwd, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    return run
