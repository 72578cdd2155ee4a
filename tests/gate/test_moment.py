import pytest
from snapshots import ended, said, snapshot, told

from pr_sessions.core.models import State
from pr_sessions.forges.base import ForgePullRequest
from pr_sessions.gate.rebuild import at_moment, present
from scene import minute


@pytest.mark.parametrize(
    ("one", "at", "state"),
    [
        (told(7, 5), 4, None),
        (told(7, 5), 5, State.OPEN),
        (ended(told(7), 5), 4, State.OPEN),
        (ended(told(7), 5), 5, State.MERGED),
        (ended(told(7), 5, merged=False), 4, State.OPEN),
        (ended(told(7), 5, merged=False), 5, State.CLOSED),
        (told(7, created=None), 0, State.OPEN),
        (told(7, state=None), 9, None),
    ],
)
def test_what_it_was_at_a_moment(one: ForgePullRequest, at: float, state: State | None) -> None:
    found = present(one, minute(at))
    assert (found.pull_request.state if found else None) == state


def test_what_did_not_change_since_is_the_same_value() -> None:
    one = ended(told(7), 5)
    assert present(one, minute(5)) is one


def test_later_pull_requests_and_comments_are_not_there_yet() -> None:
    comments = (said(7, 1, "x"), said(7, 9, "y"))
    found = at_moment(snapshot(told(7), told(8, 6), ended(told(9), 7), comments=comments), minute(5))
    states = {number: one.pull_request.state for number, one in found.pull_requests.items()}
    assert (states, found.comments) == ({"7": State.OPEN, "9": State.OPEN}, comments[:1])
