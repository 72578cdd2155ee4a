"""Nothing says to install pr-sessions by a name that somebody else could register."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PLACES = (ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "action.yml", ROOT / "docs", ROOT / "src")
TEXTS = (".md", ".py", ".yml", ".txt", ".toml")
# Behind the program stands the name, with or without options, quotes, an extra or a version.
BY_NAME = re.compile(
    r"(?:pip3? install|pipx (?:install|run)|uv tool (?:install|run)|uvx|uv (?:pip install|add))"
    r"(?: --?[a-z-]+)* ['\"]?pr[-_]sessions\b(?![/\\.@-])"
)


def test_no_page_message_or_workflow_does() -> None:
    files = [path for place in PLACES for path in ([place] if place.is_file() else sorted(place.rglob("*")))]
    texts = {path: path.read_text("utf-8") for path in files if path.suffix in TEXTS}
    assert len(texts) > 200
    assert {path.name: found[0] for path, text in texts.items() if (found := BY_NAME.search(text))} == {}


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("pip install pr-sessions", True),
        ("pip install --upgrade pr-sessions", True),
        ("pip install 'pr-sessions[github]'", True),
        ("pipx install pr-sessions==0.1.0", True),
        ("uvx pr-sessions look", True),
        ("uv tool install './pr-sessions[github]'", False),
        ("uv tool install 'git+https://HOST/OWNER/pr-sessions@COMMIT'", False),
        ("pip install dist/pr_sessions-0.1.0-py3-none-any.whl", False),
        ("pip install -r tool.txt", False),
    ],
)
def test_what_is_looked_for(line: str, found: bool) -> None:
    assert bool(BY_NAME.search(line)) is found
