"""The written scripts as other programs use them: run as files, imported by bare name, by any interpreter."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from pr_sessions.compat.install import SCRIPTS, Recorded, recorded, script_files, this_program
from pr_sessions.setup.steps import configure

# No site packages, so that not even an editable install is found.
BARE = (sys.executable, "-I", "-S")
MANAGER = "auto_pr_session_manager.py"
ADD = ("add", "--title", "auto-pr: x", "--author", "bob", "--files", "2")


def test_committed_scripts_hold_no_path_of_this_machine():
    files = script_files()
    assert sorted(files) == sorted(f".cursor/scripts/{name}.py" for name in SCRIPTS)
    assert not any(sys.prefix.encode() in data or b"/usr/bin/python" in data for data in files.values())


def test_status_prints_one_document_and_creates_nothing(script, repo, everything):
    before = everything(repo)
    ran = script(MANAGER, "status")
    assert ran.json == {"active": 0, "completed": 0, "active_sessions": {}, "recent_completed": []}
    assert (ran.code, ran.err, everything(repo)) == (0, "", before)


@pytest.mark.parametrize(
    ("name", "arguments", "keys"),
    [
        (MANAGER, ("status",), {"active", "completed", "active_sessions", "recent_completed"}),
        (
            MANAGER,
            ("check", "--pr-number", "5", "--title", "auto-pr: x", "--author", "bob"),
            {"is_auto_pr", "should_skip_scoring", "session_id"},
        ),
        (
            MANAGER,
            ("check", "--pr-number", "5", "--title", "Fix", "--author", "bob", "--body", "text", "--files", "3"),
            {"is_auto_pr", "should_skip_scoring"},
        ),
        (MANAGER, (*ADD, "--pr-number", "5"), {"pr_number", "session_id", "should_skip_scoring", "session"}),
        (MANAGER, ("cleanup", "--max-age", "1"), {"completed", "count"}),
        ("session_cli.py", ("status",), {"current", "active", "completed"}),
        ("session_cli.py", ("clear",), {"cleared"}),
        ("cursor_session_hook.py", (), {"session_id"}),
        ("monitor_sessions.py", ("--json",), {"healthy", "orphans", "mean_duration", "state_file_bytes", "alerts"}),
        ("validate_config.py", (), {"valid", "messages"}),
        (
            "minimal_metadata_system.py",
            ("status",),
            {"state_file", "exists", "total_prs", "total_sessions", "last_updated"},
        ),
        ("minimal_metadata_system.py", ("cleanup",), {"removed", "count"}),
    ],
)
def test_stdout_is_one_json_document(script, name, arguments, keys):
    ran = script(name, *arguments)
    assert (ran.code, set(ran.json)) == (0, keys)


def test_a_subfolder_is_the_same_world(script, repo):
    script(MANAGER, *ADD, "--pr-number", "1", cwd=repo / "deep/er")
    assert script(MANAGER, "status").json["active"] == 1
    assert not (repo / "deep/er/docs").exists()


def test_from_outside_any_repository_the_place_of_the_script_counts(script, repo, tmp_path):
    assert script(MANAGER, *ADD, "--pr-number", "1", cwd=tmp_path).code == 0
    assert script(MANAGER, "status").json["active"] == 1


def test_wrong_usage_is_2_and_a_mistake_is_1(script):
    assert script(MANAGER).code == 2
    assert script(MANAGER, "add").code == 2
    wrong = script(MANAGER, *ADD, "--pr-number", "abc")
    assert (wrong.code, wrong.out) == (1, "")
    assert wrong.err.startswith("error: not a pull request number")


def test_one_session_by_its_id(script):
    session_id = script(MANAGER, *ADD, "--pr-number", "7").json["session_id"]
    assert script(MANAGER, "status", "--session-id", session_id).json["prs"] == ["7"]
    unknown = script(MANAGER, "status", "--session-id", "nobody-1")
    assert (unknown.code, unknown.json) == (1, {"error": "no session nobody-1"})


def test_complete_ends_a_session(script):
    session_id = script(MANAGER, *ADD, "--pr-number", "7").json["session_id"]
    done = script(MANAGER, "complete", "--session-id", session_id)
    assert (done.code, done.json["status"], done.json["completion_trigger"]) == (0, "completed", "manual_cli")
    assert script(MANAGER, "complete", "--session-id", "nobody-1").code == 1


def test_an_interpreter_without_the_package_says_what_to_install(script):
    ran = script(MANAGER, "status", interpreter=BARE)
    assert (ran.code, ran.out) == (1, "")
    assert "hint: install pr-sessions, then" in ran.err


def test_an_interpreter_without_the_package_runs_the_recorded_one(script, repo):
    configure(repo, this_program().settings)
    script(MANAGER, *ADD, "--pr-number", "1")
    ran = script(MANAGER, "status", interpreter=BARE, cwd=repo / "deep")
    assert (ran.code, ran.json["active"], ran.err) == (0, 1, "")
    assert script(MANAGER, "nonsense", interpreter=BARE).code == 2


def test_a_recorded_interpreter_without_the_package_does_not_loop(script, repo, git, tmp_path):
    bare = tmp_path / "bare"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(bare)], check=True)
    configure(repo, this_program().settings)
    git(repo, "config", "pr-sessions.interpreter", str(bare / "bin/python"))
    ran = script(MANAGER, "status", interpreter=BARE)
    assert (ran.code, ran.err.count("hint:")) == (1, 1)


def test_the_interpreter_is_recorded_in_the_clone_and_forgotten(repo):
    assert recorded(repo) == Recorded(None, None)
    configure(repo, this_program().settings)
    assert recorded(repo) == this_program()
    configure(repo, Recorded(None, None).settings)
    configure(repo, Recorded(None, None).settings)
    assert recorded(repo) == Recorded(None, None)


def test_importing_without_the_package_names_the_install(repo):
    code = "import sys; sys.path.insert(0, '.cursor/scripts'); import auto_pr_session_manager"
    done = subprocess.run([*BARE, "-c", code], cwd=repo, capture_output=True, text=True, check=False)
    assert "ImportError" in done.stderr
    assert "install pr-sessions for" in done.stderr


def test_the_example_of_the_specification(script, python):
    script(MANAGER, *ADD, "--pr-number", "1")
    ran = python(
        "from auto_pr_session_manager import AutoPRSessionManager\n"
        "manager = AutoPRSessionManager()\n"
        "status = manager.get_session_status()\n"
        "print(f\"Active: {status['active']}, Completed: {status['completed']}\")\n"
    )
    assert (ran.out, ran.err) == ("Active: 1, Completed: 0\n", "")


def test_constants_reassigned_on_the_bare_module_count(python, repo, tmp_path, everything):
    before = everything(repo)
    ran = python(
        "from pathlib import Path\n"
        "import auto_pr_session_manager as m, cursor_session_hook as h, minimal_metadata_system as s\n"
        "import session_analytics as a\n"
        f"base = Path({str(tmp_path / 'other')!r})\n"
        "m.SESSION_DATA_FILE = a.SESSION_DATA_FILE = base / 'sessions.json'\n"
        "m.CONFIG_FILE = base / 'config.yaml'\n"
        "h.SESSION_MARKER_FILE = base / 'marker'\n"
        "s.SESSION_STATE_FILE = base / 'state.json'\n"
        "a.OUTPUT_DIR = base / 'reports'\n"
        "_, i, _ = m.AutoPRSessionManager().add_to_session('1', {'pr_title': 'auto-pr: x', 'author': 'bob'})\n"
        "assert h.get_or_create_session_id('bob') == h.get_or_create_session_id()\n"
        "assert s.SessionStateManager().register_pr('1', i)\n"
        "assert s.extract_session_id_from_state('1') == i\n"
        "a.generate_report()\n"
        "assert list(a.load_session_data()['active_sessions']) == [i]\n"
    )
    assert (ran.code, "Traceback" in ran.err) == (0, False), ran.err
    assert everything(repo) == before
    made = {path.split(".")[0] for path in everything(tmp_path / "other")}
    assert {"sessions", "marker", "state"} <= made
    assert list((tmp_path / "other/reports").glob("session_analytics_*.md"))


def test_a_file_with_other_letters_prints_as_json_on_any_console(script):
    ran = script(
        MANAGER,
        "add",
        "--pr-number",
        "1",
        "--title",
        "🤖 x",
        "--author",
        "Émile 🤖",
        env={"PYTHONIOENCODING": "cp1252"},
    )
    assert (ran.code, ran.json["session"]["author"]) == (0, "Émile 🤖")


@pytest.mark.parametrize(
    ("name", "arguments", "code"),
    [
        (MANAGER, ("status",), 0),
        (MANAGER, ("check", "--pr-number", "1", "--title", "auto-pr: x", "--author", "bob"), 0),
        (MANAGER, (*ADD, "--pr-number", "1"), 1),
        (MANAGER, ("cleanup",), 1),
        (MANAGER, ("complete", "--session-id", "bob-1"), 1),
        ("cursor_session_hook.py", (), 0),
        ("session_cli.py", ("start",), 1),
        ("session_cli.py", ("status",), 1),
        ("monitor_sessions.py", (), 0),
        ("session_analytics.py", (), 0),
    ],
)
def test_what_cannot_be_read_is_said_and_left_alone(script, repo, name, arguments, code):
    path = repo / "docs/metrics/auto_pr_sessions.json"
    path.parent.mkdir(parents=True)
    path.write_bytes(b'{"completed_sessions": [')
    ran = script(name, *arguments)
    assert (ran.code, "Traceback" in ran.err, path.read_bytes()) == (code, False, b'{"completed_sessions": [')
    assert f"cannot read {path}" in ran.err


def test_eight_processes_keep_everything(repo: Path, python: Callable[..., object]):
    code = (
        "import sys\n"
        "from auto_pr_session_manager import AutoPRSessionManager\n"
        "manager = AutoPRSessionManager()\n"
        "for i in range(5):\n"
        "    manager.add_to_session(int(sys.argv[1]) * 5 + i, {'pr_title': 'auto-pr: x', 'author': 'bob'})\n"
    )
    path = {"PYTHONPATH": str(repo / ".cursor/scripts")}
    running = [
        subprocess.Popen([sys.executable, "-c", code, str(n)], cwd=repo, env=_with(path), stderr=subprocess.PIPE)
        for n in range(1, 9)
    ]
    said = [process.communicate()[1] for process in running]
    assert said == [b""] * 8
    ran = python(
        "import json\n"
        "from auto_pr_session_manager import AutoPRSessionManager\n"
        "print(json.dumps([s['prs'] for s in AutoPRSessionManager().sessions['active_sessions'].values()]))"
    )
    assert ran.json == [[str(n) for n in range(5, 45)]]


def _with(variables: dict[str, str]) -> dict[str, str]:
    import os

    return {**os.environ, **variables}
