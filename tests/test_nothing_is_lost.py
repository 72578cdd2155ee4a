"""The short forms of `make soak`: many writers, real kills, and a disk that is really full."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from benchmarks.acknowledged import Verdict, judge, note, noted
from benchmarks.kills import kill_often
from benchmarks.writers import round_of

from scene import Clock, auto, on_disk, overview, tracker_at

Child = Callable[..., subprocess.Popen[str]]

# Read before the tests' own environment takes it away.
IN_CI = os.environ.get("CI") == "true"

FULL = """
import os, sys
from pathlib import Path
from faults.operations import OPERATIONS, prepared
from pr_sessions.errors import CannotWrite
from scene import Clock, auto
clock = Clock()
tracker = prepared(Path(sys.argv[1]) / "clone", OPERATIONS["add"], clock)
acknowledged, refused = {"1"}, 0
for number in range(2, 500):
    try:
        tracker.record(auto(number))
    except CannotWrite as error:
        assert "the disk is full" in error.hint, error
        refused += 1
        if refused == 3:
            break
    else:
        acknowledged.add(str(number))
kept = {number for session in tracker.sessions() for number in session.prs}
(Path(sys.argv[1]) / "filling").unlink()
tracker.record(auto(999))
again = {number for session in tracker.sessions() for number in session.prs}
print(refused, acknowledged <= kept, again >= acknowledged | {"999"}, sorted(Path(sys.argv[1]).rglob("*.tmp")))
"""


@pytest.mark.parametrize("fresh", [True, False], ids=["a fresh process each time", "one process kept"])
def test_eight_processes_on_one_file_lose_nothing(tmp_path: Path, *, fresh: bool) -> None:
    done = round_of(tmp_path, processes=8, each=5, older=1_000, fresh=fresh)
    assert (done.verdict, done.refused) == (Verdict(acknowledged=40, kept=40, intact=1_000, damaged=0), 0)


@pytest.mark.skipif(sys.platform == "win32", reason="there is no kill -9, nor a fork")
def test_kill_9_at_any_moment_loses_nothing(tmp_path: Path) -> None:
    done = kill_often(tmp_path, kills=20, older=1_000)
    assert (done.damaged, done.lost, done.intact, done.left) == (0, 0, 1_000, 0)


@pytest.mark.skipif(sys.platform == "win32", reason="there is no tmpfs")
def test_a_disk_that_is_really_full_loses_nothing(tmp_path: Path, child: Child) -> None:
    need_mount()
    small = 'mount -t tmpfs -o size=512k none "$0" && head -c 350000 /dev/zero > "$0/filling" && exec "$@"'
    said, _ = child(FULL, str(tmp_path), prefix=("unshare", "-rm", "sh", "-c", small, str(tmp_path))).communicate()
    assert said == "3 True True []\n"


def need_mount() -> None:
    """Elsewhere than in CI somebody may lack the right; in CI nothing is left out silently."""
    command = ["unshare", "-rm", "mount", "-t", "tmpfs", "none", "/mnt"]
    try:
        done = subprocess.run(command, capture_output=True, check=False, text=True)
        reason = "" if done.returncode == 0 else done.stderr.strip()
    except FileNotFoundError as error:
        reason = str(error)
    if reason and IN_CI:
        pytest.fail(f"CI has to let tests mount a small file system: {reason}")
    if reason:
        pytest.skip(f"nobody may mount here ({reason}); CI has to")


def test_the_judge_sees_a_loss(tmp_path: Path, clone: Path, clock: Clock) -> None:
    tracker = tracker_at(clone, clock)
    tracker.record(auto(1))
    assert overview(tracker)
    for number in ("1", "2"):
        note(tmp_path / "ledger", number)
    (tmp_path / "damaged").write_bytes(b"{")
    files = [on_disk(tracker.repository.session_file), tmp_path / "damaged"]
    before = {"gone": {}}
    assert judge(files, [tmp_path / "ledger"], before) == Verdict(acknowledged=2, kept=1, intact=0, damaged=1)


def test_a_line_that_was_cut_off_was_never_acknowledged(tmp_path: Path) -> None:
    (tmp_path / "ledger").write_text("1\n2\n33")
    assert noted([tmp_path / "ledger", tmp_path / "none"]) == {"1", "2"}
