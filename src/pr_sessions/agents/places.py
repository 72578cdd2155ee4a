"""Which clone an agent works in, by the rules of `stores/git_layout.py`, with little to import.

A table of layouts holds both to the same answers.
"""

import os
import stat

_LARGEST = 1024 * 1024
README = "README"
_TRUE = ("true", "yes", "on", "1")


class Clone:
    """A working tree, git's folder for it, and our own folder in the clone."""

    def __init__(self, root: str, git_dir: str, common: str) -> None:
        self.root = root
        self.git_dir = git_dir
        self.common = common
        self.state = os.path.join(common, "pr-sessions")


def find(folders: list[str]) -> Clone | None:
    """The first clone that is set up for us.

    The folder alone does not say so: session data stays in it after `uninstall`, which takes this text away.
    """
    for folder in folders:
        clone = layout(folder)
        if clone and os.path.isfile(os.path.join(clone.state, README)):
            return clone
    return None


def layout(folder: str) -> Clone | None:
    """The working tree that a folder belongs to; `None` outside git."""
    here = os.path.realpath(folder)
    while True:
        entry = os.path.join(here, ".git")
        git_dir = _git_dir_at(entry)
        if git_dir:
            return _with_tree(here, git_dir)
        if _kind(entry) == stat.S_IFREG or _is_git_dir(here, here):
            return None
        above = os.path.dirname(here)
        if above == here:
            return None
        here = above


def is_paused(clone: Clone) -> bool:
    """Whether `pr-sessions pause` was called there."""
    return os.path.lexists(os.path.join(clone.state, "paused"))


def branch(clone: Clone) -> str | None:
    """The branch that is checked out; `None` when detached or kept elsewhere."""
    name = _first_line(os.path.join(clone.git_dir, "HEAD"))
    prefix = "ref: refs/heads/"
    return name[len(prefix) :] if name.startswith(prefix) and not name.endswith("/.invalid") else None


def content(path: str, limit: int = _LARGEST) -> bytes | None:
    """A regular file's bytes, up to a limit; `None` where there is none."""
    try:
        # A pipe would wait for ever.
        if _kind(path) != stat.S_IFREG:
            return None
        with open(path, "rb") as file:
            return file.read(limit)
    except OSError:
        return None


def _with_tree(here: str, git_dir: str) -> Clone | None:
    common = _common_dir(git_dir)
    # As in git, `core.bare` and `core.worktree` speak of the main worktree only.
    settings = _core_settings(git_dir) if git_dir == common else {}
    if settings.get("bare", "false").lower() in _TRUE:
        return None
    named = settings.get("worktree")
    configured = os.path.realpath(os.path.join(git_dir, named)) if named else ""
    return Clone(configured if configured and os.path.isdir(configured) else here, git_dir, common)


def _git_dir_at(entry: str) -> str | None:
    if os.path.isdir(entry):
        target = os.path.realpath(entry)
    else:
        text = _first_line(entry)
        if not text.startswith("gitdir:"):
            return None
        target = os.path.realpath(os.path.join(os.path.dirname(entry), text[len("gitdir:") :].strip()))
    return target if _is_git_dir(target, _common_dir(target)) else None


def _is_git_dir(folder: str, common: str) -> bool:
    return (
        _kind(os.path.join(folder, "HEAD")) == stat.S_IFREG
        and os.path.isdir(os.path.join(common, "objects"))
        and os.path.isdir(os.path.join(common, "refs"))
    )


def _common_dir(git_dir: str) -> str:
    text = _first_line(os.path.join(git_dir, "commondir"))
    return os.path.realpath(os.path.join(git_dir, text)) if text else git_dir


def _core_settings(git_dir: str) -> dict[str, str]:
    section, settings = "", {}
    for name in ("config", "config.worktree"):
        for raw in _lines(os.path.join(git_dir, name)):
            line = raw.strip()
            if line.startswith("["):
                head, _, line = line[1:].partition("]")
                section, line = head.strip().lower(), line.strip()
            if section == "core" and line and line[0] not in "#;":
                key, given, value = line.partition("=")
                settings[key.strip().lower()] = _plain(value) if given else "true"
    return settings


def _plain(value: str) -> str:
    text, quoted, characters = "", False, iter(value.strip())
    for character in characters:
        if character == '"':
            quoted = not quoted
        elif character == "\\":
            text += next(characters, "")
        elif character in "#;" and not quoted:
            break
        else:
            text += character
    return text.strip()


def _first_line(path: str) -> str:
    return _lines(path)[0].strip()


def _lines(path: str) -> list[str]:
    return os.fsdecode(content(path) or b"").partition("\0")[0].split("\n")


def _kind(path: str) -> int:
    try:
        return stat.S_IFMT(os.stat(path).st_mode)
    except (OSError, ValueError):
        return 0
