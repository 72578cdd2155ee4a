import os
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from pr_sessions.errors import Ambiguous, CannotWrite, InvalidValue, NotFound, UnreadableFile
from pr_sessions.io.places import Place
from pr_sessions.storage.base import BackupKind
from pr_sessions.storage.files.backups import Backup, find_backup, list_backups, superfluous, take, taken_today
from scene import on_disk

NOON = datetime(2025, 11, 22, 12, 0, 5, tzinfo=UTC)


def names(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir())


class TestTake:
    def test_is_named_by_its_time_in_utc(self, tmp_path: Path) -> None:
        berlin = NOON.astimezone(timezone(timedelta(hours=1)))
        path = take(Place(tmp_path, "backups"), b"data", berlin)
        assert path == Place(tmp_path, bits=0o600) / "backups/auto_pr_sessions.20251122T120005Z.json"
        assert on_disk(path).read_bytes() == b"data"

    def test_several_in_a_second_are_all_kept(self, tmp_path: Path) -> None:
        for number in range(1, 12):
            take(Place(tmp_path, bits=0o600), str(number).encode(), NOON)
        assert [on_disk(backup.path).read_text() for backup in list_backups(Place(tmp_path, bits=0o600))] == [
            str(number) for number in range(11, 0, -1)
        ]

    @pytest.mark.parametrize("kind", [BackupKind.MANUAL, BackupKind.RESTORE, BackupKind.REPAIR])
    def test_its_name_says_what_for(self, tmp_path: Path, kind: BackupKind) -> None:
        taken = [
            take(Place(tmp_path, bits=0o600), b"", NOON, kind),
            take(Place(tmp_path, bits=0o600), b"", NOON),
            take(Place(tmp_path, bits=0o600), b"", NOON, kind),
        ]
        assert [path.name for path in taken] == [
            f"auto_pr_sessions.20251122T120005Z.{kind}.json",
            "auto_pr_sessions.20251122T120005Z-2.json",
            f"auto_pr_sessions.20251122T120005Z-3.{kind}.json",
        ]
        assert [(b.kind, b.serial) for b in list_backups(Place(tmp_path, bits=0o600))] == [
            (kind, 3),
            (BackupKind.AUTOMATIC, 2),
            (kind, 1),
        ]

    def test_the_last_fourteen_are_kept(self, tmp_path: Path) -> None:
        taken = [take(Place(tmp_path, bits=0o600), b"", NOON + timedelta(seconds=second)) for second in range(20)]
        assert names(tmp_path) == [path.name for path in taken[6:]]

    def test_the_copy_of_the_call_stays_however_many_share_its_second(self, tmp_path: Path) -> None:
        for number in range(40):
            assert on_disk(take(Place(tmp_path, bits=0o600), b"%d" % number, NOON)).read_bytes() == b"%d" % number
        assert len(names(tmp_path)) == 14

    def test_the_copy_of_the_call_stays_after_the_clock_was_set_back(self, tmp_path: Path) -> None:
        ahead = [take(Place(tmp_path, bits=0o600), b"", NOON + timedelta(days=day)) for day in range(14)]
        path = take(Place(tmp_path, bits=0o600), b"", NOON - timedelta(days=400))
        assert names(tmp_path) == sorted(p.name for p in (*ahead, path))

    def test_of_a_year_ahead_nothing_is_pushed_out_for_its_age(self, tmp_path: Path) -> None:
        before = [
            take(Place(tmp_path, bits=0o600), b"", NOON + timedelta(days=day), BackupKind.RESTORE) for day in range(3)
        ]
        for second in range(20):
            take(Place(tmp_path, bits=0o600), b"", NOON + timedelta(days=365, seconds=second))
        assert {path.name for path in before} < set(names(tmp_path))

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
        taken = [take(Place(tmp_path, bits=0o600), b"", NOON + timedelta(seconds=second)) for second in range(15)]
        assert names(tmp_path) == sorted([*foreign, *(path.name for path in taken[1:])])

    def test_leftovers_of_killed_writers_are_swept(self, tmp_path: Path) -> None:
        left = tmp_path / ".auto_pr_sessions.20251121T120005Z.json.7-0123456789abcdef.tmp"
        left.touch()
        day_before = (NOON - timedelta(days=1)).timestamp()
        os.utime(left, (day_before, day_before))
        path = take(Place(tmp_path, bits=0o600), b"", NOON)
        assert names(tmp_path) == [path.name]

    def test_a_refusal_loses_no_older_one(self, tmp_path: Path) -> None:
        (tmp_path / "file").touch()
        with pytest.raises(CannotWrite):
            take(Place(tmp_path, "file"), b"", NOON)


def copies(*taken: datetime, kind: BackupKind | None = BackupKind.AUTOMATIC, start: int = 0) -> list[Backup]:
    return [
        Backup(f"{kind}-{number}", Place(f"/{kind}-{number}"), 0, at, kind=kind)
        for number, at in enumerate(taken, start=start)
    ]


def on_days(*days: int, kind: BackupKind = BackupKind.AUTOMATIC) -> list[Backup]:
    """One at noon of each of so many days before today."""
    return copies(*(NOON - timedelta(days=day) for day in days), kind=kind)


def test_in_a_working_tree_none_is_removed(tmp_path: Path) -> None:
    for second in range(20):
        take(Place(tmp_path), b"", NOON + timedelta(seconds=second))

    assert len(list(tmp_path.iterdir())) == 20


def days_left(found: Iterable[Backup], gone: Iterable[Backup]) -> list[int]:
    removed = set(gone)
    return sorted((NOON - copy.taken).days for copy in found if copy not in removed)


class TestSuperfluous:
    @pytest.mark.parametrize(
        ("found", "left"),
        [
            pytest.param(on_days(*range(40)), list(range(15)), id="one a day"),
            pytest.param(on_days(*range(40), *range(40)), sorted([*range(7), *range(15)]), id="two a day"),
            pytest.param(on_days(*[0] * 14, *range(1, 40)), [0] * 14 + list(range(1, 15)), id="many today"),
            pytest.param(on_days(*[0] * 20), [0] * 14, id="all today"),
            pytest.param(on_days(*range(0, 400, 20)), list(range(0, 300, 20)), id="one in twenty days"),
            pytest.param(on_days(*range(300, 340)), list(range(300, 314)), id="none lately"),
            pytest.param(on_days(*range(-40, 0)), list(range(-40, 0)), id="all in the future"),
            pytest.param(on_days(*range(-40, 40)), list(range(-40, 15)), id="many in the future"),
            pytest.param([], [], id="none"),
        ],
    )
    def test_by_age(self, found: list[Backup], left: list[int]) -> None:
        assert days_left(found, superfluous(found, NOON)) == left

    def test_of_a_day_the_last_stays(self) -> None:
        hourly = copies(*(NOON - timedelta(hours=hour) for hour in range(60)))
        kept = [copy.taken for copy in hourly if copy not in superfluous(hourly, NOON)]
        assert kept == [NOON - timedelta(hours=hour) for hour in (*range(14), 37)]

    @pytest.mark.parametrize("kind", [BackupKind.RESTORE, BackupKind.REPAIR])
    def test_what_a_recovery_took_stays_for_thirty_days(self, kind: BackupKind) -> None:
        daily, taken = on_days(*range(60)), on_days(*range(60), kind=kind)
        gone = superfluous([*daily, *taken], NOON)
        assert days_left(taken, gone) == list(range(31))

    def test_what_somebody_asked_for_ages_as_any(self) -> None:
        taken = on_days(*range(40), kind=BackupKind.MANUAL)
        assert days_left(taken, superfluous(taken, NOON)) == list(range(15))

    def test_a_name_that_we_never_give_is_neither_touched_nor_counted(self) -> None:
        other, ours = copies(*[NOON] * 40, kind=None), on_days(*range(14))
        assert superfluous([*other, *ours], NOON) == ()

    def test_the_copy_of_the_call_stays_wherever_it_sorts(self) -> None:
        found = on_days(*[0] * 20)
        first = superfluous(found, NOON)[0]
        assert first not in superfluous(found, NOON, first.name)


KINDS = st.sampled_from([*BackupKind, None])
TIMES = st.integers(-90 * 24, 30 * 24).map(lambda hours: NOON + timedelta(hours=hours))


@st.composite
def some_copies(draw: st.DrawFn) -> list[Backup]:
    drawn = draw(st.lists(st.tuples(TIMES, KINDS), max_size=60))
    return [replace(copy, name=str(n)) for n, (at, kind) in enumerate(drawn) for copy in copies(at, kind=kind)]


def kept_of(found: Iterable[Backup], now: datetime = NOON, just_taken: str = "") -> set[Backup]:
    listed = list(found)
    return set(listed) - set(superfluous(listed, now, just_taken))


def in_order(found: Iterable[Backup]) -> list[Backup]:
    return sorted(found, key=lambda copy: (copy.taken, copy.serial, copy.name))


class TestSuperfluousAlways:
    @given(some_copies())
    def test_the_newest_fourteen_that_are_not_ahead_stay(self, found: list[Backup]) -> None:
        past = in_order(copy for copy in found if copy.kind and copy.taken <= NOON)
        assert set(past[-14:]) <= kept_of(found)

    @given(some_copies())
    def test_what_is_ahead_stays_and_pushes_nothing_out(self, found: list[Backup]) -> None:
        ahead = {copy for copy in found if copy.taken > NOON}
        assert kept_of(found) == kept_of(copy for copy in found if copy not in ahead) | ahead

    @given(some_copies(), st.integers(0, 59))
    def test_the_copy_of_the_call_stays(self, found: list[Backup], number: int) -> None:
        assert {copy for copy in found if copy.name == str(number)} <= kept_of(found, just_taken=str(number))

    @given(some_copies())
    def test_asking_again_removes_nothing_more(self, found: list[Backup]) -> None:
        kept = kept_of(found)
        assert kept_of(kept) == kept

    @given(some_copies(), some_copies())
    def test_fewer_copies_push_fewer_out(self, found: list[Backup], more: list[Backup]) -> None:
        others = [replace(copy, name=f"more-{copy.name}") for copy in more]
        assert kept_of([*found, *others]) & set(found) <= kept_of(found)

    @given(some_copies())
    def test_the_last_of_fourteen_calendar_days_and_thirty_of_a_recovery_stay(self, found: list[Backup]) -> None:
        kept, past = kept_of(found), in_order(copy for copy in found if copy.kind and copy.taken <= NOON)
        for day in range(1, 15):
            of_day = [copy for copy in past if copy.taken.date() == (NOON - timedelta(days=day)).date()]
            assert set(of_day[-1:]) <= kept
        recovered = {
            c
            for c in past
            if c.kind in (BackupKind.RESTORE, BackupKind.REPAIR) and NOON - c.taken <= timedelta(days=30)
        }
        assert recovered <= kept

    @given(some_copies())
    def test_no_more_stay_than_the_rules_allow(self, found: list[Backup]) -> None:
        plain = [c for c in kept_of(found) if c.kind in (BackupKind.AUTOMATIC, BackupKind.MANUAL) and c.taken <= NOON]
        assert len(plain) <= 28


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
    take(Place(tmp_path), b"", NOON - timedelta(**before))
    assert taken_today(Place(tmp_path), NOON.astimezone(timezone(timedelta(hours=-13)))) is today


def test_a_copy_by_hand_is_not_our_daily_one(tmp_path: Path) -> None:
    (tmp_path / "auto_pr_sessions.backup.20251122.json").touch()
    assert not taken_today(Place(tmp_path), NOON)
    assert not taken_today(Place(tmp_path, "missing"), NOON)


class TestList:
    def test_newest_first_over_all_folders(self, tmp_path: Path) -> None:
        by_hand = Place(tmp_path, "auto_pr_sessions.backup.20251122.json")
        on_disk(by_hand).write_bytes(b"123")
        ours = Place(tmp_path, "state")
        oldest = take(ours, b"12", NOON - timedelta(days=1))
        newest = take(ours, b"1", NOON, BackupKind.RESTORE)
        brought = take(Place(tmp_path), b"1234", NOON + timedelta(days=1))
        midnight = datetime(2025, 11, 22, tzinfo=UTC)
        assert list_backups(Place(tmp_path), ours, ours, Place(tmp_path, "missing"), private=ours) == (
            Backup(brought.name, brought, 4, NOON + timedelta(days=1)),
            Backup(newest.name, newest, 1, NOON, kind=BackupKind.RESTORE, ours=True),
            Backup(by_hand.name, by_hand, 3, midnight, kind=None),
            Backup(oldest.name, oldest, 2, NOON - timedelta(days=1), ours=True),
        )

    @pytest.mark.parametrize(
        "name",
        [
            "auto_pr_sessions.backup.20251399.json",
            "auto_pr_sessions.20251122T250000Z.json",
            "auto_pr_sessions.20251122T120000Z-x.json",
            "auto_pr_sessions.20251122T120000Z.json\n",
            "auto_pr_sessions.20251122T120000Z.other.json",
            "auto_pr_sessions.20251122T120000Z.automatic.json",
            "auto_pr_sessions.20251122T120000Z.restore-2.json",
            "auto_pr_sessions.backup.٢٠٢٥١١٢٢.json",
        ],
    )
    def test_other_names_are_none(self, tmp_path: Path, name: str) -> None:
        (tmp_path / name).touch()
        assert list_backups(Place(tmp_path)) == ()

    def test_a_folder_of_such_a_name_is_none(self, tmp_path: Path) -> None:
        (tmp_path / "auto_pr_sessions.backup.20251122.json").mkdir()
        assert list_backups(Place(tmp_path)) == ()

    def test_a_file_in_the_place_of_the_folder_holds_none(self, tmp_path: Path) -> None:
        (tmp_path / "file").touch()
        assert list_backups(Place(tmp_path, "file")) == ()

    @pytest.mark.skipif(os.name == "nt", reason="links need rights there")
    @pytest.mark.parametrize("target", ["circle", "real"])
    def test_a_folder_that_is_a_link_is_told_and_not_listed(self, tmp_path: Path, target: str) -> None:
        take(Place(tmp_path, "real"), b"", NOON)
        (tmp_path / "circle").symlink_to(target)
        with pytest.raises(UnreadableFile, match=r"cannot list .*circle: it is a symbolic link"):
            list_backups(Place(tmp_path, "circle"))


class TestFind:
    @pytest.fixture
    def folders(self, tmp_path: Path) -> tuple[Place, Place]:
        take(Place(tmp_path, "a"), b"", NOON)
        take(Place(tmp_path, "b"), b"", NOON + timedelta(seconds=1))
        return Place(tmp_path, "a"), Place(tmp_path, "b")

    @pytest.mark.parametrize("own", [0, 1])
    def test_no_name_is_the_newest_of_ours(self, folders: tuple[Place, Place], own: int) -> None:
        take(folders[own], b"", NOON - timedelta(days=1))
        found = find_backup(None, folders, folders[own], NOON + timedelta(days=1))
        assert found.name == f"auto_pr_sessions.20251122T12000{5 + own}Z.json"

    def test_what_is_dated_ahead_is_not_the_newest(self, folders: tuple[Place, Place]) -> None:
        take(folders[0], b"", NOON + timedelta(days=90))
        assert find_backup(None, folders, folders[0], NOON).taken == NOON
        assert find_backup(None, folders, folders[0], NOON - timedelta(days=1)).taken == NOON + timedelta(days=90)

    @pytest.mark.parametrize("own", [None, Place("/missing")])
    def test_without_one_of_ours_a_name_is_needed(self, folders: tuple[Place, Place], own: Place | None) -> None:
        with pytest.raises(NotFound) as caught:
            find_backup(None, folders, own, NOON)
        assert (str(caught.value), caught.value.hint) == (
            f"no backup is known to be ours: those in {folders[1]} may have come with the repository",
            (
                "name one that you trust, pr-sessions restore NAME; there are: auto_pr_sessions.20251122T120006Z.json, "
                "auto_pr_sessions.20251122T120005Z.json"
            ),
        )

    def test_a_name_is_looked_for_in_all_folders(self, folders: tuple[Place, Place]) -> None:
        name = "auto_pr_sessions.20251122T120005Z.json"
        assert find_backup(name, folders, folders[1], NOON).path == folders[0] / name

    @pytest.mark.parametrize("name", ["../a/auto_pr_sessions.20251122T120005Z.json", "/etc/passwd", "..\\x", "a/b"])
    def test_a_path_is_refused(self, folders: tuple[Place, Place], name: str) -> None:
        with pytest.raises(InvalidValue, match="is a path, not the name of a backup"):
            find_backup(name, folders, folders[1], NOON)

    @pytest.mark.parametrize("name", ["", "..", "nope", "auto_pr_sessions.json"])
    def test_an_unknown_name_lists_those_that_there_are(self, folders: tuple[Place, Place], name: str) -> None:
        with pytest.raises(NotFound) as caught:
            find_backup(name, folders, folders[1], NOON)
        assert (str(caught.value), caught.value.hint) == (
            f"there is no backup {name!r}",
            "there are: auto_pr_sessions.20251122T120006Z.json, auto_pr_sessions.20251122T120005Z.json",
        )

    @pytest.mark.parametrize("name", [None, "nope"])
    def test_without_any_the_hint_says_how_to_take_one(self, tmp_path: Path, name: str | None) -> None:
        with pytest.raises(NotFound) as caught:
            find_backup(name, [Place(tmp_path)], Place(tmp_path), NOON)
        assert caught.value.hint == "`pr-sessions backup` takes one"

    def test_the_same_name_twice_is_not_guessed(self, folders: tuple[Place, Place]) -> None:
        path = take(folders[1], b"", NOON)
        with pytest.raises(Ambiguous, match=f"several backups are called {path.name}"):
            find_backup(path.name, folders, folders[1], NOON)
