"""What every store promises, run against each."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec import Struct

from faults.layer import Layer
from pr_sessions.core.lifecycle import begin
from pr_sessions.core.models import Session
from pr_sessions.errors import Busy, UnreadableFile
from pr_sessions.io.files import replace_file
from pr_sessions.io.lock import locked
from pr_sessions.io.places import Place
from pr_sessions.storage.base import SessionStore
from pr_sessions.storage.files.store import FileStore
from scene import START, look, minute, on_disk

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
    "unattributed in a list": (
        b'{"version": "1.0", "unattributed": [1]}',
        "unattributed is no object",
    ),
    "not UTF-8": (b'{"version": "1.0", "x": "\xff"}', "line 1 is not UTF-8 text"),
}


class Kept(Struct, frozen=True):
    """A store and where it keeps its files, in the order of writing."""

    store: SessionStore
    folder: Path
    files: tuple[Place, ...]
    lock: Place
    backups: Place

    def contents(self) -> list[bytes]:
        return [on_disk(file).read_bytes() for file in self.files]

    def copies(self) -> list[bytes]:
        return [path.read_bytes() for path in sorted(on_disk(self.backups).glob("auto_pr_sessions.2*.json"))]


def kept_in(folder: Path, *names: str) -> Kept:
    folder.mkdir(exist_ok=True)
    files = tuple(Place(folder, name) for name in names)
    lock, backups = Place(folder, "state/lock"), Place(folder, "state/backups")
    return Kept(FileStore(files, lock, backups), folder, files, lock, backups)


@pytest.fixture(params=[("state/sessions.json", "tree/sessions.json"), ("tree/sessions.json",)], ids=["two", "one"])
def kept(request: pytest.FixtureRequest, tmp_path: Path) -> Kept:
    return kept_in(tmp_path, *request.param)


@pytest.fixture
def pair(tmp_path: Path) -> Kept:
    """A clone's document and a working tree's file."""
    return kept_in(tmp_path, "state/sessions.json", "tree/sessions.json")


def save(store: SessionStore, *sessions: Session, at: float = 0) -> bool:
    with store.transaction(minute(at)) as work:
        return work.commit(work.sessions.put(*sessions))


def session(name: str) -> Session:
    return begin(name, "ada", START)


def known(store: SessionStore) -> list[str]:
    return [s.id for s in store.read()]


class TestReading:
    def test_nothing_is_an_empty_book(self, kept: Kept) -> None:
        assert known(kept.store) == []

    def test_what_was_saved_is_read(self, kept: Kept) -> None:
        save(kept.store, session("a"), session("b"))
        assert [(s.id, s.author, s.started) for s in kept.store.read()] == [("a", "ada", START), ("b", "ada", START)]

    @pytest.mark.parametrize("saved", [(), ("a",)])
    def test_writes_nothing(self, kept: Kept, saved: tuple[str, ...]) -> None:
        save(kept.store, *map(session, saved))
        before = look(kept.folder)
        list(kept.store.read())
        assert look(kept.folder) == before

    def test_waits_for_no_writer(self, kept: Kept) -> None:
        save(kept.store, session("a"))
        with kept.store.transaction(START) as work:
            work.commit(work.sessions.put(session("b")))
            assert known(kept.store) == ["a", "b"]

    @pytest.mark.parametrize(("data", "reason"), BROKEN.values(), ids=BROKEN)
    def test_a_file_that_cannot_be_read_is_named_with_the_reason_and_the_way_out(
        self, kept: Kept, data: bytes, reason: str
    ) -> None:
        replace_file(kept.files[-1], data)
        with pytest.raises(UnreadableFile) as caught:
            list(kept.store.read())
        assert str(kept.files[-1]) in str(caught.value)
        assert reason in str(caught.value)
        assert caught.value.hint

    def test_a_byte_order_mark_is_no_fault(self, kept: Kept) -> None:
        replace_file(kept.files[-1], b'\xef\xbb\xbf{"active_sessions": {"a": {"session_id": "a"}}}')
        assert known(kept.store) == ["a"]

    def test_files_that_did_not_change_are_parsed_once(self, kept: Kept) -> None:
        save(kept.store, session("a"))
        read = kept.store.read()
        assert kept.store.read() is read
        save(kept.store, session("b"))
        assert known(kept.store) == ["a", "b"]

    def test_a_session_that_stands_twice_is_read_once(self, kept: Kept) -> None:
        record = b'{"session_id": "a", "completed": "2025-11-22T10:00:00Z"}'
        replace_file(kept.files[-1], b'{"completed_sessions": [%s, %s]}' % (record, record))
        assert known(kept.store) == ["a"]


class TestSaving:
    def test_tells_whether_anything_was_written(self, kept: Kept) -> None:
        assert [save(kept.store, session("a")), save(kept.store)] == [True, False]

    def test_nothing_new_changes_no_byte_and_no_time(self, kept: Kept) -> None:
        save(kept.store, session("a"))
        before = look(kept.folder / "tree")
        save(kept.store, *kept.store.read(), at=60)
        assert look(kept.folder / "tree") == before

    def test_nothing_saved_of_nothing_makes_no_file(self, kept: Kept) -> None:
        save(kept.store)
        assert [on_disk(file).exists() for file in kept.files] == [False] * len(kept.files)

    def test_a_foreign_layout_stays_while_nothing_changes(self, tmp_path: Path) -> None:
        alone = kept_in(tmp_path, "tree/sessions.json")
        replace_file(alone.files[0], b'{"active_sessions":{"a":{"x":1,"session_id":"a"}}}')
        save(alone.store)
        assert alone.contents() == [b'{"active_sessions":{"a":{"x":1,"session_id":"a"}}}']

    def test_the_same_book_again_is_nothing_new(self, kept: Kept) -> None:
        with kept.store.transaction(START) as work:
            collection = work.sessions.put(session("a"))
            assert [work.commit(collection), work.commit(collection)] == [True, False]
        before = look(kept.folder / "tree")
        save(kept.store, at=1)
        assert look(kept.folder / "tree") == before

    def test_all_files_hold_the_same(self, pair: Kept) -> None:
        save(pair.store, session("a"))
        clone, tree = pair.contents()
        assert clone == tree

    def test_the_clone_s_document_is_written_first(self, pair: Kept) -> None:
        with Layer(pair.folder) as layer:
            save(pair.store, session("a"))
        moved = [Place(pair.folder, call.other) for call in layer.calls if call.name == "replace"]
        assert tuple(moved) == pair.files

    def test_where_the_tree_refuses_the_clone_s_document_has_it(self, pair: Kept) -> None:
        (pair.folder / "tree").write_text("in the way of the folder")
        with pytest.raises(Exception, match="cannot write"):
            save(pair.store, session("a"))
        assert known(pair.store) == ["a"]

    @pytest.mark.parametrize("lost", [0, 1])
    def test_a_lost_file_comes_back_with_the_next_save(self, pair: Kept, lost: int) -> None:
        save(pair.store, session("a"))
        before = pair.contents()
        on_disk(pair.files[lost]).unlink()
        assert known(pair.store) == ["a"]
        assert save(pair.store, at=5)
        assert pair.contents() == before

    def test_where_all_files_are_lost_all_is_begun_anew(self, kept: Kept) -> None:
        save(kept.store, session("a"))
        for file in kept.files:
            on_disk(file).unlink()
        save(kept.store, session("b"))
        assert known(kept.store) == ["b"]

    def test_files_that_disagree_are_joined(self, pair: Kept) -> None:
        save(pair.store, session("a"))
        other = kept_in(pair.folder / "other", "sessions.json")
        save(other.store, session("b"))
        replace_file(pair.files[1], other.contents()[0])
        assert known(pair.store) == ["a", "b"]
        save(pair.store, at=5)
        clone, tree = pair.contents()
        assert (clone == tree, known(pair.store)) == (True, ["a", "b"])

    def test_unknown_fields_survive(self, kept: Kept) -> None:
        replace_file(kept.files[-1], b'{"x": [1], "active_sessions": {"a": {"session_id": "a", "y": {"z": null}}}}')
        save(kept.store, session("b"))
        collection = kept.store.read()
        assert (collection.top["x"], collection.entry_of("a").raw["y"]) == ([1], {"z": None})

    def test_an_exception_saves_nothing(self, kept: Kept) -> None:
        save(kept.store, session("a"))
        before = look(kept.folder / "tree")

        def fail() -> None:
            with kept.store.transaction(START) as work:
                work.sessions.put(session("b"))
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            fail()
        assert look(kept.folder / "tree") == before


class TestWhatCannotBeRead:
    @pytest.mark.parametrize("data", [data for data, _ in BROKEN.values()], ids=BROKEN)
    @pytest.mark.parametrize("broken", [0, 1])
    def test_is_never_overwritten_and_its_neighbour_neither(self, pair: Kept, data: bytes, broken: int) -> None:
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

    def test_is_not_backed_up_either(self, pair: Kept) -> None:
        save(pair.store, session("a"))
        replace_file(pair.files[1], b"{")
        with pytest.raises(UnreadableFile), pair.store.transaction(START) as work:
            work.back_up()
        assert pair.copies() == []

    def test_moved_away_the_file_comes_back(self, pair: Kept) -> None:
        save(pair.store, session("a"))
        replace_file(pair.files[1], b"{")
        on_disk(pair.files[1]).rename(pair.folder / "tree/aside")
        save(pair.store, session("b"))
        assert known(pair.store) == ["a", "b"]


class TestBackups:
    def test_the_first_write_of_a_day_keeps_what_was_before(self, kept: Kept) -> None:
        save(kept.store, session("a"))
        before = kept.contents()[0]
        save(kept.store, session("b"), at=1)
        save(kept.store, session("c"), at=2)
        assert kept.copies() == [before]

    def test_each_day_has_its_own(self, kept: Kept) -> None:
        for day in range(3):
            save(kept.store, session(f"s{day}"), at=day * 24 * 60)
        assert len(kept.copies()) == 2

    def test_a_day_without_news_has_none(self, kept: Kept) -> None:
        save(kept.store, session("a"))
        save(kept.store, at=24 * 60)
        assert kept.copies() == []

    def test_of_nothing_there_is_none(self, kept: Kept) -> None:
        with kept.store.transaction(START) as work:
            assert work.back_up() is None

    def test_files_that_disagree_are_kept_joined(self, pair: Kept) -> None:
        replace_file(pair.files[0], b'{"active_sessions": {"a": {"session_id": "a"}}}')
        replace_file(pair.files[1], b'{"active_sessions": {"b": {"session_id": "b"}}}')
        with pair.store.transaction(START) as work:
            work.commit(work.sessions.put(session("c")))
            work.back_up()
        aside = kept_in(pair.folder / "kept", "sessions.json")
        for data in pair.copies():
            replace_file(aside.files[0], data)
            assert known(aside.store) == ["a", "b"]


class TestLeftovers:
    def test_of_killed_writers_go_with_the_next_transaction(self, kept: Kept) -> None:
        left = [on_disk(file).with_name(f".{file.name}.12-0123456789abcdef.tmp") for file in kept.files]
        for path in left:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
        with kept.store.transaction(START):
            assert [path for path in left if path.exists()] == []

    def test_stay_while_somebody_only_reads(self, kept: Kept) -> None:
        left = on_disk(kept.files[0]).with_name(f".{kept.files[0].name}.12-0123456789abcdef.tmp")
        left.parent.mkdir(parents=True, exist_ok=True)
        left.touch()
        kept.store.read()
        assert left.exists()


class TestTransactions:
    def test_exclude_each_other(self, kept: Kept) -> None:
        with kept.store.transaction(START), pytest.raises(Busy), locked(kept.lock, wait=0.01):
            pass

    def test_let_go_of_the_lock(self, kept: Kept) -> None:
        save(kept.store, session("a"))
        with locked(kept.lock, wait=0.01):
            pass

    def test_let_go_of_the_lock_after_an_exception(self, kept: Kept) -> None:
        with pytest.raises(KeyboardInterrupt), kept.store.transaction(START):
            raise KeyboardInterrupt
        with locked(kept.lock, wait=0.01):
            pass

    def test_see_what_the_one_before_saved(self, kept: Kept) -> None:
        save(kept.store, session("a"))
        with kept.store.transaction(START) as work:
            assert [s.id for s in work.sessions] == ["a"]

    def test_of_many_processes_lose_nothing(self, kept: Kept, child: Child) -> None:
        code = """
import sys
from datetime import UTC, datetime
from pr_sessions.io.places import Place
from pr_sessions.core.lifecycle import begin
from pr_sessions.storage.files.store import FileStore
name, root, lock, backups, *files = sys.argv[1:]
store = FileStore(tuple(Place(root, file) for file in files), Place(root, lock), Place(root, backups))
now = datetime.now(UTC)
for number in range(8):
    with store.transaction(now) as work:
        work.commit(work.sessions.put(begin(f"{name}-{number}", name, now)))
"""
        places = (str(kept.folder), *(place.below for place in (kept.lock, kept.backups, *kept.files)))
        workers = [child(code, f"p{number}", *places) for number in range(4)]
        assert [worker.wait() for worker in workers] == [0] * 4
        for worker in workers:
            worker.communicate()
        assert known(kept.store) == sorted(f"p{p}-{n}" for p in range(4) for n in range(8))
