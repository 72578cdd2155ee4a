"""The working trees of a clone, with real git."""

import os
import stat
import subprocess
from pathlib import Path

import pytest

import scene
from branches import LINES, Branch, changed, make_branches
from pr_sessions.core.conflicts import ConflictPlace
from pr_sessions.core.worktrees import SharedLines, TouchedFile, TreeActivity, Worktree
from pr_sessions.git.discovery import find_repository
from pr_sessions.git.worktrees import find_shared_lines, read_worktrees

BRANCHES = {
    "main": Branch({"a.py": LINES, "b.py": LINES, ".gitignore": "*.log\n"}, start=""),
    "pay": Branch({"a.py": changed(3, "pay")}),
    "tax": Branch({"a.py": changed(30, "tax"), "b.py": None}),
}


class Clone:
    """A clone with the working trees `pay` and `tax` beside it."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.root = folder, folder / "clone"
        self.shas = make_branches(self.root, BRANCHES)
        scene.git(self.root, "reset", "-q", "--hard")
        for name in ("pay", "tax"):
            scene.git(self.root, "worktree", "add", "-q", str(folder / name), name)

    def read(
        self, *proposed: str, base: str = "", activities: dict[Path, TreeActivity] | None = None
    ) -> list[Worktree]:
        repository = find_repository(self.root)
        return list(read_worktrees(repository, base or self.shas["main"], activities or {}, proposed))

    def shared(self, base: str = "", **heads: tuple[str | None, str]) -> list[SharedLines]:
        named = {name.removeprefix("pr"): head for name, head in heads.items()}
        return list(
            find_shared_lines(find_repository(self.root), self.read(base=base), base or self.shas["main"], named)
        )


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    return Clone(tmp_path)


def test_each_tree_has_its_branch_and_what_it_changes(clone: Clone) -> None:
    (clone.folder / "pay/a.py").write_text(changed(9, "uncommitted", changed(3, "pay")))
    (clone.folder / "pay/new.py").write_text("new\n")
    (clone.folder / "pay/noise.log").write_text("ignored\n")
    seen = TreeActivity("ada-1", "claude-code", "activity", scene.START)
    assert clone.read(activities={clone.folder / "pay": seen}) == [
        Worktree(
            path=".",
            root=str(clone.root),
            is_current=True,
            branch="main",
            head=clone.shas["main"],
            uncommitted=0,
            unproposed=0,
            touches=(),
        ),
        Worktree(
            path="../pay",
            root=str(clone.folder / "pay"),
            branch="pay",
            head=clone.shas["pay"],
            activity=seen,
            uncommitted=2,
            unproposed=1,
            touches=(TouchedFile("a.py", ((2, 3), (8, 9))), TouchedFile("new.py")),
        ),
        Worktree(
            path="../tax",
            root=str(clone.folder / "tax"),
            branch="tax",
            head=clone.shas["tax"],
            uncommitted=0,
            unproposed=1,
            touches=(TouchedFile("a.py", ((29, 30),)), TouchedFile("b.py")),
        ),
    ]


def test_commits_of_a_pull_request_are_proposed(clone: Clone) -> None:
    assert [tree.unproposed for tree in clone.read(clone.shas["tax"], "f" * 40)] == [0, 1, 0]


def test_missing_locked_and_detached_trees_say_so(clone: Clone) -> None:
    scene.git(clone.root, "worktree", "lock", "--reason", "on a stick\nof mine", str(clone.folder / "pay"))
    scene.git(clone.folder / "tax", "checkout", "-q", "--detach")
    (clone.folder / "pay").rename(clone.folder / "away")
    scene.git(clone.root, "worktree", "add", "-q", "--detach", str(clone.folder / "gone"))
    (clone.folder / "gone").rename(clone.folder / "gone-too")
    trees = {Path(tree.root).name: tree for tree in clone.read()}
    assert {name: (tree.branch, tree.locked, tree.problem, tree.uncommitted) for name, tree in trees.items()} == {
        "clone": ("main", "", "", 0),
        "pay": ("pay", "on a stick of mine", "missing", None),
        "tax": (None, "", "", 0),
        "gone": (None, "", "gitdir file points to non-existent location", None),
    }


def test_without_a_base_only_files_are_known(clone: Clone) -> None:
    read = read_worktrees(find_repository(clone.root), "")
    assert [(tree.uncommitted, tree.unproposed, tree.touches) for tree in read] == [(0, None, None)] * 3


def test_a_branch_without_commits_has_only_new_files(clone: Clone) -> None:
    scene.git(clone.folder / "pay", "checkout", "-q", "--orphan", "fresh")
    assert [(tree.head, tree.uncommitted) for tree in clone.read()][1] == ("", 0)


class TestSharedLines:
    def test_trees_and_pull_requests_that_change_the_same_lines_are_named(self, clone: Clone) -> None:
        (clone.folder / "tax/a.py").write_text(changed(3, "uncommitted", changed(30, "tax")))
        prs = make_branches(
            clone.root, {"pr": Branch({"a.py": changed(30, "other")}), "same": Branch({"b.py": changed(1, "x")})}
        )
        assert clone.shared(pr14=("pr", prs["pr"]), pr15=("same", prs["same"]), pr16=("pay", clone.shas["pay"])) == [
            SharedLines(("../pay", "../tax"), (ConflictPlace("a.py", 3, 3),)),
            SharedLines(("../tax", "#14"), (ConflictPlace("a.py", 30, 30),)),
            SharedLines(("../tax", "#15"), (ConflictPlace("b.py"),)),
        ]

    def test_lines_are_those_of_the_base_wherever_a_branch_began(self, clone: Clone) -> None:
        moved = make_branches(
            clone.root,
            {
                "moved": Branch({"a.py": "first\n" * 5 + LINES}),
                "pr": Branch({"a.py": "first\n" * 5 + changed(3, "pr")}, start="moved"),
                "away": Branch({"a.py": "first\n" * 5 + changed(9, "pr")}, start="moved"),
            },
        )
        shared = clone.shared(base=moved["moved"], pr14=("pr", moved["pr"]), pr15=("away", moved["away"]))
        assert shared == [SharedLines(("../pay", "#14"), (ConflictPlace("a.py", 8, 8),))]

    def test_what_is_built_on_the_same_work_is_no_pair(self, clone: Clone) -> None:
        upper = make_branches(clone.root, {"upper": Branch({"a.py": changed(3, "upper")}, start="pay")})["upper"]
        scene.git(clone.root, "worktree", "add", "-q", str(clone.folder / "upper"), "upper")
        assert clone.shared(pr14=("other", upper)) == []

    def test_a_pull_request_that_is_not_in_the_clone_is_none(self, clone: Clone) -> None:
        assert clone.shared(pr14=("x", "f" * 40), pr15=(None, "")) == []


@pytest.mark.skipif(os.name == "nt", reason="scripts as programs")
def test_nothing_that_a_clone_names_runs_or_counts(clone: Clone, tmp_path: Path) -> None:
    trap = tmp_path / "trap"
    trap.write_text(f"#!/bin/sh\ntouch {tmp_path}/sprung-$$\ncat\n")
    trap.chmod(stat.S_IRWXU)
    for key in (
        "filter.evil.clean",
        "filter.evil.process",
        "diff.evil.textconv",
        "diff.evil.command",
        "core.fsmonitor",
    ):
        scene.git(clone.root, "config", key, str(trap))
    scene.git(clone.root, "config", "core.hooksPath", str(tmp_path))
    (tmp_path / "post-index-change").write_text(trap.read_text())
    (tmp_path / "post-index-change").chmod(stat.S_IRWXU)
    for tree in ("pay", "tax"):
        (clone.folder / tree / ".gitattributes").write_text("* filter=evil diff=evil\n")
        text = (clone.folder / tree / "a.py").read_text()
        (clone.folder / tree / "a.py").write_text(text.replace("line 7\n", "LINE 7\n"))
        os.utime(clone.folder / tree / "a.py", (1, 1))
    before = {tree: (clone.root / f".git/worktrees/{tree}/index").read_bytes() for tree in ("pay", "tax")}
    assert [tree.uncommitted for tree in clone.read()] == [0, 2, 2]
    assert list(tmp_path.glob("sprung-*")) == []
    assert {tree: (clone.root / f".git/worktrees/{tree}/index").read_bytes() for tree in ("pay", "tax")} == before
    subprocess.run(["git", "-C", clone.folder / "pay", "diff"], check=False, capture_output=True)
    assert list(tmp_path.glob("sprung-*")) != []
