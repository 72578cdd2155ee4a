"""One session as JSON: the specified fields, the facts in `metadata`, and everything else as it was.

Fields that we do not know survive in `source`, and so does the spelling of every time that has not changed.
"""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta, tzinfo
from typing import Any

from msgspec import json

from pr_sessions.errors import InvalidValue
from pr_sessions.sessions.agent import Agent, Confidence, Evidence, Role, Run, join_agents, join_runs
from pr_sessions.sessions.ids import number_order
from pr_sessions.sessions.session import (
    REPORTED,
    Completion,
    Facts,
    Merging,
    Placement,
    Reopening,
    Rung,
    Session,
    State,
    Status,
    Totals,
    sum_facts,
)
from pr_sessions.sessions.times import read_time, write_time

Record = dict[str, Any]
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
    "runs",
    "reopened",
    "other_ends",
    "carried_totals",
    "pull_requests",
)
FACT_TIMES = ("created", "closed", "merged")
FACT_TEXTS = ("author", "branch", "base")
FACT_COUNTS = ("files_changed", "test_files_added")


class WrongType(ValueError):
    """A field that holds something else than it should; the message is its place and what stands there."""


def read_session(session_id: str, record: Record, zone: tzinfo, *, completed: bool) -> Session:
    """The session that a record tells of. Every field but the id, and the end of a completed one, may be missing.

    Args:
        session_id: its id.
        record: its JSON object.
        zone: where its naive times were written.
        completed: whether it stands among the completed ones; `status` may say otherwise in old files.

    Raises:
        WrongType: a field holds what it cannot hold.
    """
    metadata = _get(record, "metadata", dict) or {}
    pull_requests = read_all_facts(metadata.get("pull_requests"), zone)
    carried, carried_totals = _read_carried(record, metadata, pull_requests)
    return Session(
        id=session_id,
        author=_get(record, "author", str) or "",
        started=_time(record, "started", zone),
        last_activity=_time(record, "last_activity", zone),
        completion=_read_completion(record, zone) if completed else None,
        other_ends=tuple(_read_end(e, zone) for e in _get(metadata, "other_ends", list) or ()) if completed else (),
        reopened=_read_reopening(_get(metadata, "reopened", dict), zone),
        pull_requests=pull_requests,
        carried=carried,
        carried_totals=carried_totals,
        elsewhere=_read_elsewhere(record, metadata, pull_requests),
        merged=tuple(_read_merging(m, zone) for m in _get(metadata, "merged", list) or ()),
        runs=join_runs(_read_run(run, zone) for run in _get(metadata, "runs", list) or ()),
        title=_get(metadata, "title", str) or "",
        inferred=bool(_get(metadata, "inferred", bool)),
        aliases=tuple(_texts(metadata, "aliases")),
        source=record,
    )


def write_session(session: Session, zone: tzinfo) -> Record:
    """The record of a session, known fields first, unknown ones behind them by name."""
    old, totals = session.source, session.totals
    record: Record = {
        "session_id": session.id,
        "author": session.author,
        "started": _spell(old, "started", session.started, zone),
        "last_activity": _spell(old, "last_activity", session.last_activity, zone),
        "prs": list(session.prs),
        "total_files_changed": totals.files_changed,
        "test_files_added": totals.test_files_added,
        "docs_updated": totals.docs_updated,
        "status": Status.COMPLETED if session.completion else Status.ACTIVE,
        "metadata": _write_metadata(session, zone),
    }
    if session.completion:
        record["completed"] = _spell(old, "completed", session.completion.at, zone)
        record["completion_trigger"] = session.completion.trigger
        record["duration_minutes"] = minutes(session.duration)
        record["active_minutes"] = minutes(session.active_time)
    record = {key: value for key, value in record.items() if value is not None}
    return {**record, **_unknown(old, SESSION_KEYS)}


def minutes(span: timedelta | None) -> int | None:
    """Whole minutes, truncated; `None` where it is unknown."""
    return None if span is None else span // timedelta(minutes=1)


def read_all_facts(records: Any, zone: tzinfo) -> dict[str, Facts]:
    """What is kept of pull requests, by number.

    Raises:
        WrongType: it is no object of objects, or a field holds what it cannot hold.
    """
    return {
        number: read_facts(_typed(record, dict, f"pull_requests.{number[:40]}"), zone)
        for number, record in _typed({} if records is None else records, dict, "pull_requests").items()
    }


def read_facts(record: Record, zone: tzinfo) -> Facts:
    """What is kept of one pull request.

    Raises:
        WrongType: a field holds what it cannot hold.
    """
    state = _get(record, "state", str)
    if state is not None and state not in set(State):
        raise WrongType(f"state: {state[:40]!r} is none of {', '.join(State)}")
    told: dict[str, Any] = {key: _time(record, key, zone) for key in FACT_TIMES}
    told |= {key: _get(record, key, str) for key in FACT_TEXTS}
    told |= {key: _get(record, key, int) for key in FACT_COUNTS}
    told["author"] = told["author"] or ""
    return Facts(
        **told,
        state=State(state) if state else None,
        docs_updated=_get(record, "docs_updated", bool),
        agents=join_agents(map(_read_agent, _get(record, "agents", list) or ())),
        commits=tuple(sorted(set(_texts(record, "commits")))),
        is_auto=bool(_get(record, "is_auto", bool)),
        evidence=tuple(_read_evidence(e) for e in _get(record, "evidence", list) or ()),
        placement=_read_placement(_get(record, "placement", dict), zone),
        seen=_read_seen(record, zone),
        source=record,
    )


def write_facts(facts: Facts, zone: tzinfo) -> Record:
    """The record of one pull request; what is not known is not written."""
    old = facts.source
    record: Record = {
        "author": facts.author or None,
        "state": facts.state,
        "is_auto": facts.is_auto,
        "agents": [_write_agent(agent) for agent in facts.agents] or None,
        "commits": list(facts.commits) or None,
        "files_changed": facts.files_changed,
        "test_files_added": facts.test_files_added,
        "docs_updated": facts.docs_updated,
        "branch": facts.branch,
        "base": facts.base,
        **{key: _spell(old, key, getattr(facts, key), zone) for key in FACT_TIMES},
        "evidence": [{"rule": e.rule, "detail": e.detail} for e in sorted(facts.evidence)] or None,
        "placement": _write_placement(facts.placement),
    }
    record["seen"] = _write_seen(facts.seen, {key for key in REPORTED if record[key] is not None})
    return {k: v for k, v in record.items() if v is not None} | _unknown(old, tuple(record))


def _read_carried(
    record: Record, metadata: Record, pull_requests: Mapping[str, Facts]
) -> tuple[tuple[str, ...], Totals]:
    """Numbers and totals without facts: as we wrote them down, and what another program added since."""
    kept = _get(metadata, "carried_totals", dict) or {}
    known = set(_texts(kept, "prs"))
    strangers = {n for n in _texts(record, "prs") if n not in pull_requests and n not in known}
    totals = _totals(kept)
    if strangers or (not kept and not pull_requests):
        totals = _beyond(_totals(record), sum_facts(f for n, f in pull_requests.items() if n not in known))
    return tuple(sorted(known | strangers, key=number_order)), totals


def _read_elsewhere(record: Record, metadata: Record, pull_requests: Mapping[str, Facts]) -> tuple[str, ...]:
    """What we keep as carried and do not list any more."""
    kept = _get(metadata, "carried_totals", dict)
    if not kept:
        return ()
    return tuple(sorted({*_texts(kept, "prs")} - {*_texts(record, "prs"), *pull_requests}, key=number_order))


def _beyond(total: Totals, told: Totals) -> Totals:
    return Totals(
        max(total.files_changed - told.files_changed, 0),
        max(total.test_files_added - told.test_files_added, 0),
        total.docs_updated and not told.docs_updated,
    )


def _totals(record: Record) -> Totals:
    return Totals(
        _get(record, "total_files_changed", int) or 0,
        _get(record, "test_files_added", int) or 0,
        bool(_get(record, "docs_updated", bool)),
    )


def _write_metadata(session: Session, zone: tzinfo) -> Record:
    carried = session.carried_totals
    told = bool(session.pull_requests or session.elsewhere)
    keeps = told and (bool(session.carried) or carried != Totals())
    known: Record = {
        "title": session.title or None,
        "inferred": session.inferred or None,
        "aliases": sorted(session.aliases) or None,
        "merged": [{"id": m.id, "at": write_time(m.at), "by": m.by} for m in sorted(session.merged)] or None,
        "runs": [_write_run(run) for run in session.runs] or None,
        "reopened": {"at": write_time(session.reopened.at), "by": session.reopened.by} if session.reopened else None,
        "other_ends": [{"at": write_time(e.at), "trigger": e.trigger} for e in session.other_ends] or None,
        "carried_totals": {
            "prs": list(session.carried),
            "total_files_changed": carried.files_changed,
            "test_files_added": carried.test_files_added,
            "docs_updated": carried.docs_updated,
        }
        if keeps
        else None,
        "pull_requests": {
            number: write_facts(session.pull_requests[number], zone)
            for number in sorted(session.pull_requests, key=number_order)
        }
        or None,
    }
    old = session.source.get("metadata") or {}
    return {key: value for key, value in known.items() if value is not None} | _unknown(old, METADATA_KEYS)


def _read_completion(record: Record, zone: tzinfo) -> Completion:
    """An end without a time of its own stands at the last sign of work."""
    times = (_time(record, key, zone) for key in ("completed", "last_activity", "started"))
    at = next((time for time in times if time), None)
    if at is None:
        raise WrongType("completed: no time is given")
    return Completion(at, _get(record, "completion_trigger", str) or "unknown")


def _read_end(record: Any, zone: tzinfo) -> Completion:
    entry = _typed(record, dict, "other_ends")
    return Completion(_time_of(entry, "other_ends", zone), _get(entry, "trigger", str) or "unknown")


def _read_reopening(record: Record | None, zone: tzinfo) -> Reopening | None:
    if record is None:
        return None
    return Reopening(_time_of(record, "reopened", zone), _get(record, "by", str) or "")


def _read_merging(record: Any, zone: tzinfo) -> Merging:
    entry = _typed(record, dict, "merged")
    return Merging(_get(entry, "id", str) or "", _time_of(entry, "merged", zone), _get(entry, "by", str) or "")


def _time_of(record: Record, place: str, zone: tzinfo) -> datetime:
    at = _time(record, "at", zone)
    if at is None:
        raise WrongType(f"{place}: {str(record)[:80]!r} has no time `at`")
    return at


def _read_evidence(record: Any) -> Evidence:
    entry = _typed(record, dict, "evidence")
    return Evidence(_get(entry, "rule", str) or "", _get(entry, "detail", str) or "")


def _read_agent(record: Any) -> Agent:
    """An object; an agent's bare name in the files of earlier programs."""
    if isinstance(record, str):
        return Agent(record)
    entry = _typed(record, dict, "agents")
    role, confidence = _get(entry, "role", str) or "", _get(entry, "confidence", str) or ""
    if role.upper() not in Role.__members__ or confidence.upper() not in Confidence.__members__:
        raise WrongType(f"agents: {str(record)[:80]}")
    evidence = tuple(sorted(_read_evidence(e) for e in _get(entry, "evidence", list) or ()))
    runs = tuple(sorted(_texts(entry, "runs")))
    return Agent(_get(entry, "name", str) or "", Role[role.upper()], Confidence[confidence.upper()], evidence, runs)


def _write_agent(agent: Agent) -> Record:
    told: Record = {"name": agent.name, "role": agent.role.value, "confidence": agent.confidence.label}
    if agent.evidence:
        told["evidence"] = [{"rule": e.rule, "detail": e.detail} for e in agent.evidence]
    return told | ({"runs": list(agent.runs)} if agent.runs else {})


def _read_run(record: Any, zone: tzinfo) -> Run:
    entry = _typed(record, dict, "runs")
    started, last = (_time(entry, key, zone) for key in ("started", "last_activity"))
    if started is None:
        raise WrongType(f"runs: {str(record)[:80]!r} has no start")
    return Run(_get(entry, "agent", str) or "", _get(entry, "id", str) or "", started, last or started)


def _write_run(run: Run) -> Record:
    times = {"started": write_time(run.started), "last_activity": write_time(run.last_activity)}
    return {"agent": run.agent, "id": run.id, **times}


def _read_placement(record: Record | None, zone: tzinfo) -> Placement | None:
    if record is None:
        return None
    name, at = _get(record, "rung", str) or "", _time(record, "at", zone)
    if name.upper() not in Rung.__members__ or at is None:
        raise WrongType(f"placement: {str(record)[:80]}")
    return Placement(Rung[name.upper()], at, _get(record, "detail", str) or "", _get(record, "by", str) or "")


def _write_placement(placement: Placement | None) -> Record | None:
    if placement is None:
        return None
    told = {"rung": placement.rung.name.lower(), "at": write_time(placement.at), "detail": placement.detail}
    return told | ({"by": placement.by} if placement.by else {})


def _read_seen(record: Record, zone: tzinfo) -> Mapping[str, datetime]:
    """One time for all fields, or a time for each."""
    seen = record.get("seen")
    if isinstance(seen, str) and (at := _time(record, "seen", zone)):
        return {key: at for key in REPORTED if record.get(key) is not None}
    told = _get(record, "seen", dict) or {}
    return {key: at for key in REPORTED if (at := _time(told, key, zone))}


def _write_seen(seen: Mapping[str, datetime], told: Collection[str]) -> str | Record | None:
    times = {write_time(at) for at in seen.values()}
    if len(times) == 1 and set(seen) == set(told):
        return times.pop()
    return {key: write_time(seen[key]) for key in sorted(seen)} or None


def _spell(old: Mapping[str, Any], key: str, value: datetime | None, zone: tzinfo) -> str | None:
    """The time as it stood before, if it is still the same instant."""
    if value is None:
        return None
    text = old.get(key)
    if isinstance(text, str):
        try:
            if read_time(text, zone) == value:
                return text
        except InvalidValue:
            return write_time(value)
    return write_time(value)


def _unknown(old: Mapping[str, Any], known: tuple[str, ...]) -> Record:
    return {key: in_order(old[key]) for key in sorted(old) if key not in known}


def in_order(value: Any) -> Any:
    """The value with the fields of all its objects by name, so that the order of joining never shows."""
    return json.decode(json.encode(value, order="sorted")) if isinstance(value, dict | list) else value


def _get(record: Record, key: str, kind: type) -> Any:
    value = record.get(key)
    return None if value is None else _typed(value, kind, key)


def _typed(value: Any, kind: type, place: str) -> Any:
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is int):
        raise WrongType(f"{place}: {str(value)[:40]!r} is no {_NAMES[kind]}")
    return value


_NAMES = {dict: "object", list: "list", str: "text", int: "whole number", bool: "true or false"}


def _texts(record: Record, key: str) -> list[str]:
    """A list of texts; an old file may hold numbers as numbers."""
    return [str(v if isinstance(v, int) else _typed(v, str, key)) for v in _get(record, key, list) or ()]


def _time(record: Any, key: str, zone: tzinfo) -> datetime | None:
    text = _get(record, key, str)
    try:
        return read_time(text, zone) if text else None
    except InvalidValue as error:
        raise WrongType(f"{key}: {error}") from None
