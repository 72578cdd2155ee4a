"""One session as JSON: the specified fields, the records of pull requests in `metadata`, everything else as it was.

Decoding never fails. A field that is missing is unknown, and so is one that holds what this version does not
understand. Values hold no JSON: encoding takes unknown fields, and the spelling of times that did not change, from the
records that a value was decoded from.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta, tzinfo
from functools import reduce
from math import isfinite
from typing import Any

from msgspec import Struct

from pr_sessions.core.agents import Run, merge_runs
from pr_sessions.core.ids import number_order
from pr_sessions.core.merge_json import merge_json, merge_unknown
from pr_sessions.core.models import (
    UNKNOWN_TRIGGER,
    Completion,
    Merging,
    PullRequestRecord,
    Reopening,
    Session,
    Split,
    Status,
    Totals,
    sum_records,
)
from pr_sessions.core.runs import stored_key
from pr_sessions.core.times import write_time
from pr_sessions.storage.files.record_codec import (
    MOST,
    Record,
    StoredRecord,
    encode_record,
    entries_of,
    field,
    in_their_place,
    merged_fields,
    read_records,
    rest,
    spell,
    texts_of,
    time_of,
    unknown_fields,
    with_rest,
)

SESSION_KEYS = (
    "session_id",
    "author",
    "started",
    "last_activity",
    "prs",
    "total_files_changed",
    "test_files_added",
    "docs_updated",
    "status",
    "metadata",
    "completed",
    "completion_trigger",
    "duration_minutes",
    "active_minutes",
)
METADATA_KEYS = (
    "title",
    "inferred",
    "aliases",
    "merged",
    "split",
    "runs",
    "reopened",
    "other_ends",
    "carried_totals",
    "pull_requests",
)
RUN_KEYS = frozenset({"agent", "id", "started", "last_activity", "also"})
MERGING_KEYS = frozenset({"id", "at", "by"})
REOPENING_KEYS = frozenset({"at", "by"})
_ENDING = ("completed", "completion_trigger", "other_ends")


class StoredSession(Struct, frozen=True):
    """A session, with the record that it was decoded from.

    Attributes:
        raw: the JSON object.
        value: what is understood of it.
        unknown: as in `StoredRecord`, of the object and of its `metadata`.
        records: those of its pull requests, by number.
    """

    raw: Record
    value: Session
    unknown: Record
    records: Mapping[str, StoredRecord]


def decode_session(session_id: str, raw: Record, zone: tzinfo, *, completed: bool) -> StoredSession:
    """Return the session of a record. Every field but the id may be missing, or hold what is not understood.

    Args:
        session_id: its id.
        raw: its JSON object.
        zone: where its naive times were written.
        completed: whether it stands among the completed ones; `status` may say otherwise in old files.
    """
    unknown: Record = {}
    metadata = field(raw, "metadata", dict, unknown) or {}
    records = read_records(metadata, zone, unknown)
    pull_requests = {number: record.value for number, record in records.items()}
    kept, kept_totals = _read_kept(metadata, unknown)
    listed = texts_of(raw, "prs", unknown)
    carried, carried_totals = _carried(raw, pull_requests, listed, kept, kept_totals, unknown)
    elsewhere = {*kept} - {*listed, *pull_requests} if kept else ()
    completion = None
    if completed:
        trigger = field(raw, "completion_trigger", str, unknown) or UNKNOWN_TRIGGER
        completion = Completion(time_of(raw, "completed", zone, unknown), trigger)
    score: Any = raw.get("final_score")
    is_number = isinstance(score, int | float) and not isinstance(score, bool)
    merged = entries_of(metadata, "merged", _read_correction, zone, unknown)
    split = entries_of(metadata, "split", _read_correction, zone, unknown)
    session = Session(
        id=session_id,
        author=field(raw, "author", str, unknown) or "",
        started=time_of(raw, "started", zone, unknown),
        last_activity=time_of(raw, "last_activity", zone, unknown),
        completion=completion,
        other_ends=entries_of(metadata, "other_ends", _read_end, zone, unknown) if completed else (),
        reopened=_read_reopening(metadata, zone, unknown),
        pull_requests=pull_requests,
        carried=carried,
        carried_totals=carried_totals,
        elsewhere=tuple(sorted(elsewhere, key=number_order)),
        merged=tuple(Merging(*fields) for fields in merged),
        split=tuple(Split(*fields) for fields in split),
        runs=merge_runs(entries_of(metadata, "runs", _read_run, zone, unknown)),
        title=field(metadata, "title", str, unknown) or "",
        inferred=bool(field(metadata, "inferred", bool, unknown)),
        aliases=tuple(texts_of(metadata, "aliases", unknown)),
        final_score=score if is_number and abs(score) <= MOST and isfinite(score) else None,
    )
    return StoredSession(raw, session, unknown, records)


def encode_session(
    session: Session, sources: Sequence[StoredSession] = (), moved: Mapping[str, Sequence[StoredRecord]] | None = None
) -> Record:
    """Return the record of a session, known fields first, unknown ones behind them by name.

    Args:
        session: its value now.
        sources: the records that it was decoded or merged from.
        moved: by number, records of its pull requests that stood elsewhere.
    """
    old = merged_fields(
        [source.raw for source in sources], SESSION_KEYS, ("status", "duration_minutes", "active_minutes")
    )
    unknown = reduce(merge_unknown, (source.unknown for source in sources)) if sources else {}
    totals, end = session.totals, session.completion
    status = old.get("status")
    # A status that a newer version gave a session stays until that completes.
    if end or not isinstance(status, str) or not status or status in tuple(Status):
        status = Status.COMPLETED if end else Status.ACTIVE
    raw: Record = {
        "session_id": session.id,
        "author": session.author,
        "started": spell(
            session.started, [s.raw.get("started") for s in sources if s.value.started == session.started]
        ),
        # A start that stands for the last activity is not spelled there.
        "last_activity": spell(
            session.last_activity,
            [
                source.raw.get("last_activity") if source.value.last_activity else None
                for source in sources
                if source.value.latest == session.last_activity
            ],
        ),
        "prs": list(session.prs),
        "total_files_changed": totals.files_changed,
        "test_files_added": totals.test_files_added,
        "docs_updated": totals.docs_updated,
        "status": status,
        "metadata": _encode_metadata(session, sources, moved or {}, unknown),
    }
    if end:
        raw["completed"] = spell(end.at, _spelled_end(session, end, sources))
        raw["completion_trigger"] = end.trigger
        # A length that a file gives stands for as long as we cannot reckon it.
        is_known = session.started is not None and end.at is not None
        raw["duration_minutes"] = minutes(session.duration) if is_known else old.get("duration_minutes")
        is_known = session.started is not None and session.last_activity is not None
        raw["active_minutes"] = minutes(session.active_time) if is_known else old.get("active_minutes")
    if unknown:
        known = {**raw, "completion_trigger": None} if end and end.trigger == UNKNOWN_TRIGGER else raw
        raw |= in_their_place(known, _unknown_of(session, unknown, SESSION_KEYS))
    raw = {key: value for key, value in raw.items() if value is not None}
    return {**raw, **unknown_fields(old, SESSION_KEYS)}


def minutes(span: timedelta | None) -> int | None:
    """Whole minutes, truncated; `None` where it is unknown."""
    return None if span is None else span // timedelta(minutes=1)


def _read_kept(metadata: Record, unknown: Record) -> tuple[list[str], Totals | None]:
    """Numbers and totals without facts, as we wrote them down; no totals where we did not."""
    kept = field(metadata, "carried_totals", dict, unknown)
    if not kept:
        return [], None
    wrong: Record = {}
    numbers, totals = texts_of(kept, "prs", wrong), _totals(kept, wrong)
    if wrong:
        unknown["carried_totals"] = kept
        return [], None
    return numbers, totals


def _carried(
    raw: Record,
    pull_requests: Mapping[str, PullRequestRecord],
    listed: list[str],
    kept: list[str],
    kept_totals: Totals | None,
    unknown: Record,
) -> tuple[tuple[str, ...], Totals]:
    """Numbers and totals without facts: as we wrote them down, and what another program added since."""
    known = set(kept)
    strangers = {n for n in listed if n not in pull_requests and n not in known}
    totals = kept_totals or Totals()
    if strangers or (kept_totals is None and not pull_requests):
        total, part = _totals(raw, unknown), sum_records(f for n, f in pull_requests.items() if n not in known)
        totals = Totals(
            max(total.files_changed - part.files_changed, 0),
            max(total.test_files_added - part.test_files_added, 0),
            total.docs_updated and not part.docs_updated,
        )
    return tuple(sorted(known | strangers, key=number_order)), totals


def _totals(raw: Record, unknown: Record) -> Totals:
    return Totals(
        field(raw, "total_files_changed", int, unknown) or 0,
        field(raw, "test_files_added", int, unknown) or 0,
        bool(field(raw, "docs_updated", bool, unknown)),
    )


def _encode_metadata(
    session: Session, sources: Sequence[StoredSession], moved: Mapping[str, Sequence[StoredRecord]], unknown: Record
) -> Record:
    def records_of(number: str) -> list[StoredRecord]:
        raws = [source.records[number] for source in sources if number in source.records]
        return [*raws, *moved.get(number, ())]

    carried, reopened = session.carried_totals, session.reopened
    has_record = bool(session.pull_requests or session.elsewhere)
    keeps = has_record and (bool(session.carried) or carried != Totals())
    known: Record = {
        "title": session.title or None,
        "inferred": session.inferred or None,
        "aliases": sorted(session.aliases) or None,
        "merged": [_write_correction(correction) for correction in sorted(session.merged)] or None,
        "split": [_write_correction(correction) for correction in sorted(session.split)] or None,
        "runs": [
            with_rest(
                {
                    "agent": run.agent,
                    "id": run.id,
                    "started": write_time(run.started),
                    "last_activity": write_time(run.last_activity),
                }
                | ({"also": list(run.also)} if run.also else {}),
                run.rest,
            )
            for run in session.runs
        ]
        or None,
        "reopened": with_rest({"at": write_time(reopened.at), "by": reopened.by}, reopened.rest) if reopened else None,
        "other_ends": [
            ({"at": write_time(end.at)} if end.at else {}) | {"trigger": end.trigger} for end in session.other_ends
        ]
        or None,
        "carried_totals": {
            "prs": list(session.carried),
            "total_files_changed": carried.files_changed,
            "test_files_added": carried.test_files_added,
            "docs_updated": carried.docs_updated,
        }
        if keeps
        else None,
        "pull_requests": {
            number: encode_record(session.pull_requests[number], records_of(number))
            for number in sorted(session.pull_requests, key=number_order)
        }
        or None,
    }
    if unknown:
        known |= in_their_place(known, _unknown_of(session, unknown, METADATA_KEYS))
    parts = [part for source in sources if isinstance(part := source.raw.get("metadata"), dict)]
    fields = [{key: value for key, value in part.items() if key not in METADATA_KEYS} for part in parts]
    unread = unknown_fields(reduce(merge_json, fields), METADATA_KEYS) if fields else {}
    return {key: value for key, value in known.items() if value is not None} | unread


def _read_end(raw: Any, zone: tzinfo) -> Completion | None:
    if not isinstance(raw, dict) or not raw:
        return None
    wrong: Record = {}
    end = Completion(time_of(raw, "at", zone, wrong), field(raw, "trigger", str, wrong) or UNKNOWN_TRIGGER)
    return None if wrong else end


def _read_reopening(metadata: Record, zone: tzinfo, unknown: Record) -> Reopening | None:
    entry = field(metadata, "reopened", dict, unknown)
    if entry is None:
        return None
    wrong: Record = {}
    at = time_of(entry, "at", zone, wrong)
    if at is None:
        unknown["reopened"] = entry
        return None
    return Reopening(at, field(entry, "by", str, wrong) or "", rest(entry, REOPENING_KEYS, wrong))


def _read_correction(entry: Any, zone: tzinfo) -> tuple[str, datetime, str, str] | None:
    if not isinstance(entry, dict):
        return None
    wrong: Record = {}
    at = time_of(entry, "at", zone, wrong)
    if at is None:
        return None
    session_id, by = field(entry, "id", str, wrong) or "", field(entry, "by", str, wrong) or ""
    return session_id, at, by, rest(entry, MERGING_KEYS, wrong)


def _write_correction(correction: Merging | Split) -> Record:
    return with_rest({"id": correction.id, "at": write_time(correction.at), "by": correction.by}, correction.rest)


def _read_run(entry: Any, zone: tzinfo) -> Run | None:
    if not isinstance(entry, dict):
        return None
    wrong: Record = {}
    started, last = (time_of(entry, key, zone, wrong) for key in ("started", "last_activity"))
    if started is None:
        return None
    agent, run = field(entry, "agent", str, wrong) or "", stored_key(field(entry, "id", str, wrong) or "")
    first, *others = sorted({run, *map(stored_key, texts_of(entry, "also", wrong))})
    return Run(agent, first, started, last or started, rest(entry, RUN_KEYS, wrong), tuple(others))


def _spelled_end(session: Session, end: Completion, sources: Sequence[StoredSession]) -> list[str | None]:
    """Return the spellings of the end. A merge takes an inferred one from sources with the latest activity only."""

    def has_it(source: StoredSession) -> bool:
        if len(sources) == 1:
            return source.value.completion is not None and source.value.completion.at == end.at
        return source.value.completion == end and (not end.inferred or source.value.latest == session.latest)

    return [source.raw.get("completed") for source in sources if has_it(source)]


def _unknown_of(session: Session, unknown: Record, keys: Collection[str]) -> Record:
    """Return what is not understood in these fields; what ends a session goes with its end."""
    skipped = () if session.completion else _ENDING
    return {key: value for key, value in unknown.items() if key in keys and key not in skipped}
