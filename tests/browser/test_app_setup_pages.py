"""An administrator makes the App in a browser: from the printed link over GitHub's page to the variables."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from app_keys import private_key
from browser.chromium import AXE, Opened
from descriptions import description
from fake_github import FakeGitHub
from server.running import Running, serving


@pytest.fixture
def fake() -> Iterator[FakeGitHub]:
    made = FakeGitHub(description())
    made.app_pem = private_key()
    with made.running():
        yield made
    assert made.broken == []


@pytest.fixture
def server(clone: Path, tmp_path: Path, fake: FakeGitHub) -> Iterator[Running]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    database, public = f"sqlite:///{tmp_path}/team.db", f"http://127.0.0.1:{port}"
    options = ("--port", port, "--database", database, "--public-url", public)
    with serving(clone, *options, GITHUB_API_URL=fake.url) as running:
        yield running


def violations(opened: Opened) -> list[str]:
    """What the console says, and what axe finds, which is refused styles of its own."""
    said = list(opened.messages)
    opened.page.evaluate(AXE.read_text("utf-8"))
    found = opened.page.evaluate("axe.run().then(found => found.violations.map(each => each.id))")
    opened.messages.clear()
    return [*said, *found]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_an_app_is_made(browser: Browser, server: Running, fake: FakeGitHub, scheme: str) -> None:
    assert server.process.stdout
    link = server.process.stdout.readline().split()[-1]
    context = browser.new_context(color_scheme=scheme)
    opened = Opened(context.new_page())
    page = opened.page
    page.goto(link)
    assert (page.locator("h1").inner_text(), page.url) == ("Make the GitHub App", f"{server.url}/setup")
    assert violations(opened) == []

    page.get_by_label("Organisation").fill("acme")
    page.get_by_label("Gate").check()
    page.get_by_role("button", name="Continue").click()
    assert page.locator("h1").inner_text() == "Make the App on GitHub"
    assert violations(opened) == []

    page.get_by_role("button", name="Continue on GitHub").click()
    assert page.locator("h1").inner_text() == "The App octoapp is made"
    assert "PR_SESSIONS_APP_ID=4711" in page.locator("pre").first.inner_text()
    assert violations(opened) == []
    assert fake.asked[0].startswith("POST /organizations/acme/settings/apps/new?state=")
    assert fake.sent_headers[0]["origin"] == server.url
    context.close()
