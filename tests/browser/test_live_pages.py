"""A page that is open shows what changes, and leaves the person where the person was."""

import time
from pathlib import Path

import pytest
from msgspec.structs import replace
from playwright.sync_api import Browser

import scene
from browser.site import Site
from inboxes import inbox_of, open_pr
from pr_sessions.core.models import PullRequest, State
from pr_sessions.tracker import utc_now
from server.pages.sample import SampleBackend
from server.running import serving

# What the stream of events makes of its event.
CHANGED = "document.getElementById('live').dispatchEvent(new CustomEvent('changed'))"


def _change(site: Site, backend: SampleBackend) -> None:
    backend.open = replace(backend.open, rows=(*inbox_of((open_pr(4, "Just opened"),)).rows, *backend.open.rows))


def test_what_changed_is_shown_and_said(site: Site, backend: SampleBackend) -> None:
    page = site.open("/").page
    _change(site, backend)
    page.evaluate(CHANGED)
    page.get_by_text("Just opened").wait_for()

    assert page.locator("#lead").inner_text() == "19 rows with open pull requests"
    page.wait_for_function("document.getElementById('announced').textContent !== ''")
    assert page.locator("#announced").inner_text() == "The inbox has changed"


def test_focus_and_what_was_unfolded_stay(site: Site, backend: SampleBackend) -> None:
    page = site.open("/").page
    page.locator("#waiting_for_others summary").first.focus()
    page.keyboard.press("Enter")
    _change(site, backend)
    page.evaluate(CHANGED)
    page.get_by_text("Just opened").wait_for()

    assert page.evaluate("document.activeElement.closest('#waiting_for_others') !== null")
    assert page.locator("#waiting_for_others details").first.evaluate("details => details.open")


def test_a_session_shows_what_changed_in_it(site: Site, backend: SampleBackend) -> None:
    page = site.open("/session?id=billing-3f9c").page
    backend.tracker("").complete("billing-3f9c", by="bob")
    page.evaluate(CHANGED)

    page.locator("#lead", has_text="completed").wait_for()
    assert page.locator(".timeline li p").first.inner_text() == "It was completed: manual_cli"


@pytest.fixture
def tracked(clone: Path) -> Path:
    scene.tracker_at(clone, utc_now).record(_opened(1))
    return clone


def _opened(number: int) -> PullRequest:
    return scene.auto(number, state=State.OPEN, branch=f"change-{number}", base="main")


def test_a_served_page_shows_what_is_recorded_within_a_second(browser: Browser, tracked: Path) -> None:
    with serving(tracked) as running:
        page = browser.new_page()
        page.goto(running.line)
        page.locator("html[data-live]").wait_for(state="attached")
        page.get_by_text("#1").first.wait_for()

        scene.tracker_at(tracked, utc_now).record(_opened(2))
        began = time.monotonic()
        page.get_by_text("#2").first.wait_for()

        # The machine of a test may be slow; the figure itself is measured by `make bench-server`.
        assert time.monotonic() - began < 5
        page.close()
