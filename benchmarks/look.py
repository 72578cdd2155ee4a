"""What a user of `look` waits for, beside `git log --raw` over the commits that it reads; any of them may be given."""

import sysconfig
from collections.abc import Iterator
from pathlib import Path

from benchmarks.accuracy.rebuilt import make_repository, read_rows
from benchmarks.clock import in_turns, process
from benchmarks.past_history import commits

PULL_REQUESTS = 2_300
FEWEST = 3_000  # commits: in a shorter history Python's own start counts for most
# The whole history, whatever the time is.
EVER = "9999"

Row = tuple[str, float, float, float]


def rows(folder: Path, histories: Path | None = None) -> Iterator[Row]:
    """Name, floor, ours and target of each figure: of a generated history, and of those in a folder."""
    named = {"generated": commits(PULL_REQUESTS)}
    named |= read_rows(histories) if histories else {}
    for name, found in named.items():
        if len(found) >= FEWEST:
            root = folder / f"{name}.git"
            make_repository(found, root)
            yield from _rows(f"{name}, {len(found):,} commits", root)


def _rows(name: str, root: Path) -> Iterator[Row]:
    command = str(Path(sysconfig.get_path("scripts")) / "pr-sessions")
    times = in_turns(
        {
            "git": process("git", "log", "--raw", cwd=root),
            "text": process(command, "look", str(root), cwd=root),
            "json": process(command, "look", str(root), "--days", EVER, "--json", cwd=root),
        },
        rounds=5,
    )
    yield f"look, {name} / git log --raw", times["git"], times["text"], 3
    yield f"look --json, all of {name} / git log --raw", times["git"], times["json"], 6
