"""Vendors' ids that version 0.1.0 wrote are gone at the next write of a file, and the user keeps them."""

from collections.abc import Mapping
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import json

from pr_sessions.core.runs import run_key
from pr_sessions.git.discovery import find_repository
from pr_sessions.maintenance import merge_driver
from pr_sessions.storage.files.collection import FileSessions
from pr_sessions.storage.files.git_merge import merge_versions
from pr_sessions.storage.files.raw_ids import ids_in, may_hold_ids, take_ids
from pr_sessions.storage.files.session_file import Entry, format_document, parse
from scene import START, Clock, auto, committed, on_disk, tracker_at

RAW = "session_01AbCdEfGhIjKlMnOpQrStUv"
SEEN = "019aa2f4-aaaa-7bbb-8ccc-0123456789ab"
KEYS = {run_key(RAW): RAW, run_key(SEEN): SEEN}
TIMES = {"started": "2025-11-22T10:00:00Z", "last_activity": "2025-11-22T10:20:00Z"}


def record(run_id: str) -> dict[str, Any]:
    """A pull request as version 0.1.0 wrote it."""
    return {
        "author": "ada",
        "is_auto": True,
        "agents": [{"name": "claude-code", "role": "opened", "confidence": "certain", "runs": [run_id]}],
        "placement": {"rung": "vendor", "at": "2025-11-22T10:10:00Z", "detail": f"run claude-code {run_id}"},
        "seen": "2025-11-22T10:10:00Z",
    }


def session(seen: str, named: str, **more: Any) -> dict[str, Any]:
    """A session of a run that a hook saw, with a pull request that names another one."""
    return {
        "session_id": "ada-20251122-1000",
        "author": "ada",
        **TIMES,
        "prs": ["1"],
        "total_files_changed": 0,
        "test_files_added": 0,
        "docs_updated": False,
        "status": "completed",
        "metadata": {
            "runs": [{"agent": "codex", "id": seen, **TIMES}],
            "pull_requests": {"1": record(named)},
        },
        "completed": "2025-11-22T10:30:00Z",
        "completion_trigger": "manual_cli",
        "duration_minutes": 30,
        "active_minutes": 20,
        **more,
    }


def document(seen: str, named: str, **more: Any) -> bytes:
    entry = Entry("ada-20251122-1000", session(seen, named, **more), completed=True)
    unattributed = {key: value for key, value in record(named).items() if key != "placement"}
    top = {"last_updated": "2025-11-22T10:30:00Z", "unattributed": {"7": unattributed}}
    return format_document([entry], top)


OLD = document(SEEN, RAW)
NEW = document(run_key(SEEN), run_key(RAW))


def raw_in(folder: Path) -> set[str]:
    """The files below a folder that hold one of the ids."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {
        str(path.relative_to(folder)) for path in files if any(i.encode() in path.read_bytes() for i in (RAW, SEEN))
    }


@pytest.mark.parametrize("layout", [OLD, json.encode(json.decode(OLD)), json.format(OLD, indent=4)])
def test_reading_a_file_of_0_1_0_gives_keys_and_the_ids_apart(layout: bytes) -> None:
    parsed = parse(layout, "sessions.json")
    assert format_document(parsed.entries, parsed.top) == NEW
    assert (parsed.run_ids, ids_in(layout)) == (KEYS, KEYS)


def test_a_file_with_keys_is_not_searched() -> None:
    assert not may_hold_ids(NEW)
    assert (parse(NEW, "sessions.json").run_ids, ids_in(NEW)) == ({}, {})


def test_a_list_of_keys_and_ids_becomes_a_list_of_keys() -> None:
    pull_request: dict[str, Any] = {"agents": [{"runs": [1, RAW, None]}]}
    document = {"active_sessions": {"a": {"metadata": {"pull_requests": {"1": pull_request}}}}}
    assert may_hold_ids(json.encode(document))
    assert take_ids(document) == {run_key("1"): "1", run_key(RAW): RAW}
    assert pull_request["agents"][0]["runs"] == [*sorted([run_key("1"), run_key(RAW)]), None]


def objects(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Mapping[str, Any]]:
    names = ("runs", "metadata", "pull_requests", "agents", "placement", "id", "detail", "rung")
    return st.dictionaries(st.sampled_from(names), values, max_size=3)


@given(st.recursive(st.none() | st.text(max_size=3) | st.integers(), lambda v: st.lists(v, max_size=3) | objects(v)))
def test_what_is_no_document_is_left_alone(value: object) -> None:
    document = {"active_sessions": {"a": {"metadata": value}}, "completed_sessions": value, "unattributed": value}
    take_ids(document)
    before = json.encode(document)
    take_ids(document)
    assert json.encode(document) == before


class TestWrites:
    @pytest.fixture
    def clone(self, tmp_path: Path) -> Path:
        """A clone of version 0.1.0, whose session file and own document hold raw ids."""
        root = committed(tmp_path / "clone")
        repository = find_repository(root)
        for file in repository.documents:
            on_disk(file).parent.mkdir(parents=True, exist_ok=True)
            on_disk(file).write_bytes(OLD)
        return root

    def test_the_next_write_of_anything_removes_them_and_the_user_keeps_them(self, clone: Path) -> None:
        tracker = tracker_at(clone, Clock())
        tracker.record(auto(2))
        assert raw_in(clone) == {".git/pr-sessions/runs.json"}
        assert tracker.workspace.run_ids() == KEYS

    def test_a_write_that_changes_no_session_removes_them_too(self, clone: Path) -> None:
        tracker_at(clone, Clock()).keep()
        assert raw_in(clone) == {".git/pr-sessions/runs.json"}
        assert on_disk(find_repository(clone).session_file).read_bytes() == NEW

    def test_nothing_is_written_where_they_are_gone(self, clone: Path) -> None:
        tracker = tracker_at(clone, Clock())
        tracker.keep()
        with tracker.store.transaction(START) as transaction:
            assert transaction.commit(transaction.sessions) is False

    def test_reading_writes_nothing(self, clone: Path) -> None:
        before = raw_in(clone)
        tracker = tracker_at(clone, Clock())
        assert [run.id for s in tracker.sessions() for run in s.runs] == [run_key(SEEN)]
        assert raw_in(clone) == before

    def test_an_archive_that_is_read_for_a_write_loses_them(self, clone: Path) -> None:
        repository = find_repository(clone)
        for file in repository.documents:
            archive = on_disk(file).parent / "archive/auto_pr_sessions-2025-11.json"
            archive.parent.mkdir()
            archive.write_bytes(OLD)
        with tracker_at(clone, Clock()).change(START):
            pass
        assert raw_in(clone) == {".git/pr-sessions/runs.json"}

    def test_outside_git_they_vanish(self, tmp_path: Path) -> None:
        (tmp_path / "docs/metrics").mkdir(parents=True)
        (tmp_path / "docs/metrics/auto_pr_sessions.json").write_bytes(OLD)
        tracker_at(tmp_path, Clock()).keep()
        assert raw_in(tmp_path) == set()

    def test_a_merge_by_git_removes_them(self, clone: Path) -> None:
        for name in ("base", "ours", "theirs"):
            (clone / name).write_bytes(OLD)
        tracker = tracker_at(clone, Clock())
        merge_driver.merge_files(tracker, clone / "base", clone / "ours", clone / "theirs", "sessions.json")
        assert (clone / "ours").read_bytes() == NEW
        assert tracker.workspace.run_ids() == KEYS


def test_old_and_new_versions_merge_to_the_same_bytes() -> None:
    versions = (OLD, NEW)
    merged = {merge_versions(b"", a, b, "sessions.json", UTC) for a in versions for b in versions}
    assert merged == {NEW}
    assert FileSessions(parse(OLD, "x")).to_bytes() == NEW
