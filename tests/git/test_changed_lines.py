"""The lines that pull requests change, with real git."""

import io
import subprocess
from pathlib import Path

import pytest

import scene
from branches import LINES, Branch, changed, make_branches
from pr_sessions.git.borrowed import borrow_objects
from pr_sessions.git.changed_lines import MOST_LINES, changed_lines
from pr_sessions.git.merge_bases import merge_bases
from pr_sessions.git.patch import CommitStart, FileStart, Hunk, read_patches

STRANGE = 'we\nird "n\\äme.txt'


def lines_of(tmp_path: Path, **branches: Branch) -> dict[str, frozenset[int]]:
    """The changed lines of these branches against `main`."""
    root = tmp_path / "clone"
    shas = make_branches(root, {"main": Branch({"a.py": LINES}, start=""), **branches})
    heads = {("", name): (shas[name], shas["main"]) for name in branches}
    return {name: lines for (_, name), lines in changed_lines(root / ".git", heads).items()}


class TestLines:
    def test_the_same_text_is_the_same_line_whatever_its_indentation_and_file(self, tmp_path: Path) -> None:
        lines = lines_of(
            tmp_path,
            one=Branch({"b.py": "def pay():\n    return total\n"}),
            two=Branch({"c.py": "def pay():\n\treturn total"}),
        )
        assert (lines["one"], len(lines["one"])) == (lines["two"], 2)

    def test_a_line_is_added_or_removed(self, tmp_path: Path) -> None:
        lines = lines_of(tmp_path, one=Branch({"a.py": changed(3, "x")}), two=Branch({"a.py": changed(3, "y")}))
        assert [len(lines["one"]), len(lines["two"]), len(lines["one"] & lines["two"])] == [2, 2, 1]

    def test_lines_without_a_letter_or_digit_and_files_of_tools_do_not_count(self, tmp_path: Path) -> None:
        files = {"b.js": "f({\n\n  });\n}\n", "uv.lock": "version = 1\n", "b.bin": "\0x"}
        assert [len(lines) for lines in lines_of(tmp_path, one=Branch(files)).values()] == [1]

    def test_what_came_to_the_base_meanwhile_does_not_count(self, tmp_path: Path) -> None:
        root = tmp_path / "clone"
        branches = {
            "main": Branch({"a.py": LINES}, start=""),
            "pr": Branch({"b.py": "one\n"}),
            "moved": Branch({"a.py": changed(3, "moved")}),
        }
        shas = make_branches(root, branches)
        updated = make_branches(
            root, {"updated": Branch({"c.py": "two\n", "a.py": changed(3, "moved")}, start="pr", merged="moved")}
        )
        heads = {("", "old"): (shas["pr"], shas["moved"]), ("", "new"): (updated["updated"], shas["moved"])}
        assert {name: len(lines) for (_, name), lines in changed_lines(root / ".git", heads).items()} == {
            "old": 1,
            "new": 2,
        }

    def test_a_pull_request_that_changes_too_much_is_missing(self, tmp_path: Path) -> None:
        text = "".join(f"{number}\n" for number in range(MOST_LINES + 1))
        lines = lines_of(tmp_path, much=Branch({"b.py": text}), little=Branch({"c.py": "c\n"}), none=Branch({}))
        assert {name: len(each) for name, each in lines.items()} == {"little": 1, "none": 0}

    def test_what_is_not_in_the_clone_is_missing(self, tmp_path: Path) -> None:
        root = tmp_path / "clone"
        shas = make_branches(root, {"main": Branch({"a.py": LINES}, start=""), "pr": Branch({"b.py": "b\n"})})
        heads = {("", "1"): (shas["pr"], shas["main"]), ("", "2"): ("f" * 40, shas["main"]), ("", "3"): ("", "")}
        assert list(changed_lines(root / ".git", heads)) == [("", "1")]

    def test_a_clone_without_its_files_does_not_fetch_them(self, tmp_path: Path) -> None:
        root = tmp_path / "clone"
        branches = {name: Branch({"a.py": changed(3, name)}) for name in ("1", "2")}
        shas = make_branches(root, {"main": Branch({"a.py": LINES}, start=""), **branches})
        scene.git(root, "config", "uploadpack.allowFilter", "true")
        scene.git(tmp_path, "clone", "-q", "--no-checkout", "--filter=blob:none", f"file://{root}", "partial")
        heads = {("", name): (shas[name], shas["main"]) for name in branches}
        assert changed_lines(tmp_path / "partial/.git", heads) == {}

    def test_without_time_or_git_nothing_is_known(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        root = tmp_path / "clone"
        shas = make_branches(root, {"main": Branch({"a.py": LINES}, start=""), "pr": Branch({"b.py": "b\n"})})
        heads = {("", "1"): (shas["pr"], shas["main"])}
        assert changed_lines(root / ".git", heads, seconds=0) == {}
        monkeypatch.setenv("PATH", str(tmp_path))
        assert changed_lines(root / ".git", heads) == {}


def test_merge_bases_are_git_s(tmp_path: Path) -> None:
    branches = {
        "main": Branch({"a": "1"}, start=""),
        "x": Branch({"x": "1"}),
        "y": Branch({"y": "1"}),
        "xy": Branch({"b": "1"}, start="x", merged="y"),
        "yx": Branch({"c": "1"}, start="y", merged="x"),
        "on-xy": Branch({"d": "1"}, start="xy"),
        "other": Branch({"a": "2"}, start=""),
    }
    root = tmp_path / "clone"
    shas = make_branches(root, branches)
    sides = [(first, second) for first in shas.values() for second in shas.values()]
    with borrow_objects(root / ".git") as borrowed:
        found = merge_bases(borrowed, sides)
    for first, second in sides:
        command = ["git", "-C", str(root), "merge-base", "--all", first, second]
        every = subprocess.run(command, capture_output=True, text=True, check=False).stdout.split()
        assert found.get((first, second)) in (every or [None])


def patch_of(root: Path, commit: str) -> list[CommitStart | FileStart | Hunk]:
    command = ["git", "-C", str(root), "diff-tree", "--stdin", "--always", "-p", "-U0", "-M"]
    printed = subprocess.run(command, input=f"{commit}\n".encode(), capture_output=True, check=True).stdout
    return list(read_patches(io.BytesIO(printed)))


class TestPatch:
    def test_commits_files_and_hunks_are_read(self, tmp_path: Path) -> None:
        root = tmp_path / "clone"
        start = {"a.py": LINES, "gone.py": "-- x\n", "old name.py": LINES, "empty": "", "c.bin": "\0"}
        change = {
            "a.py": changed(3, "++ b/evil\n@@ -1 +1 @@"),
            "gone.py": None,
            "old name.py": None,
            "new name.py": LINES,
            STRANGE: "no end",
            "c.bin": "\0\0",
            "empty too": "",
        }
        sha = make_branches(root, {"main": Branch(start, start=""), "pr": Branch(change)})["pr"]
        parts = patch_of(root, sha)
        strange = STRANGE.encode()
        assert [(p.old, p.new, p.is_binary) for p in parts if isinstance(p, FileStart)] == [
            (b"a.py", b"a.py", False),
            (b"c.bin", b"c.bin", True),
            (None, b"empty too", False),
            (b"gone.py", None, False),
            (b"old name.py", b"new name.py", False),
            (None, strange, False),
        ]
        assert parts[0] == CommitStart(sha)
        assert [p for p in parts if isinstance(p, Hunk)] == [
            Hunk(3, 1, 3, 2, b"@@ -3 +3,2 @@ line 2\n", (b"-line 3\n", b"+++ b/evil\n", b"+@@ -1 +1 @@\n")),
            Hunk(1, 1, 0, 0, b"@@ -1 +0,0 @@\n", (b"--- x\n",)),
            Hunk(0, 0, 1, 1, b"@@ -0,0 +1 @@\n", (b"+no end\n", b"\\ No newline at end of file\n")),
        ]

    def test_a_cut_hunk_is_left_out(self) -> None:
        printed = b"diff --git a/a b/a\n--- a/a\n+++ b/a\n@@ -1,2 +1,2 @@\n-one\n"
        assert [type(part) for part in read_patches(io.BytesIO(printed))] == [FileStart]
