"""Every Python block of the first guide runs, and prints what stands below it."""

import re
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

import pytest

GUIDE = Path(__file__).parents[2] / "docs/guides/getting-started.md"
BLOCK = re.compile(r"^```python\n(?P<code>.*?)^```\n\n```\n(?P<printed>.*?)^```$", re.MULTILINE | re.DOTALL)


def test_the_guide_prints_what_it_says(make_repo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(make_repo("guide"))
    names: dict[str, object] = {}

    printed = [_run(block["code"], names) for block in BLOCK.finditer(GUIDE.read_text())]

    assert printed == [block["printed"] for block in BLOCK.finditer(GUIDE.read_text())]
    assert len(printed) == 4


def _run(code: str, names: dict[str, object]) -> str:
    out = StringIO()
    with redirect_stdout(out):
        exec(compile(code, str(GUIDE), "exec"), names)  # noqa: S102 - our own guide
    return out.getvalue()
