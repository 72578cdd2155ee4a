"""Payloads as the hosts document them, and the host that each identifies."""

from pathlib import Path

import pytest

from hooks.hook_runs import Payload, documented
from pr_sessions.hooks import hosts
from pr_sessions.hooks.host import HookEvent
from pr_sessions.hooks.payload import folders as folders_of

DOCUMENTED = [
    pytest.param(name, *example, id=f"{name}-{n}-{example[0]}")
    for n, (name, example) in enumerate(documented(Path("/w")))
]
CLAUDE: Payload = {"session_id": "s", "hook_event_name": "Stop", "cwd": "/w", "transcript_path": "/t"}


@pytest.mark.parametrize(("host", "event", "payload", "kept"), DOCUMENTED)
def test_a_documented_payload_becomes_its_event(
    host: str, event: str, payload: Payload, kept: HookEvent | None
) -> None:
    assert hosts.events_of(hosts.identify(payload, {}, host), payload) == ([kept] if kept else [])


@pytest.mark.parametrize(
    ("host", "event", "payload", "kept"), [case for case in DOCUMENTED if case.values[0] != "claude-code"]
)
def test_a_payload_identifies_its_host_against_command_and_environment(
    host: str, event: str, payload: Payload, kept: HookEvent | None
) -> None:
    assert hosts.identify(payload, {"CLAUDE_PROJECT_DIR": "/w"}, "claude-code") == host


@pytest.mark.parametrize(
    ("payload", "environ", "hint", "host"),
    [
        (CLAUDE, {}, "claude-code", "claude-code"),
        (CLAUDE, {"CURSOR_VERSION": "2.0", "CLAUDE_PROJECT_DIR": "/w"}, "", "cursor"),
        (CLAUDE, {"CLAUDE_PROJECT_DIR": "/w"}, "codex", "codex"),
        (CLAUDE, {"CLAUDE_PROJECT_DIR": "/w"}, "amp", "claude-code"),
        (CLAUDE, {}, "amp", "amp"),
        ({**CLAUDE, "cursor_version": "2.0"}, {}, "claude-code", "cursor"),
        ({"session_id": "brave-fox", "prompt_id": "p", "hook_event_name": "Stop"}, {}, "claude-code", "devin"),
        ({**CLAUDE, "turn_id": "t", "model": "m"}, {}, "claude-code", "codex"),
        ({**CLAUDE, "timestamp": "2026-01-01T00:00:00Z"}, {}, "claude-code", "gemini"),
        ({"session_id": "s", "event": "start"}, {"CURSOR_VERSION": "2.0"}, "amp", "amp"),
        ({"session_id": "s"}, {}, "", "unknown"),
    ],
)
def test_the_payload_comes_before_the_environment_and_that_before_the_hint(
    payload: Payload, environ: dict[str, str], hint: str, host: str
) -> None:
    assert hosts.identify(payload, environ, hint) == host


def test_devin_speaks_claudes_format_under_its_own_name() -> None:
    payload = {"session_id": "brave-fox", "prompt_id": "p1", "hook_event_name": "SessionStart"}
    event = {"host": "devin", "run": "brave-fox", "turn": "p1", "event": "start"}
    assert hosts.events_of(hosts.identify(payload, {}, "claude-code"), payload) == [event]


@pytest.mark.parametrize(
    ("payload", "event"),
    [
        ({"session_id": "s", "event": "start"}, {"run": "s", "event": "start"}),
        ({"session_id": "s"}, {"run": "s", "event": "activity"}),
        ({"session_id": "s", "event": "end", "turn_id": "2"}, {"run": "s", "event": "end", "turn": "2"}),
        (
            {"session_id": "s", "event": "opened", "url": "https://github.com/o/r/pull/5/files?a=1"},
            {"run": "s", "event": "opened", "url": "https://github.com/o/r/pull/5", "how": "reported"},
        ),
        (
            {"session_id": "s", "event": "contributed", "branch": "topic"},
            {"run": "s", "event": "contributed", "branch": "topic", "how": "reported"},
        ),
        ({"session_id": "child", "event": "start", "parent_id": "s"}, {"run": "s", "event": "activity"}),
        ({"session_id": "s", "event": "opened", "url": "https://example.com/"}, None),
        ({"session_id": "s", "event": "contributed"}, None),
        ({"session_id": "s", "event": "dance"}, None),
        ({"event": "start"}, None),
    ],
)
def test_any_other_agent_uses_our_own_format(payload: Payload, event: HookEvent | None) -> None:
    assert hosts.events_of("amp", payload) == ([{"host": "amp", **event}] if event else [])


@pytest.mark.parametrize("host", ["cursor", "claude-code", "codex", "gemini", "copilot", "amp"])
@pytest.mark.parametrize("name", ["BrandNewEvent", "", None, 5, ["SessionStart"], "sessionstart"])
def test_an_event_that_is_not_known_is_none(host: str, name: object) -> None:
    known = {"hook_event_name": name, "session_id": "s", "conversation_id": "s", "event": "none of ours"}
    assert hosts.events_of(host, known) == []


@pytest.mark.parametrize("value", [None, 5, {}, [], "", " \n", True])
def test_an_event_of_no_conversation_is_none(value: object) -> None:
    assert hosts.events_of("claude-code", {"hook_event_name": "Stop", "session_id": value}) == []


def test_an_id_is_one_bounded_line_of_printable_text() -> None:
    payload = {
        "hook_event_name": "PreToolUse",
        "session_id": "s\u202e1\x07" + "x" * 1000,
        "tool_use_id": "call_1\nfc_2",
    }
    (event,) = hosts.events_of("claude-code", payload)
    assert event == {"host": "claude-code", "run": "s1" + "x" * 196, "tool": "call_1", "event": "activity"}


@pytest.mark.parametrize(
    ("payload", "folders"),
    [
        ({"cwd": "/a", "workspace_roots": ["/b", "/c"]}, ["/a", "/b", "/c"]),
        ({"workspace_roots": ["/c:/work", 5, "", "a\0b"]}, ["c:/work"]),
        ({"cwd": 7, "workspace_roots": "x"}, []),
    ],
)
def test_an_agent_says_where_it_works(payload: Payload, folders: list[str]) -> None:
    assert folders_of(payload) == folders


@pytest.mark.parametrize(("name", "kept"), [("Amp", "amp"), ("jetbrains-ai", "jetbrains-ai"), ("a/b", ""), ("é", "")])
def test_a_hosts_name_is_a_slug(name: str, kept: str) -> None:
    assert hosts.slug(name) == kept


def test_every_host_is_known_by_its_own_name() -> None:
    assert {name: host.name for name, host in hosts.HOSTS.items()} == {name: name for name in hosts.HOSTS}
