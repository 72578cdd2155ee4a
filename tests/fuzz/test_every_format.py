"""No file of any of our formats, and none of git's or of an agent's that we read, ends a command with our bug.

Each file is right but for something: bytes that were cut out, doubled or put in, or a value of the wrong kind in a
sound file. The commands that read it run as a user runs them, on a copy of one repository.
"""

import json
import os
import re
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from examples import IS_LONG
from fuzz.command import run_command
from fuzz.hostile import hostile, spoilt
from fuzz.test_readers import CONFIG, DOCUMENT, INDEX, LINES, MARKER
from pr_sessions.cli.commands.plumbing import REFUSED
from pr_sessions.core.paths import SESSION_FILE
from pr_sessions.git.repository import ARCHIVE, PR_INDEX
from scene import committed, git

few = settings(hostile, max_examples=hostile.max_examples if IS_LONG else 12)

STATE = ".git/pr-sessions"
OLD = "auto_pr_sessions-2025-01.json"
BACKUP = f"{STATE}/backups/auto_pr_sessions.backup.20251101.json"
EVENT = b"""{"v":1,"at":"2025-11-22T10:00:00.000000Z","host":"codex","run":"r1","event":"opened","root":"@",
"url":"https://github.com/ada/shop/pull/7","branch":"x"}""".replace(b"\n", b"")
CHANGE = b"""{"id":"1","at":"2025-11-22T10:00:00Z","by":"ada","what":"link","why":"x","number":"1","session":"a"}
{"id":"2","at":"2025-11-22T10:00:00Z","by":"ada","what":"complete","why":"","session":"a","trigger":"manual"}
"""
SETTINGS = b'{"version": 1, "hooks": {"stop": [{"command": "x"}], "PostToolUse": [{"hooks": [{"type": "command"}]}]}}'
DELIVERED = b"""{"action": "opened", "number": 7, "repository": {"full_name": "ada/shop"}, "sender": {"login": "ada"},
"pull_request": {"number": 7, "title": "auto-pr: x", "created_at": "2025-11-22T10:00:00Z", "state": "open",
"labels": [], "user": {"login": "ada", "id": 1},
"head": {"ref": "x", "sha": "6dcb09b5", "repo": {"full_name": "ada/shop"}}}}"""
IGNORED = b"*.pyc\n# >>> pr-sessions >>>\n/.cursor/.session_id\n# <<< pr-sessions <<<\n"

LOOK = (
    ["status"],
    ["status", "--json"],
    ["list", "--json"],
    ["show", "a"],
    ["find", "1"],
    ["explain", "1"],
    ["report"],
    ["report", "--json"],
    ["where"],
    ["where", "--json"],
    ["doctor"],
    ["doctor", "--json"],
    ["doctor", "--repair", "--dry-run"],
    ["log"],
    ["log", "--json"],
    ["config", "--check"],
    ["config", "--json"],
    ["look"],
    ["backup", "list"],
    ["classify", "--pr-number", "1", "--title", "auto-pr: x"],
    ["init", "--dry-run"],
    ["uninstall", "--dry-run"],
)
WRITE = (
    ["add", "9", "--title", "auto-pr: x", "--author", "bot", "--json"],
    ["add", "1", "--session", "a", "--create", "--title", "x"],
    ["start", "--title", "x"],
    ["touch"],
    ["complete"],
    ["complete", "a"],
    ["cleanup"],
    ["link", "9", "a"],
    ["unlink", "1"],
    ["move", "1", "b"],
    ["merge", "a", "b"],
    ["undo"],
    ["sync"],
    ["drain"],
    ["backup"],
    ["restore"],
    ["doctor", "--repair"],
    ["init", "--share", "commit"],
    ["init", "--agents", "cursor,claude-code", "--scope", "project"],
    ["init", "--commit-trailer"],
    ["uninstall"],
    ["uninstall", "--agents", "cursor,claude-code"],
    ["report", "--save"],
)
FILE = "given/file"
_STAMP = re.compile(rb'"stamp": ?"[^"]*"')

# By name: the file, what is right in it, and what reads it. The folder's own path stands for `@`.
FORMATS: dict[str, tuple[str, bytes, Sequence[list[str]]]] = {
    "session file": (SESSION_FILE, DOCUMENT, (*LOOK, *WRITE)),
    "clone's document": (f"{STATE}/sessions.json", DOCUMENT, (*LOOK, *WRITE)),
    "archive": (f"{ARCHIVE}/{OLD}", DOCUMENT, (*LOOK, *WRITE)),
    "clone's archive": (f"{STATE}/archive/{OLD}", DOCUMENT, (*LOOK, *WRITE)),
    "marker": (".cursor/.session_id", MARKER, (*LOOK, *WRITE)),
    "index": (PR_INDEX, INDEX, (*LOOK, *WRITE)),
    "configuration": (".cursor/config/session_config.yaml", CONFIG, (*LOOK, *WRITE)),
    "copy of the configuration": (f"{STATE}/policy.json", b"", (*LOOK, *WRITE)),
    "copy of the signatures": (f"{STATE}/signatures.json", b"", (*LOOK, *WRITE)),
    "journal": (f"{STATE}/journal.jsonl", CHANGE, (*LOOK, *WRITE)),
    "waiting events": (f"{STATE}/pending/events.jsonl", EVENT + b"\n", (*LOOK, *WRITE)),
    "taken events": (f"{STATE}/pending/taken-1.jsonl", EVENT + b"\n", (*LOOK, *WRITE)),
    "how far imports came": (f"{STATE}/forges.json", b'{"ada/shop": {"rules": "1", "page": "2"}}', LOOK),
    "what was seen of the inbox": (f"{STATE}/inbox.json", b'{"6dcb09b5b57875f3": {"prs": {"a": ["b"]}}}', LOOK),
    "log of the hook": (f"{STATE}/hook.log", b"2025-11-22T10:00:00Z codex: x\n", LOOK),
    "backup": (BACKUP, DOCUMENT, (["restore"], ["restore", Path(BACKUP).name], ["backup", "list"], ["doctor"])),
    "file of an import": (
        FILE,
        LINES.replace(b'"2"', b'"2", "created_at": "2025-11-22T10:00:00Z"'),
        (["import", FILE], ["import", FILE, "--json"]),
    ),
    "event of a workflow": (
        FILE,
        DELIVERED,
        [["gate", step, "--event", FILE, "--json"] for step in ("decide", "comment", "check", "finish")],
    ),
    "one side of a merge": (FILE, DOCUMENT, (["merge-driver", FILE, SESSION_FILE, SESSION_FILE, SESSION_FILE],)),
    "our side of a merge": (FILE, DOCUMENT, (["merge-driver", SESSION_FILE, FILE, SESSION_FILE, SESSION_FILE],)),
    "hooks of Cursor": (".cursor/hooks.json", SETTINGS, (*LOOK, *WRITE, ["hook", "selftest"])),
    "settings of Claude Code": (".claude/settings.json", SETTINGS, (*LOOK, *WRITE)),
    "what git ignores": (".gitignore", IGNORED, (*LOOK, *WRITE)),
    "attributes": (".gitattributes", b"* text\n", (*LOOK, *WRITE)),
    "hook of git": (".git/hooks/prepare-commit-msg", b"#!/bin/sh\nexit 0\n", WRITE),
    "git's configuration": (".git/config", b"", (*LOOK, *WRITE)),
    "git's head": (".git/HEAD", b"ref: refs/heads/main\n", (*LOOK, *WRITE)),
    "git's index": (".git/index", b"", (*LOOK, *WRITE)),
    "git's packed branches": (".git/packed-refs", b"# pack-refs with: peeled\n", LOOK),
    "git's shared folder": (".git/commondir", b".\n", LOOK),
    "git's merge": (".git/MERGE_HEAD", b"6dcb09b5b57875f334f61aebed695e2e4193db5e\n", (*LOOK, *WRITE)),
}

ODD: list[Any] = [
    *(None, True, False, 0, -1, 7, 1.5, -1e308, 10**30, "", "x", "x" * 3000, "\u202e\x1b[31m", "@ada", "victim/repo#1"),
    *("2025-11-22T10:00:00", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z", "-0", "9" * 5000, "../../etc/passwd"),
    *([], {}, [None], [[]], {"": None}, {"a": {"a": []}}, ["7", 7, None], {"session_id": "a"}, {"7": {}}),
]


@st.composite
def twisted(draw: st.DrawFn, value: Any) -> Any:
    """A sound value in which one other stands in some place, or a member is missing."""
    if not isinstance(value, dict | list) or not value or draw(st.integers(0, 9)) == 0:
        return draw(st.sampled_from(ODD))
    if isinstance(value, list):
        at = draw(st.integers(0, len(value) - 1))
        return [*value[:at], draw(twisted(value[at])), *value[at + 1 :]]
    key = draw(st.sampled_from(sorted(value)))
    if draw(st.integers(0, 9)) == 0:
        return {other: value[other] for other in value if other != key}
    return {**value, key: draw(twisted(value[key]))}


@st.composite
def wrong_values(draw: st.DrawFn, right: bytes) -> bytes:
    """JSON, or lines of it, with another value; other texts with another word."""
    try:
        return json.dumps(draw(twisted(json.loads(right)))).encode()
    except ValueError:
        pass
    lines = right.splitlines() or [b""]
    at = draw(st.integers(0, len(lines) - 1))
    try:
        lines[at] = json.dumps(draw(twisted(json.loads(lines[at])))).encode()
    except ValueError:
        head, mark, _ = lines[at].partition(draw(st.sampled_from([b":", b"=", b",", b" "])))
        lines[at] = head + mark + str(draw(st.sampled_from(ODD))).encode("utf-8", "replace")
    return b"\n".join(lines) + b"\n"


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository in which every file is right."""
    root = committed(tmp_path_factory.mktemp("files") / "clone")
    shutil.rmtree(root / ".git/hooks")
    for where, right, _ in FORMATS.values():
        if right and not where.startswith((".git/HEAD", ".git/MERGE", ".git/commondir", ".git/packed", FILE)):
            (root / where).parent.mkdir(parents=True, exist_ok=True)
            (root / where).write_bytes(right.replace(b"@", os.fsencode(root)))
    (root / STATE / "README").write_text("sessions\n")
    git(root, "config", "core.hooksPath", ".git/hooks")
    # Only what has been left alone for a while is kept as a copy.
    os.utime(root / ".cursor/config/session_config.yaml", (0, 0))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        run_command(["status"])
        run_command(["classify", "--pr-number", "1", "--title", "x"])
    return root


@pytest.fixture
def quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    """No tracker of its own is started, and nothing is asked for over the network."""
    monkeypatch.setenv("PR_SESSIONS_NO_TRACKER", "1")
    monkeypatch.setenv("GH_CONFIG_DIR", "/nowhere")
    monkeypatch.setenv("AUTO_PR_SESSION_AUTHOR", "ada")
    monkeypatch.setenv("GITHUB_API_URL", "http://127.0.0.1:9")


@pytest.mark.usefixtures("quiet")
@pytest.mark.parametrize("name", FORMATS)
@few
@given(data=st.data())
def test_whatever_a_file_holds(
    template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, data: st.DataObject
) -> None:
    where, right, commands = FORMATS[name]
    root = tmp_path / "copy"
    shutil.rmtree(root, ignore_errors=True)
    shutil.copytree(template, root, symlinks=True)
    monkeypatch.chdir(root)
    right = right or (template / where).read_bytes()
    for path in (root / where, root / FILE):
        path.parent.mkdir(parents=True, exist_ok=True)
    wrong = data.draw(st.one_of(spoilt(right), wrong_values(right)), label="file")
    (root / where).write_bytes(_of_this_copy(wrong, where, template, root))
    command = data.draw(st.sampled_from(commands), label="command")
    code, said = run_command(command)
    # A driver of git's has codes of its own.
    fine = (0, REFUSED) if command[0] == "merge-driver" else (0, 1, 2)
    assert (code in fine, "Traceback" in said) == (True, False), said


def _of_this_copy(data: bytes, where: str, template: Path, root: Path) -> bytes:
    """The file with the stamp of the files that it was made from, without which a copy counts for nothing."""
    if not where.startswith(STATE) or not (template / where).exists():
        return data
    run_command(["status"])
    run_command(["classify", "--pr-number", "1", "--title", "x"])
    stamps = [_STAMP.search(path.read_bytes()) for path in (template / where, root / where)]
    return data.replace(*(stamp[0] for stamp in stamps if stamp)) if all(stamps) else data
