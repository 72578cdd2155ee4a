"""The page on the gate names what the code has: every reason, every output."""

import re
from pathlib import Path

from assessments import assessed
from pr_sessions.core.gate import Why
from pr_sessions.render.assessment import step_outputs

PAGE = (Path(__file__).parents[2] / "docs/concepts/gate.md").read_text("utf-8")


def test_it_names_every_reason() -> None:
    assert re.findall(r"^- \*\*(.+)\*\*: ", _section("How it decides"), re.MULTILINE) == [why.value for why in Why]


def test_it_names_every_output() -> None:
    named = re.findall(r"^- `(\w+)`: ", _section("Outputs"), re.MULTILINE)
    assert sorted(named) == sorted(step_outputs(assessed()))


def _section(title: str) -> str:
    return PAGE.partition(f"\n## {title}\n")[2].partition("\n## ")[0]
