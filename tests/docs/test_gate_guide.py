"""What the guide to the gate says in words and settings; its workflow is linted and run in `tests/workflows`."""

import re
from pathlib import Path

import pytest

from pr_sessions.config.file import parse
from pr_sessions.core.policy import GateMode
from pr_sessions.setup.gate_files import PATHS

GUIDE = (Path(__file__).parents[2] / "docs/guides/gate.md").read_text("utf-8")
BLOCKS = re.findall(r"^ *```yaml\n(.*?)^ *```$", GUIDE, re.MULTILINE | re.DOTALL)
SETTINGS = [block for block in BLOCKS if "jobs:" not in block]


@pytest.mark.parametrize("block", SETTINGS)
def test_its_settings_have_no_mistake(block: str) -> None:
    assert parse(re.sub(r"(?m)^ +", "", block), "guide").mistakes == ()


def test_its_settings_are_enough_to_enforce() -> None:
    policy = parse(re.sub(r"(?m)^ +", "", SETTINGS[0]), "guide").policy
    assert (policy.gate, bool(policy.gate_checks), policy.gate_workflow) == (GateMode.ENFORCE, True, "ci.yml")


def test_it_names_every_file_that_is_written() -> None:
    workflows = [path for path in PATHS if path.endswith(".yml") and "/workflows/" in path]
    assert [path for path in [*workflows, ".github/actions/pr-sessions/"] if f"`{path}`" not in GUIDE] == []


def test_it_has_one_workflow_to_paste_from() -> None:
    assert len(BLOCKS) - len(SETTINGS) == 1
