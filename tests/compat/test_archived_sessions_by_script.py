"""The compatible scripts see archived sessions like all others."""

import json

import pytest


@pytest.fixture
def archived(script, repo):
    """A session of long ago, in its archive and no more in the session file."""
    config = repo / ".cursor/config/session_config.yaml"
    config.parent.mkdir(parents=True, exist_ok=True)
    config.write_text("keep_days: 30\n")
    session = {
        "session_id": "bob-20251119-2204",
        "author": "bob",
        "started": "2025-11-19T22:04:52Z",
        "completed": "2025-11-19T22:26:11Z",
        "completion_trigger": "manual_cli",
        "prs": ["7"],
    }
    file = repo / "docs/metrics/auto_pr_sessions.json"
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps({"version": "1.0", "active_sessions": {}, "completed_sessions": [session]}))
    assert script("session_cli.py", "start").code == 0
    assert "bob" not in file.read_text()
    assert "bob" in (file.parent / "archive/auto_pr_sessions-2025-11.json").read_text()


def test_the_status_counts_and_finds_them(script, archived):
    assert script("auto_pr_session_manager.py", "status").json["completed"] == 1
    assert script("auto_pr_session_manager.py", "status", "--session-id", "bob-20251119-2204").json["prs"] == ["7"]


def test_the_figures_count_them(script, archived):
    out = script("session_analytics.py").out
    assert "Auto-PR Session Analytics" in out
    assert "bob" in out
