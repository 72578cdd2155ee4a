"""What the gate's jobs cost in a private repository, in minutes. Pure.

GitHub rounds each job up to a whole minute, and ours take about twenty seconds: a minute is a job.
https://docs.github.com/en/billing/concepts/product-billing/github-actions
"""

from collections.abc import Mapping
from enum import StrEnum

from msgspec import Struct

from pr_sessions.core.policy import GateMode

DAYS = 30  # of a month


class Occasion(StrEnum):
    """What starts jobs of the gate."""

    CHANGE = "a pull request is opened, pushed to, marked as ready for review, merged or closed"
    OTHER_EVENT = "another event of a pull request: a review, a label, an edit, auto-merge"
    COMMAND = "a comment that holds a command"
    STRANGER = "a comment or review by an App, or by an account unknown to the repository"
    WAITS = "a run of your own workflow whose checks wait, or could"
    RUNS = "a run of it whose checks do not wait"
    STARTED = "a run of it for no pull request: one that was started later, a merge group"
    HOUR = "an hour"
    WAITING_HOUR = "in addition, an hour in which something waits"


# How many jobs an occasion starts. The tests of the workflows count the same.
JOBS: Mapping[GateMode, Mapping[Occasion, int]] = {
    GateMode.ADVISORY: {
        Occasion.CHANGE: 1,
        Occasion.OTHER_EVENT: 0,
        Occasion.COMMAND: 0,
        Occasion.STRANGER: 0,
        Occasion.WAITS: 1,
        Occasion.RUNS: 1,
        Occasion.STARTED: 1,
        Occasion.HOUR: 0,
        Occasion.WAITING_HOUR: 0,
    },
    GateMode.ENFORCE: {
        Occasion.CHANGE: 1,
        Occasion.OTHER_EVENT: 1,
        Occasion.COMMAND: 1,
        Occasion.STRANGER: 0,
        Occasion.WAITS: 1,
        Occasion.RUNS: 2,
        Occasion.STARTED: 1,
        Occasion.HOUR: 1,
        Occasion.WAITING_HOUR: 6,
    },
}


class Day(Struct, frozen=True):
    """A day of agents: each pull request is opened, pushed to, reviewed once and merged, and its checks wait.

    Attributes:
        pushes: to each pull request after it was opened.
        waiting_hours: in which checks of one of them wait.
    """

    pull_requests: int = 40
    pushes: int = 2
    waiting_hours: int = 8

    def occasions(self, mode: GateMode) -> Mapping[Occasion, int]:
        """Return what happens on it, and how often. Checks are started later only where they wait."""
        of_each = {
            Occasion.CHANGE: 2 + self.pushes,
            Occasion.OTHER_EVENT: 1,
            Occasion.WAITS: 1 + self.pushes,
            Occasion.STARTED: 1 if mode is GateMode.ENFORCE else 0,
        }
        return {occasion: count * self.pull_requests for occasion, count in of_each.items()} | {
            Occasion.HOUR: 24,
            Occasion.WAITING_HOUR: self.waiting_hours,
        }


TYPICAL = Day()


def minutes_a_month(mode: GateMode, day: Day = TYPICAL, *, dashboard: bool = False) -> int:
    """Return what a month of such days costs."""
    return DAYS * (minutes(mode, day.occasions(mode)) + (dashboard_minutes(day) if dashboard else 0))


def dashboard_minutes(day: Day = TYPICAL) -> int:
    """Return what the dashboard adds to a day: a job for each pull request opened, reviewed, merged, and each hour."""
    return 3 * day.pull_requests + 24


def minutes(mode: GateMode, occasions: Mapping[Occasion, int]) -> int:
    """Return the minutes that so many occasions cost."""
    return sum(JOBS[mode][occasion] * count for occasion, count in occasions.items())
