"""A session file that cannot be read, or whose merge git has not finished: both sides, and what can be read of it."""

from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct, json

from pr_sessions.core.json_text import read_json
from pr_sessions.errors import NewerVersion, UnreadableFile
from pr_sessions.git.commands import read_git, small_blob
from pr_sessions.storage.files.session_file import SessionFile, check_is_document, parse

_BEGIN, _BASE, _MIDDLE, _END = b"<<<<<<<", b"|||||||", b"=======", b">>>>>>>"
_MARKERS = (_BEGIN, _BASE, _MIDDLE, _END)
_NEXT: Mapping[bytes | None, tuple[bytes, ...]] = {
    None: (_BEGIN,),
    _BEGIN: (_BASE, _MIDDLE),
    _BASE: (_MIDDLE,),
    _MIDDLE: (_END,),
}
BASE, OURS, THEIRS = 1, 2, 3


def unmerged(root: Path, name: str) -> Mapping[int, str]:
    """Return the names of the versions of a file that wait in git's index, by stage; none where its merge is finished.

    Args:
        root: the top folder of the working tree.
        name: of the file, from the root, with `/`.

    Raises:
        GitFailed: git is missing or refused.
    """
    listed = read_git(root, "--literal-pathspecs", "ls-files", "-u", "-z", "--", name).split(b"\0")
    entries = (entry.partition(b"\t")[0].split() for entry in listed if entry)
    return {int(stage): version.decode() for _, version, stage in entries}


def versions(root: Path, name: str) -> Mapping[int, bytes]:
    """Return the versions themselves, by stage: the base, ours, theirs; each may be missing.

    Raises:
        GitFailed: git is missing or refused.
    """
    blobs = {stage: small_blob(root, version) for stage, version in unmerged(root, name).items()}
    return {stage: data for stage, data in blobs.items() if data is not None}


def sides(text: bytes) -> tuple[bytes, bytes] | None:
    """Return both sides of a file with conflict markers; `None` where there are none, or they do not fit together.

    The base that the styles diff3 and zdiff3 show belongs to neither side.
    """
    ours, theirs = [], []
    part: bytes | None = None
    for line in text.splitlines(keepends=True):
        # Git writes seven signs, then nothing or a space and a name.
        starts = (m for m in _MARKERS if line.startswith(m) and line[len(m) :][:1] in (b"", b" ", b"\n", b"\r"))
        marker = next(starts, None)
        if marker is None:
            ours += [line] if part in (None, _BEGIN) else []
            theirs += [line] if part in (None, _MIDDLE) else []
        elif marker in _NEXT[part]:
            part = None if marker == _END else marker
        else:
            return None
    has_markers = b"".join(ours) != text
    return (b"".join(ours), b"".join(theirs)) if has_markers and part is None else None


class Recovered(Struct, frozen=True):
    """A session file as far as it can be read.

    Attributes:
        documents: what it says; both sides of a conflict. None where nothing can be read.
        problem: what is wrong with it; empty for a sound file.
        complete: whether everything in it can be read, if only in two parts.
    """

    documents: tuple[SessionFile, ...] = ()
    problem: str = ""
    complete: bool = False


def recover(data: bytes, name: str) -> Recovered:
    """Return what can be read.

    Raises:
        NewerVersion: a newer pr-sessions wrote it; nothing is wrong with it.
    """
    try:
        return Recovered((parse(data, name),), complete=True)
    except NewerVersion:
        raise
    except UnreadableFile as error:
        problem = str(error)
    pair = sides(data)
    parts = [_part(side, name) for side in pair] if pair else [_part(data, name)]
    return Recovered(
        tuple(parsed for part in parts for parsed in part.documents),
        problem,
        complete=pair is not None and all(part.complete for part in parts),
    )


def _part(data: bytes, name: str) -> Recovered:
    """Read one side, or a file that is JSON and still no session file: without what does not belong there."""
    try:
        return Recovered((parse(data, name),), complete=True)
    except NewerVersion:
        raise
    except UnreadableFile as error:
        problem = str(error)
    try:
        return Recovered((_parse_what_fits(data, name),), problem)
    except NewerVersion:
        raise
    except UnreadableFile:
        return Recovered(problem=problem)


def _parse_what_fits(data: bytes, name: str) -> SessionFile:
    value = read_json(data, name)
    check_is_document(value, name)
    for key, kind in (("active_sessions", dict), ("completed_sessions", list), ("unattributed", dict)):
        if not isinstance(value.get(key), kind):
            value[key] = kind()
    return parse(json.encode(value), name)
