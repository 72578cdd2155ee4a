"""A runner with everything that a job finds there. What it installs was fetched by `make test`."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from granted import GrantingGitHub
from repositories import PLANTED, ROOT, files_in, lay
from runner import Event, Runner, without_network

from descriptions import description
from forked import standing_in
from pr_sessions.core.policy import GateMode
from pr_sessions.git.repository import CONFIG
from pr_sessions.setup.gate_source import Source, find_source

Start = Callable[..., Runner]
Teams = Mapping[GateMode, dict[str, bytes]]
# Instead of making the virtual environment, which takes most of an installation's time, lay a copy of one there.
PREPARED = """\
#!/bin/sh
case "$1 $2 $3 $4" in
  "-I -m venv --clear") mkdir -p "${5%/*}" && cp -a '@venv' "$5" && rm -r "$5"/lib/*/site-packages/pr_sessions* ;;
  *) exec '@python' "$@" ;;
esac
"""


def _github() -> GrantingGitHub:
    return GrantingGitHub(description())


@pytest.fixture
def github() -> Iterator[GrantingGitHub]:
    """An empty repository; whatever is not as GitHub describes it fails the test."""
    fake = _github()
    with fake.running():
        yield fake
    assert fake.broken == []


def _made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], None]) -> Path:
    """A folder that the first process that needs it fills, and that all processes of this run share."""
    import fcntl

    own = factory.getbasetemp()
    folder = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / name
    folder.mkdir(exist_ok=True)
    with (folder / "made").open("a") as made:
        fcntl.flock(made, fcntl.LOCK_EX)
        # Not by its position: that is where the file ended when it was opened.
        if os.fstat(made.fileno()).st_size == 0:
            make(folder)
            made.write("made")
    return folder


@pytest.fixture(scope="session")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Everything that a runner installs, and the package as it stands here."""
    fetched = Path(sys.prefix) / "wheels"
    assert any(fetched.glob("*.whl")), f"{fetched} is empty: `make test` fills it, which needs the network once"

    def make(folder: Path) -> None:
        for wheel in fetched.glob("*.whl"):
            (folder / wheel.name).symlink_to(wheel)
        build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
        subprocess.run(build, cwd=ROOT, check=True, capture_output=True)

    return _made_once(tmp_path_factory, "wheels", make)


@pytest.fixture(scope="session")
def source(wheels: Path) -> Source:
    """The package as it stands here, as a wheel."""
    return find_source(str(next(wheels.glob("pr_sessions-*.whl"))))


@pytest.fixture(scope="session")
def teams(source: Source, tmp_path_factory: pytest.TempPathFactory) -> Teams:
    """The files of a team's default branch by mode: those of `init --github`, and the workflow of the guide."""
    return {mode: files_in(lay(tmp_path_factory.mktemp(mode), source=source, mode=mode)) for mode in GateMode}


@pytest.fixture(scope="session")
def machine(wheels: Path, teams: Teams, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder `RUNNER_TEMP` of a machine on which the action has installed the tool, by its own script.

    Another one was there before, with a file that each start of its Python runs.
    """

    def make(temp: Path) -> None:
        github = _github()
        (temp / PLANTED).parent.mkdir(parents=True)
        (temp / PLANTED).write_text(f"import pathlib; pathlib.Path({str(temp / 'taken')!r}).touch()\n")
        with github.running():
            payload = {"repository": {"default_branch": "main"}, "pull_request": {"number": 1}}
            event = Event(name="workflow_call", payload=payload, sha="0" * 40)
            runner = Runner(github, teams[GateMode.ENFORCE], tmp_path_factory.mktemp("first") / "run", temp, event)
            runner.environment = without_network(wheels)
            gate = runner.run(".github/workflows/pr-sessions-gate.yml")["gate"]
        assert (runner.ran, gate.result) == (["install", "run"], "success"), gate.log

    return _made_once(tmp_path_factory, "machine", make)


@pytest.fixture(scope="session")
def python(machine: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The machine's Python: its own interpreter forks for each command."""
    with standing_in(machine / "pr-sessions/bin/python", tmp_path_factory.mktemp("python")) as program:
        yield program


@pytest.fixture
def prepared(machine: Path, tmp_path: Path) -> str:
    """A `PATH` with a Python whose new virtual environments hold what ours needs already, and not ours."""
    python = tmp_path / "bin/python3"
    python.parent.mkdir()
    python.write_text(PREPARED.replace("@venv", str(machine / "pr-sessions")).replace("@python", sys.executable))
    python.chmod(0o755)
    return f"{python.parent}:/usr/bin:/bin"


@pytest.fixture
def start(github: GrantingGitHub, teams: Teams, machine: Path, python: Path, tmp_path: Path) -> Start:
    """A runner for an event: `start(event).run(".github/workflows/ci.yml")`. The tool is installed there.

    The team ran `init --github` with the settings that it has, or with those of the mode that is given.
    """

    def runner(event: Event, mode: GateMode | None = None) -> Runner:
        enforces = b"gate: enforce" in github.contents.get(("main", CONFIG), b"")
        team = teams[mode or (GateMode.ENFORCE if enforces else GateMode.ADVISORY)]
        number = len(list(tmp_path.iterdir()))
        one = Runner(github, team, tmp_path / f"run-{number}", machine, event)
        one.installed = {"python": str(python)}
        return one

    return runner


if os.name == "nt":
    collect_ignore_glob = ["test_*.py"]  # The scripts are bash's, as on the machines that the workflows ask for.
