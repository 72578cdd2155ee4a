"""Where a right is missing, a command works without or ends with 1 and names the path; never with a traceback."""

import errno
import json
import os
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ground import CONFIG, SESSION_FILE, Cli, Git, write

from examples import IS_LONG
from pr_sessions.cli.commands import Commands
from pr_sessions.cli.main import pr_sessions, run
from scene import python_environment

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the rights are those of POSIX")

AT = "2025-11-22T10:00:00Z"
ALWAYS = ("add 9 --title wip:x --author ada",)
READING = (
    *(
        "where",
        "status",
        "doctor",
        "list",
        "find 1",
        "explain 1",
        "show ada-20251122-1000",
        "report",
        "log",
        "config",
        "look",
        "backup list",
    ),
    *("classify --pr-number 9 --title wip:x --author ada", "doctor --repair --dry-run", "init --dry-run"),
    "uninstall --dry-run",
)
WRITING = (
    *(
        "touch",
        "complete",
        "backup",
        "start --author ada",
        "cleanup",
        "drain",
        "restore",
        "sync",
        "import --git",
        "report --save",
        "link 9 ada-20251122-1000",
        "unlink 2",
    ),
    *("undo", "pause", "pause --off", "doctor --repair", "init --scripts", "uninstall"),
)
# For folders: nothing, no change, no list, no search. For files: no read; what replaces them needs no right to them.
MODES = (0o000, 0o555, 0o333, 0o444)
# By default some of the commands and modes are tried at each place; `make fuzz` tries all of them at all.
STEP = 1 if IS_LONG else 16


@pytest.fixture
def ground(repo: Path) -> Iterator[Path]:
    """An empty folder that somebody else can reach: pytest's own are closed to others."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        Path(name).chmod(0o755)
        for folder in ("ground", "scratch"):
            (Path(name) / folder).mkdir()
        yield Path(name) / "ground"


@pytest.fixture
def clone(cli: Cli, repo: Path, git: Git, ground: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A clone with a file in every place that there is."""
    git(repo.parent, "clone", "-q", "--bare", "repo", str(ground / "hub.git"))
    git(ground, "clone", "-q", "hub.git", "repo")
    root = ground / "repo"
    git(root, "config", "user.name", "Ada")
    fill(cli, root, monkeypatch, "--commit-trailer")
    assert cli("sync").code == 0
    write(root / ".gitattributes", "* text=auto\n")
    git(root, "worktree", "add", "-q", "../tree", "-b", "side")
    event = {"v": 1, "at": AT, "host": "cursor", "event": "activity", "run": "r", "root": str(root)}
    write(root / ".git/pr-sessions/pending/events.jsonl", json.dumps(event) + "\n")
    write(root / ".git/pr-sessions/quarantine/old.json", "{")
    return root


@pytest.fixture
def plain(cli: Cli, ground: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is tracked without git."""
    (ground / "plain").mkdir()
    fill(cli, ground / "plain", monkeypatch)
    write(ground / "plain/.cursor/quarantine/old.json", "{")
    return ground / "plain"


def fill(cli: Cli, root: Path, monkeypatch: pytest.MonkeyPatch, *options: str) -> None:
    """Two sessions, one of them archived, and whatever else commands leave."""
    monkeypatch.chdir(root)
    assert cli("init", "--time-zone", "UTC", "--scripts", *options).code == 0
    with (root / CONFIG).open("a") as file:
        file.write("minimal_metadata: true\nkeep_days: 30\nenable_timeout_completion: false\n")
    for line in (
        f"start --author ada --at {AT}",
        f"add 1 --title auto-pr:x --author ada --at {AT}",
        f"complete ada-20251122-1000 --at {AT}",
        "cleanup",
        "backup",
        "report --save",
        "start --author ada",
        "add 2 --title wip:x --author ada",
    ):
        assert cli(*line.split()).code == 0, line
    write(root / "docs/metrics/auto_pr_sessions.backup.20251101.json", (root / SESSION_FILE).read_text())


def places(root: Path) -> list[Path]:
    """Every folder and file that may be closed, as far as commands come near it."""
    tops = [root / name for name in ("docs", ".cursor", ".git/pr-sessions")]
    below = [path for top in tops if top.exists() for path in (top, *sorted(top.rglob("*"))) if path.suffix != ".py"]
    git = [root / ".git" / name for name in ("", "config", "HEAD", "worktrees", "worktrees/tree", "info/exclude")]
    others = [root / ".gitignore", root / ".gitattributes", root.parent / "tree"]
    return [root, *(path for path in (*git, *others) if path.exists()), *below]


def play(root: Path, cases: list[tuple[Path, int, tuple[str, ...]]]) -> list[list[tuple[int, str, str]]]:
    environ = {**os.environ, "HOME": str(root.parent.parent), "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
    asked = {
        "root": str(root.parent),
        "scratch": str(root.parent.parent / "scratch"),
        "cases": [
            {"path": str(path), "mode": mode, "folder": str(root), "commands": [shlex.split(line) for line in lines]}
            for path, mode, lines in cases
        ],
    }
    done = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("unprivileged.py"))],
        input=json.dumps(asked),
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    outcomes: list[list[Any]] = json.loads(done.stdout)
    return [[(code, out, err) for code, out, err in case] for case in outcomes]


def complaints(root: Path, cases: list[tuple[Path, int, tuple[str, ...]]]) -> list[str]:
    """The commands that end with our own bug, or that say nothing of where the right is missing."""
    found = []
    unclosed, *closed = play(root, [(root, 0o755, (*READING, *ALWAYS, *WRITING)), *cases])
    usual = {err for code, _, err in unclosed if code == 1}
    for (path, mode, lines), outcomes in zip(cases, closed, strict=True):
        for line, (code, _, err) in zip(lines, outcomes, strict=True):
            names_a_path = str(root.parent) in err or ".git" in err  # Git names its own files from the root.
            if code not in (0, 1) or "Traceback" in err or (code == 1 and not names_a_path and err not in usual):
                found.append(f"{mode:03o} {path.relative_to(root.parent)}: {line}: {code} {err[-600:]}")
    return found


def chosen(number: int) -> tuple[str, ...]:
    """The commands for a place, in an order in which they can follow each other."""
    some = [line for at, line in enumerate((*READING, *WRITING)) if at % STEP == number % STEP]
    return (*(line for line in some if line in READING), *ALWAYS, *(line for line in some if line in WRITING))


def modes_of(path: Path) -> tuple[int, ...]:
    of_folder = MODES if IS_LONG else MODES[:2]
    return of_folder if path.is_dir() else MODES[:1]


@pytest.mark.parametrize("scene", ["clone", "plain"])
def test_every_place_closed_in_turn(request: pytest.FixtureRequest, scene: str) -> None:
    root = request.getfixturevalue(scene)
    closed = [(path, mode) for path in places(root) for mode in modes_of(path)]
    found = complaints(root, [(path, mode, chosen(number)) for number, (path, mode) in enumerate(closed)])
    assert found == [], f"{len(found)} complaints:\n" + "\n".join(found)


def test_a_current_folder_that_is_gone_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "gone"
    folder.mkdir()
    code = "import os, sys; os.rmdir(os.getcwd()); from pr_sessions.cli.main import run; sys.exit(run(['status']))"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder,
        env={**python_environment(), "PWD": str(folder)},
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stderr.decode()) == (
        1,
        f"error: cannot look into {folder}: No such file or directory\nhint: go to another folder\n",
    )


def test_what_the_system_refuses_anywhere_else_is_no_bug_of_ours(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    @pr_sessions.command("refused")
    def refused() -> None:
        raise PermissionError(errno.EACCES, "Permission denied", "/some/where")

    monkeypatch.setattr(Commands, "get_command", lambda *_: refused)
    monkeypatch.setattr(Commands, "resolve_command", lambda *_: ("refused", refused, []))
    assert run(["refused"]) == 1
    assert capsys.readouterr().err == (
        "error: cannot use /some/where: Permission denied\nhint: give yourself permission there\n"
    )
