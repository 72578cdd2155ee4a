"""What a forge reports of one repository at one time, and the sessions that are rebuilt from it.

Sessions are rebuilt as an import would have made them. Anybody may open a pull request or write a comment; only what
people with write access say counts.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from pr_sessions.core.attribution import AttributionContext
from pr_sessions.core.collection import SessionCollection
from pr_sessions.core.ids import number_order
from pr_sessions.core.lifecycle import sweep
from pr_sessions.core.merge import with_record
from pr_sessions.core.models import Basis, PullRequest, Session, State
from pr_sessions.core.overlay import InMemorySessions
from pr_sessions.core.policy import Ruleset, Track
from pr_sessions.core.recording import Recorded, record
from pr_sessions.errors import ForgeFailed
from pr_sessions.forges.base import ChangedFile, Comment, ForgePullRequest, ForgeReader, ForgeStack, Review
from pr_sessions.gate.commands import Command, apply_command, parse_commands, record_of, was_applied
from pr_sessions.gate.event import Event
from pr_sessions.tracker.environment import tidy


class Snapshot(Struct, frozen=True, kw_only=True):
    """Pull requests and their comments.

    Attributes:
        repository: `owner/name`.
        pull_requests: by number; at least all that a session which is looked at can hold.
        comments: on any of them, oldest first, from the start of the sessions on.
        writers: by login in lower case, whether a person has write access; somebody who is missing was not asked for.
        files: by number, what a pull request changes; missing where it was not asked for or is incomplete.
        reviews: by number, of those that may have been approved and were asked for.
        stacks: those that were asked for; one that is missing is not known.
        unread_stacks: numbers of pull requests that may be in a stack, which could not be read.
        sessions: the synced ones, where the repository has a session file.
        unknowns: what could not be read, in words for people.
    """

    repository: str
    pull_requests: Mapping[str, ForgePullRequest] = {}
    comments: tuple[Comment, ...] = ()
    writers: Mapping[str, bool] = {}
    files: Mapping[str, tuple[ChangedFile, ...]] = {}
    reviews: Mapping[str, tuple[Review, ...]] = {}
    stacks: tuple[ForgeStack, ...] = ()
    unread_stacks: frozenset[str] = frozenset()
    sessions: SessionCollection | None = None
    unknowns: tuple[str, ...] = ()


def at_moment(snapshot: Snapshot, now: datetime) -> Snapshot:
    """Return the snapshot without what was opened or written later; what ended later is still open."""
    prs = {number: at for number, pr in snapshot.pull_requests.items() if (at := present(pr, now))}
    comments = tuple(comment for comment in snapshot.comments if comment.created is None or comment.created <= now)
    return replace(snapshot, pull_requests=prs, comments=comments)


def present(pr: ForgePullRequest, now: datetime) -> ForgePullRequest | None:
    """Return the pull request as it was then; `None` where it was opened later."""
    today = pr.pull_request
    if today.created and today.created > now:
        return None
    merged, closed = (at if at is None or at <= now else None for at in (today.merged, today.closed))
    if (merged, closed) == (today.merged, today.closed):
        return pr
    state = State.MERGED if merged else State.CLOSED if closed else State.OPEN
    return replace(pr, pull_request=replace(today, state=state, merged=merged, closed=closed))


NO_SESSION = "no-session"
OUTSIDER = "nothing is done for a comment or review of somebody who may not write"
_OPINIONS = ("approved", "changes_requested", "dismissed")


def trusted(pr: ForgePullRequest, writers: Mapping[str, bool]) -> bool | None:
    """Return whether what a pull request says of itself counts; `None` where its author's access is not known.

    An App's account that has put a branch into the repository may write to it. A fork's branch says nothing of that.
    """
    if pr.is_fork or not pr.author.login:
        return False
    return True if pr.author.is_bot else writers.get(pr.author.login.lower())


def visible_to_rules(pr: ForgePullRequest, *, trusted: bool) -> PullRequest:
    """Return what rules may look at: everything, or only the account that opened it."""
    if trusted:
        return pr.pull_request
    return replace(
        pr.pull_request,
        title="",
        body="",
        branch=None,
        labels=(),
        commit_messages=(),
        commit_authors=(),
        commits=(),
        agents=(),
    )


def is_excluded(pr: ForgePullRequest) -> bool:
    """Return whether a label takes it out of sessions. Only people with triage access can set labels."""
    return any(label.casefold() == NO_SESSION for label in pr.pull_request.labels)


def approvers(pr: ForgePullRequest, reviews: Iterable[Review], now: datetime) -> tuple[str, ...]:
    """Return the logins, in lower case, of people whose last opinion approves the last commit, with any access.

    A mere comment takes no opinion back.
    """
    latest: dict[str, Review] = {}
    opinions = (review for review in reviews if review.state in _OPINIONS and not review.author.is_bot)
    for review in sorted(opinions, key=lambda review: (review.submitted or now, review.id)):
        if review.author.login and (review.submitted or now) <= now:
            latest[review.author.login.lower()] = review
    return tuple(
        login
        for login, review in latest.items()
        if review.state == "approved" and pr.head_sha and review.commit == pr.head_sha
    )


async def is_from_outsider(forge: ForgeReader, event: Event) -> bool:
    """Return whether the event is a comment or review of somebody who is known not to have write access.

    What an App says does not count either. Where the access cannot be found out, the answer is no. It takes one
    request, or many such events would use up the limit.
    """
    # Of a dismissed review the reviewer counts, too, and not only the person who dismissed it.
    comment_or_review = event.comment or event.review
    if comment_or_review is None:
        return False
    author = comment_or_review.author
    if author.is_bot or not author.login:
        return True
    try:
        return not await forge.may_write(author.login)
    except ForgeFailed:
        return False


class RebuiltSessions(Struct, frozen=True):
    """Sessions at one time.

    Attributes:
        collection: all of them, the synced ones included.
        recorded: by number, the result of recording a pull request.
        trusted: by number, whether what a pull request says of itself counts; missing where that is not known.
        commands: those that count, oldest first; one that changed nothing has a problem.
        excluded: numbers that a label takes out of sessions.
        unverified_commands: of people whose write access is not known; they change nothing.
    """

    collection: SessionCollection
    recorded: Mapping[str, Recorded]
    trusted: Mapping[str, bool]
    commands: tuple[Command, ...]
    excluded: frozenset[str] = frozenset()
    unverified_commands: tuple[Command, ...] = ()

    def session_of(self, number: str) -> Session | None:
        """Return the session that holds a pull request."""
        return self.collection.for_pull_request(number)


def rebuild(snapshot: Snapshot, rules: Ruleset, now: datetime) -> RebuiltSessions:
    """Return the sessions as they are at `now`: what was opened, written or ended later does not count.

    A person whose write access is not known is trusted meanwhile; `unverified_logins` names them.

    Raises:
        InvalidValue: a pull request has no usable number or time, or one of the team's patterns cannot be used.
    """
    if rules.policy.gate_assisted:  # What may wait needs a session.
        rules = replace(rules, policy=replace(rules.policy, track=Track.AGENTS))
    snapshot = at_moment(snapshot, now)
    trust = {number: trusted(pr, snapshot.writers) for number, pr in snapshot.pull_requests.items()}
    excluded = frozenset(number for number, pr in snapshot.pull_requests.items() if is_excluded(pr))
    prs = {
        number: tidy(visible_to_rules(pr, trusted=trust[number] is not False))
        for number, pr in snapshot.pull_requests.items()
        if number not in excluded
    }
    # Comments of people without write access are not parsed: a thousand long ones would take a minute.
    commands = parse_commands(
        comment for comment in snapshot.comments if snapshot.writers.get(comment.author.login.lower()) is not False
    )
    collection = snapshot.sessions or InMemorySessions()
    untrusted = {n for n, is_trusted in trust.items() if is_trusted is False and _is_there_by_its_text(collection, n)}
    collection = _without(collection, excluded | untrusted)
    known = collection
    recorded: dict[str, Recorded] = {}
    writers = frozenset(pr.author.login.lower() for number, pr in snapshot.pull_requests.items() if trust[number])
    applied: list[Command] = []
    verified = [command for command in commands if snapshot.writers.get(command.by.lower())]
    for at, change in _in_order(prs, verified, now):
        if isinstance(change, PullRequest):
            context = AttributionContext(at=at, writers=writers)
            collection, recorded[change.number] = record(collection, change, context, rules, now)
        elif was_applied(known, change):
            # A team's server has done what its own comments are about.
            applied.append(change)
        else:
            collection, command = apply_command(collection, change, prs.get(change.number), rules)
            applied.append(command)
    return RebuiltSessions(
        collection=sweep(collection, rules.policy, now)[0],
        recorded=recorded,
        trusted={number: is_trusted for number, is_trusted in trust.items() if is_trusted is not None},
        commands=tuple(applied),
        excluded=excluded,
        unverified_commands=tuple(command for command in commands if command.by.lower() not in snapshot.writers),
    )


def unverified_logins(snapshot: Snapshot, rebuilt: RebuiltSessions, number: str) -> tuple[str, ...]:
    """Return the logins whose write access decides about the session of a pull request and is not known."""
    session = rebuilt.session_of(number)
    numbers = {number, *(session.prs if session else ())}
    targets = {f"#{n}" for n in numbers} | ({session.id, *session.aliases} if session else set())
    prs = (snapshot.pull_requests.get(n) for n in sorted(numbers, key=number_order) if n not in rebuilt.trusted)
    commands = (c for c in rebuilt.unverified_commands if c.number in numbers or c.target in targets)
    logins = [*(pr.author.login for pr in prs if pr), *(command.by for command in commands)]
    return tuple(dict.fromkeys(login.lower() for login in logins if login.lower() not in snapshot.writers))


def _without(collection: SessionCollection, numbers: Collection[str]) -> SessionCollection:
    """Return the collection as if these pull requests had never been recorded."""
    for number in numbers:
        collection = collection.put(
            *(with_record(session, number, None) for session in collection.all_for_pull_request(number))
        ).put_unattributed(number, None)
    return collection


def _is_there_by_its_text(collection: SessionCollection, number: str) -> bool:
    """Return whether the synced sessions place a pull request by its own text, which their importer may trust."""
    kept = record_of(collection, number)
    return kept is not None and (kept.attribution is None or kept.attribution.basis < Basis.HOOK)


def _in_order(
    prs: Mapping[str, PullRequest], commands: Iterable[Command], now: datetime
) -> Iterator[tuple[datetime, PullRequest | Command]]:
    """Yield everything as it happened; of one moment, pull requests before commands, as an import has them."""
    opened = sorted(prs.values(), key=lambda pr: (pr.created or now, number_order(pr.number)))
    changes: list[tuple[datetime, PullRequest | Command]] = [(pr.created or now, pr) for pr in opened]
    changes += [(command.at, command) for command in commands]
    yield from sorted(changes, key=lambda change: change[0])
