"""Our lines in a git-ignore file or in `.gitattributes`, between two comments, so that removal restores every byte."""

from collections.abc import Iterator, Sequence

from msgspec import Struct

from pr_sessions.io.files import MIB, read_bytes
from pr_sessions.io.places import Place
from pr_sessions.setup.steps import Action, Step

BEGIN = b"# >>> pr-sessions"
END = b"# <<< pr-sessions"


class Split(Struct, frozen=True):
    """A file without our block.

    Attributes:
        lines: what the block held.
        rest: everything else, as it was before the block came; `None` if there was no file.
    """

    lines: tuple[bytes, ...]
    rest: bytes | None


def to_write(path: Place, entries: Sequence[str], what: str) -> Iterator[Step]:
    """Write these entries into our block; without any, remove the block, and the file if it holds nothing else."""
    present = read_bytes(path, 16 * MIB)
    wanted = with_block(present, entries)
    if wanted is None and present is not None:
        yield Step(Action.REMOVE, path, "held nothing but our lines")
    elif wanted is not None and wanted != present:
        yield Step(Action.WRITE, path, what if entries else "without our lines", wanted)


def split(text: bytes | None) -> Split:
    """Take our block out of a file."""
    data = text or b""
    start = 0 if data.startswith(BEGIN) else data.find(b"\n" + BEGIN) + 1
    end = data.find(b"\n" + END, start)
    if text is None or not data.startswith(BEGIN, start) or end < 0:
        return Split((), text)
    lines = tuple(line.strip() for line in data[start:end].splitlines()[1:])
    head, tail = data[:start], data[end + 1 + len(END) :]
    newline = next((n for n in (b"\r\n", b"\n") if tail.startswith(n)), None)
    if newline is None:
        # The block was added to a file whose last line has no end, or to an empty file.
        return Split(lines, head.removesuffix(b"\n").removesuffix(b"\r") + tail)
    return Split(lines, head + tail[len(newline) :] or None)


def with_block(text: bytes | None, entries: Sequence[str]) -> bytes | None:
    """Return the file with a block of those entries that its own lines do not cover; `None` if it should not exist."""
    before = split(text)
    rest = before.rest or b""
    wanted = tuple(entry.encode() for entry in entries if not _is_covered(entry, rest))
    if wanted == before.lines:
        return text
    if not wanted:
        return before.rest
    newline = b"\r\n" if b"\r\n" in rest else b"\n"
    block = newline.join((BEGIN, *wanted, END))
    if before.rest is None or rest.endswith(b"\n"):
        return rest + block + newline
    return rest + newline + block


def _is_covered(entry: str, text: bytes) -> bool:
    """Tell whether a line names the entry, or a folder that holds it."""
    parts = entry.strip("/").split("/")
    names = {"/".join(parts[:n]).encode() for n in range(1, len(parts) + 1)}
    return any(line.strip().strip(b"/") in names for line in text.splitlines())
