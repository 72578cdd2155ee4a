"""Names of version 0.1.0 say what they are called now, and do nothing."""

from pathlib import Path

import pytest
from command_line import Cli
from ground import tree

from pr_sessions.cli.commands import RENAMED

LINES = [
    ("ci", "ci", "`pr-sessions gate decide`"),
    ("ci --event event.json", "ci", "`pr-sessions gate decide`"),
    ("ci check", "ci check", "`pr-sessions gate check`"),
    ("ci comment --json", "ci comment", "`pr-sessions gate comment`"),
    ("ci report", "ci report", "`pr-sessions gate finish`"),
    ("ci sweep --repository ada/shop", "ci sweep", "`pr-sessions gate sweep`"),
    ("check --pr-number 42", "check", "`pr-sessions classify`"),
    ("check --help", "check", "`pr-sessions classify`"),
    ("resume", "resume", "`pr-sessions pause --off`"),
    ("benchmark grouping aidev", "benchmark", "`python -m benchmarks.accuracy` in a checkout"),
]


@pytest.mark.parametrize(("line", "old", "new"), LINES)
def test_an_old_name_says_the_new_one(repo: Path, cli: Cli, line: str, old: str, new: str) -> None:
    before = tree(repo)

    result = cli(*line.split())

    assert (result.code, result.out) == (2, "")
    assert result.err == f"Error: `pr-sessions {old}` was renamed to {new}\n"
    assert tree(repo) == before


@pytest.mark.parametrize("words", [("help", "check"), ("help", "ci", "report")])
def test_help_of_an_old_name_says_it_too(cli: Cli, words: tuple[str, ...]) -> None:
    old = " ".join(words[1:])

    result = cli(*words)

    assert (result.code, result.err.splitlines()[-1]) == (
        2,
        f"Error: `pr-sessions {old}` was renamed to {RENAMED[old]}",
    )


def test_every_old_name_is_tried() -> None:
    assert {old for _, old, _ in LINES} == set(RENAMED)


@pytest.mark.parametrize("new", sorted({new for new in RENAMED.values() if "pr-sessions" in new}))
def test_every_new_name_is_a_command(cli: Cli, new: str) -> None:
    words = new.strip("`").split()[1:]

    result = cli("help", *(word for word in words if not word.startswith("-")))

    assert (result.code, [word for word in words if word not in result.out]) == (0, [])
