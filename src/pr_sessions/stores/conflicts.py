"""The session file where a merge of git's is not finished: versions in the index, sides between conflict markers."""

from collections.abc import Mapping
from pathlib import Path

from pr_sessions.stores.git import run_git

_BEGIN, _BASE, _MIDDLE, _END = b"<<<<<<<", b"|||||||", b"=======", b">>>>>>>"
_NEXT: Mapping[bytes | None, tuple[bytes, ...]] = {
    None: (_BEGIN,),
    _BEGIN: (_BASE, _MIDDLE),
    _BASE: (_MIDDLE,),
    _MIDDLE: (_END,),
}
BASE, OURS, THEIRS = 1, 2, 3


def unmerged(root: Path, path: Path) -> Mapping[int, str]:
    """Names of the versions of a file that wait in git's index, by stage; empty where its merge is finished.

    Raises:
        GitFailed: git is missing or refused.
    """
    listed = run_git(root, "--literal-pathspecs", "ls-files", "-u", "-z", "--", str(path)).split(b"\0")
    entries = (entry.partition(b"\t")[0].split() for entry in listed if entry)
    return {int(stage): name.decode() for _, name, stage in entries}


def versions(root: Path, path: Path) -> Mapping[int, bytes]:
    """The versions themselves, by stage: the base, ours, theirs; each may be missing.

    Raises:
        GitFailed: git is missing or refused.
    """
    return {stage: run_git(root, "cat-file", "blob", name) for stage, name in unmerged(root, path).items()}


def sides(text: bytes) -> tuple[bytes, bytes] | None:
    """What each side of a file with conflict markers said; `None` where there are none, or they do not fit together.

    The base that the styles diff3 and zdiff3 show belongs to neither side.
    """
    ours, theirs = [], []
    part: bytes | None = None
    for line in text.splitlines(keepends=True):
        marker = _marker(line)
        if marker is None:
            ours += [line] if part in (None, _BEGIN) else []
            theirs += [line] if part in (None, _MIDDLE) else []
        elif marker in _NEXT[part]:
            part = None if marker == _END else marker
        else:
            return None
    found = b"".join(ours) != text
    return (b"".join(ours), b"".join(theirs)) if found and part is None else None


def _marker(line: bytes) -> bytes | None:
    """Git writes seven signs, then nothing or a space and a name."""
    marks = (_BEGIN, _BASE, _MIDDLE, _END)
    return next((m for m in marks if line.startswith(m) and line[len(m) :][:1] in (b"", b" ", b"\n", b"\r")), None)
