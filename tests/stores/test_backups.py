import os
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pr_sessions.errors import Ambiguous, CannotWrite, InvalidValue, NotFound, UnreadableFile
from pr_sessions.stores.backups import Backup, find_backup, list_backups, take, taken_today

NOON = datetime(2025, 11, 22, 12, 0, 5, tzinfo=UTC)


def names(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir())


class TestTake:
    def test_is_named_by_its_time_in_utc(self, tmp_path: Path) -> None:
        berlin = NOON.astimezone(timezone(timedelta(hours=1)))
        path = take(tmp_path / "backups", b"data", berlin)
        assert path == tmp_path / "backups/auto_pr_sessions.20251122T120005Z.json"
        assert path.read_bytes() == b"data"

    def test_several_in_a_second_are_all_kept(self, tmp_path: Path) -> None:
        for number in range(1, 12):
            take(tmp_path, str(number).encode(), NOON)
        assert [backup.path.read_text() for backup in list_backups(tmp_path)] == [
            str(number) for number in range(11, 0, -1)
        ]

    def test_the_last_fourteen_are_kept(self, tmp_path: Path) -> None:
        taken = [take(tmp_path, b"", NOON + timedelta(days=day)) for day in range(20)]
        assert names(tmp_path) == [path.name for path in taken[6:]]

    def test_what_we_did_not_write_is_never_pruned(self, tmp_path: Path) -> None:
        foreign = [
            "auto_pr_sessions.backup.20200101.json",
            "auto_pr_sessions.json",
            "auto_pr_sessions.json.lock",
            "auto_pr_sessions.20200101.json",
            "auto_pr_sessions.20200101T000000Z.json.bak",
            "auto_pr_sessions.20209999T000000Z.json",
            "notes.md",
        ]
        for name in foreign:
            (tmp_path / name).touch()
        path = take(tmp_path, b"", NOON, keep=1)
        assert names(tmp_path) == sorted([*foreign, path.name])

    def test_leftovers_of_killed_writers_are_swept(self, tmp_path: Path) -> None:
        left = tmp_path / ".auto_pr_sessions.20251121T120005Z.json.7-0123456789abcdef.tmp"
        left.touch()
        day_before = (NOON - timedelta(days=1)).timestamp()
        os.utime(left, (day_before, day_before))
        path = take(tmp_path, b"", NOON)
        assert names(tmp_path) == [path.name]

    def test_a_refusal_loses_no_older_one(self, tmp_path: Path) -> None:
        (tmp_path / "file").touch()
        with pytest.raises(CannotWrite):
            take(tmp_path / "file", b"", NOON)

    @given(st.lists(st.integers(0, 5_000_000), max_size=12), st.integers(1, 6))
    def test_in_any_order_the_newest_stay(
        self, tmp_path_factory: pytest.TempPathFactory, seconds: list[int], keep: int
    ) -> None:
        folder = tmp_path_factory.mktemp("backups")
        times = [NOON + timedelta(seconds=number) for number in seconds]
        for time in times:
            take(folder, b"", time, keep=keep)
        kept = [backup.taken for backup in list_backups(folder)]
        assert kept == sorted(times, reverse=True)[:keep]


@pytest.mark.parametrize(
    ("before", "today"),
    [
        ({"hours": 0}, True),
        ({"hours": 12, "seconds": 5}, True),
        ({"hours": 12, "seconds": 6}, False),
        ({"days": 1}, False),
        ({"days": -1}, False),
    ],
)
def test_a_day_is_one_of_utc(tmp_path: Path, before: dict[str, int], *, today: bool) -> None:
    take(tmp_path, b"", NOON - timedelta(**before))
    assert taken_today(tmp_path, NOON.astimezone(timezone(timedelta(hours=-13)))) is today


def test_a_copy_by_hand_is_not_our_daily_one(tmp_path: Path) -> None:
    (tmp_path / "auto_pr_sessions.backup.20251122.json").touch()
    assert not taken_today(tmp_path, NOON)
    assert not taken_today(tmp_path / "missing", NOON)


class TestList:
    def test_newest_first_over_all_folders(self, tmp_path: Path) -> None:
        by_hand = tmp_path / "auto_pr_sessions.backup.20251122.json"
        by_hand.write_bytes(b"123")
        ours = tmp_path / "state"
        newest = take(ours, b"1", NOON)
        oldest = take(ours, b"12", NOON - timedelta(days=1))
        midnight = datetime(2025, 11, 22, tzinfo=UTC)
        assert list_backups(tmp_path, ours, ours, tmp_path / "missing") == (
            Backup(newest.name, newest, 1, NOON),
            Backup(by_hand.name, by_hand, 3, midnight, ours=False),
            Backup(oldest.name, oldest, 2, NOON - timedelta(days=1)),
        )

    @pytest.mark.parametrize(
        "name",
        [
            "auto_pr_sessions.backup.20251399.json",
            "auto_pr_sessions.20251122T250000Z.json",
            "auto_pr_sessions.20251122T120000Z-x.json",
            "auto_pr_sessions.20251122T120000Z.json\n",
            "auto_pr_sessions.backup.٢٠٢٥١١٢٢.json",
        ],
    )
    def test_other_names_are_none(self, tmp_path: Path, name: str) -> None:
        (tmp_path / name).touch()
        assert list_backups(tmp_path) == ()

    def test_a_folder_of_such_a_name_is_none(self, tmp_path: Path) -> None:
        (tmp_path / "auto_pr_sessions.backup.20251122.json").mkdir()
        assert list_backups(tmp_path) == ()

    def test_a_file_in_the_place_of_the_folder_holds_none(self, tmp_path: Path) -> None:
        (tmp_path / "file").touch()
        assert list_backups(tmp_path / "file") == ()

    @pytest.mark.skipif(os.name == "nt", reason="links need rights there")
    def test_a_folder_that_cannot_be_listed_is_told(self, tmp_path: Path) -> None:
        (tmp_path / "circle").symlink_to("circle")
        with pytest.raises(UnreadableFile, match=r"cannot list .*circle"):
            list_backups(tmp_path / "circle")


class TestFind:
    @pytest.fixture
    def folders(self, tmp_path: Path) -> tuple[Path, Path]:
        take(tmp_path / "a", b"", NOON)
        take(tmp_path / "b", b"", NOON + timedelta(seconds=1))
        return tmp_path / "a", tmp_path / "b"

    def test_no_name_is_the_newest(self, folders: tuple[Path, Path]) -> None:
        assert find_backup(None, folders).name == "auto_pr_sessions.20251122T120006Z.json"

    def test_a_name_is_looked_for_in_all_folders(self, folders: tuple[Path, Path]) -> None:
        name = "auto_pr_sessions.20251122T120005Z.json"
        assert find_backup(name, folders).path == folders[0] / name

    @pytest.mark.parametrize("name", ["../a/auto_pr_sessions.20251122T120005Z.json", "/etc/passwd", "..\\x", "a/b"])
    def test_a_path_is_refused(self, folders: tuple[Path, Path], name: str) -> None:
        with pytest.raises(InvalidValue, match="is a path, not the name of a backup"):
            find_backup(name, folders)

    @pytest.mark.parametrize("name", ["", "..", "nope", "auto_pr_sessions.json"])
    def test_an_unknown_name_lists_those_that_there_are(self, folders: tuple[Path, Path], name: str) -> None:
        with pytest.raises(NotFound) as caught:
            find_backup(name, folders)
        assert (str(caught.value), caught.value.hint) == (
            f"there is no backup {name!r}",
            "there are: auto_pr_sessions.20251122T120006Z.json, auto_pr_sessions.20251122T120005Z.json",
        )

    @pytest.mark.parametrize("name", [None, "nope"])
    def test_without_any_the_hint_says_how_to_take_one(self, tmp_path: Path, name: str | None) -> None:
        with pytest.raises(NotFound) as caught:
            find_backup(name, [tmp_path])
        assert caught.value.hint == "`pr-sessions backup` takes one"

    def test_the_same_name_twice_is_not_guessed(self, folders: tuple[Path, Path]) -> None:
        path = take(folders[1], b"", NOON)
        with pytest.raises(Ambiguous, match=f"several backups are called {path.name}"):
            find_backup(path.name, folders)
