from datetime import UTC, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import json
from msgspec.structs import replace

from examples import few
from pr_sessions.core.agents import Confidence, Role
from pr_sessions.core.models import Attribution, Basis, Completion, PullRequestRecord, Session, State, Totals, Trigger
from pr_sessions.core.times import read_time
from pr_sessions.storage.files.codec import StoredSession, decode_session, encode_session, minutes
from pr_sessions.storage.files.record_codec import Record, decode_record, encode_record
from strategies import at, record, sessions, spelled, written

ACTIVE = {
    "session_id": "cseek_cursor-20251120-0617",
    "author": "cseek_cursor",
    "started": "2025-12-05T06:17:51.491514",
    "last_activity": "2025-12-05T06:17:51.491514",
    "prs": [],
    "total_files_changed": 0,
    "test_files_added": 0,
    "status": "active",
}
COMPLETED = {
    "session_id": "unknown-20251119-2204",
    "author": "unknown",
    "started": "2025-12-05T22:04:52.873742",
    "completed": "2025-12-05T22:26:11.789103",
    "completion_trigger": "manual_cli",
    "duration_minutes": 21,
    "status": "completed",
}

KEY = "0123456789abcdef0123"  # of a run


def stored(record: Record, *, completed: bool = False, zone: str = "UTC") -> StoredSession:
    return decode_session(record.get("session_id", "a"), record, ZoneInfo(zone), completed=completed)


def read(record: Record, *, completed: bool = False, zone: str = "UTC") -> Session:
    return stored(record, completed=completed, zone=zone).value


def rewritten(record: Record, *, completed: bool = False, zone: str = "UTC") -> Record:
    read_once = stored(record, completed=completed, zone=zone)
    written: Record = json.decode(json.encode(encode_session(read_once.value, [read_once])))
    return written


def test_the_active_sample_of_the_specification_is_read() -> None:
    began = read_time("2025-12-05T06:17:51.491514Z")
    assert read(ACTIVE) == Session(
        id="cseek_cursor-20251120-0617", author="cseek_cursor", started=began, last_activity=began
    )


def test_the_completed_sample_of_the_specification_is_read() -> None:
    assert read(COMPLETED, completed=True) == Session(
        id="unknown-20251119-2204",
        author="unknown",
        started=read_time("2025-12-05T22:04:52.873742Z"),
        completion=Completion(read_time("2025-12-05T22:26:11.789103Z"), "manual_cli"),
    )


@pytest.mark.parametrize(("sample", "completed"), [(ACTIVE, False), (COMPLETED, True)], ids=["active", "completed"])
def test_a_sample_that_is_written_keeps_every_field_as_it_was(sample: Record, completed: bool) -> None:
    written = rewritten(sample, completed=completed, zone="America/New_York")
    assert {key: written[key] for key in sample} == sample


def again(session: Session) -> Session:
    return read(json.decode(json.encode(encode_session(session))), completed=session.completion is not None)


@few
@given(sessions())
def test_a_session_that_is_written_is_read_as_the_same(session: Session) -> None:
    assert again(session) == session


@few
@given(sessions(), st.data())
def test_a_record_keeps_its_unknown_fields_and_the_spelling_of_its_times(session: Session, data: st.DataObject) -> None:
    record = data.draw(spelled(data.draw(written(session))))
    again = rewritten(record, completed=bool(session.completion))
    assert without_own_times(again) == without_own_times(record)


def without_own_times(record: Record) -> Record:
    """Reasons, corrections and tellings are ours alone: their times are always written our way."""
    told = (record.get("metadata") or {}).get("pull_requests", {})
    kept = {n: {k: v for k, v in f.items() if k not in ("placement", "seen")} for n, f in told.items()}
    metadata = {k: v for k, v in (record.get("metadata") or {}).items() if k != "reopened"}
    return {**record, "metadata": {**metadata, "pull_requests": kept}}


@few
@given(record())
def test_facts_that_are_written_are_read_as_the_same(told: PullRequestRecord) -> None:
    assert decode_record(json.decode(json.encode(encode_record(told))), UTC).value == told


def test_a_time_that_changes_is_written_in_utc_and_the_others_stay() -> None:
    read_once = stored(ACTIVE, zone="America/New_York")
    written = encode_session(replace(read_once.value, last_activity=at(0)), [read_once])
    assert (written["started"], written["last_activity"]) == ("2025-12-05T06:17:51.491514", "2025-11-22T10:00:00Z")


def test_a_new_session_is_written_with_the_specified_fields_first() -> None:
    attribution = Attribution(Basis.TIME, at(0), "work of ada")
    told = PullRequestRecord(
        files_changed=3, state=State.OPEN, is_auto=True, attribution=attribution, reported_at={"state": at(1)}
    )
    end = Completion(at(45), Trigger.TIMEOUT)
    session = Session(
        id="a",
        author="ada",
        started=at(0),
        last_activity=at(15),
        completion=end,
        pull_requests={"10": told, "9": PullRequestRecord()},
    )
    assert list(encode_session(session).items()) == [
        ("session_id", "a"),
        ("author", "ada"),
        ("started", "2025-11-22T10:00:00Z"),
        ("last_activity", "2025-11-22T10:15:00Z"),
        ("prs", ["9", "10"]),
        ("total_files_changed", 3),
        ("test_files_added", 0),
        ("docs_updated", False),
        ("status", "completed"),
        (
            "metadata",
            {
                "pull_requests": {
                    "9": {"is_auto": False},
                    "10": {
                        "state": "open",
                        "is_auto": True,
                        "files_changed": 3,
                        "placement": {"rung": "time", "at": "2025-11-22T10:00:00Z", "detail": "work of ada"},
                        "seen": {"state": "2025-11-22T10:01:00Z"},
                    },
                }
            },
        ),
        ("completed", "2025-11-22T10:45:00Z"),
        ("completion_trigger", "timeout"),
        ("duration_minutes", 45),
        ("active_minutes", 15),
    ]


def test_an_impossible_order_gives_no_duration() -> None:
    session = Session(id="a", started=at(10), completion=Completion(at(0), "manual"))
    assert "duration_minutes" not in encode_session(session)


@pytest.mark.parametrize(("seconds", "whole"), [(0, 0), (59, 0), (60, 1), (1259.9, 20)])
def test_minutes_are_whole_and_truncated(seconds: float, whole: int) -> None:
    assert minutes(timedelta(seconds=seconds)) == whole


OURS = encode_session(
    Session(id="a", started=at(0), last_activity=at(0), pull_requests={"1": PullRequestRecord(files_changed=10)})
)


def test_an_old_tool_that_adds_a_number_to_our_record_is_believed() -> None:
    session = read({**OURS, "prs": ["1", "3"], "total_files_changed": 14, "test_files_added": 2})
    assert (session.prs, session.carried, session.carried_totals) == (("1", "3"), ("3",), Totals(4, 2))
    assert session.totals == Totals(14, 2)


def test_a_number_that_an_old_tool_added_and_facts_of_it_do_not_add_up() -> None:
    session = read({**OURS, "prs": ["1", "3"], "total_files_changed": 14})
    told = {**session.pull_requests, "3": PullRequestRecord(files_changed=4)}
    assert again(replace(session, pull_requests=told)).totals == Totals(14)


def test_an_old_count_without_facts_stays() -> None:
    session = read({**ACTIVE, "prs": [1, "2", 2, "10"], "total_files_changed": 13, "docs_updated": True})
    assert (session.prs, session.totals) == (("1", "2", "10"), Totals(13, docs_updated=True))
    assert again(session).totals == session.totals


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        ({"completed": "2025-11-22T10:00:00Z"}, Completion(at(0), "unknown")),
        ({"last_activity": "2025-11-22T10:00:00Z"}, Completion(None, "unknown")),
        ({"started": "2025-11-22T10:00:00Z", "completion_trigger": "manual"}, Completion(None, "manual")),
        ({}, Completion(None, "unknown")),
    ],
)
def test_an_end_without_a_time_is_of_unknown_time(record: Record, expected: Completion) -> None:
    assert read(record, completed=True).completion == expected


@pytest.mark.parametrize("record", [{}, {"prs": None, "metadata": None, "author": None, "started": ""}])
def test_every_field_may_be_missing(record: Record) -> None:
    assert read(record) == Session(id="a")


WRONG: list[dict[str, Any]] = [
    {"author": 5},
    {"started": 5},
    {"started": "soon"},
    {"last_activity": "0001-01-01T00:00:00Z"},
    {"prs": "1"},
    {"prs": ["1", None, 1.5]},
    {"prs": ["1"], "total_files_changed": "many"},
    {"prs": ["1"], "test_files_added": 10**20, "total_files_changed": 1},
    {"metadata": []},
    {"metadata": {"title": 5, "inferred": "yes", "aliases": "b"}},
    {"metadata": {"aliases": ["b", None], "later": 1}},
    {"metadata": {"pull_requests": [1]}},
    {"metadata": {"pull_requests": {"1": 2, "3": {"is_auto": True}}}},
    {
        "metadata": {
            "runs": [{"agent": "codex", "id": KEY}, 3],
            "merged": [{"id": "b"}],
            "reopened": {"by": "ada"},
        }
    },
    {"metadata": {"runs": {"id": KEY}}},
    {"metadata": {"merged": [{"id": "b", "at": "2025-11-22T10:00:00Z", "by": 5, "later": [1]}]}},
    {"metadata": {"reopened": {"at": "2025-11-22T10:00:00Z", "by": "ada", "later": 1}}},
    {
        "metadata": {
            "runs": [
                {
                    "agent": "a",
                    "id": KEY,
                    "started": "2025-11-22T10:00:00Z",
                    "last_activity": "",
                    "x": 1,
                }
            ]
        }
    },
    {"metadata": {"carried_totals": {"prs": "1"}}},
    {"metadata": {"carried_totals": {"prs": ["1"], "total_files_changed": "many"}}},
    {"status": "postponed"},
]
FACTS: list[dict[str, Any]] = [
    {"state": "queued"},
    {"state": 5, "seen": "2025-11-22T10:00:00Z"},
    {"author": 5, "branch": ["x"], "base": 7},
    {"created": "soon", "closed": 5, "merged": {}},
    {"files_changed": "many", "test_files_added": True, "docs_updated": "yes"},
    {"is_auto": "yes"},
    {"evidence": "title"},
    {"evidence": [1, {"rule": 5}, {"rule": "title", "detail": "x", "weight": 3}]},
    {"seen": 7},
    {"seen": "soon"},
    {"state": "open", "seen": {"state": "2025-11-22T10:00:00Z", "mood": "2025-11-22T10:00:00Z", "base": 1}},
    {"placement": {"rung": "orbit", "at": "2025-11-22T10:00:00Z", "detail": "", "angle": 3}},
    {"placement": {"rung": "hand", "detail": ""}},
    {"placement": {"rung": "none", "at": "2025-11-22T10:00:00Z", "detail": ""}},
    {"placement": {"at": "soon", "detail": "", "by": 5}},
    {"placement": 5},
    {"agents": [{"name": "codex", "role": "piloted", "confidence": "proven", "cost": 1.5}]},
    {"agents": [{"name": "codex"}]},
    {"agents": [{"role": "opened"}, 7]},
    {"agents": [{"name": "codex", "role": 5, "confidence": "likely", "runs": [KEY, 1.5], "evidence": [7]}]},
    {"agents": {"codex": 1}},
    {"commits": ["aaaaaaaaaaaa", 1.5]},
]


def fits(part: Any, whole: Any) -> bool:
    """Whether everything that a value says stands in another one; lists may have another order."""
    if isinstance(part, dict) and isinstance(whole, dict):
        return all(key in whole and fits(value, whole[key]) for key, value in part.items())
    if isinstance(part, list) and isinstance(whole, list):
        return len(part) == len(whole) and all(any(fits(one, other) for other in whole) for one in part)
    return json.encode(part) == json.encode(whole)


@pytest.mark.parametrize("completed", [False, True], ids=["active", "completed"])
@pytest.mark.parametrize("record", WRONG, ids=lambda record: str(record)[:60])
def test_what_is_not_understood_of_a_session_is_unknown_and_written_as_it_was(
    record: dict[str, Any], completed: bool
) -> None:
    given = {key: value for key, value in record.items() if key != "status" or not completed}
    written = rewritten(given, completed=completed)
    dropped = {"last_activity"} if "runs" in str(given) else set()  # a run without one was last active at its start
    assert fits(without(given, dropped), without(written, dropped))


def without(value: Any, keys: set[str]) -> Any:
    if isinstance(value, dict):
        return {key: without(inner, keys) for key, inner in value.items() if key not in keys}
    return [without(inner, keys) for inner in value] if isinstance(value, list) else value


@pytest.mark.parametrize("record", FACTS, ids=lambda record: str(record)[:60])
def test_what_is_not_understood_of_a_pull_request_is_unknown_and_written_as_it_was(record: dict[str, Any]) -> None:
    read_once = decode_record(record, UTC)
    written = json.decode(json.encode(encode_record(read_once.value, [read_once])))
    assert fits(record, written)
    again = decode_record(written, UTC)
    assert (again.value, again.unknown) == (read_once.value, read_once.unknown)


def test_a_value_that_is_not_understood_counts_as_missing() -> None:
    record = {"author": 5, "started": "soon", "prs": 7, "metadata": {"pull_requests": {"1": 2, "3": {"state": 4}}}}
    read_once = stored(record)
    assert read_once.value == Session(id="a", pull_requests={"3": PullRequestRecord()})
    assert read_once.unknown == {"author": 5, "started": "soon", "prs": 7, "pull_requests": {"1": 2}}
    assert read_once.records["3"].unknown == {"state": 4}


def test_what_is_known_later_stands_in_the_place_of_what_was_not_understood() -> None:
    read_once = stored({"author": 5, "started": "soon"})
    written = encode_session(replace(read_once.value, author="ada"), [read_once])
    assert (written["author"], written["started"]) == ("ada", "soon")


def test_words_of_a_newer_version_are_read_as_unknown() -> None:
    agent = {"name": "codex", "role": "piloted", "confidence": "proven"}
    record = decode_record({"state": "queued", "placement": {"rung": "orbit"}, "agents": [agent]}, UTC).value
    assert record.attribution is not None
    assert (record.state, record.attribution.basis, record.attribution.label) == ("queued", Basis.UNKNOWN, "orbit")
    (one,) = record.agents
    assert (one.role, one.role_label) == (Role.UNKNOWN, "piloted")
    assert (one.confidence, one.confidence_label) == (Confidence.UNKNOWN, "proven")
    assert not one.opened


def test_a_completed_session_without_any_time_keeps_what_else_it_says() -> None:
    record = {"session_id": "a", "author": "ada", "completion_trigger": "manual", "duration_minutes": 21}
    session = read(record, completed=True)
    assert (session.completion, session.duration) == (Completion(None, "manual"), None)
    written = rewritten(record, completed=True)
    assert fits(record, written)
    assert written.keys().isdisjoint({"started", "last_activity", "completed"})
