"""Random histories of real branches with real git; the long run is `make soak`."""

import pytest
from benchmarks.histories import play


@pytest.mark.parametrize("seed", range(8))
def test_no_merge_conflicts_and_no_acknowledged_pull_request_is_lost(seed: int) -> None:
    outcome = play(seed)
    assert (outcome.conflicts, outcome.lost) == ([], [])


@pytest.mark.parametrize("seed", [1, 2])
def test_the_same_holds_where_sessions_are_archived(seed: int) -> None:
    outcome = play(seed, keep_days=1)
    assert (outcome.conflicts, outcome.lost, outcome.archived > 0) == ([], [], True)
