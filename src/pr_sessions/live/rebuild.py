"""The sessions of a repository, put together again from what its forge tells: the same as an import would have made."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime

from msgspec import Struct

from pr_sessions.live.belief import believed, heard, is_excluded
from pr_sessions.live.commands import Command, commands_in
from pr_sessions.live.moment import at_moment
from pr_sessions.live.obeying import facts_of, obey
from pr_sessions.live.snapshot import Snapshot
from pr_sessions.sessions.attribution import Situation
from pr_sessions.sessions.ids import number_order
from pr_sessions.sessions.join import with_facts
from pr_sessions.sessions.lifecycle import sweep
from pr_sessions.sessions.policy import Policy
from pr_sessions.sessions.recording import Recorded, record
from pr_sessions.sessions.session import PullRequest, Rung, Session
from pr_sessions.stores.book import Book
from pr_sessions.stores.document import Document
from pr_sessions.tracker import zone_of
from pr_sessions.tracker.outside import tidy


class Live(Struct, frozen=True):
    """Sessions at a moment.

    Attributes:
        book: all of them, those of the synced document included.
        recorded: by number, what recording a pull request came to.
        believed: by number, whether its own word counts; missing where nobody asked yet whether its author may write.
        commands: those that count, oldest first; with a problem where nothing came of one.
        excluded: numbers that a label takes out of sessions.
        unheard: commands of people of whom nobody has asked yet whether they may write; they change nothing.
    """

    book: Book
    recorded: Mapping[str, Recorded]
    believed: Mapping[str, bool]
    commands: tuple[Command, ...]
    excluded: frozenset[str] = frozenset()
    unheard: tuple[Command, ...] = ()

    def home(self, number: str) -> Session | None:
        """The session that holds a pull request."""
        return self.book.holding(number)


def rebuild(snapshot: Snapshot, policy: Policy, now: datetime) -> Live:
    """The sessions as they stand at `now`: what was opened, said or ended later does not count. Pure.

    A person of whom nobody has asked yet whether they may write is believed meanwhile; `unasked` names them.

    Raises:
        UnreadableFile: the synced document holds what cannot be understood.
        InvalidValue: a pull request has no usable number or time, or one of the team's patterns cannot be used.
    """
    snapshot = at_moment(snapshot, now)
    beliefs = {number: believed(one, snapshot.writers) for number, one in snapshot.pull_requests.items()}
    excluded = frozenset(number for number, one in snapshot.pull_requests.items() if is_excluded(one))
    told = {
        number: tidy(heard(one, believes=beliefs[number] is not False))
        for number, one in snapshot.pull_requests.items()
        if number not in excluded
    }
    # Whoever is known not to write asks nothing: a thousand long comments take a minute to be understood.
    asked = commands_in(one for one in snapshot.comments if snapshot.writers.get(one.author.login.lower()) is not False)
    heeded = [command for command in asked if snapshot.writers.get(command.by.lower())]
    book = Book(snapshot.document or Document(), zone_of(policy))
    book = _without(book, excluded | {n for n, belief in beliefs.items() if belief is False and _is_own_word(book, n)})
    recorded: dict[str, Recorded] = {}
    commands: list[Command] = []
    for at, step in _in_order(told, heeded, now):
        if isinstance(step, PullRequest):
            book, recorded[step.number] = record(book, step, Situation(at=at), policy, now)
        else:
            book, done = obey(book, step, told.get(step.number), policy)
            commands.append(done)
    return Live(
        book=sweep(book, policy, now)[0],
        recorded=recorded,
        believed={number: belief for number, belief in beliefs.items() if belief is not None},
        commands=tuple(commands),
        excluded=excluded,
        unheard=tuple(command for command in asked if command.by.lower() not in snapshot.writers),
    )


def unasked(snapshot: Snapshot, live: Live, number: str) -> tuple[str, ...]:
    """Logins whose right to write decides about the session of a pull request, and that were not asked for yet."""
    home = live.home(number)
    numbers = {number, *(home.prs if home else ())}
    targets = {f"#{one}" for one in numbers} | ({home.id, *home.aliases} if home else set())
    theirs = (snapshot.pull_requests.get(one) for one in sorted(numbers, key=number_order) if one not in live.believed)
    logins = [one.author.login for one in theirs if one]
    logins += [one.by for one in live.unheard if one.number in numbers or one.target in targets]
    return tuple(dict.fromkeys(login.lower() for login in logins if login.lower() not in snapshot.writers))


def _without(book: Book, numbers: Collection[str]) -> Book:
    """The book as if nobody had told of these."""
    for number in numbers:
        book = book.put(*(with_facts(session, number, None) for session in book.listing(number)))
    return book.put_unattributed(
        {number: facts for number, facts in book.unattributed.items() if number not in numbers}
    )


def _is_own_word(book: Book, number: str) -> bool:
    """Whether the synced document has it where it is by what it says itself: who imported it may have believed that."""
    facts = facts_of(book, number)
    return facts is not None and (facts.placement is None or facts.placement.rung < Rung.HOOK)


def _in_order(
    told: Mapping[str, PullRequest], commands: Iterable[Command], now: datetime
) -> Iterator[tuple[datetime, PullRequest | Command]]:
    """As it happened; of one moment, the pull requests before what was said below them, as an import has them."""
    opened = sorted(told.values(), key=lambda pr: (pr.created or now, number_order(pr.number)))
    steps: list[tuple[datetime, PullRequest | Command]] = [(pr.created or now, pr) for pr in opened]
    steps += [(command.at, command) for command in commands]
    yield from sorted(steps, key=lambda step: step[0])
