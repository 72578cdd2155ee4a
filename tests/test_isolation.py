"""No Python of a repository runs in what we start, register or install, whatever it is named and wherever it lies."""

import json
import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Callable
from pathlib import Path

import pytest

import pr_sessions
import scene
from hooks.hook_runs import SCRIPT, claude, clean_environment
from hostile_python import NOT_AT_START, STARTED_BY_PYTHON, Hostile
from pr_sessions.compat.install import SCRIPTS
from pr_sessions.core.runs import run_key
from pr_sessions.hooks.detach import COMMAND as COMMAND_OF_HOOKS
from pr_sessions.hooks.detach import STUB
from pr_sessions.setup import merge_driver
from pr_sessions.setup.agent_hooks.commands import KEY, Shell, direct, portable, this_program
from pr_sessions.stub import user_site

pytestmark = pytest.mark.skipif(os.name == "nt", reason="sh, and the modules of a POSIX system")

Git = Callable[..., str]
COMMAND = Path(sysconfig.get_path("scripts")) / "pr-sessions"
PYTHON = f"python{sys.version_info.major}.{sys.version_info.minor}"
AT = "2025-11-22T10:00:00Z"
SESSION = "ada-20251122-1000"


def ours(root: Path, *words: str) -> str:
    """Run the command line in a clone."""
    done = subprocess.run([COMMAND, *words], cwd=root, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, Callable[[Path], None]], Path]:
    """Make a folder once, under a name."""
    base = tmp_path_factory.mktemp("made")

    def make(name: str, build: Callable[[Path], None]) -> Path:
        if not (base / name).exists():
            build(base / name)
        return base / name

    return make


Made = Callable[[str, Callable[[Path], None]], Path]


def set_up(root: Path) -> None:
    scene.committed(root)
    ours(root, "init", "--scripts", "--commit-trailer", "--share", "commit", "--time-zone", "UTC")


def fork(root: Path) -> None:
    """Let both branches add a pull request to one session."""
    set_up(root)
    with (root / ".cursor/config/session_config.yaml").open("a") as file:
        file.write("enable_timeout_completion: false\n")
    ours(root, "start", "--author", "ada", "--at", AT)
    scene.git(root, "add", "docs", ".gitattributes", ".cursor/config")
    scene.git(root, "commit", "-q", "-m", "begin")
    for branch, number in (("side", "1"), ("main", "2")):
        scene.git(root, "checkout", "-q", "-B", branch, "HEAD" if branch == "side" else "side~1")
        add = ("add", number, "--title", "auto-pr: x", "--author", "ada", "--at", AT, "--session", SESSION, "--create")
        ours(root, *add)
        scene.git(root, "commit", "-q", "-a", "-m", "work")
        shutil.rmtree(root / ".git/pr-sessions")


def with_modules(root: Path, traces: Path) -> Hostile:
    """Put modules of every name into the root, into a folder below, and beside the installed scripts."""
    found = Hostile(root, traces)
    for folder in (".", "deep", ".cursor/scripts"):
        found.bring(folder)
    return found


@pytest.fixture
def root(made: Made, tmp_path: Path) -> Path:
    """A clone that is set up with everything that others run."""
    return shutil.copytree(made("set up", set_up), tmp_path / "clone", symlinks=True)


@pytest.fixture
def hostile(root: Path, tmp_path: Path) -> Hostile:
    """The same with a repository's modules in it."""
    return with_modules(root, tmp_path / "traces")


@pytest.fixture
def forked(made: Made, tmp_path: Path) -> Hostile:
    """Two branches to merge, and the modules in the working tree."""
    root = shutil.copytree(made("forked", fork), tmp_path / "clone", symlinks=True)
    return with_modules(root, tmp_path / "traces")


def until_all_end(command: list[str], payload: dict[str, object], cwd: Path, environ: dict[str, str]) -> int:
    """Run a hook; return its exit code once the tracker that it started has ended, too."""
    ours_end, theirs = os.pipe()
    done = subprocess.run(
        command, input=json.dumps(payload).encode(), cwd=cwd, env=environ, pass_fds=(theirs,), check=False
    )
    os.close(theirs)
    with os.fdopen(ours_end, "rb") as file:
        file.read()
    return done.returncode


def runs(root: Path) -> set[str]:
    """The agents' conversations in the sessions that are saved."""
    document = json.loads((root / ".git/pr-sessions/sessions.json").read_text())
    return {run["id"] for record in document["active_sessions"].values() for run in record["metadata"]["runs"]}


class TestControl:
    """The modules would run, and would be noticed."""

    def test_python_runs_what_the_environment_names(self, hostile: Hostile) -> None:
        environ = {**os.environ, "PYTHONPATH": str(hostile.root / "deep")}
        subprocess.run([sys.executable, "-c", "import click"], env=environ, capture_output=True, check=False)
        assert hostile.traces != []

    def test_python_runs_what_lies_beside_a_script(self, hostile: Hostile) -> None:
        script = hostile.root / ".cursor/scripts/own.py"
        script.write_text("import click\n")
        subprocess.run([sys.executable, str(script)], capture_output=True, check=False)
        assert hostile.traces == [".cursor/scripts/click.py"]


class TestHook:
    @pytest.mark.parametrize("folder", [".", "deep", "deep/er", ".cursor/scripts"])
    def test_a_hook_and_its_tracker_run_nothing_of_it(self, hostile: Hostile, folder: str) -> None:
        line = direct(this_program(), "claude-code", Shell.SH)
        payload = claude("SessionStart", hostile.root)
        code = until_all_end(["sh", "-c", line], payload, hostile.root / folder, hostile.environment())
        assert (code, hostile.traces, runs(hostile.root)) == (0, [], {run_key("run-1")})

    def test_a_committed_hook_and_its_tracker_run_nothing_of_it(self, hostile: Hostile) -> None:
        scene.git(hostile.root, "config", KEY, this_program().words())
        line = portable("claude-code", Shell.SH)
        payload = claude("SessionStart", hostile.root)
        code = until_all_end(["sh", "-c", line], payload, hostile.root, hostile.environment())
        assert (code, hostile.traces, runs(hostile.root)) == (0, [], {run_key("run-1")})

    def test_the_tracker_itself_runs_nothing_of_it(self, hostile: Hostile) -> None:
        """Whatever the hook passes on to it."""
        hook = [sys.executable, "-I", "-S", str(SCRIPT), "claude-code"]
        environ = clean_environment(PR_SESSIONS_NO_TRACKER="1")
        assert until_all_end(hook, claude("SessionStart", hostile.root), hostile.root, environ) == 0
        done = subprocess.run(
            [sys.executable, *COMMAND_OF_HOOKS], cwd=hostile.root, env=hostile.environment(), check=False
        )
        assert (done.returncode, hostile.traces, runs(hostile.root)) == (0, [], {run_key("run-1")})

    def test_the_command_on_path_runs_nothing_of_the_current_folder(self, hostile: Hostile) -> None:
        payload = {"session_id": "run-1", "event": "start", "cwd": str(hostile.root)}
        code = until_all_end([str(COMMAND), "hook", "amp"], payload, hostile.root, dict(os.environ))
        assert (code, hostile.traces, runs(hostile.root)) == (0, [], {run_key("run-1")})

    def test_the_configuration_of_a_committed_bare_repository_does_not_count(self, root: Path, tmp_path: Path) -> None:
        if [int(part) for part in scene.git(root, "version").split()[2].split(".")[:2]] < [2, 38]:
            pytest.skip("git knows no safe.bareRepository")
        bare = root / "vendor"
        scene.git(root, "init", "-q", "--bare", str(bare))
        scene.git(bare, "config", KEY, f"touch '{tmp_path / 'it ran'}';")
        for line in (portable("codex", Shell.SH), portable("cursor", Shell.SH)):
            assert subprocess.run(["sh", "-c", line], cwd=bare, input=b"{}", check=False).returncode == 0
        assert not (tmp_path / "it ran").exists()


def merge(root: Path, **environ: str) -> int:
    done = subprocess.run(["git", "merge", "-q", "side"], cwd=root, env=environ, check=False, capture_output=True)
    return done.returncode


def pull_requests(root: Path) -> list[str]:
    document = json.loads((root / "docs/metrics/auto_pr_sessions.json").read_text())
    return list(document["active_sessions"][SESSION]["prs"])


class TestMerge:
    def test_the_driver_runs_nothing_of_it(self, forked: Hostile) -> None:
        assert merge(forked.root, **forked.environment()) == 0
        assert (pull_requests(forked.root), forked.traces) == (["1", "2"], [])

    def test_nor_does_the_installed_command_in_its_place(self, forked: Hostile) -> None:
        line = merge_driver.command_line(merge_driver.Program("/nowhere/python", STUB))
        scene.git(forked.root, "config", "merge.pr-sessions.driver", line)
        environ = forked.environment()
        assert merge(forked.root, **{**environ, "PATH": f"{COMMAND.parent}{os.pathsep}{environ['PATH']}"}) == 0
        assert (pull_requests(forked.root), forked.traces) == (["1", "2"], [])

    @pytest.mark.parametrize("entry", ["", ".", "tools"])
    def test_a_command_in_the_working_tree_is_not_ours(self, forked: Hostile, tmp_path: Path, entry: str) -> None:
        line = merge_driver.command_line(merge_driver.Program("/nowhere/python", STUB))
        scene.git(forked.root, "config", "merge.pr-sessions.driver", line)
        for folder in (".", "tools"):
            program = forked.root / folder / "pr-sessions"
            program.parent.mkdir(exist_ok=True)
            if not program.exists():
                program.write_text(f"#!/bin/sh\ntouch '{tmp_path / 'it ran'}'\n")
                program.chmod(0o755)
        others = [f for f in os.environ["PATH"].split(os.pathsep) if not (Path(f) / "pr-sessions").exists()]
        assert merge(forked.root, **{**os.environ, "PATH": os.pathsep.join((entry, *others))}) == 1
        assert not (tmp_path / "it ran").exists()


class TestCommit:
    def test_the_trailer_s_hook_runs_nothing_of_it(self, hostile: Hostile) -> None:
        root = hostile.root
        session = json.loads(ours(root, "start", "--author", "bob", "--json"))["session"]["session_id"]
        command = ["git", "commit", "-q", "--allow-empty", "-m", "Subject"]
        subprocess.run(command, cwd=root, env=hostile.environment(), check=True)
        said = scene.git(root, "log", "-1", "--format=%B")
        assert (said, hostile.traces) == (f"Subject\n\nSession-ID: {session}", [])


ARGUMENTS = {
    "auto_pr_session_manager": ("status",),
    "minimal_metadata_system": ("status",),
    "session_cli": ("status",),
}


def script(root: Path, name: str, *before: str, cwd: Path | None = None, **environ: str) -> int:
    """Run an installed script as people do; its exit code."""
    path = Path(".cursor/scripts", f"{name}.py")
    words = [*(before or (sys.executable,)), str(path if cwd is None else root / path), *ARGUMENTS.get(name, ())]
    done = subprocess.run(words, cwd=cwd or root, env={**os.environ, **environ}, check=False, capture_output=True)
    return done.returncode


class TestScripts:
    @pytest.mark.parametrize("name", SCRIPTS)
    def test_a_script_runs_nothing_that_lies_beside_it_or_in_the_root(self, hostile: Hostile, name: str) -> None:
        assert (script(hostile.root, name), hostile.traces) == (0, [])

    @pytest.mark.parametrize("folder", ["deep", ".cursor/scripts"])
    def test_wherever_it_is_called(self, hostile: Hostile, folder: str) -> None:
        ran = script(hostile.root, "session_cli", cwd=hostile.root / folder)
        assert (ran, hostile.traces) == (0, [])

    @pytest.mark.parametrize("options", [("-I", "-S"), ("-S",), ("-P", "-S"), ("-E",)], ids=" ".join)
    def test_with_an_interpreter_of_its_own_or_the_recorded_one(self, hostile: Hostile, options: list[str]) -> None:
        assert (script(hostile.root, "session_cli", sys.executable, *options), hostile.traces) == (0, [])

    def test_from_pythonpath_only_what_python_itself_reads_first(self, hostile: Hostile) -> None:
        """Before any line of a script, Python imports `sitecustomize`: nobody can take that back."""
        places = [str(hostile.bring(folder, NOT_AT_START)) for folder in ("one", "other")]
        ran = script(hostile.root, "session_cli", PYTHONPATH=os.pathsep.join(places))
        allowed = {f"{folder}/{name}.py" for folder in ("one", "other") for name in STARTED_BY_PYTHON}
        assert (ran, set(hostile.traces) - allowed) == (0, set())

    def test_a_repository_that_is_committed_in_the_folder_records_nothing(
        self, hostile: Hostile, tmp_path: Path
    ) -> None:
        evil = tmp_path / "evil"
        evil.write_text(f"#!/bin/sh\ntouch '{tmp_path / 'it ran'}'\n")
        evil.chmod(0o755)
        scene.git(hostile.root, "init", "-q", "--bare", ".cursor/scripts")
        for key in ("interpreter", "stub"):
            scene.git(hostile.root / ".cursor/scripts", "config", f"pr-sessions.{key}", str(evil))
        assert script(hostile.root, "session_cli", sys.executable, "-I", "-S") == 0
        assert not (tmp_path / "it ran").exists()

    def test_a_git_in_the_clone_is_not_run(self, hostile: Hostile, tmp_path: Path) -> None:
        (hostile.root / "git").write_text(f"#!/bin/sh\ntouch '{tmp_path / 'it ran'}'\n")
        (hostile.root / "git").chmod(0o755)
        path = os.pathsep.join(("", ".", os.environ["PATH"]))
        assert script(hostile.root, "session_cli", sys.executable, "-I", "-S", PATH=path) == 0
        assert not (tmp_path / "it ran").exists()

    def test_output_is_encoded_as_the_caller_asks(self, root: Path) -> None:
        words = [sys.executable, ".cursor/scripts/auto_pr_session_manager.py", "add", "--pr-number", "1", "--title"]
        done = subprocess.run(
            [*words, "auto-pr: é", "--author", "Émile"],
            cwd=root,
            env={**os.environ, "PYTHONIOENCODING": "latin-1"},
            check=True,
            capture_output=True,
        )
        assert json.loads(done.stdout.decode("latin-1"))["session"]["author"] == "Émile"


def test_the_command_runs_nothing_of_the_folder_in_which_it_is_called(hostile: Hostile) -> None:
    for words in (("status",), ("doctor",), ("look",), ("init",)):
        ours(hostile.root, *words)
    assert hostile.traces == []


class TestStub:
    def test_it_runs_isolated_only(self) -> None:
        done = subprocess.run([sys.executable, STUB, "--help"], check=False, capture_output=True, text=True)
        said = f"error: {STUB} runs isolated only\nhint: {sys.executable} -I {STUB}\n"
        assert (done.returncode, done.stdout, done.stderr) == (1, "", said)

    def test_an_interpreter_without_what_it_needs_is_named(self, tmp_path: Path) -> None:
        done = subprocess.run(
            [bare_python(tmp_path), "-I", STUB, "status"], check=False, capture_output=True, text=True
        )
        said = f"error: pr-sessions cannot be used with {bare_python(tmp_path)}: No module named 'click'\n"
        assert (done.returncode, done.stdout, done.stderr.startswith(said)) == (1, "", True)

    @pytest.mark.parametrize("place", ["home/lib/site-packages", "a folder of its own"])
    def test_an_installation_that_isolation_hides_is_found_by_its_place(
        self, root: Path, tmp_path: Path, place: str
    ) -> None:
        """As `pip install --user` and `pip install --target` leave it."""
        python, folder = bare_python(tmp_path), installed_in(tmp_path / place)
        # What all users share is older: the user's own comes first, as without isolation.
        (tmp_path / f"bare/lib/{PYTHON}/site-packages/click.py").write_text("raise SystemExit('older')\n")
        asked = [python, "-I", str(folder / "pr_sessions/stub.py"), "status", "--json"]
        done = subprocess.run(asked, cwd=root, check=False, capture_output=True, text=True)
        assert (done.returncode, done.stderr) == (0, "")

    def test_an_editable_installation_is_found_by_the_interpreter_s_own_path(self, root: Path, tmp_path: Path) -> None:
        python, folder = bare_python(tmp_path), installed_in(tmp_path / "site")
        package = (tmp_path / "checkout/src/pr_sessions").resolve()
        package.parent.mkdir(parents=True)
        (folder / "pr_sessions").rename(package)
        own = tmp_path / f"bare/lib/{PYTHON}/site-packages"
        (own / "pr_sessions.pth").write_text(f"{package.parent}\n{folder}\n")
        code = "import pr_sessions; print(pr_sessions.__file__)"
        assert subprocess.check_output([python, "-I", "-c", code], text=True) == f"{package / '__init__.py'}\n"
        done = subprocess.run([python, "-I", str(package / "stub.py"), "status"], cwd=root, check=False)
        assert done.returncode == 0

    def test_the_user_s_site_folder_counts_where_pr_sessions_was_installed_there(self, tmp_path: Path) -> None:
        folder = tmp_path / f".local/lib/{PYTHON}/site-packages"
        assert user_site(str(tmp_path)) is None
        (folder / "pr_sessions-0.1.0.dist-info").mkdir(parents=True)
        assert user_site(str(tmp_path)) == str(folder)
        assert user_site(None) is None


def bare_python(tmp_path: Path) -> str:
    """An interpreter without any package."""
    if not (tmp_path / "bare").exists():
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(tmp_path / "bare")], check=True)
    return str(tmp_path / "bare/bin/python")


def installed_in(folder: Path) -> Path:
    """A folder that holds this package and what it needs, as pip would have put it there."""
    folder.mkdir(parents=True)
    shutil.copytree(
        Path(pr_sessions.__file__).parent, folder / "pr_sessions", ignore=shutil.ignore_patterns("__pycache__")
    )
    for name in ("click", "msgspec", "yaml", "tzlocal"):
        module = __import__(name).__file__
        assert module is not None
        (folder / name).symlink_to(Path(module).parent)
    return folder


def test_what_comes_from_the_environment_is_not_passed_on_to_what_the_tracker_starts(hostile: Hostile) -> None:
    """Git's own hooks and helpers may be written in Python, too."""
    from pr_sessions.hooks.detach import inherited

    assert [name for name in inherited(hostile.environment()) if name.startswith("PYTHON")] == []


@pytest.fixture
def counting(tmp_path: Path) -> tuple[Path, Path]:
    """A copy of the package whose entrance writes its process id down, and that file."""
    package, log = installed_in(tmp_path / "counting") / "pr_sessions", tmp_path / "starts"
    stub = package / "stub.py"
    note = f"import os\nwith open({str(log)!r}, 'a') as file:\n    file.write(f'{{os.getpid()}}\\n')\n"
    stub.write_text(note + stub.read_text())
    return package, log


def hooks_at_once(package: Path, root: Path, number: int) -> None:
    """Start so many agents at once, and wait until all that they started has ended."""
    ours_end, theirs = os.pipe()
    command = [sys.executable, "-I", "-S", str(package / "hooks/hook.py"), "claude-code"]
    events = root.parent / "events"
    events.mkdir()
    for n in range(number):
        (events / str(n)).write_text(json.dumps(claude("SessionStart", root) | {"session_id": f"run-{n}"}))
    running = []
    for event in events.iterdir():
        with event.open() as file:
            running.append(subprocess.Popen(command, stdin=file, env=clean_environment(), pass_fds=(theirs,)))
    os.close(theirs)
    assert [process.wait() for process in running] == [0] * number
    with os.fdopen(ours_end, "rb") as file:
        file.read()


class TestOneTracker:
    def test_100_agents_that_start_at_once_start_one(self, root: Path, counting: tuple[Path, Path]) -> None:
        package, log = counting
        hooks_at_once(package, root, 100)
        assert runs(root) == {run_key(f"run-{n}") for n in range(100)}
        assert len(log.read_text().splitlines()) == 1

    def test_no_event_waits_when_each_tracker_ends_as_soon_as_it_can(
        self, root: Path, counting: tuple[Path, Path]
    ) -> None:
        package, _ = counting
        module = package / "hooks/detach.py"
        text = module.read_text()
        module.write_text(text.replace("LINGER = 1.0", "LINGER = 0.0"))
        assert module.read_text() != text
        hooks_at_once(package, root, 60)
        assert runs(root) == {run_key(f"run-{n}") for n in range(60)}

    def test_one_that_was_killed_keeps_no_other_from_starting(self, root: Path, counting: tuple[Path, Path]) -> None:
        package, log = counting
        os.mkfifo(log)
        command = [sys.executable, "-I", "-S", str(package / "hooks/hook.py"), "claude-code"]
        seen = []
        for _ in range(2):
            said = json.dumps(claude("SessionStart", root)).encode()
            subprocess.run(command, input=said, cwd=root, env=clean_environment(), check=True)
            with log.open() as file:  # waits for the tracker
                seen.append(int(file.read()))
            os.kill(seen[-1], 9)
        assert seen[0] != seen[1]

    def test_none_is_started_where_the_environment_says_so(self, root: Path, counting: tuple[Path, Path]) -> None:
        package, log = counting
        command = [sys.executable, "-I", "-S", str(package / "hooks/hook.py"), "claude-code"]
        environ = clean_environment(PR_SESSIONS_NO_TRACKER="1")
        assert until_all_end(command, claude("SessionStart", root), root, environ) == 0
        events = (root / ".git/pr-sessions/pending/events.jsonl").read_text().splitlines()
        assert ([json.loads(line)["run"] for line in events], log.exists()) == (["run-1"], False)
