"""The trailer `Session-ID` in commit messages, added by git's hook `prepare-commit-msg`.

The hook may be tracked and may have lines of others; our lines in it run a script in the clone's own folder, which has
the paths of this machine.
"""

import os
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

from pr_sessions.errors import InvalidValue
from pr_sessions.git.commands import hooks_path
from pr_sessions.git.discovery import place_of, worktrees
from pr_sessions.git.repository import Repository
from pr_sessions.io.files import MIB, exists, is_file, link_target, read_bytes, status
from pr_sessions.io.places import Place, followed
from pr_sessions.setup import name_session
from pr_sessions.setup.steps import Action, Step

NAME = "prepare-commit-msg"
# In the hook's folder, with the hook's name: programs look at the name by which they are called.
FOREIGN = f"pr-sessions.foreign/{NAME}"
_BEGIN = b"# >>> pr-sessions\n"
_END = b"# <<< pr-sessions\n"
LIMIT = 16 * MIB
# What the user has to add to a hook that we do not change.
LINE = 'sh "$(git rev-parse --git-common-dir)/pr-sessions/prepare-commit-msg" "$@"'
_SHELLS = frozenset({b"sh", b"ash", b"bash", b"dash", b"ksh", b"mksh", b"zsh"})

# Git puts its own folder first on PATH, so `git` is git's own; `sh` would be searched for elsewhere.
# The lines have no path of this machine, since the hook may be tracked. Without the clone's script they do nothing.
_RUN = """\
run=.git/pr-sessions/prepare-commit-msg
[ -f "$run" ] || run="$(git rev-parse --git-common-dir 2>/dev/null)/pr-sessions/prepare-commit-msg"
"""
# Our lines precede those of others, which must run first: the file runs itself, and the second run skips this part.
_BEFORE_OTHERS = (
    """\
if [ -z "${PR_SESSIONS_OTHERS-}" ]; then
  if [ -x "$0" ]; then PR_SESSIONS_OTHERS=1 "$0" "$@"; else PR_SESSIONS_OTHERS=1 /bin/sh -e "$0" "$@"; fi || exit $?
  """
    + _RUN.replace("\n[", "\n  [")
    + """\
  if [ -f "$run" ]; then /bin/sh "$run" "$@"; fi
  exit 0
fi
unset PR_SESSIONS_OTHERS
"""
).encode()
_ALONE = (
    f"""\
others="${{0%/*}}/{FOREIGN}"
if [ -x "$others" ]; then "$others" "$@" || exit $?; fi
{_RUN}if [ -f "$run" ]; then /bin/sh "$run" "$@"; fi
"""
).encode()
_SHEBANG = b"#!/bin/sh\n"
WHOLE = _SHEBANG + _BEGIN + _ALONE + _END

# `$2` is `message` if -m, -F or a tool gave the message. A message from an editor may still be left empty, which has to
# end the commit, so it gets no trailer. Neither does a merge, a squash or an amended commit. A commit waits for this
# script, so it starts few processes.
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
comment=
# Git names this editor where it starts none: such a message has no comments.
[ "$GIT_EDITOR" = : ] || comment=$(git config core.commentString || git config core.commentChar || echo '#')
{python} -I -S {adder} "$1" .cursor/.session_id "$git" "$here" "$comment" 2>/dev/null
exit 0
"""


class Split(Struct, frozen=True):
    """A hook without our lines.

    Attributes:
        ours: whether it had them.
        rest: everything else; empty if there is nothing else.
    """

    ours: bool
    rest: bytes


def script(interpreter: str, adder: Path) -> bytes:
    """Return the clone's own script, which adds the trailer with this interpreter."""
    return _SCRIPT.format(python=shlex.quote(interpreter), adder=shlex.quote(str(adder))).encode()


def programs_in(data: bytes) -> tuple[str, str] | None:
    """Return the interpreter of a script that this version wrote, and what it runs; `None` for any other."""
    line = next((line for line in data.decode(errors="replace").splitlines() if " -I -S " in line), "")
    try:
        words = shlex.split(line)
    except ValueError:
        return None
    if len(words) < 4:
        return None
    return (words[0], words[3]) if script(words[0], Path(words[3])) == data else None


def split(hook: bytes) -> Split:
    """Take our lines out of a hook."""
    place = _place(hook)
    if place is None:
        return Split(ours=False, rest=hook)
    rest = hook[: place.start] + hook[place.stop :]
    alone = rest == _SHEBANG and FOREIGN.encode() in hook[place]
    return Split(ours=True, rest=b"" if alone else rest)


def renewed(hook: bytes) -> bytes:
    """Return a hook with this version's lines in place of those of another version."""
    place = _place(hook)
    if place is None:
        return hook
    lines = _ALONE if FOREIGN.encode() in hook[place] else _BEFORE_OTHERS
    return hook[: place.start] + _BEGIN + lines + _END + hook[place.stop :]


def _place(hook: bytes) -> slice | None:
    start = 0 if hook.startswith(_BEGIN) else hook.find(b"\n" + _BEGIN) + 1
    end = hook.find(b"\n" + _END, start) + 1
    if end == 0 or not hook.startswith(_BEGIN, start):
        return None
    return slice(start, end + len(_END))


def is_shell(hook: bytes) -> bool:
    """Tell whether a shell runs the hook, so that our lines can be added."""
    first, newline, _ = hook.partition(b"\n")
    if not first.startswith(b"#!"):
        return b"\0" not in hook
    words = first[2:].split() if newline else []
    program = words[0].rpartition(b"/")[2] if words else b""
    if program == b"env" and len(words) == 2:
        program = words[1].rpartition(b"/")[2]
    return program in _SHELLS


def with_ours(hook: bytes) -> bytes:
    """Return a shell's hook with our lines added; its own lines still run first."""
    block = _BEGIN + _BEFORE_OTHERS + _END
    if not hook.startswith(b"#!"):
        return block + hook
    first, newline, rest = hook.partition(b"\n")
    return first + newline + block + rest


def is_installed(repository: Repository) -> bool:
    """Tell whether this clone has the script."""
    return repository.state is not None and exists(repository.state / NAME)


def to_install(repository: Repository) -> Iterator[Step]:
    """Write the clone's own script, and the lines in git's hook that run it."""
    if repository.state is None:
        return
    wanted, path = script(sys.executable, Path(name_session.__file__)), repository.state / NAME
    if read_bytes(path) != wanted:
        yield Step(Action.WRITE, path, "adds the trailer Session-ID to commit messages", wanted)
    folder = hooks_folder(repository)
    if is_inside(repository, folder):
        yield from _into_hook(folder / NAME)


def to_remove(repository: Repository) -> Iterator[Step]:
    """Remove both, and restore the hook of others."""
    if repository.state is None:
        return
    if is_installed(repository):
        yield Step(Action.REMOVE, repository.state / NAME, "script that adds the trailer")
    for folder in dict.fromkeys((hooks_folder(repository), repository.state.parent / "hooks")):
        if is_inside(repository, folder):
            yield from _out_of_hook(folder / NAME)


def note(repository: Repository) -> str | None:
    """Return what the user has to do where git's hooks are shared with other repositories; `None` if nothing."""
    if not is_installed(repository):
        return None
    folder = hooks_folder(repository)
    if is_inside(repository, folder) or LINE.encode() in (read_bytes(folder / NAME, LIMIT) or b""):
        return None
    return f"core.hooksPath leads out of this repository; add to {folder / NAME}: {LINE}"


def why_outdated(repository: Repository) -> str | None:
    """Return why commits get no trailer, or get it from another version; `None` where nothing is wrong."""
    data = read_bytes(repository.state / NAME) if repository.state else None
    if data is None:
        return None
    programs = programs_in(data)
    if programs is None:
        return "the script that adds the trailer is that of another version"
    gone = next((path for path in programs if not is_file(followed(path))), None)
    if gone:
        return f"the script that adds the trailer is dead: {gone} is gone"
    folder = hooks_folder(repository)
    hook = read_hook(folder / NAME) if is_inside(repository, folder) else None
    return "the lines in git's hook are those of another version" if hook and renewed(hook) != hook else None


def hooks_folder(repository: Repository) -> Place:
    """Return where git looks for this working tree's hooks; with husky, the folder for the user's own."""
    folder = place_of(repository.root / hooks_path(repository.root), repository)
    # Husky rewrites the folder `_` at every installation; the files in it run those of its parent.
    return folder.parent if folder.name == "_" and is_file(folder / "h") else folder


def is_inside(repository: Repository, folder: Place) -> bool:
    """Tell whether the folder belongs to this clone or one of its working trees."""
    return Path(folder.root) in (*worktrees(repository), repository.common_dir)


def _into_hook(path: Place) -> Iterator[Step]:
    what = "runs that script before each commit"
    present = read_hook(path)
    if present is None:
        yield Step(Action.WRITE, path, what, WHOLE, runs=True)
    elif split(present).ours:
        if renewed(present) != present:
            yield Step(Action.WRITE, path, what, renewed(present))
    elif is_shell(present) and _is_active(path):
        yield Step(Action.WRITE, path, f"{what}, after what is there", with_ours(present))
    else:
        foreign = path.parent / FOREIGN
        if _exists(foreign):
            raise InvalidValue(f"{path} is not ours, and {foreign} already keeps another one", "move one of them away")
        yield Step(Action.MOVE, path, f"to {FOREIGN}", to=foreign)
        yield Step(Action.WRITE, path, f"{what}, after {FOREIGN}", WHOLE, runs=True)


def _out_of_hook(path: Place) -> Iterator[Step]:
    present, foreign = read_hook(path), path.parent / FOREIGN
    if present is None or not (parts := split(present)).ours:
        return
    if parts.rest:
        # Somebody added lines to our file: they stay, and the file still runs the hook of others.
        if not _exists(foreign):
            yield Step(Action.WRITE, path, "without our lines", parts.rest)
    elif _exists(foreign):
        yield Step(Action.MOVE, foreign, "the hook that was here before", to=path)
    else:
        yield Step(Action.REMOVE, path, "hook that ran it")


def _exists(path: Place) -> bool:
    """Tell whether there is a file or a link, even one that leads nowhere."""
    return link_target(path) is not None or exists(path)


def read_hook(path: Place) -> bytes | None:
    """Return a hook's content; for a link, bytes that are no shell script."""
    if link_target(path) is not None:
        return b"\0"
    return read_bytes(path, LIMIT)


def _is_active(path: Place) -> bool:
    """Tell whether git runs the hook as it is. A hook that git ignores must not start to run because of us."""
    record = status(path)
    runs = record is not None and bool(record.st_mode & 0o111)
    return os.name == "nt" or runs or is_file(path.parent / "_/h")
