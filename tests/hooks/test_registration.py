from json import dumps, loads
from typing import Any

import pytest
from hook_files import OTHER, PROGRAM, entries_of, files, portable_entries_of
from hypothesis import given
from hypothesis import strategies as st

from examples import few
from pr_sessions.errors import UnreadableFile
from pr_sessions.hooks.host import Host
from pr_sessions.hooks.hosts import INSTALLABLE
from pr_sessions.setup.agent_hooks.commands import Shell, direct
from pr_sessions.setup.agent_hooks.registration import command_lines, with_hooks, without_hooks

CURSOR, CLAUDE, GEMINI = INSTALLABLE["cursor"], INSTALLABLE["claude-code"], INSTALLABLE["gemini"]
ANTIGRAVITY = INSTALLABLE["antigravity"]
ALL = pytest.mark.parametrize("host", INSTALLABLE.values(), ids=list(INSTALLABLE))
BLANKS = [None, b"", b"\n", b"\r\n", b"  ", b"\xef\xbb\xbf"]
SHAPES = [
    b"{}",
    b"{ }",
    b"{}\n",
    b"{\n}\n",
    b'{"a":1}',
    b'{"a": 1}',
    b'{"a": 1}\n',
    b'{\n  "a": 1\n}\n',
    b'{\r\n\t"a": 1\r\n}\r\n',
    b'\xef\xbb\xbf{\n    "a": {"hooks": {}}\n}',
    b'{"hooks":{}}',
    b'{"hooks": { }, "version": 1}',
    b'{\n  "hooks": {}\n}\n',
    b'{\n  "hooks": {\n  }\n}\n',
    b'{"version":1,"hooks":{"stop":[],"Stop":[ ],"SessionStart":[\n],"sessionStart":[{"command":"x"}]}}',
    b'{\n  "version": 1,\n  "hooks": {\n    "stop": [\n      {\n        "command": "mine"\n      }\n    ]\n  }\n}\n',
    b'{"hooks": {"Stop": [{"matcher": "", "hooks": [{"type": "command", "command": "mine"}]}]}}',
]
COMMENTED = [
    b"// nothing yet\n",
    b"{ /* nothing */ }",
    b"{ // nothing\n}",
    b'{\n  "a": 1 // one\n}\n',
    b'{\n  "a": 1, // one\n}\n',
    b'{\n  "a": 1 /* one */ , // more\n}\n',
    b'{"a": [1, 2,],}',
    b'{\n  "hooks": { // mine\n    "AfterTool": [ // too\n      {"hooks": []}, // end\n    ],\n  },\n} // over\n',
]


def install(data: bytes | None, host: Host, program: Any = PROGRAM) -> bytes:
    return with_hooks(data, host, entries_of(host, program), "hooks.json")


def uninstall(data: bytes) -> bytes | None:
    return without_hooks(data, "hooks.json")


def ours(value: Any) -> bool:
    """Whether an entry is one that these tests put in."""
    return "/opt/my python/" in dumps(value)


def foreign(host: Host, data: bytes) -> dict[str, Any]:
    """What the file means without our entries; lists that we made are empty then."""
    whole = loads(data.decode("utf-8-sig"))
    hooks = {event: [item for item in items if not ours(item)] for event, items in whole[host.member].items()}
    return {**whole, host.member: hooks}


class TestItGoesAsItCame:
    @ALL
    @pytest.mark.parametrize("data", [*BLANKS, *SHAPES])
    def test_byte_for_byte(self, host: Host, data: bytes | None) -> None:
        assert uninstall(install(data, host)) == data

    @pytest.mark.parametrize("data", COMMENTED)
    def test_with_comments_where_the_host_reads_them(self, data: bytes) -> None:
        assert uninstall(install(data, GEMINI)) == data

    @few
    @given(st.sampled_from(list(INSTALLABLE.values())), files(liberal=False))
    def test_from_every_file(self, host: Host, file: tuple[bytes, Any]) -> None:
        data, _ = file
        assert uninstall(install(data, host)) == data

    @few
    @given(files(liberal=True))
    def test_from_every_file_with_comments_and_trailing_commas(self, file: tuple[bytes, Any]) -> None:
        data, _ = file
        assert uninstall(install(data, GEMINI)) == data

    def test_after_others_came(self) -> None:
        whole = loads(install(b'{"a": 1}', CURSOR))
        whole["hooks"]["stop"].append({"command": "./mine.sh"})
        whole["b"] = 2
        rest = loads(uninstall(dumps(whole).encode()) or b"")
        assert rest == {"a": 1, "hooks": {"stop": [{"command": "./mine.sh"}]}, "version": 1, "b": 2}

    def test_a_version_of_others_stays(self) -> None:
        whole = loads(install(b'{"a": 1}', CURSOR))
        whole["version"] = 2
        assert loads(uninstall(dumps(whole).encode()) or b"") == {"a": 1, "version": 2}

    def test_what_a_formatter_did_to_it_does_not_matter(self) -> None:
        assert uninstall(dumps(loads(install(None, CLAUDE)), indent=4).encode()) is None

    def test_a_group_that_others_joined_stays_without_us(self) -> None:
        whole = loads(install(b'{"a": 1}', CLAUDE))
        whole["hooks"]["Stop"][0]["hooks"].append({"type": "command", "command": "mine"})
        rest = loads(uninstall(dumps(whole).encode()) or b"")
        assert rest == {"a": 1, "hooks": {"Stop": [{"hooks": [{"type": "command", "command": "mine"}]}]}}


class TestItComesOnce:
    @ALL
    @pytest.mark.parametrize("data", [*BLANKS, *SHAPES])
    def test_a_second_time_changes_nothing(self, host: Host, data: bytes | None) -> None:
        once = install(data, host)
        assert install(once, host) == once

    @few
    @given(files(liberal=True))
    def test_a_second_time_changes_nothing_in_any_file(self, file: tuple[bytes, Any]) -> None:
        once = install(file[0], GEMINI)
        assert install(once, GEMINI) == once

    @ALL
    @few
    @given(file=files(liberal=False))
    def test_an_older_command_becomes_today_s_in_its_place(self, host: Host, file: tuple[bytes, Any]) -> None:
        assert install(install(file[0], host, OTHER), host) == install(file[0], host)

    def test_a_committed_one_does_too(self) -> None:
        committed = with_hooks(None, CURSOR, portable_entries_of(CURSOR), "hooks.json")
        assert install(committed, CURSOR) == install(None, CURSOR)

    def test_a_copy_goes(self) -> None:
        whole = loads(install(None, CURSOR))
        whole["hooks"]["stop"] *= 2
        assert loads(install(dumps(whole).encode(), CURSOR)) == loads(install(None, CURSOR))

    def test_an_event_that_we_left_goes(self) -> None:
        whole = loads(install(b'{"a": 1}', CURSOR))
        whole["hooks"]["preCompact"] = whole["hooks"]["stop"]
        assert loads(install(dumps(whole).encode(), CURSOR)) == loads(install(b'{"a": 1}', CURSOR))

    def test_a_file_with_nothing_but_events_that_we_left_begins_anew(self) -> None:
        old = {"hooks": {"preCompact": [entries_of(CURSOR)["stop"]]}, "version": 1}
        assert install(dumps(old).encode(), CURSOR) == install(None, CURSOR)


class TestWhatItMeans:
    @few
    @given(st.sampled_from(list(INSTALLABLE.values())), files(liberal=False))
    def test_each_event_of_the_host_runs_us_once_and_everything_else_is_as_before(
        self, host: Host, file: tuple[bytes, Any]
    ) -> None:
        data, before = file
        after = install(data, host)
        hooks, entries = loads(after.decode("utf-8-sig"))[host.member], entries_of(host)
        counts = {event: items.count(entries[event]) for event, items in hooks.items() if event in entries}
        assert counts == dict.fromkeys(host.events, 1)
        made: dict[str, Any] = {event: [] for event in host.events} | before.get(host.member, {})
        version = {"version": 1} if host.versioned and host.member not in before else {}
        assert foreign(host, after) == {**version, **before, host.member: made}

    def test_a_new_file_has_a_line_for_each_event(self) -> None:
        command = f'"command": {dumps(direct(PROGRAM, "cursor", Shell.SH))}'
        matchers = {"postToolUse": ', "matcher": "ManagePullRequest"'}
        lines = {event: f'[{{{command}{matchers.get(event, "")}, "timeout": 5}}]' for event in CURSOR.events}
        events = ",\n".join(f'    "{event}": {line}' for event, line in lines.items())
        assert install(None, CURSOR).decode() == f'{{\n  "hooks": {{\n{events}\n  }},\n  "version": 1\n}}\n'

    def test_a_comment_stays_on_its_line(self) -> None:
        after = install(b'{\n  "a": 1 // one\n}\n', GEMINI).decode().splitlines()
        assert after[:3] == ["{", '  "a": 1, // one', '  "hooks": {']

    @pytest.mark.parametrize(
        ("host", "event", "wanted"),
        [
            ("cursor", "stop", {"command": "SH cursor", "timeout": 5}),
            ("cursor", "postToolUse", {"command": "SH cursor", "matcher": "ManagePullRequest", "timeout": 5}),
            ("antigravity", "Stop", {"type": "command", "command": "SH antigravity", "timeout": 5}),
            (
                "antigravity",
                "PostToolUse",
                {"matcher": "*", "hooks": [{"type": "command", "command": "SH antigravity", "timeout": 5}]},
            ),
            ("claude-code", "Stop", {"hooks": [{"type": "command", "command": "SH claude-code", "timeout": 5}]}),
            ("codex", "Stop", {"hooks": [{"type": "command", "command": "SH codex", "timeout": 5}]}),
            ("gemini", "AfterTool", {"hooks": [{"type": "command", "command": "SH gemini", "timeout": 5000}]}),
            (
                "copilot",
                "agentStop",
                {"type": "command", "bash": "SH copilot", "powershell": "PS copilot", "timeoutSec": 5},
            ),
        ],
    )
    def test_an_entry_has_the_host_s_form(self, host: str, event: str, wanted: dict[str, Any]) -> None:
        shown = dumps(entries_of(INSTALLABLE[host])[event])
        for shell, short in ((Shell.SH, f"SH {host}"), (Shell.POWERSHELL, f"PS {host}")):
            shown = shown.replace(dumps(direct(PROGRAM, host, shell)), dumps(short))
        assert loads(shown) == wanted

    def test_antigravity_s_hooks_stand_beside_those_of_others_under_our_name(self) -> None:
        data = b'{"theirs": {"Stop": [{"type": "command", "command": "mine"}]}}'
        after = loads(install(data, ANTIGRAVITY))
        assert list(after) == ["theirs", "pr-sessions"]
        assert list(after["pr-sessions"]) == ["PreInvocation", "PostToolUse", "Stop"]


class TestRefused:
    @pytest.mark.parametrize(
        ("data", "reason"),
        [
            (b'{"a": 1', "line 1, column 8: a comma or } was expected"),
            (b'{\n  "a" 1}', "line 2, column 7: a colon was expected"),
            (b'{"a": tru}', "line 1, column 7: a value was expected"),
            (b'{"a": "x\n"}', "line 1, column 7: a string that does not end, or holds what it may not"),
            (b"{a: 1}", "line 1, column 2: a name in quotes was expected"),
            (b"{} {}", "line 1, column 4: nothing more was expected"),
            (b"[]", "line 1, column 1: an object was expected"),
            (b'\xef\xbb\xbf{"hooks": []}', "line 1, column 11: `hooks` should be an object"),
            (b'{"hooks": {"stop": {}}}', "line 1, column 20: `stop` should be a list"),
            (b'{"a": 1 // one\n}', "line 1, column 9: a comment, with which cursor does not read it"),
            (b'{"a": 1,}', "line 1, column 8: a comma after the last one, with which cursor does not read it"),
            (b'{"a": 1 /* one', "line 1, column 9: a comment that does not end"),
            (b'{"a":' + b"[" * 200, "line 1, column 106: nested too deeply"),
            (b'{"a": "\n\xff"}', "line 2 is not UTF-8 text"),
            (b"<<<<<<< ours\n{}", "line 1, column 1: a value was expected"),
        ],
    )
    def test_a_mistake_is_named_with_its_place(self, data: bytes, reason: str) -> None:
        with pytest.raises(UnreadableFile) as refused:
            install(data, CURSOR)
        assert str(refused.value) == f"cannot change hooks.json: {reason}"

    def test_a_string_of_a_megabyte_without_an_end_is_refused_soon(self) -> None:
        with pytest.raises(UnreadableFile, match="a string that does not end"):
            install(b'{"a": "' + b"\\\\x" * 350_000, CURSOR)


@ALL
def test_our_command_lines_are_found_and_no_others(host: Host) -> None:
    shell = (Shell.SH, Shell.POWERSHELL) if host.name == "copilot" else (Shell.SH,)
    expected = tuple(direct(PROGRAM, host.name, each) for each in shell)
    assert command_lines(install(SHAPES[-1], host), "hooks.json") == expected
    assert [command_lines(data, "hooks.json") for data in SHAPES] == [()] * len(SHAPES)
