"""Completion as a shell asks for it: a process of its own that prints, writes nothing, and never complains."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from command_line import Cli, Result
from ground import SESSION_FILE, tree

from pr_sessions.cli.commands import SECTIONS

Complete = Callable[..., Result]
EVERY = sorted(name for lines in SECTIONS.values() for name in lines)
PROGRAM = Path(sys.executable).with_name("pr-sessions")


@pytest.fixture
def complete(spawn: Callable[..., subprocess.Popen[bytes]]) -> Complete:
    """Complete the last word: `complete("show", "a")`."""

    def call(*words: str) -> Result:
        line = " ".join(("pr-sessions", *words))
        process = spawn(_PR_SESSIONS_COMPLETE="bash_complete", COMP_WORDS=line, COMP_CWORD=str(len(words)))
        out, err = process.communicate(timeout=60)
        return Result(process.returncode, out.decode(), err.decode())

    return call


@pytest.fixture
def sessions(repo: Path) -> Path:
    """A repository whose session file holds these sessions."""
    active = [_session("ada-20251122-1000"), _session("bob-20251122-1100"), _session("ada $(touch x)"), _session("*")]
    ended = [_session(f"ada-2025112{day}-0900", completed=f"2025-11-2{day}T09:30:00Z") for day in (0, 1)]
    document = {"version": "1.0", "active_sessions": {s["session_id"]: s for s in active}, "completed_sessions": ended}
    (repo / SESSION_FILE).parent.mkdir(parents=True)
    (repo / SESSION_FILE).write_text(json.dumps(document))
    return repo


def _session(session_id: str, **more: str) -> dict[str, str]:
    return {
        "session_id": session_id,
        "started": "2025-11-22T10:00:00Z",
        "last_activity": "2025-11-22T10:00:00Z",
        **more,
    }


def values(result: Result) -> list[str]:
    assert (result.code, result.err) == (0, "")
    return [line.partition(",")[2] for line in result.out.splitlines() if line]


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (("",), EVERY),
        (("co",), ["complete", "completion", "config"]),
        (("gate", ""), ["check", "comment", "dashboard", "decide", "finish", "move", "off", "on", "sweep"]),
        (("gate", "sweep", "--r"), ["--repository"]),
        (("completion", ""), ["bash", "fish", "powershell", "zsh"]),
        (("add", "42", "--st"), ["--state"]),
        (("--vers",), ["--version"]),
        (("nope", ""), EVERY),
        (("ci", ""), EVERY),
    ],
)
def test_commands_and_options_are_offered(
    repo: Path, complete: Complete, words: tuple[str, ...], offered: list[str]
) -> None:
    assert sorted(values(complete(*words))) == offered


@pytest.mark.parametrize(
    "words",
    [
        ("show",),
        ("status",),
        ("complete",),
        ("link", "42"),
        ("move", "42"),
        ("merge",),
        ("merge", "x"),
        ("add", "42", "--session"),
    ],
    ids=" ".join,
)
def test_session_ids_are_offered_the_active_first_and_then_the_latest(
    sessions: Path, complete: Complete, words: tuple[str, ...]
) -> None:
    """An id of an old file that a shell could misread is not among them."""
    before = tree(sessions)

    assert values(complete(*words, "ada")) == ["ada-20251122-1000", "ada-20251121-0900", "ada-20251120-0900"]
    assert tree(sessions) == before


def test_of_many_sessions_a_hundred_are_offered(repo: Path, complete: Complete) -> None:
    active = {f"ada-{number}": _session(f"ada-{number}") for number in range(300)}
    (repo / SESSION_FILE).parent.mkdir(parents=True)
    (repo / SESSION_FILE).write_text(json.dumps({"version": "1.0", "active_sessions": active}))

    assert len(values(complete("show", "ada"))) == 100


@pytest.mark.parametrize("content", ["<<<<<<< HEAD\n", '{"version": "9.0"}'])
def test_what_cannot_be_read_offers_nothing_and_says_nothing(repo: Path, complete: Complete, content: str) -> None:
    (repo / SESSION_FILE).parent.mkdir(parents=True)
    (repo / SESSION_FILE).write_text(content)

    assert values(complete("show", "")) == []


def test_outside_a_repository_nothing_is_offered(
    tmp_path: Path, complete: Complete, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    assert values(complete("show", "")) == []


def test_bash_completes_by_the_script_that_is_printed(sessions: Path, tmp_path: Path) -> None:
    script = f"""\
PATH={PROGRAM.parent}:$PATH
eval "$(pr-sessions completion bash)"
COMP_WORDS=(pr-sessions show b)
COMP_CWORD=2
_pr_sessions_completion pr-sessions
printf '%s\\n' "${{COMPREPLY[@]}}"
"""
    done = subprocess.run(["bash", "--norc", "-c", script], capture_output=True, text=True, check=False, cwd=sessions)

    assert (done.stdout, done.stderr) == ("bob-20251122-1100\n", "")


@pytest.mark.parametrize(
    ("shell", "variables", "line"),
    [
        ("zsh", {"COMP_WORDS": "pr-sessions show b", "COMP_CWORD": "2"}, "plain\nbob-20251122-1100\n_\n"),
        ("fish", {"COMP_WORDS": "pr-sessions show b", "COMP_CWORD": "b"}, "plain,bob-20251122-1100\n"),
        (
            "powershell",
            {"COMP_WORDS": "pr-sessions show b", "COMP_INCOMPLETE": "b"},
            "bob-20251122-1100\tbob-20251122-1100\n",
        ),
        (
            "powershell",
            {"COMP_WORDS": "pr-sessions pa", "COMP_INCOMPLETE": "pa"},
            "pause\tSwitch tracking off, or on again.\n",
        ),
        (
            "powershell",
            {"COMP_WORDS": "pr-sessions show ", "COMP_INCOMPLETE": ""},
            "ada-20251122-1000\tada-20251122-1000\n",
        ),
    ],
)
def test_the_other_shells_get_what_their_scripts_read(
    sessions: Path, spawn: Callable[..., subprocess.Popen[bytes]], shell: str, variables: dict[str, str], line: str
) -> None:
    process = spawn(_PR_SESSIONS_COMPLETE=f"{shell}_complete", **variables)
    out, err = process.communicate(timeout=60)

    assert (process.returncode, err) == (0, b"")
    assert out.decode().startswith(line)


@pytest.mark.parametrize(
    ("shell", "registers"),
    [
        ("bash", "complete -o nosort -F _pr_sessions_completion pr-sessions"),
        ("zsh", "#compdef pr-sessions"),
        ("fish", "complete --no-files --command pr-sessions"),
        ("powershell", "Register-ArgumentCompleter -Native -CommandName pr-sessions"),
    ],
)
def test_the_script_registers_itself_and_names_our_variable(cli: Cli, shell: str, registers: str) -> None:
    result = cli("completion", shell)

    assert (result.code, result.err) == (0, "")
    assert registers in result.out
    assert (
        f"_PR_SESSIONS_COMPLETE={shell}_complete" in result.out or "_PR_SESSIONS_COMPLETE = 'powershell" in result.out
    )


@pytest.mark.parametrize("words", [(), ("tcsh",)])
def test_another_shell_is_wrong_usage(cli: Cli, words: tuple[str, ...]) -> None:
    assert cli("completion", *words).code == 2


def test_completing_a_command_imports_no_command(repo: Path) -> None:
    script = (
        "import os, sys\n"
        "os.environ |= {'_PR_SESSIONS_COMPLETE': 'bash_complete', 'COMP_WORDS': 'pr-sessions s', 'COMP_CWORD': '1'}\n"
        "from pr_sessions.cli.main import run\n"
        "run([])\n"
        "print(*sorted(m for m in sys.modules if m.startswith('pr_sessions.cli.')), file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True, text=True)

    assert done.stderr.split() == ["pr_sessions.cli.commands", "pr_sessions.cli.main"]
