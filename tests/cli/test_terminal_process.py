"""Commands on a real terminal: its width, links, colours, the pager of the environment, and what is imported."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryFile

import pytest
from command_line import Cli
from msgspec import Struct
from rich.cells import cell_len
from rich.text import Text

import scene
from fake_github import TOKEN, FakeGitHub
from forked import MAIN, Server

WIDTHS = (20, 60, 100, 180)


class Shown(Struct, frozen=True):
    """What a command left on a terminal and on stderr."""

    code: int
    text: str
    err: str


class Terminal:
    """A terminal of so many columns; `theirs` is its end for a command."""

    def __init__(self, columns: int) -> None:
        self._ours, self.theirs = pty.openpty()
        fcntl.ioctl(self.theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 500, columns, 0, 0))
        # A read may end within a character.
        self._shown = b""

    @property
    def text(self) -> str:
        """What it shows."""
        return self._shown.decode()

    def read_until(self, words: str) -> None:
        """Read until it shows these words."""
        while words.encode() not in self._shown and (piece := self._read()):
            self._shown += piece

    def read_rest(self) -> None:
        """Read until no command has it any more."""
        while piece := self._read():
            self._shown += piece
        os.close(self._ours)

    def _read(self) -> bytes:
        ready, _, _ = select.select([self._ours], [], [], 60)
        try:
            return os.read(self._ours, 1 << 16) if ready else b""
        except OSError:
            return b""  # Linux says so when the other end closes.


Show = Callable[..., Shown]


@pytest.fixture
def environ(fake: FakeGitHub, repo: Path, tmp_path: Path) -> dict[str, str]:
    """The environment of a command in a clone, on a terminal that knows its size itself."""
    scene.git(repo, "remote", "add", "origin", f"{fake.url}/ada/shop.git")
    known = {"GITHUB_API_URL": fake.url, "GH_TOKEN": TOKEN, "XDG_STATE_HOME": str(tmp_path / "state"), "PAGER": ""}
    without_size = {k: v for k, v in scene.python_environment().items() if k not in ("COLUMNS", "LINES")}
    return without_size | {"TERM": "xterm-256color"} | known


@pytest.fixture
def show(server: Server, repo: Path, environ: dict[str, str]) -> Show:
    """Shows a command in a clone: `show(100, "inbox", NO_COLOR="1")`."""

    def start(columns: int, *arguments: str, **more: str) -> Shown:
        terminal = Terminal(columns)
        with TemporaryFile() as err, ThreadPoolExecutor() as pool:

            def run() -> int:
                streams = [terminal.theirs, terminal.theirs, err.fileno()]
                try:
                    return server.run_on(streams, MAIN, list(arguments), repo, environ | more)
                finally:
                    os.close(terminal.theirs)

            code = pool.submit(run)
            terminal.read_rest()
            err.seek(0)
            return Shown(code.result(), terminal.text, err.read().decode())

    return start


@pytest.fixture
def shop(fake: FakeGitHub) -> FakeGitHub:
    """Pull requests with titles that try to steer the terminal."""
    fake.permissions |= {"bot": "write"}
    for number, title in enumerate(
        (
            "auto-pr: \x1b[31mred\x1b]8;;https://evil.example\x1b\\link",
            "auto-pr: \u202egnp.exe",
            "🚀 日本語の題名 " * 20,
            "<b>x</b>",
        ),
        1,
    ):
        fake.add_pull(number, title, f"2025-11-22T10:{number:02}:00Z")
    return fake


@pytest.mark.parametrize("columns", WIDTHS)
def test_the_inbox_has_the_width_of_the_terminal(shop: FakeGitHub, show: Show, columns: int) -> None:
    screen = show(columns, "inbox")
    assert (screen.code, screen.err) == (0, "6 requests to GitHub\n")
    lines = Text.from_ansi(screen.text.replace("\r\n", "\n")).plain.split("\n")
    assert [line for line in lines if cell_len(line) > columns] == []
    assert sum("#" in line for line in lines) >= 4
    ours = re.sub(r"\x1b\[[0-9;]*m|\x1b\]8;[^\x1b]*\x1b\\", "", screen.text)
    assert [char for char in ours if not char.isprintable() and char not in "\r\n"] == []
    assert "evil.example" not in "".join(re.findall(r"\x1b\]8;[^;]*;([^\x1b]*)\x1b", screen.text))
    assert "https://github.com/ada/shop/pull/1" in screen.text or f"{shop.url}/ada/shop/pull/1" in screen.text


@pytest.mark.usefixtures("shop")
def test_no_color_and_force_color(show: Show, forked: Cli, environ: dict[str, str]) -> None:
    plain = show(100, "inbox", NO_COLOR="1")
    assert not re.search(r"\x1b\[[0-9;]*3[0-9]m", plain.text)
    coloured = forked("inbox", **environ, FORCE_COLOR="1").out
    assert ("\x1b[1m" in coloured, "\x1b]8" in coloured) == (True, False)


@pytest.mark.usefixtures("shop")
def test_watching_ends_with_an_interrupt(repo: Path, environ: dict[str, str]) -> None:
    terminal = Terminal(100)
    process = subprocess.Popen(
        [sys.executable, "-m", "pr_sessions", "inbox", "--watch"],
        cwd=repo,
        env=environ,
        stdin=terminal.theirs,
        stdout=terminal.theirs,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    os.close(terminal.theirs)
    terminal.read_until("NEEDS REVIEW")
    process.send_signal(signal.SIGINT)
    terminal.read_rest()
    _, err = process.communicate()
    assert (process.returncode, err.decode().splitlines()[-1]) == (
        130,
        "interrupted; what was saved before is safe",
    )


def test_long_text_goes_through_the_pager_of_the_environment(show: Show, shop: FakeGitHub, tmp_path: Path) -> None:
    pager = tmp_path / "pager"
    pager.write_text(f"#!/bin/sh\necho paged with $1\ncat > {tmp_path}/paged\n")
    pager.chmod(0o755)
    paging = {"PAGER": f"{pager} -x", "LINES": "5"}
    long = show(100, "inbox", **paging)
    assert (long.code, long.text.splitlines()) == (0, ["paged with -x"])
    assert (tmp_path / "paged").read_text().splitlines()[0].endswith("4 open pull requests in 4 rows\x1b[0m")
    short = show(100, "inbox", **{**paging, "LINES": "400"})
    assert (short.code, "paged" in short.text) == (0, False)
    for pager_name in ("no-such-pager", "/no/such/pager", "'unended"):
        missing = show(100, "inbox", PAGER=pager_name, LINES="5")
        assert (missing.code, "NEEDS REVIEW" in missing.text) == (0, True)


@pytest.mark.parametrize("columns", WIDTHS)
@pytest.mark.parametrize("arguments", [("list",), ("show", "1"), ("explain", "1"), ("look",), ("report",)])
def test_other_commands_have_the_width_of_the_terminal_too(
    show: Show, cli: Cli, arguments: tuple[str, ...], columns: int
) -> None:
    cli("add", "1", "--title", "auto-pr: x", "--author", "a" * 50, "--agent", "cursor", "--state", "open")
    screen = show(columns, *arguments, GH_TOKEN="")
    assert screen.code == 0
    lines = Text.from_ansi(screen.text.replace("\r\n", "\n")).plain.split("\n")
    assert [line for line in lines if cell_len(line) > columns] == []


def test_numbers_and_sessions_are_links_and_states_have_signs(show: Show, cli: Cli, fake: FakeGitHub) -> None:
    cli("add", "1", "--title", "auto-pr: x", "--author", "ada", "--state", "open", "--at", "1m")
    listed, shown, status = (
        show(100, *command, GITHUB_API_URL="").text for command in (("list",), ("show", "1"), ("status",))
    )
    assert "● active" in listed
    assert "● open" in shown
    assert "● active" in status
    assert "\x1b]8" not in status


def test_rich_is_imported_only_where_a_terminal_is_drawn_on(repo: Path) -> None:
    commands = ("--help", "status", "add 1 --title auto-pr:x", "list", "show 1", "inbox --help")
    script = (
        "import sys\nfrom pr_sessions.cli.main import run\nfor line in sys.argv[1:]:\n"
        "    code, modules = run(line.split()), {name.partition('.')[0] for name in sys.modules}\n"
        "    print(line, code, 'rich' in modules, file=sys.stderr)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, *commands],
        cwd=repo,
        env=scene.python_environment(),
        capture_output=True,
        check=True,
        text=True,
    )
    assert done.stderr.splitlines() == [f"{line} 0 False" for line in commands]
