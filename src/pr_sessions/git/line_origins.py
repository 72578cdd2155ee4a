"""Which of several changes, made one after the other, a line of their common difference comes from.

Each change is given as the hunks between the tree before it and the tree after it. They are followed line by line, so a
line that several changed has all of them as its origin.
"""

from collections.abc import Iterable
from typing import NamedTuple

from pr_sessions.git.patch import FileStart, Hunk, Part, by_file

Steps = frozenset[int]
_NONE: Steps = frozenset()


class _Line(NamedTuple):
    """A line of a file as it is now: its number at first, from 0, or the changes that it comes from."""

    at_first: int | None
    steps: Steps = _NONE


class _File:
    """A file as it is now, up to the last line that changed; what follows are lines that were there at first."""

    def __init__(self, first_path: bytes | None) -> None:
        self.first_path = first_path
        self.steps: set[int] = set()
        self._lines: list[_Line] = []
        # The number that the line behind the last one had at first.
        self._next = 0

    def replace(self, start: int, count: int, new_count: int, step: int) -> list[_Line]:
        """Put new lines in the place of some; return those."""
        missing = start + count - len(self._lines)
        if missing > 0:
            self._lines += [_Line(self._next + number) for number in range(missing)]
            self._next += missing
        replaced = self._lines[start : start + count]
        steps = frozenset({step}).union(*(line.steps for line in replaced))
        self._lines[start : start + count] = [_Line(None, steps)] * new_count
        return replaced

    def steps_of(self, number: int) -> Steps:
        """Return the changes that a line comes from, by its number from 0."""
        return self._lines[number].steps if number < len(self._lines) else _NONE


class LineOrigins:
    """Follows the lines of all files through changes."""

    def __init__(self) -> None:
        self._files: dict[bytes, _File] = {}
        # By path and number at first, the change that removed the line.
        self._removed: dict[tuple[bytes, int], int] = {}
        self._deleted: dict[bytes, set[int]] = {}

    def add(self, step: int, parts: Iterable[Part]) -> None:
        """Follow one change.

        Args:
            step: names it.
            parts: what git prints of the trees before and after it, without lines around hunks.
        """
        for start, hunks in by_file(parts):
            file = self._begin(start)
            file.steps.add(step)
            # From the last one on, so that the numbers before it stay.
            for hunk in reversed(hunks):
                first = hunk.old - 1 if hunk.old_count else hunk.old
                for line in file.replace(first, hunk.old_count, hunk.new_count, step):
                    if line.at_first is not None and file.first_path is not None:
                        self._removed[file.first_path, line.at_first] = step
            if start.new is None:
                self._files.pop(start.old or b"", None)
                if file.first_path is not None:
                    self._deleted.setdefault(file.first_path, set()).update(file.steps)

    def of_file(self, file: FileStart) -> Steps:
        """Return the changes that a file of the common difference comes from."""
        kept = self._files.get(file.new) if file.new is not None else None
        deleted = self._deleted.get(file.old, set()) if file.old is not None else set()
        return frozenset(kept.steps if kept else ()) | deleted

    def of_hunk(self, file: FileStart, hunk: Hunk) -> Steps:
        """Return the changes that a hunk of the common difference comes from; those of its file if none is sure."""
        steps: set[int] = set()
        kept = self._files.get(file.new) if file.new is not None else None
        # Where a hunk has no lines on one side, its number there is that of the line before.
        old, new = hunk.old - (hunk.old_count > 0), hunk.new - (hunk.new_count > 0)
        for line in hunk.lines:
            sign = line[:1]
            if sign == b"-":
                removed = self._removed.get((file.old or b"", old))
                steps |= {removed} if removed is not None else set()
            elif sign == b"+" and kept:
                steps |= kept.steps_of(new)
            old += sign in (b"-", b" ")
            new += sign in (b"+", b" ")
        return frozenset(steps) or self.of_file(file)

    def _begin(self, start: FileStart) -> _File:
        if start.old is None:
            file = _File(None)
        elif start.new is not None and start.new != start.old:
            file = self._files.pop(start.old, _File(start.old))
        else:
            file = self._files.get(start.old, _File(start.old))
        self._files[start.new if start.new is not None else start.old or b""] = file
        return file
