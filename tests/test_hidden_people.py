"""Where people are hidden, nothing that others read names the person who made a pull request with an agent."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace

from pr_sessions.core.agents import Agent, Confidence, Role
from pr_sessions.core.models import PullRequest
from pr_sessions.core.runs import run_key
from pr_sessions.core.times import write_time
from pr_sessions.importers.logs import with_assistance
from pr_sessions.importers.transcripts import Link
from pr_sessions.maintenance.backup import back_up, restore
from pr_sessions.maintenance.merge_driver import merge_files
from pr_sessions.tracker import Tracker
from pr_sessions.tracker.sync import sync
from scene import START, Clock, auto, committed, git, look, minute, overview, tracker_at

PERSON = "adalovelace"
RUN = "session_01AbCdEfGhIjKlMnOpQrStUv"
ITS_SESSION = f"claude-code-{run_key(RUN)[:10]}"
SETTINGS = "track: agents\npeople: hidden\nkeep_days: 30\n"
ASSISTED = PullRequest(
    number="1",
    title="Fix by adalovelace",
    body="Ask @adalovelace",
    author=PERSON,
    author_id=7,
    branch="adalovelace/fix",
    commit_messages=(f"Fix\n\nClaude-Session: https://claude.ai/code/{RUN}",),
    commit_authors=("adalovelace@example.com",),
    created=START,
)


def written_of(root: Path) -> list[str]:
    """The files of our own that name the person; private copies of an earlier state do not count."""
    private = (".git/objects", ".git/pr-sessions/backups")
    ours = {path: content for path, (content, _) in look(root).items() if not path.startswith(private)}
    return [path for path, content in ours.items() if PERSON.encode() in content.lower()]


def hiding(root: Path) -> Path:
    """The folder, in which people are hidden."""
    config = root / ".cursor/config/session_config.yaml"
    config.parent.mkdir(parents=True)
    config.write_text(SETTINGS)
    return root


@pytest.mark.parametrize("imported", [True, False])
def test_no_file_names_the_person_and_the_run_is_one_session(tmp_path: Path, clock: Clock, imported: bool) -> None:
    clone = hiding(committed(tmp_path / "clone"))
    tracker = tracker_at(clone, clock, AUTO_PR_SESSION_AUTHOR="importer")
    prs = [replace(ASSISTED, number=str(n), created=minute(45 * (n - 1))) for n in (1, 2, 3)]
    for pr in prs:
        clock.set(45 * (int(pr.number) - 1))
        if imported:
            tracker.record_all([pr])
        else:
            tracker.record(pr, use_workspace_session=False)

    assert overview(tracker) == {ITS_SESSION: (("1", "2", "3"), "")}
    assert written_of(clone) == []
    clock.set(60 * 24 * 60)
    tracker.cleanup()
    assert any("archive" in path for path in look(clone))
    assert written_of(clone) == []


# No sign of an agent: it names the person.
PLAIN = auto(7, PERSON, branch="adalovelace/fix", created=START)
SESSION_FILE = "docs/metrics/auto_pr_sessions.json"
HELPED = Agent("claude-code", Role.ASSISTED, Confidence.CERTAIN)


def pushed(tracker: Tracker) -> None:
    """A hook sees the agent push to the branch."""
    event = {"v": 1, "at": write_time(minute(5)), "host": "claude-code", "run": "local", "event": "contributed"}
    queue = tracker.repository.root / ".git/pr-sessions/pending/events.jsonl"
    queue.parent.mkdir(exist_ok=True)
    queue.write_text(json.dumps({**event, "root": str(tracker.repository.root), "branch": PLAIN.branch}) + "\n")
    assert tracker.sessions().for_pull_request("7") == tracker.view().sessions["importer-20251122-1000"]
    assert PERSON not in repr([*tracker.sessions()])
    tracker.drain()


def linked(tracker: Tracker) -> None:
    """The agent's own log names the pull request."""
    with tracker.change(tracker.now()) as change:
        link = Link("7", assisted=True, agent="claude-code", run="local")
        change.sessions = with_assistance(change.sessions, [link])


def signed(tracker: Tracker) -> None:
    """A sign of the agent is read later."""
    tracker.record(replace(ASSISTED, number="7"))


def named(tracker: Tracker) -> None:
    """Somebody else names the agent, and does not know the author."""
    tracker.record(PullRequest(number="7", branch=PLAIN.branch, agents=(HELPED,)))


@pytest.mark.parametrize("add_agent", [pushed, linked, signed, named])
def test_an_agent_that_is_added_takes_the_name_out_of_every_file(
    tmp_path: Path, clock: Clock, add_agent: Callable[[Tracker], None]
) -> None:
    clone = hiding(committed(tmp_path / "clone"))
    tracker = tracker_at(clone, clock, AUTO_PR_SESSION_AUTHOR="importer")
    tracker.start()
    tracker.record(PLAIN)
    assert SESSION_FILE in written_of(clone)
    clock.set(10)
    add_agent(tracker)
    assert written_of(clone) == []
    before = (clone / SESSION_FILE).read_bytes()
    add_agent(tracker)
    assert (clone / SESSION_FILE).read_bytes() == before


def test_a_correction_of_it_names_nobody(tmp_path: Path, clock: Clock) -> None:
    clone = hiding(committed(tmp_path / "clone"))
    tracker = tracker_at(clone, clock, AUTO_PR_SESSION_AUTHOR="importer")
    tracker.record(ASSISTED)
    tracker.unlink(1, by="Ada Lovelace")
    tracker.move(1, by="Ada Lovelace")
    tracker.undo(by="Ada Lovelace")
    shared = (clone / SESSION_FILE).read_text()
    assert "Lovelace" not in shared
    assert "took" not in shared


def test_names_that_files_held_before_are_gone_at_the_next_write(tmp_path: Path, clock: Clock) -> None:
    clone = committed(tmp_path / "clone")
    shown = tracker_at(clone, clock, AUTO_PR_SESSION_AUTHOR="importer")
    shown.start()
    shown.record(replace(PLAIN, agents=(HELPED,)))
    old = (clone / SESSION_FILE).read_bytes()
    back_up(shown)
    assert SESSION_FILE in written_of(clone)

    tracker = tracker_at(hiding(clone), clock, AUTO_PR_SESSION_AUTHOR="importer")
    assert PERSON not in repr([*tracker.sessions()])
    tracker.keep()
    assert written_of(clone) == []
    new = (clone / SESSION_FILE).read_bytes()
    restore(tracker)
    assert written_of(clone) == []
    (clone / SESSION_FILE).write_bytes(old)
    tracker.keep()
    assert (clone / SESSION_FILE).read_bytes() == new

    names = [clone / name for name in ("base", "ours", "theirs")]
    for path, data in zip(names, (b"", old, new), strict=True):
        path.write_bytes(data)
    merge_files(tracker, *names, SESSION_FILE)
    assert PERSON.encode() not in names[1].read_bytes()


def test_nothing_that_is_synced_names_the_person(tmp_path: Path, clock: Clock) -> None:
    hub = tmp_path / "hub.git"
    git(tmp_path, "init", "-q", "--bare", str(hub))
    clones = [committed(tmp_path / name) for name in ("old", "new")]
    for clone in clones:
        git(clone, "remote", "add", "origin", str(hub))
    old, new = (tracker_at(clone, clock, AUTO_PR_SESSION_AUTHOR="importer") for clone in clones)
    old.start()
    old.record(replace(PLAIN, agents=(HELPED,)))
    sync(old)
    hiding(clones[1])
    new = tracker_at(clones[1], clock)
    assert sync(new).pushed
    assert PERSON not in git(hub, "show", f"pr-sessions:{SESSION_FILE}")
    assert written_of(clones[1]) == []


def test_a_journal_among_the_files_of_the_team_names_nobody(tmp_path: Path, clock: Clock) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "docs/metrics").mkdir(parents=True)
    tracker = tracker_at(hiding(folder), clock, AUTO_PR_SESSION_AUTHOR=PERSON)
    tracker.record(ASSISTED, use_workspace_session=False)
    tracker.unlink(1)
    assert [entry.by for entry in tracker.audit_log().entries] == ["-", "-"]
    assert [path for path in written_of(folder) if "journal" in path] == []


def test_an_agent_that_is_added_to_an_archived_session_takes_the_name_out(tmp_path: Path, clock: Clock) -> None:
    clone = hiding(committed(tmp_path / "clone"))
    tracker = tracker_at(clone, clock, AUTO_PR_SESSION_AUTHOR="importer")
    tracker.start()
    tracker.record(PLAIN)
    clock.set(60 * 24 * 60)
    tracker.cleanup()
    assert any("archive" in path for path in written_of(clone))
    linked(tracker)
    tracker.keep()
    assert written_of(clone) == []
