from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from examples import few
from pr_sessions.core.agents import Run
from pr_sessions.core.corrections import absorbed_by, link, merge, reopen, session_of, split, unlink
from pr_sessions.core.lifecycle import CompletionAsked, advance
from pr_sessions.core.merge import merge_sessions
from pr_sessions.core.models import (
    Attribution,
    Basis,
    Completion,
    Merging,
    PullRequestRecord,
    Reopening,
    Session,
    Split,
    Totals,
    Trigger,
)
from pr_sessions.core.policy import Policy
from pr_sessions.errors import InvalidValue, NotFound
from pr_sessions.storage.files.collection import FileSessions
from pr_sessions.storage.files.merge import merge_collections
from pr_sessions.storage.files.session_file import parse
from strategies import at, tellings

POLICY = Policy()
TIMED = PullRequestRecord(branch="x", attribution=Attribution(Basis.TIME, at(0)))


def book_of(*sessions: Session) -> FileSessions:
    return FileSessions().put(*sessions)


def places(collection: FileSessions) -> dict[str, tuple[str, ...]]:
    return {session.id: session.prs for session in collection} | {"": tuple(collection.all_unattributed())}


def saved(collection: FileSessions) -> FileSessions:
    return FileSessions(parse(collection.to_bytes(), "sessions.json"))


def two() -> FileSessions:
    return book_of(Session(id="a", started=at(0), pull_requests={"7": TIMED}), Session(id="b", started=at(0)))


class TestLink:
    def test_puts_it_there_with_author_and_time_and_all_that_is_known(self) -> None:
        collection = link(two(), "7", two()["b"], "ada", at(5))
        assert places(collection) == {"a": (), "b": ("7",), "": ()}
        attribution = Attribution(Basis.MANUAL, at(5), "put into b", "ada")
        assert collection["b"].pull_requests["7"] == replace(TIMED, attribution=attribution)

    def test_twice_is_once(self) -> None:
        collection = link(two(), "7", two()["b"], "ada", at(5))
        assert link(collection, "7", collection["b"], "bob", at(6)) is collection

    def test_where_it_is_already_only_the_reason_changes(self) -> None:
        collection = link(two(), "7", two()["a"], "ada", at(5))
        attribution = collection["a"].pull_requests["7"].attribution
        assert (places(collection)["a"], attribution and attribution.by) == (("7",), "ada")

    def test_one_that_nobody_recorded_is_known_from_then_on(self) -> None:
        collection = link(two(), "8", two()["b"], "ada", at(5))
        assert (places(collection)["b"], collection["b"].pull_requests["8"].is_auto) == (("8",), False)

    def test_one_that_was_in_no_session_is_there_no_more(self) -> None:
        collection = (
            two().put_unattributed("8", PullRequestRecord(base="main")).put_unattributed("9", PullRequestRecord())
        )
        linked = link(collection, "8", collection["b"], "ada", at(5))
        assert (places(linked)["b"], places(linked)[""]) == (("8",), ("9",))
        assert linked["b"].pull_requests["8"].base == "main"

    def test_beats_a_correction_that_a_clock_ahead_of_ours_made(self) -> None:
        ahead = link(two(), "7", two()["b"], "bob", at(50))
        collection = link(ahead, "7", ahead["a"], "ada", at(5))
        assert places(merge_collections(saved(ahead), saved(collection))) == {"a": ("7",), "b": (), "": ()}

    def test_a_correction_of_the_end_of_time_is_an_error_and_not_a_time_that_nobody_can_read(self) -> None:
        last = datetime(9998, 12, 31, 23, 59, 59, 999999, UTC)
        collection = book_of(
            Session(id="a", pull_requests={"7": PullRequestRecord(attribution=Attribution(Basis.MANUAL, last))}),
            Session(id="b"),
        )
        with pytest.raises(InvalidValue):
            link(collection, "7", collection["b"], "ada", at(5))


class TestUnlink:
    def test_takes_it_out_with_author_and_time(self) -> None:
        collection = unlink(two(), "7", "ada", at(5))
        attribution = Attribution(Basis.MANUAL, at(5), "taken out of its session", "ada")
        assert places(collection) == {"a": (), "b": (), "": ("7",)}
        assert collection.unattributed("7") == replace(TIMED, attribution=attribution)

    def test_twice_is_once(self) -> None:
        collection = unlink(two(), "7", "ada", at(5))
        assert unlink(collection, "7", "bob", at(6)) is collection

    def test_of_one_that_nobody_knows_is_an_error(self) -> None:
        with pytest.raises(NotFound):
            unlink(two(), "8", "ada", at(5))

    def test_one_that_fitted_no_session_fits_none_by_hand(self) -> None:
        collection = unlink(two().put_unattributed("8", PullRequestRecord()), "8", "ada", at(5))
        record = collection.unattributed("8")
        assert record
        assert (session_of(collection, "8"), record.attribution) == (
            None,
            Attribution(Basis.MANUAL, at(5), "taken out of its session", "ada"),
        )


class TestCarried:
    """Numbers that an old file lists without facts."""

    OLD = Session(id="a", started=at(0), carried=("7", "8"), carried_totals=Totals(13))

    def test_a_moved_one_is_listed_in_its_new_place_alone_and_the_record_keeps_it(self) -> None:
        collection = book_of(self.OLD, Session(id="b"))
        moved = saved(link(collection, "7", collection["b"], "ada", at(5)))
        assert places(moved) == {"a": ("8",), "b": ("7",), "": ()}
        assert (moved["a"].carried, moved["a"].carried_totals, moved["a"].totals) == (
            ("7", "8"),
            Totals(13),
            Totals(13),
        )

    def test_an_older_copy_does_not_bring_it_back(self) -> None:
        collection = book_of(self.OLD, Session(id="b"))
        moved = link(collection, "7", collection["b"], "ada", at(5))
        for joined in (
            merge_collections(saved(moved), saved(collection)),
            merge_collections(saved(collection), saved(moved)),
        ):
            assert places(joined) == {"a": ("8",), "b": ("7",), "": ()}

    def test_nor_one_that_was_taken_out(self) -> None:
        collection = book_of(self.OLD)
        out = unlink(collection, "7", "ada", at(5))
        for joined in (
            merge_collections(saved(out), saved(collection)),
            merge_collections(saved(collection), saved(out)),
        ):
            assert places(joined) == {"a": ("8",), "": ("7",)}

    def test_every_session_that_listed_it_lists_it_no_more(self) -> None:
        collection = book_of(self.OLD, replace(self.OLD, id="c"), Session(id="b"))
        assert places(link(collection, "7", collection["b"], "ada", at(5))) == {
            "a": ("8",),
            "b": ("7",),
            "c": ("8",),
            "": (),
        }

    def test_what_was_counted_counts_until_all_of_them_have_facts_somewhere(self) -> None:
        collection = book_of(self.OLD, Session(id="b"))
        for number in ("7", "8"):
            collection = link(collection, number, collection["b"], "ada", at(5))
        assert collection["a"].totals == Totals()

    def test_one_that_comes_back_is_listed_again(self) -> None:
        collection = book_of(self.OLD, Session(id="b"))
        collection = link(collection, "7", collection["b"], "ada", at(5))
        back = link(collection, "7", collection["a"], "ada", at(6))
        assert places(saved(back)) == {"a": ("7", "8"), "b": (), "": ()}


def variants(collection: FileSessions) -> list[FileSessions]:
    """The same history, corrected in four clones."""
    return [
        collection,
        link(collection, "7", collection["b"], "ada", at(5)),
        unlink(collection, "7", "bob", at(6)),
        link(collection, "7", collection["a"], "eve", at(4)),
    ]


def test_opposing_corrections_join_to_the_latest_in_any_order() -> None:
    from itertools import permutations

    results = set()
    for order in permutations(map(saved, variants(two()))):
        joined = order[0]
        for collection in order[1:]:
            joined = merge_collections(joined, collection)
        results.add(joined.to_bytes())
        assert places(joined) == {"a": (), "b": (), "": ("7",)}
    assert len(results) == 1


@few
@given(tellings(2), st.sampled_from(["1", "2", "7", "ada/tool#7"]), st.integers(-600, 600), st.booleans())
def test_a_correction_survives_every_join_with_what_is_no_later_correction(
    told: list[FileSessions], number: str, minutes: int, out: bool
) -> None:
    ours, theirs = told
    ours = merge_collections(ours, theirs).put(
        Session(id="e-home")
    )  # So that it knows, and is later than, what they say.
    if out:
        ours = link(ours, number, ours["e-home"], "ada", at(minutes))
        corrected = unlink(ours, number, "ada", at(minutes))
    else:
        corrected = link(ours, number, ours["e-home"], "ada", at(minutes))
    home = "" if out else "e-home"
    for joined in (merge_collections(saved(corrected), theirs), merge_collections(theirs, saved(corrected))):
        assert [place for place, prs in places(joined).items() if number in prs] == [home]


@few
@given(tellings(3), st.permutations([0, 1, 2]))
def test_corrected_files_join_to_the_same_bytes_in_any_order(told: list[FileSessions], order: list[int]) -> None:
    collections = []
    for index, collection in enumerate(told):
        put = collection.put(Session(id="e-home"), Session(id="f-home"))
        one = link(put, "1", put["e-home"], "ada", at(index))
        collections.append(
            saved(unlink(one, "1", "bob", at(index)) if index == 1 else link(one, "2", one["f-home"], "b", at(1)))
        )
    left = merge_collections(merge_collections(collections[0], collections[1]), collections[2])
    first, second, third = (collections[i] for i in order)
    assert merge_collections(first, merge_collections(second, third)).to_bytes() == left.to_bytes()


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
    def test_an_older_copy_does_not_part_them(self, older: FileSessions) -> None:
        merged = merge(two(), two()["a"], two()["b"], "ada", at(5))
        joined = merge_collections(saved(older), saved(merged))
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
        collection = merge(book_of(one, other), one, other, "ada", at(90))
        assert collection["a"].completion == end
        assert merge_collections(saved(collection), saved(book_of(one, other)))["a"].completion == end


RUN = Run("codex", "one", at(20), at(25))
BOTH = book_of(
    Session(id="a", author="ada", started=at(0), pull_requests={"7": TIMED}),
    Session(
        id="b",
        author="bob",
        started=at(20),
        last_activity=at(25),
        completion=Completion(at(30), "manual_cli"),
        pull_requests={"8": TIMED},
        carried=("9",),
        runs=(RUN,),
    ),
)


def part(merged: FileSessions, before: FileSessions, now: float, session_id: str = "b-2") -> FileSessions:
    """A merge of a and b that was made at 5, taken back."""
    return split(merged, absorbed_by(before["a"], before["b"]), at(5), session_id, "eve", at(now), POLICY)


class TestSplit:
    def test_what_was_absorbed_is_a_session_again_with_its_author_times_and_runs(self) -> None:
        collection = part(merge(BOTH, BOTH["a"], BOTH["b"], "ada", at(5)), BOTH, 6)
        assert places(saved(collection)) == places(collection) == {"a": ("7",), "b-2": ("8", "9"), "": ()}
        old, new = BOTH["b"], collection["b-2"]
        assert (new.author, new.started, new.last_activity, new.completion, new.runs) == (
            old.author,
            old.started,
            old.last_activity,
            old.completion,
            old.runs,
        )
        assert (new.split, new.aliases, collection["a"].aliases) == ((Split("b", at(6), "eve"),), (), ("b",))
        assert new.pull_requests["8"] == replace(
            TIMED, attribution=Attribution(Basis.MANUAL, at(6), "put into b-2", "eve")
        )

    def test_one_that_was_active_may_have_run_out_since(self) -> None:
        active = BOTH.put(replace(BOTH["b"], completion=None))
        collection = part(merge(active, active["a"], active["b"], "ada", at(26)), active, 25 + 24 * 60 + 1)
        assert collection["b-2"].completion == Completion(at(25 + 24 * 60), Trigger.TIMEOUT)

    def test_only_what_the_other_session_did_not_list_goes(self) -> None:
        both = BOTH.put(replace(BOTH["a"], carried=("9",)))
        assert absorbed_by(both["b"], both["a"]).prs == ("8",)

    @pytest.mark.parametrize("older", [BOTH, BOTH.put(replace(BOTH["b"], title="late"))], ids=["same", "later"])
    def test_an_older_copy_does_not_bring_it_back(self, older: FileSessions) -> None:
        collection = part(merge(BOTH, BOTH["a"], BOTH["b"], "ada", at(5)), BOTH, 6)
        for joined in (
            merge_collections(saved(older), saved(collection)),
            merge_collections(saved(collection), saved(older)),
        ):
            assert places(joined) == {"a": ("7",), "b-2": ("8", "9"), "": ()}

    def test_what_another_clone_adds_to_the_old_id_stays_with_the_survivor(self) -> None:
        collection = part(merge(BOTH, BOTH["a"], BOTH["b"], "ada", at(5)), BOTH, 6)
        theirs = BOTH.put(replace(BOTH["b"], pull_requests={"8": TIMED, "10": TIMED}))
        assert places(merge_collections(saved(theirs), saved(collection))) == {
            "a": ("7", "10"),
            "b-2": ("8", "9"),
            "": (),
        }


@few
@given(tellings(2), st.permutations(range(6)), st.integers(6, 600), st.integers(6, 600))
def test_merges_and_their_undos_in_two_clones_join_to_the_same_bytes_in_any_order(
    told: list[FileSessions], order: list[int], one_at: int, other_at: int
) -> None:
    """Before, merged and undone in each of two clones that began with different tellings of the same sessions."""
    collections = []
    for collection, now in zip(told, (one_at, other_at), strict=True):
        before = merge_collections(collection, saved(BOTH))
        if not {"a", "b"} <= {s.id for s in before}:
            before = saved(BOTH)
        merged = merge(before, before["a"], before["b"], "ada", at(5))
        collections += [saved(before), saved(merged), saved(part(merged, before, now))]
    joined = collections[0]
    for collection in collections[1:]:
        joined = merge_collections(joined, collection)
    first, *others = (collections[i] for i in order)
    for collection in others:
        first = merge_collections(first, collection)
    assert first.to_bytes() == joined.to_bytes()
    right = collections[order[-1]]
    for index in reversed(order[:-1]):
        right = merge_collections(collections[index], right)
    assert right.to_bytes() == joined.to_bytes()
    assert merge_collections(joined, joined).to_bytes() == joined.to_bytes()


@few
@given(tellings(1), st.integers(6, 600))
def test_an_undone_merge_survives_every_join_with_what_was_before(told: list[FileSessions], now: int) -> None:
    before = merge_collections(BOTH, told[0])
    if not {"a", "b"} <= {s.id for s in before}:
        before = BOTH
    merged = merge(before, before["a"], before["b"], "ada", at(5))
    undone = part(merged, before, now)
    for older in (before, merged, told[0] if before is not BOTH else BOTH):
        for joined in (merge_collections(saved(undone), saved(older)), merge_collections(saved(older), saved(undone))):
            assert joined["b-2"].prs == undone["b-2"].prs
            assert joined.get("b") == joined.get("a")


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
        assert merge_sessions(ended, back) == merge_sessions(back, ended) == back

    def test_a_later_end_beats_it_even_where_an_earlier_one_stood_between(self) -> None:
        first, later = session("a", ASKED), session("a", LATE)
        back = reopen(first, "ada", at(25), POLICY)
        one = merge_sessions(merge_sessions(first, later), back)
        assert one == merge_sessions(first, merge_sessions(back, later))
        assert one.completion == LATE

    def test_an_end_in_the_future_is_taken_back_too(self) -> None:
        assert reopen(session("a", LATE), "ada", at(25), POLICY).reopened == Reopening(at(50), "ada")

    def test_it_is_kept(self) -> None:
        both = merge_sessions(session("a", ASKED), session("a", LATE))
        back = reopen(session("c", ASKED), "ada", at(25), POLICY)
        collection = saved(book_of(both, back))
        assert (collection["a"].other_ends, collection["c"].reopened) == ((LATE,), back.reopened)
