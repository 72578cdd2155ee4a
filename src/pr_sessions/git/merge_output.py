"""What `git merge-tree --stdin -z --name-only` prints, and the conflict markers that it leaves in files.

The format is of https://git-scm.com/docs/git-merge-tree#OUTPUT. Paths and messages may hold any byte but NUL.
"""

from collections.abc import Iterator, Sequence

from msgspec import Struct

_CLEAN, _CONFLICT = b"1", b"0"
_MOST_PATHS = 100_000


class ConflictRecord(Struct, frozen=True):
    """One conflict, as git reports it.

    Attributes:
        kind: such as `content`, `modify/delete`, `rename/rename`, `binary`.
        paths: of the files that it is about.
    """

    kind: str
    paths: tuple[bytes, ...]


class Merged(Struct, frozen=True):
    """What came of one merge.

    Attributes:
        tree: what the merge would check out; files in it may hold conflict markers.
        is_clean: git had nothing to ask.
        conflicts: what it had to ask; may be empty where it says nothing of it.
        errors: what it could not do, in its words, such as to read an object.
    """

    tree: str
    is_clean: bool
    conflicts: tuple[ConflictRecord, ...] = ()
    errors: tuple[str, ...] = ()


def read_merges(output: bytes) -> Iterator[Merged]:
    """Yield the merges that git finished, in the order in which they were asked for; a cut one at the end is left out.

    A clean merge is `1 NUL tree NUL NUL`. One with conflicts is `0 NUL tree NUL`, each path and NUL, NUL, each record,
    NUL. A record is the number of its paths and NUL, each path and NUL, its kind and NUL, the message and NUL.
    """
    tokens = iter(output.split(b"\0")[:-1])
    while (status := next(tokens, None)) in (_CLEAN, _CONFLICT):
        tree = next(tokens, b"")
        # An empty word ends each part; no path or number is empty.
        named = list(iter(lambda: next(tokens, b""), b""))
        if status == _CLEAN:
            if not named and tree:
                yield Merged(tree.decode("ascii", "replace"), is_clean=True)
            continue
        records = _records(tokens)
        if records is None:
            return
        conflicts = _conflicts(records)
        errors = tuple(message.strip() for type_, _, message in records if type_.startswith("ERROR"))
        yield Merged(tree.decode("ascii", "replace"), is_clean=False, conflicts=conflicts, errors=errors)


def marked_lines(data: bytes, ours: str, theirs: str) -> tuple[tuple[int, int], ...]:
    """Return the first and the last line of each place that git marked, from 1, as the first side has them.

    A place where the first side has no lines is the line that would follow.

    Args:
        data: a file of the merged tree.
        ours: the name of the first side as it was given to git, which stands behind `<<<<<<<`.
        theirs: the name of the second side, which stands behind `>>>>>>>`.
    """
    begin, end = f"<<<<<<< {ours}".encode(), f">>>>>>> {theirs}".encode()
    places: list[tuple[int, int]] = []
    number, opened, is_theirs = 0, 0, False
    for line in data.split(b"\n"):
        if line.startswith(begin):
            opened = number + 1
        elif opened and line.startswith(end):
            places.append((opened, max(opened, number)))
            opened, is_theirs = 0, False
        elif opened and line.rstrip(b"\r") == b"=======":
            is_theirs = True
        elif not is_theirs:
            number += 1
    return tuple(places)


def _records(tokens: Iterator[bytes]) -> Sequence[tuple[str, tuple[bytes, ...], str]] | None:
    """Return type, paths and message of each; `None` where the output is cut."""
    records = []
    while (count := next(tokens, None)) != b"":
        if count is None or not count.isdigit() or len(count) > 9 or int(count) > _MOST_PATHS:
            return None
        paths = [next(tokens, None) for _ in range(int(count))]
        type_, message = next(tokens, None), next(tokens, None)
        if type_ is None or message is None:
            return None
        known = tuple(path for path in paths if path is not None)
        records.append((type_.decode("ascii", "replace"), known, message.decode("utf-8", "replace")))
    return records


def _conflicts(records: Sequence[tuple[str, tuple[bytes, ...], str]]) -> tuple[ConflictRecord, ...]:
    """Return the conflicts. Git reports a binary file twice, of which `content` says less."""
    conflicts = [ConflictRecord(kind, paths) for type_, paths, _ in records if (kind := _kind(type_))]
    binary = {record.paths for record in conflicts if record.kind == "binary"}
    return tuple(record for record in conflicts if record.kind != "content" or record.paths not in binary)


def _kind(type_: str) -> str:
    """Return what stands in the brackets of `CONFLICT (contents)`; nothing for notes such as `Auto-merging`."""
    before, _, rest = type_.partition("(")
    if not before.startswith("CONFLICT"):
        return ""
    kind = rest.removesuffix(")")
    return {"contents": "content", "": "unknown"}.get(kind, kind)
