import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fake_forge_tools import FakeForge
from hooks.hook_runs import bash, hook, set_up
from pr_sessions import open_tracker
from pr_sessions.core.evidence_text import render_full, render_minimal
from pr_sessions.open_pr.mark import Marked, Outcome, mark_opened, mark_pull_request
from pr_sessions.tracker import Tracker
from scene import on_disk

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the programs that stand for gh and glab are scripts")

URL = "https://github.com/acme/shop/pull/5"
MERGE_REQUEST = "https://gitlab.com/acme/shop/-/merge_requests/5"
ID = "ada-20251122-1000"
Git = Callable[..., str]


@pytest.fixture
def forge(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeForge:
    """It holds pull request 5 with the body `Words.`."""
    made = FakeForge(tmp_path / "forge")
    for name, value in made.environ.items():
        monkeypatch.setenv(name, value)
    holding(made, "Words.\n")
    return made


@pytest.fixture
def tracker(clone: Path, git: Git, forge: FakeForge) -> Tracker:
    """Of a clone of acme/shop whose configuration says `mark: body`."""
    git(clone, "remote", "add", "origin", "git@github.com:Acme/Shop.git")
    return configured(clone, "mark: body\n")


def configured(root: Path, text: str) -> Tracker:
    config = root / ".cursor/config/session_config.yaml"
    config.parent.mkdir(parents=True, exist_ok=True)
    config.write_text(text)
    return open_tracker(root)


def holding(forge: FakeForge, body: str, url: str = URL) -> None:
    pr = {"number": 5, "url": url, "branch": "x", "base": "main", "title": "T", "body": body}
    forge.set(prs=[{**pr, "draft": False, "owner": "acme", "author": "ada", "state": "open"}])


def body(forge: FakeForge) -> str:
    return str(forge.prs[0]["body"])


def log(tracker: Tracker) -> list[tuple[str, str, dict[str, Any]]]:
    return [(entry.operation, entry.reason, dict(entry.details)) for entry in tracker.audit_log().entries]


def test_the_body_gets_one_line_at_its_end(tracker: Tracker, forge: FakeForge) -> None:
    assert mark_pull_request(tracker, URL, ID) == Marked(Outcome.MARKED)
    assert body(forge) == f"Words.\n\n{render_minimal(ID)}"
    assert log(tracker) == [("mark", "marked", {"pr": "5", "url": URL, "session": ID})]
    (call,) = forge.calls("PATCH")
    assert call["words"][:4] == ["api", "--hostname", "github.com", "repos/acme/shop/pulls/5"]


def test_twice_is_once(tracker: Tracker, forge: FakeForge) -> None:
    mark_pull_request(tracker, URL, ID)
    assert mark_pull_request(tracker, URL, ID) == Marked(Outcome.PRESENT)
    assert len(forge.calls("PATCH")) == 1
    assert [(what, why) for what, why, _ in log(tracker)] == [("mark", "marked"), ("mark", "there")]


def test_gitlab_gets_it_too(tracker: Tracker, forge: FakeForge, git: Git) -> None:
    git(tracker.repository.root, "remote", "set-url", "origin", "git@gitlab.com:acme/shop.git")
    holding(forge, "", MERGE_REQUEST)
    assert mark_pull_request(tracker, MERGE_REQUEST, ID) == Marked(Outcome.MARKED)
    assert body(forge) == render_minimal(ID)


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        (render_full(ID), Outcome.PRESENT),
        (f"Words.\n\nSession-ID: {ID}", Outcome.PRESENT),
        (render_minimal("eve-20251122-1000"), Outcome.OTHERS),
        (f"{render_full(ID)}\n\n[cursor-session: eve-1]", Outcome.OTHERS),
    ],
)
def test_a_mark_that_is_there_stays(tracker: Tracker, forge: FakeForge, text: str, outcome: Outcome) -> None:
    holding(forge, text)
    assert mark_pull_request(tracker, URL, ID) == Marked(outcome)
    assert (body(forge), forge.calls("PATCH")) == (text, [])


def test_an_edit_between_the_first_read_and_the_write_survives(tracker: Tracker, forge: FakeForge) -> None:
    forge.set(edits=["Better words.\n"])
    assert mark_pull_request(tracker, URL, ID) == Marked(Outcome.MARKED)
    assert body(forge) == f"Better words.\n\n{render_minimal(ID)}"


def test_a_mark_that_somebody_adds_in_between_is_not_doubled(tracker: Tracker, forge: FakeForge) -> None:
    forge.set(edits=[f"Words.\n\n{render_minimal(ID)}"])
    assert mark_pull_request(tracker, URL, ID) == Marked(Outcome.PRESENT)
    assert (body(forge), forge.calls("PATCH")) == (f"Words.\n\n{render_minimal(ID)}", [])


def test_a_body_that_changes_all_the_time_stays(tracker: Tracker, forge: FakeForge) -> None:
    forge.set(edits=[f"Words, version {n}." for n in range(9)])
    assert mark_pull_request(tracker, URL, ID) == Marked(Outcome.FAILED, "its body is being edited")
    assert (body(forge), forge.calls("PATCH")) == ("Words, version 4.", [])


@pytest.mark.parametrize("quoted", [f"> {render_minimal(ID)}", f"```\n{render_full('eve-1')}\n```"])
def test_a_quoted_one_is_none(tracker: Tracker, forge: FakeForge, quoted: str) -> None:
    holding(forge, quoted)
    assert mark_pull_request(tracker, URL, ID).outcome is Outcome.MARKED
    assert body(forge) == f"{quoted}\n\n{render_minimal(ID)}"


@pytest.mark.parametrize(
    "url",
    [
        "https://github.com/other/shop/pull/5",
        "https://github.com/acme/shop-fork/pull/5",
        "https://gitlab.com/acme/shop/-/merge_requests/5",
        "https://github.com.evil.example/acme/shop/pull/5",
        "https://github.com/acme/shop/pull/5 https://github.com/acme/shop/pull/6",
        "https://github.com/acme/shop/issues/5",
        "--hostname",
        "",
    ],
)
def test_nothing_is_asked_about_a_pull_request_of_another_repository(
    tracker: Tracker, forge: FakeForge, url: str
) -> None:
    assert mark_pull_request(tracker, url, ID) == Marked(Outcome.ELSEWHERE)
    assert forge.calls("api") == []


@pytest.mark.parametrize("text", ["", "mark: none\n"])
def test_it_is_off_unless_the_configuration_says_so(tracker: Tracker, forge: FakeForge, text: str) -> None:
    again = configured(tracker.repository.root, text)
    assert (mark_pull_request(again, URL, ID), forge.calls("api")) == (Marked(Outcome.OFF), [])


def test_it_is_off_while_tracking_is(tracker: Tracker, forge: FakeForge) -> None:
    on_disk(tracker.repository.paused.parent).mkdir(parents=True)
    on_disk(tracker.repository.paused).touch()
    assert (mark_pull_request(tracker, URL, ID), forge.calls("api")) == (Marked(Outcome.OFF), [])


@pytest.mark.parametrize(
    ("fails", "reason"),
    [
        ({"api read": [1, "", "gh: Not Found (HTTP 404)\n"]}, "gh failed: gh: Not Found (HTTP 404)"),
        ({"api write": [1, "", "gh: Forbidden (HTTP 403)\n"]}, "gh failed: gh: Forbidden (HTTP 403)"),
        ({"api read": [4, "", "run: gh auth login\n"]}, "gh is not logged in to github.com"),
        ({"api read": [0, "[]", ""]}, "gh printed something else than was asked for"),
    ],
)
def test_a_failure_is_written_down_and_harmless(
    tracker: Tracker, forge: FakeForge, fails: dict[str, Any], reason: str
) -> None:
    forge.set(fails=fails)
    assert mark_pull_request(tracker, URL, ID) == Marked(Outcome.FAILED, reason)
    assert (body(forge), log(tracker)) == ("Words.\n", [("mark", reason, {"pr": "5", "url": URL, "session": ID})])


def test_so_is_a_missing_tool(tracker: Tracker, forge: FakeForge) -> None:
    for name in ("gh", "glab"):
        (forge.programs / name).unlink()
    assert mark_pull_request(tracker, URL, ID) == Marked(Outcome.FAILED, "gh is not installed, or not on PATH")


def test_a_body_that_would_be_too_long_stays(tracker: Tracker, forge: FakeForge) -> None:
    holding(forge, "x" * 65_530)
    assert mark_pull_request(tracker, URL, ID) == Marked(Outcome.FAILED, "its body is too long for another line")
    assert body(forge) == "x" * 65_530


def test_an_id_that_is_none_is_never_written(tracker: Tracker, forge: FakeForge) -> None:
    assert mark_pull_request(tracker, URL, "a --> b").outcome is Outcome.FAILED
    assert forge.calls("api") == []


def test_a_journal_that_cannot_be_written_is_no_reason_to_fail(tracker: Tracker, forge: FakeForge) -> None:
    on_disk(tracker.repository.journal).mkdir(parents=True)
    assert mark_pull_request(tracker, URL, ID) == Marked(Outcome.MARKED)


def test_what_a_hook_saw_opened_gets_its_mark_by_itself_once(tracker: Tracker, forge: FakeForge) -> None:
    root = tracker.repository.root
    set_up(root)

    assert hook(bash(root, "gh pr create --fill", f"{URL}\n")).returncode == 0
    for _ in range(2):
        subprocess.run([sys.executable, "-m", "pr_sessions", "drain"], cwd=root, check=True, capture_output=True)

    session = tracker.find(5)
    assert body(forge) == f"Words.\n\n{render_minimal(session.id)}"
    assert [told["pr"] for what, _, told in log(tracker) if what == "mark"] == ["5"]


def test_a_mark_that_fails_is_tried_once_and_does_no_harm(tracker: Tracker, forge: FakeForge) -> None:
    root = tracker.repository.root
    set_up(root)
    forge.set(fails={"api write": [1, "", "HTTP 500\n"]})
    hook(bash(root, "gh pr create --fill", f"{URL}\n"), PR_SESSIONS_NO_TRACKER="1")
    tracker.drain()

    assert [marked.outcome for marked in mark_opened(tracker)] == [Outcome.FAILED]
    assert mark_opened(tracker) == ()
    assert tracker.find(5).prs == ("5",)


def test_without_the_setting_nobody_asks_the_forge(clone: Path, git: Git, forge: FakeForge) -> None:
    git(clone, "remote", "add", "origin", "git@github.com:acme/shop.git")
    set_up(clone)
    hook(bash(clone, "gh pr create --fill", f"{URL}\n"))
    subprocess.run([sys.executable, "-m", "pr_sessions", "drain"], cwd=clone, check=True, capture_output=True)

    assert open_tracker(clone).find(5).prs == ("5",)
    assert forge.calls("api") == []
