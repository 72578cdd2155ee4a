"""Git's merges of the session file, with real git: with the driver, and where it is gone."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from ground import SESSION_FILE, Cli, Git, never_time_out, write

from pr_sessions.hooks.detach import STUB
from pr_sessions.setup.merge_driver import Program, command_line, program_in, this_program

DRIVER = "merge.pr-sessions.driver"
AT = "2025-11-22T10:00:00Z"
SESSION = "ada-20251122-1000"
PLAIN = {"session_id": "s", "author": "a", "started": AT}


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the first test that needs two branches leaves them for the others."""
    return tmp_path_factory.mktemp("kept")


@pytest.fixture
def forked(cli: Cli, repo: Path, git: Git, kept: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """On two branches the same session changed: a pull request more on both, and completed on `side`."""
    if not (kept / "repo").exists():
        fork(cli, repo, git)
        repo.rename(kept / "repo")
    root = shutil.copytree(kept / "repo", repo.with_name("with space and 'quote' 100%"), symlinks=True)
    monkeypatch.chdir(root)
    return root


def fork(cli: Cli, root: Path, git: Git) -> None:
    cli("init")
    never_time_out(root)
    cli("start", "--author", "ada", "--at", AT)
    add(cli, 1)
    commit(git, root)
    git(root, "checkout", "-q", "-b", "side")
    add(cli, 3)
    assert cli("complete", SESSION, "--at", "2025-11-22T10:09:00Z").code == 0
    commit(git, root)
    shutil.rmtree(root / ".git/pr-sessions")  # As if somebody else had done that in another clone.
    (root / ".cursor/.session_id").unlink(missing_ok=True)
    git(root, "checkout", "-q", "main")
    add(cli, 2)
    commit(git, root)


def add(cli: Cli, number: int) -> None:
    told = ("--author", "ada", "--at", f"2025-11-22T10:0{number}:00Z", "--session", SESSION, "--create")
    assert cli("add", str(number), "--title", "auto-pr: x", *told).code == 0


def commit(git: Git, root: Path) -> None:
    write(root / f"code-{len(list(root.iterdir()))}.py", "pass\n")
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "work")


def told(root: Path) -> tuple[list[str], str | None]:
    """What the file in the tree says of the session: its pull requests, and why it ended."""
    document = json.loads((root / SESSION_FILE).read_text())
    record = (*document["active_sessions"].values(), *document["completed_sessions"])[0]
    return record["prs"], record.get("completion_trigger")


EVERYTHING = (["1", "2", "3"], "manual_cli")


def attempt(root: Path, *arguments: str) -> int:
    return subprocess.run(["git", *arguments], cwd=root, check=False, capture_output=True).returncode


@pytest.mark.parametrize(
    "steps",
    [
        [("merge", "-q", "side")],
        [("rebase", "-q", "side")],
        [("cherry-pick", "side")],
        [("checkout", "-q", "side"), ("merge", "-q", "main")],
        [("checkout", "-q", "side"), ("rebase", "-q", "main")],
        [("merge", "-q", "--squash", "side")],
        [("merge", "-q", "-s", "recursive", "-X", "ours", "side")],
        [("pull", "-q", "--no-rebase", ".", "side")],
        [("pull", "-q", "--rebase", ".", "side")],
        [("revert", "--no-edit", "HEAD"), ("merge", "-q", "side"), ("revert", "--no-edit", "HEAD~1")],
    ],
    ids=lambda steps: ", ".join(" ".join(step) for step in steps),
)
def test_both_sides_are_kept(forked: Path, git: Git, cli: Cli, steps: list[tuple[str, ...]]) -> None:
    if steps[0][0] == "revert":
        before = git(forked, "rev-parse", "HEAD")
        for step in steps[:2]:
            git(forked, *step)
        git(forked, "revert", "--no-edit", git(forked, "log", "-1", "--format=%H", "--grep=Revert"))
        assert before in git(forked, "log", "--format=%H").split()
    else:
        for step in steps:
            git(forked, *step)
    assert told(forked) == EVERYTHING
    assert git(forked, "ls-files", "-u") == ""
    shown = cli("show", SESSION, "--json").json
    assert shown["status"] == "completed"


def test_a_stash_comes_back_on_top_of_other_work(forked: Path, git: Git, cli: Cli) -> None:
    add(cli, 4)
    git(forked, "stash", "-q")
    git(forked, "merge", "-q", "side")
    git(forked, "stash", "pop", "-q")
    assert told(forked) == (["1", "2", "3", "4"], "manual_cli")


def test_a_linked_worktree_joins_as_the_main_one_does(forked: Path, git: Git, tmp_path: Path) -> None:
    other = tmp_path / "another tree"
    git(forked, "worktree", "add", "-q", str(other), "side")
    git(other, "merge", "-q", "main")
    assert told(other) == EVERYTHING


def test_in_a_subfolder_it_is_the_same(forked: Path, git: Git) -> None:
    git(forked / "deep/er", "merge", "-q", "side")
    assert told(forked) == EVERYTHING


def test_both_directions_give_the_same_bytes(forked: Path, git: Git) -> None:
    git(forked, "merge", "-q", "side")
    one = (forked / SESSION_FILE).read_bytes()
    git(forked, "checkout", "-q", "side")
    git(forked, "merge", "-q", "--no-ff", "main~1")
    assert (forked / SESSION_FILE).read_bytes() == one


class TestGone:
    """Our program is not there any more, and the clone's configuration still names it."""

    @pytest.fixture
    def gone(self, forked: Path, git: Git, monkeypatch: pytest.MonkeyPatch) -> Path:
        folders = [f for f in os.environ["PATH"].split(os.pathsep) if not (Path(f) / "pr-sessions").exists()]
        monkeypatch.setenv("PATH", os.pathsep.join(folders))
        git(forked, "config", DRIVER, command_line(Program("/nowhere/bin/python3", STUB)))
        return forked

    def test_git_merges_the_lines_itself(self, gone: Path, git: Git) -> None:
        assert attempt(gone, "merge", "-q", "side") == 1
        text = (gone / SESSION_FILE).read_text()
        assert [text.count(mark) > 0 for mark in ("<<<<<<< ours", "=======", ">>>>>>> theirs")] == [True] * 3
        assert len(git(gone, "ls-files", "-u").splitlines()) == 3

    def test_what_can_be_merged_by_lines_is_no_conflict(self, gone: Path, git: Git) -> None:
        path, lines = gone / SESSION_FILE, [f"line {n}\n" for n in range(30)]
        for branch, changed in (("one", 2), ("two", 27)):
            git(gone, "checkout", "-q", "main")
            if branch == "one":
                path.write_text("".join(lines))
                commit(git, gone)
            git(gone, "checkout", "-q", "-b", branch)
            path.write_text("".join("changed\n" if n == changed else line for n, line in enumerate(lines)))
            git(gone, "commit", "-q", "-a", "-m", branch)
        git(gone, "merge", "-q", "--no-edit", "one")
        assert path.read_text().count("changed") == 2

    def test_an_interpreter_without_our_package_is_as_good_as_none(self, gone: Path, git: Git, tmp_path: Path) -> None:
        empty = tmp_path / "empty python"
        write(empty, "#!/bin/sh\necho 'No module named pr_sessions' >&2\nexit 1\n")
        empty.chmod(0o755)
        git(gone, "config", DRIVER, command_line(Program(str(empty), STUB)))
        assert attempt(gone, "merge", "-q", "side") == 1
        assert "<<<<<<< ours" in (gone / SESSION_FILE).read_text()

    def test_the_installed_command_steps_in(self, gone: Path, git: Git, tmp_path: Path, monkeypatch) -> None:
        write(tmp_path / "bin/pr-sessions", f'#!/bin/sh\nexec "{sys.executable}" -P -m pr_sessions "$@"\n')
        (tmp_path / "bin/pr-sessions").chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
        git(gone, "merge", "-q", "side")
        assert told(gone) == EVERYTHING


@pytest.mark.parametrize("broken", ["", "{", '{"version": "9.0"}'])
def test_a_version_that_cannot_be_read_is_a_conflict(forked: Path, git: Git, broken: str) -> None:
    git(forked, "checkout", "-q", "side")
    (forked / SESSION_FILE).write_text(broken)
    commit(git, forked)
    git(forked, "checkout", "-q", "main")
    assert attempt(forked, "merge", "-q", "side") == 1
    assert len(git(forked, "ls-files", "-u").splitlines()) == 3


def test_called_by_hand_it_leaves_our_version_alone_where_it_refuses(cli: Cli, repo: Path) -> None:
    good = json.dumps({"version": "1.0", "active_sessions": {"s": PLAIN}, "completed_sessions": []})
    for name, text in (("base", ""), ("ours", good), ("theirs", "{")):
        write(repo / name, text)
    refused = cli("merge-driver", "base", "ours", "theirs", SESSION_FILE)
    assert (refused.code, refused.err.partition(":")[0], (repo / "ours").read_text()) == (65, "error", good)
    write(repo / "theirs", '{"completed_sessions": []}')
    assert cli("merge-driver", "base", "ours", "theirs", SESSION_FILE).code == 0


def test_help_does_not_show_it(cli: Cli) -> None:
    assert "merge-driver" not in cli("--help").out


@pytest.mark.parametrize("path", ["/usr/bin/python3", "/a b/py", "/it's/100%/%O/py", "/a -x b", "/a -f b"])
def test_what_it_runs_is_found_again_in_the_command_line(path: str) -> None:
    assert program_in(command_line(Program(path, f"{path}/stub.py"))) == Program(path, f"{path}/stub.py")


@pytest.mark.parametrize(
    "line", ["", "true", "try() { '", "try() { x; }; test -x /py", command_line(Program("/py", "/stub.py")) + " "]
)
def test_other_command_lines_have_none(line: str) -> None:
    assert program_in(line) is None


class TestRegistration:
    def test_init_asks_for_it_and_registers_it(self, cli: Cli, repo: Path, git: Git) -> None:
        cli("init")
        assert git(repo, "check-attr", "merge", SESSION_FILE) == f"{SESSION_FILE}: merge: pr-sessions"
        assert git(repo, "config", DRIVER) == command_line(this_program())

    def test_local_needs_none(self, cli: Cli, repo: Path) -> None:
        config = (repo / ".git/config").read_bytes()
        cli("init")
        cli("init", "--share", "local")
        assert ((repo / ".gitattributes").exists(), (repo / ".git/config").read_bytes()) == (False, config)

    @pytest.mark.parametrize("attributes", [b"", b"*.py text\n", b"*.py text", b"*.py text\r\n"])
    def test_uninstall_leaves_no_trace(self, cli: Cli, repo: Path, attributes: bytes) -> None:
        (repo / ".gitattributes").write_bytes(attributes)
        config = (repo / ".git/config").read_bytes()
        cli("init")
        cli("uninstall")
        assert ((repo / ".gitattributes").read_bytes(), (repo / ".git/config").read_bytes()) == (attributes, config)

    def test_doctor_notices_what_is_missing(self, cli: Cli, repo: Path, git: Git) -> None:
        cli("init")
        commit(git, repo)
        assert problems(cli) == []
        git(repo, "config", DRIVER, command_line(Program("/nowhere/py", STUB)))
        assert problems(cli) == ["the registered merge driver is dead: /nowhere/py has no pr-sessions"]
        git(repo, "config", DRIVER, "true")
        assert problems(cli) == ["the registered merge driver is not the one that init registers"]
        git(repo, "config", "--unset", DRIVER)
        missing = "our merge driver is not registered in this clone: merges of the session file can conflict"
        assert problems(cli) == [missing]
        cli("init")
        assert problems(cli) == []
        (repo / ".gitattributes").write_text("")
        assert problems(cli) == [
            "git's attributes do not ask for our merge driver: merges of the session file can conflict"
        ]

    @pytest.mark.parametrize(("held", "alive"), [("pr_sessions-0.1.0.dist-info", True), ("other", False)])
    def test_doctor_judges_the_interpreter_without_running_it(
        self, cli: Cli, repo: Path, git: Git, tmp_path: Path, held: str, alive: bool
    ) -> None:
        python = tmp_path / "venv/bin/python"
        write(python, f"#!/bin/sh\ntouch {tmp_path}/ran\n")
        python.chmod(0o755)
        write(tmp_path / "venv/pyvenv.cfg", "include-system-site-packages = false\n")
        (tmp_path / "venv/lib/python3.12/site-packages" / held).mkdir(parents=True)
        cli("init")
        commit(git, repo)
        git(repo, "config", DRIVER, command_line(Program(str(python), STUB)))
        expected = [] if alive else [f"the registered merge driver is dead: {python} has no pr-sessions"]
        assert (problems(cli), (tmp_path / "ran").exists()) == (expected, False)


def problems(cli: Cli) -> list[str]:
    """What `doctor` says of the driver; its way out is always the same command."""
    found = [f for f in cli("doctor", "--json").json["findings"] if "merge" in f["problem"]]
    assert {f["hint"] for f in found} <= {"pr-sessions init"}
    return [f["problem"] for f in found]


def test_where_our_program_is_gone_no_other_program_of_the_tree_is_run(
    forked: Path, git: Git, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    git(forked, "config", DRIVER, command_line(Program("/nowhere/python", "/nowhere/stub.py")))
    for name in ("env", "sed", "pr-sessions", "test", "unset"):
        write(forked / name, f"#!/bin/sh\necho {name} >> {tmp_path}/trace\n")
        (forked / name).chmod(0o755)
    monkeypatch.setenv("PATH", f".:{os.environ['PATH']}")

    subprocess.run(["git", "merge", "-q", "side"], cwd=forked, check=False, capture_output=True)

    assert not (tmp_path / "trace").exists()
