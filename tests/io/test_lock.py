import errno
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from pr_sessions.errors import Busy, CannotWrite
from pr_sessions.io.file_lock import _is_there
from pr_sessions.io.files import exists
from pr_sessions.io.folder import Folder
from pr_sessions.io.lock import _no_locks, _try, locked, next_in_line
from pr_sessions.io.places import Place
from scene import on_disk

Child = Callable[..., subprocess.Popen[str]]

posix = pytest.mark.skipif(os.name == "nt", reason="flock and signals as POSIX has them")

HOLD = """
import sys
from pr_sessions.io.lock import locked
from pr_sessions.io.places import Place
with locked(Place(*sys.argv[1:3])):
    print("held", flush=True)
    sys.stdin.read()
"""

COUNT = """
import sys
from pathlib import Path
from pr_sessions.io.lock import locked
from pr_sessions.io.places import Place
counter = Path(sys.argv[3])
for _ in range(50):
    with locked(Place(*sys.argv[1:3]), wait=60):
        counter.write_text(str(int(counter.read_text()) + 1))
"""


@contextmanager
def holder(child: Child, place: Place, code: str = HOLD) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the lock, until its input is closed."""
    process = child(code, place.root, place.below, "--title", "a secret")
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    yield process
    process.communicate()


def test_another_process_is_kept_out_and_told_who_holds_it(tmp_path: Path, child: Child) -> None:
    path = Place(tmp_path, "state/lock")
    with holder(child, path) as process, pytest.raises(Busy) as caught, locked(path, wait=0.05):
        pass
    since = r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z"
    told = rf"{re.escape(path.path)} is locked by process {process.pid} \(-c, since {since}\)"
    assert re.fullmatch(told, str(caught.value))
    assert caught.value.hint == (
        f"wait until it is done and run the command again; end process {process.pid} if it hangs"
    )


def test_a_waiter_gets_the_lock_when_it_is_free(tmp_path: Path, child: Child) -> None:
    path = Place(tmp_path, "lock")

    def take() -> str:
        with locked(path, wait=60):
            return "taken"

    with ThreadPoolExecutor(1) as pool:
        with holder(child, path):
            waiting = pool.submit(take)
            assert not waiting.done()
        assert waiting.result() == "taken"


@posix
def test_a_killed_holder_is_no_obstacle(tmp_path: Path, child: Child) -> None:
    path = Place(tmp_path, "lock")
    with holder(child, path) as process:
        process.send_signal(signal.SIGKILL)
        process.wait()
        with locked(path, wait=0):
            pass


@posix
def test_a_program_that_a_killed_holder_started_does_not_keep_the_lock(tmp_path: Path, child: Child) -> None:
    start = 'import subprocess; subprocess.Popen(["cat"], close_fds=False)'
    with holder(child, Place(tmp_path, "lock"), HOLD.replace("    print", f"    {start}\n    print")) as process:
        process.send_signal(signal.SIGKILL)
        process.wait()
        with locked(Place(tmp_path, "lock"), wait=0):
            pass


def test_who_is_next_in_line_comes_before_who_comes_again(tmp_path: Path) -> None:
    path = Place(tmp_path, "lock")
    order = []

    def wait_for_it() -> None:
        with locked(path, wait=60):
            order.append("waiting")

    with ThreadPoolExecutor(1) as pool:
        with locked(path):
            waiting = pool.submit(wait_for_it)
            while not in_line(path):
                assert not waiting.done()
        with locked(path, wait=60):
            order.append("again")
        waiting.result()
    assert order == ["waiting", "again"]


def in_line(path: Place) -> bool:
    """Whether somebody stands next in line."""
    if not exists(next_in_line(path)):
        return False
    descriptor = _try(next_in_line(path))
    if descriptor is not None:
        os.close(descriptor)
    return descriptor is None


def test_the_queue_needs_no_file_while_nobody_waits(tmp_path: Path) -> None:
    for _ in range(3):
        with locked(Place(tmp_path, "lock")):
            pass
    assert [path.name for path in tmp_path.iterdir()] == ["lock"]


@posix
def test_a_lock_on_a_file_that_somebody_removed_is_none(tmp_path: Path) -> None:
    path = Place(tmp_path, "lock")
    with locked(path), Folder(path.parent) as folder:
        descriptor = os.open(path.path, os.O_RDWR)
        assert _is_there(descriptor, folder, "lock")
        on_disk(path).unlink()
        assert not _is_there(descriptor, folder, "lock")
        with locked(path, wait=0):
            assert not _is_there(descriptor, folder, "lock")
        os.close(descriptor)


def test_no_count_is_lost_between_processes(tmp_path: Path, child: Child) -> None:
    counter = tmp_path / "counter"
    counter.write_text("0")
    processes = [child(COUNT, str(tmp_path), "lock", str(counter)) for _ in range(4)]
    assert [process.wait() for process in processes] == [0, 0, 0, 0]
    for process in processes:
        process.communicate()
    assert counter.read_text() == "200"


def test_no_count_is_lost_between_threads(tmp_path: Path) -> None:
    counter = tmp_path / "counter"
    counter.write_text("0")

    def count(_: int) -> None:
        with locked(Place(tmp_path, "lock"), wait=60):
            counter.write_text(str(int(counter.read_text()) + 1))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(count, range(200)))
    assert counter.read_text() == "200"


def test_taking_it_twice_is_refused_and_does_not_hang(tmp_path: Path) -> None:
    path = Place(tmp_path, "lock")
    with locked(path), pytest.raises(Busy, match=f"process {os.getpid()} "), locked(path, wait=0):
        pass


def test_an_error_in_the_block_frees_the_lock(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), locked(Place(tmp_path, "lock")):
        raise ZeroDivisionError
    with locked(Place(tmp_path, "lock"), wait=0):
        pass


def test_the_file_stays_and_is_the_same_one(tmp_path: Path) -> None:
    path = Place(tmp_path, "lock")
    with locked(path):
        first = on_disk(path).stat().st_ino
    with locked(path):
        pass
    assert on_disk(path).stat().st_ino == first


def test_the_note_names_the_program_and_never_its_arguments(tmp_path: Path, child: Child) -> None:
    with holder(child, Place(tmp_path, "lock")) as process:
        note = (tmp_path / "lock").read_text()
    assert re.fullmatch(rf"{process.pid} [0-9T:-]+Z -c\n", note)


@posix
@pytest.mark.parametrize(
    ("note", "told"),
    [
        (b"", "locked by another process"),
        (b"\xff\xfe\x00", "locked by another process"),
        (b"somebody else", "locked by another process"),
        (b"12", "locked by another process"),
        (b"12 then \x1b[31mred\n\x07", "locked by process 12 ([31mred, since then)"),
        (b"12 then " + b"x" * 1_000_000, f"locked by process 12 ({'x' * 192}, since then)"),
    ],
)
def test_any_note_of_a_holder_is_read_tolerantly(tmp_path: Path, note: bytes, told: str) -> None:
    import fcntl

    path = Place(tmp_path, "lock")
    with on_disk(path).open("wb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.write(note)
        file.flush()
        with pytest.raises(Busy) as caught, locked(path, wait=0):
            pass
    assert str(caught.value) == f"{path} is {told}"


@pytest.mark.parametrize("name", ["folder", "file/lock"])
def test_a_place_that_cannot_be_a_file_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()
    with pytest.raises(CannotWrite) as caught, locked(Place(tmp_path, name)):
        pass
    assert str(tmp_path / name) in str(caught.value)
    assert caught.value.hint.endswith("move it away")


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.ENOTSUP, errno.ENOSYS])
def test_a_file_system_without_locks_is_refused_and_never_used_unlocked(number: int) -> None:
    error = _no_locks(Place("", "lock"), OSError(number, "the reason"))
    assert str(error) == "cannot lock lock: the reason"
    assert "use a local disk" in error.hint


def test_the_lock_serves_a_full_disk(tmp_path: Path, child: Child) -> None:
    if sys.platform == "win32":
        pytest.skip("Windows has no limit on file sizes that stands for a full disk")
    code = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))\n" + HOLD
    path = Place(tmp_path, "lock")
    with holder(child, path, code), pytest.raises(Busy, match="another"), locked(path, wait=0):
        pass
