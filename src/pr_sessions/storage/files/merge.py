"""Merge session files. Sessions that stand alike in all of them, or in one alone, are not even decoded."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import reduce

from msgspec import json
from msgspec.structs import replace

from pr_sessions.core.merge import merge_with_unattributed
from pr_sessions.core.merge_json import merge_json, merge_unknown
from pr_sessions.core.models import Session
from pr_sessions.storage.files.codec import StoredSession, encode_session
from pr_sessions.storage.files.collection import FileSessions
from pr_sessions.storage.files.record_codec import StoredRecord, encode_record
from pr_sessions.storage.files.session_file import Entry, SessionFile

Records = Mapping[str, Sequence[StoredRecord]]


def merge_collections(left: FileSessions, right: FileSessions) -> FileSessions:
    """Return the collection of which both are copies, made of the left one.

    Both must read naive times in the same zone.
    """
    left, right = left.rewritten(), right.rewritten()
    entries, theirs_entries = left.reader.entries, right.reader.entries
    alike = {i: entry for i, entry in entries.items() if _alike(entry, theirs_entries.get(i))}
    ours = {i: left.reader.stored(i) for i in entries if i not in alike}
    theirs = {i: right.reader.stored(i) for i in theirs_entries if i not in alike}
    sessions = [stored.value for stored in (*ours.values(), *theirs.values())]
    neighbours = {i: left.reader.stored(i) for i in _neighbours(left, right, sessions) if i in alike}
    ours |= neighbours
    theirs |= neighbours
    both = _records(ours.values(), left), _records(theirs.values(), right)
    records = {number: [*both[0].get(number, ()), *both[1].get(number, ())] for number in {*both[0], *both[1]}}
    merged, unattributed = merge_with_unattributed(
        {i: stored.value for i, stored in ours.items()},
        {i: stored.value for i, stored in theirs.items()},
        left.reader.unattributed,
        right.reader.unattributed,
    )
    result = {i: entry for i, entry in alike.items() if i not in neighbours}
    for session in merged.values():
        names = (session.id, *session.aliases)
        sources = [stored[name] for stored in (ours, theirs) for name in names if name in stored]
        if session.id in neighbours and session == sources[0].value and _are_alike(session, *both):
            result[session.id] = alike[session.id]
        elif len(sources) == 1 and session == sources[0].value and _is_alone(session, records):
            result[session.id] = Entry(session.id, sources[0].raw, bool(session.completion))
        else:
            raw = encode_session(session, sources, records)
            result[session.id] = Entry(session.id, raw, bool(session.completion))
    # All records that are no sessions are kept.
    key = "completed_sessions"
    strays = merge_unknown(*({key: c.top[key]} if key in c.top else {} for c in (left, right)))
    top = merge_json(left.top, right.top) | strays
    if unattributed:
        encoded = {number: encode_record(record, records[number]) for number, record in unattributed.items()}
        top["unattributed"] = top.get("unattributed", {}) | encoded
    run_ids = {**left.run_ids, **right.run_ids}
    return left.remade(SessionFile(tuple(result[i] for i in sorted(result)), top, left.name, run_ids))


def news(collection: FileSessions, right: FileSessions) -> tuple[str, ...]:
    """Return the ids of the sessions that are only in the collection, or stand differently in the other one."""
    entries, others = collection.rewritten().reader.entries, right.rewritten().reader.entries
    return tuple(sorted(i for i, entry in entries.items() if entry != others.get(i)))


def _alike(entry: Entry, right: Entry | None) -> bool:
    """The same to the letter, the order of the fields included, so that every order of merging gives the same bytes."""
    return right is not None and entry == right and json.encode(entry) == json.encode(right)


def _neighbours(left: FileSessions, right: FileSessions, sessions: Collection[Session]) -> Iterable[str]:
    """Sessions of the collection that share an alias with one of these, or a pull request that they may move."""
    for session in sessions:
        yield from (match.id for name in (session.id, *session.aliases) if (match := left.get(name)))
    numbers = {n for session in sessions for n in (*session.pull_requests, *session.carried)}
    numbers |= {*left.reader.unattributed, *right.reader.unattributed}
    if numbers:
        yield from left.mentioning(numbers)


def _records(sessions: Iterable[StoredSession], collection: FileSessions) -> Records:
    """Return every stored record of each pull request: it may stand in several places, and moves to one of them."""
    records: dict[str, list[StoredRecord]] = {}
    for session in sessions:
        for number, record in session.records.items():
            records.setdefault(number, []).append(record)
    for number, record in collection.reader.stored_unattributed.items():
        # Where it is in no session, only a correction says why.
        unknown = {key: value for key, value in record.unknown.items() if key != "placement"}
        records.setdefault(number, []).append(replace(record, unknown=unknown))
    return records


def _are_alike(session: Session, left: Records, right: Records) -> bool:
    """Whether both files say the same of its pull requests.

    Else one of them is written anew, in our order of fields, even if nothing came of it: had the files been merged
    in another order, a pull request could have stood here in between.
    """
    return all(left.get(number) == right.get(number) for number in (*session.pull_requests, *session.carried))


def _is_alone(session: Session, records: Records) -> bool:
    """Whether only the session itself has records of its pull requests; for the reason, see `_are_alike`."""
    recorded = session.pull_requests
    return all(len(records.get(number, ())) == (number in recorded) for number in (*recorded, *session.carried))


def merge_apart(collections: Sequence[FileSessions]) -> FileSessions:
    """Return what `merge_collections` makes of them one by one; the first one itself where there is no other."""
    if len(collections) == 1:
        return collections[0]
    collections = [collection.rewritten() for collection in collections]
    shared = _shared(collections)
    touching = [
        [i for i in collection.kept if not shared.isdisjoint(collection.names_of(i))] for collection in collections
    ]
    parts = (
        FileSessions(
            replace(collection.to_document(collection.kept), entries=tuple(collection.kept[i] for i in ids)),
            collection.zone,
        )
        for collection, ids in zip(collections, touching, strict=True)
    )
    merged = reduce(merge_collections, parts).to_document()
    apart = [
        collection.kept[i]
        for collection, ids in zip(collections, touching, strict=True)
        for i in collection.kept.keys() - set(ids)
    ]
    first = collections[0]
    return FileSessions(SessionFile((*apart, *merged.entries), merged.top, first.name, merged.run_ids), first.zone)


def _shared(collections: Sequence[FileSessions]) -> set[str]:
    """Ids, aliases and pull requests that more than one collection mentions."""
    shared: set[str] = set()
    known: set[str] = set()
    for collection in collections:
        names = {name for session_id in collection.kept for name in collection.names_of(session_id)}
        names.update(collection.all_unattributed())
        shared |= names & known
        known |= names
    return shared
