"""Whole processes: their consoles, their interruptions, and several at once."""

import json
import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from command_line import Cli, day

from pr_sessions.io.lock import locked
from pr_sessions.io.places import Place

Spawn = Callable[..., subprocess.Popen[bytes]]
AUTHOR = "Łukasz 张伟"


def test_a_cp1252_console_shows_escapes_and_everything_is_kept(repo: Path, spawn: Spawn, cli: Cli) -> None:
    title = "auto-pr: 修复 🤖"
    told = ("add", "42", "--title", title, "--author", AUTHOR, "--agent", "агент", "--at", day("10:00"))

    adding = spawn(*told, PYTHONIOENCODING="cp1252")
    added, errors = adding.communicate()
    listing = spawn("list", PYTHONIOENCODING="cp1252")
    listed, _ = listing.communicate()

    assert (adding.returncode, listing.returncode, errors) == (0, 0, b"")
    assert b"the agent \\u0430\\u0433\\u0435\\u043d\\u0442 opened it" in added
    assert b"\\u0141ukasz \\u5f20\\u4f1f" in listed
    assert [s["author"] for s in cli("list", "--json").json["sessions"]] == [AUTHOR]


def test_a_pipe_that_closes_early_is_no_error(repo: Path, spawn: Spawn) -> None:
    with spawn("--help") as process:
        assert process.stdout is not None
        process.stdout.close()

    assert process.returncode == 0


@pytest.mark.skipif(sys.platform == "win32", reason="there, no signal reaches a single process of a console")
def test_ctrl_c_while_waiting_for_the_lock_changes_nothing(repo: Path, spawn: Spawn) -> None:
    state = repo / ".git/pr-sessions"
    with locked(Place(repo, ".git/pr-sessions/lock")):
        process = spawn("add", "42", "--title", "wip: x", "--author", "ada")
        # Made when it has to wait.
        while not (state / "lock.next").exists():
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        out, err = process.communicate()

    assert (process.returncode, out) == (130, b"")
    assert err.strip() == b"interrupted; what was saved before is safe"
    assert sorted(path.name for path in state.iterdir()) == ["README", "lock", "lock.next"]
    assert not (repo / "docs").exists()


def test_what_eight_processes_record_at_once_is_all_kept(repo: Path, spawn: Spawn) -> None:
    numbers = [str(number) for number in range(1, 9)]
    processes = [
        spawn("add", number, "--title", "wip: x", "--author", f"bot{int(number) % 3}", "--at", day("10:00"), "--json")
        for number in numbers
    ]
    results = [process.communicate() for process in processes]

    assert [process.returncode for process in processes] == [0] * 8
    assert [json.loads(out)["pr_number"] for out, _ in results] == numbers
    document = json.loads((repo / "docs/metrics/auto_pr_sessions.json").read_text())
    kept = [number for session in document["completed_sessions"] for number in session["prs"]]
    assert (sorted(kept), len(document["completed_sessions"])) == (numbers, 3)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_result_that_cannot_be_printed_is_no_bug(repo: Path) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "pr_sessions", "status"], stdout=full, stderr=subprocess.PIPE, check=False
        )
    assert (done.returncode, done.stderr.decode().splitlines()) == (
        1,
        [
            "error: cannot print the result: No space left on device",
            "hint: what was recorded before is stored",
        ],
    )


@pytest.mark.skipif(os.name == "nt", reason="a shell closes the stream")
@pytest.mark.parametrize("arguments", ["status", "status --json", "--help"])
def test_a_closed_stdout_is_no_bug(repo: Path, arguments: str) -> None:
    line = f"exec {shlex.quote(sys.executable)} -m pr_sessions {arguments} >&-"
    done = subprocess.run(["sh", "-c", line], stderr=subprocess.PIPE, check=False)
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.parametrize("arguments", ["status", "add 42 --title auto-pr:x --author ada --files 3"])
def test_short_commands_import_little(repo: Path, arguments: str) -> None:
    code = "import sys; from pr_sessions.cli.main import run; run(sys.argv[1:]); print(*sys.modules, file=sys.stderr)"
    command = [sys.executable, "-c", code, *arguments.split()]
    done = subprocess.run(command, cwd=repo, capture_output=True, check=True, encoding="utf-8")

    heavy = {"asyncio", "httpx", "jinja2", "json", "rich", "yaml", "pr_sessions.core.inference"}
    assert heavy & set(done.stderr.split()) == set()
