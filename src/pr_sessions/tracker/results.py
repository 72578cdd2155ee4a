"""What the tracker's operations come to."""

from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from pr_sessions.sessions.session import Session, Verdict
from pr_sessions.stores.marker import Marker

if TYPE_CHECKING:  # Half of the start-up of commands that record nothing.
    from pr_sessions.sessions.attribution import Choice
    from pr_sessions.sessions.recording import Recorded
    from pr_sessions.stores.backups import Backup


class Started(Struct, frozen=True):
    """A new session, and those that ended for it: restarted, or found expired."""

    session: Session
    ended: tuple[Session, ...] = ()


class Checked(Struct, frozen=True):
    """What recording would come to."""

    verdict: Verdict
    choice: "Choice"
    session: Session | None = None


class Added(Struct, frozen=True):
    """A recorded pull request.

    Attributes:
        ended: the sessions that had run out before.
        begins: whether its session was not known before.
        completes: whether the pull request itself completed its session.
    """

    recorded: "Recorded"
    ended: tuple[Session, ...] = ()
    begins: bool = False
    completes: bool = False


class Imported(Struct, frozen=True):
    """What became of many pull requests. Attributed and unattributed add up to automatic."""

    read: int
    automatic: int
    attributed: int
    unattributed: int
    added: int
    sessions: tuple[str, ...]
    changed: bool


class Completed(Struct, frozen=True):
    """A completed session.

    Attributes:
        asked: whether it ended now because somebody asked; otherwise it had run out, or had been completed, before.
    """

    session: Session
    asked: bool


class Restored(Struct, frozen=True):
    """What joining a backup in came to; nothing is ever removed by it.

    Attributes:
        added: ids of the sessions that were missing.
        updated: ids of those that it had more to tell of.
    """

    backup: "Backup"
    added: tuple[str, ...]
    updated: tuple[str, ...]


class Joined(Struct, frozen=True):
    """What joining a document of others in came to.

    Attributes:
        data: the session file that says all that both know.
        received: ids of the sessions that they knew better.
        sent: ids of the sessions that we knew better.
        empty: whether nobody knows anything.
    """

    data: bytes
    received: tuple[str, ...]
    sent: tuple[str, ...]
    empty: bool


class Current(Struct, frozen=True):
    """The session that a working tree's marker names."""

    root: Path
    marker: Marker
    session: Session
