"""The diff of a session in a browser: it scrolls by itself, and a keyboard reaches every line."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser

import scene
from browser.chromium import AXE
from browser.site import Site
from pr_sessions.core.models import State
from pr_sessions.server.local.backend import LocalBackend

LONG = "print('a line that is longer than a narrow window is wide, so that it scrolls')"


@pytest.fixture
def branch(clone: Path, clock: scene.Clock) -> Path:
    scene.git(clone, "checkout", "-q", "-b", "change-1", "main")
    (clone / "long.py").write_text(f"{LONG}\n")
    scene.git(clone, "add", ".")
    scene.git(clone, "commit", "-q", "-m", "change")
    scene.git(clone, "checkout", "-q", "main")
    scene.tracker_at(clone, clock).record(scene.auto(1, state=State.OPEN, branch="change-1", base="main"))
    return clone


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_long_line_scrolls_in_its_place(browser: Browser, branch: Path, clock: scene.Clock, theme: str) -> None:
    with Site(browser, LocalBackend(branch, {}, clock)) as site:
        opened = site.open("/session/diff?id=ada-20251122-1000", theme=theme, width=360)
        lines = opened.page.locator("pre")

        assert opened.messages == []
        assert opened.page.evaluate("document.documentElement.scrollWidth") == 360
        assert lines.evaluate("pre => pre.scrollWidth > pre.clientWidth")
        lines.focus()
        assert lines.inner_text().strip() == f"+{LONG}"
        opened.page.evaluate(AXE.read_text("utf-8"))
        assert opened.page.evaluate("axe.run().then(found => found.violations)") == []
