"""Repositories as teams have them once they have switched the gate on."""

import re
import sys
from pathlib import Path
from textwrap import dedent

from pr_sessions.core.policy import GateMode
from pr_sessions.setup.gate_files import gate_files, own_action
from pr_sessions.setup.gate_source import Commit, Source, Wheel

ROOT = Path(__file__).parents[2]
# In the folder where the action installs the tool: Python runs the lines of such a file whenever it starts.
PLANTED = f"pr-sessions/lib/python{sys.version_info[0]}.{sys.version_info[1]}/site-packages/planted.pth"
GUIDE = ROOT / "docs/guides/gate.md"
VERSION = "0.1.0"
# Where only the text of the files matters.
SOMEWHERE = Commit("https://github.com/octocat/pr-sessions", "0" * 40, "0" * 64)
A_WHEEL = Wheel("pr_sessions-0.1.0-py3-none-any.whl", b"", "0" * 64)
_BLOCK = re.compile(r"^ *```yaml\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)


def guide_blocks() -> dict[str, str]:
    """The YAML of the guide, by the file that its first line names."""
    blocks = [dedent(block) for block in _BLOCK.findall(GUIDE.read_text("utf-8"))]
    return {block.split("\n", 1)[0].removeprefix("# "): block for block in blocks}


def workflows_in_docs() -> dict[str, str]:
    """Every workflow that the docs show, by the file that its first line names."""
    pages = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    blocks = [dedent(block) for page in pages for block in _BLOCK.findall(page.read_text("utf-8"))]
    return {block.split("\n", 1)[0].removeprefix("# "): block for block in blocks if "uses:" in block}


def lay(
    root: Path,
    files: dict[str, str] | None = None,
    source: Source = SOMEWHERE,
    mode: GateMode = GateMode.ENFORCE,
    *,
    dashboard: bool = True,
) -> Path:
    """The files of `init --github`, the workflows of the docs, and further ones."""
    texts = {name: text.encode() for name, text in {**workflows_in_docs(), **(files or {})}.items()}
    for name, data in {**gate_files(VERSION, source, mode, dashboard=dashboard), **texts}.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(data)
    return root


def files_in(root: Path) -> dict[str, bytes]:
    """Every file of a folder by its path."""
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def lay_own(root: Path) -> Path:
    """The action as it stands in our own repository."""
    (root / "action.yml").write_text(own_action(), "utf-8")
    return root
