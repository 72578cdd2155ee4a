from collections.abc import Mapping
from datetime import UTC
from itertools import permutations

from hypothesis import given
from msgspec.structs import replace

from pr_sessions.sessions.join import join_all
from pr_sessions.sessions.session import Facts, Placement, Rung, Session
from pr_sessions.stores.book import Book
from pr_sessions.stores.book_join import join_books
from pr_sessions.stores.document import Document, Entry, parse
from pr_sessions.stores.records import Record
from strategies import at, few, tellings


def plain(found: Mapping[str, Session]) -> dict[str, Session]:
    """Without what was read: only what it means."""
    return {
        session_id: replace(
            session,
            source={},
            pull_requests={n: replace(f, source={}) for n, f in session.pull_requests.items()},
        )
        for session_id, session in found.items()
    }


def decoded(book: Book) -> dict[str, Session]:
    return {session.id: session for session in book}


def again(book: Book) -> Book:
    return Book(parse(book.to_bytes(), book.name))


@few
@given(tellings(2))
def test_two_files_join_as_their_sessions_do(told: list[Book]) -> None:
    one, other = (book.put_unattributed({}) for book in told)
    assert plain(decoded(join_books(one, other))) == plain(join_all(decoded(one), decoded(other)))


@few
@given(tellings(2))
def test_the_bytes_do_not_show_which_file_came_first(told: list[Book]) -> None:
    one, other = told
    assert join_books(one, other).to_bytes() == join_books(other, one).to_bytes()


@few
@given(tellings(3))
def test_the_bytes_do_not_show_which_files_were_joined_first(told: list[Book]) -> None:
    one, other, third = told
    left = join_books(join_books(one, other), third)
    assert left.to_bytes() == join_books(one, join_books(other, third)).to_bytes()


@few
@given(tellings(3))
def test_nor_whether_the_first_result_was_written_and_read(told: list[Book]) -> None:
    one, other, third = told
    kept = join_books(one, other)
    assert join_books(again(kept), third).to_bytes() == join_books(kept, third).to_bytes()


@few
@given(tellings(2))
def test_a_joined_file_has_both_files_in_it_already(told: list[Book]) -> None:
    one, other = told
    joined = join_books(one, other).to_bytes()
    kept = Book(parse(joined, "kept"))
    assert [join_books(kept, book).to_bytes() for book in (one, other, kept)] == [joined] * 3


@few
@given(tellings(1))
def test_a_file_joined_with_itself_stays_as_it_is(told: list[Book]) -> None:
    (book,) = told
    assert join_books(book, book).to_bytes() == book.to_bytes()


def book_of(*entries: Entry, **top: object) -> Book:
    return Book(Document(entries, top))


def active(session_id: str, **fields: object) -> Entry:
    return Entry(session_id, {"session_id": session_id, **fields}, completed=False)


def test_a_session_that_one_file_knows_alone_stays_to_the_letter() -> None:
    mine = active("a", odd={"z": 1, "a": [2.50]}, started="2025-11-22T10:00:00", status="active")
    joined = join_books(book_of(mine), book_of(active("b")))
    assert (list(joined.kept["a"].record.items()), joined.changed) == (list(mine.record.items()), {})


def test_sessions_alike_in_both_files_stay_to_the_letter() -> None:
    mine = active("a", odd={"z": 1, "a": 2}, started="2025-11-22T10:00:00")
    joined = join_books(book_of(mine), book_of(mine, active("b")))
    assert list(joined.kept["a"].record.items()) == list(mine.record.items())


def test_numbers_that_are_equal_but_not_the_same_text_do_not_depend_on_the_order() -> None:
    tellings = [book_of(active("a", later=[value], started="2025-11-22T10:00:00Z")) for value in (1, 1.0, True)]
    results = {join_books(join_books(x, y), z).to_bytes() for x, y, z in permutations(tellings)}
    assert len(results) == 1


def facts_of(number: str, rung: str) -> Record:
    placement = {"rung": rung, "at": "2025-11-22T10:00:00Z"}
    return {"pull_requests": {number: {"placement": placement, "files_changed": 2}}}


def test_a_pull_request_that_moved_between_two_known_sessions_moves_here_too() -> None:
    before = [active("a", metadata=facts_of("7", "time"), prs=["7"]), active("b")]
    after = [active("a"), active("b", metadata=facts_of("7", "mark"), prs=["7"])]
    joined = join_books(book_of(*before), book_of(*after))
    assert {s.id: s.prs for s in joined} == {"a": (), "b": ("7",)}


def test_the_later_last_update_stands() -> None:
    one, other = book_of(last_updated="2025-12-05T14:49:39Z"), book_of(last_updated="2025-12-06T00:00:00Z")
    assert join_books(one, other).top == {"last_updated": "2025-12-06T00:00:00Z"}


def test_unknown_fields_at_the_top_survive_from_both() -> None:
    one, other = book_of(team={"x": 1}, same=1), book_of(team={"y": 2}, same="1", last_updated=None)
    expected = {"last_updated": None, "same": "1", "team": {"x": 1, "y": 2}}
    assert (join_books(one, other).top, join_books(other, one).top) == (expected, expected)


def test_an_unattributed_pull_request_that_found_its_session_brings_its_facts() -> None:
    lost = book_of().put_unattributed({"7": Facts(branch="x", seen={"branch": at(1)})})
    placed = Placement(Rung.MARK, at(0))
    found = book_of().put(Session(id="a", pull_requests={"7": Facts(files_changed=3, placement=placed)}))
    joined = join_books(lost, found)
    told = joined["a"].pull_requests["7"]
    assert (told.branch, told.files_changed, told.placement, dict(joined.unattributed)) == ("x", 3, placed, {})


def test_what_two_files_could_not_attribute_is_joined() -> None:
    one = book_of().put_unattributed({"7": Facts(branch="x")})
    other = book_of().put_unattributed({"7": Facts(base="main"), "8": Facts()})
    told = join_books(one, other).unattributed
    assert {n: (f.branch, f.base) for n, f in told.items()} == {"7": ("x", "main"), "8": (None, None)}


def test_what_was_put_joins_as_it_would_be_written() -> None:
    read = book_of(active("a", started="2025-11-22T10:00:00", later=1))
    put = read.put(replace(read["a"], started=at(-5)))
    other = book_of(active("a", started="2025-11-22T12:00:00"))
    assert join_books(put, other).to_bytes() == join_books(again(put), other).to_bytes()


def test_naive_times_are_read_in_the_zone_of_the_book() -> None:
    joined = join_books(book_of(active("a", started="2025-11-22T10:00:00")), book_of(active("a", later=1)))
    assert (joined["a"].started, joined.zone) == (at(0), UTC)


def test_the_order_of_unknown_fields_that_writing_changes_does_not_change_which_value_stands() -> None:
    one, other = book_of(later=[{"z": 1, "a": 1}]), book_of(later=[{"b": 1}])
    joined = join_books(one, other)
    assert [join_books(again(joined), book).to_bytes() for book in (one, other)] == [joined.to_bytes()] * 2
