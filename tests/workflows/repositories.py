"""Repositories as teams have them once they have switched the gate on."""

import re
from pathlib import Path
from textwrap import dedent

from pr_sessions.cli.setup.gate_files import gate_files, own_action

ROOT = Path(__file__).parents[2]
GUIDE = ROOT / "docs/guides/gate.md"
VERSION = "0.1.0"
_BLOCK = re.compile(r"^ *```yaml\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)


def guide_blocks() -> dict[str, str]:
    """The YAML of the guide, by the file that its first line names."""
    blocks = [dedent(block) for block in _BLOCK.findall(GUIDE.read_text("utf-8"))]
    return {block.split("\n", 1)[0].removeprefix("# "): block for block in blocks}


def lay(root: Path, files: dict[str, str] | None = None) -> Path:
    """The files of `init --github`, the guide's workflow, and further ones."""
    written = {name: data.decode() for name, data in gate_files(VERSION).items()}
    workflows = {name: text for name, text in guide_blocks().items() if name.startswith(".github/workflows/")}
    for name, text in {**written, **workflows, **(files or {})}.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, "utf-8")
    return root


def lay_own(root: Path) -> Path:
    """The action as it stands in our own repository."""
    (root / "action.yml").write_text(own_action(), "utf-8")
    return root
