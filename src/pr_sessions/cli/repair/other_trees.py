"""The other working trees of a clone whose session file a repair here does not touch."""

from pathlib import Path

from pr_sessions.errors import NotARepository, UnreadableFile
from pr_sessions.stores.archives import Archives
from pr_sessions.stores.document import parse
from pr_sessions.stores.files import read_bytes
from pr_sessions.stores.git_index import refuse_half_merged
from pr_sessions.stores.repository import Repository, find_repository, worktrees


def in_need(repository: Repository) -> dict[Path, str]:
    """Roots of the other working trees that need a repair of their own, each with the reason."""
    try:
        others = [root for root in worktrees(repository) if root != repository.root]
    except UnreadableFile:
        return {}  # `doctor` says that git's folder may not be looked into.
    return {root: reason for root in others if (reason := _why(root))}


def way_out(root: Path) -> str:
    """What somebody types who wants it mended."""
    from shlex import quote

    return f"cd {quote(str(root))} && pr-sessions doctor --repair"


def _why(root: Path) -> str:
    try:
        tree = find_repository(root)
        paths = (tree.session_file, *Archives.beside((tree.session_file,)).paths())
        for path in paths:
            data = read_bytes(path)
            if data is not None:
                parse(data, str(path))
        refuse_half_merged(tree, paths)
    except NotARepository:
        return ""  # Gone meanwhile.
    except UnreadableFile as error:
        return str(error)
    return ""
