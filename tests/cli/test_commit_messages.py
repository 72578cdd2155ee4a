"""The line that a commit's message gets, and that nothing else of the message changes: rules, then real git."""

import json
import os
import re
import subprocess
from pathlib import Path

import pytest
from command_line import ago
from ground import Cli
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pr_sessions.setup.name_session import with_session

ID = "ada-20251122-1000"
LINE = f"Session-ID: {ID}"
SCISSORS = "# ------------------------ >8 ------------------------\n"
LINKS = ("https://claude.ai/code/session_01AbCd", "http://x.example/#a", "See https://x.example")
PIECES = (
    *LINKS,
    "Text of a paragraph.",
    "# not a comment",
    "fixes: #12",
    "Signed-off-by: Ann <ann@example.com>",
    "Co-authored-by: Claude <noreply@anthropic.com>",
    "Reviewed-by:Bob",
    "  indented",
    "---",
    "diff --git a/x b/x",
    "(cherry picked from commit 1234)",
    "trailing   ",
    "ünïcode 🤖",
    SCISSORS.strip(),
)
ENDS = ("\n", "\r\n")


@pytest.mark.parametrize(
    ("message", "comment", "named"),
    [
        ("fix\n", "", f"fix\n\n{LINE}\n"),
        ("fix", "", f"fix\n\n{LINE}"),
        ("fix: a\n", "", f"fix: a\n\n{LINE}\n"),
        ("fix\n\nhttps://claude.ai/code/session_1\n", "", f"fix\n\nhttps://claude.ai/code/session_1\n\n{LINE}\n"),
        ("fix\n\nA: b\nhttps://x.example\n", "", f"fix\n\nA: b\nhttps://x.example\n\n{LINE}\n"),
        ("fix\n\nA: b\n  more\nC-D : e\n", "", f"fix\n\nA: b\n  more\nC-D : e\n{LINE}\n"),
        ("fix\n\nText.\nSigned-off-by: A\n", "", f"fix\n\nText.\nSigned-off-by: A\n{LINE}\n"),
        ("fix\n\nText.\nA: b\n", "", f"fix\n\nText.\nA: b\n\n{LINE}\n"),
        ("fix\r\n\r\nA: b\r\n", "", f"fix\r\n\r\nA: b\r\n{LINE}\r\n"),
        ("fix\r\n", "", f"fix\r\n\r\n{LINE}\r\n"),
        ("fix\n\n\n\n", "", f"fix\n\n{LINE}\n\n\n\n"),
        ("fix\n\n# Please enter\n#\n", "#", f"fix\n\n{LINE}\n\n# Please enter\n#\n"),
        ("fix\n\n# a heading\n", "", f"fix\n\n# a heading\n\n{LINE}\n"),
        ("fix\n; Please enter\n", "auto", f"fix\n\n{LINE}\n; Please enter\n"),
        (f"fix\n{SCISSORS}diff\n", "", f"fix\n\n{LINE}\n{SCISSORS}diff\n"),
        ("fix\n\nSESSION-ID : other\n", "", "fix\n\nSESSION-ID : other\n"),
        ("fix\n\nSession-ID: quoted\n\nText.\n", "", f"fix\n\nSession-ID: quoted\n\nText.\n\n{LINE}\n"),
        ("", "", ""),
        ("\n# only a comment\n", "#", "\n# only a comment\n"),
        (f"{SCISSORS}diff\n", "#", f"{SCISSORS}diff\n"),
    ],
)
def test_the_line_has_its_place(message: str, comment: str, named: str) -> None:
    assert with_session(message.encode(), ID, comment.encode()).decode() == named


def messages() -> st.SearchStrategy[str]:
    line = st.sampled_from(PIECES) | st.sampled_from(["", "", " "])
    lines = st.lists(st.tuples(line, st.sampled_from(ENDS)), max_size=8)
    return lines.map(lambda parts: "subject\n" + "".join(text + end for text, end in parts))


@settings(deadline=None)
@given(messages() | st.text(max_size=60), st.sampled_from(["", "#", "auto"]))
def test_only_lines_are_added(message: str, comment: str) -> None:
    data = message.encode("utf-8", "replace")
    named = with_session(data, ID, comment.encode())
    start = next((n for n, (a, b) in enumerate(zip(named, data, strict=False)) if a != b), len(data))
    added = len(named) - len(data)
    # The bytes before and after one place are those of the message.
    places = range(max(0, start - added), start + 1)
    assert any(named[:at] == data[:at] and named[at + added :] == data[at:] for at in places)
    assert added == 0 or LINE.encode() in named
    assert with_session(named, ID, comment.encode()).count(LINE.encode()) <= max(1, data.count(LINE.encode()) + 1)


@pytest.fixture
def ready(repo: Path, cli: Cli) -> Path:
    """A repository whose commits get the line."""
    assert cli("init", "--commit-trailer").code == 0
    marker = {"session_id": ID, "author": "ada", "last_updated": ago(1)}
    (repo / ".cursor/.session_id").write_text(json.dumps(marker))
    return repo


@pytest.mark.skipif(os.name == "nt", reason="the hooks of git are scripts for sh")
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(messages(), st.sampled_from(["default", "whitespace", "verbatim", "strip", "scissors"]))
def test_git_commits_the_message_and_our_line(ready: Path, message: str, cleanup: str) -> None:
    plain, named = (committed(ready, message, cleanup, switch) for switch in ("0", "1"))
    # Our line, and the blank one before it where it begins a paragraph; git removes blank lines at the end.
    gone = [re.sub(f"{before}{LINE}\r?\n", "", named, count=1).rstrip() for before in ("", "\r?\n")]
    assert plain.rstrip() in gone
    assert LINE in named.splitlines()


def committed(root: Path, message: str, cleanup: str, switch: str) -> str:
    """The message of a commit with our hook off or on."""
    (root / ".git/message").write_bytes(message.encode())
    words = ["git", "commit", "-q", "--allow-empty", "--no-verify", f"--cleanup={cleanup}", "-F", ".git/message"]
    environ = {**os.environ, "PR_SESSIONS": switch}
    subprocess.run(words, cwd=root, env=environ, check=True, capture_output=True)
    shown = subprocess.run(["git", "cat-file", "commit", "HEAD"], cwd=root, check=True, capture_output=True).stdout
    return shown.decode().partition("\n\n")[2]


@pytest.mark.skipif(os.name == "nt", reason="the hooks of git are scripts for sh")
@pytest.mark.parametrize("options", [("-e",), ("-e", "-v"), ("-e", "--cleanup=scissors")])
@pytest.mark.parametrize("comment", ["#", ";", "auto"])
def test_what_git_shows_in_an_editor_stays_behind_it(
    ready: Path, monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...], comment: str
) -> None:
    monkeypatch.setenv("GIT_EDITOR", "true")
    commit = ["git", "commit", "--allow-empty", "-m", "Subject", "-m", LINKS[0], *options]
    for words in (["git", "config", "core.commentChar", comment], commit):
        subprocess.run(words, cwd=ready, check=True, capture_output=True)
    shown = subprocess.run(["git", "log", "-1", "--format=%B"], cwd=ready, check=True, capture_output=True, text=True)
    assert shown.stdout.strip() == f"Subject\n\n{LINKS[0]}\n\n{LINE}"
