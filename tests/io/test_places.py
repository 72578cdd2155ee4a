"""The opener, for each kind of thing that a clone may put in the place of a file or folder."""

import os
import stat
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pr_sessions.errors import CannotWrite, PrSessionsError, UnreadableFile
from pr_sessions.io import files, hook_log
from pr_sessions.io.folder import folder_bits, is_link, open_file, status
from pr_sessions.io.lock import locked
from pr_sessions.io.places import Place, below_users_folder, followed

pytestmark = pytest.mark.skipif(os.name == "nt", reason="links and pipes of POSIX")

NAME = "a/b/file.json"
COMPONENTS = ("a", "a/b", NAME)
HINT = "pr-sessions follows no links in a repository: put a real file or folder in the place of {link}"


def _hold(place: Place) -> None:
    with locked(place, wait=0):
        pass


READS: Mapping[str, Callable[[Place], object]] = {
    "read": files.read_bytes,
    "read alike": lambda place: files.read_alike(place, b"known"),
    "look at": files.status,
    "list": lambda place: files.names_in(place.parent),
    "list files": lambda place: files.files_in(place.parent),
}
WRITES: Mapping[str, Callable[[Place], object]] = {
    "replace": lambda place: files.replace_file(place, b"ours"),
    "append": lambda place: files.append_bytes(place, b"ours"),
    "remove": files.remove_file,
    "lock": _hold,
}
UNCHECKED: Mapping[str, Callable[[Place], object]] = {
    "make a folder": lambda place: files.make_folder(place.parent / "c"),
    "move": lambda place: files.move_file(place, place.with_name("other")),
    "log": lambda place: hook_log.write(place, "words"),
    "open": lambda place: open_file(place, os.O_RDONLY),
}
EVERYTHING = {**READS, **WRITES, **UNCHECKED}


def snapshot(folder: Path) -> dict[str, bytes | str]:
    """Everything in a folder, links by what they say."""
    found: dict[str, bytes | str] = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink():
            found[name] = f"-> {path.readlink()}"
        elif path.is_file():
            found[name] = path.read_bytes()
        else:
            found[name] = stat.filemode(path.lstat().st_mode)
    return found


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """A folder that nobody may touch, with everything that a link could want."""
    folder = tmp_path / "outside"
    (folder / "a/b").mkdir(parents=True)
    (folder / "b").mkdir()
    for name in ("a/b/file.json", "b/file.json", "file.json"):
        (folder / name).write_text('{"secret": 1}')
    return folder


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "root"
    (folder / ".git").mkdir(parents=True)
    (folder / ".git/config").write_text("[core]\n")
    return folder


def put_link(root: Path, component: str, target: Path | str) -> None:
    (root / component).parent.mkdir(parents=True, exist_ok=True)
    (root / component).symlink_to(target)


def targets(outside: Path, root: Path, component: str) -> dict[str, Path]:
    inside_git = {"a": ".git", "a/b": ".git", NAME: ".git/config"}[component]
    below = {"a": "a", "a/b": "a/b", NAME: NAME}[component]
    return {
        "outward": outside / below,
        "into .git": root / inside_git,
        "dangling": outside / "not there",
        "relative": Path(os.path.relpath(outside / below, (root / component).parent)),
    }


@pytest.mark.parametrize("kind", ["outward", "into .git", "dangling", "relative"])
@pytest.mark.parametrize("component", COMPONENTS)
@pytest.mark.parametrize("name", EVERYTHING)
def test_no_operation_follows_a_link(root: Path, outside: Path, name: str, component: str, kind: str) -> None:
    put_link(root, component, targets(outside, root, component)[kind])
    before = snapshot(outside), snapshot(root)

    if name in ("list", "list files", "make a folder") and component == NAME:
        EVERYTHING[name](Place(root, NAME))  # The file itself is not touched.
        assert snapshot(outside) == before[0]
        return
    with pytest.raises((PrSessionsError, OSError)) as refused:
        EVERYTHING[name](Place(root, NAME))

    assert (snapshot(outside), snapshot(root)) == before
    if name in {**READS, **WRITES}:
        assert isinstance(refused.value, UnreadableFile | CannotWrite)
        assert str(refused.value).endswith(" is a symbolic link")
        assert refused.value.hint == HINT.format(link=root / component)


@pytest.mark.parametrize("name", [*READS, *WRITES])
def test_the_message_names_the_link_and_not_only_the_file(root: Path, outside: Path, name: str) -> None:
    put_link(root, "a", outside / "a")

    with pytest.raises((UnreadableFile, CannotWrite)) as refused:
        EVERYTHING[name](Place(root, NAME))

    assert f": {root / 'a'} is a symbolic link" in str(refused.value)


@pytest.mark.parametrize("name", ["read", "read alike", "replace", "append", "lock"])
def test_a_pipe_is_refused_at_once(root: Path, name: str) -> None:
    (root / "a/b").mkdir(parents=True)
    os.mkfifo(root / NAME)

    with pytest.raises((UnreadableFile, CannotWrite), match=r"pipe|not a regular file"):
        EVERYTHING[name](Place(root, NAME))


@pytest.mark.parametrize("name", ["read", "read alike", "replace", "append", "lock", "remove"])
def test_a_folder_in_the_place_of_a_file_is_refused(root: Path, name: str) -> None:
    (root / NAME).mkdir(parents=True)

    with pytest.raises((UnreadableFile, CannotWrite), match=r"it is a folder|Is a directory"):
        EVERYTHING[name](Place(root, NAME))

    assert (root / NAME).is_dir()


def test_a_file_in_the_place_of_a_folder_means_that_there_is_nothing(root: Path) -> None:
    (root / "a").write_text("a file")

    assert files.read_bytes(Place(root, NAME)) is None
    assert files.status(Place(root, NAME)) is None
    assert files.names_in(Place(root, "a/b")) == ()
    with pytest.raises(CannotWrite, match="Not a directory"):
        files.replace_file(Place(root, NAME), b"ours")


def test_links_above_the_root_are_the_users_own(root: Path, tmp_path: Path) -> None:
    (tmp_path / "shortcut").symlink_to(root)

    files.replace_file(Place(tmp_path / "shortcut", NAME), b"ours")

    assert (root / NAME).read_bytes() == b"ours"


def test_what_users_name_themselves_is_followed(outside: Path, tmp_path: Path) -> None:
    (tmp_path / "settings.json").symlink_to(outside / "file.json")

    files.replace_file(followed(tmp_path / "settings.json"), b"new")

    assert (outside / "file.json").read_bytes() == b"new"
    assert (tmp_path / "settings.json").is_symlink()


def test_only_as_much_as_allowed_is_read(root: Path) -> None:
    (root / "large").write_bytes(b"x" * 11)

    with pytest.raises(UnreadableFile, match="it has 11 bytes, more than the 10 that are allowed"):
        files.read_bytes(Place(root, "large"), 10)


@given(st.binary(max_size=70_000), st.integers(0, 3))
def test_what_is_written_is_read_again(tmp_path_factory: pytest.TempPathFactory, data: bytes, deep: int) -> None:
    place = Place(tmp_path_factory.mktemp("root"), "/".join([*"abc"[:deep], "file"]))

    files.replace_file(place, data)

    assert files.read_bytes(place) == data
    assert files.read_alike(place, data) == data
    assert files.read_alike(place, data + b"!") == data


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_our_own_files_are_private_whatever_the_umask(root: Path, umask: int) -> None:
    old = os.umask(umask)
    try:
        files.replace_file(Place(root, "state/new", 0o600), b"")
        files.append_bytes(Place(root, "state/log", 0o600), b"")
        _hold(Place(root, "state/lock", 0o600))
    finally:
        os.umask(old)

    modes = {path.name: path.stat().st_mode & 0o777 for path in (root / "state").iterdir()}
    assert modes == {"new": 0o600, "log": 0o600, "lock": 0o600}
    assert (root / "state").stat().st_mode & 0o777 == 0o700


def test_what_an_older_version_left_open_is_closed_at_the_next_write(root: Path) -> None:
    (root / "state").mkdir(mode=0o755)
    (root / "state/log").write_text("")
    (root / "state/log").chmod(0o644)

    files.append_bytes(Place(root, "state/log", 0o600), b"x")

    assert (root / "state/log").stat().st_mode & 0o777 == 0o600
    assert (root / "state").stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize(("bits", "expected"), [(0o600, 0o700), (0o660, 0o2770), (0o640, 0o2750)])
def test_a_folder_may_be_searched_by_those_who_may_read(bits: int, expected: int) -> None:
    assert folder_bits(bits) == expected


@pytest.mark.parametrize(
    ("mode", "tag", "expected"),
    [
        (stat.S_IFREG, 0, False),
        (stat.S_IFDIR, 0, False),
        (stat.S_IFLNK, 0, True),
        (stat.S_IFLNK, 0xA000000C, True),  # a symbolic link of Windows
        (stat.S_IFDIR, 0xA0000003, True),  # a junction
        (stat.S_IFREG, 0x9000001A, False),  # a file in cloud storage
        (stat.S_IFREG, 0x80000013, False),  # a file without its duplicates
    ],
)
def test_what_leads_elsewhere(mode: int, tag: int, expected: bool) -> None:
    assert is_link(mode, tag) is expected


def test_a_link_that_appears_between_two_steps_is_not_followed(root: Path, outside: Path) -> None:
    """A process swaps a folder for a link and back, again and again: nothing ever arrives outside."""
    (root / "a/b").mkdir(parents=True)
    swap = (
        "import os, sys\n"
        "from contextlib import suppress\n"
        "root, outside = sys.argv[1:]\n"
        "for _ in range(400):\n"
        # The other process may have made a folder meanwhile: then this round swaps nothing.
        "    with suppress(OSError): os.rename(root + '/a', f'{root}/kept{_}')\n"
        "    with suppress(OSError): os.symlink(outside + '/a', root + '/a')\n"
        "    with suppress(OSError): os.unlink(root + '/a')\n"
    )
    before = snapshot(outside)
    swapping = subprocess.Popen([sys.executable, "-c", swap, str(root), str(outside)])
    done = 0
    while swapping.poll() is None:
        with suppress(PrSessionsError):
            files.replace_file(Place(root, NAME), b"ours")
            done += 1
    assert swapping.wait() == 0

    assert snapshot(outside) == before
    assert done


def test_the_status_of_the_root_itself(root: Path, tmp_path: Path) -> None:
    found = status(Place(root))

    assert found is not None
    assert stat.S_ISDIR(found.st_mode)
    assert status(Place(tmp_path / "none")) is None


@pytest.mark.parametrize("deep", ["file", "a/file", "a/b/c/file"])
def test_missing_folders_of_the_users_own_are_created(tmp_path: Path, outside: Path, deep: str) -> None:
    (tmp_path / "short").symlink_to(outside)

    files.replace_file(followed(tmp_path / "short/new" / deep), b"one")
    files.replace_file(below_users_folder(tmp_path / "short/other" / deep), b"two")

    assert ((outside / "new" / deep).read_bytes(), (outside / "other" / deep).read_bytes()) == (b"one", b"two")
