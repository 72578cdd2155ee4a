"""Every reader takes whatever bytes there are: a value, or an error that names the file."""

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fuzz.hostile import hostile, spoilt
from pr_sessions.config.cache import load_policy
from pr_sessions.core.evidence_text import (
    find_marks,
    mark_body,
    mark_title,
    own_words,
    without_marks,
    without_title_mark,
)
from pr_sessions.core.models import PullRequest
from pr_sessions.errors import InvalidConfiguration, UnreadableFile
from pr_sessions.importers.jsonl import read_dated, read_jsonl
from pr_sessions.io.places import Place
from pr_sessions.maintenance.backup import restore
from pr_sessions.storage.files import pr_index
from pr_sessions.storage.files.collection import FileSessions
from pr_sessions.storage.files.marker import read_marker
from pr_sessions.storage.files.merge import merge_collections
from pr_sessions.storage.files.session_file import parse
from pr_sessions.tracker import Tracker
from scene import Clock, auto, committed, look, on_disk, tracker_at

MARKER = b"""{"session_id": "ada-20251122-1000", "author": "ada", "created": "2025-11-22T10:00:00Z",
 "last_updated": "2025-11-22T10:00:00Z"}"""
INDEX = b'{"version": "1.0", "last_updated": null, "pr_to_session": {"1": "a"}, "session_to_prs": {"a": ["1"]}}'
CONFIG = b"""timeout_minutes: 30
time_zone: UTC
enable_timeout_completion: true
auto_pr_patterns:
  - '^auto-pr:'
completion_markers: ['[complete]']
minimal_metadata: true
"""
CACHE = b'{"stamp":"1 2","defaults":{},"policy":{}}'
LINES = b"""{"number": 1, "title": "x", "author": "ada", "created_at": "2025-11-22T10:00:00Z", "state": "open"}
[{"number": "2", "user": {"login": "bob"}, "head": {"ref": "x"}, "files": [1], "merged_at": "2025-11-22T10:00:00Z"}]
"""
DOCUMENT = b"""{"version": "1.0", "last_updated": "2025-11-22T10:00:00Z", "active_sessions": {"a": {"session_id": "a",
 "author": "ada", "started": "2025-11-22T09:50:00Z", "last_activity": "2025-11-22T09:50:00Z", "prs": ["1", 2],
 "total_files_changed": 3, "status": "active", "metadata": {"aliases": ["z"], "pull_requests": {"1": {"author": "ada",
 "is_auto": true, "files_changed": 3, "evidence": [{"rule": "title", "detail": "x"}], "placement": {"rung": "time",
 "at": "2025-11-22T09:50:00Z", "detail": ""}, "seen": {"author": "2025-11-22T09:50:00Z"}, "state": "open"}}}}},
 "completed_sessions": [{"session_id": "b", "completed": "2025-11-20T10:00:00", "completion_trigger": "timeout",
 "prs": ["7"], "started": "2025-11-20T09:00:00+02:00"}], "unattributed": {"9": {"author": ""}}, "later": [1.5]}"""
BODY = """Words\r\n```\ncode\n```\n> quote\n<!-- note -->\n---\n<!-- a -->\n[cursor-session: ada-20251122-1000]
<!-- b -->
<!-- \U0001f916 Auto-PR: Session ada-20251122-1000 -->\n\nSession-ID: ada-20251122-1000\n""".encode()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("readers")


@hostile
@given(data=spoilt(DOCUMENT))
def test_a_session_file(data: bytes) -> None:
    with suppress(UnreadableFile):
        collection = FileSessions(parse(data, "the file"))
        list(collection)
        written = collection.to_bytes()
        assert [s.id for s in FileSessions(parse(written, "written"))] == [s.id for s in collection]


@hostile
@given(data=spoilt(DOCUMENT), other=spoilt(DOCUMENT))
def test_what_can_be_read_can_be_joined_and_loses_no_session(data: bytes, other: bytes) -> None:
    with suppress(UnreadableFile):
        one, two = (FileSessions(parse(text, "the file")) for text in (data, other))
        known = {pr for collection in (one, two) for session in collection for pr in session.prs}
        joined = merge_collections(one, two)
        assert {pr for session in joined for pr in session.prs} >= known
        again = FileSessions(parse(joined.to_bytes(), "written"))
        assert merge_collections(again, again).to_bytes() == joined.to_bytes()
        assert merge_collections(two, one).to_bytes() == joined.to_bytes()


@hostile
@given(data=spoilt(MARKER))
def test_a_marker(folder: Path, data: bytes) -> None:
    (folder / "marker").write_bytes(data)
    with suppress(UnreadableFile):
        read_marker(Place(folder, "marker"), UTC)
    assert (folder / "marker").read_bytes() == data


@hostile
@given(data=spoilt(INDEX))
def test_an_index_which_is_a_cache_and_never_in_the_way(folder: Path, data: bytes) -> None:
    (folder / "index").write_bytes(data)
    ids = pr_index.sessions_by_number(Place(folder, "index")).values()
    assert all(isinstance(session_id, str) for session_id in ids)
    pr_index.agrees(Place(folder, "index"), ())


@hostile
@given(data=spoilt(CONFIG))
def test_a_configuration(folder: Path, data: bytes) -> None:
    (folder / "config").write_bytes(data)
    with suppress(InvalidConfiguration, UnreadableFile):
        load_policy(Place(folder, "config"), None, None)


@hostile
@given(data=spoilt(CACHE))
@example(data=b'{"a":' * 3000)
def test_a_cached_policy_which_is_never_in_the_way(folder: Path, data: bytes) -> None:
    (folder / "yaml").write_bytes(CONFIG)
    (folder / "cache").write_bytes(data)
    assert load_policy(Place(folder, "yaml"), Place(folder, "cache"), None) == load_policy(
        Place(folder, "yaml"), None, None
    )


@hostile
@given(data=spoilt(LINES))
@pytest.mark.parametrize("read", [read_jsonl, read_dated])
def test_json_lines(data: bytes, read: Callable[..., list[PullRequest]]) -> None:
    with suppress(UnreadableFile):
        list(read(data.splitlines(keepends=True), "lines", UTC))


@hostile
@given(data=spoilt(BODY), minimal=st.booleans())
def test_the_text_of_a_pull_request(data: bytes, minimal: bool) -> None:
    text = data.decode(errors="replace")
    find_marks(text, text)
    own_words(text)
    without_title_mark(mark_title(text))
    marked = mark_body(text, "bob-20251122-1000", minimal=minimal)
    assert "bob-20251122-1000" in {mark.session_id for mark in find_marks("", marked)}
    assert mark_body(marked, "bob-20251122-1000", minimal=minimal) == marked
    without_marks(marked)


@pytest.fixture(scope="module")
def tracker(tmp_path_factory: pytest.TempPathFactory) -> Tracker:
    return tracker_at(committed(tmp_path_factory.mktemp("fuzz") / "clone"), Clock(), AUTO_PR_SESSION_AUTHOR="ada")


@hostile
@given(data=spoilt(DOCUMENT))
@example(data=DOCUMENT)
def test_nothing_is_lost_whatever_the_session_file_holds(tracker: Tracker, data: bytes) -> None:
    """It is joined, or refused and left as it is; what the clone knows stays in any case."""
    path = on_disk(tracker.repository.session_file)
    path.unlink(missing_ok=True)
    tracker.record(auto(1))
    known = {number for session in tracker.sessions() for number in session.prs}
    path.write_bytes(data)
    before = look(tracker.repository.root / "docs"), look(tracker.repository.root / ".git")
    try:
        tracker.record(auto(2))
    except UnreadableFile:
        assert (look(tracker.repository.root / "docs"), look(tracker.repository.root / ".git")) == before
        path.unlink()
    assert {number for session in tracker.sessions() for number in session.prs} >= known


@hostile
@given(data=spoilt(DOCUMENT))
def test_nothing_is_lost_whatever_a_backup_holds(tracker: Tracker, data: bytes) -> None:
    tracker.record(auto(1))
    known = {number for session in tracker.sessions() for number in session.prs}
    name = "auto_pr_sessions.backup.20251101.json"
    on_disk(tracker.repository.backups).mkdir(exist_ok=True)
    on_disk(tracker.repository.backups / name).write_bytes(data)
    with suppress(UnreadableFile):
        restore(tracker, name)
    assert {number for session in tracker.sessions() for number in session.prs} >= known
