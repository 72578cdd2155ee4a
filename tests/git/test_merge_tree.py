"""Attempted merges of open pull requests, with real git."""

import os
import stat
import subprocess
from pathlib import Path

import pytest

import scene
from branches import LINES, Branch, changed, make_branches
from pr_sessions.core.conflicts import Conflict, ConflictPlace, MergeAttempt, MergeResult
from pr_sessions.git.merge_tree import MOST_PAIRS, attempt_merges

Sides = dict[str, tuple[str, str]]
CLEAN = MergeAttempt(MergeResult.CLEAN)
UNKNOWN = "f" * 40
BRANCHES = {
    "main": Branch({"a.py": LINES, "b.py": LINES, "c.bin": "\0one"}, start=""),
    "1": Branch({"a.py": changed(30, "third", changed(3, "one")), "c.bin": "\0two"}),
    "2": Branch({"a.py": changed(30, "dritte", changed(3, "eins")), "c.bin": "\0three"}),
    "3": Branch({"a.py": changed(20, "far away")}),
    "4": Branch({"a.py": None}),
    "5": Branch({"new\nline \"'.py": "5\n"}),
    "6": Branch({"new\nline \"'.py": "6\n"}),
    "7": Branch({"b.py": None, "d.py": LINES}),
    "8": Branch({"b.py": None, "e.py": LINES}),
    "unrelated": Branch({"a.py": LINES}, start=""),
}


def pair(first: str, second: str, *files: str) -> Conflict:
    return Conflict(repository="o/r", numbers=(first, second), files=files or ("a.py",))


def attempt(root: Path, sides: Sides, *pairs: Conflict, seconds: float = 60) -> list[MergeAttempt]:
    keyed = {("o/r", number): each for number, each in sides.items()}
    attempts = attempt_merges(root / ".git", pairs, keyed, seconds)
    return [attempts[each.repository, each.numbers] for each in pairs]


def conflict(*places: ConflictPlace) -> MergeAttempt:
    return MergeAttempt(MergeResult.CONFLICT, places)


def not_tried(why: str) -> MergeAttempt:
    return MergeAttempt(why_not=why)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Sides]:
    """A repository with pull requests, which no test changes."""
    root = tmp_path_factory.mktemp("made") / "clone"
    shas = make_branches(root, BRANCHES)
    return root, {name: (sha, shas["main"]) for name, sha in shas.items()}


@pytest.fixture(scope="module")
def moved(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """A repository whose base moved on after a pull request began."""
    root = tmp_path_factory.mktemp("moved") / "clone"
    branches = {
        "main": Branch({"a.py": LINES, "b.py": LINES}, start=""),
        "old": Branch({"a.py": changed(3, "old"), "b.py": changed(30, "old")}),
        "moved": Branch({"a.py": changed(3, "moved")}),
        "other file": Branch({"b.py": changed(3, "new")}, start="moved"),
        "same file": Branch({"a.py": changed(30, "new", changed(3, "moved"))}, start="moved"),
        "same line": Branch({"b.py": changed(30, "new")}, start="moved"),
    }
    return root, make_branches(root, {name.replace(" ", "-"): branch for name, branch in branches.items()})


class TestResult:
    @pytest.mark.parametrize(
        ("numbers", "expected"),
        [
            (("1", "3"), CLEAN),
            (
                ("1", "2"),
                conflict(
                    ConflictPlace("a.py", 3, 3), ConflictPlace("a.py", 30, 30), ConflictPlace("c.bin", kind="binary")
                ),
            ),
            (("3", "4"), conflict(ConflictPlace("a.py", kind="modify/delete"))),
            (("5", "6"), conflict(ConflictPlace("new\nline \"'.py", 1, 1))),
            (("7", "8"), conflict(ConflictPlace("b.py", kind="rename/rename"))),
            (("1", "unrelated"), not_tried("they have no common history")),
            (("1", "99"), not_tried("this clone lacks the commits of #99")),
        ],
    )
    def test_is_git_s(self, made: tuple[Path, Sides], numbers: tuple[str, str], expected: MergeAttempt) -> None:
        assert attempt(*made, pair(*numbers)) == [expected]

    def test_lines_are_those_of_the_one_that_was_opened_first(self, made: tuple[Path, Sides]) -> None:
        root, sides = made
        lines = scene.git(root, "show", f"{sides['1'][0]}:a.py").splitlines()
        places = attempt(root, sides, pair("1", "2"))[0].places[:2]
        changed = scene.git(root, "diff", "-U0", sides["1"][1], sides["1"][0], "--", "a.py").splitlines()
        assert [f"+{line}" for p in places for line in lines[p.first - 1 : p.last]] == [
            line for line in changed if line.startswith("+") and not line.startswith("+++")
        ]

    def test_one_that_cannot_be_merged_does_not_keep_the_others(self, made: tuple[Path, Sides]) -> None:
        pairs = [pair("1", "3"), pair("1", "unrelated"), pair("3", "4"), pair("2", "unrelated"), pair("2", "3")]
        assert [each.result for each in attempt(*made, *pairs)] == [
            MergeResult.CLEAN,
            MergeResult.NOT_TRIED,
            MergeResult.CONFLICT,
            MergeResult.NOT_TRIED,
            MergeResult.CLEAN,
        ]

    def test_longer_object_ids_are_merged(self, tmp_path: Path) -> None:
        files = {name: Branch({"a.py": changed(3, name)}) for name in ("1", "2")}
        branches = {"main": Branch({"a.py": LINES}, start=""), **files}
        shas = make_branches(tmp_path / "clone", branches, object_format="sha256")
        sides = {name: (shas[name], shas["main"]) for name in files}
        assert attempt(tmp_path / "clone", sides, pair("1", "2")) == [conflict(ConflictPlace("a.py", 3, 3))]

    def test_the_clone_stays_as_it_was(self, made: tuple[Path, Sides]) -> None:
        root, sides = made
        before = {path: data for path, (data, _) in scene.look(root).items()}
        attempt(root, sides, pair("1", "2"))
        # Git gives objects that it would write again a new time.
        assert {path: data for path, (data, _) in scene.look(root).items()} == before


class TestBase:
    """The base moved on, and one of the two conflicts with it."""

    @pytest.mark.parametrize(
        ("second", "files", "base", "expected"),
        [
            ("other-file", ("b.py",), "moved", CLEAN),
            ("same-file", ("a.py",), "moved", not_tried("#1 conflicts with the base")),
            ("same-line", ("b.py",), "moved", conflict(ConflictPlace("b.py", 30, 30))),
            ("other-file", ("b.py",), "", not_tried("this clone lacks the latest commits of their base")),
            ("same-line", ("b.py",), "", conflict(ConflictPlace("b.py", 30, 30))),
        ],
    )
    def test_a_conflict_with_the_base_is_none_of_the_two(
        self, moved: tuple[Path, dict[str, str]], second: str, files: tuple[str, ...], base: str, expected: MergeAttempt
    ) -> None:
        root, shas = moved
        tip = shas.get(base, UNKNOWN)
        sides = {"1": (shas["old"], tip), "2": (shas[second], tip)}
        assert attempt(root, sides, pair("1", "2", *files)) == [expected]


class TestBounds:
    def test_200_pairs_are_tried(self, made: tuple[Path, Sides]) -> None:
        root, sides = made
        more = {str(number): sides["1" if number % 2 else "3"] for number in range(100, 302)}
        pairs = [pair(str(number), str(number + 1)) for number in range(100, 301)]
        results = attempt(root, more, *pairs)
        assert results == [CLEAN] * MOST_PAIRS + [not_tried("200 pairs were tried")]

    def test_a_pair_that_is_not_in_the_clone_counts_for_nothing(self, made: tuple[Path, Sides]) -> None:
        root, sides = made
        pairs = [*(pair("1", str(number)) for number in range(100, 301)), pair("1", "3")]
        assert attempt(root, sides, *pairs)[-1] == CLEAN

    def test_without_time_nothing_is_tried(self, made: tuple[Path, Sides]) -> None:
        assert attempt(*made, pair("1", "2"), seconds=0) == [not_tried("the time for merges was used up")]

    @pytest.mark.parametrize("sha", ["", "HEAD", "main", "--help", "f" * 39 + "\n", "A" * 40])
    def test_what_is_no_commit_id_is_not_in_the_clone(self, made: tuple[Path, Sides], sha: str) -> None:
        root, sides = made
        assert attempt(root, {"1": sides["1"], "2": (sha, sha)}, pair("1", "2")) == [
            not_tried("this clone lacks the commits of #2")
        ]


@pytest.mark.skipif(os.name == "nt", reason="a script in the place of git")
class TestOldGit:
    def test_is_named(self, made: tuple[Path, Sides], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        real = subprocess.run(["which", "git"], capture_output=True, text=True, check=True).stdout.strip()
        script = tmp_path / "git"
        script.write_text(f'#!/bin/sh\ncase "$*" in *merge-tree*) exit 129;; esac\nexec {real} "$@"\n')
        script.chmod(stat.S_IRWXU)
        monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
        assert attempt(*made, pair("1", "2")) == [not_tried("git 2.39 or newer is needed")]

    def test_without_git_nothing_is_tried(
        self, made: tuple[Path, Sides], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("PATH", str(tmp_path))
        assert attempt(*made, pair("1", "2")) == [not_tried("git cannot be started")]


class TestLackingClone:
    """Clones without all objects. Nothing is fetched."""

    @pytest.mark.parametrize(
        ("options", "why"),
        [
            (("--filter=blob:none", "--no-checkout"), "this clone lacks some of their objects"),
            (("--depth=1", "--no-single-branch"), "their common history is not in this clone"),
        ],
    )
    def test_says_so(self, made: tuple[Path, Sides], tmp_path: Path, options: tuple[str, ...], why: str) -> None:
        root, sides = made
        scene.git(root, "config", "uploadpack.allowFilter", "true")
        scene.git(tmp_path, "clone", "-q", *options, f"file://{root}", "lacking")
        count = scene.git(tmp_path / "lacking", "count-objects", "-v")
        assert attempt(tmp_path / "lacking", sides, pair("1", "2"), pair("1", "3")) == [not_tried(why)] * 2
        assert scene.git(tmp_path / "lacking", "count-objects", "-v") == count


class TestHostileClone:
    """Names in a clone and in the user's settings that git would otherwise run or apply."""

    @pytest.fixture
    def traces(self, tmp_path: Path) -> Path:
        (tmp_path / "traces").mkdir()
        return tmp_path / "traces"

    @pytest.fixture
    def hostile(self, tmp_path: Path, traces: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Sides]:
        """A clone that names programs in every way, each of which leaves a trace."""
        root = tmp_path / "clone"
        attributes = "* merge=evil diff=evil filter=evil\n*.py merge=evil\n"
        branches = {name: BRANCHES[name] for name in ("main", "1", "2")}
        shas = make_branches(
            root, {**branches, "main": Branch({**branches["main"].files, ".gitattributes": attributes}, start="")}
        )
        (root / ".git/info/attributes").write_text(attributes)
        (root / ".gitattributes").write_text(attributes)
        for key in (
            "merge.evil.driver",
            "diff.evil.command",
            "diff.evil.textconv",
            "filter.evil.smudge",
            "filter.evil.clean",
            "core.fsmonitor",
            "core.pager",
            "diff.external",
            "merge.default",
            "core.alternateRefsCommand",
        ):
            scene.git(root, "config", key, "evil" if key == "merge.default" else f"touch {traces}/{key}; cat")
        scene.git(root, "config", "core.attributesFile", str(root / ".gitattributes"))
        scene.git(root, "config", "merge.conflictStyle", "diff3")
        hooks = root / ".git/hooks"
        for name in ("post-index-change", "reference-transaction", "pre-merge-commit", "post-checkout", "post-merge"):
            (hooks / name).write_text(f"#!/bin/sh\ntouch {traces}/{name}\n")
            (hooks / name).chmod(stat.S_IRWXU)
        home = tmp_path / "home"
        (home / "git").mkdir(parents=True)
        (home / "git/attributes").write_text(attributes)
        (home / "git/config").write_text((root / ".git/config").read_text())
        monkeypatch.setenv("XDG_CONFIG_HOME", str(home))
        monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(home / "git/config"))
        monkeypatch.setenv("GIT_EXTERNAL_DIFF", f"touch {traces}/external; cat")
        return root, {name: (sha, shas["main"]) for name, sha in shas.items()}

    def test_git_itself_would_run_the_driver(self, hostile: tuple[Path, Sides], traces: Path) -> None:
        root, sides = hostile
        subprocess.run(["git", "merge-tree", sides["1"][0], sides["2"][0]], cwd=root, check=False, capture_output=True)
        assert (traces / "merge.evil.driver").exists()

    def test_nothing_runs_and_text_is_merged(self, hostile: tuple[Path, Sides], traces: Path) -> None:
        root, sides = hostile
        places = (ConflictPlace("a.py", 3, 3), ConflictPlace("a.py", 30, 30), ConflictPlace("c.bin", kind="binary"))
        assert attempt(root, sides, pair("1", "2")) == [conflict(*places)]
        assert sorted(traces.iterdir()) == []

    def test_replacements_of_objects_do_not_count(self, made: tuple[Path, Sides], tmp_path: Path) -> None:
        root, sides = made
        scene.git(tmp_path, "clone", "-q", "--shared", str(root), "other")
        scene.git(tmp_path / "other", "replace", sides["1"][0], sides["3"][0])
        assert attempt(tmp_path / "other", sides, pair("1", "2"))[0].result is MergeResult.CONFLICT

    @pytest.mark.parametrize("name", ["with\nline", 'with "quotes"', "with:colon", "#hash"])
    def test_its_folder_may_have_any_name(self, made: tuple[Path, Sides], tmp_path: Path, name: str) -> None:
        root, sides = made
        scene.git(tmp_path, "clone", "-q", "--no-checkout", str(root), name)
        assert attempt(tmp_path / name, sides, pair("1", "3")) == [CLEAN]


def test_pairs_of_all_repositories_are_in_the_result(made: tuple[Path, Sides]) -> None:
    root, sides = made
    pairs = [Conflict(repository=name, numbers=("1", "3"), files=("a.py",)) for name in ("o/r", "o/other")]
    heads = {("o/r", number): sides[number] for number in ("1", "3")}
    assert attempt_merges(root / ".git", pairs, heads) == {
        ("o/r", ("1", "3")): CLEAN,
        ("o/other", ("1", "3")): not_tried("this clone lacks the commits of #1 and #3"),
    }
