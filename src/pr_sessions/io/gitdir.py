"""Git's own files, read without git: which clone a folder belongs to, and what is checked out there.

Starting git costs more than all our work. These files are git's and the user's, no clone brings them, so they are read
as git reads them, links included. https://git-scm.com/docs/gitrepository-layout
"""

import errno
import os
import stat

from pr_sessions.io.folder import Folder, NotAFile, read_up_to
from pr_sessions.io.places import Place

_LARGEST = 16 * 1024 * 1024
README = "README"
_TRUE = ("true", "yes", "on", "1")
_GROUP = 0o060
# `core.sharedRepository`: what git gives the group. https://git-scm.com/docs/git-config
_SHARED = ("group", "true", "1", "all", "world", "everybody", "2")


class BrokenGitFile(OSError):
    """A `.git` file that leads nowhere; `filename` is its path."""


class Clone:
    """A working tree, git's folder for it, and our own folder in the clone.

    Attributes:
        root: the top folder of the working tree, without links.
        git_dir: git's folder for it.
        common: git's folder that all worktrees of the clone share.
        state: our own folder there.
        paused: whether `pr-sessions pause` was called there; known of a clone that `find` returned.
    """

    def __init__(self, root: str, git_dir: str, common: str, bits: int) -> None:
        self.root = root
        self.git_dir = git_dir
        self.common = common
        self.state = Place(common, "pr-sessions", bits)
        self.paused = False


def find(folders: list[str]) -> Clone | None:
    """Return the first clone that is set up for us.

    The folder alone does not say so: session data stays in it after `uninstall`, which takes this text away.
    """
    for folder in folders:
        clone = layout(folder)
        if clone and _is_prepared(clone):
            return clone
    return None


def layout(folder: str) -> Clone | None:
    """Return the working tree that a folder belongs to.

    Returns:
        `None` outside git, in git's own folders, where `.git` leads nowhere, and in another user's repository.
    """
    here = os.path.realpath(folder)
    while True:
        try:
            git_dir = git_dir_at(here)
        except BrokenGitFile:
            return None
        if git_dir:
            return None if foreign_owner(here, git_dir) else _with_tree(here, git_dir)
        if is_git_dir(here):
            return None
        above = os.path.dirname(here)
        if above == here:
            return None
        here = above


def is_git_dir(folder: str, common: str | None = None) -> bool:
    """Tell whether git would take the folder for a repository's own.

    Args:
        folder: the folder.
        common: holds what worktrees share; what `commondir` says if not given.
    """
    if _kind(os.path.join(folder, "HEAD")) != stat.S_IFREG:
        return False
    shared = common or common_dir_of(folder)
    return (
        _kind(os.path.join(shared, "objects")) == stat.S_IFDIR and _kind(os.path.join(shared, "refs")) == stat.S_IFDIR
    )


def foreign_owner(folder: str, git_dir: str) -> str | None:
    """Return what of a repository belongs to another user, `None` if all is ours: git judges its trust by this, too.

    Somebody could put a `.git` above the folder in which others work. https://git-scm.com/docs/git-config#safe.directory
    """
    if os.name == "nt":
        return None
    return next((path for path in (folder, os.path.join(folder, ".git"), git_dir) if not is_own(os.lstat(path))), None)


def is_own(info: os.stat_result) -> bool:
    """Tell whether a file belongs to who runs this, or to who became root by sudo."""
    if os.name == "nt":
        return True
    user = os.geteuid()
    return info.st_uid == user or (user == 0 and os.environ.get("SUDO_UID") == str(info.st_uid))


def git_dir_at(folder: str) -> str | None:
    """Return the git directory that the folder's `.git` is or points to; `None` where there is none.

    Raises:
        BrokenGitFile: `.git` is a file that leads nowhere.
    """
    entry = os.path.join(folder, ".git")
    kind = _kind(entry)
    target = _named_by(entry, kind)
    if target and is_git_dir(target):
        return target
    # Git walks past an empty `.git` folder, too.
    if kind == stat.S_IFREG:
        raise BrokenGitFile(0, "it does not lead to a git repository", entry)
    return None


def has_entry(folder: str) -> bool:
    """Tell whether a folder holds a `.git`, whatever it leads to."""
    return os.path.lexists(os.path.join(folder, ".git"))


def git_dir_named_by(entry: str) -> str | None:
    """Return the folder that a `.git` is or, as a file, points to; it need not exist."""
    return _named_by(entry, _kind(entry))


def common_dir_of(git_dir: str) -> str:
    """Return the directory that all worktrees share: what `commondir` says, else the git directory itself."""
    text = _first_line(os.path.join(git_dir, "commondir"))
    return os.path.realpath(os.path.join(git_dir, text)) if text else git_dir


def core_settings(git_dir: str) -> dict[str, str]:
    """Return the settings of the section `[core]` in the repository's own files, names in lower case."""
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


def is_bare(settings: dict[str, str]) -> bool:
    """Tell whether the repository has no working tree of its own."""
    return settings.get("bare", "false").lower() in _TRUE


def private_bits(settings: dict[str, str]) -> int:
    """Return the permissions of our files in git's folder: the owner's, and the group's as git shares with it."""
    named = settings.get("sharedrepository", "").lower()
    if named.startswith("0") and len(named) > 1 and set(named) <= set("01234567"):
        return 0o600 | int(named, 8) & _GROUP
    return 0o600 | _GROUP if named in _SHARED else 0o600


def configured_root(git_dir: str, settings: dict[str, str]) -> str | None:
    """Return the working tree that `core.worktree` names, if it is there."""
    named = settings.get("worktree")
    root = os.path.realpath(os.path.join(git_dir, named)) if named else None
    return root if root and os.path.isdir(root) else None


def branch_in_head(git_dir: str) -> str | None:
    """Return the branch that `HEAD` names; `None` when it is detached or kept elsewhere (reftable)."""
    name = _first_line(os.path.join(git_dir, "HEAD"))
    prefix = "ref: refs/heads/"
    return name[len(prefix) :] if name.startswith(prefix) and not name.endswith("/.invalid") else None


def is_shallow(common: str) -> bool:
    """Tell whether the clone lacks the older part of its history."""
    return _kind(os.path.join(common, "shallow")) == stat.S_IFREG


def linked_worktrees(common: str) -> tuple[str, ...]:
    """Return the roots of the worktrees that `git worktree add` made and that still are there, by name.

    Raises:
        OSError: one of them may not be looked into.
    """
    folder = os.path.join(common, "worktrees")
    try:
        names = sorted(os.listdir(folder))
    except (FileNotFoundError, NotADirectoryError):
        return ()
    roots = []
    for entry in (os.path.join(folder, name) for name in names):
        text = _first_line(os.path.join(entry, "gitdir"))
        root = os.path.dirname(os.path.realpath(os.path.join(entry, text))) if text else ""
        # A folder that points elsewhere took the place of a worktree that is gone.
        if root and git_dir_named_by(os.path.join(root, ".git")) == os.path.realpath(entry):
            roots.append(root)
    return tuple(roots)


def content(path: str) -> bytes | None:
    """Read one of git's regular files; `None` where there is none.

    Raises:
        OSError: it may not be read; `NotAFile` where something else has its place.
    """
    try:
        # A pipe would wait for its other end.
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    except (FileNotFoundError, NotADirectoryError):
        return None
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise NotAFile(errno.EINVAL, "it is not a regular file", path)
        return read_up_to(descriptor, _LARGEST)
    finally:
        os.close(descriptor)


def _is_prepared(clone: Clone) -> bool:
    try:
        with Folder(clone.state) as state:
            clone.paused = state.status("paused") is not None
            return state.status(README) is not None
    except (FileNotFoundError, NotADirectoryError):
        return False


def _with_tree(here: str, git_dir: str) -> Clone | None:
    common = common_dir_of(git_dir)
    settings = core_settings(common)
    if git_dir != common:
        return Clone(here, git_dir, common, private_bits(settings))
    # As in git, `core.bare` and `core.worktree` speak of the main worktree only.
    if is_bare(settings):
        return None
    return Clone(configured_root(git_dir, settings) or here, git_dir, common, private_bits(settings))


def _named_by(entry: str, kind: int) -> str | None:
    if kind == stat.S_IFDIR:
        return os.path.realpath(entry)
    text = _first_line(entry) if kind == stat.S_IFREG else ""
    if not text.startswith("gitdir:"):
        return None
    return os.path.realpath(os.path.join(os.path.dirname(entry), text[len("gitdir:") :].strip()))


def _plain(value: str) -> str:
    """Return a value as git means it: outside quotes a comment ends it, a backslash keeps the next character."""
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
    # A NUL ends the text for git, too.
    return os.fsdecode(content(path) or b"").partition("\0")[0].split("\n")


def _kind(path: str) -> int:
    try:
        return stat.S_IFMT(os.stat(path).st_mode)
    except PermissionError:
        raise
    except (OSError, ValueError):
        # Nothing is there. What `commondir` names may also be too long for a name, or a link that leads to itself.
        return 0
