import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ground import Cli, Git, tree

from pr_sessions.hooks.hosts import INSTALLABLE
from pr_sessions.setup.agent_hooks.commands import Program, Shell, direct, this_program

pytestmark = pytest.mark.skipif(os.name == "nt", reason="sh")

ALL = ",".join(INSTALLABLE)
NOTHING_RECORDED = "sessionStart: nothing was recorded"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, repo: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home beside the repository, and a folder for what is temporary."""
    for host in INSTALLABLE.values():
        if host.home_variable:
            monkeypatch.delenv(host.home_variable, raising=False)
    for name in ("a home", "for a while"):
        (tmp_path / name).mkdir()
    monkeypatch.setenv("HOME", str(tmp_path / "a home"))
    monkeypatch.setenv("TMPDIR", str(tmp_path / "for a while"))
    monkeypatch.setattr("tempfile.tempdir", None)
    return tmp_path / "a home"


def rewritten(path: Path, program: Program) -> None:
    """Cursor's hooks, run by another program."""
    whole = json.loads(path.read_text())
    for items in whole["hooks"].values():
        items[0]["command"] = direct(program, "cursor", Shell.SH)
    path.write_text(json.dumps(whole))


def candidates(cli: Cli, code: int) -> list[dict[str, Any]]:
    """What came of all of them."""
    result = cli("hook", "selftest", "--json")
    assert (result.code, result.json["works"], result.err) == (code, code == 0, "")
    return list(result.json["hooks"])


@pytest.mark.parametrize("scope", ["user", "project"])
def test_every_documented_payload_leaves_its_event(cli: Cli, repo: Path, scope: str) -> None:
    cli("init", "--agents", ALL, "--scope", scope)
    hooks = candidates(cli, 0)
    assert [(hook["agent"], hook["scope"], hook["works"], hook["problems"]) for hook in hooks] == [
        (name, scope, True, []) for name in INSTALLABLE
    ]
    assert all(hook["events"] == hook["records"] > 0 and hook["milliseconds"] > 0 for hook in hooks)


def test_every_registered_event_has_a_payload() -> None:
    for host in INSTALLABLE.values():
        assert set(host.events) <= {event for event, _, _ in host.examples("/w")}


def test_it_leaves_nothing_behind(cli: Cli, repo: Path, tmp_path: Path) -> None:
    cli("init", "--agents", "cursor")
    before = tree(tmp_path)
    candidates(cli, 0)
    after = tree(tmp_path)
    # A folder remembers that something was in it.
    assert {name: before[name] for name in before if name != "for a while"} == (
        {name: after[name] for name in after if name != "for a while"}
    )


def test_for_people_a_hook_is_a_paragraph(cli: Cli, home: Path) -> None:
    cli("init", "--agents", "codex")
    shown = re.sub(r"[0-9.]+ ms", "N ms", cli("hook", "selftest").out)
    assert shown == (
        "codex (user): works\n"
        f"  installed  {home / '.codex/hooks.json'}\n"
        f"  command    {direct(this_program(), 'codex', Shell.SH)}\n"
        "  tried      7 events, 7 recorded, N ms each\n"
    )


def test_without_hooks_it_says_how_they_come(cli: Cli) -> None:
    result = cli("hook", "selftest")
    assert (result.code, result.out) == (0, "No hooks are installed.\nNext: pr-sessions init --agents NAMES\n")


def test_only_those_that_are_asked_for(cli: Cli) -> None:
    cli("init", "--agents", "cursor,codex")
    result = cli("hook", "selftest", "--agents", "codex", "--json").json
    assert [hook["agent"] for hook in result["hooks"]] == ["codex"]


def test_an_agent_without_hooks(cli: Cli) -> None:
    result = cli("hook", "selftest", "--agents", "codex")
    told = "error: no hooks of codex are installed\nhint: pr-sessions init --agents codex\n"
    assert (result.code, result.err) == (1, told)


class TestBroken:
    def test_a_script_that_is_gone(self, cli: Cli, home: Path) -> None:
        cli("init", "--agents", "cursor")
        rewritten(home / ".cursor/hooks.json", Program(sys.executable, "/nowhere/pr_sessions/agents/hook.py"))
        (hook,) = candidates(cli, 1)
        assert (hook["problems"], hook["hint"]) == (
            ["/nowhere/pr_sessions/agents/hook.py is gone"],
            "pr-sessions init --agents cursor --scope user",
        )
        cli(*hook["hint"].split()[1:])
        candidates(cli, 0)

    def test_committed_hooks_of_which_this_clone_knows_nothing(self, cli: Cli, repo: Path, git: Git) -> None:
        cli("init", "--agents", "cursor", "--scope", "project")
        git(repo, "config", "--unset", "pr-sessions.hook")
        (hook,) = candidates(cli, 1)
        assert (hook["problems"], hook["hint"]) == (
            ["this clone has not recorded what runs it"],
            "pr-sessions init --agents cursor --scope project",
        )
        cli("init")
        candidates(cli, 0)

    @pytest.mark.parametrize("scope", ["local", "project"])
    def test_what_came_with_a_repository_is_not_run(
        self, cli: Cli, repo: Path, git: Git, tmp_path: Path, scope: str
    ) -> None:
        cli("init")
        evil = tmp_path / "evil"
        evil.write_text(f"#!/bin/sh\ntouch '{tmp_path}/it ran'\n")
        evil.chmod(0o755)
        line = direct(Program(str(evil), this_program().script), "claude-code", Shell.SH)
        path = repo / (".claude/settings.local.json" if scope == "local" else ".claude/settings.json")
        path.parent.mkdir()
        path.write_text(json.dumps({"hooks": {"Stop": [{"hooks": [{"type": "command", "command": line}]}]}}))
        git(repo, "add", "-f", str(path))
        (hook,) = candidates(cli, 1)
        assert hook["problems"] == ["it is not what this version writes, and others may have written it"]
        assert not (tmp_path / "it ran").exists()

    def test_a_file_that_somebody_broke(self, cli: Cli, home: Path) -> None:
        cli("init", "--agents", "cursor")
        path = home / ".cursor/hooks.json"
        path.write_text(path.read_text() + "}")
        (hook,) = candidates(cli, 1)
        assert hook["problems"][0].endswith("nothing more was expected")
        assert hook["hint"] == f"nothing was changed; fix {path}, then try again"

    def test_an_interpreter_without_us_records_and_starts_nothing(self, cli: Cli, home: Path, tmp_path: Path) -> None:
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(tmp_path / "bare")], check=True)
        python = tmp_path / "bare/bin/python3"
        cli("init", "--agents", "cursor")
        rewritten(home / ".cursor/hooks.json", Program(str(python), this_program().script))
        (hook,) = candidates(cli, 1)
        assert hook["problems"] == [f"{python} has no working pr-sessions, so that events only wait"]
        assert hook["records"] == hook["events"]

    def test_a_script_that_talks_and_records_nothing(self, cli: Cli, home: Path, tmp_path: Path) -> None:
        script = tmp_path / "pr_sessions/hooks/hook.py"
        script.parent.mkdir(parents=True)
        script.write_text("print('hello')\nraise SystemExit(2)\n")
        cli("init", "--agents", "cursor")
        rewritten(home / ".cursor/hooks.json", Program(sys.executable, str(script)))
        (hook,) = candidates(cli, 1)
        none = f"{sys.executable} has no working pr-sessions, so that events only wait"
        assert hook["problems"][:3] == [none, "sessionStart: it is not silent", NOTHING_RECORDED]
        assert (hook["records"], len(hook["problems"])) == (0, 1 + 2 * hook["events"])
