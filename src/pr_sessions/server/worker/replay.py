"""Sessions follow from what was reported last: in whatever order reports come, they give what an import gives. Pure.

A report that is late, repeated or edited takes the sessions that it touches apart and records their pull requests
again, in the order of opening, with the commands of comments in between. What people, hooks or clones made of a session
stays: only its pull requests are brought up to date.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from msgspec import Struct
from msgspec.structs import replace

from pr_sessions.core.agents import Agent, Confidence
from pr_sessions.core.attribution import AttributionContext
from pr_sessions.core.branch_prefix import with_branch_agents
from pr_sessions.core.collection import SessionCollection
from pr_sessions.core.ids import number_order
from pr_sessions.core.lifecycle import TimePassed, advance, covers
from pr_sessions.core.merge import is_manual, with_record
from pr_sessions.core.models import (
    Attribution,
    Basis,
    PullRequest,
    PullRequestRecord,
    Session,
    Trigger,
    held_runs,
    is_put,
    stack_numbers,
)
from pr_sessions.core.policy import Ruleset
from pr_sessions.core.recording import record
from pr_sessions.core.signature import Kind
from pr_sessions.forges.base import Comment
from pr_sessions.gate.commands import Command, CommandKind, apply_command, parse_commands, record_of

# Sessions are small: 53 pull requests is the most in one of five real histories.
MOST = 5_000
_BY_TEXT = (Trigger.EXPLICIT_MARKER.value, Trigger.HEURISTIC_TESTS_DOCS.value)


class Report(Struct, frozen=True, kw_only=True):
    """What was reported last of a pull request.

    Attributes:
        pull_request: as rules may see it; its number and times are checked.
        is_trusted: whether its author may write.
        is_excluded: whether a label takes it out of sessions.
    """

    pull_request: PullRequest
    is_trusted: bool = False
    is_excluded: bool = False


class Reports(Protocol):
    """The latest reports of one repository."""

    def pull_requests(self, numbers: Collection[str]) -> Mapping[str, Report]:
        """Return those of these numbers that were reported."""
        ...

    def comments(self) -> Sequence[Comment]:
        """Return the comments that hold a command, of people who may write."""
        ...

    def of_authors(self, authors: Collection[str]) -> Mapping[str, Report]:
        """Return the pull requests of these authors, in lower case; only the latest where there are many."""
        ...


def replay(
    collection: SessionCollection, numbers: Iterable[str], reports: Reports, rules: Ruleset, now: datetime
) -> SessionCollection:
    """Return the collection after these pull requests were reported, or commented on.

    Args:
        collection: the sessions before; nothing was put into it yet.
        numbers: the pull requests that something was reported of.
        reports: what is known by now.
        rules: the team's.
        now: the time.
    """
    return _Replay(collection, reports, rules, now).run(frozenset(numbers))


class _Replay:
    """One replay; reports are read once."""

    def __init__(self, collection: SessionCollection, reports: Reports, rules: Ruleset, now: datetime) -> None:
        self._before = collection
        self._rules = rules
        self._now = now
        self._source = reports
        self._reports: dict[str, Report] = {}
        self._read: frozenset[str] = frozenset()
        self._commands = parse_commands(reports.comments())
        self._changed_agents: frozenset[str] = frozenset()

    def run(self, numbers: frozenset[str]) -> SessionCollection:
        numbers = self._with_sessions(numbers)
        while True:
            after = self._record(numbers)
            more = self._with_sessions(numbers | self._touched(after) | self._changed_agents) - numbers
            if not more or len(numbers) >= MOST:
                return self._changed(after)
            numbers |= more

    def _changed(self, after: SessionCollection) -> SessionCollection:
        """Return the collection before with what differs from it: a session that came out as it was stays."""
        changes = after.changes
        collection = self._before.put(
            *changes.sessions.values(), absorbed=frozenset(changes.absorbed) - changes.sessions.keys()
        )
        for number, kept in changes.unattributed.items():
            collection = collection.put_unattributed(number, kept)
        return collection

    def _load(self, numbers: Iterable[str]) -> None:
        if missing := frozenset(numbers) - self._read:
            self._reports |= self._source.pull_requests(missing)
            self._read |= missing

    def _with_sessions(self, numbers: frozenset[str]) -> frozenset[str]:
        """Return the numbers that were reported, with all of each session that follows from reports alone."""
        numbers |= {each.number for each in self._commands if each.target.removeprefix("#") in numbers}
        self._load(numbers)
        result = {number for number in numbers if number in self._reports}
        for session in self._listing(numbers):
            if self._is_replayable(session):
                result.update(session.prs)
        return frozenset(result)

    def _listing(self, numbers: frozenset[str]) -> Sequence[Session]:
        """Return the sessions before that list any of these pull requests."""
        sessions = (self._before[session_id] for session_id in self._before.mentioning(numbers))
        return [session for session in sessions if not numbers.isdisjoint(session.prs)]

    def _is_replayable(self, session: Session) -> bool:
        """Return whether nothing but reports made the session what it is."""
        if session.merged or session.split or session.reopened or session.carried:
            return False
        if not session.inferred and not _begins_with_a_mark(session):
            return False
        if not all(end.inferred or end.trigger.startswith(_BY_TEXT) for end in session.ends):
            return False
        self._load(session.prs)
        return all(
            number in self._reports and (not is_put(each) or self._is_by_comment(number, each.attribution))
            for number, each in session.pull_requests.items()
        )

    def _is_by_comment(self, number: str, attribution: Attribution | None) -> bool:
        return attribution is not None and any(
            (each.number, each.at, each.by, each.kind) == (number, attribution.at, attribution.by, CommandKind.MOVE)
            for each in self._commands
        )

    def _record(self, numbers: frozenset[str]) -> SessionCollection:
        """Take the sessions of these pull requests apart, and record them in the order in which they were opened."""
        collection, dropped = self._without(numbers)
        reports = {number: self._reports[number] for number in numbers}
        prs = {pr.number: pr for pr in self._with_agents(reports)}
        writers = frozenset(each.pull_request.author.lower() for each in reports.values() if each.is_trusted)
        for at, change in self._in_order(prs.values()):
            if isinstance(change, PullRequest):
                context = AttributionContext(at=at, writers=writers)
                collection, _ = record(collection, change, context, self._rules, self._now)
            elif not _was_applied(collection, change):
                collection, _ = apply_command(collection, change, prs.get(change.number), self._rules)
        changed = collection.changes.sessions.values()
        collection = collection.put(*(advance(each, TimePassed(self._now), self._rules.policy) for each in changed))
        return _with_names(collection, dropped)

    def _without(self, numbers: frozenset[str]) -> tuple[SessionCollection, Sequence[Session]]:
        """Return the collection without what reports alone made of these pull requests, and the sessions it lacks."""
        listing = self._listing(numbers)
        dropped = [session for session in listing if self._is_replayable(session)]
        collection = self._before.put(absorbed=[session.id for session in dropped])
        for session in listing:
            if not self._is_replayable(session):
                collection = collection.put(self._without_reports(session, numbers))
        for number in numbers:
            unattributed = collection.unattributed(number)
            is_kept = unattributed is not None and is_manual(unattributed) and not self._reports[number].is_excluded
            collection = collection.put_unattributed(number, _unreported(unattributed) if is_kept else None)
        return collection, dropped

    def _without_reports(self, session: Session, numbers: frozenset[str]) -> Session:
        for number in numbers.intersection(session.prs):
            is_excluded = self._reports[number].is_excluded
            kept = None if is_excluded else _unreported(session.pull_requests.get(number))
            session = with_record(session, number, kept)
        return session

    def _with_agents(self, reports: Mapping[str, Report]) -> Sequence[PullRequest]:
        """Return the pull requests that take part, with the agents that branches show among all of their authors.

        One report may show what others of its author are: those are recorded again, too.
        """
        prs = {number: each.pull_request for number, each in reports.items() if not each.is_excluded}
        logins = {each.pull_request.author.lower() for each in reports.values()}
        people = {login for login in logins if login and not login.endswith("[bot]")}
        others = self._source.of_authors(people) if people else {}
        known = {n: each.pull_request for n, each in others.items() if n not in reports and not each.is_excluded}
        shown = with_branch_agents([*prs.values(), *known.values()], self._rules.signatures)
        for pr in shown:
            # Such a branch is `claude/x`.
            if (
                pr.number in known
                and "/" in (pr.branch or "")
                and _by_branch(pr.agents) != self._recorded_by_branch(pr.number)
            ):
                self._changed_agents |= {pr.number}
        return [pr for pr in shown if pr.number in prs]

    def _recorded_by_branch(self, number: str) -> frozenset[str]:
        record = record_of(self._before, number)
        return _by_branch(record.agents if record else ())

    def _in_order(self, prs: Iterable[PullRequest]) -> Iterator[tuple[datetime, PullRequest | Command]]:
        """Yield everything as it happened; of one moment, pull requests before commands, as an import has them."""
        opened = sorted(prs, key=lambda pr: (self._opened(pr), number_order(pr.number)))
        changes: list[tuple[datetime, PullRequest | Command]] = [(self._opened(pr), pr) for pr in opened]
        numbers = {pr.number for pr in opened}
        changes += [(command.at, command) for command in self._commands if command.number in numbers]
        yield from sorted(changes, key=lambda change: change[0])

    def _opened(self, pr: PullRequest) -> datetime:
        # Clocks of two machines differ a little.
        return min(pr.created or self._now, self._now)

    def _touched(self, after: SessionCollection) -> frozenset[str]:
        """Return the pull requests of all sessions that changed, and of those that share a run or a stack with them."""
        changes = after.changes
        before = [known for i in {*changes.sessions, *changes.absorbed} if (known := self._before.get(i))]
        sessions = [*changes.sessions.values(), *before]
        related = {session.id: session for session in sessions}
        for run in {key for session in sessions for _, key in held_runs(session)}:
            related |= {session.id: session for session in after.for_run(run)}
        for stack in {number for session in sessions for number in stack_numbers(session)}:
            related |= {session.id: session for session in after.for_stack(stack)}
        numbers = {number for session in (*related.values(), *before) for number in session.prs}
        return frozenset(numbers | self._moved_from(sessions))

    def _moved_from(self, sessions: Collection[Session]) -> set[str]:
        """Return the pull requests that a comment moved away, and that were opened during these sessions."""
        moved = {command.number for command in self._commands if command.kind is CommandKind.MOVE}
        self._load(moved)
        prs = [self._reports[number].pull_request for number in moved if number in self._reports]
        return {
            pr.number
            for pr in prs
            if any(each.author == pr.author and covers(each, self._opened(pr), self._rules.policy) for each in sessions)
        }


def _by_branch(agents: Iterable[Agent]) -> frozenset[str]:
    """Return the names of those that only the prefix of a branch shows among other pull requests."""
    return frozenset(
        agent.name
        for agent in agents
        if agent.opened
        and agent.confidence is Confidence.LIKELY
        and any(evidence.rule == Kind.BRANCH for evidence in agent.evidence)
    )


def _unreported(known: PullRequestRecord | None) -> PullRequestRecord | None:
    """Return a record without what reports say, so that the latest report counts whatever was reported before."""
    if known is None:
        return None
    return PullRequestRecord(
        created=known.created,
        agents=known.agents,
        commits=known.commits,
        is_auto=known.is_auto,
        evidence=known.evidence,
        attribution=known.attribution,
    )


def _was_applied(collection: SessionCollection, command: Command) -> bool:
    """Return whether a correction that is as late put its pull request where it is."""
    kept = record_of(collection, command.number)
    if command.kind is not CommandKind.MOVE or kept is None or not is_manual(kept) or kept.attribution is None:
        return False
    return kept.attribution.at is not None and kept.attribution.at >= command.at


def _begins_with_a_mark(session: Session) -> bool:
    """Return whether a session is what pull requests that name it made of it, and nobody is known to have begun it."""
    times = [each.attribution.at for each in session.pull_requests.values() if each.attribution and each.attribution.at]
    is_named = any(
        each.attribution and each.attribution.basis is Basis.MARKER for each in session.pull_requests.values()
    )
    is_bare = not session.runs and not session.title
    return is_named and is_bare and (session.started, session.latest) == (min(times), max(times))


def _with_names(collection: SessionCollection, dropped: Iterable[Session]) -> SessionCollection:
    """Keep the ids of sessions that became part of another one: pages, comments and clones know them.

    Only time leads to such ids. Those of runs and marks stay free for what names them.
    """
    for session in dropped:
        gone = [name for name in (session.id, *session.aliases) if collection.get(name) is None]
        heirs = [
            known
            for number in sorted(session.pull_requests, key=number_order)
            if (known := collection.for_pull_request(number))
        ]
        if gone and heirs and session.rests_on is heirs[0].rests_on is Basis.TIME:
            aliases = tuple(sorted({*heirs[0].aliases, *gone}))
            collection = collection.put(replace(heirs[0], aliases=aliases))
    return collection
