"""What the gate costs. That its jobs are as many as that is shown where the workflows are run."""

from pathlib import Path

import pytest

from pr_sessions.core.gate_minutes import DAYS, JOBS, TYPICAL, Day, Occasion, minutes, minutes_a_month
from pr_sessions.core.policy import GateMode

README = Path(__file__).parents[2] / "README.md"


@pytest.mark.parametrize(("mode", "most"), [(GateMode.ADVISORY, 280), (GateMode.ENFORCE, 450)])
def test_a_typical_day_costs_no_more_than_was_promised(mode: GateMode, most: int) -> None:
    assert minutes(mode, TYPICAL.occasions(mode)) <= most


@pytest.mark.parametrize(("mode", "of_each"), [(GateMode.ADVISORY, 7), (GateMode.ENFORCE, 9)])
def test_one_more_pull_request_costs_its_own_jobs(mode: GateMode, of_each: int) -> None:
    few, more = (minutes(mode, Day(pull_requests=count).occasions(mode)) for count in (10, 11))
    assert more - few == of_each


def test_a_day_without_pull_requests_costs_the_hours() -> None:
    quiet = Day(pull_requests=0, waiting_hours=0)
    assert [minutes(mode, quiet.occasions(mode)) for mode in GateMode] == [0, 24]


def test_a_month_is_so_many_days() -> None:
    mode = GateMode.ENFORCE
    assert minutes_a_month(mode) == DAYS * minutes(mode, TYPICAL.occasions(mode))


def test_each_mode_knows_each_occasion() -> None:
    assert [set(JOBS[mode]) for mode in GateMode] == [set(Occasion)] * len(GateMode)


def test_the_readme_says_the_same() -> None:
    mode = GateMode.ADVISORY
    told = f"{minutes(mode, TYPICAL.occasions(mode))} minutes a day for {TYPICAL.pull_requests} pull requests"
    assert told in " ".join(README.read_text("utf-8").split())
