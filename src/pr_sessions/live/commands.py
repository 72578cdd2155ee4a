"""What people ask for in comments: `/complete-session`, `/session move TARGET`, `/session status`. Pure."""

import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from pr_sessions.forges.github.payload import Comment
from pr_sessions.sessions.completion import COMMAND
from pr_sessions.sessions.ids import check_number, is_valid_id
from pr_sessions.sessions.pr_text import own_lines

NEW = "new"
MOVE = "/session move"
STATUS = "/session status"
# GitHub takes no longer comment.
_LONGEST = 65_536
_NUMBER = re.compile(r"#0*[1-9][0-9]{0,17}", re.ASCII)


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
        problem: why it cannot be understood or done, in words; empty where it can.
    """

    comment: int
    number: str
    by: str
    at: datetime
    ask: Ask
    target: str = ""
    problem: str = ""


def commands_in(comments: Iterable[Comment]) -> tuple[Command, ...]:
    """The commands of all comments by people, oldest first, the first of each kind in a comment; an App asks nothing.

    A command stands alone on a line of the comment's own words: what is quoted or code is none. Whether its writer may
    write to the repository is not looked at here.
    """
    found = (command for comment in comments for command in _commands(comment))
    return tuple(sorted(found, key=lambda command: (command.at, command.comment)))


def _commands(comment: Comment) -> Iterator[Command]:
    if comment.created is None or not comment.number or not _may_ask(comment):
        return
    asked: dict[Ask, tuple[str, str]] = {}
    for line in own_lines(comment.body):
        if command := _command(line):
            ask, target, problem = command
            asked.setdefault(ask, (target, problem))
    for ask, (target, problem) in asked.items():
        yield Command(comment.id, comment.number, comment.author.login, comment.created, ask, target, problem)


def _may_ask(comment: Comment) -> bool:
    """A quick look first: most comments ask for nothing, and there may be thousands."""
    body, author = comment.body, comment.author
    return bool(author.login) and not author.is_bot and len(body) <= _LONGEST and "/" in body and "session" in body


def _command(line: str) -> tuple[Ask, str, str] | None:
    """What a line asks for, the target, and what is wrong with that."""
    verb, *words = re.split(r"[ \t]+", line)
    if line == COMMAND:
        return Ask.COMPLETE, "", ""
    if [verb, *words] == STATUS.split():
        return Ask.STATUS, "", ""
    if [verb, *words[:1]] == MOVE.split():
        return (Ask.MOVE, *_target(words[1:]))
    return None


def _target(words: list[str]) -> tuple[str, str]:
    if len(words) == 1 and _NUMBER.fullmatch(words[0]):
        return f"#{check_number(words[0])}", ""
    if len(words) == 1 and is_valid_id(words[0]):
        return words[0], ""
    return "", f"after {MOVE} stands one session's id, a pull request such as #12, or {NEW}"
