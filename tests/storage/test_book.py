from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from msgspec import json

from examples import few
from pr_sessions.core.lifecycle import begin
from pr_sessions.core.models import Completion, PullRequestRecord
from pr_sessions.storage.files.collection import FileSessions
from pr_sessions.storage.files.record_codec import Record
from pr_sessions.storage.files.session_file import Entry, SessionFile, parse
from strategies import at, tellings

EMPTY = FileSessions(SessionFile(name="sessions.json"))
ADA = begin("ada-1", "ada", at(0))


def again(collection: FileSessions) -> FileSessions:
    return FileSessions(parse(collection.to_bytes(), "sessions.json"), collection.zone)


def test_a_pull_request_is_found_whether_its_number_was_written_as_text_or_as_a_number() -> None:
    entry = Entry("a", {"session_id": "a", "prs": [7, "8"]}, completed=False)
    collection = FileSessions(SessionFile((entry,)))
    assert [s.id for n in ("7", "8") if (s := collection.for_pull_request(n))] == ["a", "a"]


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago", "UTC"])
def test_sessions_around_a_time_are_found_whatever_zone_they_were_written_in(zone: str) -> None:
    entry = Entry(
        "a", {"session_id": "a", "started": "2025-11-22T00:10:00", "completed": "2025-11-22T00:20:00"}, completed=True
    )
    collection = FileSessions(SessionFile((entry,)), ZoneInfo(zone))
    began = collection["a"].started
    assert began
    assert [s.id for s in collection.active_near(began, timedelta(minutes=30))] == ["a"]


@pytest.mark.parametrize("started", ["20251122T100000Z", "2025-11-22T10:00:00Z", "2025-11-22 10:00:00+00:00"])
def test_sessions_around_a_time_are_found_however_it_is_spelled(started: str) -> None:
    record = {"session_id": "a", "started": started, "completed": started.replace("T1000", "T1010")}
    collection = FileSessions(SessionFile((Entry("a", record, completed=True),)))
    assert [s.id for s in collection.active_near(at(0), timedelta(minutes=30))] == ["a"]


def test_a_session_that_stands_twice_in_a_file_is_joined() -> None:
    one = {"session_id": "a", "started": "2025-11-22T10:00:00Z", "prs": ["1"], "x": 1}
    other = {"session_id": "a", "completed": "2025-11-22T10:30:00Z", "prs": ["2"], "y": 2}
    third = {"session_id": "a", "last_activity": "2025-11-22T10:20:00Z", "prs": ["3"]}
    collection = FileSessions(
        SessionFile(
            (Entry("a", one, completed=False), Entry("a", other, completed=True), Entry("a", third, completed=True))
        )
    )
    (session,) = collection
    assert (session.prs, session.started, session.completion) == (
        ("1", "2", "3"),
        at(0),
        Completion(at(30), "unknown"),
    )
    raw = collection.entry_of("a").raw
    assert (raw["x"], raw["y"], len(collection), again(collection)["a"].prs) == (1, 2, 1, session.prs)


def test_writing_keeps_untouched_records_to_the_letter() -> None:
    odd = {"started": "2025-11-22T10:00:00", "session_id": "a", "prs": None, "z": {"b": 1.0, "a": None}, "author": 1}
    collection = FileSessions(SessionFile((Entry("a", odd, completed=False),))).put(ADA)
    written = json.decode(collection.to_bytes())["active_sessions"]["a"]
    assert list(written.items()) == list(odd.items())


def test_writing_says_when() -> None:
    assert json.decode(EMPTY.updated(at(0)).to_bytes())["last_updated"] == "2025-11-22T10:00:00Z"


@few
@given(tellings(1))
def test_what_is_written_is_read_as_the_same(told: list[FileSessions]) -> None:
    (collection,) = told
    read = again(collection)
    assert (list(read), read.top, read.all_unattributed().keys()) == (
        list(collection),
        {"version": "1.0", **collection.top},
        collection.all_unattributed().keys(),
    )
    assert read.to_bytes() == collection.to_bytes()


@pytest.mark.parametrize(
    "record",
    [
        {"author": 5},
        {"metadata": 5},
        {"metadata": [7]},
        {"prs": 7},
        {"prs": [None, {}]},
        {"metadata": {"pull_requests": [7]}},
        {"metadata": {"pull_requests": {"7": 5}}},
        {"metadata": {"pull_requests": {"7": {"agents": 5}}, "carried_totals": {"prs": 5}}},
        {"metadata": {"pull_requests": {"7": {"agents": [{"name": "devin", "runs": 5}]}}, "carried_totals": 5}},
        {"metadata": {"runs": 3, "aliases": 3}},
        {"metadata": {"runs": [3], "aliases": [3]}},
        {"started": 5, "last_activity": 5, "completed": 5},
        {"completed": "Z", "started": ""},
        {"completed": "", "last_activity": "", "started": ""},
    ],
    ids=str,
)
@pytest.mark.parametrize("completed", [False, True], ids=["active", "completed"])
def test_no_question_about_a_record_that_is_not_understood_is_an_error(record: Record, completed: bool) -> None:
    collection = FileSessions(SessionFile((Entry("a", record, completed=completed),), name="sessions.json"))
    assert [s.id for s in collection] == ["a"]
    assert collection.get("a") is collection["a"]
    assert (collection.for_pull_request("9"), collection.get("b"), collection.for_run("r")) == (None, None, ())
    assert (collection.all_for_pull_request("9"), collection.count_pull_requests()) == ((), 0)
    assert [s.id for s in collection.active_near(at(0), timedelta(days=1))] in ([], ["a"])
    assert collection.names_of("a")[0] == "a"
    assert [session_id for _, session_id in collection.ends()] == (["a"] if completed else [])


def test_unattributed_records_that_are_not_understood_stay_as_they_are() -> None:
    records = {"7": 5, "8": {"state": 5}, "9": {"is_auto": True}}
    collection = FileSessions(SessionFile(top={"unattributed": records}, name="sessions.json"))
    assert sorted(collection.all_unattributed()) == ["8", "9"]
    collection = collection.put_unattributed("10", PullRequestRecord(author="ada"))
    written = json.decode(collection.to_bytes())["unattributed"]
    assert written == {"7": 5, "8": {"state": 5, "is_auto": False}, "9": {"is_auto": True}} | {
        "10": {"author": "ada", "is_auto": False}
    }
