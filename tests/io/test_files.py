import errno
import os
import signal
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from pr_sessions.errors import CannotWrite, UnreadableFile
from pr_sessions.io.files import (
    cannot_write,
    read_alike,
    read_bytes,
    remove_file,
    remove_temporary,
    replace_changed_file,
    replace_file,
    sweep_temporaries,
)
from pr_sessions.io.places import Place
from scene import look, place

Child = Callable[..., subprocess.Popen[str]]

# Read before the tests' own environment takes it away.
IN_CI = os.environ.get("CI") == "true"

posix = pytest.mark.skipif(os.name == "nt", reason="permission bits, pipes and limits as POSIX has them")

# Imports and limits come first: afterwards the process may not be able to import any more.
REPLACE = """
import os, sys
from pathlib import Path
from pr_sessions.errors import CannotWrite
from pr_sessions.io.files import replace_file
from pr_sessions.io.places import Place
{limit}
path = Path(sys.argv[1])
try:
    replace_file(Place(path.parent, path.name), b"n" * 200_000)
except CannotWrite as error:
    print(error, error.hint, path.read_bytes().decode(), sorted(os.listdir(path.parent)), sep="|")
"""


def names(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir())


class TestRead:
    def test_gives_the_bytes(self, tmp_path: Path) -> None:
        (tmp_path / "a").write_bytes(b"\x00\r\n\xff")
        assert read_bytes(Place(tmp_path, "a")) == b"\x00\r\n\xff"

    @pytest.mark.parametrize("name", ["missing", "no/such/folder", "a/below a file"])
    def test_a_missing_file_is_none(self, tmp_path: Path, name: str) -> None:
        (tmp_path / "a").touch()
        assert read_bytes(Place(tmp_path, name)) is None

    def test_a_folder_is_unreadable_and_named(self, tmp_path: Path) -> None:
        with pytest.raises(UnreadableFile) as caught:
            read_bytes(place(tmp_path))
        assert str(caught.value) == f"cannot read {tmp_path}: it is a folder"
        assert caught.value.hint

    def test_the_limit_is_the_most_that_is_read(self, tmp_path: Path) -> None:
        path = tmp_path / "a"
        path.write_bytes(b"12345")
        assert read_bytes(place(path), 5) == b"12345"
        with pytest.raises(UnreadableFile, match="it has 5 bytes, more than the 4 that are allowed"):
            read_bytes(place(path), 4)

    @posix
    def test_a_pipe_is_refused_and_never_waited_for(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "pipe")
        with pytest.raises(UnreadableFile, match="it is a pipe, not a file"):
            read_bytes(Place(tmp_path, "pipe"))

    @posix
    def test_an_endless_device_is_refused(self) -> None:
        with pytest.raises(UnreadableFile, match="it is a device, not a file"):
            read_bytes(Place("/dev", "zero"))

    @posix
    def test_a_circle_of_links_is_unreadable(self, tmp_path: Path) -> None:
        (tmp_path / "a").symlink_to("a")
        with pytest.raises(UnreadableFile, match=r"cannot read .*a: it is a symbolic link"):
            read_bytes(Place(tmp_path, "a"))

    @posix
    def test_a_forbidden_file_is_unreadable(self, open_folder: Path, child: Child) -> None:
        path = open_folder / "secret"
        path.touch(mode=0)
        code = """
import os, sys
from pathlib import Path
from pr_sessions.errors import UnreadableFile
from pr_sessions.io.files import read_bytes
from pr_sessions.io.places import Place
if os.geteuid() == 0:
    os.setuid(65534)
try:
    path = Path(sys.argv[1])
    read_bytes(Place(path.parent, path.name))
except UnreadableFile as error:
    print(error, error.hint, sep="|")
"""
        said, _ = child(code, str(path)).communicate()
        assert said == f"cannot read {path}: permission denied|give yourself read permission for {path}\n"


class TestReplace:
    def test_writes_a_new_file_and_its_folders(self, tmp_path: Path) -> None:
        replace_file(Place(tmp_path, "a/b/c"), b"new")
        assert (tmp_path / "a/b/c").read_bytes() == b"new"
        assert names(tmp_path / "a/b") == ["c"]

    def test_replaces_the_whole_content(self, tmp_path: Path) -> None:
        path = tmp_path / "a"
        path.write_bytes(b"older and longer")
        replace_file(place(path), b"new")
        assert path.read_bytes() == b"new"
        assert names(tmp_path) == ["a"]

    @posix
    @pytest.mark.parametrize("bits", [0o600, 0o644, 0o664, 0o755, 0o444])
    def test_an_existing_file_keeps_its_permission_bits(self, tmp_path: Path, bits: int) -> None:
        path = tmp_path / "a"
        path.touch()
        path.chmod(bits)
        replace_file(place(path), b"new", mode=0o640)
        assert stat.S_IMODE(path.stat().st_mode) == bits

    @posix
    def test_a_new_file_has_the_mode_that_is_asked_for(self, tmp_path: Path) -> None:
        replace_file(Place(tmp_path, "a"), b"", mode=0o755)
        assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o755

    @posix
    def test_a_new_file_follows_the_umask(self, tmp_path: Path) -> None:
        before = os.umask(0o027)
        try:
            replace_file(Place(tmp_path, "a"), b"")
        finally:
            os.umask(before)
        assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o640

    @posix
    @pytest.mark.parametrize("exists", [True, False])
    def test_a_link_stays_and_the_file_behind_it_is_not_touched(self, tmp_path: Path, *, exists: bool) -> None:
        (tmp_path / "far").mkdir()
        if exists:
            (tmp_path / "far/real").write_bytes(b"old")
        (tmp_path / "link").symlink_to("far/real")
        before = look(tmp_path)
        with pytest.raises(CannotWrite) as caught:
            replace_file(Place(tmp_path, "link"), b"new")
        assert str(caught.value) == f"cannot write {tmp_path / 'link'}: it is a symbolic link"
        assert caught.value.hint == (
            "pr-sessions follows no links in a repository: "
            f"put a real file or folder in the place of {tmp_path / 'link'}"
        )
        assert (tmp_path / "link").readlink() == Path("far/real")
        assert look(tmp_path) == before
        assert names(tmp_path / "far") == (["real"] if exists else [])

    @posix
    def test_a_link_in_the_place_of_a_folder_is_named_and_not_followed(self, tmp_path: Path) -> None:
        (tmp_path / "far").mkdir()
        (tmp_path / "far/real").write_bytes(b"old")
        (tmp_path / "a").mkdir()
        (tmp_path / "a/link").symlink_to("../far")
        with pytest.raises(CannotWrite) as caught:
            replace_file(Place(tmp_path, "a/link/real"), b"new")
        assert str(caught.value) == (
            f"cannot write {tmp_path / 'a/link/real'}: {tmp_path / 'a/link'} is a symbolic link"
        )
        assert names(tmp_path / "far") == ["real"]
        assert (tmp_path / "far/real").read_bytes() == b"old"

    @posix
    def test_a_link_above_the_root_is_the_users_own_and_followed(self, tmp_path: Path) -> None:
        (tmp_path / "far/root").mkdir(parents=True)
        (tmp_path / "link").symlink_to("far/root")
        replace_file(Place(tmp_path / "link", "a/b"), b"new")
        assert (tmp_path / "far/root/a/b").read_bytes() == b"new"
        assert read_bytes(Place(tmp_path / "link", "a/b")) == b"new"

    def test_a_folder_in_its_place_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "a").mkdir()
        with pytest.raises(CannotWrite, match="it is a folder") as caught:
            replace_file(Place(tmp_path, "a"), b"new")
        assert caught.value.hint == "a folder is in the place of this file: move it away"
        assert names(tmp_path) == ["a"]

    @pytest.mark.parametrize("below", ["b", "b/c"])
    def test_a_file_in_the_place_of_a_folder_is_refused(self, tmp_path: Path, below: str) -> None:
        (tmp_path / "a").write_bytes(b"mine")
        with pytest.raises(CannotWrite) as caught:
            replace_file(Place(tmp_path, f"a/{below}"), b"new")
        assert str(tmp_path / "a" / below) in str(caught.value)
        assert caught.value.hint == "a file is in the place of a folder on this path: move it away"
        assert (tmp_path / "a").read_bytes() == b"mine"

    @posix
    def test_a_pipe_in_its_place_is_refused_and_stays(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "pipe")
        with pytest.raises(CannotWrite, match="it is not a regular file"):
            replace_file(Place(tmp_path, "pipe"), b"new")
        assert (tmp_path / "pipe").is_fifo()

    @posix
    def test_a_circle_of_links_is_refused_and_stays(self, tmp_path: Path) -> None:
        (tmp_path / "a").symlink_to("a")
        with pytest.raises(CannotWrite):
            replace_file(Place(tmp_path, "a"), b"new")
        assert names(tmp_path) == ["a"]


@posix
class TestFailure:
    """The old file stays, nothing is left beside it, and the message names the file and the way out."""

    def test_a_limit_on_file_sizes(self, tmp_path: Path, child: Child) -> None:
        limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))"
        (tmp_path / "a").write_text("old")
        said, _ = child(REPLACE.format(limit=limit), str(tmp_path / "a")).communicate()
        assert said == (
            f"cannot write {tmp_path / 'a'}: File too large|"
            "the file would be larger than this system or `ulimit -f` allows|old|['a']\n"
        )

    def test_a_folder_without_write_permission(self, open_folder: Path, child: Child) -> None:
        (open_folder / "a").write_text("old")
        (open_folder / "a").chmod(0o644)
        open_folder.chmod(0o555)
        limit = "if os.geteuid() == 0: os.setuid(65534)"
        said, _ = child(REPLACE.format(limit=limit), str(open_folder / "a")).communicate()
        assert said == (
            f"cannot write {open_folder / 'a'}: Permission denied|"
            f"give yourself write permission for {open_folder}|old|['a']\n"
        )

    @pytest.mark.parametrize(
        ("then", "reason", "hint"),
        [
            ("true", "No space left on device", "the disk is full: free some space and run the command again"),
            (
                'mount -o remount,ro "$0"',
                "Read-only file system",
                "the file system is read-only: work in a writable clone",
            ),
        ],
        ids=["full", "read-only"],
    )
    def test_a_file_system_that_refuses(self, tmp_path: Path, child: Child, then: str, reason: str, hint: str) -> None:
        if not can_mount():
            assert not IN_CI, "CI has to let tests mount a small file system"
            pytest.skip("this machine lets nobody mount; the limit on file sizes is tested in any case")
        small = f'mount -t tmpfs -o size=64k none "$0" && printf old > "$0/a" && {then} && exec "$@"'
        shell = ("unshare", "-rm", "sh", "-c", small, str(tmp_path))
        said, _ = child(REPLACE.format(limit=""), str(tmp_path / "a"), prefix=shell).communicate()
        assert said == f"cannot write {tmp_path / 'a'}: {reason}|{hint}|old|['a']\n"


def can_mount() -> bool:
    command = ["unshare", "-rm", "mount", "-t", "tmpfs", "none", "/mnt"]
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False


@posix
def test_an_interrupt_at_any_moment_leaves_a_whole_file_and_nothing_else(tmp_path: Path, child: Child) -> None:
    code = """
import os, signal, sys
from pathlib import Path
from pr_sessions.io.files import replace_file
from pr_sessions.io.places import Place
path = Path(sys.argv[1])
place = Place(path.parent, path.name)
whole = (b"a" * 100_000, b"b" * 100_000)
replace_file(place, whole[0])
signal.signal(signal.SIGALRM, signal.default_int_handler)
interrupted = 0
for turn in range(400):
    try:
        signal.setitimer(signal.ITIMER_REAL, (turn + 1) * 0.000_005)
        replace_file(place, whole[turn % 2])
        signal.setitimer(signal.ITIMER_REAL, 0)
    except KeyboardInterrupt:
        interrupted += 1
    assert path.read_bytes() in whole
    assert os.listdir(path.parent) == [path.name], turn
print(interrupted > 0)
"""
    process = child(code, str(tmp_path / "a"))
    assert process.communicate()[0] == "True\n"


@posix
def test_a_killed_writer_leaves_a_whole_file_and_its_leftovers_are_swept(tmp_path: Path, child: Child) -> None:
    code = """
import sys
from pathlib import Path
from pr_sessions.io.files import replace_file
from pr_sessions.io.places import Place
path = Path(sys.argv[1])
while True:
    for letter in b"ab":
        replace_file(Place(path.parent, path.name), bytes([letter]) * 300_000)
        print(flush=True)
"""
    path = tmp_path / "a"
    for lines in range(1, 11):
        process = child(code, str(path))
        for _ in range(lines):
            assert process.stdout is not None
            process.stdout.readline()
        process.send_signal(signal.SIGKILL)
        process.communicate()
        assert path.read_bytes() in (b"a" * 300_000, b"b" * 300_000)
    sweep_temporaries(Place(tmp_path), "a", path.stat().st_mtime + 3700)
    assert names(tmp_path) == ["a"]


class TestSweep:
    def left_over(self, folder: Path, name: str, age: float) -> None:
        (folder / name).touch()
        os.utime(folder / name, (1_000_000 - age, 1_000_000 - age))

    @pytest.mark.parametrize(
        ("name", "age", "kept"),
        [
            (".s.json.12-0123456789abcdef.tmp", 3601, False),
            (".s.json.12-0123456789abcdef.tmp", 3599, True),
            (".s.json.swp", 9999, True),
            (".s.json.tmp", 9999, True),
            (".s.json.12-0123456789abcdef.tmp.bak", 9999, True),
            (".other.json.12-0123456789abcdef.tmp", 9999, True),
            ("s.json.12-0123456789abcdef.tmp", 9999, True),
        ],
    )
    def test_only_our_own_old_ones_go(self, tmp_path: Path, name: str, age: float, *, kept: bool) -> None:
        self.left_over(tmp_path, name, age)
        sweep_temporaries(Place(tmp_path), "s.json", 1_000_000)
        assert names(tmp_path) == ([name] if kept else [])

    @pytest.mark.parametrize("age", [0, 3599, -3600])
    def test_beside_a_file_all_of_its_own_go_whatever_their_age(self, tmp_path: Path, age: float) -> None:
        (tmp_path / "s.json").touch()
        self.left_over(tmp_path, ".s.json.12-0123456789abcdef.tmp", age)
        self.left_over(tmp_path, ".s.json2.12-0123456789abcdef.tmp", age)
        remove_temporary(Place(tmp_path, "s.json"))
        assert names(tmp_path) == [".s.json2.12-0123456789abcdef.tmp", "s.json"]

    def test_a_missing_folder_is_fine(self, tmp_path: Path) -> None:
        sweep_temporaries(Place(tmp_path, "missing"), "s.json", 0)
        assert names(tmp_path) == []


class TestRemove:
    @pytest.mark.parametrize("name", ["a", "missing", "a/below"])
    def test_afterwards_there_is_none(self, tmp_path: Path, name: str) -> None:
        (tmp_path / "a").touch()
        remove_file(Place(tmp_path, name))
        assert not (tmp_path / name).exists()

    def test_a_folder_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(CannotWrite, match="cannot remove"):
            remove_file(place(tmp_path))

    @posix
    def test_a_link_is_refused_and_its_file_stays(self, tmp_path: Path) -> None:
        (tmp_path / "real").touch()
        (tmp_path / "link").symlink_to("real")
        with pytest.raises(CannotWrite, match=r"cannot remove .*link: it is a symbolic link"):
            remove_file(Place(tmp_path, "link"))
        assert names(tmp_path) == ["link", "real"]


@pytest.mark.parametrize(
    ("number", "hint"),
    [
        (errno.ENOSPC, "the disk is full: free some space and run the command again"),
        (errno.EDQUOT, "your disk quota is used up: free some space and run the command again"),
        (errno.EROFS, "the file system is read-only: work in a writable clone"),
        (errno.EACCES, "give yourself write permission for {folder}"),
        (errno.EIO, "the disk reports an error: check its health before you go on"),
        (errno.EMFILE, ""),
    ],
)
def test_the_system_s_refusal_gets_its_way_out(number: int, hint: str) -> None:
    path = Path("docs") / "a{x}.json"
    error = cannot_write(Place(path.parent, path.name), OSError(number, "the reason"))
    assert (str(error), error.hint) == (f"cannot write {path}: the reason", hint.format(folder="docs"))


@pytest.mark.parametrize("module", ["io.files", "io.lock", "git.repository", "git.commands", "storage.files.backups"])
def test_the_storage_edge_loads_no_heavy_module(module: str, child: Child) -> None:
    heavy = {"subprocess", "tempfile", "shutil", "json", "logging", "dataclasses", "yaml"}
    code = f"import sys; before = set(sys.modules); import pr_sessions.{module}; "
    code += f"print(sorted((set(sys.modules) - before) & {heavy}))"
    assert child(code).communicate()[0] == "[]\n"


@pytest.mark.parametrize("data", [b"", b"the same", b"another", b"the same and more", b"the", b"x" * 200_000])
def test_a_file_is_read_the_same_beside_what_is_known(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "file"
    path.write_bytes(data)
    for known in (b"", b"the same", b"x" * 200_000, b"x" * 200_001):
        assert read_alike(place(path), known) == data


def test_the_same_bytes_are_not_kept_twice(tmp_path: Path) -> None:
    known = b"x" * 200_000
    (tmp_path / "file").write_bytes(known)
    assert read_alike(Place(tmp_path, "file"), known) is known


def test_a_missing_file_is_none_beside_what_is_known(tmp_path: Path) -> None:
    assert read_alike(Place(tmp_path, "missing"), b"x") is None


class TestReplaceChanged:
    def test_the_same_content_is_not_written_again(self, tmp_path: Path) -> None:
        wrote = [replace_changed_file(Place(tmp_path, "a"), b"x")]
        before = look(tmp_path)
        wrote.append(replace_changed_file(Place(tmp_path, "a"), b"x"))
        assert (wrote, look(tmp_path)) == ([True, False], before)

    def test_other_content_is(self, tmp_path: Path) -> None:
        (tmp_path / "a").write_bytes(b"xy")
        assert replace_changed_file(Place(tmp_path, "a"), b"x")
        assert (tmp_path / "a").read_bytes() == b"x"

    def test_what_cannot_be_replaced_is_an_error(self, tmp_path: Path) -> None:
        (tmp_path / "a").mkdir()
        with pytest.raises(CannotWrite):
            replace_changed_file(Place(tmp_path, "a"), b"x")
