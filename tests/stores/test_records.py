from datetime import UTC, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import json
from msgspec.structs import replace

from pr_sessions.sessions.session import Completion, Facts, Placement, Rung, Session, State, Totals, Trigger
from pr_sessions.sessions.times import read_time
from pr_sessions.stores.records import Record, WrongType, minutes, read_facts, read_session, write_facts, write_session
from strategies import at, facts, sessions, spelled

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


def read(record: Record, *, completed: bool = False, zone: str = "UTC") -> Session:
    return read_session(record.get("session_id", "a"), record, ZoneInfo(zone), completed=completed)


def test_the_active_sample_of_the_specification_is_read() -> None:
    began = read_time("2025-12-05T06:17:51.491514Z")
    assert read(ACTIVE) == Session(
        id="cseek_cursor-20251120-0617", author="cseek_cursor", started=began, last_activity=began, source=ACTIVE
    )


def test_the_completed_sample_of_the_specification_is_read() -> None:
    assert read(COMPLETED, completed=True) == Session(
        id="unknown-20251119-2204",
        author="unknown",
        started=read_time("2025-12-05T22:04:52.873742Z"),
        completion=Completion(read_time("2025-12-05T22:26:11.789103Z"), "manual_cli"),
        source=COMPLETED,
    )


@pytest.mark.parametrize(("sample", "completed"), [(ACTIVE, False), (COMPLETED, True)], ids=["active", "completed"])
def test_a_sample_that_is_written_keeps_every_field_as_it_was(sample: Record, completed: bool) -> None:
    written = write_session(read(sample, completed=completed, zone="America/New_York"), ZoneInfo("America/New_York"))
    assert {key: written[key] for key in sample} == sample


def again(session: Session) -> Session:
    record = json.decode(json.encode(write_session(session, UTC)))
    return read_session(session.id, record, UTC, completed=session.completion is not None)


def plain(session: Session) -> Session:
    told = {number: replace(f, source={}) for number, f in session.pull_requests.items()}
    return replace(session, source={}, pull_requests=told)


@given(sessions())
def test_a_session_that_is_written_is_read_as_the_same(session: Session) -> None:
    assert plain(again(session)) == plain(session)


@given(sessions(), st.data())
def test_a_record_keeps_its_unknown_fields_and_the_spelling_of_its_times(session: Session, data: st.DataObject) -> None:
    record = data.draw(spelled(write_session(session, UTC)))
    written = write_session(read_session(session.id, record, UTC, completed=bool(session.completion)), UTC)
    assert without_own_times(written) == without_own_times(record)


def without_own_times(record: Record) -> Record:
    """Reasons, corrections and tellings are ours alone: their times are always written our way."""
    told = (record.get("metadata") or {}).get("pull_requests", {})
    kept = {n: {k: v for k, v in f.items() if k not in ("placement", "seen")} for n, f in told.items()}
    metadata = {k: v for k, v in (record.get("metadata") or {}).items() if k != "reopened"}
    return {**record, "metadata": {**metadata, "pull_requests": kept}}


@given(facts())
def test_facts_that_are_written_are_read_as_the_same(told: Facts) -> None:
    read_again = read_facts(json.decode(json.encode(write_facts(told, UTC))), UTC)
    assert replace(read_again, source={}) == replace(told, source={})


def test_a_time_that_changes_is_written_in_utc_and_the_others_stay() -> None:
    zone = ZoneInfo("America/New_York")
    session = replace(read(ACTIVE, zone="America/New_York"), last_activity=at(0))
    written = write_session(session, zone)
    assert (written["started"], written["last_activity"]) == ("2025-12-05T06:17:51.491514", "2025-11-22T10:00:00Z")


def test_a_new_session_is_written_with_the_specified_fields_first() -> None:
    placement = Placement(Rung.TIME, at(0), "work of ada")
    told = Facts(files_changed=3, state=State.OPEN, is_auto=True, placement=placement, seen={"state": at(1)})
    end = Completion(at(45), Trigger.TIMEOUT)
    session = Session(
        id="a",
        author="ada",
        started=at(0),
        last_activity=at(15),
        completion=end,
        pull_requests={"10": told, "9": Facts()},
    )
    assert list(write_session(session, UTC).items()) == [
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
    assert "duration_minutes" not in write_session(session, UTC)


@pytest.mark.parametrize(("seconds", "whole"), [(0, 0), (59, 0), (60, 1), (1259.9, 20)])
def test_minutes_are_whole_and_truncated(seconds: float, whole: int) -> None:
    assert minutes(timedelta(seconds=seconds)) == whole


OURS = write_session(
    Session(id="a", started=at(0), last_activity=at(0), pull_requests={"1": Facts(files_changed=10)}), UTC
)


def test_an_old_tool_that_adds_a_number_to_our_record_is_believed() -> None:
    session = read({**OURS, "prs": ["1", "3"], "total_files_changed": 14, "test_files_added": 2})
    assert (session.prs, session.carried, session.carried_totals) == (("1", "3"), ("3",), Totals(4, 2))
    assert session.totals == Totals(14, 2)


def test_a_number_that_an_old_tool_added_and_facts_of_it_do_not_add_up() -> None:
    session = read({**OURS, "prs": ["1", "3"], "total_files_changed": 14})
    told = {**session.pull_requests, "3": Facts(files_changed=4)}
    assert again(replace(session, pull_requests=told)).totals == Totals(14)


def test_an_old_count_without_facts_stays() -> None:
    session = read({**ACTIVE, "prs": [1, "2", 2, "10"], "total_files_changed": 13, "docs_updated": True})
    assert (session.prs, session.totals) == (("1", "2", "10"), Totals(13, docs_updated=True))
    assert again(session).totals == session.totals


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        ({"completed": "2025-11-22T10:00:00Z"}, Completion(at(0), "unknown")),
        ({"last_activity": "2025-11-22T10:00:00Z"}, Completion(at(0), "unknown")),
        ({"started": "2025-11-22T10:00:00Z", "completion_trigger": "manual"}, Completion(at(0), "manual")),
    ],
)
def test_an_end_without_a_time_stands_at_the_last_sign_of_work(record: Record, expected: Completion) -> None:
    assert read(record, completed=True).completion == expected


@pytest.mark.parametrize("record", [{}, {"prs": None, "metadata": None, "author": None, "started": ""}])
def test_every_field_may_be_missing(record: Record) -> None:
    assert read(record) == Session(id="a", source=record)


@pytest.mark.parametrize(
    ("record", "message"),
    [
        ({"author": 5}, "author: '5' is no text"),
        ({"started": 5}, "started: '5' is no text"),
        ({"started": "soon"}, "started: not a date and time: 'soon'"),
        ({"prs": "1"}, "prs: '1' is no list"),
        ({"prs": [None]}, "prs: 'None' is no text"),
        ({"prs": [1.5]}, "prs: '1.5' is no text"),
        ({"prs": ["1"], "total_files_changed": "many"}, "total_files_changed: 'many' is no whole number"),
        ({"prs": ["1"], "total_files_changed": True}, "total_files_changed: 'True' is no whole number"),
        ({"metadata": []}, "metadata: '[]' is no object"),
        ({"metadata": {"pull_requests": [1]}}, "pull_requests: '[1]' is no object"),
        ({"metadata": {"pull_requests": {"1": 2}}}, "pull_requests.1: '2' is no object"),
        ({"metadata": {"pull_requests": {"1": {"state": "lost"}}}}, "state: 'lost' is none of open, closed, merged"),
        ({"metadata": {"pull_requests": {"1": {"evidence": [1]}}}}, "evidence: '1' is no object"),
        ({"metadata": {"pull_requests": {"1": {"seen": 7}}}}, "seen: '7' is no object"),
        ({"metadata": {"pull_requests": {"1": {"placement": {"rung": "luck"}}}}}, "placement: {'rung': 'luck'}"),
        ({"metadata": {"aliases": "b"}}, "aliases: 'b' is no list"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_field_of_the_wrong_kind_is_named(record: dict[str, Any], message: str) -> None:
    with pytest.raises(WrongType) as error:
        read(record)
    assert message in str(error.value)


def test_a_completed_session_without_any_time_is_wrong() -> None:
    with pytest.raises(WrongType, match="completed: no time is given"):
        read({"session_id": "a"}, completed=True)
