"""How far imports have come, as a file: small, bounded, and never in the way."""

from pathlib import Path

import pytest

import scene
from pr_sessions.forges.github.past import MOST_REPOSITORIES, Cursor, Cursors
from pr_sessions.io.places import Place

CURSOR = Cursor(rules="r", page="https://api.github.com/p", reached=7, since=scene.START, known_to=scene.minute(5))


def test_a_cursor_is_found_again_however_the_name_is_spelt(tmp_path: Path) -> None:
    Cursors(Place(tmp_path, "forges.json")).put("https://x/Ada/Shop", CURSOR)

    assert Cursors(Place(tmp_path, "forges.json")).get("https://x/ada/shop") == CURSOR


def test_outside_git_none_is_kept() -> None:
    Cursors(None).put("x", CURSOR)

    assert Cursors(None).get("x") is None


def test_of_too_many_the_oldest_is_forgotten(tmp_path: Path) -> None:
    cursors = Cursors(Place(tmp_path, "forges.json"))
    for number in range(MOST_REPOSITORIES):
        cursors.put(f"ada/{number}", CURSOR)
    cursors.put("ada/0", CURSOR)
    cursors.put("ada/new", CURSOR)

    assert [cursors.get(f"ada/{name}") for name in ("0", "new", "1", "2")] == [CURSOR, CURSOR, None, CURSOR]


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b'{"ada/shop": {"page": 5}}', b"\xff", b"[" * 100_000])
def test_what_cannot_be_read_is_no_cursor_and_is_replaced(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "forges.json").write_bytes(data)
    cursors = Cursors(Place(tmp_path, "forges.json"))

    assert cursors.get("ada/shop") is None
    cursors.put("ada/shop", CURSOR)
    assert cursors.get("ada/shop") == CURSOR


@pytest.mark.parametrize(
    ("kept", "asked", "covers"),
    [(None, None, True), (None, 5, True), (5, None, False), (5, 4, False), (5, 5, True), (5, 6, True)],
)
def test_a_cursor_covers_what_begins_no_earlier(kept: int | None, asked: int | None, covers: bool) -> None:
    def moment(minutes: int | None) -> object:
        return None if minutes is None else scene.minute(minutes)

    cursor = Cursor(rules="r", page="p", since=moment(kept))  # type: ignore[arg-type]
    assert cursor.covers(moment(asked)) is covers  # type: ignore[arg-type]
