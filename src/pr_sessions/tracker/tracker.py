"""The tracker of a repository: read its sessions, change them by the rules, correct what the rules got wrong."""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from pr_sessions.config.cache import Warn, load_policy
from pr_sessions.core.ids import check_number
from pr_sessions.core.policy import Policy
from pr_sessions.git.discovery import current_folder, find_repository
from pr_sessions.git.repository import Repository
from pr_sessions.storage.files.store import FileStore
from pr_sessions.tracker.changing import Changing
from pr_sessions.tracker.environment import (
    utc_now,
    warn,
    zone_of,
)
from pr_sessions.tracker.reading import Change
from pr_sessions.tracker.workspace import FileWorkspace

if TYPE_CHECKING:
    from pr_sessions.tracker.corrections import Merged, Moved, Undone


class Tracker(Changing):
    """The sessions of one repository, as one of its working trees sees them.

    Methods that change something take `by`: who makes the change. The default is the author of the workspace.
    """

    def link(self, number: str | int, session_id: str, *, by: str = "") -> "Moved":
        """Put a pull request into a session. It may be in another one, or not recorded yet.

        Raises:
            NotFound: there is no such session.
        """
        from pr_sessions.tracker import corrections

        number = check_number(number)
        with self._correcting(by) as change:
            return corrections.link(change, number, session_id)

    def unlink(self, number: str | int, *, by: str = "") -> "Moved":
        """Take a pull request out of its session. Only a correction puts it into one again.

        Raises:
            NotFound: it was never recorded.
        """
        from pr_sessions.tracker import corrections

        number = check_number(number)
        with self._correcting(by) as change:
            return corrections.unlink(change, number)

    def move(self, number: str | int, session_id: str | None = None, *, by: str = "") -> "Moved":
        """Move a pull request into another session, or into a new one if none is named.

        Without a `session_id`, nothing changes if a correction already gave it a session of its own.

        Raises:
            NotFound: it was never recorded, or there is no such session.
        """
        from pr_sessions.tracker import corrections

        number = check_number(number)
        with self._correcting(by) as change:
            return corrections.move(change, number, session_id)

    def merge(self, first_id: str, second_id: str, *, by: str = "") -> "Merged":
        """Make two sessions one, under the id that sorts first; the other id stays as an alias.

        Raises:
            NotFound: there is no such session.
        """
        from pr_sessions.tracker import corrections

        with self._correcting(by) as change:
            return corrections.merge(change, first_id, second_id)

    def undo(self, entry_id: str | None = None, *, by: str = "") -> "Undone":
        """Undo the named entry, or the last correction or requested completion, by correcting it.

        Args:
            entry_id: an id in the audit log, or a unique prefix. The id of an undo repeats what was undone.
            by: who undoes it.

        Raises:
            NotFound: there is no such entry.
            Ambiguous: several ids begin with `entry_id`.
            InvalidValue: it cannot be undone, or something has changed since.
        """
        from pr_sessions.storage.audit import find_undoable
        from pr_sessions.tracker import corrections

        with self._correcting(by) as change:
            entry = find_undoable(self.audit_log(), entry_id)
            return corrections.undo(change, entry, self.worktree)

    @contextmanager
    def _correcting(self, by: str) -> Iterator[Change]:
        by = by or self.author()
        with self.change(self.now(), by=by, complete_expired=False) as change:
            yield change


def open_tracker(
    path: Path | None = None,
    *,
    environ: Mapping[str, str] = os.environ,
    clock: Callable[[], datetime] = utc_now,
    warn: Warn | None = warn,
) -> Tracker:
    """Return the tracker of the repository that contains a folder.

    Args:
        path: any folder in the repository; the current one, if not given.
        environ: the environment. Git's variables, `AUTO_PR_SESSION_AUTHOR`, `PR_SESSIONS` and `CI` are read from it.
        clock: returns the current time in UTC.
        warn: takes a warning about the configuration, and a hint. Pass `None` if nobody would see them.

    Raises:
        NotARepository: no repository contains the folder.
        InvalidConfiguration: its configuration has mistakes.
    """
    repository = find_repository(path or current_folder(), environ)
    policy = load_policy(repository.config, repository.policy_cache, warn)
    return tracker_of(repository, policy, environ=environ, clock=clock)


def tracker_of(
    repository: Repository,
    policy: Policy,
    *,
    environ: Mapping[str, str] = os.environ,
    clock: Callable[[], datetime] = utc_now,
) -> Tracker:
    """Return the tracker of a repository and policy that were read before."""
    zone = zone_of(policy)
    files, lock, backups = repository.documents, repository.lock, repository.backups
    store = FileStore(files, lock, backups, zone, repository=repository, policy=policy, warn=warn)
    workspace = FileWorkspace(repository, zone, environ)
    return Tracker(repository, policy, store, workspace, environ=environ, clock=clock)
