from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from examples import few
from pr_sessions.core.lifecycle import (
    Activity,
    CompletionAsked,
    Event,
    Phase,
    TimePassed,
    advance,
    begin,
    covers,
    expiry,
    idle_time,
    phase,
    status,
)
from pr_sessions.core.models import Completion, Session, Status, Trigger
from pr_sessions.core.policy import Policy
from strategies import MOMENTS, POLICIES, at, sessions

POLICY = Policy()
NEVER = Policy(enable_timeout_completion=False)
FRESH = begin("a", "ada", at(0))
TIMED_OUT = replace(FRESH, completion=Completion(at(30), Trigger.TIMEOUT))
COMPLETED = replace(FRESH, completion=Completion(at(10), Trigger.MANUAL))
EVENTS: st.SearchStrategy[Event] = st.one_of(
    MOMENTS.map(Activity), MOMENTS.map(TimePassed), MOMENTS.map(lambda m: CompletionAsked(m, Trigger.MANUAL))
)


def worked(minutes: float) -> Session:
    return replace(FRESH, last_activity=at(minutes))


def asked(minutes: float) -> Session:
    return replace(FRESH, completion=Completion(at(minutes), Trigger.MANUAL_CLI))


@pytest.mark.parametrize(
    ("session", "event", "after"),
    [
        pytest.param(FRESH, Activity(at(5)), worked(5), id="active, activity"),
        pytest.param(FRESH, Activity(at(20)), worked(20), id="warning, activity"),
        pytest.param(FRESH, Activity(at(30)), worked(30), id="at the very timeout, activity"),
        pytest.param(FRESH, Activity(at(31)), TIMED_OUT, id="idle, activity"),
        pytest.param(FRESH, Activity(at(-5)), FRESH, id="activity before the start"),
        pytest.param(FRESH, CompletionAsked(at(5), Trigger.MANUAL_CLI), asked(5), id="active, asked"),
        pytest.param(FRESH, CompletionAsked(at(20), Trigger.MANUAL_CLI), asked(20), id="warning, asked"),
        pytest.param(FRESH, CompletionAsked(at(31), Trigger.MANUAL_CLI), TIMED_OUT, id="idle, asked"),
        pytest.param(FRESH, TimePassed(at(5)), FRESH, id="active, time"),
        pytest.param(FRESH, TimePassed(at(20)), FRESH, id="warning, time"),
        pytest.param(FRESH, TimePassed(at(30)), FRESH, id="at the very timeout, time"),
        pytest.param(FRESH, TimePassed(at(5000)), TIMED_OUT, id="idle, time"),
        pytest.param(TIMED_OUT, Activity(at(20)), worked(20), id="timed out, activity before"),
        pytest.param(TIMED_OUT, Activity(at(31)), TIMED_OUT, id="timed out, activity after"),
        pytest.param(TIMED_OUT, Activity(at(-1)), TIMED_OUT, id="timed out, activity long before"),
        pytest.param(TIMED_OUT, CompletionAsked(at(20), Trigger.MANUAL_CLI), asked(20), id="timed out, asked before"),
        pytest.param(TIMED_OUT, CompletionAsked(at(31), Trigger.MANUAL_CLI), TIMED_OUT, id="timed out, asked after"),
        pytest.param(TIMED_OUT, TimePassed(at(60)), TIMED_OUT, id="timed out, time"),
        pytest.param(COMPLETED, Activity(at(5)), COMPLETED, id="completed, activity"),
        pytest.param(COMPLETED, CompletionAsked(at(5), Trigger.MANUAL_CLI), COMPLETED, id="completed, asked"),
        pytest.param(COMPLETED, TimePassed(at(60)), COMPLETED, id="completed, time"),
    ],
)
def test_what_an_event_does(session: Session, event: Event, after: Session) -> None:
    assert advance(session, event, POLICY) == after


@pytest.mark.parametrize(
    ("session", "minutes", "expected"),
    [
        (FRESH, 0, Phase.ACTIVE),
        (FRESH, 15, Phase.ACTIVE),
        (FRESH, 15.1, Phase.WARNING),
        (FRESH, 30, Phase.WARNING),
        (FRESH, 30.1, Phase.IDLE),
        (FRESH, -60, Phase.ACTIVE),
        (TIMED_OUT, 0, Phase.TIMED_OUT),
        (COMPLETED, 500, Phase.COMPLETED),
        (Session(id="a"), 500, Phase.ACTIVE),
    ],
)
def test_where_a_session_stands(session: Session, minutes: float, expected: Phase) -> None:
    assert phase(session, at(minutes), POLICY) is expected


@pytest.mark.parametrize(
    ("session", "minutes", "expected"),
    [
        (FRESH, 0, Status.ACTIVE),
        (FRESH, 20, Status.WARNING),
        (FRESH, 31, Status.IDLE),
        (TIMED_OUT, 31, Status.COMPLETED),
        (COMPLETED, 0, Status.COMPLETED),
    ],
)
def test_a_status_is_one_of_the_four_words(session: Session, minutes: float, expected: Status) -> None:
    assert status(session, at(minutes), POLICY) is expected


@few
@given(sessions(), EVENTS, POLICIES)
def test_no_event_moves_the_last_activity_backwards(session: Session, event: Event, policy: Policy) -> None:
    after = advance(session, event, policy)
    assert session.latest is None or (after.latest is not None and after.latest >= session.latest)


@few
@given(sessions(), st.lists(EVENTS, max_size=5), POLICIES)
def test_what_somebody_asked_for_is_final(session: Session, events: list[Event], policy: Policy) -> None:
    final = replace(session, completion=Completion(at(0), Trigger.MANUAL))
    assert run(final, events, policy) is final


@few
@given(sessions(), st.lists(EVENTS, max_size=5), POLICIES)
def test_a_duration_is_never_negative(session: Session, events: list[Event], policy: Policy) -> None:
    after = run(session, events, policy)
    assert all(span is None or span >= timedelta() for span in (after.duration, after.active_time))


@few
@given(sessions(), EVENTS, POLICIES)
def test_an_event_that_comes_twice_counts_once(session: Session, event: Event, policy: Policy) -> None:
    after = advance(session, event, policy)
    assert advance(after, event, policy) is after


def run(session: Session, events: list[Event], policy: Policy = POLICY) -> Session:
    for event in events:
        session = advance(session, event, policy)
    return session


REACHED = st.lists(st.integers(0, 29).map(at), max_size=5)
NOTICED = st.lists(MOMENTS.map(TimePassed), max_size=5)


@given(REACHED, NOTICED, st.data())
def test_a_timeout_stands_where_it_does_in_whatever_order_things_become_known(
    moments: list[datetime], noticed: list[TimePassed], data: st.DataObject
) -> None:
    happened: list[Event] = [*map(Activity, moments), *noticed]
    events = data.draw(st.permutations(happened))
    last = max([at(0), *moments])
    expected = replace(FRESH, last_activity=last, completion=Completion(last + POLICY.timeout, Trigger.TIMEOUT))
    assert run(FRESH, [*events, TimePassed(at(6000))]) == expected


@given(st.lists(st.integers(0, 300).map(at)), NOTICED, st.data())
def test_noticing_the_time_changes_nothing_in_the_end(
    moments: list[datetime], noticed: list[TimePassed], data: st.DataObject
) -> None:
    plain = run(FRESH, [*map(Activity, moments), TimePassed(at(6000))])
    events: list[Event] = list(map(Activity, moments))
    for passed in noticed:
        events.insert(data.draw(st.integers(0, len(events))), passed)
    assert run(FRESH, [*events, TimePassed(at(6000))]) == plain


@given(st.lists(MOMENTS, max_size=5), st.data())
def test_without_timeouts_all_activity_counts_in_any_order(moments: list[datetime], data: st.DataObject) -> None:
    happened: list[Event] = [*map(Activity, moments), TimePassed(at(6000))]
    events = data.draw(st.permutations(happened))
    assert run(FRESH, events, NEVER) == replace(FRESH, last_activity=max([at(0), *moments]))


def test_without_timeouts_an_idle_session_can_be_completed() -> None:
    assert advance(FRESH, CompletionAsked(at(500), Trigger.MANUAL_CLI), NEVER) == asked(500)
    assert phase(FRESH, at(500), NEVER) is Phase.IDLE


def test_work_without_a_gap_reaches_over_the_timeout() -> None:
    assert advance(FRESH, Activity(at(90), since=at(20)), POLICY) == worked(90)
    assert advance(FRESH, Activity(at(90), since=at(31)), POLICY) == TIMED_OUT


def test_a_session_without_times_begins_with_its_first_activity() -> None:
    bare = Session(id="a", author="ada")
    assert advance(bare, Activity(at(0)), POLICY) == FRESH
    assert advance(bare, TimePassed(at(0)), POLICY) is bare
    assert (expiry(bare, POLICY), idle_time(bare, at(0)), covers(bare, at(0), POLICY)) == (None, timedelta(), False)


def test_a_start_stands_for_the_activity_that_nobody_told() -> None:
    quiet = replace(FRESH, last_activity=None)
    assert advance(quiet, TimePassed(at(31)), POLICY) == replace(quiet, completion=TIMED_OUT.completion)


def test_a_late_pull_request_moves_the_start_of_an_inferred_session_back() -> None:
    inferred = begin("a", "ada", at(0), inferred=True)
    assert advance(inferred, Activity(at(-30)), POLICY) == replace(inferred, started=at(-30))
    assert advance(inferred, Activity(at(-31)), POLICY) is inferred


@pytest.mark.parametrize(
    ("session", "first", "last"),
    [
        (FRESH, 0, 30),
        (TIMED_OUT, 0, 30),
        (COMPLETED, 0, 10),
        (replace(FRESH, inferred=True), -30, 30),
        (replace(COMPLETED, inferred=True), -30, 10),
    ],
)
def test_the_span_to_which_something_can_belong(session: Session, first: float, last: float) -> None:
    inside = [m for m in range(-40, 50) if covers(session, at(m), POLICY)]
    assert inside == list(range(int(first), int(last) + 1))
