"""Steps as JSON and as lines for people."""

from collections.abc import Sequence
from pathlib import Path

from pr_sessions.cli.output import table
from pr_sessions.cli.setup.steps import Step


def steps_view(steps: Sequence[Step]) -> list[dict[str, str]]:
    """The steps in JSON."""
    return [{"act": step.act, "path": str(step.path), "what": step.what} for step in steps]


def step_lines(steps: Sequence[Step], root: Path) -> list[str]:
    """The steps for people."""
    return table([(step.act, short(step.path, root), step.what) for step in steps])


def short(path: Path, root: Path) -> str:
    """A path as seen from the repository's root."""
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)
