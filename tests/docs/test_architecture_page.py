"""The page on the architecture names what exists: every package, every path."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src/pr_sessions"
PAGE = (ROOT / "ARCHITECTURE.md").read_text("utf-8")
TREE = PAGE.partition("```\nsrc/pr_sessions/\n")[2].partition("```")[0]


def test_the_tree_has_every_package() -> None:
    packages = {path.parent.name for path in PACKAGE.glob("*/*.py")}
    assert set(re.findall(r"(?:^  |, )(\w+)/", TREE, re.MULTILINE)) == packages


def test_every_path_exists() -> None:
    paths = [path for path in re.findall(r"`([\w./]+)`", PAGE) if path.endswith(("/", ".py", ".toml"))]
    assert len(paths) > 30
    assert [path for path in paths if not ((PACKAGE / path).exists() or (ROOT / path).exists())] == []


def test_no_two_files_of_tests_have_one_name() -> None:
    """Run together, the second one could not be imported."""
    names = [path.name for path in (ROOT / "tests").rglob("test_*.py")]
    assert sorted(names) == sorted(set(names))
