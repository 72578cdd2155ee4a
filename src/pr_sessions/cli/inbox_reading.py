"""Read the inbox of a source for a command, and show how far that is."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

from pr_sessions.cli import options
from pr_sessions.cli.open_look import progress
from pr_sessions.look.inbox import CloneSessions, Reading
from pr_sessions.look.inbox_fetch import fetch_inbox
from pr_sessions.tracker import utc_now

if TYPE_CHECKING:
    from pr_sessions.core.inbox import Inbox
    from pr_sessions.git.repository import Repository
    from pr_sessions.look.inbox_source import Source


def read_inbox(
    source: "Source", clone: "Repository | None", *, only_mine: bool = False, elsewhere: bool = False
) -> "Inbox":
    """Return what is open on the forge of a source, with what the clone has recorded.

    Args:
        source: the repositories.
        clone: of the current folder; `None` for none.
        only_mine: whether only rows that concern the account that reads are kept.
        elsewhere: whether to ask for what outsiders opened in other repositories.

    Raises:
        PrSessionsError: whatever keeps the forge from being read.
    """
    recorded = None
    if source.of_clone:
        tracker = options.tracker()
        recorded = CloneSessions(source.of_clone, tracker.sessions(), tracker.policy)
    git_dir, root = (clone.common_dir, clone.root) if clone else (None, Path.home())
    reading = Reading(at=utc_now(), source=source.name, git_dir=git_dir, recorded=recorded, only_mine=only_mine)
    with progress() as show:
        return options.run_async(fetch_inbox(source, reading, os.environ, show, root=root, elsewhere=elsewhere))
