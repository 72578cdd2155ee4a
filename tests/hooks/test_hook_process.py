"""The real script as a process: quick, silent, and a success whatever happens."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from hooks.hook_runs import SCRIPT, bash, claude, clean_environment, documented, hook, records, set_up
from pr_sessions.config import cache
from pr_sessions.hooks import marker as hook_marker
from pr_sessions.hooks.hosts import codex
from pr_sessions.io.lock import locked
from scene import Clock, minute, place, tracker_at

Git = Callable[..., str]
URL = "https://github.com/octo/demo/pull/42"
LIGHT = {"typing", "re", "enum", "json", "datetime", "pathlib", "collections", "functools", "subprocess", "logging"}

posix = pytest.mark.skipif(os.name == "nt", reason="signals, pipes and permissions as POSIX has them")


@pytest.fixture(autouse=True)
def no_tracker(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a hook leaves is looked at before a tracker takes it in."""
    monkeypatch.setenv("PR_SESSIONS_NO_TRACKER", "1")


@pytest.fixture
def root(clone: Path) -> Path:
    set_up(clone)
    return clone


def quiet(done: subprocess.CompletedProcess[bytes], out: bytes = b"") -> bool:
    return (done.returncode, done.stdout, done.stderr) == (0, out, b"")


def log_of(root: Path) -> str:
    path = root / ".git/pr-sessions/hook.log"
    return path.read_text() if path.exists() else ""


def test_an_event_becomes_one_line_with_nothing_but_what_is_allowed(root: Path) -> None:
    secret = {"prompt": "secret", "transcript_path": "/secret", "user_email": "secret"}
    assert quiet(hook(claude("UserPromptSubmit", root / "deep/er", turn_id="t", **secret)))
    (record,) = records(root)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", record.pop("at"))
    told = {"v": 1, "host": "claude-code", "run": "run-1", "turn": "t", "event": "activity"}
    assert record == {**told, "root": str(root.resolve())}
    assert log_of(root) == ""


def test_every_documented_payload_leaves_its_record(root: Path) -> None:
    examples = [(host, example) for host, example in documented(root) if host in ("codex", "gemini")]
    for host, (event, payload, _) in examples:
        as_argument = event == codex.NOTIFY
        command = [sys.executable, "-I", "-S", str(SCRIPT), host, *([json.dumps(payload)] if as_argument else [])]
        data = b"" if as_argument else json.dumps(payload).encode()
        done = subprocess.run(command, input=data, capture_output=True, cwd=root, env=clean_environment(), check=False)
        assert quiet(done, b"{}\n" if host == "gemini" else b"")
    left = [{k: v for k, v in r.items() if k not in ("v", "at", "root")} for r in records(root)]
    wanted = [event for _, (_, _, event) in examples if event]
    assert [w | ({"branch": "main"} if w.get("how") == "gh pr create" else {}) for w in wanted] == left


def test_codex_may_answer_nothing_since_it_refuses_fields_that_it_does_not_know(root: Path) -> None:
    assert quiet(hook(claude("Stop", root, turn_id="1", model="m"), "codex"))


@pytest.mark.parametrize(
    "data", [b"", b"null", b"[]", b"{", b'{"session_id": "x"', b"\xff\xfe", b"[" * 100_000, b'"' * 9]
)
@pytest.mark.parametrize(("host", "answer"), [("claude-code", b""), ("gemini", b"{}\n"), ("", b"")])
def test_a_broken_payload_harms_nobody(root: Path, data: bytes, host: str, answer: bytes) -> None:
    done = hook(data, host, cwd=root)
    assert quiet(done, answer)
    assert records(root) == []
    assert ("no whole JSON object" in log_of(root)) is bool(data)


def test_a_payload_of_50_mb_is_taken_and_dropped(root: Path) -> None:
    assert quiet(hook(json.dumps(claude("Stop", root, prompt="x" * 50_000_000)), cwd=root))
    assert records(root) == []
    assert "no whole JSON object (5" in log_of(root)


def test_a_payload_of_half_a_megabyte_counts(root: Path) -> None:
    assert quiet(hook(claude("Stop", root, prompt="x" * 500_000)))
    assert len(records(root)) == 1


@pytest.mark.parametrize("data", [b"", b'{"hook_event_name":', b'{"hook_event_name": "Stop"}{', b"x" * 2_000_000])
def test_an_input_that_never_ends_is_not_waited_for(root: Path, data: bytes) -> None:
    with _start(root) as process:
        _say(process, data)
        assert process.wait(timeout=20) == 0


def test_the_end_of_the_input_is_not_waited_for_once_the_payload_is_whole(root: Path) -> None:
    text = json.dumps(claude("Stop", root)).encode()
    with _start(root) as process:
        _say(process, text[:50])
        _say(process, text[50:])
        assert process.wait(timeout=20) == 0
    assert len(records(root)) == 1


@posix
def test_closed_streams_harm_nobody(root: Path) -> None:
    code = "import os, sys\nfor d in range(3): os.close(d)\nos.execv(sys.executable, [sys.executable, *sys.argv[1:]])"
    command = [sys.executable, "-c", code, "-I", "-S", str(SCRIPT), "gemini"]
    assert subprocess.run(command, cwd=root, check=False, env=clean_environment()).returncode == 0


@posix
def test_a_reader_that_went_harms_nobody(root: Path) -> None:
    ours, theirs = os.pipe()
    os.close(ours)
    command = [sys.executable, "-I", "-S", str(SCRIPT), "gemini"]
    done = subprocess.run(command, input=b"{}", stdout=theirs, cwd=root, check=False, env=clean_environment())
    os.close(theirs)
    assert done.returncode == 0


@posix
def test_an_interrupt_ends_in_success(root: Path) -> None:
    with _start(root) as process:
        # It has read this, and so is past its start.
        _say(process, b"{" * 300_000)
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=20) == 0


def test_without_a_home_or_anything_else_in_the_environment(root: Path) -> None:
    command = [sys.executable, "-I", "-S", str(SCRIPT)]
    text = json.dumps(claude("Stop", root)).encode()
    needed = {name: value for name, value in os.environ.items() if name == "SYSTEMROOT"}
    done = subprocess.run(command, input=text, capture_output=True, env=needed, cwd=root, check=False)
    assert quiet(done)
    assert len(records(root)) == 1


@posix
@pytest.mark.skipif(os.name != "nt" and os.getuid() == 0, reason="nothing is forbidden to root")
def test_a_folder_that_may_not_be_written_harms_nobody(root: Path) -> None:
    folder = root / ".git/pr-sessions/pending"
    folder.chmod(0o500)
    assert quiet(hook(claude("Stop", root)))
    folder.chmod(0o700)
    assert "PermissionError" in log_of(root)


def test_a_file_in_the_place_of_the_folder_harms_nobody_and_is_told(root: Path) -> None:
    (root / ".git/pr-sessions/pending").rmdir()
    (root / ".git/pr-sessions/pending").write_text("x")
    assert quiet(hook(claude("Stop", root)))
    assert log_of(root).endswith(" NotADirectoryError Not a directory\n")


def test_a_folder_in_the_place_of_the_log_harms_nobody(root: Path) -> None:
    (root / ".git/pr-sessions/hook.log").mkdir()
    assert quiet(hook(b"{", cwd=root))


def test_the_log_is_bounded_and_the_one_before_is_kept(root: Path) -> None:
    log = root / ".git/pr-sessions/hook.log"
    log.write_text("x" * 70_000)
    assert quiet(hook(b"{", cwd=root))
    assert (log.stat().st_size < 200, log.with_name("hook.log.1").stat().st_size) == (True, 70_000)


class TestSilence:
    def test_where_nobody_has_set_anything_up(self, clone: Path) -> None:
        assert quiet(hook(claude("SessionStart", clone)))
        assert not (clone / ".git/pr-sessions").exists()

    def test_outside_of_git(self, tmp_path: Path) -> None:
        assert quiet(hook(claude("SessionStart", tmp_path), cwd=tmp_path))
        assert list(tmp_path.iterdir()) == []

    def test_while_tracking_is_paused(self, root: Path) -> None:
        (root / ".git/pr-sessions/paused").touch()
        assert quiet(hook(claude("SessionStart", root)))
        assert records(root) == []

    def test_while_the_environment_says_so(self, root: Path) -> None:
        assert quiet(hook(claude("SessionStart", root), PR_SESSIONS="0"))
        assert records(root) == []


class TestPlace:
    def test_the_payload_beats_the_environment_and_the_current_folder(
        self, root: Path, make_repo: Callable[[str], Path]
    ) -> None:
        other = make_repo("other")
        set_up(other)
        places = {"CLAUDE_PROJECT_DIR": str(other), "GIT_DIR": str(other / ".git")}
        assert quiet(hook(claude("Stop", root), cwd=other, **places))
        assert (len(records(root)), len(records(other))) == (1, 0)

    def test_a_payload_that_does_not_say_leaves_it_to_the_environment(self, root: Path) -> None:
        payload = {"session_id": "brave-fox", "prompt_id": "1", "hook_event_name": "Stop"}
        assert quiet(hook(payload, DEVIN_PROJECT_DIR=str(root)))
        assert [r["host"] for r in records(root)] == ["devin"]

    def test_the_first_workspace_that_is_set_up_counts(self, root: Path, make_repo: Callable[[str], Path]) -> None:
        told = {"hook_event_name": "stop", "cursor_version": "2", "conversation_id": "c"}
        assert quiet(hook({**told, "workspace_roots": [str(make_repo("other")), str(root)]}))
        assert [r["root"] for r in records(root)] == [str(root.resolve())]

    def test_a_linked_worktree_has_its_own_root_and_the_clones_folder(
        self, root: Path, git: Git, tmp_path: Path
    ) -> None:
        git(root, "worktree", "add", "-q", "-b", "topic", str(tmp_path / "a topic"))
        assert quiet(hook(claude("Stop", tmp_path / "a topic")))
        assert [r["root"] for r in records(root)] == [str((tmp_path / "a topic").resolve())]


class TestMarker:
    @pytest.fixture
    def marker(self, clone: Path) -> Path:
        """Of a session that has just begun, by the real clock."""
        command = [sys.executable, "-m", "pr_sessions", "start", "--author", 'Ada "é" 🤖']
        subprocess.run(command, cwd=clone, check=True, capture_output=True, env=clean_environment())
        return clone / ".cursor/.session_id"

    def test_a_good_one_slides_as_the_tracker_would_have_it(self, clone: Path, marker: Path) -> None:
        before = json.loads(marker.read_text())
        bits = marker.stat().st_mode
        assert quiet(hook(claude("Stop", clone)))
        after = json.loads(marker.read_text())
        assert after == {**before, "last_updated": records(clone)[-1]["at"]}
        assert after["last_updated"] > before["last_updated"]
        assert marker.stat().st_mode == bits
        assert [path.name for path in marker.parent.glob(".session_id*")] == [".session_id"]

    @pytest.mark.parametrize(
        "change",
        [
            {"last_updated": "2020-01-01T00:00:00Z"},
            {"last_updated": "2999-01-01T00:00:00Z"},
            {"last_updated": "2025-11-22T10:00:00"},
            {"last_updated": 5},
            {"session_id": None},
        ],
    )
    def test_any_other_is_left_to_the_tracker(self, clone: Path, marker: Path, change: dict[str, object]) -> None:
        text = json.dumps({**json.loads(marker.read_text()), **change})
        marker.write_text(text)
        assert quiet(hook(claude("Stop", clone)))
        assert marker.read_text() == text
        assert (clone / ".git/pr-sessions/pending/asked").exists()

    def test_an_end_does_not_slide_it(self, clone: Path, marker: Path) -> None:
        text = marker.read_text()
        assert quiet(hook(claude("SessionEnd", clone)))
        assert marker.read_text() == text

    @pytest.mark.parametrize(("minutes", "slides"), [(20, False), (90, True)])
    def test_it_is_good_by_the_teams_timeout(self, clone: Path, marker: Path, minutes: int, *, slides: bool) -> None:
        config = clone / ".cursor/config/session_config.yaml"
        config.parent.mkdir(parents=True, exist_ok=True)
        config.write_text(f"timeout_minutes: {minutes}\n")
        os.utime(config, (1_600_000_000, 1_600_000_000))
        subprocess.run(
            [sys.executable, "-m", "pr_sessions", "status"],
            cwd=clone,
            check=True,
            capture_output=True,
            env=clean_environment(),
        )
        ago = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 2400))
        text = json.dumps({**json.loads(marker.read_text()), "created": ago, "last_updated": ago})
        marker.write_text(text)
        assert quiet(hook(claude("Stop", clone)))
        assert (marker.read_text() != text) is slides


def test_200_hooks_8_at_a_time_lose_nothing(root: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        done = list(pool.map(lambda n: hook(claude("Stop", root, turn_id=str(n))), range(200)))
        assert all(map(quiet, done))
        assert sorted(int(r["turn"]) for r in records(root)) == list(range(200))


def test_a_lock_that_is_held_for_long_loses_nothing(root: Path) -> None:
    pending = root / ".git/pr-sessions/pending"
    with locked(place(pending / "lock")):
        assert quiet(hook(bash(root, "gh pr create", URL)))
        (late,) = pending.glob("late-*.jsonl")
    assert json.loads(late.read_text())["url"] == URL
    assert "lock" in log_of(root)
    tracker = tracker_at(root, Clock())
    tracker._clock = lambda: minute(10_000_000)
    assert [s.prs for s in tracker.sessions()] == [("octo/demo#42",)]


def test_it_reads_the_format_in_which_the_configuration_is_cached() -> None:
    assert hook_marker.CACHE_FORMAT == cache.FORMAT


def test_it_imports_next_to_nothing(root: Path) -> None:
    command = [sys.executable, "-I", "-S", "-X", "importtime", str(SCRIPT)]
    told = json.dumps(bash(root, "ls", "x")).encode()
    done = subprocess.run(command, input=told, capture_output=True, env=clean_environment(), check=False)
    bare = subprocess.run([*command[:-1], "-c", "pass"], capture_output=True, check=True)
    imported, there = (
        {line.rpartition(b"|")[2].strip().decode() for line in each.stderr.splitlines()} for each in (done, bare)
    )
    assert LIGHT.isdisjoint(imported - there)
    assert {name for name in imported if name.startswith("pr_sessions.")} >= {"pr_sessions.hooks.deliver"}
    assert not any(
        name.startswith(("pr_sessions.storage", "pr_sessions.core", "pr_sessions.errors")) for name in imported
    )


def test_any_other_agent_calls_the_command_which_does_not_wait_for_click(root: Path) -> None:
    command = [sys.executable, "-X", "importtime", "-m", "pr_sessions", "hook", "Amp"]
    told = json.dumps({"session_id": "t-1", "cwd": str(root)}).encode()
    done = subprocess.run(command, input=told, capture_output=True, env=clean_environment(), check=False)
    assert (done.returncode, done.stdout) == (0, b"")
    assert [(r["host"], r["run"], r["event"]) for r in records(root)] == [("amp", "t-1", "activity")]
    imported = {line.rpartition(b"|")[2].strip().decode() for line in done.stderr.splitlines()}
    assert imported.isdisjoint({"click", "msgspec", "pr_sessions.cli.main", "pr_sessions.tracker"})


@pytest.mark.parametrize("data", [b"", b"{", b"[]"])
def test_the_command_ends_in_success_too(root: Path, data: bytes) -> None:
    command = [sys.executable, "-m", "pr_sessions", "hook"]
    assert quiet(
        subprocess.run(command, input=data, capture_output=True, cwd=root, env=clean_environment(), check=False)
    )


def test_help_is_for_people(root: Path) -> None:
    command = [sys.executable, "-m", "pr_sessions", "hook", "--help"]
    done = subprocess.run(command, capture_output=True, cwd=root, env=clean_environment(), check=True, text=True)
    assert done.stdout.startswith("Usage: pr-sessions hook")


def _start(root: Path) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-I", "-S", str(SCRIPT), "claude-code"]
    return subprocess.Popen(command, stdin=subprocess.PIPE, cwd=root, env=clean_environment())


def _say(process: "subprocess.Popen[bytes]", data: bytes) -> None:
    """More than a pipe holds is only written once it is read."""
    assert process.stdin is not None
    process.stdin.write(data)
    process.stdin.flush()
