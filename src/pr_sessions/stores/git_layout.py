"""Git's own files, read without git: starting a process costs more than all our work."""

import os
from pathlib import Path

from pr_sessions.errors import NotARepository, UnreadableFile
from pr_sessions.stores.files import MIB, read_bytes

_TRUE = ("true", "yes", "on", "1")


def is_git_dir(folder: Path, common: Path | None = None) -> bool:
    """Whether git would take the folder for a repository's own; `common` holds what worktrees share."""
    shared = common or folder
    return (folder / "HEAD").is_file() and (shared / "objects").is_dir() and (shared / "refs").is_dir()


def git_dir_at(folder: Path) -> Path | None:
    """The git directory that the folder's `.git` is or points to; `None` where there is none.

    Raises:
        NotARepository: `.git` is a file that leads nowhere.
    """
    entry = folder / ".git"
    target = git_dir_named_by(entry)
    if target and is_git_dir(target, common_dir_of(target)):
        return target
    # Git walks past an empty `.git` folder, too.
    if entry.is_file():
        raise NotARepository(
            f"{entry} does not lead to a git repository",
            "for a worktree, run `git worktree repair` in the main one; for a submodule, `git submodule update --init`",
        )
    return None


def git_dir_named_by(entry: Path) -> Path | None:
    """The folder that a `.git` is or, as a file, points to; it need not exist."""
    if entry.is_dir():
        return real(entry)
    text = _line(entry)
    if not text.startswith("gitdir:"):
        return None
    return real(entry.parent / text.removeprefix("gitdir:").strip())


def common_dir_of(git_dir: Path) -> Path:
    """The directory that all worktrees share: what `commondir` says, else the git directory itself."""
    text = _line(git_dir / "commondir")
    return real(git_dir / text) if text else git_dir


def core_settings(git_dir: Path) -> dict[str, str]:
    """The settings of the section `[core]` in the repository's own files, names in lower case."""
    section, settings = "", {}
    for raw in (*_lines(git_dir / "config"), *_lines(git_dir / "config.worktree")):
        line = raw.strip()
        if line.startswith("["):
            name, _, line = line[1:].partition("]")
            section, line = name.strip().lower(), line.strip()
        if section == "core" and line and line[0] not in "#;":
            name, given, value = line.partition("=")
            settings[name.strip().lower()] = _plain(value) if given else "true"
    return settings


def is_bare(settings: dict[str, str]) -> bool:
    """Whether the repository has no working tree of its own."""
    return settings.get("bare", "false").lower() in _TRUE


def branch_in_head(git_dir: Path) -> str | None:
    """The branch that `HEAD` names; `None` when it is detached or kept elsewhere (reftable)."""
    name = _line(git_dir / "HEAD")
    prefix = "ref: refs/heads/"
    if not name.startswith(prefix) or name.endswith("/.invalid"):
        return None
    return name.removeprefix(prefix)


def linked_worktrees(common_dir: Path) -> tuple[Path, ...]:
    """Roots of the worktrees that `git worktree add` made and that still are there, by name.

    Raises:
        UnreadableFile: one of them may not be looked into.
    """
    folder = common_dir / "worktrees"
    try:
        entries = sorted(folder.iterdir()) if folder.is_dir() else []
        roots = [(entry, _linked_root(entry)) for entry in entries]
        # A folder that points elsewhere took the place of a worktree that is gone.
        return tuple(root for entry, root in roots if root and git_dir_named_by(root / ".git") == real(entry))
    except PermissionError as error:
        raise UnreadableFile(
            f"cannot look into {error.filename}: permission denied", "give yourself read permission there"
        ) from error


def real(path: Path) -> Path:
    """The path without symbolic links, absolute."""
    return Path(os.path.realpath(path))


def _linked_root(entry: Path) -> Path | None:
    text = _line(entry / "gitdir")
    return real(entry / text).parent if text else None


def _line(path: Path) -> str:
    return _lines(path)[0].strip()


def _lines(path: Path) -> list[str]:
    # A NUL ends the text for git, too.
    return os.fsdecode(read_bytes(path, 16 * MIB) or b"").partition("\0")[0].split("\n")


def _plain(value: str) -> str:
    """A value as git means it: outside quotes a comment ends it, a backslash keeps the next character."""
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
