"""The page on the gate names what the code has: every reason, every output."""

import re
from pathlib import Path

from judged import judged
from pr_sessions.live.runner.outputs import step_outputs
from pr_sessions.sessions.gate import Why

PAGE = (Path(__file__).parents[2] / "docs/concepts/gate.md").read_text("utf-8")


def _first_cells(title: str) -> list[str]:
    table = PAGE.partition(f"| {title} |")[2].partition("\n\n")[0]
    return re.findall(r"^\| `?([^|`]+?)`? \|", table.partition("|---|---|")[2], re.MULTILINE)


def test_it_names_every_reason() -> None:
    assert _first_cells("reason") == [why.value for why in Why]


def test_it_names_every_output() -> None:
    assert sorted(_first_cells("output")) == sorted(step_outputs(judged()))
