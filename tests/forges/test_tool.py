import os
import time
from pathlib import Path

import pytest

from pr_sessions.forges import tool
from pr_sessions.forges.tool import ToolFailed, ToolOutput, call_tool
from pr_sessions.io.programs import find_program

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the programs are scripts")


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The program `forge`, which is found on PATH; its text is to be written."""
    path = tmp_path / "bin/forge"
    path.parent.mkdir()
    path.touch(mode=0o755)
    monkeypatch.setenv("PATH", f"{path.parent}{os.pathsep}{os.environ['PATH']}")
    return path


def test_all_that_it_says_and_its_status(program: Path, tmp_path: Path) -> None:
    program.write_text('#!/bin/sh\nprintf "%s|" "$@"; cat; echo "from $PWD" >&2; exit 3\n')
    said = call_tool(tmp_path, "forge", "a b", "$HOME", "", text="body ü\n")
    assert said == ToolOutput(3, "a b|$HOME||body ü\n", f"from {tmp_path}\n")


def test_it_asks_nothing(program: Path, tmp_path: Path) -> None:
    program.write_text('#!/bin/sh\nif read -r answer </dev/tty; then echo asked; fi; echo "$GH_PROMPT_DISABLED"\n')
    assert call_tool(tmp_path, "forge").out == "1\n"


def test_one_that_takes_too_long_ends_with_all_its_children(program: Path, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "alive")
    held = os.open(tmp_path / "alive", os.O_RDONLY | os.O_NONBLOCK)
    program.write_text(f"#!/bin/sh\nsleep 60 > {tmp_path}/alive &\nwait\n")
    began = time.monotonic()
    with pytest.raises(ToolFailed, match=r"^forge did not answer within 0\.5 seconds$"):
        call_tool(tmp_path, "forge", seconds=0.5)
    os.set_blocking(held, True)
    # The end is read once nobody is left who could write.
    assert os.read(held, 1) == b""
    assert time.monotonic() - began < 30
    os.close(held)


def test_a_helper_that_stays_behind_does_not_hold_us(program: Path, tmp_path: Path) -> None:
    program.write_text(f"#!/bin/sh\necho done\nsleep 60 & echo $! > {tmp_path}/child\n")
    began = time.monotonic()
    assert call_tool(tmp_path, "forge").out == "done\n"
    assert time.monotonic() - began < 30
    os.kill(int((tmp_path / "child").read_text()), 9)


def test_one_that_does_not_end_talking_is_ended(program: Path, tmp_path: Path) -> None:
    program.write_text("#!/bin/sh\nexec cat /dev/zero >&2\n")
    with pytest.raises(ToolFailed, match=r"^forge said more than 4 MiB$"):
        call_tool(tmp_path, "forge")


def test_one_that_does_not_read_is_no_obstacle(program: Path, tmp_path: Path) -> None:
    program.write_text("#!/bin/sh\nexit 0\n")
    assert call_tool(tmp_path, "forge", text="x" * 1_000_000) == ToolOutput(0, "", "")


def test_one_in_the_current_folder_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "forge").write_text("#!/bin/sh\n")
    (tmp_path / "forge").chmod(0o755)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", f".{os.pathsep}{os.environ['PATH']}")
    assert find_program("forge") is None


def test_one_that_no_system_starts(program: Path, tmp_path: Path) -> None:
    program.write_text("#!/nowhere/python\n")
    with pytest.raises(ToolFailed, match=r"^forge cannot be started: "):
        call_tool(tmp_path, "forge")


@pytest.mark.parametrize(
    ("out", "err", "reason"),
    [
        ("", "Warning: x\n\nit failed\n", "it failed"),
        ("", "exists already:\nhttps://github.com/a/b/pull/1\n", "exists already:; https://github.com/a/b/pull/1"),
        ('{"message":"no"}', "", '{"message":"no"}'),
        ("", "", "status 1"),
        ("", "\x1b[31m\x07bad", "[31m bad"),
        ("", "x" * 1000, "x" * 300),
    ],
)
def test_its_reason_is_one_short_line(out: str, err: str, reason: str) -> None:
    assert ToolOutput(1, out, err).reason == reason


def test_limits_are_what_they_are_said_to_be() -> None:
    assert (tool.MOST, tool.SECONDS) == (4 * 1024 * 1024, 60.0)
