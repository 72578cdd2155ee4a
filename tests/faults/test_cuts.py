"""Cut at every system call: every file is old or new, nothing acknowledged is gone, the next command finishes."""

import ast
import errno
import json
import os
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

import pytest

import pr_sessions
from examples import IS_LONG
from faults.disk import Tree, at_the_end, images, materialise, snapshot
from faults.layer import CHANGING, KNOWN, UNKNOWN, Layer
from faults.operations import OPERATIONS, Operation, prepared, tracker_of
from pr_sessions.errors import CannotWrite
from pr_sessions.io.lock import locked
from pr_sessions.io.places import Place
from pr_sessions.tracker import Tracker
from scene import Clock, on_disk, overview

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the calls are those of POSIX")

TEMPORARY = re.compile(r"\.[0-9]+-[0-9a-f]{16}\.tmp$")
EVENTS = re.compile(r"(?:pending|quarantine)/[a-z0-9-]+\.jsonl$")  # moved as they are
View = dict[str, tuple[tuple[str, ...], str]]

# Python's own events for changes, and what the layer calls them.
CHANGES = {
    "os.rename": "replace",
    "os.remove": "unlink",
    "os.mkdir": "mkdir",
    "os.rmdir": "rmdir",
    "os.chmod": "fchmod",
    "os.truncate": "ftruncate",
    "os.link": "link",
    "os.symlink": "symlink",
    "os.utime": "utime",
    "os.chown": "chown",
    "shutil.move": "move",
}

# By default one that passes and one that lasts; `make fuzz` tries the other errors, too.
REFUSALS = {"full once": (errno.ENOSPC, False), "read-only from then on": (errno.EROFS, True)}
if IS_LONG:
    REFUSALS |= {"full from then on": (errno.ENOSPC, True), "an error once": (errno.EIO, False)}

every_operation = pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)


@pytest.fixture(autouse=True)
def quick_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is switched off here: the model says what a sync is good for, and the real one only takes time."""
    monkeypatch.setattr(os, "fsync", lambda _: None)


class Run:
    """An operation from beginning to end: what was there, what it did, what is there."""

    def __init__(self, folder: Path, operation: Operation, clock: Clock) -> None:
        root = prepared(folder / "whole", operation, clock).repository.root
        # Written anew, as every other run finds it: open to others, as older versions left what is private now.
        tracker = tracker_of(materialise(snapshot(root), root), clock)
        self.old, self.before = overview(tracker), snapshot(root)
        with Layer(root) as layer:
            operation.run(tracker)
        self.calls, self.new, self.after = layer.calls, overview(tracker), snapshot(root)

    def versions(self) -> dict[str, set[bytes]]:
        """Every content that a file may have: what it had, and what was moved into its place, whole."""
        found = {path: {data} for path, data in self.before.items() if data is not None}
        written = {path: data for path, data in self.before.items() if data is not None}
        for call in self.calls:
            if call.name == "write":
                written[call.path] = written.get(call.path, b"") + call.data
            elif call.name == "replace":
                found.setdefault(call.other, set()).add(written[call.path])
        return found


@every_operation
def test_stopped_before_every_call_and_with_whatever_was_not_synced_lost(
    tmp_path: Path, clock: Clock, operation: Operation
) -> None:
    run = Run(tmp_path, operation, clock)
    versions = run.versions()
    stops = list(images(run.before, run.calls))
    # Stops that leave the same are one.
    assert stops
    assert len(run.calls) > 2
    for where, image in stops:
        assert broken_files(image, versions) == [], where
        tracker = tracker_of(materialise(image, tmp_path / "whole"), clock)
        assert overview(tracker) in (run.old, run.new), where
        finish(tracker, operation, run, where)
    for where, image in at_the_end(run.before, run.calls):
        assert broken_files(image, versions) == [], where
        tracker = tracker_of(materialise(image, tmp_path / "whole"), clock)
        assert overview(tracker) == run.new, where
        finish(tracker, operation, run, where)


@every_operation
@pytest.mark.parametrize(
    ("number", "lasting"),
    REFUSALS.values(),
    ids=REFUSALS,
)
def test_refused_at_every_call(
    tmp_path: Path, clock: Clock, operation: Operation, number: int, *, lasting: bool
) -> None:
    run = Run(tmp_path, operation, clock)
    versions = run.versions()
    for at in range(1, len(run.calls) + 1):
        tracker = tracker_of(materialise(run.before, tmp_path / "whole"), clock)
        root = tracker.repository.root
        returned = False
        with suppress(CannotWrite), Layer(root, lambda n, at=at: number * (n >= at if lasting else n == at)):
            operation.run(tracker)
            returned = True
        where = f"{errno.errorcode[number]} at {at}: {run.calls[at - 1].name} {run.calls[at - 1].path}"
        image = snapshot(root)
        assert broken_files(image, versions) == [], where
        found = overview(tracker)
        assert found in ((run.new,) if returned else (run.old, run.new)), where
        if not lasting and run.calls[at - 1].name != "unlink":
            assert not any(TEMPORARY.search(path) for path in image), where
        finish(tracker, operation, run, where)


def test_the_model_shows_what_a_missing_sync_costs(tmp_path: Path, clock: Clock) -> None:
    run = Run(tmp_path, OPERATIONS["add"], clock)
    unsynced = [call for call in run.calls if call.name != "fsync"]
    versions = run.versions()
    found = [image for _, image in at_the_end(run.before, unsynced)]
    assert run.before in found
    assert any(broken_files(image, versions) for image in found)


@every_operation
def test_the_model_ends_where_the_disk_does(tmp_path: Path, clock: Clock, operation: Operation) -> None:
    run = Run(tmp_path, operation, clock)
    _, killed = next(at_the_end(run.before, run.calls))
    assert killed == run.after


@every_operation
def test_no_change_that_python_knows_of_is_missed(tmp_path: Path, clock: Clock, operation: Operation) -> None:
    tracker = prepared(tmp_path / "whole", operation, clock)
    with Layer(tracker.repository.root) as layer, heard(tracker.repository.root) as events:
        operation.run(tracker)
    told = [call.name for call in layer.calls if call.name not in ("write", "fsync")]
    assert events == told
    assert "write" in {call.name for call in layer.calls}


def test_only_these_modules_change_files_and_only_by_calls_that_are_known() -> None:
    """A new way to write has to be taught to the layer and to the model of a disk first."""
    changing = {*KNOWN, *UNKNOWN} - {"open"}
    found: dict[str, set[str]] = {}
    root = Path(pr_sessions.__file__).parent
    for path in root.rglob("*.py"):
        used = {name for name in called_on_os(path) if name in changing}
        if used:
            found[path.relative_to(root).as_posix()] = used
    assert found == {
        # No operation here makes a link or sets a time: the layer would refuse.
        "io/files.py": {"rmdir", "symlink"},
        "io/folder.py": {"write", "fsync", "fchmod", "mkdir", "replace", "unlink", "utime"},
        "io/lock.py": {"write", "ftruncate"},
        # What a hook leaves is no document: a test of its own kills it, and what it cuts is put aside.
        **{path: found[path] for path in found if path.startswith("hooks/")},
        "io/hook_log.py": {"write"},
        # A commit's message, to which git's own hook adds a line.
        "setup/name_session.py": {"write"},
        # A backup of a database; its tests cut it off.
        "storage/sql/backup.py": {"fdopen", "fsync"},
    }


def test_a_call_that_is_not_known_does_not_get_through(tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    with Layer(tmp_path):
        for attempt in (
            lambda: (tmp_path / "a").write_text("x"),
            lambda: (tmp_path / "a").chmod(0o600),
            lambda: (tmp_path / "a").rename(tmp_path / "b"),
            lambda: os.truncate(tmp_path / "a", 0),
        ):
            with pytest.raises(AssertionError, match="the model does not"):
                attempt()


def test_the_lock_can_be_taken_after_every_cut(tmp_path: Path) -> None:
    """Its note may be cut anywhere; it is no more than a text for people."""
    with Layer(tmp_path) as layer, locked(Place(tmp_path, "state/lock")):
        pass
    for number in range(len(layer.calls)):
        root = tmp_path / f"cut{number}"
        tree: Tree = {".": None}
        for _, image in at_the_end(tree, layer.calls[:number]):
            with locked(Place(materialise(image, root), "state/lock"), wait=0):
                pass


def broken_files(image: Tree, versions: dict[str, set[bytes]]) -> list[str]:
    """Files that are neither as they were nor as they were meant to be; temporary ones and the lock may be."""
    return [
        path
        for path, data in image.items()
        if data is not None
        and not path.endswith(("pr-sessions/lock", "pending/lock"))
        and not TEMPORARY.search(path)
        and not EVENTS.search(path)
        and not _is_whole(path, data, versions.get(path, set()))
    ]


def _is_whole(path: str, data: bytes, versions: set[bytes]) -> bool:
    """The journal is added to in place: what stood there stays, and only the line that is being added may be cut."""
    if path.endswith("pr-sessions/journal.jsonl"):
        return any(data.startswith(version) for version in versions or {b""})
    return data in versions


def finish(tracker: Tracker, operation: Operation, run: Run, where: str) -> None:
    """The next command brings all to an end, and sweeps what was left over."""
    for path in tracker.repository.root.rglob("*.tmp"):
        os.utime(path, (0, 0))
    if overview(tracker) == run.new:
        tracker.keep()
    else:
        operation.run(tracker)
    assert overview(tracker) == run.new, where
    repository = tracker.repository
    assert repository.clone_sessions is not None
    assert on_disk(repository.clone_sessions).read_bytes() == on_disk(repository.session_file).read_bytes(), where
    homes = {number: session.id for session in tracker.sessions() for number in session.prs}
    assert json.loads(on_disk(repository.pr_index).read_bytes())["pr_to_session"] == homes, where
    left = [path for path in repository.root.rglob("*.tmp") if "backups" not in path.parts]
    assert left == [], where


# A hook cannot be taken away again, and takes time from every later test: one for all, which asks the last of these.
_HEARERS: list[Callable[[str, tuple[object, ...]], None]] = []


@cache
def _listen_for_good() -> None:
    sys.addaudithook(_ask_the_last)


def _ask_the_last(event: str, arguments: tuple[object, ...]) -> None:
    if _HEARERS:
        _HEARERS[-1](event, arguments)


@contextmanager
def heard(root: Path) -> Iterator[list[str]]:
    """What Python itself tells of changes below the folder, by the layer's names."""
    _listen_for_good()
    events: list[str] = []

    def listen(event: str, arguments: tuple[object, ...]) -> None:
        if event == "open":
            path, _, flags = arguments
            # A name that counts from an open folder is told alone.
            ours = isinstance(path, str | Path) and (not Path(path).is_absolute() or str(path).startswith(str(root)))
            if ours and int(str(flags)) & CHANGING:
                events.append("open")
        elif event in CHANGES:
            events.append(CHANGES[event])

    _HEARERS.append(listen)
    yield events
    _HEARERS.remove(listen)


def called_on_os(path: Path) -> set[str]:
    """The names that a module takes from `os`."""
    nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    return {
        node.attr
        for node in nodes
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "os"
    }
