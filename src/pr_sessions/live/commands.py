"""What people ask for in comments: `/complete-session`, `/session move TARGET`, `/session status`. Pure."""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from pr_sessions.forges.github.payload import Comment


class Ask(StrEnum):
    """What is asked for."""

    COMPLETE = "complete"
    MOVE = "move"
    STATUS = "status"


class Command(Struct, frozen=True):
    """One line of a comment that asks for something.

    Attributes:
        comment: id of the comment.
        number: of the pull request below which it stands.
        by: login of who wrote it.
        target: where to move: a session's id, `#12`, or `new`.
        problem: why it cannot be understood, in words; empty where it can.
    """

    comment: int
    number: str
    by: str
    at: datetime
    ask: Ask
    target: str = ""
    problem: str = ""


def commands_in(comments: Iterable[Comment]) -> tuple[Command, ...]:
    """The commands of all comments by people (an App's account asks for nothing), oldest first, one of each kind a comment.

    A command stands alone on a line of the comment's own words: what is quoted or code is none. Whether its writer may
    write to the repository is not looked at here.
    """
    raise NotImplementedError
