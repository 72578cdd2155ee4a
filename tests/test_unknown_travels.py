"""What this version does not understand travels unchanged: by the shared branch, into an archive."""

import json
from pathlib import Path
from typing import Any

import pytest

from pr_sessions.tracker.sync import sync
from scene import Clock, auto, committed, git, on_disk, tracker_at

FACTS: dict[str, Any] = {
    "state": "queued",
    "is_auto": True,
    "files_changed": "many",
    "agents": [{"name": "codex", "role": "piloted", "confidence": "proven", "cost": 1.5}, 7],
    "placement": {"rung": "orbit", "at": "2025-11-22T10:00:00Z", "detail": "", "angle": 3},
}
RECORD: dict[str, Any] = {
    "session_id": "s",
    "author": 5,
    "started": "2025-11-22T10:00:00Z",
    "completed": "2025-11-22T10:05:00Z",
    "completion_trigger": "eclipse",
    "prs": ["7"],
    "metadata": {"pull_requests": {"7": FACTS}, "runs": [{"agent": "codex"}]},
}


def put(root: Path, raw: dict[str, Any] = RECORD) -> Path:
    path = root / "docs/metrics/auto_pr_sessions.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"version": "1.0", "active_sessions": {}, "completed_sessions": [raw]}))
    return path


def held(data: bytes | str) -> dict[str, Any]:
    """What the session of the document still says of that which is not understood."""
    (raw,) = (r for r in json.loads(data)["completed_sessions"] if r["session_id"] == "s")
    metadata = raw["metadata"]
    record = {key: metadata["pull_requests"]["7"].get(key) for key in FACTS}
    known = {key: raw.get(key) for key in RECORD if key not in ("metadata", "prs")}
    return {**known, "metadata": {"pull_requests": {"7": record}, "runs": metadata["runs"]}}


EXPECTED = {key: value for key, value in RECORD.items() if key != "prs"}


def test_by_the_shared_branch_to_another_clone_that_writes_to_the_session(tmp_path: Path, clock: Clock) -> None:
    git(committed(tmp_path / "first"), "clone", "-q", "--bare", ".", str(tmp_path / "hub.git"))
    for name in ("one", "other"):
        git(tmp_path, "clone", "-q", "hub.git", name)
    one, other = (tracker_at(tmp_path / name, clock) for name in ("one", "other"))
    put(tmp_path / "one")
    sync(one)
    sync(other)
    other.link("9", "s")
    sync(other)
    sync(one)
    assert held(git(tmp_path / "hub.git", "show", "pr-sessions:docs/metrics/auto_pr_sessions.json")) == EXPECTED
    for tracker in (one, other):
        data = on_disk(tracker.repository.session_file).read_bytes()
        assert held(data) == EXPECTED
        assert tracker.session("s").prs == ("7", "9")


@pytest.mark.parametrize("raw", [RECORD, {**RECORD, "completed": "2025-11-22T10:05:00Z", "later": [3, 1]}])
def test_into_an_archive(clone: Path, clock: Clock, raw: dict[str, Any]) -> None:
    config = clone / ".cursor/config/session_config.yaml"
    config.parent.mkdir(parents=True, exist_ok=True)
    config.write_text("keep_days: 30\n")
    put(clone, raw)
    clock.set(90 * 24 * 60)
    tracker = tracker_at(clone, clock)
    tracker.record(auto(8))
    archive = clone / "docs/metrics/archive/auto_pr_sessions-2025-11.json"
    assert held(archive.read_bytes()) == EXPECTED
    assert tracker.session("s").prs == ("7",)


def test_a_session_of_unknown_end_is_in_no_archive(clone: Path, clock: Clock) -> None:
    config = clone / ".cursor/config/session_config.yaml"
    config.parent.mkdir(parents=True, exist_ok=True)
    config.write_text("keep_days: 30\n")
    path = put(clone, {key: value for key, value in RECORD.items() if key != "completed"})
    clock.set(90 * 24 * 60)
    tracker_at(clone, clock).record(auto(8))
    assert held(path.read_bytes())["completed"] is None
    assert not (clone / "docs/metrics/archive").exists()
