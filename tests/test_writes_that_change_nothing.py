"""What changes nothing writes nothing: every command and script that writes, twice in a row.

Only the lock's own file may change, which says who held it last. `start`, `touch`, `backup` and the hooks of agents
are not here: each call of those is a new event, or a new copy that somebody wants.
"""

import json
import os
import shlex
from collections.abc import Callable
from pathlib import Path

import pytest

from pr_sessions.cli.main import run
from pr_sessions.compat import auto_pr_session_manager, minimal_metadata_system, session_analytics
from pr_sessions.tracker import Tracker
from scene import START, git, look

A, B = "ada-20251122-1000", "bob-20251122-1200"
AUTO = "--title 'auto-pr: x'"
CONFIG = ".cursor/config/session_config.yaml"
SESSIONS = "docs/metrics/auto_pr_sessions.json"
PAST = [{"number": 9, "title": "auto-pr: x", "author": "eve", "created_at": "2025-11-22T15:00:00Z"}]
VARIANTS = {
    "plain": "",
    "with an index and archives": "minimal_metadata: true\nkeep_days: 30\n",
}
COMMANDS = (
    f"add 3 {AUTO} --author ada --at 2025-11-22T10:05:00Z",
    f"add 4 --session {A} --author ada --at 2025-11-22T10:05:00Z",
    "add 5 --session other --create --at 2025-11-22T10:05:00Z",
    f"link 1 {B}",
    "unlink 1",
    f"move 1 {B}",
    "move 1 --new",
    f"merge {A} {B}",
    f"complete {A} --at 2025-11-22T10:30:00Z",
    "cleanup",
    "drain",
    "import past.jsonl",
    "import --git",
    "restore",
    "doctor --repair",
    "sync",
    "pause",
    "resume",
    "init --time-zone UTC",
    "init --scripts",
    "init --agents cursor",
    "init --commit-trailer",
    "uninstall",
    "status",
    "look",
    "log",
)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of this test, without a tracker that works behind it."""
    (tmp_path / "home").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PR_SESSIONS_NO_TRACKER", "1")
    return tmp_path / "home"


@pytest.fixture
def tracked(clone: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """A clone with two sessions of long ago and a remote, configured so."""

    def make(settings: str) -> Path:
        monkeypatch.chdir(clone)
        git(clone, "clone", "-q", "--bare", ".", "../remote.git")
        git(clone, "remote", "add", "origin", "../remote.git")
        done("init --time-zone UTC")
        with (clone / CONFIG).open("a") as file:
            file.write(settings)
        # A file that was changed within the last tick of its clock is parsed anew each time.
        os.utime(clone / CONFIG, (1e9, 1e9))
        (clone / "past.jsonl").write_text("\n".join(map(json.dumps, PAST)))
        done(f"add 1 {AUTO} --author ada --at 2025-11-22T10:00:00Z")
        done(f"add 2 {AUTO} --author bob --at 2025-11-22T12:00:00Z")
        done("backup")
        return clone

    return make


def done(command: str) -> None:
    """Run a command; 2 is what `import` says where it left something out."""
    code = run(shlex.split(command))
    assert code in (0, 2), command


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("variant", VARIANTS)
def test_a_command_twice_in_a_row(tracked: Callable[[str], Path], home: Path, variant: str, command: str) -> None:
    root = tracked(VARIANTS[variant])
    done(command)
    before = look(root), look(home), look(root.parent / "remote.git")
    done(command)
    assert (look(root), look(home), look(root.parent / "remote.git")) == before


def manager(function: str) -> Callable[[], object]:
    """A call of the session manager in the current folder."""

    def call() -> object:
        made = auto_pr_session_manager.AutoPRSessionManager()
        told = {"pr_title": "auto-pr: x", "author": "ada", "timestamp": "2025-11-22T10:00:00Z"}
        calls: dict[str, Callable[[], object]] = {
            "cleanup": made.cleanup_orphaned_sessions,
            "add": lambda: made.add_to_session("1", told, A),
            "complete": lambda: made.complete_session(B),
            "load": made.load_sessions,
            "save": made.save_sessions,
            "save what is shown": lambda: (made.sessions, made.save_sessions()),
            "clean up what is shown": lambda: (made.sessions, made.cleanup_orphaned_sessions(0)),
            "save the configuration": lambda: made.save_config(made.config, CONFIG),
        }
        return calls[function]()

    return call


SCRIPTS: dict[str, Callable[[], object]] = {
    **{
        name: manager(name)
        for name in ("cleanup", "add", "complete", "load", "save", "save what is shown", "clean up what is shown")
    },
    "save the configuration": manager("save the configuration"),
    "clean up the index": lambda: minimal_metadata_system.main(["cleanup"]),
    "add to the index": lambda: minimal_metadata_system.SessionStateManager().register_pr("1", A),
}


@pytest.mark.parametrize("script", SCRIPTS)
@pytest.mark.parametrize("variant", VARIANTS)
def test_a_script_twice_in_a_row(tracked: Callable[[str], Path], variant: str, script: str) -> None:
    root = tracked(VARIANTS[variant])
    SCRIPTS[script]()
    before = look(root)
    SCRIPTS[script]()
    assert look(root) == before


REPORTS: dict[str, Callable[[], object]] = {
    "the command": lambda: done("report --save"),
    "the script": session_analytics.generate_report,
}


@pytest.mark.parametrize("act", REPORTS)
def test_a_report_of_the_same_moment(tracked: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch, act: str) -> None:
    """It says of which moment it is."""
    root = tracked("")
    monkeypatch.setattr(Tracker, "now", lambda _: START)
    REPORTS[act]()
    before = look(root)
    REPORTS[act]()
    assert look(root) == before
    assert any("session_analytics_" in name for name in before)


def of_the_original() -> bytes:
    """A session file as the original lays it out: no end of line, characters as escapes, naive times."""
    record = {
        "session_id": "zoë-1",
        "author": "Zoë",
        "started": "2025-11-22T10:00:00.123456",
        "last_activity": "2025-11-22T10:01:00",
        "prs": ["7"],
        "status": "active",
    }
    document = {"version": "1.0", "active_sessions": {"zoë-1": record}, "completed_sessions": []}
    return json.dumps(document, indent=2).encode()


@pytest.fixture
def original(clone: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A clone with a session file of the original, whose sessions never run out."""
    monkeypatch.chdir(clone)
    (clone / CONFIG).parent.mkdir(parents=True)
    (clone / CONFIG).write_text("enable_timeout_completion: false\n")
    os.utime(clone / CONFIG, (1e9, 1e9))
    (clone / SESSIONS).parent.mkdir(parents=True)
    (clone / SESSIONS).write_bytes(of_the_original())
    return clone


QUIET: dict[str, Callable[[], object]] = {
    "the command": lambda: done("cleanup"),
    "the script": lambda: auto_pr_session_manager.main(["cleanup"]),
    "the class": lambda: auto_pr_session_manager.AutoPRSessionManager().cleanup_orphaned_sessions(),
    "saving what was loaded": lambda: (
        made := auto_pr_session_manager.AutoPRSessionManager(),
        made.sessions,
        made.save_sessions(),
    ),
}


@pytest.mark.parametrize("act", QUIET)
def test_a_file_in_another_layout_that_says_the_same_stays_as_it_is(original: Path, act: str) -> None:
    seen = {name: look(original)[name] for name in (SESSIONS, CONFIG)}
    for _ in range(2):
        QUIET[act]()
        assert {name: look(original)[name] for name in (SESSIONS, CONFIG)} == seen
    # Also where the clone's own document says it in our layout.
    done("add 7 --state merged --at 2025-11-22T10:02:00Z")
    document = json.loads((original / SESSIONS).read_bytes())
    (original / SESSIONS).write_bytes(json.dumps(document, indent=4).encode())
    before = look(original)
    QUIET[act]()
    assert look(original) == before


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize("act", QUIET)
def test_outside_git_as_well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, act: str) -> None:
    root = tmp_path / "plain"
    (root / SESSIONS).parent.mkdir(parents=True)
    (root / SESSIONS).write_bytes(of_the_original())
    (root / CONFIG).parent.mkdir(parents=True)
    (root / CONFIG).write_text("enable_timeout_completion: false\n")
    monkeypatch.chdir(root)
    before = look(root)
    QUIET[act]()
    assert {name: seen for name, seen in look(root).items() if not name.endswith(".lock")} == before


def test_a_file_that_lacks_something_is_still_brought_up_to_date(original: Path) -> None:
    done("add 7 --state merged --at 2025-11-22T10:02:00Z")
    whole = (original / SESSIONS).read_bytes()
    (original / SESSIONS).write_bytes(of_the_original())
    done("cleanup")
    assert (original / SESSIONS).read_bytes() == whole


@pytest.mark.usefixtures("home")
def test_a_live_session_stays_as_it_is_where_nothing_happens(clone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(clone)
    done("start --author ada")
    done("cleanup")
    before = look(clone)
    for command in ("cleanup", "drain", "status"):
        done(command)
        assert look(clone) == before, command
