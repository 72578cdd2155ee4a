"""What we hand to teams has nothing to blame it for, as strictly as the linters can look."""

import re
from pathlib import Path

import pytest
import yaml
from linting import findings
from repositories import A_WHEEL, SOMEWHERE, lay, lay_own, workflows_in_docs

from pr_sessions.core.policy import GateMode
from pr_sessions.setup.gate_source import Source

CARELESS = """\
name: Careless
on: pull_request_target
jobs:
  greet:
    runs-on: ubuntu-latest
    steps:
      - run: echo ${{ github.event.pull_request.title }}
      - run: rm $UNQUOTED
"""


@pytest.mark.parametrize("mode", GateMode)
@pytest.mark.parametrize("source", [SOMEWHERE, A_WHEEL], ids=["commit", "wheel"])
def test_the_workflows_and_those_of_the_docs_are_clean(tmp_path: Path, source: Source, mode: GateMode) -> None:
    assert findings(lay(tmp_path, source=source, mode=mode)) == ""


def test_every_workflow_of_the_docs_names_its_file_and_is_looked_at() -> None:
    assert sorted(workflows_in_docs()) == [".github/workflows/ci.yml", ".github/workflows/sessions.yml"]


@pytest.mark.parametrize("name", workflows_in_docs())
def test_the_workflows_of_the_docs_pin_what_they_use_and_leave_no_token_behind(name: str) -> None:
    workflow = yaml.safe_load(workflows_in_docs()[name])
    steps = [step for job in workflow["jobs"].values() for step in job.get("steps", ()) if "uses" in step]
    of_others = [step for step in steps if not step["uses"].startswith("./")]

    assert workflow["permissions"] == {}
    assert [step for step in of_others if not re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", step["uses"])] == []
    assert [step["with"]["persist-credentials"] for step in of_others if "checkout" in step["uses"]] == [False] * len(
        of_others
    )


def test_our_own_action_is_clean(tmp_path: Path) -> None:
    assert findings(lay_own(tmp_path)) == ""


def test_each_linter_looks(tmp_path: Path) -> None:
    said = findings(lay(tmp_path, {".github/workflows/careless.yml": CARELESS}))
    assert [word in said for word in ("error[template-injection]", "SC2086", "[missing-timeout]")] == [True] * 3
