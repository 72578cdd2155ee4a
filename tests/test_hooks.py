"""From a hook to the saved session: nothing is lost between hooks and the tracker, and nothing private is kept."""

import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from hooks.hook_runs import bash, claude, clean_environment, documented, hook, set_up
from pr_sessions.core.models import Session
from pr_sessions.core.open_pull_requests import Work
from pr_sessions.core.runs import run_key
from pr_sessions.hooks.detach import COMMAND, STUB, inherited
from pr_sessions.hooks.hosts import codex
from pr_sessions.io.lock import locked
from pr_sessions.tracker import Tracker, open_tracker
from pr_sessions.tracker.tree_activity import tree_activities
from scene import place

Git = Callable[..., str]
Child = Callable[..., subprocess.Popen[str]]
URL = "https://github.com/octo/demo/pull/42"
ALONE = {"PR_SESSIONS_NO_TRACKER": "1"}  # so that an event waits until the test takes it in

# One writer of many events, as the script writes them; each counts once it is written.
WRITE = """
import sys, time
from pr_sessions.hooks import deliver
from pr_sessions.io import gitdir
clone = gitdir.find([sys.argv[1]])
for n in range(int(sys.argv[3])):
    told = {"host": "cursor", "run": f"{sys.argv[2]}-{n}", "event": "activity"}
    deliver.deliver(clone, [told], time.time_ns(), {"PR_SESSIONS_NO_TRACKER": "1"})
print("done")
"""

DRAIN = """
import sys
from pathlib import Path
from pr_sessions import open_tracker
tracker = open_tracker(Path(sys.argv[1]))
while not Path(sys.argv[2]).exists():
    tracker.drain()
tracker.drain()
"""


@pytest.fixture
def root(clone: Path, git: Git) -> Iterator[Path]:
    set_up(clone)
    git(clone, "remote", "add", "origin", "git@github.com:octo/demo.git")
    yield clone
    drained(clone)


def drained(root: Path) -> list[Session]:
    """All sessions, once every tracker that a hook has started is done."""
    command = [sys.executable, "-m", "pr_sessions", "drain"]
    subprocess.run(command, cwd=root, check=True, env=clean_environment(), capture_output=True)
    return saved(root)


def saved(root: Path) -> list[Session]:
    tracker = open_tracker(root)
    with locked(tracker.repository.lock):
        return list(tracker.store.read())


def runs(sessions: list[Session]) -> set[tuple[str, str]]:
    return {(run.agent, run.id) for session in sessions for run in session.runs}


def test_an_agents_work_becomes_a_session_with_its_pull_request(root: Path) -> None:
    for payload in (
        claude("SessionStart", root, source="startup"),
        claude("UserPromptSubmit", root, prompt="x"),
        bash(root, "git commit -qam x && gh pr create --fill", f"{URL}\n"),
        claude("SessionEnd", root, reason="other"),
    ):
        assert hook(payload).returncode == 0
    (session,) = drained(root)
    trigger = session.completion.trigger if session.completion else None
    assert (session.author, session.prs, trigger, runs([session])) == (
        "Ada", ("42",), "run_ended", {("claude-code", run_key("run-1"))},
    )  # fmt: skip
    assert not (root / ".cursor/.session_id").exists()
    log = [json.loads(line) for line in (root / ".git/pr-sessions/journal.jsonl").read_text().splitlines()]
    assert [(c["what"], c["prs"]) for c in log if c["prs"]] == [("hook", ["42"])]


def whole(root: Path, command: str, output: str) -> dict[str, Any]:
    """A command that Claude Code ran to its end."""
    response = {"stdout": output, "stderr": "", "interrupted": False, "isImage": False}
    return {**bash(root, command, ""), "tool_response": response}


def test_several_creations_of_one_command_are_all_recorded(root: Path) -> None:
    urls = [f"https://github.com/octo/demo/pull/{n}" for n in (41, 42, 43)]
    command = "for b in a b c; do env -u GH_TOKEN timeout 60 gh pr create --head $b --fill; done"
    assert hook(whole(root, command, "\n".join(urls))).returncode == 0
    (session,) = drained(root)
    kept = {number: (record.branch, record.agents[0].role) for number, record in session.pull_requests.items()}
    assert kept == {"41": (None, "opened"), "42": (None, "opened"), "43": (None, "opened")}


@pytest.mark.parametrize(
    "command", ["gh pr create 2>/dev/null || gh pr edit 42 --add-label x", "gh pr create; cat notes", "cat notes"]
)
def test_what_something_else_printed_records_no_pull_request(root: Path, command: str) -> None:
    for payload in (claude("SessionStart", root), whole(root, command, URL)):
        assert hook(payload).returncode == 0
    assert [session.prs for session in drained(root)] == [()]


def test_work_on_a_pull_request_of_another_agent_is_a_contribution(root: Path) -> None:
    assert hook(whole(root, "gh pr create --fill", URL)).returncode == 0
    later = {**whole(root, "gh pr create --fill || gh pr edit 42 --title x", URL), "turn_id": "t", "model": "m"}
    assert hook({**later, "session_id": "run-2"}, "codex").returncode == 0
    (session,) = drained(root)
    agents = {agent.name: (agent.role, agent.runs) for agent in session.pull_requests["42"].agents}
    assert agents == {"claude-code": ("opened", (run_key("run-1"),)), "codex": ("assisted", (run_key("run-2"),))}


def test_commands_tell_of_the_runs_and_of_what_they_opened(root: Path) -> None:
    for payload in (claude("SessionStart", root), bash(root, "gh pr create", URL)):
        assert hook(payload).returncode == 0
    (session,) = drained(root)
    assert "\n  agents at work  claude-code run-1\n" in told(root, "show", session.id)
    (run,) = json.loads(told(root, "show", session.id, "--json"))["runs"]
    assert (root / ".git/pr-sessions/runs.json").stat().st_mode & 0o777 == 0o600
    assert "run-1" not in (root / "docs/metrics/auto_pr_sessions.json").read_text()
    assert (run["agent"], run["id"]) == ("claude-code", "run-1")
    log = told(root, "log")
    assert (f"began 1: {session.id}" in log, "opened 1: 42" in log) == (True, True)


def told(root: Path, *words: str) -> str:
    command = [sys.executable, "-m", "pr_sessions", *words]
    return subprocess.run(
        command, cwd=root, check=True, env=clean_environment(), capture_output=True, text=True, encoding="utf-8"
    ).stdout


def test_a_reader_sees_what_waits_and_writes_nothing(root: Path) -> None:
    assert hook(bash(root, "gh pr create", URL), **ALONE).returncode == 0
    before = sorted(root.rglob("*"))
    tracker = open_tracker(root)
    current = tracker.current()
    assert current is not None
    assert (current.session.prs, tracker.store.read().to_bytes()) == (
        ("42",),
        open_tracker(root).store.read().to_bytes(),
    )
    assert len(tracker.store.read()) == 0
    assert tracker.find(42) == current.session
    assert sorted(root.rglob("*")) == before


@pytest.mark.parametrize(
    "write",
    [
        lambda tracker: tracker.keep(),
        lambda tracker: tracker.touch(),
        lambda tracker: tracker.cleanup(),
        lambda tracker: tracker.start("ada"),
        lambda tracker: tracker.leave(),
    ],
    ids=["keep", "touch", "cleanup", "start", "leave"],
)
def test_every_writer_takes_in_what_waits_first(root: Path, write: Callable[[Tracker], object]) -> None:
    assert hook(bash(root, "gh pr create", URL), **ALONE).returncode == 0
    write(open_tracker(root))
    assert runs(saved(root)) == {("claude-code", run_key("run-1"))}
    assert list((root / ".git/pr-sessions/pending").glob("*.jsonl")) == []


def test_two_worktrees_have_a_marker_and_a_session_each(root: Path, git: Git, tmp_path: Path) -> None:
    topic = tmp_path / "topic"
    git(root, "worktree", "add", "-q", "-b", "topic", str(topic))
    for tree, run in ((root, "a"), (topic, "b"), (root, "a")):
        assert hook(claude("SessionStart", tree) | {"session_id": run}).returncode == 0
    sessions = drained(root)
    assert sorted([run.id for run in s.runs] for s in sessions) == sorted([[run_key("a")], [run_key("b")]])
    markers = {json.loads((place / ".cursor/.session_id").read_text())["session_id"] for place in (root, topic)}
    assert markers == {s.id for s in sessions}


def test_each_worktree_has_its_last_event(root: Path, git: Git, tmp_path: Path) -> None:
    git(root, "worktree", "add", "-q", str(tmp_path / "pay"), "-b", "pay")
    hook(claude("SessionStart", root), **ALONE)
    hook(bash(tmp_path / "pay", "make", ""), **ALONE)
    activities = tree_activities(open_tracker(root))
    assert {folder: (each.agent, each.kind, each.work) for folder, each in activities.items()} == {
        root: ("claude-code", "start", Work.AT_WORK),
        tmp_path / "pay": ("claude-code", "activity", Work.AT_WORK),
    }
    drained(root)
    activities = tree_activities(open_tracker(root))
    assert {folder: (each.agent, each.kind, each.work) for folder, each in activities.items()} == {
        root: ("claude-code", "", Work.AT_WORK),
        tmp_path / "pay": ("claude-code", "", Work.AT_WORK),
    }


def test_a_start_joins_what_is_current_and_two_agents_share_it(root: Path) -> None:
    started = open_tracker(root).start("ada").session
    assert hook(claude("SessionStart", root)).returncode == 0
    told = {
        "hook_event_name": "sessionStart",
        "cursor_version": "2",
        "conversation_id": "c",
        "workspace_roots": [str(root)],
    }
    assert hook(told).returncode == 0
    (session,) = drained(root)
    assert (session.id, runs([session])) == (started.id, {("claude-code", run_key("run-1")), ("cursor", run_key("c"))})


def test_the_same_event_through_two_hosts_counts_once(root: Path) -> None:
    common = {"cursor_version": "2", "conversation_id": "c", "workspace_roots": [str(root)], "command": "gh pr create"}
    native = {**common, "hook_event_name": "afterShellExecution", "output": URL}
    as_claude = {
        **common,
        "hook_event_name": "PostToolUse",
        "tool_name": "Bash",
        "tool_input": {"command": "gh pr create"},
    }
    for payload, host in ((native, "cursor"), (as_claude | {"tool_response": {"stdout": URL}}, "claude-code")):
        assert hook(payload, host).returncode == 0
    (session,) = drained(root)
    assert (session.prs, runs([session])) == (("42",), {("cursor", run_key("c"))})
    assert "opened 1: 42" in told(root, "log")
    (agent,) = session.pull_requests["42"].agents
    assert (agent.name, agent.runs) == ("cursor", (run_key("c"),))


def test_another_repositorys_pull_request_is_kept_as_such(root: Path) -> None:
    assert hook(bash(root, "gh pr create -R octo/other", URL.replace("demo", "other"))).returncode == 0
    assert [s.prs for s in drained(root)] == [("octo/other#42",)]


def test_a_hook_says_more_than_what_was_recorded_before(root: Path) -> None:
    command = [sys.executable, "-m", "pr_sessions", "add", "42", "--title", "auto-pr: x", "--author", "zoe"]
    subprocess.run(command, cwd=root, check=True, capture_output=True, env=clean_environment(CI="1"))
    assert hook(bash(root, "gh pr create", URL)).returncode == 0
    home = next(s for s in drained(root) if s.prs)
    assert home.pull_requests["42"].attribution.basis.label == "hook"  # type: ignore[union-attr]
    assert runs([home]) == {("claude-code", run_key("run-1"))}


def test_a_tracker_that_was_started_before_uninstall_does_not_set_up_again(root: Path) -> None:
    with locked(place(root / ".git/pr-sessions/lock")):
        assert hook(claude("SessionStart", root)).returncode == 0
    state = root / ".git/pr-sessions"
    drained(root)
    (state / "README").unlink()
    (state / "pending/events.jsonl").write_text("{}\n")
    before = sorted(root.rglob("*"))
    assert runs(drained(root)) == {("claude-code", run_key("run-1"))}
    assert sorted(root.rglob("*")) == before


def test_a_tracker_that_cannot_do_its_work_tells_the_log(root: Path) -> None:
    config = root / ".cursor/config/session_config.yaml"
    config.parent.mkdir(parents=True)
    config.write_text("timeout_minutes: never\n")
    command = [sys.executable, "-m", "pr_sessions", "drain"]
    done = subprocess.run(command, cwd=root, check=False, env=clean_environment(), capture_output=True)
    assert done.returncode == 1
    assert " drain: InvalidConfiguration: " in (root / ".git/pr-sessions/hook.log").read_text()
    config.unlink()


def test_a_corrupt_line_is_put_aside(root: Path) -> None:
    pending = root / ".git/pr-sessions/pending/events.jsonl"
    pending.write_text('{"v":1,"at":"2026')
    assert hook(claude("SessionStart", root)).returncode == 0
    assert len(drained(root)) == 1
    assert (root / ".git/pr-sessions/quarantine/events.jsonl").read_text() == '{"v":1,"at":"2026\n'


def test_eight_writers_and_a_drain_in_a_loop_lose_nothing(root: Path, child: Child, tmp_path: Path) -> None:
    drain = child(DRAIN, str(root), str(tmp_path / "stop"))
    writers = [child(WRITE, str(root), str(number), "100") for number in range(8)]
    assert [process.communicate()[0] for process in writers] == ["done\n"] * 8
    (tmp_path / "stop").touch()
    drain.communicate()
    assert drain.returncode == 0
    assert runs(drained(root)) == {("cursor", run_key(f"{w}-{n}")) for w in range(8) for n in range(100)}


@pytest.mark.skipif(sys.platform == "win32", reason="there is no kill -9")
def test_kill_9_of_the_drain_at_any_moment_loses_nothing_and_counts_nothing_twice(root: Path, child: Child) -> None:
    for turn in range(12):
        with child(DRAIN, str(root), str(root / "never")) as drain:
            with child(WRITE, str(root), str(turn), "25") as writer:
                writer.communicate()
            drain.send_signal(signal.SIGKILL)
            drain.communicate()
    sessions = drained(root)
    assert runs(sessions) == {("cursor", run_key(f"{t}-{n}")) for t in range(12) for n in range(25)}
    assert len(sessions) == 1


def test_what_was_saved_and_not_yet_taken_away_counts_once(root: Path) -> None:
    pending = root / ".git/pr-sessions/pending"
    for payload in (claude("SessionStart", root), bash(root, "gh pr create", URL)):
        assert hook(payload, **ALONE).returncode == 0
    left = (pending / "events.jsonl").read_bytes()
    once = [s.id for s in drained(root)]
    (pending / "taken-00000000000000000001.jsonl").write_bytes(left)
    (root / ".cursor/.session_id").unlink()
    again = drained(root)
    assert ([s.id for s in again], [s.prs for s in again]) == (once, [("42",)])


def test_nothing_of_what_was_said_or_written_is_kept_anywhere(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    canary = "CANARY7f3a"
    for name, folder in (("HOME", "home"), ("TMPDIR", "scratch")):
        monkeypatch.setenv(name, str(tmp_path / folder))
        (tmp_path / folder).mkdir()
    for host, (event, payload, _) in documented(root):
        text = json.dumps(_poisoned(payload, canary))
        arguments = (host, text) if event == codex.NOTIFY else (host,)
        data = b"" if event == codex.NOTIFY else text.encode()
        told_by_environment = {"CURSOR_USER_EMAIL": canary, "CLAUDE_TRANSCRIPT": canary}
        assert canary.encode() not in _all_output(hook(data, *arguments, **told_by_environment))
        assert canary not in _started_processes(root)
    assert hook(f'{{"prompt": "{canary}"', cwd=root).returncode == 0
    assert drained(root)
    # The home and the folder for temporary files, too.
    kept = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert root / ".git/pr-sessions/hook.log" in kept
    assert [path for path in kept if canary.encode() in path.read_bytes() or canary in str(path)] == []


def test_the_tracker_that_a_hook_starts_is_not_told_what_the_agent_told_the_hook() -> None:
    kept = {"PATH": "/bin", "HOME": "/h", "GIT_AUTHOR_NAME": "Ada", "PR_SESSIONS": "1", "AUTO_PR_SESSION_AUTHOR": "ada"}
    kept["CLAUDE_CONFIG_DIR"] = "/h/claude"
    told = {"CURSOR_USER_EMAIL": "x", "CLAUDE_PROJECT_DIR": "x", "CLAUDECODE": "1", "GEMINI_SESSION_ID": "x"}
    assert inherited({**kept, **told, "GIT_DIR": "/x", "GIT_WORK_TREE": "/x"}) == kept
    assert COMMAND == ("-I", STUB, "drain", "--for-hooks")


def _all_output(done: "subprocess.CompletedProcess[bytes]") -> bytes:
    assert done.returncode == 0
    return done.stdout + done.stderr


# Fields that are kept, or that say what the payload is; everything else may hold anything.
PLAIN = frozenset((
    "conversation_id", "session_id", "sessionId", "thread-id", "turn_id", "turn-id", "generation_id", "tool_use_id",
    "hook_event_name", "cwd", "workspace_roots", "type", "cursor_version", "timestamp", "source", "reason", "command",
    "tool_name", "toolName", "output", "stdout", "stderr", "tool_response", "tool_result", "toolResult", "resultType",
    "textResultForLlm", "result_type", "text_result_for_llm", "llmContent", "returnDisplay", "result_json", "text",
))  # fmt: skip
SECRET = frozenset(("prompt", "text"))


def _poisoned(value: Any, canary: str, key: str = "") -> Any:
    """The same payload with the canary in every text that says what somebody wrote, and in every shell's output."""
    if isinstance(value, dict):
        extra = {"extra": canary, canary: canary}
        return {k: _poisoned(v, canary, k) for k, v in value.items()} | extra
    if isinstance(value, list):
        return [_poisoned(v, canary, key) for v in value]
    if not isinstance(value, str):
        return value
    if key in ("stdout", "output", "textResultForLlm", "returnDisplay"):
        return f"{canary}\n{value}\n{canary}\n"
    if key == "command":
        return f"{value} # {canary}"
    return value if key in PLAIN else canary


def _started_processes(root: Path) -> str:
    """Arguments and environment of every process that works in the clone."""
    found = ""
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if process.joinpath("cwd").readlink() == root.resolve():
                found += process.joinpath("cmdline").read_text() + process.joinpath("environ").read_text()
    return found
