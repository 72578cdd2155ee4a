"""Vendors' ids of runs stand in one file of the clone and on the user's own terminal, wherever they come from."""

import json
import os
from pathlib import Path

import pytest
from command_line import Cli, Git

from fake_forge_tools import FakeForge
from fake_github import TOKEN, FakeGitHub
from hooks.hook_runs import bash, claude, hook
from pr_sessions.core.runs import run_key
from pr_sessions.core.times import write_time
from pr_sessions.git.repository import CONFIG
from pr_sessions.tracker import utc_now

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the programs that stand for gh and glab are scripts")

SESSION_FILE = "docs/metrics/auto_pr_sessions.json"
HOOKED = "0b1f3c5e-1111-4222-8333-abcdefabcdef"
LINKED = "session_01AbCdEfGhIjKlMnOpQrStUv"
IMPORTED = "0123456789abcdef0123456789abcdef"
COMMITTED = "session_01ZyXwVuTsRqPoNmLkJiHgFe"
OPENED = "session_01OpenOpenOpenOpenOpenOp"
IDS = (HOOKED, LINKED, IMPORTED, COMMITTED, OPENED)
RUNS = ".git/pr-sessions/runs.json"
AT = "2025-11-22T10:00:00Z"
FOOTER = "Generated with Claude Code\n\nhttps://claude.ai/code/{}"


def leaks(folder: Path) -> list[tuple[str, str]]:
    """The files below a folder that hold an id, and the id; git's own copies of messages do not count."""
    files = [path for path in folder.rglob("*") if path.is_file() and "objects" not in path.parts]
    names = {path: path.relative_to(folder).as_posix() for path in files if path.name != "COMMIT_EDITMSG"}
    return sorted((name, i) for path, name in names.items() for i in IDS if i.encode() in path.read_bytes())


@pytest.fixture
def work(repo: Path, git: Git, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A clone with a remote, whose last commit on `main` and whose branch name runs."""
    monkeypatch.setenv("PR_SESSIONS_NO_TRACKER", "1")
    forge = FakeForge(tmp_path / "forge")
    for name, value in forge.environ.items():
        monkeypatch.setenv(name, value)
    forge.remote("acme/shop")
    git(repo, "remote", "add", "origin", "git@github.com:acme/shop.git")
    trailer = f"\n\nClaude-Session: https://claude.ai/code/{COMMITTED}"
    git(repo, "commit", "-q", "--allow-empty", "-m", f"Fix it (#7){trailer}")
    git(repo, "push", "-q", "-u", "origin", "main")
    git(repo, "remote", "set-head", "origin", "main")
    git(repo, "switch", "-q", "-c", "feature")
    git(repo, "commit", "-q", "--allow-empty", "-m", "Add it")
    return repo


def test_of_a_clone_one_file_holds_them(work: Path, cli: Cli, git: Git, tmp_path: Path) -> None:
    cli("init", "--share", "branch", "--commit-trailer", "--time-zone", "UTC")
    (work / CONFIG).write_text((work / CONFIG).read_text() + "minimal_metadata: true\nkeep_days: 30\n")
    url = "https://github.com/acme/shop/pull/3"
    for event in (claude("SessionStart", work), bash(work, "gh pr create", url), claude("SessionEnd", work)):
        hook({**event, "session_id": HOOKED})
    hook({**bash(work, "git push", ""), "session_id": HOOKED, "cwd": "/nowhere"})
    cli("drain")
    listed = tmp_path / "listed.jsonl"
    row = {"number": 5, "title": "Fix", "author": "devin-ai-integration[bot]", "created_at": AT}
    listed.write_text(json.dumps({**row, "body": f"Link to Devin run: https://app.devin.ai/sessions/{IMPORTED}"}))
    done = [
        cli("add", "4", "--title", "Fix", "--author", "ada", "--body", FOOTER.format(LINKED), "--at", AT),
        cli("add", "6", "--title", "Fix", "--author", "ada", "--body", FOOTER.format(LINKED)),
        cli("import", str(listed)),
        cli("import", "--git"),
        cli("open", "--title", "Add it", "--body", FOOTER.format(OPENED)),
        cli("move", "6", "--new"),
        cli("undo"),
        cli("sync"),
        cli("cleanup"),
        cli("backup"),
        cli("report", "--save"),
        cli("doctor"),
        cli("log"),
    ]
    assert [(result.out, result.err) for result in done if result.code] == []
    listed.unlink()

    held = json.loads((work / RUNS).read_text())
    assert set(held.values()) == set(IDS)
    assert [name for name, _ in leaks(work) if name != RUNS] == []
    shared = git(work, "show", f"origin/pr-sessions:{SESSION_FILE}")
    told = "".join(result.out + result.err for result in done)
    assert [i for i in IDS if i in shared or i in told] == []


def test_the_gate_names_none(fake: FakeGitHub, cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake.permissions = {"bot": "write"}
    fake.contents["main", CONFIG] = b"gate: enforce\ngate.checks: [test]\ngate.workflow: ci.yml\n"
    fake.now = write_time(utc_now().replace(microsecond=0))
    for number in (1, 2):
        fake.add_pull(number, f"Fix {number}", fake.now, body=FOOTER.format(LINKED))
    event = {"action": "opened", "number": 2, "pull_request": fake.pulls[2], "repository": {"full_name": "ada/shop"}}
    files = {name: tmp_path / name for name in ("GITHUB_EVENT_PATH", "GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
    files["GITHUB_EVENT_PATH"].write_text(json.dumps({**event, "sender": {"login": "bot", "id": 1, "type": "User"}}))
    for name, value in files.items():
        monkeypatch.setenv(name, str(value))
    monkeypatch.setenv("GITHUB_EVENT_NAME", "pull_request")
    monkeypatch.setenv("GITHUB_REPOSITORY", "ada/shop")
    monkeypatch.setenv("GITHUB_API_URL", fake.url)
    monkeypatch.setenv("GITHUB_TOKEN", TOKEN)
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    done = [cli("gate", *words) for words in (("decide",), ("decide", "--json"), ("comment",), ("check",), ("sweep",))]
    assert [(result.out, result.err) for result in done if result.code] == []
    written = files["GITHUB_OUTPUT"].read_text() + files["GITHUB_STEP_SUMMARY"].read_text()
    ours = [written, repr(fake.comments), "".join(result.out + result.err for result in done), repr(fake.checks)]
    assert all(f"claude-code-{run_key(LINKED)[:10]}" in text for text in ours[:3])
    assert [text for text in ours if LINKED in text] == []
