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


def test_it_shows_commands_and_what_they_print(place: Path, cli: Cli) -> None:
    result = cli("demo")
    lines = result.out.splitlines()

    assert (result.code, result.err) == (0, "")
    assert len(lines) < 90
    assert [line for line in lines if line.startswith("**")] == [
        "**8 pull requests in 4 sessions**: one review covers 2.0 on average."
    ]


def test_every_command_is_one_that_can_be_typed(place: Path, cli: Cli) -> None:
    typed = [line.partition("$ ")[2] for line in cli("demo", "--json").json["commands"]]

    assert {line.removeprefix("CI=true ").split()[0] for line in typed} == {"pr-sessions", "git"}


def test_json_is_the_final_state(place: Path, cli: Cli) -> None:
    found = cli("demo", "--json").json
    ends = sorted((s["prs"], s.get("completion_trigger")) for s in found["sessions"])

    assert found["folder"] is None
    assert ends == [
        ([], "timeout"),
        (["1", "2", "3"], "timeout"),
        (["4", "5"], "timeout"),
        (["7"], "manual_cli"),
        (["8", "9"], None),
    ]


def test_nothing_stays(place: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    before = dict(os.environ)
    cli("demo")

    assert (list(place.iterdir()), dict(os.environ), Path.cwd()) == ([], before, tmp_path)


def test_it_stays_where_somebody_wants_to_keep_it(place: Path, cli: Cli) -> None:
    shown = cli("demo", "--keep").out
    (home,) = place.iterdir()

    assert shown.endswith(f"\nKept for you to play with: cd {home.resolve() / 'shop'}\n")
    assert (home / "shop/.git/pr-sessions/sessions.json").is_file()


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
