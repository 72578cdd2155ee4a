"""`import --transcripts` in a clone. The logs are synthetic: written here, by no agent."""

import json
from pathlib import Path
from typing import Any

import pytest
from command_line import Cli, Git

from pr_sessions.core.runs import run_key
from pr_sessions.core.times import write_time
from pr_sessions.tracker import utc_now

RUN = "session_01SyntheticSynthetic"
OPENED = """Read 1 link to pull requests
  opened              1 in 1 session
  assisted            0
  not known here      0
  other repositories  1
"""
GUIDE = (Path(__file__).parents[2] / "docs/guides/agents.md").read_text("utf-8")
TIMES = [f"2025-11-22T10:{minute}:00.000Z" for minute in ("00", "20")]


@pytest.fixture
def logs(repo: Path, git: Git, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A clone of acme/shop, and the home of somebody who worked there with Claude Code."""
    git(repo, "remote", "add", "origin", "git@github.com:acme/shop.git")
    monkeypatch.delenv("CLAUDE_CONFIG_DIR", raising=False)
    monkeypatch.delenv("CODEX_HOME", raising=False)
    lines: list[dict[str, Any]] = [{"timestamp": at, "gitBranch": "feature", "type": "user"} for at in TIMES]
    lines += [
        {"type": "pr-link", "timestamp": TIMES[1], "prUrl": f"https://github.com/acme/{name}/pull/7"}
        for name in ("shop", "other")
    ]
    lines += [{"type": "bridge-session", "bridgeSessionId": RUN}]
    path = tmp_path / ".claude/projects/p/a.jsonl"
    path.parent.mkdir(parents=True)
    path.write_text("".join(json.dumps({"sessionId": "local", **line}) + "\n" for line in lines))
    return path.parent


@pytest.mark.usefixtures("logs")
def test_a_run_is_the_session_of_what_it_opened(cli: Cli, repo: Path, tmp_path: Path) -> None:
    listed = tmp_path / "listed.json"
    row = {"number": 7, "title": "auto-pr: fix", "author": "ada", "headRefName": "feature"}
    listed.write_text(json.dumps({**row, "created_at": "2025-11-22T10:10:00Z"}))
    assert cli("import", str(listed)).code == 0
    done = cli("import", "--transcripts")
    assert (done.code, done.out) == (0, OPENED)
    assert f"$ pr-sessions import --transcripts\n{OPENED}" in GUIDE
    session = cli("find", "7", "--json").json["session"]["session_id"]
    assert session == f"claude-code-{run_key(RUN)[:10]}"
    assert json.loads((repo / ".git/pr-sessions/runs.json").read_text()) == {
        run_key(run): run for run in (RUN, "local")
    }
    assert cli("show", f"claude-code-{run_key('local')[:10]}", "--json").json["session_id"] == session
    entries = cli("log", "--json").json["changes"]
    assert [(entry["what"], entry["why"], entry["read"]) for entry in entries] == [
        ("import", "transcripts", 1),
        ("import", "history", 1),
    ]
    before = cli("show", session, "--json").out
    assert cli("import", "--transcripts").out.endswith("Nothing changed: all of this was known.\n")
    assert cli("show", session, "--json").out == before


def test_what_is_not_known_is_counted_and_a_folder_can_be_named(cli: Cli, logs: Path) -> None:
    found = {"opened": 0, "assisted": 0, "unknown": 1, "elsewhere": 1, "sessions": [], "changed": False}
    assert cli("import", "--transcripts", str(logs), "--json").json == found
    (logs / "nothing").mkdir()
    nothing = found | {"unknown": 0, "elsewhere": 0}
    assert cli("import", "--transcripts", str(logs / "nothing"), "--json").json == nothing
    text = cli("import", "--transcripts", str(logs / "nothing")).out
    assert text.endswith("\nNo link to a pull request that is known here was found.\n")


def test_a_folder_that_is_not_there_is_an_error(cli: Cli, logs: Path) -> None:
    result = cli("import", "--transcripts", str(logs / "missing"))
    assert (result.code, result.out) == (1, "")
    assert result.err.startswith(f"error: no folder {logs / 'missing'}\nhint: give a folder with logs")


@pytest.mark.parametrize("command", ["drain", "import"])
def test_the_session_that_a_hook_began_takes_what_the_cloud_id_opened(
    cli: Cli, repo: Path, logs: Path, command: str
) -> None:
    pending = repo / ".git/pr-sessions/pending"
    cli("init", "--share", "local", "--time-zone", "UTC")
    pending.mkdir(exist_ok=True)
    event = {"v": 1, "at": write_time(utc_now()), "host": "claude-code", "run": "local", "event": "start"}
    (pending / "events.jsonl").write_text(json.dumps({**event, "root": str(repo)}) + "\n")
    cli("drain")
    before = cli("show", "--json").json["current"]
    # The bridge between the two ids is written later.
    (logs / "local.jsonl").write_text((logs / "a.jsonl").read_text())
    cli("drain") if command == "drain" else cli("import", "--transcripts")
    footer = f"Fix\n\nhttps://claude.ai/code/{RUN}"
    cli("add", "9", "--title", "Fix", "--author", before["author"], "--body", footer)
    after = cli("show", before["session_id"], "--json").json
    assert (after["session_id"], after["prs"]) == (before["session_id"], ["9"])
    [run] = after["runs"]
    assert sorted((run["id"], *run["also"])) == sorted(("local", RUN))


@pytest.mark.usefixtures("logs")
def test_a_mere_link_moves_nothing(cli: Cli) -> None:
    known = ("--title", "auto-pr: fix", "--author", "bob", "--at", "2025-11-22T10:10:00Z")
    before = cli("add", "7", *known, "--json").json["session"]["session_id"]
    assert cli("import", "--transcripts", "--json").json["assisted"] == 1
    after = cli("find", "7", "--json").json["session"]
    assert after["session_id"] == before
    assert [(a["name"], a["role"]) for a in cli("explain", "7", "--json").json["agents"]] == [
        ("claude-code", "assisted")
    ]
