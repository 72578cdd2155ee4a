"""Why a host would run none of the hooks in a file, by its own rules."""

from json import dumps, loads
from pathlib import Path
from typing import Any

import pytest
from hook_files import entries_of, files
from hypothesis import given
from hypothesis import strategies as st

from examples import few
from pr_sessions.errors import UnreadableFile
from pr_sessions.hooks.hosts import INSTALLABLE
from pr_sessions.io.places import Place
from pr_sessions.setup.agent_hooks.files import Installed, Scope
from pr_sessions.setup.agent_hooks.host_rules import refusals
from pr_sessions.setup.agent_hooks.registration import with_hooks

ALL = pytest.mark.parametrize("name", INSTALLABLE)


def written(root: Path, name: str, whole: object) -> list[str]:
    """The problems of a host's file of the project."""
    host = INSTALLABLE[name]
    path = root / host.project_file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(whole if isinstance(whole, str) else dumps(whole, indent=2))
    file = Installed(host, Scope.PROJECT, Place(root, host.project_file))
    return [refusal.problem for refusal in refusals(file, root, {"HOME": str(root / "home")})]


def ours(name: str) -> dict[str, Any]:
    host = INSTALLABLE[name]
    return dict(loads(with_hooks(None, host, entries_of(host), "hooks.json")))


@ALL
def test_what_we_write_is_run(tmp_path: Path, name: str) -> None:
    assert written(tmp_path, name, ours(name)) == []


@ALL
@pytest.mark.parametrize("entry", ["text", 5, None, {}, {"hooks": "x", "command": 5, "type": "command"}])
def test_one_wrong_entry_voids_the_file(tmp_path: Path, name: str, entry: object) -> None:
    whole, host = ours(name), INSTALLABLE[name]
    whole[host.member][host.events[0]].append(entry)
    (problem,) = written(tmp_path, name, whole)
    assert problem.startswith(f"{name} reads no hooks from this file: line ")


@pytest.mark.parametrize(
    ("name", "event", "entry", "problem"),
    [
        ("claude-code", "Stop", {"command": "x"}, "an entry should have a list of `hooks`"),
        ("claude-code", "Stop", {"matcher": 5, "hooks": []}, "`matcher` should be text"),
        ("claude-code", "Stop", {"hooks": [{"command": "x"}]}, "a hook should have a `type`"),
        ("claude-code", "Stop", {"hooks": [{"type": "command"}]}, "a hook should have a `command`"),
        ("claude-code", "Stop", {"hooks": [{"type": "command", "command": " "}]}, "a command should be text"),
        (
            "claude-code",
            "Stop",
            {"hooks": [{"type": "command", "command": "x", "timeout": "5"}]},
            "a timeout should be a number",
        ),
        ("cursor", "stop", {"hooks": [{"type": "command", "command": "x"}]}, "a hook should have a `command`"),
        ("cursor", "Stop", {"command": "x"}, "it knows no event 'Stop'"),
        ("copilot", "agentStop", {"bash": "x"}, "a hook should have a `type`"),
    ],
)
def test_a_mistake_is_named(tmp_path: Path, name: str, event: str, entry: object, problem: str) -> None:
    whole = ours(name)
    whole["hooks"].setdefault(event, []).append(entry)
    (found,) = written(tmp_path, name, whole)
    assert found.endswith(f": {problem}")


@pytest.mark.parametrize(
    ("name", "event", "entry"),
    [
        ("claude-code", "Stop", {"matcher": "*", "hooks": [{"type": "prompt", "prompt": "x"}]}),
        ("claude-code", "BrandNewEvent", {"hooks": []}),
        ("cursor", "preToolUse", {"command": "./x.sh", "matcher": "Shell", "failClosed": True}),
        ("copilot", "agentStop", {"type": "http", "url": "https://x.example"}),
        ("antigravity", "PreToolUse", {"matcher": "run_command", "hooks": [{"type": "command", "command": "x"}]}),
    ],
)
def test_what_a_host_allows_is_no_mistake(tmp_path: Path, name: str, event: str, entry: object) -> None:
    whole = ours(name)
    whole[INSTALLABLE[name].member].setdefault(event, []).append(entry)
    assert written(tmp_path, name, whole) == []


@pytest.mark.parametrize("name", ["cursor", "copilot"])
@pytest.mark.parametrize("version", [{}, {"version": 2}, {"version": "1"}])
def test_a_file_without_its_version_is_not_read(tmp_path: Path, name: str, version: dict[str, object]) -> None:
    whole = {**{key: value for key, value in ours(name).items() if key != "version"}, **version}
    assert written(tmp_path, name, whole) == [
        f"{name} reads no hooks from this file: line 1, column 1: `version: 1` is missing"
    ]


def test_hooks_of_ours_that_are_not_enabled_are_not_run(tmp_path: Path) -> None:
    whole = ours("antigravity")
    whole["pr-sessions"]["enabled"] = False
    (problem,) = written(tmp_path, "antigravity", whole)
    assert problem.endswith("`pr-sessions` is not enabled")


@pytest.mark.parametrize(
    ("user", "project", "local", "place"),
    [
        (True, None, None, "home/.claude/settings.json"),
        (None, True, None, ".claude/settings.json"),
        (None, None, True, ".claude/settings.local.json"),
        (True, None, False, ""),
        (True, False, None, ""),
        (False, True, False, ""),
        (None, None, None, ""),
    ],
)
def test_the_nearest_switch_counts(
    tmp_path: Path, user: bool | None, project: bool | None, local: bool | None, place: str
) -> None:
    switches = {"home/.claude/settings.json": user, ".claude/settings.local.json": local}
    for name, value in switches.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(dumps({} if value is None else {"disableAllHooks": value}))
    whole = ours("claude-code") | ({} if project is None else {"disableAllHooks": project})
    told = f"claude-code runs no hooks: `disableAllHooks` is true in {tmp_path / place}"
    assert written(tmp_path, "claude-code", whole) == ([told] if place else [])


@few
@given(st.sampled_from(list(INSTALLABLE)), files(liberal=True))
def test_any_file_is_judged(name: str, file: tuple[bytes, Any]) -> None:
    from tempfile import TemporaryDirectory

    with TemporaryDirectory() as folder:
        try:
            problems = written(Path(folder), name, file[0].decode())
        except UnreadableFile:
            return
        assert all(len(problem) < 300 for problem in problems)
