"""Pages in a real browser: the inbox as one file, and those of a server."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from browser.chromium import MISSING, Open, Opened, chromium, is_there
from browser.site import Site
from server.pages.sample import SampleBackend

# Read before the tests take it away.
ON_CI = os.environ.get("CI") == "true"


# While it is driven, an event loop runs in this thread: tests of other modules could start none.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if not is_there():
        if ON_CI:
            pytest.fail(MISSING)
        pytest.skip(MISSING)
    with chromium() as browser:
        yield browser


@pytest.fixture
def open_page(browser: Browser, tmp_path: Path) -> Iterator[Open]:
    """Open a page of this HTML, as a file of this machine."""
    contexts = []

    def open_html(html: str) -> Opened:
        path = tmp_path / "inbox.html"
        path.write_text(html, "utf-8")
        contexts.append(browser.new_context())
        opened = Opened(contexts[-1].new_page())
        opened.page.goto(path.as_uri())
        return opened

    yield open_html
    for context in contexts:
        context.close()


@pytest.fixture
def backend() -> SampleBackend:
    return SampleBackend()


@pytest.fixture
def site(browser: Browser, backend: SampleBackend) -> Iterator[Site]:
    """The pages of a server with everything in it, for who opened the printed address."""
    with Site(browser, backend) as site:
        yield site
