"""What the tracker's operations come to."""

from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from pr_sessions.core.models import Session, Verdict
from pr_sessions.storage.files.marker import Marker

if TYPE_CHECKING:  # Half of the start-up of commands that record nothing.
    from pr_sessions.core.attribution import AttributionResult
    from pr_sessions.core.recording import Recorded


class Started(Struct, frozen=True):
    """A new session, and those that ended for it: restarted, or found expired."""

    session: Session
    ended: tuple[Session, ...] = ()


class Checked(Struct, frozen=True):
    """What recording would come to."""

    verdict: Verdict
    result: "AttributionResult"
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
    """What became of many pull requests. Attributed and unattributed are all that were recorded.

    Attributes:
        assisted: those that agents only assisted with; the team's `track` says whether they are recorded.
    """

    read: int
    automatic: int
    assisted: int
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


class Current(Struct, frozen=True):
    """The session that a working tree's marker names."""

    root: Path
    marker: Marker
    session: Session
