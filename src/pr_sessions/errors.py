"""Every error that a user can fix.

PrSessionsError
├─ InvalidValue          an argument, id, time or number that cannot be used
├─ NotFound              no such session, pull request, backup
├─ Ambiguous             several things fit and none is guessed
├─ NotARepository        no place to keep sessions
├─ InvalidConfiguration  the configuration has mistakes
├─ UnreadableFile        a file that exists and cannot be understood
│  └─ NewerVersion       ... because a newer pr-sessions wrote it
├─ CannotWrite           the disk, the folder or its permissions refuse
├─ Busy                  another process holds the lock
├─ Paused                tracking is switched off here
├─ DatabaseFailed        the database of a team refuses, or cannot be reached
└─ ForgeFailed           GitHub refused a request, or could not be reached
"""


class PrSessionsError(Exception):
    """An error that the user can fix: what is wrong, and a hint.

    Attributes:
        hint: the next thing to do or type; may be empty.
    """

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class InvalidValue(PrSessionsError):
    """An argument, id, time or number that cannot be used."""


class NotFound(PrSessionsError):
    """No such session, pull request or backup."""


class Ambiguous(PrSessionsError):
    """Several things fit; none is guessed."""


class NotARepository(PrSessionsError):
    """No place in which sessions could be kept."""


class InvalidConfiguration(PrSessionsError):
    """The configuration has mistakes; the message names the file and the line of each."""


class UnreadableFile(PrSessionsError):
    """A file that exists and cannot be understood. It is never overwritten."""


class NewerVersion(UnreadableFile):
    """A file that a newer pr-sessions wrote."""


class CannotWrite(PrSessionsError):
    """The disk, the folder or its permissions refuse a write. The file is as it was before."""


class Busy(PrSessionsError):
    """Another process has held the lock for longer than we wait."""


class Paused(PrSessionsError):
    """Tracking is switched off here."""


class DatabaseFailed(PrSessionsError):
    """The database of a team refuses, cannot be reached, or does not fit this version."""


class ForgeFailed(PrSessionsError):
    """GitHub refused a request, or could not be reached.

    Attributes:
        status: what it answered with; `None` where there was no answer that could be used.
    """

    def __init__(self, message: str, hint: str = "", status: int | None = None) -> None:
        super().__init__(message, hint)
        self.status = status
