"""A runner with everything that a job finds there. What it installs was fetched by `make test`."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from granted import GrantingGitHub
from repositories import ROOT, lay
from runner import Event, Runner, without_network

from descriptions import description

Start = Callable[..., Runner]


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
        if made.tell() == 0:
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
def team(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The files of a team's default branch: those of `init --github`, and the workflow of the guide."""
    root = lay(tmp_path_factory.mktemp("team"))
    return {path.relative_to(root).as_posix(): path.read_text("utf-8") for path in root.rglob("*.*") if path.is_file()}


@pytest.fixture(scope="session")
def machine(wheels: Path, team: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder `RUNNER_TEMP` of a machine on which the action has installed the tool, by its own script."""

    def make(temp: Path) -> None:
        github = _github()
        with github.running():
            event = Event(name="workflow_call", payload={"repository": {"default_branch": "main"}}, sha="0" * 40)
            runner = Runner(github, team, tmp_path_factory.mktemp("first") / "run", temp, event)
            runner.environment = without_network(wheels)
            gate = runner.run(".github/workflows/pr-sessions-gate.yml")["gate"]
        assert runner.ran == ["install", "run"], gate.log

    return _made_once(tmp_path_factory, "machine", make)


@pytest.fixture
def start(github: GrantingGitHub, team: dict[str, str], machine: Path, tmp_path: Path) -> Start:
    """A runner for an event: `start(event).run(".github/workflows/ci.yml")`. The tool is installed there."""

    def runner(event: Event) -> Runner:
        number = len(list(tmp_path.iterdir()))
        one = Runner(github, team, tmp_path / f"run-{number}", machine, event)
        one.installed = {"python": str(machine / "pr-sessions/bin/python")}
        return one

    return runner


if os.name == "nt":
    collect_ignore_glob = ["test_*.py"]  # The scripts are bash's, as on the machines that the workflows ask for.
