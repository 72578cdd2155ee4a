"""Whether a merge of git's is finished, read from its index: every layout that git writes."""

from collections.abc import Callable
from pathlib import Path

import pytest

from pr_sessions.storage.files.half_merged import first_unmerged
from scene import committed, git

NAME = "docs/metrics/auto_pr_sessions.json"
NEIGHBOURS = (
    "docs/metrics/auto_pr_sessions.jso",
    "docs/metrics/auto_pr_sessions.json5",
    "docs/a",
    "x/docs/metrics/s.json",
)
LAYOUTS = (
    ("-c", "index.version=2"),
    ("-c", "index.version=3"),
    ("-c", "index.version=4"),
    ("-c", "core.splitIndex=true"),
    ("-c", "core.splitIndex=true", "-c", "index.version=4"),
    ("-c", "core.untrackedCache=true", "-c", "core.preloadIndex=true"),
)


def half(root: Path) -> bool:
    return first_unmerged(root, root / ".git", (NAME,)) == NAME


def put(root: Path, name: str, text: str) -> None:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def diverged(root: Path, name: str, layout: tuple[str, ...] = ()) -> Path:
    """Two branches that changed the same line of a file; `main` is checked out."""
    committed(root)
    for setting in layout[1::2]:
        key, _, value = setting.partition("=")
        git(root, "config", key, value)
    (root / ".git/index").unlink()
    git(root, "reset", "-q")
    for neighbour in (NAME, *NEIGHBOURS):
        put(root, neighbour, "base\n")
    save(root)
    git(root, "checkout", "-q", "-b", "side")
    put(root, name, "theirs\n")
    save(root)
    git(root, "checkout", "-q", "main")
    put(root, name, "ours\n")
    save(root)
    return root


def save(root: Path) -> None:
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "work")


@pytest.mark.parametrize("layout", LAYOUTS, ids=" ".join)
def test_it_is_seen_until_it_is_done(tmp_path: Path, layout: tuple[str, ...]) -> None:
    root = diverged(tmp_path / "r", NAME, layout)
    before = half(root)
    git(root, "merge", "-q", "side", check=False)
    during = half(root)
    git(root, "checkout", "--ours", NAME)
    still = half(root)
    git(root, "add", NAME)
    assert (before, during, still, half(root)) == (False, True, True, False)


@pytest.mark.parametrize("layout", LAYOUTS, ids=" ".join)
@pytest.mark.parametrize("name", NEIGHBOURS)
def test_a_neighbour_s_merge_is_none_of_it(tmp_path: Path, layout: tuple[str, ...], name: str) -> None:
    root = diverged(tmp_path / "r", name, layout)
    git(root, "merge", "-q", "side", check=False)
    assert (half(root), git(root, "ls-files", "-u") != "") == (False, True)


def removed_here(root: Path) -> None:
    git(root, "rm", "-q", NAME)


def removed_there(root: Path) -> None:
    git(root, "checkout", "-q", "side")
    git(root, "rm", "-q", NAME)
    git(root, "commit", "-q", "-m", "gone")
    git(root, "checkout", "-q", "main")
    git(root, "commit", "-q", "--allow-empty", "-m", "more")


def renamed_on_both_sides(root: Path) -> None:
    """The old name waits with its base alone."""
    git(root, "mv", NAME, "docs/one.json")
    git(root, "commit", "-q", "-m", "one")
    git(root, "checkout", "-q", "side")
    git(root, "mv", NAME, "docs/two.json")
    git(root, "commit", "-q", "-m", "two")
    git(root, "checkout", "-q", "main")


@pytest.mark.parametrize("change", [removed_here, removed_there, renamed_on_both_sides])
@pytest.mark.parametrize("version", ["2", "4"])
def test_a_side_that_has_no_file_counts(tmp_path: Path, change: Callable[[Path], None], version: str) -> None:
    root = diverged(tmp_path / "r", NAME, ("-c", f"index.version={version}"))
    change(root)
    git(root, "add", "-A")
    git(root, "commit", "-q", "--allow-empty", "-m", "change")
    git(root, "merge", "-q", "side", check=False)
    assert half(root) is (NAME in git(root, "ls-files", "-u"))


def test_objects_with_long_names_make_no_difference(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_DEFAULT_HASH", "sha256")
    root = diverged(tmp_path / "r", NAME, ("-c", "index.version=4"))
    git(root, "merge", "-q", "side", check=False)
    assert half(root)


def test_no_index_is_no_merge(tmp_path: Path) -> None:
    root = committed(tmp_path / "r")
    (root / ".git/index").unlink()
    assert not half(root)


@pytest.mark.parametrize("content", [b"", b"DIRC", b"\xff" * 5000, b"DIRC\0\0\0\4" + b"\x10\x22" * 99 + b"\x80"])
def test_an_index_that_is_none_is_left_to_git(tmp_path: Path, content: bytes) -> None:
    root = committed(tmp_path / "r")
    (root / ".git/index").write_bytes(content)
    assert not half(root)
