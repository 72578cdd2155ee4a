from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from pr_sessions.errors import InvalidValue, NotFound
from pr_sessions.sessions.corrections import home_of, link, merge, reopen, unlink
from pr_sessions.sessions.join import join_sessions
from pr_sessions.sessions.lifecycle import CompletionAsked, advance
from pr_sessions.sessions.policy import Policy
from pr_sessions.sessions.session import (
    Completion,
    Facts,
    Merging,
    Placement,
    Reopening,
    Rung,
    Session,
    Totals,
    Trigger,
)
from pr_sessions.stores.book import Book
from pr_sessions.stores.book_join import join_books
from pr_sessions.stores.document import Document, parse
from strategies import at, few, tellings

POLICY = Policy()
TIMED = Facts(branch="x", placement=Placement(Rung.TIME, at(0)))


def book_of(*sessions: Session) -> Book:
    return Book(Document()).put(*sessions)


def places(book: Book) -> dict[str, tuple[str, ...]]:
    return {session.id: session.prs for session in book} | {"": tuple(book.unattributed)}


def saved(book: Book) -> Book:
    return Book(parse(book.to_bytes(), "sessions.json"))


def two() -> Book:
    return book_of(Session(id="a", started=at(0), pull_requests={"7": TIMED}), Session(id="b", started=at(0)))


class TestLink:
    def test_puts_it_there_with_author_and_time_and_all_that_is_known(self) -> None:
        book = link(two(), "7", two()["b"], "ada", at(5))
        assert places(book) == {"a": (), "b": ("7",), "": ()}
        placement = Placement(Rung.HAND, at(5), "put into b", "ada")
        assert book["b"].pull_requests["7"] == replace(TIMED, placement=placement)

    def test_twice_is_once(self) -> None:
        book = link(two(), "7", two()["b"], "ada", at(5))
        assert link(book, "7", book["b"], "bob", at(6)) is book

    def test_where_it_is_already_only_the_reason_changes(self) -> None:
        book = link(two(), "7", two()["a"], "ada", at(5))
        placement = book["a"].pull_requests["7"].placement
        assert (places(book)["a"], placement and placement.by) == (("7",), "ada")

    def test_one_that_nobody_recorded_is_known_from_then_on(self) -> None:
        book = link(two(), "8", two()["b"], "ada", at(5))
        assert (places(book)["b"], book["b"].pull_requests["8"].is_auto) == (("8",), False)

    def test_one_that_was_in_no_session_is_there_no_more(self) -> None:
        book = two().put_unattributed({"8": Facts(base="main"), "9": Facts()})
        linked = link(book, "8", book["b"], "ada", at(5))
        assert (places(linked)["b"], places(linked)[""]) == (("8",), ("9",))
        assert linked["b"].pull_requests["8"].base == "main"

    def test_beats_a_correction_that_a_clock_ahead_of_ours_made(self) -> None:
        ahead = link(two(), "7", two()["b"], "bob", at(50))
        book = link(ahead, "7", ahead["a"], "ada", at(5))
        assert places(join_books(saved(ahead), saved(book))) == {"a": ("7",), "b": (), "": ()}

    def test_a_correction_of_the_end_of_time_is_an_error_and_not_a_time_that_nobody_can_read(self) -> None:
        last = datetime(9998, 12, 31, 23, 59, 59, 999999, UTC)
        book = book_of(
            Session(id="a", pull_requests={"7": Facts(placement=Placement(Rung.HAND, last))}), Session(id="b")
        )
        with pytest.raises(InvalidValue):
            link(book, "7", book["b"], "ada", at(5))


class TestUnlink:
    def test_takes_it_out_with_author_and_time(self) -> None:
        book = unlink(two(), "7", "ada", at(5))
        placement = Placement(Rung.HAND, at(5), "taken out of its session", "ada")
        assert places(book) == {"a": (), "b": (), "": ("7",)}
        assert book.unattributed["7"] == replace(TIMED, placement=placement)

    def test_twice_is_once(self) -> None:
        book = unlink(two(), "7", "ada", at(5))
        assert unlink(book, "7", "bob", at(6)) is book

    def test_of_one_that_nobody_knows_is_an_error(self) -> None:
        with pytest.raises(NotFound):
            unlink(two(), "8", "ada", at(5))

    def test_one_that_fitted_no_session_fits_none_by_hand(self) -> None:
        book = unlink(two().put_unattributed({"8": Facts()}), "8", "ada", at(5))
        assert (home_of(book, "8"), book.unattributed["8"].placement) == (
            None,
            Placement(Rung.HAND, at(5), "taken out of its session", "ada"),
        )


class TestCarried:
    """Numbers that an old file lists without facts."""

    OLD = Session(id="a", started=at(0), carried=("7", "8"), carried_totals=Totals(13))

    def test_a_moved_one_is_listed_in_its_new_place_alone_and_the_record_keeps_it(self) -> None:
        book = book_of(self.OLD, Session(id="b"))
        moved = saved(link(book, "7", book["b"], "ada", at(5)))
        assert places(moved) == {"a": ("8",), "b": ("7",), "": ()}
        assert (moved["a"].carried, moved["a"].carried_totals, moved["a"].totals) == (
            ("7", "8"),
            Totals(13),
            Totals(13),
        )

    def test_an_older_copy_does_not_bring_it_back(self) -> None:
        book = book_of(self.OLD, Session(id="b"))
        moved = link(book, "7", book["b"], "ada", at(5))
        for joined in (join_books(saved(moved), saved(book)), join_books(saved(book), saved(moved))):
            assert places(joined) == {"a": ("8",), "b": ("7",), "": ()}

    def test_nor_one_that_was_taken_out(self) -> None:
        book = book_of(self.OLD)
        out = unlink(book, "7", "ada", at(5))
        for joined in (join_books(saved(out), saved(book)), join_books(saved(book), saved(out))):
            assert places(joined) == {"a": ("8",), "": ("7",)}

    def test_every_session_that_listed_it_lists_it_no_more(self) -> None:
        book = book_of(self.OLD, replace(self.OLD, id="c"), Session(id="b"))
        assert places(link(book, "7", book["b"], "ada", at(5))) == {"a": ("8",), "b": ("7",), "c": ("8",), "": ()}

    def test_what_was_counted_counts_until_all_of_them_have_facts_somewhere(self) -> None:
        book = book_of(self.OLD, Session(id="b"))
        for number in ("7", "8"):
            book = link(book, number, book["b"], "ada", at(5))
        assert book["a"].totals == Totals()

    def test_one_that_comes_back_is_listed_again(self) -> None:
        book = book_of(self.OLD, Session(id="b"))
        book = link(book, "7", book["b"], "ada", at(5))
        back = link(book, "7", book["a"], "ada", at(6))
        assert places(saved(back)) == {"a": ("7", "8"), "b": (), "": ()}


def variants(book: Book) -> list[Book]:
    """The same history, corrected in four clones."""
    return [
        book,
        link(book, "7", book["b"], "ada", at(5)),
        unlink(book, "7", "bob", at(6)),
        link(book, "7", book["a"], "eve", at(4)),
    ]


def test_opposing_corrections_join_to_the_latest_in_any_order() -> None:
    from itertools import permutations

    results = set()
    for order in permutations(map(saved, variants(two()))):
        joined = order[0]
        for book in order[1:]:
            joined = join_books(joined, book)
        results.add(joined.to_bytes())
        assert places(joined) == {"a": (), "b": (), "": ("7",)}
    assert len(results) == 1


@few
@given(tellings(2), st.sampled_from(["1", "2", "7", "ada/tool#7"]), st.integers(-600, 600), st.booleans())
def test_a_correction_survives_every_join_with_what_is_no_later_correction(
    told: list[Book], number: str, minutes: int, out: bool
) -> None:
    ours, theirs = told
    ours = join_books(ours, theirs).put(Session(id="e-home"))  # So that it knows, and is later than, what they say.
    if out:
        ours = link(ours, number, ours["e-home"], "ada", at(minutes))
        corrected = unlink(ours, number, "ada", at(minutes))
    else:
        corrected = link(ours, number, ours["e-home"], "ada", at(minutes))
    home = "" if out else "e-home"
    for joined in (join_books(saved(corrected), theirs), join_books(theirs, saved(corrected))):
        assert [place for place, prs in places(joined).items() if number in prs] == [home]


@few
@given(tellings(3), st.permutations([0, 1, 2]))
def test_corrected_files_join_to_the_same_bytes_in_any_order(told: list[Book], order: list[int]) -> None:
    books = []
    for index, book in enumerate(told):
        put = book.put(Session(id="e-home"), Session(id="f-home"))
        one = link(put, "1", put["e-home"], "ada", at(index))
        books.append(
            saved(unlink(one, "1", "bob", at(index)) if index == 1 else link(one, "2", one["f-home"], "b", at(1)))
        )
    left = join_books(join_books(books[0], books[1]), books[2])
    first, second, third = (books[i] for i in order)
    assert join_books(first, join_books(second, third)).to_bytes() == left.to_bytes()


def session(session_id: str, end: Completion | None, last: float = 10) -> Session:
    return Session(id=session_id, started=at(0), last_activity=at(last), completion=end)


ASKED, LATE, TIMEOUT = (
    Completion(at(20), "manual_cli"),
    Completion(at(50), "manual"),
    Completion(at(60), Trigger.TIMEOUT),
)


class TestMerge:
    def test_two_are_one_and_say_who_did_it(self) -> None:
        merged = merge(two(), two()["b"], two()["a"], "ada", at(5))
        assert [(s.id, s.aliases, s.prs, s.merged) for s in merged] == [
            ("a", ("b",), ("7",), (Merging("b", at(5), "ada"),))
        ]
        assert saved(merged)["a"].merged == merged["a"].merged

    def test_twice_is_once(self) -> None:
        merged = merge(two(), two()["a"], two()["b"], "ada", at(5))
        one, other = merged.get("a"), merged.get("b")
        assert one
        assert other
        assert merge(merged, one, other, "ada", at(6)) is merged

    @pytest.mark.parametrize("older", [two(), two().put(Session(id="b", title="late"))])
    def test_an_older_copy_does_not_part_them(self, older: Book) -> None:
        merged = merge(two(), two()["a"], two()["b"], "ada", at(5))
        joined = join_books(saved(older), saved(merged))
        assert [s.id for s in joined] == ["a"]

    @pytest.mark.parametrize(
        ("one", "other", "end"),
        [
            (session("a", ASKED), session("b", None, 30), None),
            (session("a", ASKED), session("b", LATE, 30), LATE),
            (session("a", ASKED), session("b", TIMEOUT, 30), TIMEOUT),
            (session("a", LATE), session("b", ASKED), LATE),
            (session("a", None), session("b", None), None),
        ],
        ids=["still active", "asked later", "timed out later", "the other way round", "both active"],
    )
    def test_the_whole_ends_when_its_later_part_ended(
        self, one: Session, other: Session, end: Completion | None
    ) -> None:
        book = merge(book_of(one, other), one, other, "ada", at(90))
        assert book["a"].completion == end
        assert join_books(saved(book), saved(book_of(one, other)))["a"].completion == end


class TestReopen:
    def test_an_asked_end_is_taken_back(self) -> None:
        back = reopen(session("a", ASKED), "ada", at(25), POLICY)
        assert (back.completion, back.reopened) == (None, Reopening(at(25), "ada"))

    def test_time_may_have_ended_it_since(self) -> None:
        back = reopen(session("a", ASKED), "ada", at(90), POLICY)
        assert back.completion == Completion(at(40), Trigger.TIMEOUT)

    @pytest.mark.parametrize(("minutes", "end"), [(20, None), (25, None), (26, Completion(at(26), "manual"))])
    def test_only_a_later_end_counts_then(self, minutes: float, end: Completion | None) -> None:
        back = reopen(session("a", ASKED), "ada", at(25), POLICY)
        assert advance(back, CompletionAsked(at(minutes), "manual"), POLICY).completion == end

    def test_beats_the_end_in_a_join(self) -> None:
        ended = session("a", ASKED)
        back = reopen(ended, "ada", at(25), POLICY)
        assert join_sessions(ended, back) == join_sessions(back, ended) == back

    def test_a_later_end_beats_it_even_where_an_earlier_one_stood_between(self) -> None:
        first, later = session("a", ASKED), session("a", LATE)
        back = reopen(first, "ada", at(25), POLICY)
        one = join_sessions(join_sessions(first, later), back)
        assert one == join_sessions(first, join_sessions(back, later))
        assert one.completion == LATE

    def test_an_end_in_the_future_is_taken_back_too(self) -> None:
        assert reopen(session("a", LATE), "ada", at(25), POLICY).reopened == Reopening(at(50), "ada")

    def test_it_is_kept(self) -> None:
        both = join_sessions(session("a", ASKED), session("a", LATE))
        back = reopen(session("c", ASKED), "ada", at(25), POLICY)
        book = saved(book_of(both, back))
        assert (book["a"].other_ends, book["c"].reopened) == ((LATE,), back.reopened)
