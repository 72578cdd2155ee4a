"""Checks of privacy: the vendors' ids of runs that version 0.1.0 wrote into files and git committed."""

from collections.abc import Iterator
from contextlib import suppress
from itertools import islice

from pr_sessions.core.policy import Share
from pr_sessions.doctor.findings import Case, Finding, Severity
from pr_sessions.errors import InvalidValue, NotFound, UnreadableFile
from pr_sessions.git.commands import is_tracked
from pr_sessions.git.shared_branch import find_branch
from pr_sessions.io.files import read_bytes
from pr_sessions.io.places import Place
from pr_sessions.maintenance.repair_sources import versions_in_history
from pr_sessions.storage.files.backups import list_backups
from pr_sessions.storage.files.raw_ids import ids_in

_MOST_VERSIONS = 20
# Nothing of ours is older: git stops there, and does not walk through a long past for a file that is rarely committed.
_SINCE = "--since=2025-01-01"
_FOR_GOOD = "nothing but rewriting the repository's history removes them, in every clone"


def in_files(case: Case) -> Iterator[Finding]:
    """Report files that hold vendors' ids, until something writes them."""
    for path, file in case.files.items():
        if count := len(file.run_ids):
            problem = f"it holds the vendors' ids of {count} run{'s' if count > 1 else ''}, which are private"
            hint = "pr-sessions doctor --repair: whatever writes the file puts keys in their place"
            yield Finding(Severity.WARNING, problem, str(path), hint)


def in_copies(case: Case) -> Iterator[Finding]:
    """Report copies of the session file in the working tree that hold vendors' ids; nothing writes a copy again."""
    with suppress(UnreadableFile):
        for backup in list_backups(case.repository.session_file.parent):
            if _holds_ids(("", read_bytes(backup.path) or b"")):
                problem = "this copy holds vendors' ids of runs, which are private"
                yield Finding(Severity.NOTE, problem, str(backup.path), "remove it, or keep it out of git")


def in_history(case: Case) -> Iterator[Finding]:
    """Report vendors' ids in what git keeps of the shared files: of each the newest versions are read."""
    for path, tip in _committed(case):
        versions = islice(versions_in_history(case.repository, path, _SINCE, *tip), _MOST_VERSIONS)
        if any(map(_holds_ids, versions)):
            problem = f"versions of it in git's history{f', on {tip[0]},' if tip else ''} hold vendors' ids of runs"
            yield Finding(Severity.NOTE, problem, str(path), _FOR_GOOD)


def _committed(case: Case) -> Iterator[tuple[Place, tuple[str, ...]]]:
    """Yield files that git has, with the branch that has them; without one where it is checked out."""
    root = case.repository.root
    archives = (path for path in case.contents if path.parent == case.repository.archive)
    yield from ((path, ()) for path in (case.repository.session_file, *archives) if is_tracked(root, path.below))
    if case.policy.share is Share.BRANCH:
        with suppress(NotFound, InvalidValue):
            branch = find_branch(case.repository.root, case.policy.sync_branch)
            if branch.known():
                yield case.repository.session_file, (branch.tracking,)


def _holds_ids(version: tuple[str, bytes]) -> bool:
    with suppress(UnreadableFile):
        return bool(ids_in(version[1]))
    return False
