import subprocess
import sys
from pathlib import Path
from shutil import copy

from pr_sessions.core.diagram import mermaid
from pr_sessions.core.policy import Policy

DOCS = Path(__file__).parents[2] / "docs"

GENERATED_IN_PART = (
    "concepts/sessions.md",
    "guides/gate.md",
    "guides/github-app.md",
    "reference/api.md",
    "reference/signatures.md",
)


def test_the_state_diagram_is_the_one_that_the_rules_draw() -> None:
    page = (DOCS / "concepts/sessions.md").read_text("utf-8")
    assert f"```mermaid\n{mermaid(Policy())}\n```\n" in page, "rewrite it: make docs"


def test_generating_twice_changes_nothing_more(tmp_path: Path) -> None:
    script = Path(copy(DOCS / "generate.py", tmp_path))
    pages = []
    for name in GENERATED_IN_PART:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        pages.append(Path(copy(DOCS / name, tmp_path / name)))
    before = [page.read_bytes() for page in pages]
    for _ in range(2):
        subprocess.run([sys.executable, str(script)], check=True)
        assert [page.read_bytes() for page in pages] == before
