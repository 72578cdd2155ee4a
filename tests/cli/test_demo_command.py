"""`demo` plays everything in a folder of its own, and cleans up."""

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from command_line import Cli


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where temporary folders are made."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def test_it_shows_value_first_and_no_plumbing(place: Path, cli: Cli) -> None:
    result = cli("demo")
    lines = result.out.splitlines()

    assert (result.code, result.err) == (0, "")
    assert len(lines) <= 42
    assert [line.removeprefix("$ ").split()[1] for line in lines if line.startswith("$ ")] == [
        "look",
        "hook",
        "explain",
        "inbox",
    ]
    assert [line.strip() for line in lines if line.startswith(("CONFLICTS", "READY"))] == [
        "CONFLICTS 2",
        "READY TO MERGE 1",
    ]
    assert "  ### A session of 2 pull requests by claude-code" in lines
    assert [line.split("  ")[1] for line in lines[-3:]] == ["pr-sessions look", "pr-sessions inbox", "pr-sessions init"]


def test_the_hook_is_what_explains_the_pull_request(place: Path, cli: Cli) -> None:
    shown = cli("demo").out

    assert "because an agent's hook saw the session create it (amp: reported)." in shown
    assert "at work" in next(line for line in shown.splitlines() if line.startswith("    #10"))


def test_json_is_the_final_state(place: Path, cli: Cli) -> None:
    found = cli("demo", "--json").json

    assert found["folder"] is None
    assert [line.split()[1] for line in found["commands"]] == ["look", "hook", "explain", "inbox"]
    assert [(s["prs"], s.get("completion_trigger")) for s in found["sessions"]] == [(["10"], None)]


def test_nothing_stays(place: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    before = dict(os.environ)
    cli("demo")

    assert (list(place.iterdir()), dict(os.environ), Path.cwd()) == ([], before, tmp_path)


def test_it_stays_where_somebody_wants_to_keep_it(place: Path, cli: Cli) -> None:
    shown = cli("demo", "--keep").out
    (home,) = place.iterdir()

    assert shown.endswith(f"\nKept for you to play with: cd {home.resolve() / 'shop'}\n")
    assert (home / "shop/.cursor/config/session_config.yaml").is_file()


def test_the_users_own_git_settings_have_no_say(
    place: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "gitconfig").write_text("[commit]\ngpgsign = true\n[gpg]\nprogram = /nowhere\n", encoding="utf-8")
    (tmp_path / "git").mkdir()
    (tmp_path / "git/ignore").write_text("docs/\n", encoding="utf-8")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "gitconfig"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "nowhere"))
    monkeypatch.setenv("PR_SESSIONS", "0")

    assert cli("demo").code == 0


@pytest.mark.skipif(os.name == "nt", reason="Windows sends no interrupt to one process")
def test_an_interrupt_leaves_nothing_behind(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "pr_sessions", "demo"],
        env={**os.environ, "TMPDIR": str(tmp_path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    process.stdout.readline()
    process.send_signal(signal.SIGINT)
    _, talk = process.communicate()

    assert (process.returncode, list(tmp_path.glob("pr-sessions-demo-*"))) == (130, [])
    assert talk.strip() == b"interrupted; what was saved before is safe"
