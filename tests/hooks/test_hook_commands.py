import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from shutil import which

import pytest

from hooks.hook_runs import set_up
from pr_sessions.hooks.hosts import INSTALLABLE
from pr_sessions.setup.agent_hooks.commands import (
    KEY,
    Program,
    Shell,
    direct,
    is_ours,
    is_portable,
    portable,
    program_in,
    program_in_setting,
    shell_of,
    this_program,
)
from scene import git

PATHS = ["/usr/bin/python3", "/opt/my python/python3", '/o\'brien/$HOME/`x`/"q"/python3', "/ü/%PATH%/python3"]
WINDOWS = ["C:\\Python311\\python.exe", "C:\\Program Files\\o'brien\\python.exe"]
SCRIPT = "/pr_sessions/agents/hook.py"
SH = which("sh") or "sh"


def told(folder: Path, host: str = "claude-code") -> bytes:
    """A documented payload that shows activity."""
    examples = INSTALLABLE[host].examples(str(folder))
    payload = next(payload for _, payload, kept in examples if kept and kept["event"] == "activity")
    return json.dumps({**payload, "cwd": str(folder)}).encode()


def run(
    command: str, folder: Path, host: str = "claude-code", shell: Sequence[str] = (SH,), **environ: str
) -> tuple[int, bytes, bytes]:
    """Status, stdout and stderr of a command line, as a host runs it."""
    # The tracker would take the events away before we look.
    environment = {**os.environ, "PR_SESSIONS_NO_TRACKER": "1", **environ}
    done = subprocess.run(
        [*shell, "-c", command],
        cwd=folder,
        input=told(folder, host),
        env=environment,
        capture_output=True,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


def waiting_in(clone: Path) -> list[str]:
    """The agents whose events wait in a clone."""
    events = clone / ".git/pr-sessions/pending/events.jsonl"
    return [json.loads(line)["host"] for line in events.read_text().splitlines()] if events.exists() else []


@pytest.fixture
def ready(clone: Path) -> Path:
    """A clone that is set up, whose configuration says what committed hooks run."""
    set_up(clone)
    git(clone, "config", KEY, this_program().words())
    return clone


class TestRecognised:
    @pytest.mark.parametrize("shell", Shell)
    @pytest.mark.parametrize("path", [*PATHS, *WINDOWS])
    def test_with_what_it_runs(self, shell: Shell, path: str) -> None:
        program = Program(path, path.replace("python", "lib") + SCRIPT)
        # No name of a file holds such a quote on Windows, so that nothing else needs a way to write it.
        if shell is Shell.SH or '"' not in path:
            line = direct(program, "cursor", shell)
            assert (program_in(line), is_ours(line), is_portable(line), shell_of(line)) == (program, True, False, shell)

    @pytest.mark.parametrize("shell", [Shell.SH, Shell.POWERSHELL])
    def test_without_a_path(self, shell: Shell) -> None:
        line = portable("cursor", shell)
        assert (program_in(line), is_ours(line), is_portable(line), shell_of(line)) == (None, True, True, shell)

    @pytest.mark.parametrize(
        "line",
        [
            (
                'h=$(git -C "${CLAUDE_PROJECT_DIR:-.}" config --local --get pr-sessions.hook 2>/dev/null)'
                ' && (eval "$h cursor") 2>/dev/null || :'
            ),
            (
                "$h = git config --local --get pr-sessions.hook 2>$null;"
                ' if ($h) { Invoke-Expression "& $h cursor" 2>$null }; exit 0'
            ),
        ],
    )
    def test_without_a_path_as_0_1_0_wrote_it(self, line: str) -> None:
        assert (is_ours(line), is_portable(line)) == (True, True)

    @pytest.mark.parametrize(
        "line",
        [
            f"/py -I -S {SCRIPT} cursor",
            f"/py -I -S {SCRIPT} cursor || true",
            f'"/py" -I -S "{SCRIPT}" claude-code >/dev/null 2>/dev/null || exit 0',
        ],
    )
    def test_of_another_version(self, line: str) -> None:
        assert program_in(line) == Program("/py", SCRIPT)

    @pytest.mark.parametrize(
        "line",
        [
            "",
            "'",
            "./mine.sh",
            "echo pr-sessions.hook",
            f"/py {SCRIPT} cursor",
            f"/py -I -S {SCRIPT} cursor && notify",
            f"/py -I -S {SCRIPT} cursor; mine",
            f"/py -I -S /not{SCRIPT}c cursor",
            f"nice /py -I -S {SCRIPT} cursor || :",
            "git config --get pr-sessions.hook ",
            portable("cursor", Shell.SH) + "; mine",
            portable("cursor", Shell.SH).replace(" || :", ""),
            f"& 'a' -I -S '{SCRIPT}' cursor; mine",
            f"/{'p' * 9000} -I -S {SCRIPT} cursor || :",
            "& '" + "a' -I -S '" * 50_000,
        ],
    )
    def test_never_somebody_else_s(self, line: str) -> None:
        assert not is_ours(line)

    @pytest.mark.parametrize("path", PATHS)
    def test_in_the_clone_s_configuration(self, clone: Path, path: str) -> None:
        program = Program(path, path + SCRIPT)
        git(clone, "config", KEY, program.words())
        assert program_in_setting(git(clone, "config", KEY)) == program


@pytest.mark.skipif(os.name == "nt", reason="sh")
class TestRun:
    @pytest.mark.parametrize("host", INSTALLABLE)
    def test_the_direct_one_records(self, ready: Path, host: str) -> None:
        answer = INSTALLABLE[host].answer
        assert run(direct(this_program(), host, Shell.SH), ready, host) == (0, answer, b"")
        assert waiting_in(ready) == [host]

    @pytest.mark.parametrize("host", INSTALLABLE)
    def test_the_portable_one_records(self, ready: Path, host: str) -> None:
        answer = INSTALLABLE[host].answer
        assert run(portable(host, Shell.SH), ready, host) == (0, answer, b"")
        assert waiting_in(ready) == [host]

    def test_a_folder_below_is_as_good(self, ready: Path) -> None:
        assert run(portable("codex", Shell.SH), ready / "deep/er", "codex") == (0, b"", b"")
        assert waiting_in(ready) == ["codex"]

    def test_where_the_host_left_the_repository_it_tells_the_folder(self, ready: Path, tmp_path: Path) -> None:
        line = portable("claude-code", Shell.SH)
        command = f"cd '{tmp_path}'; {line}"
        assert run(command, ready, CLAUDE_PROJECT_DIR=str(ready)) == (0, b"", b"")
        assert waiting_in(ready) == ["claude-code"]

    def test_in_a_fresh_worktree_the_clone_s_setting_counts(self, ready: Path, tmp_path: Path) -> None:
        git(ready, "worktree", "add", "-q", "-b", "side", str(tmp_path / "a side"))
        assert run(portable("cursor", Shell.SH), tmp_path / "a side", "cursor") == (0, b"", b"")
        assert waiting_in(ready) == ["cursor"]

    @pytest.mark.parametrize("outside", [True, False], ids=["no repository", "not set up"])
    def test_nothing_happens_elsewhere(self, clone: Path, tmp_path: Path, outside: bool) -> None:
        folder = tmp_path if outside else clone
        for line in (portable("cursor", Shell.SH), direct(this_program(), "cursor", Shell.SH)):
            assert run(line, folder) == (0, b"", b"")
        assert not (clone / ".git/pr-sessions").exists()

    @pytest.mark.parametrize(
        "program",
        [
            Program("/nowhere/python3", this_program().script),
            Program(sys.executable, f"/nowhere{SCRIPT}"),
            Program("/", f"/nowhere{SCRIPT}"),
            Program("/etc/passwd", f"/nowhere{SCRIPT}"),
        ],
        ids=["no interpreter", "no script", "a folder", "no program"],
    )
    def test_what_is_missing_blocks_no_agent(self, ready: Path, program: Program) -> None:
        git(ready, "config", KEY, program.words())
        for line in (portable("cursor", Shell.SH), direct(program, "cursor", Shell.SH)):
            assert run(line, ready) == (0, b"", b"")
        assert waiting_in(ready) == []

    @pytest.mark.parametrize("setting", ["'", "exit 2;", "(", "$(", "no-such-program", "&& ||"])
    def test_a_broken_setting_blocks_no_agent(self, ready: Path, setting: str) -> None:
        git(ready, "config", KEY, setting)
        assert run(portable("cursor", Shell.SH), ready) == (0, b"", b"")

    def test_without_git_nothing_happens(self, ready: Path) -> None:
        assert run(portable("cursor", Shell.SH), ready, PATH="/nowhere") == (0, b"", b"")

    # Those that are on this machine: one that nobody has cannot be tried.
    @pytest.mark.parametrize("shell", [name for name in ("bash", "dash", "zsh", "ksh", "busybox") if which(name)])
    def test_every_shell_runs_them(self, ready: Path, shell: str) -> None:
        words = [shell, *(["sh"] if shell == "busybox" else [])]
        for line in (portable("claude-code", Shell.SH), direct(this_program(), "claude-code", Shell.SH)):
            assert run(line, ready, shell=words) == (0, b"", b"")
        assert waiting_in(ready) == ["claude-code", "claude-code"]
