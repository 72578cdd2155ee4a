"""What a person, a keyboard, a screen reader and a browser's policy meet in the pages of a server."""

from collections.abc import Sequence

import pytest

from browser.chromium import AXE, Opened
from browser.site import Site
from inboxes import HTML, REPOSITORY
from server.pages.sample import SampleBackend

THEMES = ("light", "dark")
WIDTHS = (1280, 360)
BILLING = f"/session?repository={REPOSITORY}&id=billing-3f9c"
# Every page, and every step of a correction.
PATHS = (
    "/",
    "/?mine=1",
    "/sessions",
    "/sessions?q=nothing",
    "/pull-requests",
    BILLING,
    f"/session?repository={REPOSITORY}&id=cart-a1b2",
    "/session?id=many",
    f"/pull-request?repository={REPOSITORY}&number=14",
    "/pull-request?number=77",
    "/repositories",
    "/deliveries",
    "/given-up",
    f"/decisions?repository={REPOSITORY}",
    "/decisions?repository=acme/tools",
    "/storage",
    "/changes",
    "/session/complete?id=billing-3f9c",
    "/session/merge?id=billing-3f9c",
    "/session/merge?id=billing-3f9c&to=cart-a1b2",
    "/pull-request/move?number=14",
    "/undo?entry=1",
    "/session?id=nothing",
)
ACTIVE = "script:not([src]), img, iframe, object, embed, base, [style], [onerror], [onload]"


def _violations(opened: Opened) -> Sequence[object]:
    opened.page.evaluate(AXE.read_text("utf-8"))
    found = opened.page.evaluate("axe.run().then(found => found.violations)")
    return [(each["id"], [node["html"] for node in each["nodes"]]) for each in found]


@pytest.mark.parametrize("path", PATHS)
def test_each_page_is_accessible_and_fits_in_both_themes(site: Site, backend: SampleBackend, path: str) -> None:
    backend.tracker(REPOSITORY).unlink("16", by=HTML)
    opened = site.open(path)
    for theme in THEMES:
        opened.page.emulate_media(color_scheme=theme)
        for width in WIDTHS:
            opened.page.set_viewport_size({"width": width, "height": 900})
            opened.unfold()
            assert opened.page.evaluate("document.documentElement.scrollWidth") == width
            assert opened.page.locator(ACTIVE).count() == 0
            # The checker is refused styles of its own, which the browser reports.
            said, opened.messages[:] = list(opened.messages), []
            expected = 1 if path.endswith("nothing") and "session?" in path else 0
            assert len(said) == (expected if (theme, width) == ("light", 1280) else 0), said
            assert _violations(opened) == []
            opened.messages.clear()
    assert [url for url in opened.requests if not url.startswith(site.address)] == []


@pytest.mark.parametrize("path", PATHS)
def test_each_page_says_the_same_without_a_script(site: Site, path: str) -> None:
    with_script, without = site.open(path), site.open(path, script=False)

    assert without.page.locator("main").inner_text() == with_script.page.locator("main").inner_text()
    assert without.page.title() == with_script.page.title()


def test_hostile_text_is_text(site: Site) -> None:
    opened = site.open(f"/session?repository={REPOSITORY}&id=cart-a1b2")

    assert opened.page.locator("h1").text_content() == HTML
    assert opened.page.title() == f"{HTML} · pr-sessions"
    assert opened.messages == []


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_a_session_is_completed_and_reopened(site: Site, backend: SampleBackend, script: bool) -> None:
    page = site.open(BILLING, script=script).page
    page.get_by_role("button", name="Complete…").click()
    page.get_by_role("button", name="Complete the session").click()
    assert page.locator(".notice").inner_text().startswith("Complete was done by ada")
    assert backend.store.sessions["billing-3f9c"].completion is not None

    page.locator(".notice").get_by_role("link", name="Undo").click()
    page.get_by_role("button", name="Undo it").click()

    assert page.locator(".notice").inner_text().startswith("Undo was done by ada")
    assert backend.store.sessions["billing-3f9c"].completion is None


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_sessions_are_merged_after_a_choice(site: Site, backend: SampleBackend, script: bool) -> None:
    page = site.open(BILLING, script=script, width=360).page
    page.get_by_role("button", name="Merge with…").click()
    page.get_by_role("searchbox").fill("docs")
    page.get_by_role("button", name="Search").click()
    page.get_by_role("radio").check()
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("button", name="Merge the sessions").click()

    assert page.locator("#facts code").first.inner_text() == "billing-3f9c"
    assert "docs-0c0c" in backend.store.sessions["billing-3f9c"].aliases


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_a_pull_request_is_moved_and_taken_out(site: Site, backend: SampleBackend, script: bool) -> None:
    page = site.open(f"/pull-request?repository={REPOSITORY}&number=14", script=script).page
    page.get_by_role("button", name="Move…").click()
    page.get_by_role("radio", name="A new session of its own").check()
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("button", name="Move #14").click()
    assert page.locator(".notice").inner_text().startswith("Move was done by ada")

    page.get_by_role("button", name="Take out…").click()
    page.get_by_role("button", name="Take #14 out").click()

    assert page.locator(".lead").inner_text().startswith("It is in no session: ada took it out")
    assert backend.store.sessions.unattributed("14") is not None


def test_a_correction_that_is_cancelled_changes_nothing(site: Site, backend: SampleBackend) -> None:
    page = site.open("/session/complete?id=billing-3f9c").page
    page.get_by_role("button", name="Cancel").click()

    assert page.locator("h1").inner_text() == "Billing"
    assert backend.store.audit_log().entries == ()


def test_a_dead_delivery_is_sent_again(site: Site, backend: SampleBackend) -> None:
    page = site.open("/deliveries").page
    page.get_by_role("button", name="Send again").first.click()

    assert page.locator(".notice").inner_text().endswith("waits again.")
    assert [line.state for line in backend.dead] == ["waiting", "dead", "dead"]


def test_filters_stand_in_the_address_and_in_the_form(site: Site) -> None:
    page = site.open("/sessions").page
    page.get_by_label("State").select_option("active")
    page.get_by_label("Author").fill("lin")
    page.get_by_role("button", name="Show").click()

    assert "state=active" in page.url
    assert "author=lin" in page.url
    assert page.locator("tbody th").all_inner_texts() == ["search-77aa"]
    assert page.get_by_label("State").input_value() == "active"


def test_the_first_link_leads_past_the_pages(site: Site) -> None:
    page = site.open("/sessions").page
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")

    assert page.evaluate("document.activeElement.closest('main') !== null")


def test_everything_that_can_be_used_is_reached_by_the_keyboard(site: Site) -> None:
    page = site.open(BILLING).page
    focusable = """[...document.querySelectorAll('a[href], button, input:not([type=hidden]), select, summary')]
        .filter(e => e.checkVisibility()).length"""
    reached = set()
    for _ in range(page.evaluate(focusable)):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("[...document.querySelectorAll('*')].indexOf(document.activeElement)"))

    assert len(reached) == page.evaluate(focusable)
