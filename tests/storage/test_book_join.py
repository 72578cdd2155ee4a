from collections.abc import Mapping
from datetime import UTC
from functools import reduce
from itertools import permutations

from hypothesis import given
from msgspec.structs import replace

from examples import few
from pr_sessions.core.merge import join_all
from pr_sessions.core.models import Attribution, Basis, PullRequestRecord, Session
from pr_sessions.storage.files.collection import FileSessions
from pr_sessions.storage.files.merge import merge_collections
from pr_sessions.storage.files.record_codec import Record
from pr_sessions.storage.files.session_file import Entry, SessionFile, parse
from strategies import at, tellings


def without_scores(sessions: Mapping[str, Session]) -> dict[str, Session]:
    """Of two scores, a file keeps the one that sorts last as text."""
    return {session_id: replace(session, final_score=None) for session_id, session in sessions.items()}


def decoded(collection: FileSessions) -> dict[str, Session]:
    return {session.id: session for session in collection}


def without_unattributed(collection: FileSessions) -> FileSessions:
    for number in collection.all_unattributed():
        collection = collection.put_unattributed(number, None)
    return collection


def again(collection: FileSessions) -> FileSessions:
    return FileSessions(parse(collection.to_bytes(), collection.name))


@few
@given(tellings(2))
def test_two_files_join_as_their_sessions_do(told: list[FileSessions]) -> None:
    one, other = map(without_unattributed, told)
    assert without_scores(decoded(merge_collections(one, other))) == without_scores(
        join_all(decoded(one), decoded(other))
    )


@few
@given(tellings(2))
def test_the_bytes_do_not_show_which_file_came_first(told: list[FileSessions]) -> None:
    one, other = told
    assert merge_collections(one, other).to_bytes() == merge_collections(other, one).to_bytes()


@few
@given(tellings(3))
def test_nor_do_they_show_which_files_were_joined_first_or_whether_that_was_written(told: list[FileSessions]) -> None:
    one, other, third = told
    first = merge_collections(one, other)
    left = merge_collections(first, third).to_bytes()
    assert left == merge_collections(one, merge_collections(other, third)).to_bytes()
    assert left == merge_collections(again(first), third).to_bytes()


@few
@given(tellings(2))
def test_a_joined_file_has_both_files_in_it_already(told: list[FileSessions]) -> None:
    one, other = told
    joined = merge_collections(one, other).to_bytes()
    kept = FileSessions(parse(joined, "kept"))
    assert [merge_collections(kept, collection).to_bytes() for collection in (one, other, kept)] == [joined] * 3


@few
@given(tellings(1))
def test_a_file_joined_with_itself_stays_as_it_is(told: list[FileSessions]) -> None:
    (collection,) = told
    assert merge_collections(collection, collection).to_bytes() == collection.to_bytes()


def book_of(*entries: Entry, **top: object) -> FileSessions:
    return FileSessions(SessionFile(entries, top))


def active(session_id: str, **fields: object) -> Entry:
    return Entry(session_id, {"session_id": session_id, **fields}, completed=False)


def test_a_session_that_one_file_knows_alone_stays_to_the_letter() -> None:
    mine = active("a", odd={"z": 1, "a": [2.50]}, started="2025-11-22T10:00:00", status="active")
    joined = merge_collections(book_of(mine), book_of(active("b")))
    assert (list(joined.kept["a"].raw.items()), joined.changes.sessions) == (list(mine.raw.items()), {})


def test_sessions_alike_in_both_files_stay_to_the_letter() -> None:
    mine = active("a", odd={"z": 1, "a": 2}, started="2025-11-22T10:00:00")
    joined = merge_collections(book_of(mine), book_of(mine, active("b")))
    assert list(joined.kept["a"].raw.items()) == list(mine.raw.items())


def test_numbers_that_are_equal_but_not_the_same_text_do_not_depend_on_the_order() -> None:
    tellings = [book_of(active("a", later=[value], started="2025-11-22T10:00:00Z")) for value in (1, 1.0, True)]
    results = {merge_collections(merge_collections(x, y), z).to_bytes() for x, y, z in permutations(tellings)}
    assert len(results) == 1


def merged(*fields: dict[str, object]) -> Record:
    """The record of a session after its copies with these fields were merged."""
    return reduce(merge_collections, (book_of(active("a", **copy)) for copy in fields)).kept["a"].raw


def test_unknown_fields_of_both_survive() -> None:
    raw = merged({"final_score": 7, "deep": {"x": [1]}}, {"later": None, "deep": {"y": 2}})
    assert {key: raw[key] for key in ("final_score", "later", "deep")} == {
        "final_score": 7,
        "later": None,
        "deep": {"x": [1], "y": 2},
    }


def test_of_two_unknown_values_the_same_one_stands_whatever_the_order() -> None:
    one, other = {"later": [True]}, {"later": [1]}
    assert repr(merged(one, other)["later"]) == repr(merged(other, one)["later"])


def test_a_time_keeps_the_spelling_of_the_copy_that_it_is_from() -> None:
    one, other = {"started": "2025-11-22T10:00:00"}, {"started": "2025-11-22T12:05:00+02:00"}
    assert merged(one, other)["started"] == "2025-11-22T10:00:00"
    assert merged(one, {"started": "2025-11-22T10:00:00Z"})["started"] == "2025-11-22T10:00:00Z"


def test_a_place_that_a_pull_request_had_in_between_does_not_show() -> None:
    carrier = active("b", prs=[], metadata={"carried_totals": {"prs": ["7"]}}, author="ada")
    carrying = book_of(carrier)
    lost = book_of(unattributed={"7": {"branch": "x"}})
    found = book_of(active("a", metadata=record_of("7", "time"), prs=["7"]))
    results = {
        merge_collections(merge_collections(x, y), z).to_bytes() for x, y, z in permutations([carrying, lost, found])
    }
    results |= {
        merge_collections(x, merge_collections(y, z)).to_bytes() for x, y, z in permutations([carrying, lost, found])
    }
    assert len(results) == 1


def record_of(number: str, basis: str) -> Record:
    attribution = {"rung": basis, "at": "2025-11-22T10:00:00Z"}
    return {"pull_requests": {number: {"placement": attribution, "files_changed": 2}}}


def test_a_pull_request_that_moved_between_two_known_sessions_moves_here_too() -> None:
    before = [active("a", metadata=record_of("7", "time"), prs=["7"]), active("b")]
    after = [active("a"), active("b", metadata=record_of("7", "mark"), prs=["7"])]
    joined = merge_collections(book_of(*before), book_of(*after))
    assert {s.id: s.prs for s in joined} == {"a": (), "b": ("7",)}


def test_the_later_last_update_stands() -> None:
    one, other = book_of(last_updated="2025-12-05T14:49:39Z"), book_of(last_updated="2025-12-06T00:00:00Z")
    assert merge_collections(one, other).top == {"last_updated": "2025-12-06T00:00:00Z"}


def test_unknown_fields_at_the_top_survive_from_both() -> None:
    one, other = book_of(team={"x": 1}, same=1), book_of(team={"y": 2}, same="1", last_updated=None)
    expected = {"last_updated": None, "same": "1", "team": {"x": 1, "y": 2}}
    assert (merge_collections(one, other).top, merge_collections(other, one).top) == (expected, expected)


def test_an_unattributed_pull_request_that_found_its_session_brings_its_facts() -> None:
    lost = book_of().put_unattributed("7", PullRequestRecord(branch="x", reported_at={"branch": at(1)}))
    placed = Attribution(Basis.MARKER, at(0))
    found = book_of().put(Session(id="a", pull_requests={"7": PullRequestRecord(files_changed=3, attribution=placed)}))
    joined = merge_collections(lost, found)
    told = joined["a"].pull_requests["7"]
    assert (told.branch, told.files_changed, told.attribution, dict(joined.all_unattributed())) == ("x", 3, placed, {})


def test_what_two_files_could_not_attribute_is_joined() -> None:
    one = book_of().put_unattributed("7", PullRequestRecord(branch="x"))
    other = book_of().put_unattributed("7", PullRequestRecord(base="main"))
    other = other.put_unattributed("8", PullRequestRecord())
    told = merge_collections(one, other).all_unattributed()
    assert {n: (f.branch, f.base) for n, f in told.items()} == {"7": ("x", "main"), "8": (None, None)}


def test_what_was_put_joins_as_it_would_be_written() -> None:
    read = book_of(active("a", started="2025-11-22T10:00:00", later=1))
    put = read.put(replace(read["a"], started=at(-5)))
    other = book_of(active("a", started="2025-11-22T12:00:00"))
    assert merge_collections(put, other).to_bytes() == merge_collections(again(put), other).to_bytes()


def test_naive_times_are_read_in_the_zone_of_the_book() -> None:
    joined = merge_collections(book_of(active("a", started="2025-11-22T10:00:00")), book_of(active("a", later=1)))
    assert (joined["a"].started, joined.zone) == (at(0), UTC)


def test_the_order_of_unknown_fields_that_writing_changes_does_not_change_which_value_stands() -> None:
    one, other = book_of(later=[{"z": 1, "a": 1}]), book_of(later=[{"b": 1}])
    joined = merge_collections(one, other)
    assert [merge_collections(again(joined), collection).to_bytes() for collection in (one, other)] == [
        joined.to_bytes()
    ] * 2
