import subprocess
import sys
from pathlib import Path
from shutil import copy

from pr_sessions.sessions.diagram import mermaid
from pr_sessions.sessions.policy import Policy

DOCS = Path(__file__).parents[2] / "docs"


def test_the_state_diagram_is_the_one_that_the_rules_draw() -> None:
    page = (DOCS / "concepts/lifecycle.md").read_text("utf-8")
    assert f"```mermaid\n{mermaid(Policy())}\n```\n" in page, "rewrite it: python docs/generate.py"


def test_generating_twice_changes_nothing_more(tmp_path: Path) -> None:
    (tmp_path / "concepts").mkdir()
    script = Path(copy(DOCS / "generate.py", tmp_path))
    page = Path(copy(DOCS / "concepts/lifecycle.md", tmp_path / "concepts"))
    before = page.read_bytes()
    for _ in range(2):
        subprocess.run([sys.executable, str(script)], check=True)
        assert page.read_bytes() == before
