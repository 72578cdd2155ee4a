"""The generated history on which `look` is measured."""

from pathlib import Path

from benchmarks.accuracy.rebuilt import make_repository
from benchmarks.past_history import commits

from pr_sessions.importers.git_history import read_whole_history


def test_it_is_always_the_same() -> None:
    assert commits(20) == commits(20)


def test_every_pull_request_is_read_from_it(tmp_path: Path) -> None:
    make_repository(commits(40), tmp_path / "history.git")
    history = read_whole_history(tmp_path / "history.git", is_named_bare=True)

    assert [pr.number for pr in history.pull_requests] == [str(number) for number in range(1, 41)]
