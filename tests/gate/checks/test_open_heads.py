"""Of which open pull requests something may be due: of those that rest, each has its hour."""

from datetime import datetime, timedelta

import pytest
from heads_and_runs import ENFORCE, OTHER, SHA
from msgspec.structs import replace

from assessments import pull, rebuilt, session, snapshot
from pr_sessions.core.models import Completion, State
from pr_sessions.forges.base import ChangedFile, Review, User
from pr_sessions.gate.checks.sweep import RESTS, TURNS, CommitDetails, OpenHeads
from pr_sessions.gate.rebuild import RebuiltSessions, rebuild
from rules import all_signatures
from scene import START, minute

LONG_AGO = START - timedelta(days=30)
LATER = START + RESTS


def around(now: datetime, updated: datetime, sessions: RebuiltSessions | None = None) -> OpenHeads:
    told = snapshot(
        replace(pull(2), updated=updated, head_sha=SHA), replace(pull(3, state=State.MERGED), updated=START)
    )
    return OpenHeads(told, sessions or rebuilt(), ENFORCE, now)


def of_a_bot(**files: str) -> OpenHeads:
    bot = User("cursor[bot]", 5, "Bot")
    told = snapshot(replace(pull(2), author=bot, head_sha=SHA, updated=START), **files)
    return OpenHeads(told, rebuild(told, all_signatures(ENFORCE), minute(1)), ENFORCE, minute(1))


def asked(at: OpenHeads) -> list[str]:
    return [head.number for head in at.due()]


@pytest.mark.parametrize(
    ("now", "updated", "sessions", "expected"),
    [
        (LATER - timedelta(seconds=1), START, None, ["2"]),
        (LATER, START, None, []),
        # Its session has only just ended, or still goes on.
        (LATER, LONG_AGO, rebuilt(session("2", completion=Completion(minute(5), "timeout"))), ["2"]),
        (LATER, LONG_AGO, rebuilt(session("2", last_activity=minute(1))), ["2"]),
        (LATER + timedelta(days=1), LONG_AGO, rebuilt(session("2", completion=Completion(START, "timeout"))), []),
    ],
)
def test_what_rests_is_not_asked_for(
    now: datetime, updated: datetime, sessions: RebuiltSessions | None, expected: list[str]
) -> None:
    assert asked(around(now, updated, sessions)) == expected


def test_in_one_hour_of_six_everything_is_asked_for() -> None:
    hours = [START + timedelta(days=3, hours=hour) for hour in range(TURNS)]

    assert sorted(len(asked(around(now, START))) for now in hours) == [0] * (TURNS - 1) + [1]


def test_those_of_forks_come_last_whoever_opens_how_many() -> None:
    forks = [replace(pull(number), head_repository="eve/shop", updated=START) for number in (1, 3)]
    told = snapshot(forks[0], replace(pull(2), updated=START), forks[1])

    assert asked(OpenHeads(told, rebuilt(), ENFORCE, minute(1))) == ["2", "1", "3"]


def test_an_approval_by_somebody_who_may_write_speaks_for_running() -> None:
    at = of_a_bot(_2="src/shop.py")
    [head] = at.due()
    review = Review(1, User("ada"), "approved", SHA, minute(1))

    assert head.decision.skip
    assert at.approved_by(CommitDetails(head, (review, replace(review, author=User("eve"), commit=OTHER)))) == ("ada",)
    assert not at.decide_again(CommitDetails(head, (review,)), {"ada": True}).decision.skip
    assert at.decide_again(CommitDetails(head, (review,)), {"ada": False}).decision.skip


def test_files_that_were_asked_for_decide() -> None:
    at = of_a_bot()
    [head] = at.due()

    assert at.decide_again(CommitDetails(head, files=(ChangedFile("src/shop.py"),)), {}).decision.skip
    assert not at.decide_again(CommitDetails(head, files=(ChangedFile(".github/workflows/ci.yml"),)), {}).decision.skip
