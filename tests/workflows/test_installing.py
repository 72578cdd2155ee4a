"""The action installs what `init --github` recorded, step by step, and runs nothing else."""

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from granted import GrantingGitHub
from repositories import PLANTED, files_in, lay
from runner import Event, Job, Runner, without_network

from gate_sources import WHEEL, package_files, repository
from pr_sessions.setup.gate_source import Source, find_source

ACTION = ".github/actions/pr-sessions"
GATE = ".github/workflows/pr-sessions-gate.yml"
Install = Callable[..., tuple[list[str], Job]]

PAYLOAD = {"repository": {"default_branch": "main"}, "pull_request": {"number": 1}}


@pytest.fixture
def install(github: GrantingGitHub, wheels: Path, tmp_path: Path) -> Install:
    """Runs the gate with these files on a machine that has nothing but wheels: the steps that ran, and the job.

    With `path`, its Python is another one.
    """

    def call(files: dict[str, bytes], path: str = "") -> tuple[list[str], Job]:
        event = Event(name="workflow_call", payload=PAYLOAD, sha="0" * 40)
        runner = Runner(github, files, tmp_path / "run", tmp_path / "temp", event)
        runner.environment = without_network(wheels) | ({"PATH": path} if path else {})
        return runner.ran, runner.run(GATE)["gate"]

    return call


def outcome(ran: list[str], job: Job) -> tuple[list[str], str]:
    """The steps that ran, and what the job came to."""
    return ran, job.result


def test_a_commit_is_fetched_built_and_run(install: Install, prepared: str, tmp_path: Path) -> None:
    source = find_source(repository(tmp_path / "tool"))
    ran, job = install(files_in(lay(tmp_path / "team", source=source)), prepared)

    assert outcome(ran, job) == (["install", "run"], "success"), job.log
    assert job.outputs["would_skip"] == "false"


def test_another_commit_than_the_recorded_one_is_not_run(install: Install, prepared: str, tmp_path: Path) -> None:
    """Somebody changes the commit, and forgets that its digest is recorded."""
    files = files_in(lay(tmp_path / "team", source=find_source(repository(tmp_path / "tool"))))
    changed = {f"src/pr_sessions/{name}": data for name, data in package_files().items()}
    changed["src/pr_sessions/__main__.py"] = b"open('/tmp/never', 'w')"
    _, _, other = repository(tmp_path / "other", changed).rpartition("@")
    action = files[f"{ACTION}/action.yml"].decode().replace(str(tmp_path / "tool"), str(tmp_path / "other"))
    files[f"{ACTION}/action.yml"] = re.sub(r'"[0-9a-f]{40}"', f'"{other}"', action).encode()
    ran, job = install(files, prepared)

    assert outcome(ran, job) == (["install"], "failure")
    assert "::error::the pr-sessions that was installed is not the one that was recorded" in job.log


def test_a_commit_that_is_gone_is_no_reason_to_run_another_one(install: Install, prepared: str, tmp_path: Path) -> None:
    files = files_in(lay(tmp_path / "team", source=find_source(repository(tmp_path / "tool"))))
    action = files[f"{ACTION}/action.yml"].decode()
    files[f"{ACTION}/action.yml"] = re.sub(r'"[0-9a-f]{40}"', f'"{"a" * 40}"', action).encode()

    assert outcome(*install(files, prepared)) == (["install"], "failure")


def test_a_wheel_with_another_hash_is_not_installed(
    install: Install, prepared: str, source: Source, tmp_path: Path
) -> None:
    files = files_in(lay(tmp_path / "team", source=source))
    files[f"{ACTION}/{WHEEL}"] += b"\0"
    ran, job = install(files, prepared)

    assert outcome(ran, job) == (["install"], "failure")
    assert "THESE PACKAGES DO NOT MATCH THE HASHES" in job.log


def test_a_wheel_whose_digest_was_not_recorded_is_not_run(
    install: Install, prepared: str, source: Source, tmp_path: Path
) -> None:
    files = files_in(lay(tmp_path / "team", source=source))
    action = files[f"{ACTION}/action.yml"].decode()
    files[f"{ACTION}/action.yml"] = action.replace(source.digest, "0" * 64).encode()
    ran, job = install(files, prepared)

    assert outcome(ran, job) == (["install"], "failure")
    assert "nothing of it was run" in job.log


def test_a_machine_that_had_another_one_before_gets_the_recorded_one(machine: Path) -> None:
    """The machine of all tests had one, and ran what was installed."""
    assert not (machine / PLANTED).exists()
    assert not (machine / "taken").exists()


ALONE = """\
on: pull_request
permissions: {}
jobs:
  record:
    runs-on: ubuntu-latest
    timeout-minutes: 5
    permissions:
      contents: read
    outputs:
      program: ${{ steps.install.outputs.program }}
    steps:
      - uses: actions/checkout@08c6903cd8c0fde910a37f88322edcfb5dd907a8
        with:
          ref: main
          sparse-checkout: .github/actions/pr-sessions
          sparse-checkout-cone-mode: false
          persist-credentials: false
      - id: install
        uses: ./.github/actions/pr-sessions
        with:
          command: install
"""


def test_it_installs_and_does_nothing_more_on_request(
    github: GrantingGitHub, source: Source, wheels: Path, prepared: str, tmp_path: Path
) -> None:
    files = {**files_in(lay(tmp_path / "team", source=source)), "alone.yml": ALONE.encode()}
    event = Event(name="pull_request", payload={}, sha="0" * 40)
    runner = Runner(github, files, tmp_path / "run", tmp_path / "temp", event)
    runner.environment = without_network(wheels) | {"PATH": prepared}
    job = runner.run("alone.yml")["record"]
    ran = subprocess.run([job.outputs["program"], "--version"], capture_output=True, text=True, check=True)

    assert (job.result, github.asked, ran.stdout) == ("success", [], "pr-sessions 0.1.0\n")
