"""Lists that are made short for people, within 80 columns."""

from collections.abc import Sequence

from pr_sessions.cli.output import dim, plural

WIDTH = 80
MOST_ROWS = 5
MOST_FILES = 3


def some(lines: Sequence[str], most: int = MOST_ROWS) -> list[str]:
    """The first ones, and how many more there are."""
    more = len(lines) - most
    return [*lines[:most], dim(f"  ... and {more} more")] if more > 0 else list(lines)


def ranges(numbers: Sequence[str]) -> str:
    """`#3-#5, #9`: neighbouring numbers as one."""
    runs: list[list[int]] = []
    for number in sorted(map(int, numbers)):
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ", ".join(f"#{run[0]}" if len(run) == 1 else f"#{run[0]}-#{run[-1]}" for run in runs)


def some_files(files: Sequence[str]) -> str:
    """How many, and the names of the first ones."""
    more = f" and {len(files) - MOST_FILES} more" if len(files) > MOST_FILES else ""
    return f"{plural(len(files), 'file')}: {', '.join(files[:MOST_FILES])}{more}" if files else plural(0, "file")
