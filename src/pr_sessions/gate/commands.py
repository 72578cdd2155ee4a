"""Commands in comments, as they are parsed, read and applied.

They are `/complete-session`, `/session move TARGET` and `/session status`.

Anybody may write comments of any length, so the work of parsing them is bounded in length, number and time.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from time import monotonic

from msgspec import Struct
from msgspec.structs import replace

from pr_sessions.core.attribution import AttributionContext
from pr_sessions.core.collection import SessionCollection
from pr_sessions.core.completion import COMMAND
from pr_sessions.core.corrections import link
from pr_sessions.core.evidence_text import own_lines
from pr_sessions.core.ids import check_number, is_valid_id, new_id
from pr_sessions.core.lifecycle import CompletionAsked, TimePassed, advance, begin
from pr_sessions.core.merge import is_manual
from pr_sessions.core.models import PullRequest, PullRequestRecord, Session, Trigger
from pr_sessions.core.policy import Policy, Ruleset
from pr_sessions.core.recording import record
from pr_sessions.forges.base import Comment, User

NEW = "new"
MOVE = "/session move"
STATUS = "/session status"
# Starts the checks of one pull request, and changes no session.
RECHECK = "/pr-sessions recheck"
TRIGGER = f"{Trigger.EXPLICIT_MARKER.value}: {COMMAND}"

LONGEST = 8192  # characters that are read of one comment
MOST = 200  # comments of one pull request that may hold a command
SECONDS = 10.0  # for all comments of a job together
TOO_LONG = f"comments on #{{}} have more than {LONGEST} characters, and the rest was not read"
TOO_MANY = f"more than {MOST} comments on #{{}} name a command, and the oldest were not read"
TOO_SLOW = f"reading comments took more than {SECONDS:.0f} s, and the oldest on #{{}} were not read"

# Of our comment for a box of the dashboard that somebody ticked.
_TICKED = re.compile(r"<!-- pr-sessions: ticked by ([A-Za-z0-9_-]{1,100}) -->", re.ASCII)
# GitHub takes no longer comment.
_LONGEST_COMMENT = 65_536
_NUMBER = re.compile(r"#0*[1-9][0-9]{0,17}", re.ASCII)


class CommandKind(StrEnum):
    """What a command does."""

    COMPLETE = "complete"
    MOVE = "move"
    STATUS = "status"


class Command(Struct, frozen=True):
    """One line of a comment that is a command.

    Attributes:
        comment: id of the comment.
        number: of the pull request on which it was written.
        by: login of its author.
        target: where to move: a session's id, `#12`, or `new`.
        problem: why it cannot be understood or applied, in words; empty where it can.
    """

    comment: int
    number: str
    by: str
    at: datetime
    kind: CommandKind
    target: str = ""
    problem: str = ""


def parse_commands(comments: Iterable[Comment]) -> tuple[Command, ...]:
    """Return the commands in comments by people, oldest first, the first of each kind in a comment; none of Apps.

    A command is alone on a line of the comment's own text: a quotation or code holds none. Whether its author has
    write access is not checked here.
    """
    commands = (command for comment in comments if may_hold_command(comment) for command in _commands(comment))
    return tuple(sorted(commands, key=lambda command: (command.at, command.comment)))


def may_hold_command(comment: Comment) -> bool:
    """Return whether a comment has to be parsed. This is quick: most hold no command, and there may be thousands."""
    author, is_placed = comment.author, comment.created is not None and bool(comment.number)
    return is_placed and bool(author.login) and not author.is_bot and names_command(comment.body)


def asks_recheck(comment: Comment) -> bool:
    """Return whether a comment of a person asks for the checks of its pull request to run now."""
    if comment.author.is_bot or RECHECK not in comment.body or len(comment.body) > LONGEST:
        return False
    return RECHECK in own_lines(comment.body)


def names_command(text: str) -> bool:
    """Return whether a command may be in a text."""
    return COMMAND in text or "/session" in text


# Sessions are rebuilt several times for an event, and each time from the same comments.
@lru_cache(maxsize=4096)
def _commands(comment: Comment) -> tuple[Command, ...]:
    if not comment.created or len(comment.body) > _LONGEST_COMMENT:
        return ()
    first_of_kind: dict[CommandKind, tuple[str, str]] = {}
    for line in own_lines(comment.body):
        if command := _parse_line(line):
            kind, target, problem = command
            first_of_kind.setdefault(kind, (target, problem))
    return tuple(
        Command(comment.id, comment.number, comment.author.login, comment.created, kind, target, problem)
        for kind, (target, problem) in first_of_kind.items()
    )


def _parse_line(line: str) -> tuple[CommandKind, str, str] | None:
    """Return the kind of command, its target, and what is wrong with that."""
    verb, *words = re.split(r"[ \t]+", line)
    if line == COMMAND:
        return CommandKind.COMPLETE, "", ""
    if [verb, *words] == STATUS.split():
        return CommandKind.STATUS, "", ""
    if [verb, *words[:1]] == MOVE.split():
        return (CommandKind.MOVE, *_parse_target(words[1:]))
    return None


def _parse_target(words: list[str]) -> tuple[str, str]:
    if len(words) == 1 and _NUMBER.fullmatch(words[0]):
        return f"#{check_number(words[0])}", ""
    if len(words) == 1 and is_valid_id(words[0]):
        return words[0], ""
    return "", f"after {MOVE} stands one session's id, a pull request such as #12, or {NEW}"


def completion_comment(login: str) -> str:
    """Return the comment by which a ticked box of the dashboard completes a session."""
    return f"<!-- pr-sessions: ticked by {login} -->\n\n{COMMAND}\n\nA box of the dashboard, ticked by {login}."


def on_behalf(comment: Comment, app: str) -> Comment:
    """Return a comment of ours for a ticked box as its person's own; every other one as it is.

    Whether that person has write access is checked as of any other.
    """
    is_ours = comment.author.is_bot and comment.author.login == f"{app}[bot]"
    ticked = _TICKED.match(comment.body) if is_ours else None
    return replace(comment, author=User(ticked[1], type="User")) if ticked else comment


def is_of_box(comment: Comment) -> bool:
    """Return whether a comment stands for a ticked box, which says itself what it does."""
    return _TICKED.match(comment.body) is not None


class LeftOut(Struct, frozen=True):
    """A part of a comment that was not read, and that may hold a command.

    Attributes:
        login: of the comment's author, in lower case; only with write access does it matter.
        reason: what was not read, in words.
    """

    number: str
    login: str
    reason: str


class CommentReader:
    """Reads the comments of one job within its bounds. Reading a comment again takes no time.

    Args:
        clock: returns seconds that only grow.
    """

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._spent = 0.0

    def read(
        self, comments: Iterable[Comment], counts: Counter[str] | None = None
    ) -> tuple[dict[int, Comment], tuple[LeftOut, ...]]:
        """Return the comments by id, each with what is read of its body, and what was left out.

        The bounds count only for comments of people that name a command. Of our own comments, the first lines are
        enough.

        Args:
            comments: in any order.
            counts: by number, how many newer comments that may hold a command were read; counted on.
        """
        read: dict[int, Comment] = {}
        left_out: list[LeftOut] = []
        counts = Counter() if counts is None else counts
        for comment in sorted(comments, key=lambda c: (c.created is not None, c.created, c.id), reverse=True):
            body, reason = beginning(comment.body), ""
            if may_hold_command(comment):
                counts[comment.number] += 1
                body, reason = self._parse(comment, body, counts[comment.number])
            read[comment.id] = replace(comment, body=body)
            if reason:
                login = comment.author.login.lower()
                left_out.append(LeftOut(comment.number, login, reason.format(comment.number)))
        return read, tuple(left_out)

    def _parse(self, comment: Comment, body: str, place: int) -> tuple[str, str]:
        """Return what is read of a body, and why not all of it; the place counts from the newest comment."""
        if place > MOST:
            return "", TOO_MANY
        if self._spent >= SECONDS:
            return "", TOO_SLOW
        began = self._clock()
        parse_commands([replace(comment, body=body)])
        self._spent += self._clock() - began
        return body, TOO_LONG if names_command(comment.body[_cut_at(comment.body) :]) else ""


def beginning(body: str) -> str:
    """Return the whole lines at the beginning of a body that are read.

    A quotation that ends in the rest is still one: without its end it would be text, and a command in it would count.
    """
    end = _cut_at(body)
    return body[:end] + ("</blockquote>" if "</blockquote" in body[end:].lower() else "")


def _cut_at(body: str) -> int:
    return len(body) if len(body) <= LONGEST else body.rfind("\n", 0, LONGEST) + 1


def apply_command(
    collection: SessionCollection, command: Command, pull_request: PullRequest | None, rules: Ruleset
) -> tuple[SessionCollection, Command]:
    """Return the collection after a command, and the command, with its problem where it changed nothing.

    Args:
        collection: the sessions at the time of the command.
        command: of somebody with write access.
        pull_request: on which it was written; `None` where it is not known, or takes no part in sessions.
        rules: the team's.
    """
    if command.problem or command.kind is CommandKind.STATUS:
        return collection, command
    if command.kind is CommandKind.COMPLETE:
        return _complete(collection, command, rules.policy)
    return _move(collection, command, pull_request, rules)


def was_applied(collection: SessionCollection, command: Command) -> bool:
    """Return whether it is this move that put its pull request where it is, so that it changes nothing any more."""
    kept = record_of(collection, command.number)
    put = kept.attribution if kept and is_manual(kept) else None
    return command.kind is CommandKind.MOVE and put is not None and (put.at, put.by) == (command.at, command.by)


def _complete(collection: SessionCollection, command: Command, policy: Policy) -> tuple[SessionCollection, Command]:
    session = collection.for_pull_request(command.number)
    if session is None:
        return collection, replace(command, problem=f"no session holds #{command.number}")
    if _was_put_later(session.pull_requests.get(command.number), command):
        # It ended the session before that one.
        return collection, replace(command, problem=f"a later correction put #{command.number} where it is")
    if session.started and command.at < session.started:
        return collection, replace(command, problem=f"{session.id} began later")
    return collection.put(advance(session, CompletionAsked(command.at, TRIGGER), policy)), command


def _move(
    collection: SessionCollection, command: Command, pull_request: PullRequest | None, rules: Ruleset
) -> tuple[SessionCollection, Command]:
    """Apply a manual correction at the time of the comment. A later one, made elsewhere, stays."""
    kept = record_of(collection, command.number)
    known = pull_request or kept
    if known is None:
        return collection, replace(command, problem=f"#{command.number} takes no part in sessions")
    if _was_put_later(kept, command):
        return collection, replace(command, problem=f"a later correction put #{command.number} where it is")
    target = _target(collection, command, known, rules.policy)
    if target is None:
        is_number = command.target.startswith("#")
        problem = f"no session holds {command.target}" if is_number else f"there is no session {command.target}"
        return collection, replace(command, problem=problem)
    collection = collection.put(target)
    if kept or pull_request is None:
        return link(collection, command.number, target, command.by, command.at), command
    context = AttributionContext(at=command.at, manual=target.id, by=command.by)
    return record(collection, pull_request, context, rules, command.at)[0], command


def record_of(collection: SessionCollection, number: str) -> PullRequestRecord | None:
    """Return what is kept of a pull request, in a session or in none; `None` where nothing is."""
    session = collection.for_pull_request(number)
    return session.pull_requests.get(number, PullRequestRecord()) if session else collection.unattributed(number)


def _was_put_later(kept: PullRequestRecord | None, command: Command) -> bool:
    put = kept.attribution if kept and is_manual(kept) else None
    return put is not None and put.at is not None and put.at > command.at


def _target(
    collection: SessionCollection, command: Command, known: PullRequest | PullRequestRecord, policy: Policy
) -> Session | None:
    if command.target == NEW:
        author, at = known.author or command.by, min(known.created or command.at, command.at)
        session_id = new_id(author, at, lambda i: collection.get(i) is not None)
        return advance(begin(session_id, author, at), TimePassed(command.at), policy)
    if command.target.startswith("#"):
        return collection.for_pull_request(command.target.removeprefix("#"))
    return collection.get(command.target)
