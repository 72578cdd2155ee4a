"""Our lines in a git-ignore file, between two comments, so that they go as they came: byte for byte."""

from collections.abc import Sequence

from msgspec import Struct

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


def split(text: bytes | None) -> Split:
    """Takes our block out of a file."""
    start = _line_start(text or b"")
    end = (text or b"").find(b"\n" + END, start)
    if text is None or start < 0 or end < 0:
        return Split((), text)
    lines = tuple(line.strip() for line in text[start:end].splitlines()[1:])
    head, tail = text[:start], text[end + 1 + len(END) :]
    newline = next((n for n in (b"\r\n", b"\n") if tail.startswith(n)), None)
    if newline is None:
        # The block came to a last line without an end, or to an empty file: so that it leaves the same.
        return Split(lines, head.removesuffix(b"\n").removesuffix(b"\r") + tail)
    return Split(lines, head + tail[len(newline) :] or None)


def with_block(text: bytes | None, entries: Sequence[str]) -> bytes | None:
    """The file with those of the entries in our block that its own lines leave open; `None` if it should not exist."""
    before = split(text)
    wanted = tuple(entry.encode() for entry in entries if not _covered(before.rest or b"", entry))
    if wanted == before.lines:
        return text
    if not wanted:
        return before.rest
    newline = b"\r\n" if b"\r\n" in (before.rest or b"") else b"\n"
    block = newline.join((BEGIN, *wanted, END))
    if before.rest is None or before.rest.endswith(b"\n"):
        return (before.rest or b"") + block + newline
    return before.rest + newline + block


def _line_start(text: bytes) -> int:
    if text.startswith(BEGIN):
        return 0
    found = text.find(b"\n" + BEGIN)
    return found + 1 if found >= 0 else -1


def _covered(text: bytes, entry: str) -> bool:
    """Whether a line names the entry, or a folder that holds it."""
    parts = entry.strip("/").split("/")
    names = {"/".join(parts[:n]).encode() for n in range(1, len(parts) + 1)}
    return any(line.strip().strip(b"/") in names for line in text.splitlines())
