"""One diff of several pull requests, with real git."""

import random
import subprocess
from pathlib import Path

import pytest

from branches import LINES, Branch, changed, make_branches
from pr_sessions.core.conflicts import ConflictPlace
from pr_sessions.git.merged_diff import Head, MergedDiff, Stop, merge_in_order


def diff_of(root: Path, branches: dict[str, Branch], *order: str) -> MergedDiff:
    shas = make_branches(root, {"main": Branch({"a.py": LINES, "b.py": LINES}, start=""), **branches})
    return merge_in_order(root / ".git", shas["main"], [Head(name, shas[name]) for name in order])


def hunks(diff: MergedDiff) -> dict[str, list[tuple[str, tuple[str, ...]]]]:
    """By file, the ranges of its hunks and their pull requests."""
    return {
        (each.file.new or each.file.old or b"").decode(): [
            (f"{hunk.hunk.old},{hunk.hunk.old_count} {hunk.hunk.new},{hunk.hunk.new_count}", hunk.numbers)
            for hunk in each.hunks
        ]
        for each in diff.files
    }


class TestHunks:
    def test_each_names_its_pull_requests(self, tmp_path: Path) -> None:
        branches = {
            "14": Branch({"a.py": changed(3, "fourteen"), "new.py": "one\n"}),
            "15": Branch({"a.py": changed(30, "fifteen"), "b.py": None}),
            "16": Branch({"a.py": changed(35, "sixteen")}),
        }
        diff = diff_of(tmp_path / "clone", branches, "14", "15", "16")
        assert (diff.merged, diff.stop) == (("14", "15", "16"), None)
        assert hunks(diff) == {
            "a.py": [("1,6 1,6", ("14",)), ("27,12 27,12", ("15", "16"))],
            "b.py": [("1,40 0,0", ("15",))],
            "new.py": [("0,0 1,1", ("14",))],
        }

    def test_a_line_that_several_changed_names_all(self, tmp_path: Path) -> None:
        first = changed(3, "one")
        branches = {
            "1": Branch({"a.py": first, "new.py": "x = 1\ny = 1\n"}),
            "2": Branch({"a.py": first.replace("one", "two"), "new.py": "x = 1\ny = 2\n"}, start="1"),
            "3": Branch({"new.py": "x = 1\ny = 2\nz = 3\n"}, start="2"),
        }
        assert hunks(diff_of(tmp_path / "clone", branches, "1", "2", "3")) == {
            "a.py": [("1,6 1,6", ("1", "2"))],
            "new.py": [("0,0 1,3", ("1", "2", "3"))],
        }

    def test_a_file_that_was_moved_keeps_its_lines(self, tmp_path: Path) -> None:
        branches = {
            "1": Branch({"a.py": changed(3, "one")}),
            "2": Branch({"a.py": None, "moved.py": changed(3, "one")}, start="1"),
            "3": Branch({"moved.py": changed(30, "three", changed(3, "one"))}, start="2"),
        }
        diff = diff_of(tmp_path / "clone", branches, "1", "2", "3")
        assert hunks(diff) == {"moved.py": [("1,6 1,6", ("1",)), ("27,7 27,7", ("3",))]}
        assert [(each.file.old, each.numbers) for each in diff.files] == [(b"a.py", ("1", "2", "3"))]

    def test_a_binary_file_names_them_without_hunks(self, tmp_path: Path) -> None:
        branches = {"1": Branch({"c.bin": "\0one"}), "2": Branch({"c.bin": "\0two"}, start="1")}
        diff = diff_of(tmp_path / "clone", branches, "1", "2")
        assert [(each.file.new, each.file.is_binary, each.numbers) for each in diff.files] == [
            (b"c.bin", True, ("1", "2"))
        ]

    @pytest.mark.parametrize("seed", range(3))
    def test_each_added_line_has_the_one_that_git_blames(self, tmp_path: Path, seed: int) -> None:
        chance = random.Random(seed)  # noqa: S311 - a play, and no secret
        text, start = LINES.splitlines(keepends=True), "main"
        branches: dict[str, Branch] = {}
        for number in map(str, range(1, 9)):
            for _ in range(3):
                at = chance.randrange(len(text) + 1)
                new = [f"{number} {chance.randrange(5)}\n" for _ in range(chance.randrange(4))]
                text = [*text[:at], *new, *text[at + chance.randrange(4) :]]
            branches[number] = Branch({"a.py": "".join(text)}, start=start)
            start = number
        diff = diff_of(tmp_path / "clone", branches, *branches)
        blame = subprocess.run(
            ["git", "-C", tmp_path / "clone", "blame", "-s", "-p", start, "--", "a.py"], capture_output=True, check=True
        ).stdout.decode()
        shas = make_branches(tmp_path / "clone", {})
        numbers = {shas[name]: name for name in branches}
        rows = [line.split() for line in blame.splitlines()]
        blamed = {int(row[2]): numbers.get(row[0], "") for row in rows if len(row) in (3, 4) and len(row[0]) == 40}
        for hunk in diff.files[0].hunks:
            number = hunk.hunk.new
            for line in hunk.hunk.lines:
                if line.startswith(b"+"):
                    assert blamed[number] in hunk.numbers
                number += not line.startswith(b"-")


class TestStop:
    def test_names_the_first_that_conflicts_and_with_what(self, tmp_path: Path) -> None:
        branches = {
            "1": Branch({"b.py": changed(3, "one")}),
            "2": Branch({"a.py": changed(3, "two")}),
            "3": Branch({"a.py": changed(3, "three")}),
            "4": Branch({"b.py": changed(30, "four")}),
        }
        diff = diff_of(tmp_path / "clone", branches, "1", "2", "3", "4")
        assert (diff.merged, list(hunks(diff))) == (("1", "2"), ["a.py", "b.py"])
        assert diff.stop == Stop("3", (ConflictPlace("a.py", 3, 3),), against=("2",))

    def test_says_if_the_base_is_enough(self, tmp_path: Path) -> None:
        root = tmp_path / "clone"
        branches = {
            "start": Branch({"a.py": LINES}, start=""),
            "main": Branch({"a.py": changed(3, "moved")}, start="start"),
            "1": Branch({"a.py": changed(3, "one")}, start="start"),
        }
        shas = make_branches(root, branches)
        stop = Stop("1", (ConflictPlace("a.py", 3, 3),), with_base=True)
        assert merge_in_order(root / ".git", shas["main"], [Head("1", shas["1"])]) == MergedDiff((), stop, ())

    def test_says_why_git_cannot_merge(self, tmp_path: Path) -> None:
        diff = diff_of(tmp_path / "clone", {"1": Branch({"a.py": "x"}, start="")}, "1")
        assert diff == MergedDiff((), Stop("1", why="they have no common history"), ())
