"""Git's hook `prepare-commit-msg`: our lines in it, what they run, and how they come into a file and leave it."""

import shlex
from pathlib import Path

from msgspec import Struct

NAME = "prepare-commit-msg"
# Beside the hook, with its own name: programs look at the name by which they are called.
FOREIGN = f"pr-sessions.foreign/{NAME}"
_BEGIN = b"# >>> pr-sessions\n"
_END = b"# <<< pr-sessions\n"
_SHELLS = frozenset({b"sh", b"ash", b"bash", b"dash", b"ksh", b"mksh", b"zsh"})

# Portable, since the hook's folder may be tracked: what it runs is the clone's own, and where that is missing, nothing.
_RUN = """\
run=.git/pr-sessions/prepare-commit-msg
[ -f "$run" ] || run="$(git rev-parse --git-common-dir 2>/dev/null)/pr-sessions/prepare-commit-msg"
"""
# Before the lines of others, which run first: the file runs itself, and passes over this part.
_BEFORE_OTHERS = (
    """\
if [ -z "${PR_SESSIONS_OTHERS-}" ]; then
  if [ -x "$0" ]; then PR_SESSIONS_OTHERS=1 "$0" "$@"; else PR_SESSIONS_OTHERS=1 sh -e "$0" "$@"; fi || exit $?
  """
    + _RUN.replace("\n[", "\n  [")
    + """\
  if [ -f "$run" ]; then sh "$run" "$@"; fi
  exit 0
fi
unset PR_SESSIONS_OTHERS
"""
).encode()
_ALONE = (
    f"""\
others="${{0%/*}}/{FOREIGN}"
if [ -x "$others" ]; then "$others" "$@" || exit $?; fi
{_RUN}if [ -f "$run" ]; then sh "$run" "$@"; fi
"""
).encode()
_SHEBANG = b"#!/bin/sh\n"
WHOLE = _SHEBANG + _BEGIN + _ALONE + _END

# Given by -m, -F or a tool: `$2` is `message`. What an editor shows may still be left empty, and must end the commit
# then: its first line is empty, as is that of an empty message. A merge, a squash and an amended commit have the
# messages that they have. A commit waits for this: no process that is not needed.
_SCRIPT = """\
# `pr-sessions init --commit-trailer` wrote this file: it adds `Session-ID: ID` to a commit's message, once.
# It never stops a commit: whatever is missing or wrong, the message stays as it is.
[ "$2" = message ] && [ -f .cursor/.session_id ] && [ "$PR_SESSIONS" != 0 ] || exit 0
here=${{0%/*}}
[ -e "$here/paused" ] && exit 0
git=${{GIT_DIR:-.git}}
[ -d "$git" ] || git=$(git rev-parse --git-dir 2>/dev/null) || exit 0
if [ -d "$git/rebase-merge" ] || [ -d "$git/rebase-apply" ] || [ -f "$git/CHERRY_PICK_HEAD" ]; then exit 0; fi
read -r first <"$1" || [ -n "$first" ] || exit 0
case "$first" in ''|'fixup! '*|'squash! '*|'amend! '*) exit 0;; esac
id=$({python} -I -S {reader} .cursor/.session_id "$git" "$here" 2>/dev/null) && [ -n "$id" ] || exit 0
git interpret-trailers --in-place --no-divider --where end --if-exists doNothing --if-missing add \\
  --trailer "Session-ID: $id" "$1" 2>/dev/null
exit 0
"""


class Split(Struct, frozen=True):
    """A hook without our lines.

    Attributes:
        ours: whether it held them.
        rest: everything else; empty if there is nothing else.
    """

    ours: bool
    rest: bytes


def script(interpreter: str, reader: Path) -> bytes:
    """The clone's own script. It reads the current session with an interpreter of this machine."""
    return _SCRIPT.format(python=shlex.quote(interpreter), reader=shlex.quote(str(reader))).encode()


def split(hook: bytes) -> Split:
    """Takes our lines out of a hook."""
    place = _place(hook)
    if place is None:
        return Split(ours=False, rest=hook)
    rest = hook[: place.start] + hook[place.stop :]
    alone = rest == _SHEBANG and _is_alone(hook[place])
    return Split(ours=True, rest=b"" if alone else rest)


def renewed(hook: bytes) -> bytes:
    """A hook with today's lines in the place of those that some version of ours wrote."""
    place = _place(hook)
    if place is None:
        return hook
    lines = _ALONE if _is_alone(hook[place]) else _BEFORE_OTHERS
    return hook[: place.start] + _BEGIN + lines + _END + hook[place.stop :]


def _place(hook: bytes) -> slice | None:
    start = 0 if hook.startswith(_BEGIN) else hook.find(b"\n" + _BEGIN) + 1
    end = hook.find(b"\n" + _END, start) + 1
    if end == 0 or not hook.startswith(_BEGIN, start):
        return None
    return slice(start, end + len(_END))


def _is_alone(lines: bytes) -> bool:
    return FOREIGN.encode() in lines


def is_shell(hook: bytes) -> bool:
    """Whether our lines can stand in it: a shell reads it."""
    first, newline, _ = hook.partition(b"\n")
    if not first.startswith(b"#!"):
        return b"\0" not in hook
    words = first[2:].split() if newline else []
    program = words[0].rpartition(b"/")[2] if words else b""
    if program == b"env" and len(words) == 2:
        program = words[1].rpartition(b"/")[2]
    return program in _SHELLS


def with_ours(hook: bytes) -> bytes:
    """A shell's hook with our lines before its own, which run first all the same."""
    block = _BEGIN + _BEFORE_OTHERS + _END
    if not hook.startswith(b"#!"):
        return block + hook
    first, newline, rest = hook.partition(b"\n")
    return first + newline + block + rest
