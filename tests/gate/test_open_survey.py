"""What is open, put in order: what to review first, what collides, what could have waited."""

from collections.abc import Mapping
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from snapshots import DEVIN, POLICY, ended, fork, told

from pr_sessions.core.gate import Why
from pr_sessions.core.overlaps import Overlap
from pr_sessions.core.policy import Policy
from pr_sessions.forges.base import ChangedFile, ForgePullRequest, User
from pr_sessions.gate.rebuild import Snapshot, rebuild
from pr_sessions.gate.status import Breach
from pr_sessions.look.forge import survey_rebuilt
from pr_sessions.look.survey import PullRequestGroup, Survey
from pr_sessions.storage.files.collection import FileSessions
from pr_sessions.storage.files.session_file import parse
from rules import all_signatures
from scene import minute

WRITERS = {"ada": True, "bob": True, "eve": False}
AT = minute(20)
CURSOR = User("cursor[bot]", 206951365, "Bot")


def seen(
    *pulls: ForgePullRequest,
    files: Mapping[str, str] | None = None,
    policy: Policy = POLICY,
    at: datetime = AT,
    unknowns: tuple[str, ...] = (),
) -> Survey:
    """What these come to; each changes a file of its own where nothing else is said."""
    known = {one.pull_request.number: f"{one.pull_request.number}.py" for one in pulls} | dict(files or {})
    snapshot = Snapshot(
        repository="octo/app",
        pull_requests={one.pull_request.number: one for one in pulls},
        writers=WRITERS,
        files={number: tuple(map(ChangedFile, paths.split())) for number, paths in known.items()},
        unknowns=unknowns,
    )
    return survey_rebuilt(snapshot, rebuild(snapshot, all_signatures(policy), at), policy, at)


def order(overview: Survey) -> list[tuple[str, tuple[str, ...]]]:
    return [(session.session_id, session.review) for session in overview.sessions]


def test_nothing_open_is_nothing() -> None:
    assert seen(ended(told(1), 5)) == Survey(repository="octo/app", at=AT)


def test_a_session_is_told_whole_with_its_open_ones_in_order() -> None:
    overview = seen(told(1), told(2, 5), ended(told(3, 8), 9), files={"1": "a.py b.py", "2": "b.py"})

    assert overview.sessions == (
        PullRequestGroup(
            session_id="ada-20251122-1000",
            author="ada",
            started=minute(0),
            latest=minute(8),
            prs=("1", "2", "3"),
            review=("2", "1"),
            files=2,
            agents=(),
            oldest=minute(0),
            goes_on=True,
            ends=minute(38),
        ),
    )


def test_what_has_ended_comes_first_then_the_largest_then_what_waits_longest() -> None:
    going_on = [told(number, 100 + number, "bob") for number in (1, 2, 3)]
    small, old = [told(4, 10)], [told(5, 0, "cleo"), told(6, 60, "cleo")]
    pair = [told(7, 50, "dora"), told(8, 55, "dora")]
    writers = {**WRITERS, "cleo": True, "dora": True}
    pulls = [*going_on, *small, *old, *pair]
    snapshot = Snapshot(
        repository="octo/app", pull_requests={one.pull_request.number: one for one in pulls}, writers=writers
    )
    overview = survey_rebuilt(snapshot, rebuild(snapshot, all_signatures(POLICY), minute(120)), POLICY, minute(120))

    assert order(overview) == [
        ("dora-20251122-1050", ("7", "8")),
        ("cleo-20251122-1000", ("5",)),
        ("ada-20251122-1010", ("4",)),
        ("cleo-20251122-1100", ("6",)),
        ("bob-20251122-1141", ("1", "2", "3")),
    ]


@pytest.mark.parametrize(("minutes", "goes_on"), [(30, True), (31, False)])
def test_where_no_session_runs_out_one_goes_on_until_it_is_idle(minutes: int, goes_on: bool) -> None:
    policy = replace(POLICY, enable_timeout_completion=False)
    (session,) = seen(told(1), policy=policy, at=minute(minutes)).sessions

    assert (session.goes_on, session.ended, session.ends) == (goes_on, None, None)


def test_a_marker_ends_a_session() -> None:
    (session,) = seen(told(1), told(2, 5, title="auto-pr: done [session-complete]")).sessions

    assert (session.ended, session.trigger) == (minute(5), "explicit_marker: [session-complete]")


def test_a_stack_is_reviewed_from_its_bottom() -> None:
    overview = seen(told(1, base="work-2"), told(2, 5), told(3, 6, base="work-1"), files={"2": "a b c d"})

    assert (overview.stacks, order(overview)[0][1]) == ((("2", "1", "3"),), ("2", "1", "3"))


def test_the_branch_of_a_fork_carries_nobody() -> None:
    overview = seen(fork(1, branch="main"), told(2, 5), told(3, 6))

    assert overview.stacks == ()


def test_agents_collide_where_they_touch_the_same_files() -> None:
    pulls = [
        told(1, 0, CURSOR, title="One"),
        told(2, 5, DEVIN, title="Two"),
        told(3, 8),
        told(4, 9),
        told(5, 10, "bob", title="By hand"),
    ]
    overview = seen(*pulls, files={"1": "a b", "2": "a b", "3": "a c", "4": "c d e", "5": "d e"})

    assert overview.collisions == (
        Overlap(("4", "5"), ("d", "e")),
        Overlap(("1", "2"), ("a", "b")),
        Overlap(("1", "3"), ("a",)),
        Overlap(("2", "3"), ("a",)),
    )
    assert overview.overlaps == (Overlap(("3", "4"), ("c",)),)
    assert [overview.pull_requests[number].who for number in "1235"] == ["cursor", "devin", "ada", "bob"]


def test_people_alone_do_not_collide() -> None:
    overview = seen(told(1, title="One"), told(2, 5, "bob", title="Two"), files={"1": "a", "2": "a"})

    assert (overview.collisions, overview.overlaps) == ((), (Overlap(("1", "2"), ("a",)),))


def test_what_is_not_automatic_is_told_by_author() -> None:
    pulls = [told(1, 0, "bob", title="One"), told(2, 1, title="Two"), told(3, 2, "bob", title="Three"), told(4, 3)]

    assert seen(*pulls).not_automatic == (
        PullRequestGroup(author="bob", prs=("1", "3")),
        PullRequestGroup(author="ada", prs=("2",)),
    )


def test_a_label_takes_one_out() -> None:
    overview = seen(told(1, labels=("no-session",)), told(2, 5))

    assert (overview.excluded, overview.not_automatic, order(overview)[0][1]) == (("1",), (), ("2",))


def test_what_only_an_unbelieved_author_says_does_not_count() -> None:
    overview = seen(told(1, 0, "eve"), fork(2, 5))

    assert (overview.sessions, overview.not_automatic) == (
        (),
        (PullRequestGroup(author="eve", prs=("1",)), PullRequestGroup(author="mallory", prs=("2",))),
    )


@pytest.mark.parametrize(
    ("one", "files", "why"),
    [
        (told(1), "a.py", None),
        (told(1, is_draft=True), "a.py", None),
        (told(1, auto_merge=True), "a.py", None),
        (told(1), ".github/workflows/ci.yml", Why.ALWAYS),
        (told(1, title="By hand"), "a.py", Why.NOT_AUTOMATIC),
        (told(1, 0, "eve"), "a.py", Why.UNTRUSTED),
        (fork(1), "a.py", Why.FORK),
        (told(1, labels=("no-session",)), "a.py", Why.EXCLUDED),
        (told(1, title="auto-pr: done [session-complete]"), "a.py", Why.COMPLETED),
    ],
)
def test_what_could_have_waited_is_judged_as_of_its_opening(one: ForgePullRequest, files: str, why: Why | None) -> None:
    """Long after its session ran out."""
    decision = seen(one, files={"1": files}, at=minute(600)).pull_requests["1"].at_opening

    assert (decision.postpone, decision.reasons[0].why if decision.reasons else None) == (why is None, why)


def test_files_that_nobody_knows_are_a_reason_to_run() -> None:
    snapshot = Snapshot(repository="octo/app", pull_requests={"1": told(1)}, writers=WRITERS)
    overview = survey_rebuilt(snapshot, rebuild(snapshot, all_signatures(POLICY), AT), POLICY, AT)
    one = overview.pull_requests["1"]

    assert overview.unknowns == ("the files of 1 of them are not known: they collide with nothing here",)
    assert overview.sessions[0].files is None
    assert (one.files, one.at_opening.postpone, one.at_opening.reasons[0].why) == (None, False, Why.UNKNOWN)


def test_one_opened_before_the_session_was_ended_by_hand_could_have_waited() -> None:
    overview = seen(told(1), told(2, 5, title="auto-pr: done [session-complete]"), at=minute(600))

    assert [one.at_opening.postpone for one in overview.pull_requests.values()] == [True, False]


def test_what_a_session_file_holds_and_is_not_understood_is_unknown() -> None:
    document = parse(
        b'{"active_sessions": {"ada-20251122-1000": {"session_id": "ada-20251122-1000", "prs": 7}}}', "f.json"
    )
    snapshot = Snapshot(
        repository="octo/app",
        pull_requests={"1": told(1)},
        writers=WRITERS,
        files={"1": ()},
        sessions=FileSessions(document),
    )
    overview = survey_rebuilt(snapshot, rebuild(snapshot, all_signatures(POLICY), AT), POLICY, AT)

    assert len(order(overview)) == 1
    assert overview.unknowns == ()


def test_every_agent_over_its_budget_is_told_once() -> None:
    pulls = [told(number, number, CURSOR, title="Work") for number in (1, 2, 3)] + [told(4, 4, DEVIN, title="Work")]

    assert seen(*pulls, policy=replace(POLICY, open_budget=2)).breaches == (Breach("cursor", 3, 2),)
    assert seen(*pulls).breaches == ()


def test_doubts_are_told_and_are_none_about_each_of_them() -> None:
    overview = seen(told(1), unknowns=("the files of #2: GitHub has a problem",))

    assert overview.unknowns == ("the files of #2: GitHub has a problem",)
    assert overview.pull_requests["1"].at_opening.postpone


@given(
    st.lists(
        st.tuples(
            st.integers(0, 90),
            st.sampled_from(["ada", "bob", "eve"]),
            st.sampled_from(["auto-pr: x", "By hand"]),
            st.booleans(),
        ),
        max_size=12,
    )
)
def test_each_open_one_stands_in_exactly_one_place(drawn: list[tuple[int, str, str, bool]]) -> None:
    pulls = [
        told(number, minutes, author, title=title, labels=("no-session",) if out else ())
        for number, (minutes, author, title, out) in enumerate(drawn, 1)
    ]
    overview = seen(*pulls, at=minute(100))
    places = [*overview.unattributed, *overview.excluded]
    places += [number for session in overview.sessions for number in session.review]
    places += [number for one in overview.not_automatic for number in one.prs]

    assert sorted(places, key=int) == [one.pull_request.number for one in pulls] == list(overview.pull_requests)
