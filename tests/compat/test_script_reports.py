"""Figures, health and configuration by way of the compatible scripts."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pr_sessions.compat import monitor_sessions, session_analytics, validate_config
from pr_sessions.config.template import initial_text
from pr_sessions.core.policy import Share

COMPLETED = {
    "session_id": "bob-20251119-2204",
    "author": "bob",
    "started": "2025-11-19T22:04:52.873742",
    "completed": "2025-11-19T22:26:11.789103",
    "completion_trigger": "manual_cli",
    "duration_minutes": 21,
    "status": "completed",
}


@pytest.fixture
def sessions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A session file that stands alone, outside git, with one completed session."""
    path = tmp_path / "alone/sessions.json"
    path.parent.mkdir()
    path.write_text(json.dumps({"version": "1.0", "active_sessions": {}, "completed_sessions": [COMPLETED]}))
    monkeypatch.chdir(tmp_path)
    for module in (session_analytics, monitor_sessions):
        monkeypatch.setattr(module, "SESSION_DATA_FILE", path)
    monkeypatch.setattr(session_analytics, "OUTPUT_DIR", tmp_path / "reports")
    return path


def test_the_figures_are_the_originals(sessions: Path) -> None:
    data = session_analytics.load_session_data()
    assert data["completed_sessions"] == [COMPLETED]
    assert session_analytics.calculate_analytics(data) == {
        "summary": {
            "total_completed": 1,
            "total_active": 0,
            "avg_session_duration": 21,
            "avg_prs_per_session": 0,
            "avg_score": 0,
        },
        "authors": {"bob": {"sessions": 1, "prs": 0, "total_duration": 21}},
        "completion_triggers": {"manual_cli": 1},
        "duration_distribution": {"0-30": 1, "30-60": 0, "60-90": 0, "90+": 0},
    }


@pytest.mark.parametrize("data", [{}, None, [], {"completed_sessions": "x"}])
def test_nothing_completed_is_an_error_in_the_answer(data: Any) -> None:
    assert list(session_analytics.calculate_analytics(data)) == ["error"]


def test_the_report_is_printed_and_saved(sessions: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert session_analytics.main([]) == 0
    out = capsys.readouterr().out
    (saved,) = (tmp_path / "reports").iterdir()
    assert out.startswith("# Auto-PR Session Analytics\n")
    assert saved.read_text() == out
    assert saved.name == f"session_analytics_{datetime.now(UTC):%Y%m%d}.md"


def test_a_corrupt_session_file_has_no_figures_and_no_report(
    sessions: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sessions.write_bytes(b"{")
    assert session_analytics.load_session_data()["completed_sessions"] == []
    assert "Auto-PR Session Analytics" in session_analytics.generate_report()
    assert (sessions.read_bytes(), (tmp_path / "reports").exists()) == (b"{", False)
    assert "warning:" in capsys.readouterr().err


def test_sessions_in_order_are_healthy(sessions: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert monitor_sessions.main(["--json", "--exit-code"]) == 0
    assert json.loads(capsys.readouterr().out) == {
        "healthy": True,
        "orphans": [],
        "mean_duration": pytest.approx(21.32),
        "state_file_bytes": sessions.stat().st_size,
        "alerts": [],
    }


@pytest.mark.parametrize(("arguments", "code"), [([], 0), (["--exit-code"], 1)])
def test_orphans_are_an_alert(
    sessions: Path, arguments: list[str], code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    old = {f"bob-{n}": {"session_id": f"bob-{n}", "started": "2025-11-19T22:04:52Z"} for n in range(6)}
    sessions.write_text(json.dumps({"version": "1.0", "active_sessions": old}))
    assert monitor_sessions.main(arguments) == code
    out = capsys.readouterr().out
    assert out.splitlines()[0] == "Sessions need a look."
    assert "alert: 6 orphaned sessions" in out


def test_a_corrupt_session_file_is_an_alert(sessions: Path) -> None:
    sessions.write_bytes(b"{")
    assert monitor_sessions.main(["--exit-code"]) == 1
    assert sessions.read_bytes() == b"{"


@pytest.mark.parametrize(
    ("text", "messages"),
    [
        ("timeout_minutes: 30\n", []),
        (initial_text("Europe/Berlin", Share.COMMIT), []),
        ("timeout_minutes: 1\n", ["line 1: timeout_minutes: must be from 5 to 120 minutes, not 1"]),
        ("a: [\n", ["Invalid YAML: line 2: expected the node content, but found '<stream end>'"]),
    ],
)
def test_a_configuration_is_checked(
    tmp_path: Path, text: str, messages: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(text)
    assert validate_config.validate_config(path) == (not messages, messages)
    assert validate_config.main(["--config", str(path)]) == 0
    assert json.loads(capsys.readouterr().out) == {"valid": not messages, "messages": messages}
    assert validate_config.main(["--config", str(path), "--exit-code"]) == int(bool(messages))


def test_a_setting_of_a_newer_version_is_valid_and_said_on_stderr(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "config.yaml"
    path.write_text("shares: 3\n")
    assert validate_config.validate_config(path) == (True, [])
    assert capsys.readouterr().err == (
        f"warning: {path}:1: unknown setting 'shares': it changes nothing; did you mean share?\n"
    )


def test_the_configuration_is_the_one_that_the_constant_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(validate_config, "CONFIG_FILE", tmp_path / "config.yaml")
    assert validate_config.validate_config() == (False, [f"no configuration at {tmp_path / 'config.yaml'}"])


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"a: 1\n", (True, "")),
        (b"", (True, "")),
        (b"a: [", (False, "Invalid YAML")),
        (b"\xff", (False, "Invalid YAML")),
    ],
)
def test_the_message_about_the_syntax_is_empty_where_nothing_is_wrong(
    tmp_path: Path, data: bytes, expected: tuple[bool, str]
) -> None:
    path = tmp_path / "config.yaml"
    path.write_bytes(data)
    is_valid, message = validate_config.validate_yaml_syntax(path)
    assert (is_valid, message[: len("Invalid YAML")]) == expected


@pytest.mark.parametrize(
    ("check", "data", "is_valid"),
    [
        ("validate_timeout_values", {"timeout_minutes": 30, "idle_warning_minutes": 15}, True),
        ("validate_timeout_values", {"timeout_minutes": 5}, True),
        ("validate_timeout_values", {"timeout_minutes": 4}, False),
        ("validate_timeout_values", {"timeout_minutes": 121}, False),
        ("validate_timeout_values", {"timeout_minutes": "30"}, False),
        ("validate_timeout_values", {"timeout_minutes": float("nan")}, False),
        ("validate_timeout_values", {"timeout_minutes": 30, "idle_warning_minutes": 30}, False),
        ("validate_timeout_values", {"timeout_minutes": 30, "idle_warning_minutes": -1}, False),
        ("validate_regex_patterns", {"auto_pr_patterns": ["^auto-pr:", r"^\[auto\]"]}, True),
        ("validate_regex_patterns", {"auto_pr_patterns": ["("]}, False),
        ("validate_regex_patterns", {"auto_pr_patterns": [""]}, False),
        ("validate_regex_patterns", {"auto_pr_patterns": [5]}, False),
        ("validate_regex_patterns", {"auto_pr_patterns": "^auto"}, False),
        ("validate_required_fields", dict.fromkeys(validate_config.REQUIRED, 1), True),
        ("validate_required_fields", {"timeout_minutes": 30}, False),
        ("validate_required_fields", None, False),
    ],
)
def test_parts_of_a_configuration(check: str, data: Any, is_valid: bool) -> None:
    answer, messages = getattr(validate_config, check)(data)
    assert (answer, bool(messages)) == (is_valid, not is_valid)
