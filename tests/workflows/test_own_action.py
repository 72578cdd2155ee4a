"""The action as others use it by repository and commit: from its own folder, with nothing that is not pinned."""

from collections.abc import Callable
from pathlib import Path

from granted import GrantingGitHub
from repositories import ROOT
from runner import Event, Runner, without_network
from scenes import agent_opens, pull_request

NEEDED = ("action.yml", "pyproject.toml", "README.md", "LICENSE", "hatch_build.py", "package.json", "package-lock.json")
# As `uses: OWNER/pr-sessions@COMMIT`, in a folder of the workspace.
FOLDER = ".github/actions/pr-sessions"
WORKFLOW = f"""\
on: pull_request
permissions: {{}}
jobs:
  gate:
    runs-on: ubuntu-latest
    timeout-minutes: 5
    permissions:
      contents: read
      pull-requests: read
    outputs:
      should_skip_scoring: ${{{{ steps.gate.outputs.should_skip_scoring }}}}
    steps:
      - uses: actions/checkout@08c6903cd8c0fde910a37f88322edcfb5dd907a8
        with:
          ref: main
          sparse-checkout: {FOLDER}
          sparse-checkout-cone-mode: false
          persist-credentials: false
      - id: gate
        uses: ./{FOLDER}
"""


def test_it_installs_itself_and_decides(
    github: GrantingGitHub, start: Callable[[Event], Runner], wheels: Path, prepared: str, tmp_path: Path
) -> None:
    agent_opens(github, 1)
    runner = start(pull_request(github, 1))
    files = [
        *(ROOT / name for name in NEEDED),
        # What is made at a build is in no commit.
        *(p for p in (ROOT / "src").rglob("*.*") if p.suffix != ".pyc" and "static" not in p.parts),
    ]
    own = {f"{FOLDER}/{path.relative_to(ROOT).as_posix()}": path.read_bytes() for path in files if path.is_file()}
    runner.files = {**own, "own.yml": WORKFLOW.encode()}
    runner.installed, runner.temp = None, tmp_path / "temp"
    runner.environment = without_network(wheels) | {"PATH": prepared}
    job = runner.run("own.yml")["gate"]
    assert (runner.ran, job.result, job.log) == (["install", "run"], "success", job.log)
    assert job.outputs == {"should_skip_scoring": "false"}
