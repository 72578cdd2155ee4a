"""Add the trailer `Session-ID` to a commit's message. Git's hook runs this file, isolated.

Arguments: the message's file, the marker, git's folder of the working tree, the clone's own folder, and what comments
begin with. Without a session the message stays as it is, and with one every byte but our line.
"""

import os
import re
import sys

_LIMIT = 16 * 1024 * 1024
_LINE = re.compile(rb"[^\n]*\n|[^\n]+")
_SCISSORS = re.compile(rb"[^\s]{1,10} -{24} >8 -{24}\r?\n?")
# Git takes `https://...` for one: its token is followed by a colon.
_TRAILER = re.compile(rb"[A-Za-z0-9-]+[ \t]*:(?!//)")
_OURS = re.compile(rb"session-id[ \t]*:", re.IGNORECASE)
# Git's own lines: with one of them, a paragraph may hold other lines, too.
_OF_GIT = (b"Signed-off-by: ", b"(cherry picked from commit ")
_AUTOMATIC = b"#;@!$%^&|:"


def name_session(path: str, marker: str, git_dir: str, state: str, comment: str) -> None:
    """Add the trailer, unless the message has one or there is no current session."""
    from datetime import UTC, datetime

    from pr_sessions.io.folder import content
    from pr_sessions.io.places import Place
    from pr_sessions.setup.current_session_id import current_id

    session_id = current_id(marker, git_dir, state, datetime.now(UTC))
    if not session_id:
        return
    # Git's own folder may be a link.
    folder, name = os.path.split(os.path.abspath(path))
    place = Place(os.path.realpath(folder), name)
    message = content(place, _LIMIT) or b""
    named = with_session(message, session_id, os.fsencode(comment))
    if named != message:
        _replace(place.root, name, named)


def _replace(root: str, name: str, data: bytes) -> None:
    from pr_sessions.io.folder import Folder
    from pr_sessions.io.places import Place

    temporary = f"{name}.pr-sessions-{os.getpid()}"
    with Folder(Place(root)) as folder:
        descriptor = folder.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
        try:
            while data:
                data = data[os.write(descriptor, data) :]
        finally:
            os.close(descriptor)
        folder.rename(temporary, name)


def with_session(message: bytes, session_id: str, comment: bytes) -> bytes:
    """Return a message with the trailer, unless it has one or is empty.

    Args:
        message: as git passes it to its hook.
        session_id: the current session.
        comment: what comments begin with, `auto` if git chooses; empty if the message has none.
    """
    lines = _LINE.findall(message)
    end = _end(lines, comment)
    if end == 0:
        return message
    start = next((n + 1 for n in range(end - 1, -1, -1) if not lines[n].strip()), 0)
    block = lines[start:end]
    is_block = start > 0 and _are_trailers(block)
    if is_block and any(map(_OURS.match, block)):
        return message
    newline = b"\r\n" if lines[end - 1].endswith(b"\r\n") else b"\n"
    gap = b"" if is_block else newline
    line = f"Session-ID: {session_id}".encode()
    before, after = b"".join(lines[:end]), b"".join(lines[end:])
    if not before.endswith(b"\n"):
        return before + newline + gap + line
    return before + gap + line + newline + after


def _end(lines: list[bytes], comment: bytes) -> int:
    """Return where the message itself ends: before blank lines, comments and what git cuts off."""
    end = next((n for n, line in enumerate(lines) if _SCISSORS.fullmatch(line)), len(lines))
    while end and (not lines[end - 1].strip() or _is_comment(lines[end - 1], comment)):
        end -= 1
    return end


def _is_comment(line: bytes, comment: bytes) -> bool:
    return line[:1] in _AUTOMATIC if comment == b"auto" else bool(comment) and line.startswith(comment)


def _are_trailers(block: list[bytes]) -> bool:
    """Tell whether git would take the paragraph for trailers, but for links."""
    trailers, others, by_git = 0, 0, False
    for line in block:
        if line.startswith(_OF_GIT):
            by_git = True
        if line.startswith(_OF_GIT) or _TRAILER.match(line):
            trailers += 1
        elif trailers + others == 0 or line[:1] not in b" \t":
            others += 1
    return trailers > 0 and (others == 0 or (by_git and trailers * 3 >= others))


if __name__ == "__main__":
    # Packages of these names without their `__init__`, which would import what is not needed: a commit waits for this.
    package_folder = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    for name in ("pr_sessions", "pr_sessions.io", "pr_sessions.setup"):
        package = type(sys)(name)
        package.__path__ = [package_folder + name[len("pr_sessions") :].replace(".", os.sep)]
        sys.modules[name] = package
    name_session(*sys.argv[1:6])
