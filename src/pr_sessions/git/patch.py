"""Read what `git diff-tree -p` prints, while git still writes it.

The format is of https://git-scm.com/docs/diff-format#generate_patch_text_with_p. A hunk's header says how many lines
belong to it, so no line of a file can be taken for a header.
"""

import re
from collections.abc import Iterable, Iterator
from typing import IO

from msgspec import Struct

_COMMIT = re.compile(rb"[0-9a-f]{40}(?:[0-9a-f]{24})?\n")
_HUNK = re.compile(rb"@@ -(\d{1,10})(?:,(\d{1,10}))? \+(\d{1,10})(?:,(\d{1,10}))? @@")
_ESCAPE = re.compile(rb'\\([abtnvfr"\\]|[0-7]{3})')
_ESCAPES = {b"a": b"\a", b"b": b"\b", b"t": b"\t", b"n": b"\n", b"v": b"\v", b"f": b"\f", b"r": b"\r"}
_NOTHING = b"/dev/null"


class CommitStart(Struct, frozen=True):
    """What follows is the difference between this commit and the one that it was compared with."""

    sha: str


class FileStart(Struct, frozen=True):
    """What follows is of one file.

    Attributes:
        old: its path before, `None` where it is new.
        new: its path after, `None` where it is deleted.
        header: the lines before its first hunk, as git prints them.
        is_binary: it has no lines.
    """

    old: bytes | None
    new: bytes | None
    header: tuple[bytes, ...] = ()
    is_binary: bool = False


class Hunk(Struct, frozen=True):
    r"""Lines that changed together.

    Attributes:
        old: the first line before, from 1, of `old_count` lines; where there are none, the line after which they go.
        new: the first line after, from 1, of `new_count` lines; where there are none, the line after which they were.
        heading: the whole first line.
        lines: with their signs and line feeds; `\ No newline at end of file` among them.
    """

    old: int
    old_count: int
    new: int
    new_count: int
    heading: bytes
    lines: tuple[bytes, ...]


Part = CommitStart | FileStart | Hunk


def read_patches(output: IO[bytes]) -> Iterator[Part]:
    """Yield commits, files and hunks in their order. A hunk that is cut at the end is left out."""
    header: list[bytes] = []
    line = output.readline()
    while line:
        match = _HUNK.match(line) if line.startswith(b"@@ ") else None
        if header and (match or line.startswith(b"diff --git ") or _COMMIT.fullmatch(line)):
            yield _file(header)
            header = []
        if match:
            hunk, line = _hunk(line, match, output)
            if hunk is None:
                return
            yield hunk
            continue
        if _COMMIT.fullmatch(line) and not header:
            yield CommitStart(line.strip().decode("ascii"))
        elif line.startswith(b"diff --git ") or header:
            header.append(line)
        line = output.readline()
    if header:
        yield _file(header)


def by_file(parts: Iterable[Part]) -> Iterator[tuple[FileStart, list[Hunk]]]:
    """Yield each file of one commit with its hunks."""
    file: FileStart | None = None
    hunks: list[Hunk] = []
    for part in parts:
        if isinstance(part, FileStart):
            if file:
                yield file, hunks
            file, hunks = part, []
        elif isinstance(part, Hunk):
            hunks.append(part)
    if file:
        yield file, hunks


def _hunk(heading: bytes, match: re.Match[bytes], output: IO[bytes]) -> tuple[Hunk | None, bytes]:
    """Return the hunk, `None` where it is cut, and the line behind it."""
    old, old_count, new, new_count = (1 if number is None else int(number) for number in match.groups())
    left_old, left_new = old_count, new_count
    lines: list[bytes] = []
    line = output.readline()
    while line and (left_old > 0 or left_new > 0 or line.startswith(b"\\")):
        sign = line[:1]
        left_old -= sign in (b"-", b" ")
        left_new -= sign in (b"+", b" ")
        lines.append(line)
        line = output.readline()
    if left_old > 0 or left_new > 0:
        return None, b""
    return Hunk(old, old_count, new, new_count, heading, tuple(lines)), line


def _file(header: list[bytes]) -> FileStart:
    old = new = None
    named = False
    for line in header[1:]:
        word, _, rest = line.rstrip(b"\n").partition(b" ")
        if word in (b"---", b"+++"):
            path = _path(rest)
            old, new = (path, new) if word == b"---" else (old, path)
            named = True
        elif line.startswith((b"rename from ", b"rename to ")):
            path = _unquoted(line.rstrip(b"\n").split(b" ", 2)[2])
            old, new = (path, new) if line.startswith(b"rename from") else (old, path)
            named = True
    if not named:
        # Binary and empty files, and changes of modes alone: one name, twice.
        path = _both(header[0].rstrip(b"\n").removeprefix(b"diff --git "))
        old = None if any(line.startswith(b"new file") for line in header) else path
        new = None if any(line.startswith(b"deleted file") for line in header) else path
    is_binary = header[-1].startswith((b"Binary files ", b"GIT binary patch"))
    return FileStart(old, new, tuple(header), is_binary)


def _path(name: bytes) -> bytes | None:
    # A name with blanks has a tab behind it.
    name = name.removesuffix(b"\t")
    return None if name == _NOTHING else _unquoted(name)[2:]


def _both(names: bytes) -> bytes:
    """Return the name of `a/NAME b/NAME`."""
    return _unquoted(names[: len(names) // 2])[2:]


def _unquoted(name: bytes) -> bytes:
    if len(name) < 2 or not (name.startswith(b'"') and name.endswith(b'"')):
        return name
    return _ESCAPE.sub(lambda match: _meant(match[1]), name[1:-1])


def _meant(escape: bytes) -> bytes:
    return bytes([int(escape, 8) & 0xFF]) if escape.isdigit() else _ESCAPES.get(escape, escape)
