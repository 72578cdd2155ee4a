"""What every store promises, run against each."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec import Struct

from faults.layer import Layer
from pr_sessions.errors import Busy, UnreadableFile
from pr_sessions.sessions.lifecycle import begin
from pr_sessions.sessions.session import Session
from pr_sessions.stores.files import replace_file
from pr_sessions.stores.lock import locked
from pr_sessions.stores.store import FileStore, Store
from scene import START, look, minute

Child = Callable[..., subprocess.Popen[str]]

BROKEN = {
    "empty": (b"", "it is empty"),
    "cut off": (b'{"version": "1.0", "active_sess', "line 1, column"),
    "UTF-16": ('{"version": "1.0"}'.encode("utf-16"), "it is not UTF-8 text"),
    "conflict": (
        b'{\n<<<<<<< HEAD\n"a": 1\n=======\n"a": 2\n>>>>>>> side\n}\n',
        "line 2 holds a conflict marker of git",
    ),
    "a list": (b"[]", "it holds no object"),
    "a key twice": (b'{"version": "1.0", "version": "1.0"}', "the key 'version' stands twice"),
    "a list of active sessions": (b'{"active_sessions": []}', "active_sessions is no object"),
    "a newer version": (b'{"version": "2.0"}', "has version 2.0; this pr-sessions understands 1.0"),
    "a version of superscripts": ('{"version": "²"}'.encode(), "is no version"),
    "a version of 5,000 digits": (b'{"version": "%s"}' % (b"9" * 5000), "is no version"),
    "unattributed in a list": (b'{"unattributed": [1]}', "unattributed: pull_requests: '[1]' is no object"),
    "unattributed numbers": (b'{"unattributed": {"5": 3}}', "unattributed: pull_requests.5: '3' is no object"),
    "not UTF-8": (b'{"version": "1.0", "x": "\xff"}', "line 1 is not UTF-8 text"),
}


class Place(Struct, frozen=True):
    """A store and where it keeps its files, in the order of writing."""

    store: Store
    folder: Path
    files: tuple[Path, ...]
    lock: Path
    backups: Path

    def contents(self) -> list[bytes]:
        return [path.read_bytes() for path in self.files]

    def copies(self) -> list[bytes]:
        return [path.read_bytes() for path in sorted(self.backups.glob("auto_pr_sessions.2*.json"))]


def place_in(folder: Path, *names: str) -> Place:
    files = tuple(folder / name for name in names)
    lock, backups = folder / "state/lock", folder / "state/backups"
    return Place(FileStore(files, lock, backups), folder, files, lock, backups)


@pytest.fixture(params=[("state/sessions.json", "tree/sessions.json"), ("tree/sessions.json",)], ids=["two", "one"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    return place_in(tmp_path, *request.param)


@pytest.fixture
def pair(tmp_path: Path) -> Place:
    """A clone's document and a working tree's file."""
    return place_in(tmp_path, "state/sessions.json", "tree/sessions.json")


def save(store: Store, *sessions: Session, at: float = 0) -> bool:
    with store.transaction(minute(at)) as work:
        return work.save(work.book.put(*sessions))


def session(name: str) -> Session:
    return begin(name, "ada", START)


def known(store: Store) -> list[str]:
    return [s.id for s in store.read()]


class TestReading:
    def test_nothing_is_an_empty_book(self, place: Place) -> None:
        assert known(place.store) == []

    def test_what_was_saved_is_read(self, place: Place) -> None:
        save(place.store, session("a"), session("b"))
        assert [(s.id, s.author, s.started) for s in place.store.read()] == [("a", "ada", START), ("b", "ada", START)]

    @pytest.mark.parametrize("saved", [(), ("a",)])
    def test_writes_nothing(self, place: Place, saved: tuple[str, ...]) -> None:
        save(place.store, *map(session, saved))
        before = look(place.folder)
        list(place.store.read())
        assert look(place.folder) == before

    def test_waits_for_no_writer(self, place: Place) -> None:
        save(place.store, session("a"))
        with place.store.transaction(START) as work:
            work.save(work.book.put(session("b")))
            assert known(place.store) == ["a", "b"]

    @pytest.mark.parametrize(("data", "reason"), BROKEN.values(), ids=BROKEN)
    def test_a_file_that_cannot_be_read_is_named_with_the_reason_and_the_way_out(
        self, place: Place, data: bytes, reason: str
    ) -> None:
        replace_file(place.files[-1], data)
        with pytest.raises(UnreadableFile) as caught:
            list(place.store.read())
        assert str(place.files[-1]) in str(caught.value)
        assert reason in str(caught.value)
        assert caught.value.hint

    def test_a_byte_order_mark_is_no_fault(self, place: Place) -> None:
        replace_file(place.files[-1], b'\xef\xbb\xbf{"active_sessions": {"a": {"session_id": "a"}}}')
        assert known(place.store) == ["a"]

    def test_a_session_that_stands_twice_is_read_once(self, place: Place) -> None:
        record = b'{"session_id": "a", "completed": "2025-11-22T10:00:00Z"}'
        replace_file(place.files[-1], b'{"completed_sessions": [%s, %s]}' % (record, record))
        assert known(place.store) == ["a"]


class TestSaving:
    def test_tells_whether_anything_was_written(self, place: Place) -> None:
        assert [save(place.store, session("a")), save(place.store)] == [True, False]

    def test_nothing_new_changes_no_byte_and_no_time(self, place: Place) -> None:
        save(place.store, session("a"))
        before = look(place.folder / "tree")
        save(place.store, *place.store.read(), at=60)
        assert look(place.folder / "tree") == before

    def test_nothing_saved_of_nothing_makes_no_file(self, place: Place) -> None:
        save(place.store)
        assert [path.exists() for path in place.files] == [False] * len(place.files)

    def test_a_foreign_layout_stays_while_nothing_changes(self, tmp_path: Path) -> None:
        alone = place_in(tmp_path, "tree/sessions.json")
        replace_file(alone.files[0], b'{"active_sessions":{"a":{"x":1,"session_id":"a"}}}')
        save(alone.store)
        assert alone.contents() == [b'{"active_sessions":{"a":{"x":1,"session_id":"a"}}}']

    def test_the_same_book_again_is_nothing_new(self, place: Place) -> None:
        with place.store.transaction(START) as work:
            book = work.book.put(session("a"))
            assert [work.save(book), work.save(book)] == [True, False]
        before = look(place.folder / "tree")
        save(place.store, at=1)
        assert look(place.folder / "tree") == before

    def test_all_files_hold_the_same(self, pair: Place) -> None:
        save(pair.store, session("a"))
        clone, tree = pair.contents()
        assert clone == tree

    def test_the_clone_s_document_is_written_first(self, pair: Place) -> None:
        with Layer(pair.folder) as layer:
            save(pair.store, session("a"))
        moved = [pair.folder / call.other for call in layer.calls if call.name == "replace"]
        assert tuple(moved) == pair.files

    def test_where_the_tree_refuses_the_clone_s_document_has_it(self, pair: Place) -> None:
        (pair.folder / "tree").write_text("in the way of the folder")
        with pytest.raises(Exception, match="cannot write"):
            save(pair.store, session("a"))
        assert known(pair.store) == ["a"]

    @pytest.mark.parametrize("lost", [0, 1])
    def test_a_lost_file_comes_back_with_the_next_save(self, pair: Place, lost: int) -> None:
        save(pair.store, session("a"))
        before = pair.contents()
        pair.files[lost].unlink()
        assert known(pair.store) == ["a"]
        assert save(pair.store, at=5)
        assert pair.contents() == before

    def test_where_all_files_are_lost_all_is_begun_anew(self, place: Place) -> None:
        save(place.store, session("a"))
        for path in place.files:
            path.unlink()
        save(place.store, session("b"))
        assert known(place.store) == ["b"]

    def test_files_that_disagree_are_joined(self, pair: Place) -> None:
        save(pair.store, session("a"))
        other = place_in(pair.folder / "other", "sessions.json")
        save(other.store, session("b"))
        replace_file(pair.files[1], other.contents()[0])
        assert known(pair.store) == ["a", "b"]
        save(pair.store, at=5)
        clone, tree = pair.contents()
        assert (clone == tree, known(pair.store)) == (True, ["a", "b"])

    def test_unknown_fields_survive(self, place: Place) -> None:
        replace_file(place.files[-1], b'{"x": [1], "active_sessions": {"a": {"session_id": "a", "y": {"z": null}}}}')
        save(place.store, session("b"))
        book = place.store.read()
        assert (book.top["x"], book["a"].source["y"]) == ([1], {"z": None})

    def test_an_exception_saves_nothing(self, place: Place) -> None:
        save(place.store, session("a"))
        before = look(place.folder / "tree")

        def fail() -> None:
            with place.store.transaction(START) as work:
                work.book.put(session("b"))
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            fail()
        assert look(place.folder / "tree") == before


class TestWhatCannotBeRead:
    @pytest.mark.parametrize("data", [data for data, _ in BROKEN.values()], ids=BROKEN)
    @pytest.mark.parametrize("broken", [0, 1])
    def test_is_never_overwritten_and_its_neighbour_neither(self, pair: Place, data: bytes, broken: int) -> None:
        save(pair.store, session("a"))
        # Nobody but us writes the clone's document: it is not searched for keys that stand twice.
        if broken == 0 and b'"version": "1.0", "version"' in data:
            return
        replace_file(pair.files[broken], data)
        before = look(pair.folder / "tree"), look(pair.folder / "state")["sessions.json"]
        for attempt in (lambda: known(pair.store), lambda: save(pair.store, session("b"))):
            with pytest.raises(UnreadableFile):
                attempt()
        assert (look(pair.folder / "tree"), look(pair.folder / "state")["sessions.json"]) == before

    def test_is_not_backed_up_either(self, pair: Place) -> None:
        save(pair.store, session("a"))
        replace_file(pair.files[1], b"{")
        with pytest.raises(UnreadableFile), pair.store.transaction(START) as work:
            work.back_up()
        assert pair.copies() == []

    def test_moved_away_the_file_comes_back(self, pair: Place) -> None:
        save(pair.store, session("a"))
        replace_file(pair.files[1], b"{")
        pair.files[1].rename(pair.folder / "tree/aside")
        save(pair.store, session("b"))
        assert known(pair.store) == ["a", "b"]


class TestBackups:
    def test_the_first_write_of_a_day_keeps_what_was_before(self, place: Place) -> None:
        save(place.store, session("a"))
        before = place.contents()[0]
        save(place.store, session("b"), at=1)
        save(place.store, session("c"), at=2)
        assert place.copies() == [before]

    def test_each_day_has_its_own(self, place: Place) -> None:
        for day in range(3):
            save(place.store, session(f"s{day}"), at=day * 24 * 60)
        assert len(place.copies()) == 2

    def test_a_day_without_news_has_none(self, place: Place) -> None:
        save(place.store, session("a"))
        save(place.store, at=24 * 60)
        assert place.copies() == []

    def test_of_nothing_there_is_none(self, place: Place) -> None:
        with place.store.transaction(START) as work:
            assert work.back_up() is None

    def test_files_that_disagree_are_kept_joined(self, pair: Place) -> None:
        replace_file(pair.files[0], b'{"active_sessions": {"a": {"session_id": "a"}}}')
        replace_file(pair.files[1], b'{"active_sessions": {"b": {"session_id": "b"}}}')
        with pair.store.transaction(START) as work:
            work.save(work.book.put(session("c")))
            work.back_up()
        kept = place_in(pair.folder / "kept", "sessions.json")
        for data in pair.copies():
            replace_file(kept.files[0], data)
            assert known(kept.store) == ["a", "b"]


class TestLeftovers:
    def test_of_killed_writers_go_with_the_next_transaction(self, place: Place) -> None:
        left = [path.with_name(f".{path.name}.12-0123456789abcdef.tmp") for path in place.files]
        for path in left:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
        with place.store.transaction(START):
            assert [path for path in left if path.exists()] == []

    def test_stay_while_somebody_only_reads(self, place: Place) -> None:
        left = place.files[0].with_name(f".{place.files[0].name}.12-0123456789abcdef.tmp")
        left.parent.mkdir(parents=True, exist_ok=True)
        left.touch()
        place.store.read()
        assert left.exists()


class TestTransactions:
    def test_exclude_each_other(self, place: Place) -> None:
        with place.store.transaction(START), pytest.raises(Busy), locked(place.lock, wait=0.01):
            pass

    def test_let_go_of_the_lock(self, place: Place) -> None:
        save(place.store, session("a"))
        with locked(place.lock, wait=0.01):
            pass

    def test_let_go_of_the_lock_after_an_exception(self, place: Place) -> None:
        with pytest.raises(KeyboardInterrupt), place.store.transaction(START):
            raise KeyboardInterrupt
        with locked(place.lock, wait=0.01):
            pass

    def test_see_what_the_one_before_saved(self, place: Place) -> None:
        save(place.store, session("a"))
        with place.store.transaction(START) as work:
            assert [s.id for s in work.book] == ["a"]

    def test_of_many_processes_lose_nothing(self, place: Place, child: Child) -> None:
        code = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from pr_sessions.sessions.lifecycle import begin
from pr_sessions.stores.store import FileStore
name, lock, backups, *files = sys.argv[1:]
store = FileStore(tuple(map(Path, files)), Path(lock), Path(backups))
now = datetime.now(UTC)
for number in range(8):
    with store.transaction(now) as work:
        work.save(work.book.put(begin(f"{name}-{number}", name, now)))
"""
        places = (str(place.lock), str(place.backups), *map(str, place.files))
        workers = [child(code, f"p{number}", *places) for number in range(4)]
        assert [worker.wait() for worker in workers] == [0] * 4
        for worker in workers:
            worker.communicate()
        assert known(place.store) == sorted(f"p{p}-{n}" for p in range(4) for n in range(8))
