"""A session as its reviewers should see it."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from assessments import pull, session, snapshot, viewed
from pr_sessions.core.models import Completion, State
from pr_sessions.core.overlaps import Overlap
from pr_sessions.core.policy import Policy
from strategies import START, at


def test_it_shows_what_the_forge_tells_and_which_of_it_is_open() -> None:
    seen = viewed(snapshot(pull(10), pull(2, state=State.MERGED), pull(3)), session("2", "10", "11"))

    assert [one.pull_request.number for one in seen.pull_requests] == ["2", "10"]
    assert (seen.open, seen.anchor) == (("10",), "2")


def test_reviews_begin_with_what_others_are_built_on_and_with_what_is_small() -> None:
    seen = viewed(
        snapshot(pull(1), pull(2), pull(3, base="work-2"), pull(4, files_changed=2), _1="a", _2="b c d", _3="e"),
        session("1", "2", "3", "4"),
    )

    assert (seen.review, seen.stacks) == (("1", "4", "2", "3"), (("2", "3"),))


def test_a_branch_of_a_fork_that_has_the_same_name_carries_no_stack() -> None:
    foreign = replace(pull(1, branch="main"), head_repository="eve/shop")

    assert viewed(snapshot(foreign, pull(2), pull(3)), session("1", "2", "3")).stacks == ()


def test_overlaps_are_those_with_one_of_the_session() -> None:
    seen = viewed(
        snapshot(pull(1), pull(2), pull(3), pull(4), _1="a", _2="a b", _3="b c", _4="c"),
        session("1", "2"),
        session("3", "4", id="other"),
    )

    assert seen.overlaps == (Overlap(("1", "2"), ("a",)), Overlap(("2", "3"), ("b",)))


def test_open_ones_of_other_sessions_that_were_not_read_are_counted() -> None:
    seen = viewed(
        snapshot(pull(1), pull(2), pull(3), pull(4, state=State.MERGED), _1="a", _2="b"),
        session("1"),
        session("2", "3", "4", id="other"),
    )

    assert seen.unread == 1


def test_what_is_in_no_session_and_what_is_not_open_overlaps_with_nothing() -> None:
    seen = viewed(snapshot(pull(1), pull(2, state=State.CLOSED), pull(9), _1="a", _2="a", _9="a"), session("1", "2"))

    assert seen.overlaps == ()


def test_independent_is_what_is_known_to_share_nothing() -> None:
    seen = viewed(
        snapshot(pull(1), pull(2), pull(3), pull(4, base="work-5"), pull(5), pull(6), _1="a", _2="a", _3="b", _4="c"),
        session("1", "2", "3", "4", "5", "6"),
    )

    assert seen.independent == ("3",)


def test_agents_are_the_busiest_first() -> None:
    two, one = session("1", "2", agents=("codex", "cursor")), session("3", agents=("cursor", "amp"))
    both = replace(two, pull_requests={**two.pull_requests, **one.pull_requests})

    assert viewed(snapshot(), both).agents == ("cursor", "codex", "amp")


@pytest.mark.parametrize(
    ("policy", "completion", "ends"),
    [
        (Policy(timeout=timedelta(minutes=30)), None, at(38)),
        (Policy(), Completion(START, "manual"), None),
        (Policy(enable_timeout_completion=False), None, None),
    ],
)
def test_it_tells_when_the_session_runs_out(policy: Policy, completion: Completion | None, ends: object) -> None:
    assert viewed(snapshot(), session("1", completion=completion), policy=policy).ends == ends
