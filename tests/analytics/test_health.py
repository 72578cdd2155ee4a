from datetime import UTC, datetime, timedelta

import pytest

from pr_sessions.analytics.metrics import Health, health
from pr_sessions.core.models import Completion, Session
from pr_sessions.core.policy import Policy

NOW = datetime(2025, 11, 22, 12, tzinfo=UTC)
ORPHANS = "6 orphaned sessions (more than 5): complete them with `pr-sessions cleanup`"
LONG = (
    "sessions last 121 minutes on average (more than 120): complete them when the work is done, or shorten the timeout"
)
BIG = "the session file has 1.5 MB (more than 1 MB): take a backup and look for records that do not belong there"


def idle(name: str, minutes: float) -> Session:
    return Session(id=name, started=NOW - timedelta(minutes=minutes))


def lasting(minutes: float) -> Session:
    return Session(id="done", started=NOW, completion=Completion(NOW + timedelta(minutes=minutes), "manual"))


IDS = tuple("abcdef")


@pytest.mark.parametrize(
    ("sessions", "size", "expected"),
    [
        ([], 0, Health((), None, 0, ())),
        ([idle("a", 60), idle("b", 60.1), idle("later", -5)], 0, Health(("b",), None, 0, ())),
        ([Session(id="timeless")], 0, Health((), None, 0, ())),
        ([idle(name, 61) for name in IDS[:5]], 0, Health(IDS[:5], None, 0, ())),
        ([idle(name, 61) for name in IDS], 0, Health(IDS, None, 0, (ORPHANS,))),
        ([lasting(120), lasting(-5)], 0, Health((), 120.0, 0, ())),
        ([lasting(121)], 0, Health((), 121.0, 0, (LONG,))),
        ([], 1_000_000, Health((), None, 1_000_000, ())),
        ([], 1_500_000, Health((), None, 1_500_000, (BIG,))),
        ([*(idle(n, 61) for n in IDS), lasting(121)], 1_500_000, Health(IDS, 121.0, 1_500_000, (ORPHANS, LONG, BIG))),
    ],
)
def test_health_alerts_above_each_limit(sessions: list[Session], size: int, expected: Health) -> None:
    assert health(sessions, NOW, Policy(), size) == expected


def test_an_orphan_is_idle_for_twice_the_teams_own_timeout() -> None:
    policy = Policy(timeout=timedelta(minutes=5))

    assert health([idle("a", 10), idle("b", 11)], NOW, policy, 0).orphans == ("b",)


@pytest.mark.parametrize(("size", "expected"), [(0, True), (2_000_000, False)])
def test_no_alert_is_healthy(size: int, expected: bool) -> None:
    assert health([], NOW, Policy(), size).healthy is expected
