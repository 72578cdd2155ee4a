"""Whether git has not finished merging a file: seen in git's index, without starting git where it has.

`git ls-files -u` would say the same, and would add a sixth to the time that it takes to record a pull request: more
than `make bench` allows. So git is started only where its index may hold such a file.

The layout is of git's `Documentation/gitformat-index.txt`: before each name stand two bytes of flags, which hold the
stage and the length of the name. Versions 2 and 3 write the name whole, version 4 what differs from the name before.
"""

from collections.abc import Collection, Iterator
from pathlib import Path

from pr_sessions.errors import UnreadableFile
from pr_sessions.git.repository import Repository
from pr_sessions.io.files import names_in, read_bytes
from pr_sessions.io.places import Place

_STAGES = (0x10, 0x20, 0x30)
_LONGEST_NAME = 0xFFF
_SHORTENED = b"\0\0\0\4"


def first_unmerged(root: Path, git_dir: Path, names: Collection[str]) -> str | None:
    """Return the first file of which versions wait in the index of its working tree; `None` where git is done with all.

    Args:
        root: the top folder of that tree.
        git_dir: git's folder for it, which holds the index.
        names: of the files, from the root, with `/`.
    """
    suspects = _suspects(git_dir, names)
    if not suspects:
        return None
    from pr_sessions.git.commands import GitFailed
    from pr_sessions.storage.files.repair import unmerged

    try:
        return next((name for name in suspects if unmerged(root, name)), None)
    except GitFailed:
        return suspects[0]  # Its index says so, and nobody is there to deny it.


def refuse_half_merged(repository: Repository, paths: Collection[Place]) -> None:
    """Do nothing where git is done with these files; those that are not in the working tree are none of git's.

    Raises:
        UnreadableFile: one may hold one side only of a merge, rebase, cherry-pick, revert or stash.
    """
    if repository.git_dir is None:
        return
    root, folders = str(repository.root), (repository.session_file.below.rpartition("/")[0], repository.archive.below)
    names = [path.below for path in paths if path.root == root and path.below.rpartition("/")[0] in folders]
    if name := first_unmerged(repository.root, repository.git_dir, names):
        raise UnreadableFile(
            f"git has not finished merging {repository.root / name}: its versions wait in git's index",
            "join them: pr-sessions doctor --repair",
        )


def _suspects(git_dir: Path, names: Collection[str]) -> list[str]:
    """Never misses one; may name others by chance."""
    if not names:
        return []
    try:
        index = read_bytes(Place(git_dir, "index")) or b""
    except UnreadableFile:
        return [*names]  # Too large, or not for us: git knows.
    # A part may stand in a file of its own (`core.splitIndex`).
    if any(name.startswith("sharedindex.") for name in names_in(Place(git_dir))):
        return [*names]
    return [] if _is_one_tree(index) else [name for name in names if _may_be_unmerged(index, name.encode())]


def _may_be_unmerged(index: bytes, name: bytes) -> bool:
    length = min(len(name), _LONGEST_NAME)
    marks = [bytes((stage | length >> 8, length & 0xFF)) for stage in _STAGES]
    if index[4:8] == _SHORTENED:
        return any(_ends(index, after, name) for mark in marks for after in _after(index, mark))
    return any(index[after - len(name) - 3 : after - len(name) - 1] in marks for after in _after(index, name + b"\0"))


def _is_one_tree(index: bytes) -> bool:
    """Return whether git noted that all of it is one tree, as after a commit: then nothing waits."""
    place = index.rfind(b"TREE")
    noted = index[place + 9 : place + 20].partition(b" ")[0]
    return index[place + 8 : place + 9] == b"\0" and noted == b"%d" % int.from_bytes(index[8:12], "big")


def _after(index: bytes, mark: bytes) -> Iterator[int]:
    place = index.find(mark)
    while place >= 0:
        yield place + len(mark)
        place = index.find(mark, place + 1)


def _ends(index: bytes, place: int, name: bytes) -> bool:
    """Return whether an end of the name stands there, behind the number of bytes that are left of the name before."""
    while index[place : place + 1] >= b"\x80":
        place += 1
    end = index.find(b"\0", place + 1, place + len(name) + 2)
    return end > place + 1 and name.endswith(index[place + 1 : end])
