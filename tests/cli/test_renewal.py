"""What version 0.1.0 registered works, is found by `doctor`, renewed by `init`, and removed by `uninstall`."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from ground import Cli, Git, tree, write

import pr_sessions
from pr_sessions.compat.install import SCRIPTS, script_files
from pr_sessions.hooks.detach import STUB
from pr_sessions.hooks.hosts import INSTALLABLE
from pr_sessions.setup import merge_driver
from pr_sessions.setup.agent_hooks.commands import this_program

BEFORE = Path(__file__).parent.parent / "version_0_1_0"
DRIVER = "merge.pr-sessions.driver"
HOOK = ".git/hooks/prepare-commit-msg"
COMMIT_SCRIPT = ".git/pr-sessions/prepare-commit-msg"
# Those that version 0.1.0 knew.
OLD = [name for name in INSTALLABLE if name != "antigravity"]


def as_it_was(name: str) -> str:
    """What 0.1.0 wrote on this machine."""
    text = (BEFORE / name).read_text()
    return text.replace("@PYTHON@", sys.executable).replace("@PACKAGE@", str(Path(pr_sessions.__file__).parent))


@pytest.fixture(autouse=True)
def home(tmp_path: Path, repo: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home beside the repository, which is the current folder."""
    for host in INSTALLABLE.values():
        if host.home_variable:
            monkeypatch.delenv(host.home_variable, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "a home"))
    (tmp_path / "a home").mkdir()
    return tmp_path / "a home"


def findings(cli: Cli, *words: str) -> list[tuple[str, str, str]]:
    """Severity, place and hint of what `doctor` says of another version."""
    found = cli("doctor", "--json").json["findings"]
    return [(f["severity"], f["place"], f["hint"]) for f in found if any(word in f["problem"] for word in words)]


def renewed(cli: Cli) -> list[tuple[str, str]]:
    """What a plain `init` did."""
    return [(step["act"], step["path"]) for step in cli("init", "--json").json["steps"]]


class TestMergeDriver:
    @pytest.fixture
    def old(self, cli: Cli, repo: Path, git: Git) -> Path:
        cli("init")
        git(repo, "config", DRIVER, as_it_was("merge_driver.txt"))
        return repo

    @pytest.mark.parametrize("share", ["commit", "local"])
    def test_doctor_finds_it_whatever_is_shared(self, cli: Cli, old: Path, share: str) -> None:
        write(old / ".cursor/config/session_config.yaml", f"time_zone: UTC\nshare: {share}\n")
        assert findings(cli, "merge driver") == [("warning", str(old / ".git"), "pr-sessions init")]

    def test_init_renews_it(self, cli: Cli, old: Path, git: Git) -> None:
        assert renewed(cli) == [("register", str(old / ".git/config"))]
        assert git(old, "config", DRIVER) == merge_driver.command_line(merge_driver.this_program())
        assert findings(cli, "merge driver") == []

    def test_where_nothing_is_merged_init_takes_it_out(self, cli: Cli, old: Path) -> None:
        assert cli("init", "--share", "local").code == 0
        assert "merge" not in (old / ".git/config").read_text()

    def test_uninstall_takes_it_out(self, cli: Cli, repo: Path, git: Git) -> None:
        before = (repo / ".git/config").read_bytes()
        cli("init")
        git(repo, "config", DRIVER, as_it_was("merge_driver.txt"))
        cli("uninstall")
        assert (repo / ".git/config").read_bytes() == before


class TestScripts:
    @pytest.fixture
    def old(self, cli: Cli, repo: Path, git: Git) -> Path:
        cli("init")
        for name in SCRIPTS:
            write(repo / f".cursor/scripts/{name}.py", as_it_was("script.txt").replace("@NAME@", name))
        git(repo, "config", "pr-sessions.interpreter", sys.executable)
        return repo

    def test_doctor_finds_each_and_what_was_recorded(self, cli: Cli, old: Path) -> None:
        scripts = [("warning", str(old / name), "pr-sessions init") for name in script_files()]
        recorded = ("warning", str(old / ".git"), "pr-sessions init")
        assert findings(cli, "compatible script") == [*scripts, recorded]

    def test_init_renews_them(self, cli: Cli, old: Path, git: Git) -> None:
        written = [("write", str(old / name)) for name in script_files()]
        assert renewed(cli) == [*written, ("record", str(old / ".git/config"))]
        assert {name: (old / name).read_bytes() for name in script_files()} == script_files()
        stored = [git(old, "config", f"pr-sessions.{key}") for key in ("interpreter", "stub")]
        assert (stored, findings(cli, "compatible script")) == ([sys.executable, STUB], [])

    @pytest.mark.parametrize("name", SCRIPTS)
    def test_they_find_their_modules_until_they_are_renewed(self, old: Path, name: str) -> None:
        code = f"import sys; sys.path.insert(0, '.cursor/scripts'); import {name}; print({name}.__file__)"
        done = subprocess.run([sys.executable, "-c", code], cwd=old, capture_output=True, text=True, check=False)
        assert (done.stdout, done.stderr) == (f"{Path(pr_sessions.__file__).parent / 'compat' / name}.py\n", "")

    def test_one_runs_until_it_is_renewed(self, old: Path) -> None:
        command = [sys.executable, ".cursor/scripts/session_cli.py", "status"]
        done = subprocess.run(command, cwd=old, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, "")

    def test_init_writes_no_script_that_was_not_there(self, cli: Cli, old: Path) -> None:
        (old / ".cursor/scripts/session_cli.py").unlink()
        (old / ".cursor/scripts/validate_config.py").write_text("print('theirs')\n")
        cli("init")
        assert not (old / ".cursor/scripts/session_cli.py").exists()
        assert (old / ".cursor/scripts/validate_config.py").read_text() == "print('theirs')\n"

    @pytest.mark.parametrize("first", [(), ("init",)], ids=["as they were", "renewed"])
    def test_uninstall_leaves_what_was_there_before_them(
        self, cli: Cli, repo: Path, git: Git, first: list[str]
    ) -> None:
        write(repo / ".cursor/scripts/session_cli.py.original", "the original's\n")
        git(repo, "add", "-A")
        git(repo, "commit", "-q", "-m", "theirs")
        config = (repo / ".git/config").read_bytes()
        for name in SCRIPTS:
            write(repo / f".cursor/scripts/{name}.py", as_it_was("script.txt").replace("@NAME@", name))
        git(repo, "config", "pr-sessions.interpreter", sys.executable)
        if first:
            cli(*first)
        cli("uninstall")
        assert [path.name for path in (repo / ".cursor/scripts").iterdir()] == ["session_cli.py"]
        assert (repo / ".cursor/scripts/session_cli.py").read_text() == "the original's\n"
        assert (repo / ".git/config").read_bytes() == config


class TestAgentHooks:
    @pytest.fixture(params=OLD)
    def committed(self, request: pytest.FixtureRequest, cli: Cli, repo: Path, git: Git) -> Path:
        """A file of committed hooks."""
        cli("init")
        path = repo / INSTALLABLE[request.param].project_file
        write(path, as_it_was(f"project/{INSTALLABLE[request.param].project_file.removeprefix('.')}"))
        git(repo, "config", "pr-sessions.hook", this_program().words())
        return path

    def test_doctor_finds_committed_ones(self, cli: Cli, committed: Path) -> None:
        assert findings(cli, "hooks of") == [("warning", str(committed), "pr-sessions init")]

    def test_init_renews_committed_ones(self, cli: Cli, committed: Path) -> None:
        assert renewed(cli) == [("write", str(committed))]
        assert findings(cli, "hooks of") == []
        host = next(host for host in INSTALLABLE.values() if str(committed).endswith(host.project_file))
        text = committed.read_bytes()
        committed.unlink()
        cli("init", "--agents", host.name, "--scope", "project")
        assert committed.read_bytes() == text

    @pytest.mark.parametrize("first", [(), ("init",)], ids=["as they were", "renewed"])
    def test_uninstall_takes_committed_ones_out(self, cli: Cli, committed: Path, first: list[str]) -> None:
        if first:
            cli(*first)
        cli("uninstall")
        assert not committed.exists()

    def test_those_of_a_user_name_the_old_path_and_are_renewed(self, cli: Cli, home: Path) -> None:
        cli("init", "--agents", ",".join(OLD))
        today = {name: data for name, (data, _) in tree(home).items() if data}
        for name in today:
            (home / name).write_text(as_it_was(f"user/{name.removeprefix('.')}"))
        paths = [str(home / name) for name in today]
        assert sorted(path for _, path, _ in findings(cli, "hooks of")) == sorted(paths)
        assert sorted(renewed(cli)) == sorted(("write", path) for path in paths)
        assert {name: data for name, (data, _) in tree(home).items() if data} == today
        assert findings(cli, "hooks of") == []

    @pytest.mark.skipif(os.name == "nt", reason="sh")
    @pytest.mark.parametrize("name", OLD)
    def test_those_of_a_user_record_until_they_are_renewed(
        self, cli: Cli, repo: Path, monkeypatch: pytest.MonkeyPatch, name: str
    ) -> None:
        monkeypatch.setenv("PR_SESSIONS_NO_TRACKER", "1")
        cli("init")
        host = INSTALLABLE[name]
        text = as_it_was(f"user/{host.folder.removeprefix('.')}/{host.file}")
        line = next(line for line in re.findall(r'"(?:command|bash)": ("[^"]+")', text))
        payload = next(payload for event, payload, _ in host.examples(str(repo)) if event == host.events[0])
        done = subprocess.run(
            ["sh", "-c", json.loads(line)],
            input=json.dumps(payload).encode(),
            cwd=repo,
            capture_output=True,
            check=False,
        )
        assert (done.returncode, done.stdout, done.stderr) == (0, host.answer, b"")
        (record,) = (repo / ".git/pr-sessions/pending/events.jsonl").read_text().splitlines()
        assert json.loads(record)["host"] == name

    def test_an_older_form_of_a_user_s_own_is_renewed(self, cli: Cli, home: Path) -> None:
        cli("init", "--agents", "cursor")
        path = home / ".cursor/hooks.json"
        text = path.read_text()
        path.write_text(text.replace(" 2>/dev/null || :", " || true"))
        assert findings(cli, "hooks of") == [("warning", str(path), "pr-sessions init")]
        assert renewed(cli) == [("write", str(path))]
        assert path.read_text() == text

    def test_a_file_that_cannot_be_read_keeps_init_from_nothing_else(self, cli: Cli, home: Path) -> None:
        write(home / ".cursor/hooks.json", '{"pr_sessions": ')
        assert (cli("init").code, (home / ".cursor/hooks.json").read_text()) == (0, '{"pr_sessions": ')


class TestCommitTrailer:
    @pytest.fixture
    def ready(self, cli: Cli, repo: Path) -> Path:
        cli("init", "--commit-trailer")
        return repo

    def test_one_that_names_the_old_path_still_works_and_is_renewed(self, cli: Cli, ready: Path, git: Git) -> None:
        today = (ready / COMMIT_SCRIPT).read_text()
        (ready / COMMIT_SCRIPT).write_text(as_it_was("commit_script.txt"))
        session = cli("start", "--json").json["session"]["session_id"]
        git(ready, "commit", "-q", "--allow-empty", "-m", "work")
        assert git(ready, "log", "-1", "--format=%(trailers:key=Session-ID,valueonly)").strip() == session
        assert findings(cli, "trailer") == [("warning", str(ready / ".git/pr-sessions"), "pr-sessions init")]
        assert renewed(cli) == [("write", str(ready / COMMIT_SCRIPT))]
        assert (ready / COMMIT_SCRIPT).read_text() == today

    def test_the_lines_in_git_s_hook_that_name_no_path_are_renewed(self, cli: Cli, ready: Path) -> None:
        today = (ready / HOOK).read_text()
        (ready / HOOK).write_text(as_it_was("git_hook.txt"))
        place = str(ready / ".git/pr-sessions")
        assert findings(cli, "git's hook") == [("warning", place, "pr-sessions init")]
        assert renewed(cli) == [("write", str(ready / HOOK))]
        assert (ready / HOOK).read_text() == today

    @pytest.mark.parametrize(
        ("name", "change"),
        [
            (COMMIT_SCRIPT, lambda text: text.replace(" -I -S ", " -P ")),
            (COMMIT_SCRIPT, lambda text: text.replace(sys.executable, "/nowhere/python")),
            (COMMIT_SCRIPT, lambda text: text.replace("name_session.py", "gone.py")),
            (HOOK, lambda text: text.replace("run=.git/", "walk=.git/")),
        ],
        ids=["another version's", "no interpreter", "no reader", "another version's lines"],
    )
    def test_anything_else_is_found_and_renewed(
        self, cli: Cli, ready: Path, name: str, change: Callable[[str], str]
    ) -> None:
        text = (ready / name).read_text()
        (ready / name).write_text(change(text))
        place = str(ready / ".git/pr-sessions")
        assert findings(cli, "trailer", "git's hook") == [("warning", place, "pr-sessions init")]
        assert renewed(cli) == [("write", str(ready / name))]
        assert ((ready / name).read_text(), findings(cli, "trailer", "git's hook")) == (text, [])
