"""Manual corrections, with their author and time. They win over everything automatic, later over earlier ones."""

from datetime import UTC, datetime, timedelta
from typing import TypeVar

from msgspec import Struct
from msgspec.structs import replace

from pr_sessions.core.agents import Run
from pr_sessions.core.collection import SessionCollection
from pr_sessions.core.lifecycle import TimePassed, advance
from pr_sessions.core.merge import is_manual, merge_records, merge_sessions, with_record
from pr_sessions.core.models import (
    Attribution,
    Basis,
    Completion,
    Merging,
    PullRequestRecord,
    Reopening,
    Session,
    Split,
)
from pr_sessions.core.policy import Policy
from pr_sessions.core.times import LAST_YEAR
from pr_sessions.errors import InvalidValue, NotFound

L = TypeVar("L", bound=SessionCollection)
_TICK = timedelta(microseconds=1)
_LAST = datetime(LAST_YEAR, 12, 31, 23, 59, 59, 999999, UTC)


def session_of(collection: SessionCollection, number: str) -> Session | None:
    """Return the session that holds the pull request; `None` where a correction took it out.

    Raises:
        NotFound: nothing is known of it.
    """
    unattributed = collection.unattributed(number)
    holder = None if unattributed and is_manual(unattributed) else collection.for_pull_request(number)
    if holder is None and unattributed is None:
        raise NotFound(f"nothing is known of pull request {number}", f"record it: pr-sessions link {number} SESSION")
    return holder


def link(collection: L, number: str, session: Session, by: str, now: datetime) -> L:
    """Return the collection with the pull request put into the session; itself where a correction had put it there."""
    current = session.pull_requests.get(number)
    if current and is_manual(current) and number in session.prs:
        return collection
    record = _known(collection, number)
    attribution = Attribution(Basis.MANUAL, _after(record, now), f"put into {session.id}", by)
    rest = [with_record(s, number, None) for s in collection.all_for_pull_request(number) if s.id != session.id]
    collection = collection.put(*rest, with_record(session, number, replace(record, attribution=attribution)))
    return collection.put_unattributed(number, None)


def unlink(collection: L, number: str, by: str, now: datetime) -> L:
    """Return the collection with the pull request taken out of its session; itself where a correction had done so.

    Raises:
        NotFound: nothing is known of it.
    """
    unattributed = collection.unattributed(number)
    if session_of(collection, number) is None and unattributed and is_manual(unattributed):
        return collection
    record = _known(collection, number)
    attribution = Attribution(Basis.MANUAL, _after(record, now), "taken out of its session", by)
    collection = collection.put(*(with_record(s, number, None) for s in collection.all_for_pull_request(number)))
    return collection.put_unattributed(number, replace(record, attribution=attribution))


def merge(collection: L, left: Session, right: Session, by: str, now: datetime) -> L:
    """The collection with both sessions as one, under the id that sorts first; it ends when the later of them ended."""
    if left.id == right.id:
        return collection
    survivor, absorbed = sorted((left, right), key=lambda s: s.id)
    joined = merge_sessions(survivor, replace(absorbed, reopened=_without_early_ends(left, right, by, now)))
    marked = tuple(sorted({*joined.merged, Merging(absorbed.id, now, by)}))
    return collection.put(replace(joined, merged=marked, inferred=False), absorbed=(absorbed.id,))


def is_alone(session: Session, number: str) -> bool:
    """Return whether a correction made the pull request the only one of its session."""
    record = session.pull_requests.get(number)
    return session.prs == (number,) and record is not None and is_manual(record)


class Absorbed(Struct, frozen=True):
    """What a session held before it was merged into another one: what has to be known to take it out again.

    Attributes:
        prs: the numbers that the other session did not list.
    """

    id: str
    author: str
    prs: tuple[str, ...]
    runs: tuple[Run, ...]
    started: datetime | None
    last_activity: datetime | None
    completion: Completion | None


def absorbed_by(left: Session, right: Session) -> Absorbed:
    """Return what the session that does not survive a merge of the two holds now."""
    survivor, gone = sorted((left, right), key=lambda s: s.id)
    prs = tuple(number for number in gone.prs if not survivor.lists(number))
    return Absorbed(gone.id, gone.author, prs, gone.runs, gone.started, gone.last_activity, gone.completion)


def split(
    collection: L, absorbed: Absorbed, merged_at: datetime, session_id: str, by: str, now: datetime, policy: Policy
) -> L:
    """Return the collection with an absorbed session's pull requests in a new session, with its author, times and runs.

    Its own id stays an alias of the session that it became part of. A pull request that a later correction put
    somewhere stays there.

    Args:
        collection: the collection before.
        absorbed: what the session held before the merge.
        merged_at: when the two were merged.
        session_id: of the new session; no other has it.
        by: who takes the merge back.
        now: the time.
        policy: decides whether the new session has run out.
    """
    whole = collection.get(absorbed.id)
    begun = Session(
        id=session_id,
        author=absorbed.author,
        started=absorbed.started,
        last_activity=absorbed.last_activity,
        completion=absorbed.completion,
        runs=absorbed.runs,
        split=(Split(absorbed.id, now, by),),
    )
    collection = collection.put(advance(begun, TimePassed(now), policy))
    for number in absorbed.prs:
        holder, session = collection.for_pull_request(number), collection.get(session_id)
        if session and whole and holder and holder.id == whole.id and not _corrected_since(holder, number, merged_at):
            collection = link(collection, number, session, by, now)
    return collection


def _corrected_since(holder: Session, number: str, at: datetime) -> bool:
    record = holder.pull_requests.get(number)
    attribution = record.attribution if record and is_manual(record) else None
    # Without a time it may have come later: then it stays as it is.
    return attribution is not None and (attribution.at is None or attribution.at > at)


def reopen(session: Session, by: str, now: datetime, policy: Policy) -> Session:
    """The session without the ends that somebody asked for so far; time alone may have ended it since."""
    at = max((now, *(end.at for end in session.ends if end.at and not end.inferred)))
    reopened = max(filter(None, (session.reopened, Reopening(at, by))))
    inferred = next((end for end in session.ends if end.inferred), None)
    back = replace(session, completion=inferred, other_ends=(), reopened=reopened)
    return advance(back, TimePassed(now), policy)


def _known(collection: SessionCollection, number: str) -> PullRequestRecord:
    """Everything that is known of it, wherever it stands."""
    records = [s.pull_requests[number] for s in collection.all_for_pull_request(number) if number in s.pull_requests]
    if unattributed := collection.unattributed(number):
        records.append(unattributed)
    record = records[0] if records else PullRequestRecord()
    for more in records[1:]:
        record = merge_records(record, more)
    return record


def _after(record: PullRequestRecord, now: datetime) -> datetime:
    """Now, or just after the correction that is corrected, which a clock ahead of ours may have made."""
    last = record.attribution.at if record.attribution and is_manual(record) else None
    if last is None or last < now:
        return now
    if last >= _LAST:
        raise InvalidValue("its last correction is of the end of time", "correct that time in the session file")
    return last + _TICK


def _without_early_ends(left: Session, right: Session, by: str, now: datetime) -> Reopening | None:
    """Asked ends that came before the other session's end do not end the whole; now is after one of unknown time."""
    known = [s.reopened for s in (left, right) if s.reopened]
    early = [
        session.completion.at or now
        for session, later in ((left, right), (right, left))
        if session.completion
        and not session.completion.inferred
        and (later.completion is None or (session.completion.at and later.completion.is_after(session.completion.at)))
    ]
    return max([*known, *(Reopening(at, by) for at in early)], default=None)
