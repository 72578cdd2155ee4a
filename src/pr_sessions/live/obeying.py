"""What a command in a comment makes of the sessions. Pure."""

from msgspec.structs import replace

from pr_sessions.live.commands import NEW, Ask, Command
from pr_sessions.sessions.attribution import Situation
from pr_sessions.sessions.completion import COMMAND
from pr_sessions.sessions.corrections import link
from pr_sessions.sessions.ids import new_id
from pr_sessions.sessions.join import by_hand
from pr_sessions.sessions.lifecycle import CompletionAsked, TimePassed, advance, begin
from pr_sessions.sessions.policy import Policy
from pr_sessions.sessions.recording import record
from pr_sessions.sessions.session import Facts, PullRequest, Session, Trigger
from pr_sessions.stores.book import Book

TRIGGER = f"{Trigger.EXPLICIT_MARKER.value}: {COMMAND}"


def obey(book: Book, command: Command, pull_request: PullRequest | None, policy: Policy) -> tuple[Book, Command]:
    """The book after the command, and the command with its problem where nothing came of it.

    Args:
        book: the sessions at the time of the command.
        command: of somebody who may write.
        pull_request: below which it stands; `None` where nothing is told of it, or it takes no part in sessions.
        policy: timeout.
    """
    if command.problem or command.ask is Ask.STATUS:
        return book, command
    if command.ask is Ask.COMPLETE:
        return _complete(book, command, policy)
    return _move(book, command, pull_request, policy)


def _complete(book: Book, command: Command, policy: Policy) -> tuple[Book, Command]:
    session = book.holding(command.number)
    if session is None:
        return book, replace(command, problem=f"no session holds #{command.number}")
    if session.started and command.at < session.started:
        return book, replace(command, problem=f"{session.id} began later")
    return book.put(advance(session, CompletionAsked(command.at, TRIGGER), policy)), command


def _move(book: Book, command: Command, told: PullRequest | None, policy: Policy) -> tuple[Book, Command]:
    """A correction by hand at the time of the comment; a later one, made elsewhere, stands."""
    facts = facts_of(book, command.number)
    about = told or facts
    if about is None:
        return book, replace(command, problem=f"#{command.number} takes no part in sessions")
    if facts and by_hand(facts) and facts.placement and facts.placement.at > command.at:
        return book, replace(command, problem=f"a later correction put #{command.number} where it is")
    target = _target(book, command, about, policy)
    if target is None:
        return book, replace(command, problem=_missing(command.target))
    book = book.put(target)
    if facts or told is None:
        return link(book, command.number, target, command.by, command.at), command
    situation = Situation(at=command.at, by_hand=target.id, by=command.by)
    return record(book, told, situation, policy, command.at)[0], command


def facts_of(book: Book, number: str) -> Facts | None:
    """What is kept of a pull request, in a session or in none; `None` where nobody has told of it."""
    home = book.holding(number)
    return home.pull_requests.get(number, Facts()) if home else book.unattributed.get(number)


def _target(book: Book, command: Command, about: PullRequest | Facts, policy: Policy) -> Session | None:
    if command.target == NEW:
        author, at = about.author or command.by, min(about.created or command.at, command.at)
        session_id = new_id(author, at, lambda i: book.get(i) is not None)
        return advance(begin(session_id, author, at), TimePassed(command.at), policy)
    if command.target.startswith("#"):
        return book.holding(command.target.removeprefix("#"))
    return book.get(command.target)


def _missing(target: str) -> str:
    return f"no session holds {target}" if target.startswith("#") else f"there is no session {target}"
