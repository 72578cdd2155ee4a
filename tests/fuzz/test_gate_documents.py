"""The gate, whatever somebody pushed or wrote: a decision and a doubt, and never a bug."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asking import fake, no_credentials
from fake_github import SHA, TOKEN, FakeGitHub
from fuzz.command import run_command
from fuzz.hostile import hostile, spoilt
from fuzz.test_readers import CONFIG as RIGHT_CONFIG
from fuzz.test_readers import DOCUMENT
from pr_sessions.core.paths import SESSION_FILE
from pr_sessions.core.times import write_time
from pr_sessions.git.repository import CONFIG
from pr_sessions.tracker import utc_now

__all__ = ["fake", "no_credentials"]

STEPS = ("decide", "comment", "check", "sweep", "finish")
ENFORCE = b"gate: enforce\ngate.checks: [test]\ngate.workflow: ci.yml\n"
NOW = write_time(utc_now().replace(microsecond=0))


def of_session(**told: object) -> bytes:
    """A session file with one session in which something is wrong; it holds pull request 7."""
    session = {"session_id": "a", "author": "bot", "started": NOW, "last_activity": NOW, "prs": ["7"], **told}
    return json.dumps({"version": "1.0", "active_sessions": {"a": session}}).encode()


DOCUMENTS = {
    "nested": b'{"version": "1.0", "x": ' + b"[" * 500 + b"]" * 500 + b"}",
    "nested far": b"[" * 100_000,
    "not UTF-8": b'{"version": "1.0", "x": "\xff"}',
    "UTF-16": '{"version": "1.0"}'.encode("utf-16"),
    "a list": b"[]",
    "empty": b"",
    "half": DOCUMENT[:200],
    "a key twice": b'{"version": "1.0", "version": "1.0"}',
    "no number": b'{"version": "1.0", "x": NaN}',
    "an endless number": b'{"version": "1.0", "x": 1e999}',
    "half a character": b'{"version": "1.0", "x": "\\ud800"}',
    "newer": b'{"version": "7.0"}',
    "prs is text": of_session(prs="7"),
    "a pull request is a flag": of_session(prs=["7", True]),
    "metadata is a list": of_session(metadata=[]),
    "metadata is false": of_session(metadata=False),
    "facts are text": of_session(metadata={"pull_requests": {"7": "x"}}),
    "a wrong time": of_session(started="9999-99-99"),
    "a count without bound": of_session(total_files_changed=10**4000),
    "a wrong session elsewhere": json.dumps(
        {"version": "1.0", "completed_sessions": [{"session_id": "b", "prs": 1, "completed": 3}]}
    ).encode(),
    "unattributed is a list": b'{"version": "1.0", "unattributed": [1]}',
}
# Right, and still nothing to trust: it is read, and means nothing to Markdown, addresses or numbers.
HARMLESS = {
    "a number of thousands of digits": of_session(prs=["9" * 5000, "7"]),
    "another repository's": of_session(prs=["victim/repo#1", "#8", "../../x", "7"]),
    "numbers that are none": of_session(prs=["7", 7, "\u0667", "-1", "0"]),
    "times far apart": of_session(started="1970-01-01T00:00:00Z", last_activity="9998-12-31T23:59:59Z"),
}
CONFIGS = {
    "nested": b"a: " + b"[" * 5000,
    "not UTF-8": b"gate: \xff",
    "aliases": b"a: &a [1]\nb: *a\n",
    "huge": b"# " + b"x" * (2 << 20),
    "a list": b"- 1\n",
    "wrong types": b"gate: [1]\ntimeout_minutes: {a: 1}\ngate.checks: 3\nsignatures: 7\n",
    "numbers": b"timeout_minutes: 1e999\nidle_warning_minutes: .nan\nkeep_days: 99999999999999999999\n",
    "a number": b"timeout_minutes: " + b"9" * 5000,
    "a key twice": b"gate: enforce\ngate: advisory\n",
    "half a character": b'gate: "\\ud800"\n',
    "a signature": b"signatures: ['acme author x#" + b"9" * 5000 + b"']\n",
    "control characters": b"gate: \x00\x1b[31m",
}
TOLD_BY_STRANGERS = {
    "a co-author's number": f"x\n\nCo-authored-by: x <x#{'9' * 5000}>\n",
    "brackets": "[" * 60_000,
    "comments": "<!--" * 15_000,
    "addresses": "https://github.com/a/b/pull/" + "9" * 60_000,
    "trailers": "Session-ID: x\n" * 4000,
}


@pytest.fixture
def shop(fake: FakeGitHub) -> FakeGitHub:
    """Two pull requests of somebody who may write, where checks wait and comments are written."""
    fake.permissions = {"bot": "write", "ann": "write"}
    fake.contents["main", CONFIG] = ENFORCE
    fake.now = NOW
    for number in (7, 8):
        fake.add_pull(number, f"auto-pr: {number}", write_time(utc_now() - timedelta(minutes=9 - number)))
        fake.pulls[number]["head"]["sha"] = SHA
    return fake


Step = Callable[[str], tuple[int, str]]


@pytest.fixture
def step(shop: FakeGitHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Step:
    """Runs a command of the gate as a job does; its exit code and all that it printed."""
    told = {"action": "opened", "number": 7, "pull_request": shop.pulls[7], "repository": {"full_name": "ada/shop"}}
    environ = {
        "GITHUB_EVENT_PATH": str(tmp_path / "event.json"),
        "GITHUB_EVENT_NAME": "pull_request",
        "GITHUB_REPOSITORY": "ada/shop",
        "GITHUB_API_URL": shop.url,
        "GITHUB_TOKEN": TOKEN,
        "GITHUB_SHA": SHA,
        "GITHUB_ACTIONS": "true",
        "GITHUB_OUTPUT": str(tmp_path / "outputs"),
        "GITHUB_STEP_SUMMARY": str(tmp_path / "summary"),
    }
    for name, value in environ.items():
        monkeypatch.setenv(name, value)

    def call(name: str) -> tuple[int, str]:
        (tmp_path / "event.json").write_text(json.dumps(told))
        return run_command(["gate", name])

    return call


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_document_that_cannot_be_understood_is_a_doubt(shop: FakeGitHub, step: Step, name: str) -> None:
    shop.contents["main", SESSION_FILE] = DOCUMENTS[name]
    for command in STEPS:
        code, said = step(command)
        assert (code in (0, 1), "Traceback" in said) == (True, False), (command, said)
    assert step("decide")[0] == 0
    assert "the synced sessions: " in run_command(["gate", "decide", "--explain"])[1]
    assert "problem: the synced sessions: " in step("sweep")[1]


@pytest.mark.parametrize("name", HARMLESS)
def test_a_document_with_odd_values_is_read(shop: FakeGitHub, step: Step, name: str) -> None:
    shop.contents["main", SESSION_FILE] = HARMLESS[name]
    for command in STEPS:
        code, said = step(command)
        assert (code in (0, 1), "Traceback" in said) == (True, False), (command, said)
    assert "the synced sessions: " not in run_command(["gate", "decide", "--explain"])[1]


@pytest.mark.parametrize("name", CONFIGS)
def test_a_configuration_that_cannot_be_understood_is_a_doubt(shop: FakeGitHub, step: Step, name: str) -> None:
    shop.contents["main", CONFIG] = CONFIGS[name]
    for command in STEPS:
        code, said = step(command)
        assert (code in (0, 1), "Traceback" in said) == (True, False), (command, said)
    assert step("decide")[0] == 0
    assert "no configuration, all is as by default" in run_command(["gate", "decide", "--explain"])[1]


@pytest.mark.parametrize("name", TOLD_BY_STRANGERS)
def test_what_a_stranger_writes_is_no_bug(shop: FakeGitHub, step: Step, name: str) -> None:
    shop.permissions = {}
    shop.pulls[7]["body"] = TOLD_BY_STRANGERS[name]
    for command in STEPS:
        code, said = step(command)
        assert (code in (0, 1), "Traceback" in said) == (True, False), (command, said)


@hostile
@given(
    command=st.sampled_from(STEPS),
    document=st.one_of(spoilt(DOCUMENT), spoilt(of_session())),
    config=st.just(ENFORCE) | spoilt(RIGHT_CONFIG),
)
def test_whatever_was_pushed(shop: FakeGitHub, step: Step, command: str, document: bytes, config: bytes) -> None:
    shop.contents["main", SESSION_FILE] = document
    shop.contents["main", CONFIG] = config
    code, said = step(command)
    assert (code in (0, 1), "Traceback" in said) == (True, False), said
