"""Programs are found by absolute entries of PATH alone."""

import ntpath
import os
import posixpath
from pathlib import Path

import pytest

from pr_sessions.io.programs import absolute_entries, candidates, child_environment, find_program


def program(path: Path, text: str = "#!/bin/sh\n", mode: int = 0o755) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(mode)
    return path


@pytest.mark.parametrize(
    ("path", "entries"),
    [
        ("/usr/bin:/bin", ["/usr/bin", "/bin"]),
        (".:/usr/bin", ["/usr/bin"]),
        (":/usr/bin", ["/usr/bin"]),
        ("/usr/bin:", ["/usr/bin"]),
        ("/usr/bin::/bin", ["/usr/bin", "/bin"]),
        ("bin:./bin:../bin:~/bin:/bin", ["/bin"]),
        ("C:/tools:/bin", ["/tools", "/bin"]),
        ("", []),
    ],
)
def test_relative_and_empty_entries_are_skipped(path: str, entries: list[str]) -> None:
    assert list(absolute_entries(path, posixpath)) == entries


@pytest.mark.parametrize(
    ("path", "entries"),
    [
        (r"C:\Git\cmd;D:/tools", [r"C:\Git\cmd", "D:/tools"]),
        (r".;;bin;..\bin;C:\Git", [r"C:\Git"]),
        (r"C:;C:bin;\bin;/bin;C:\Git", [r"C:\Git"]),
        (r'"C:\Program Files\Git";C:\x', [r"C:\Program Files\Git", r"C:\x"]),
        (r"\\server\share\bin", [r"\\server\share\bin"]),
    ],
)
def test_on_windows_an_entry_has_a_drive_and_begins_at_its_root(path: str, entries: list[str]) -> None:
    assert list(absolute_entries(path, ntpath)) == entries


@pytest.mark.parametrize(
    ("name", "pathext", "looked_at"),
    [
        ("git", "", [r"C:\a\git.com", r"C:\a\git.exe"]),
        ("git", ".EXE;.BAT;.CMD;.PY", [r"C:\a\git.exe"]),
        ("git", ".BAT;.EXE;.COM", [r"C:\a\git.exe", r"C:\a\git.com"]),
        ("git", ".BAT", [r"C:\a\git.com", r"C:\a\git.exe"]),
        ("git.exe", ".COM", [r"C:\a\git.exe"]),
        (r"deep\git", "", []),
        (r".\git", "", []),
        ("C:git", "", []),
    ],
)
def test_on_windows_only_exe_and_com_are_tried(name: str, pathext: str, looked_at: list[str]) -> None:
    assert list(candidates(name, r".;C:\a", pathext, rules=ntpath)) == looked_at


@pytest.mark.parametrize("name", ["./git", "deep/git", "/usr/bin/git", "../git"])
def test_a_name_with_a_folder_is_none(name: str) -> None:
    assert find_program(name) is None


def test_the_first_absolute_entry_that_has_it_wins(tmp_path: Path) -> None:
    first, second = (program(tmp_path / folder / "git") for folder in ("first", "second"))
    environ = {"PATH": os.pathsep.join((str(tmp_path / "none"), str(first.parent), str(second.parent)))}
    assert find_program("git", environ) == str(first)


def test_what_is_no_executable_file_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "folder/git").mkdir(parents=True)
    program(tmp_path / "plain/git", mode=0o644)
    os.mkfifo(program(tmp_path / "pipe/x").with_name("git"), 0o755)
    (tmp_path / "link").mkdir()
    (tmp_path / "link/git").symlink_to("nowhere")
    right = program(tmp_path / "right/git")
    folders = ("folder", "plain", "pipe", "link", "right")
    assert find_program("git", {"PATH": os.pathsep.join(str(tmp_path / f) for f in folders)}) == str(right)


def test_what_was_not_there_is_looked_for_again(tmp_path: Path) -> None:
    environ = {"PATH": str(tmp_path)}
    before = find_program("git", environ)
    there = program(tmp_path / "git")
    assert (before, find_program("git", environ)) == (None, str(there))


def test_without_path_the_system_s_folders_count() -> None:
    assert find_program("sh", {}) in ("/bin/sh", "/usr/bin/sh")


def test_a_child_searches_absolute_entries_alone() -> None:
    path = os.pathsep.join((".", "", "/usr/bin", "bin", "/bin"))
    assert child_environment({"PATH": path, "HOME": "/h"}) == {"PATH": f"/usr/bin{os.pathsep}/bin", "HOME": "/h"}
