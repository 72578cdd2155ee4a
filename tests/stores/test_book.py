from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import json
from msgspec.structs import replace

from pr_sessions.errors import UnreadableFile
from pr_sessions.sessions.agent import Agent, Run
from pr_sessions.sessions.join import join_sessions
from pr_sessions.sessions.lifecycle import begin, covers
from pr_sessions.sessions.policy import Policy
from pr_sessions.sessions.session import Completion, Facts, Session, Trigger
from pr_sessions.stores.book import Book
from pr_sessions.stores.document import Document, Entry, parse
from pr_sessions.stores.strict_json import way_out
from strategies import IDS, MOMENTS, NUMBERS, at, few, sessions, tellings

EMPTY = Book(Document(name="sessions.json"))
ADA = begin("ada-1", "ada", at(0))


def again(book: Book) -> Book:
    return Book(parse(book.to_bytes(), "sessions.json"), book.zone)


def test_an_empty_book_holds_nothing() -> None:
    assert (list(EMPTY), len(EMPTY), EMPTY.get("a"), EMPTY.holding("1"), EMPTY.active()) == ([], 0, None, None, ())


def test_a_book_is_a_value_that_putting_leaves_as_it_is() -> None:
    book = EMPTY.put(ADA)
    later = book.put(replace(ADA, title="x"))
    assert (len(EMPTY), book["ada-1"], later["ada-1"].title) == (0, ADA, "x")


@pytest.mark.parametrize("book", [EMPTY.put(ADA), again(EMPTY.put(ADA))], ids=["put", "read"])
def test_putting_what_is_there_gives_the_same_book(book: Book) -> None:
    assert book.put(book["ada-1"]) is book


def test_putting_the_same_unattributed_gives_the_same_book() -> None:
    book = EMPTY.put_unattributed({"1": Facts(branch="x")})
    assert (book.put_unattributed({"1": Facts(branch="x")}) is book, list(again(book).unattributed)) == (True, ["1"])


def test_active_sessions_come_by_id_and_completed_ones_by_their_end() -> None:
    def ended(session_id: str, minutes: float) -> Session:
        return replace(begin(session_id, "ada", at(-90)), completion=Completion(at(minutes), Trigger.MANUAL))

    kept = again(EMPTY.put(begin("b", "ada", at(0)), ended("late", 20), ended("early", 0)))
    book = kept.put(begin("a", "ada", at(5)), ended("middle", 10))
    expected = ["a", "b", "early", "middle", "late"]
    assert ([s.id for s in book], [s.id for s in book.active()]) == (expected, ["a", "b"])
    assert list(again(book)) == [again(book)[session_id] for session_id in expected]


Changes = list[tuple[Session, bool]]


@given(tellings(1), st.lists(st.tuples(sessions(), st.booleans()), max_size=4), NUMBERS, IDS, MOMENTS)
def test_a_book_answers_as_a_list_of_its_sessions_would(
    told: list[Book], changes: Changes, number: str, name: str, moment: datetime
) -> None:
    (book,) = told
    model = {session.id: session for session in book}
    for session, absorbed in changes:
        if absorbed and session.id in model:
            del model[session.id]
            book = book.put(without=(session.id,))
        else:
            model[session.id] = _grown(session, model)
            book = book.put(model[session.id])
    assert {session.id: session for session in book} == model
    assert len(book) == len(model)
    _compare(book, model, number, name, moment)


def _grown(session: Session, model: dict[str, Session]) -> Session:
    """As sessions change: nothing that was known goes, and no pull request has facts in two of them."""
    taken = {n for other in model.values() if other.id != session.id for n in other.pull_requests}
    told = replace(session, pull_requests={n: f for n, f in session.pull_requests.items() if n not in taken})
    return join_sessions(model[session.id], told) if session.id in model else told


def _compare(book: Book, model: dict[str, Session], number: str, name: str, moment: datetime) -> None:
    known = {s.id for s in model.values() if number in s.pull_requests}
    listed = {s.id for s in model.values() if number in s.prs}
    holder, named = book.holding(number), book.get(name)
    assert holder.id in (known or listed) if holder else not listed
    names = {s.id for s in model.values() if name in s.aliases}
    assert named.id in ({name} if name in model else names) if named else not names and name not in model
    policy = Policy()
    alive = {s.id for s in model.values() if covers(s, moment, policy)}
    assert alive <= {s.id for s in book.around(moment, policy.timeout)}


def test_a_session_that_became_part_of_another_is_found_by_its_old_id() -> None:
    both = replace(ADA, aliases=("old",))
    for book in (EMPTY.put(both), again(EMPTY.put(both)), again(EMPTY.put(both)).put(replace(both, title="x"))):
        assert (found := book.get("old")) is not None
        assert found.id == "ada-1"


def test_a_session_with_facts_holds_a_number_before_one_that_only_lists_it() -> None:
    lists, knows = replace(ADA, id="a", carried=("7",)), replace(ADA, id="b", pull_requests={"7": Facts()})
    for book in (EMPTY.put(lists, knows), EMPTY.put(knows, lists), again(EMPTY.put(lists, knows))):
        assert (found := book.holding("7")) is not None
        assert found.id == "b"
    half = again(EMPTY.put(knows)).put(lists)
    assert (found := half.holding("7")) is not None
    assert found.id == "b"


def test_a_pull_request_is_found_whether_its_number_was_written_as_text_or_as_a_number() -> None:
    entry = Entry("a", {"session_id": "a", "prs": [7, "8"]}, completed=False)
    book = Book(Document((entry,)))
    assert [s.id for n in ("7", "8") if (s := book.holding(n))] == ["a", "a"]


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago", "UTC"])
def test_sessions_around_a_time_are_found_whatever_zone_they_were_written_in(zone: str) -> None:
    entry = Entry(
        "a", {"session_id": "a", "started": "2025-11-22T00:10:00", "completed": "2025-11-22T00:20:00"}, completed=True
    )
    book = Book(Document((entry,)), ZoneInfo(zone))
    began = book["a"].started
    assert began
    assert [s.id for s in book.around(began, timedelta(minutes=30))] == ["a"]


@pytest.mark.parametrize("started", ["20251122T100000Z", "2025-11-22T10:00:00Z", "2025-11-22 10:00:00+00:00"])
def test_sessions_around_a_time_are_found_however_it_is_spelled(started: str) -> None:
    record = {"session_id": "a", "started": started, "completed": started.replace("T1000", "T1010")}
    book = Book(Document((Entry("a", record, completed=True),)))
    assert [s.id for s in book.around(at(0), timedelta(minutes=30))] == ["a"]


def test_a_session_that_stands_twice_in_a_file_is_joined() -> None:
    one = {"session_id": "a", "started": "2025-11-22T10:00:00Z", "prs": ["1"], "x": 1}
    other = {"session_id": "a", "completed": "2025-11-22T10:30:00Z", "prs": ["2"], "y": 2}
    third = {"session_id": "a", "last_activity": "2025-11-22T10:20:00Z", "prs": ["3"]}
    book = Book(
        Document(
            (Entry("a", one, completed=False), Entry("a", other, completed=True), Entry("a", third, completed=True))
        )
    )
    (session,) = book
    assert (session.prs, session.started, session.completion) == (
        ("1", "2", "3"),
        at(0),
        Completion(at(20), "unknown"),
    )
    assert (session.source["x"], session.source["y"], len(book), again(book)["a"].prs) == (1, 2, 1, session.prs)


def test_writing_keeps_untouched_records_to_the_letter() -> None:
    odd = {"started": "2025-11-22T10:00:00", "session_id": "a", "prs": None, "z": {"b": 1.0, "a": None}, "author": 1}
    book = Book(Document((Entry("a", odd, completed=False),))).put(ADA)
    written = json.decode(book.to_bytes())["active_sessions"]["a"]
    assert list(written.items()) == list(odd.items())


def test_writing_says_when() -> None:
    assert json.decode(EMPTY.updated(at(0)).to_bytes())["last_updated"] == "2025-11-22T10:00:00Z"


@few
@given(tellings(1))
def test_what_is_written_is_read_as_the_same(told: list[Book]) -> None:
    (book,) = told
    read = again(book)
    assert (list(read), read.top, read.unattributed.keys()) == (
        list(book),
        {"version": "1.0", **book.top},
        book.unattributed.keys(),
    )
    assert read.to_bytes() == book.to_bytes()


@pytest.mark.parametrize(
    ("record", "message"),
    [
        ({"session_id": "a", "author": 5}, "a: author: '5' is no text"),
        ({"session_id": "a", "metadata": 5}, "a: metadata: '5' is no object"),
    ],
)
def test_a_session_that_cannot_be_understood_is_named(record: dict[str, object], message: str) -> None:
    book = Book(Document((Entry("a", record, completed=False),), name="sessions.json"))
    with pytest.raises(UnreadableFile) as error:
        book.get("a")
    assert (str(error.value), error.value.hint) == (f"cannot read sessions.json: {message}", way_out("sessions.json"))


@pytest.mark.parametrize("unattributed", [[1], {"7": 5}, "7", {"7": {"state": 5}}])
def test_unattributed_pull_requests_of_the_wrong_kind_are_named(unattributed: object) -> None:
    with pytest.raises(UnreadableFile, match=r"cannot read sessions\.json: unattributed: "):
        Book(Document(top={"unattributed": unattributed}, name="sessions.json"))


@pytest.mark.parametrize("record", [{"prs": 7}, {"metadata": {"pull_requests": [7]}}, {"metadata": [7]}])
def test_looking_for_a_number_names_what_is_in_the_way(record: dict[str, object]) -> None:
    book = Book(Document((Entry("a", record, completed=False),), name="sessions.json"))
    with pytest.raises(UnreadableFile, match=r"\Acannot read sessions\.json: prs: "):
        book.holding("7")


def held(session_id: str, run: str, *, hook: bool = False) -> Session:
    session = begin(session_id, "ada", at(0))
    if hook:
        return replace(session, runs=(Run("devin", run, at(0), at(0)),))
    return replace(session, pull_requests={session_id: Facts(agents=(Agent("devin", runs=(run,)),))})


def test_a_run_is_found_whether_hooks_saw_it_or_a_pull_request_carries_it() -> None:
    one, two, three = held("1", "r"), held("2", "r", hook=True), held("3", "other")
    read = again(EMPTY.put(one, two))
    for book in (EMPTY.put(one, two, three), again(EMPTY.put(one, two, three)), read.put(three)):
        assert [session.id for session in book.of_run("devin", "r")] == ["1", "2"]
        assert book.of_run("codex", "r") == book.of_run("devin", "none") == ()


def test_a_run_that_moved_is_found_where_it_is() -> None:
    book = again(EMPTY.put(held("1", "r"))).put(begin("1", "ada", at(0)), held("2", "r"))
    assert [session.id for session in book.of_run("devin", "r")] == ["2"]
    assert [session.id for session in book.put(without=["2"]).of_run("devin", "r")] == []


def test_runs_of_the_wrong_type_are_an_error_with_a_way_out() -> None:
    record = {"session_id": "a", "metadata": {"runs": 3}}
    book = Book(Document((Entry("a", record, completed=False),), name="sessions.json"))
    with pytest.raises(UnreadableFile, match=r"sessions\.json: runs"):
        book.of_run("devin", "r")
