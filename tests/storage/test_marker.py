import json
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from pr_sessions.core.policy import Policy
from pr_sessions.errors import UnreadableFile
from pr_sessions.io.places import Place
from pr_sessions.storage.files.marker import Marker, read_marker, remove_marker, write_marker
from scene import START, look, minute, on_disk

MARKER = Marker("ada-20251122-1000", "ada", START, minute(5))
FIELDS = {
    "session_id": "ada-20251122-1000",
    "author": "ada",
    "created": "2025-11-22T10:00:00Z",
    "last_updated": "2025-11-22T10:05:00Z",
}


@pytest.fixture
def path(tmp_path: Path) -> Place:
    return Place(tmp_path, ".cursor/.session_id")


def put(path: Place, data: bytes) -> Place:
    on_disk(path.parent).mkdir(exist_ok=True)
    on_disk(path).write_bytes(data)
    return path


class TestWriting:
    def test_gives_the_specified_fields_in_their_order(self, path: Place) -> None:
        write_marker(path, MARKER)
        assert on_disk(path).read_text() == json.dumps(FIELDS, indent=2) + "\n"

    def test_what_is_written_is_read(self, path: Place) -> None:
        write_marker(path, MARKER)
        assert read_marker(path, UTC) == MARKER

    def test_the_same_again_touches_nothing(self, path: Place) -> None:
        write_marker(path, MARKER)
        before = look(on_disk(path.parent))
        write_marker(path, MARKER)
        assert look(on_disk(path.parent)) == before


class TestReading:
    def test_without_a_marker_there_is_none(self, path: Place) -> None:
        assert read_marker(path, UTC) is None

    @pytest.mark.parametrize(
        "spelling",
        ["2025-11-22T10:05:00Z", "2025-11-22T12:05:00+02:00", "2025-11-22T05:05:00", "2025-11-22T05:05:00.000000"],
    )
    def test_times_are_read_in_any_spelling_and_naive_ones_in_the_zone(self, path: Place, spelling: str) -> None:
        put(path, json.dumps({**FIELDS, "last_updated": spelling}).encode())
        assert read_marker(path, timezone(timedelta(hours=-5))) == MARKER

    @pytest.mark.parametrize(
        ("told", "author"), [({"author": None}, ""), ({"author": 5}, ""), ({"author": "a\nb"}, "a b")]
    )
    def test_an_author_is_one_line_of_text_or_unknown(self, path: Place, told: dict[str, object], author: str) -> None:
        put(path, json.dumps({**FIELDS, **told}).encode())
        assert read_marker(path, UTC) == Marker("ada-20251122-1000", author, START, minute(5))

    @pytest.mark.parametrize("missing", ["author", "created"])
    def test_author_and_creation_may_be_missing(self, path: Place, missing: str) -> None:
        put(path, json.dumps({key: value for key, value in FIELDS.items() if key != missing}).encode())
        author, created = ("", START) if missing == "author" else ("ada", minute(5))
        assert read_marker(path, UTC) == Marker("ada-20251122-1000", author, created, minute(5))

    @pytest.mark.parametrize(
        ("data", "reason"),
        [
            (b"", "it is empty"),
            (b"[]", "it names no session"),
            (b"{}", "it names no session"),
            (b"ada-20251122-1000", "line 1, column 1"),
            (b'{"session_id": 5, "last_updated": "2025-11-22T10:05:00Z"}', "it names no session"),
            (b'{"session_id": "../../etc/passwd", "last_updated": "2025-11-22T10:05:00Z"}', "it names no session"),
            (b'{"session_id": "a|b", "last_updated": "2025-11-22T10:05:00Z"}', "it names no session"),
            (b'{"session_id": "<b>", "last_updated": "2025-11-22T10:05:00Z"}', "it names no session"),
            (b'{"session_id": "a\\n", "last_updated": "2025-11-22T10:05:00Z"}', "it names no session"),
            (b'{"session_id": "%s", "last_updated": "2025-11-22T10:05:00Z"}' % (b"a" * 5000), "it names no session"),
            (b'{"session_id": "a"}', "not a date and time: 'None'"),
            (b'{"session_id": "a", "last_updated": "soon"}', "not a date and time: 'soon'"),
            (b'{"session_id": "a", "last_updated": 5}', "not a date and time: '5'"),
            (b'{"session_id": "a", "last_updated": "0001-01-01T00:00:00Z"}', "is outside the years"),
            (b"<<<<<<< HEAD\n{}\n", "line 1 holds a conflict marker of git"),
            (b'{"session_id": "a", "session_id": "b"}', "the key 'session_id' stands twice"),
            (b" " * 70_000, "more than the 65536 that are allowed"),
        ],
    )
    def test_anything_else_is_named_with_the_reason_and_the_way_out(
        self, path: Place, data: bytes, reason: str
    ) -> None:
        put(path, data)
        with pytest.raises(UnreadableFile) as caught:
            read_marker(path, UTC)
        assert str(caught.value).startswith(f"cannot read {path}: ")
        assert reason in str(caught.value)
        assert caught.value.hint
        assert on_disk(path).read_bytes() == data


class TestExpiry:
    @pytest.mark.parametrize(("idle", "expired"), [(0, False), (30, False), (30.01, True), (-3, False)])
    def test_is_longer_idle_than_the_timeout(self, idle: float, expired: bool) -> None:
        assert MARKER.expired(minute(5 + idle), Policy()) is expired

    def test_counts_from_the_last_activity_in_any_zone(self) -> None:
        zone = timezone(timedelta(hours=9))
        marker = Marker("a", "", START, datetime(2025, 11, 22, 19, 5, tzinfo=zone))
        assert (marker.expired(minute(35), Policy()), marker.expired(minute(36), Policy())) == (False, True)


@pytest.mark.parametrize("exists", [True, False])
def test_removing_leaves_none(path: Place, exists: bool) -> None:
    if exists:
        write_marker(path, MARKER)
    remove_marker(path)
    assert not on_disk(path).exists()
