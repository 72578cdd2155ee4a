from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from examples import few
from pr_sessions.core.merge import join_all, merge_records, merge_sessions, with_record
from pr_sessions.core.models import Attribution, Basis, Completion, PullRequestRecord, Session, State, Totals, Trigger
from strategies import at, collections, record, sessions

SAME = sessions(ids=st.just("a"))
NEWLY_FACTS = record()


@few
@given(SAME, SAME)
def test_joining_sessions_is_commutative(one: Session, other: Session) -> None:
    assert merge_sessions(one, other) == merge_sessions(other, one)


@few
@given(SAME, SAME, SAME)
def test_joining_sessions_is_associative(one: Session, other: Session, third: Session) -> None:
    assert merge_sessions(merge_sessions(one, other), third) == merge_sessions(one, merge_sessions(other, third))


@few
@given(SAME, SAME)
def test_joining_sessions_is_idempotent(one: Session, other: Session) -> None:
    joined = merge_sessions(one, other)
    assert (merge_sessions(joined, one), merge_sessions(joined, other), merge_sessions(joined, joined)) == (joined,) * 3


@few
@given(sessions(), sessions(), sessions())
def test_sessions_that_became_one_join_in_any_order(one: Session, other: Session, third: Session) -> None:
    assert merge_sessions(merge_sessions(one, other), third) == merge_sessions(other, merge_sessions(third, one))


@few
@given(NEWLY_FACTS, NEWLY_FACTS)
def test_joining_facts_is_commutative(one: PullRequestRecord, other: PullRequestRecord) -> None:
    assert merge_records(one, other) == merge_records(other, one)


@few
@given(NEWLY_FACTS, NEWLY_FACTS, NEWLY_FACTS)
def test_joining_facts_is_associative(
    one: PullRequestRecord, other: PullRequestRecord, third: PullRequestRecord
) -> None:
    assert merge_records(merge_records(one, other), third) == merge_records(one, merge_records(other, third))


@few
@given(NEWLY_FACTS, NEWLY_FACTS)
def test_joining_facts_is_idempotent(one: PullRequestRecord, other: PullRequestRecord) -> None:
    joined = merge_records(one, other)
    assert (merge_records(joined, one), merge_records(joined, other), merge_records(one, one)) == (joined, joined, one)


@few
@given(collections(), collections())
def test_joining_books_is_commutative(one: dict[str, Session], other: dict[str, Session]) -> None:
    assert join_all(one, other) == join_all(other, one)


@few
@given(collections(), collections(), collections())
def test_joining_books_is_associative(
    one: dict[str, Session], other: dict[str, Session], third: dict[str, Session]
) -> None:
    assert join_all(join_all(one, other), third) == join_all(one, join_all(other, third))


@few
@given(collections(), collections())
def test_joining_books_is_idempotent(one: dict[str, Session], other: dict[str, Session]) -> None:
    joined = join_all(one, other)
    assert (join_all(joined, one), join_all(joined, other), join_all(one, one)) == (joined, joined, one)


def every(found: Mapping[str, Session], what: str) -> set[str]:
    return {name for session in found.values() for name in getattr(session, what)}


@few
@given(collections(), collections())
def test_nothing_is_lost(one: dict[str, Session], other: dict[str, Session]) -> None:
    joined = join_all(one, other)
    assert every(joined, "prs") == every(one, "prs") | every(other, "prs")
    assert every(joined, "pull_requests") == every(one, "pull_requests") | every(other, "pull_requests")
    names = {*one, *other} | every(one, "aliases") | every(other, "aliases")
    assert joined.keys() | every(joined, "aliases") == names


@few
@given(collections(), collections())
def test_the_joined_book_is_in_normal_form(one: dict[str, Session], other: dict[str, Session]) -> None:
    joined = join_all(one, other)
    numbers = [number for session in joined.values() for number in session.pull_requests]
    names = [name for session in joined.values() for name in (session.id, *session.aliases)]
    assert (len(numbers), len(names)) == (len(set(numbers)), len(set(names)))
    assert all(session_id == session.id for session_id, session in joined.items())


def test_the_earliest_start_and_the_latest_activity_stand() -> None:
    one = Session(id="a", started=at(0), last_activity=at(10))
    other = Session(id="a", started=at(5), last_activity=at(20))
    joined = merge_sessions(one, other)
    assert (joined.started, joined.last_activity) == (at(0), at(20))


def ended(minutes: float, trigger: str, last: float = 10) -> Session:
    return Session(id="a", started=at(0), last_activity=at(last), completion=Completion(at(minutes), trigger))


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (ended(40, Trigger.TIMEOUT), ended(50, Trigger.MANUAL), Completion(at(50), Trigger.MANUAL)),
        (ended(50, Trigger.MANUAL_CLI), ended(60, Trigger.MANUAL), Completion(at(50), Trigger.MANUAL_CLI)),
        (ended(40, Trigger.TIMEOUT), ended(50, Trigger.TIMEOUT, last=20), Completion(at(50), Trigger.TIMEOUT)),
        (ended(40, Trigger.TIMEOUT), Session(id="a", started=at(0), last_activity=at(20)), None),
        (
            ended(40, Trigger.TIMEOUT),
            Session(id="a", started=at(0), last_activity=at(5)),
            Completion(at(40), Trigger.TIMEOUT),
        ),
    ],
    ids=["asked beats timeout", "the earlier asked one", "the later activity's timeout", "refuted", "not refuted"],
)
def test_how_two_ends_become_one(one: Session, other: Session, expected: Completion | None) -> None:
    assert merge_sessions(one, other).completion == expected


def told(minutes: float, **fields: object) -> PullRequestRecord:
    return PullRequestRecord(**fields, reported_at=dict.fromkeys(fields, at(minutes)))  # type: ignore[arg-type]  # one word for any field


def test_the_latest_telling_of_each_field_stands() -> None:
    joined = merge_records(told(1, files_changed=9, state=State.OPEN), told(2, files_changed=3))
    assert joined == PullRequestRecord(
        files_changed=3, state=State.OPEN, reported_at={"files_changed": at(2), "state": at(1)}
    )


def test_of_two_states_told_at_once_the_later_in_life_stands() -> None:
    assert merge_records(told(1, state=State.OPEN), told(1, state=State.MERGED)).state is State.MERGED


def test_of_two_counts_told_at_once_the_larger_number_stands() -> None:
    assert merge_records(told(1, files_changed=9), told(1, files_changed=10)).files_changed == 10


def test_what_is_not_told_deletes_nothing() -> None:
    assert merge_records(told(1, branch="x"), told(2, files_changed=0)).branch == "x"


def holding(session_id: str, basis: Basis, minutes: float, **fields: object) -> Session:
    attribution = Attribution(basis, at(minutes))
    return Session(id=session_id, pull_requests={"7": PullRequestRecord(attribution=attribution, **fields)})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("one", "other", "home"),
    [
        (holding("a", Basis.TIME, 1), holding("b", Basis.MARKER, 2), "b"),
        (holding("a", Basis.TIME, 2), holding("b", Basis.TIME, 1), "b"),
        (holding("a", Basis.MANUAL, 1), holding("b", Basis.MANUAL, 2), "b"),
        (holding("a", Basis.MANUAL, 1), holding("b", Basis.HOOK, 0), "a"),
    ],
    ids=["stronger evidence", "the earlier evidence", "the later hand", "hand beats all"],
)
def test_a_pull_request_in_two_sessions_stays_where_its_evidence_is_best(
    one: Session, other: Session, home: str
) -> None:
    joined = join_all({one.id: one}, {other.id: other})
    assert {session_id: session.prs for session_id, session in joined.items()} == {
        "a": ("7",) if home == "a" else (),
        "b": ("7",) if home == "b" else (),
    }


def test_a_pull_request_that_moves_keeps_what_was_known() -> None:
    one, other = holding("a", Basis.TIME, 1, files_changed=4), holding("b", Basis.MARKER, 2, branch="x")
    record = join_all({"a": one}, {"b": other})["b"].pull_requests["7"]
    assert (record.files_changed, record.branch) == (4, "x")


def test_a_session_and_the_one_that_it_became_part_of_are_one() -> None:
    one = {"a": Session(id="a", aliases=("b",), title="all"), "c": Session(id="c")}
    joined = join_all(one, {"b": Session(id="b", carried=("3",))})
    assert joined == {"a": Session(id="a", aliases=("b",), title="all", carried=("3",)), "c": Session(id="c")}


def test_sessions_meet_through_a_chain_of_aliases() -> None:
    one = {"a": Session(id="a", aliases=("b",)), "c": Session(id="c", aliases=("d",))}
    joined = join_all(one, {"b": Session(id="b", aliases=("d",))})
    assert joined == {"a": Session(id="a", aliases=("b", "c", "d"))}


def test_an_old_count_and_facts_of_the_same_pull_request_do_not_add_up() -> None:
    old = Session(id="a", carried=("1",), carried_totals=Totals(13))
    new = Session(id="a", pull_requests={"1": PullRequestRecord(files_changed=5)})
    assert merge_sessions(old, new).totals == Totals(5)


def test_facts_are_put_and_taken_away_without_touching_the_session() -> None:
    session = Session(id="a")
    assert with_record(session, "1", PullRequestRecord(files_changed=1)).prs == ("1",)
    assert with_record(with_record(session, "1", PullRequestRecord()), "1", None) == replace(session)
