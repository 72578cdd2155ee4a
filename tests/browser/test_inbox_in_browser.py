"""What a person, a keyboard, a screen reader and a browser's policy meet in the page of the inbox."""

from datetime import UTC

import pytest

from browser.chromium import AXE, Open
from inboxes import HTML, empty_inbox, full_inbox, inbox_of, large_inbox, open_pr
from pr_sessions.core.agents import Involvement
from pr_sessions.core.inbox import Mark
from pr_sessions.render.inbox_page import page
from pr_sessions.render.inbox_words import SECTIONS

FULL = page(full_inbox(), UTC)
THEMES = ("light", "dark")
WIDTHS = (360, 800, 1600)
TITLE = "acme/shop: 19 rows in the inbox"
# What has the focus, in few words; the beginning of the page has none.
FOCUSED = "(e => e === document.body ? '' : e.tagName + ' ' + e.textContent.trim())(document.activeElement)"
FOCUSABLE = """[...document.querySelectorAll('a[href], summary')].filter(e => e.checkVisibility())
    .map(e => e.tagName + ' ' + e.textContent.trim())"""


@pytest.mark.parametrize("theme", THEMES)
def test_a_checker_of_accessibility_finds_nothing(open_page: Open, theme: str) -> None:
    opened = open_page(FULL)
    opened.page.emulate_media(color_scheme=theme)
    opened.unfold()
    opened.page.evaluate(AXE.read_text("utf-8"))

    violations = opened.page.evaluate("axe.run().then(found => found.violations)")

    assert [(each["id"], [node["html"] for node in each["nodes"]]) for each in violations] == []


def test_it_fits_every_width_in_both_themes(open_page: Open) -> None:
    opened = open_page(FULL)
    opened.unfold()
    colours, scrolled = set(), {}
    for theme in THEMES:
        opened.page.emulate_media(color_scheme=theme)
        colours.add(opened.page.evaluate("getComputedStyle(document.body).backgroundColor"))
        for width in WIDTHS:
            opened.page.set_viewport_size({"width": width, "height": 900})
            scrolled[theme, width] = opened.page.evaluate("document.documentElement.scrollWidth")

    assert len(colours) == len(THEMES)
    assert scrolled == {(theme, width): width for theme in THEMES for width in WIDTHS}


def test_hostile_text_is_text_and_nothing_leaves_the_page(open_page: Open) -> None:
    opened = open_page(FULL)
    opened.unfold()
    active = "script, img, iframe, object, embed, form, base, meta[http-equiv=refresh], [style], [onerror], [onload]"

    assert opened.page.title() == TITLE
    assert opened.page.locator(active).count() == 0
    assert opened.page.locator("h3 bdi", has_text="<script>").text_content() == HTML
    assert opened.messages == []
    assert [url for url in opened.requests if not url.startswith(("file:", "data:"))] == []


def test_the_policy_holds_back_what_would_not_be_escaped(open_page: Open) -> None:
    evil = "<script>document.title='owned'</script><img src='https://evil.example/x.png' style='color: red'>"

    opened = open_page(FULL.replace("<main", f"{evil}<main", 1))

    assert opened.page.title() == TITLE
    assert len(opened.messages) == 3
    assert opened.page.evaluate("document.querySelector('img').naturalWidth") == 0
    assert opened.page.evaluate("getComputedStyle(document.querySelector('img')).color") != "rgb(255, 0, 0)"


def test_tab_reaches_everything_in_the_order_of_reading(open_page: Open) -> None:
    opened = open_page(FULL)
    wanted = opened.page.evaluate(FOCUSABLE)
    reached = []
    for _ in wanted:
        opened.page.keyboard.press("Tab")
        reached.append(opened.page.evaluate(FOCUSED))

    assert reached == wanted
    assert wanted[0] == "A Skip to the rows"


def test_the_first_link_leads_to_the_rows(open_page: Open) -> None:
    opened = open_page(FULL)
    opened.page.keyboard.press("Tab")
    opened.page.keyboard.press("Enter")
    opened.page.keyboard.press("Tab")

    assert opened.page.evaluate("document.activeElement.closest('main') !== null")


def test_everything_folded_opens_and_closes_by_keyboard(open_page: Open) -> None:
    opened = open_page(FULL)
    opened.unfold()
    states = "[...document.querySelectorAll('details')].map(details => details.open)"
    count = opened.page.locator("summary").count()
    # From the last on: what is folded into another one is reached before that closes.
    for place in reversed(range(count)):
        opened.page.locator("summary").nth(place).focus()
        opened.page.keyboard.press("Enter")
    assert opened.page.evaluate(states) == [False] * count

    for place in range(count):
        opened.page.locator("summary").nth(place).focus()
        opened.page.keyboard.press("Space")
    assert opened.page.evaluate(states) == [True] * count


def test_a_link_to_a_folded_row_unfolds_it(open_page: Open) -> None:
    opened = open_page(FULL)
    folded = opened.page.locator("#waiting_for_others .row").first
    assert not folded.is_visible()

    opened.page.goto(f"{opened.page.url}#{folded.get_attribute('id')}")

    assert folded.is_visible()


def test_on_paper_no_row_is_folded_and_all_is_light(open_page: Open) -> None:
    opened = open_page(FULL)
    opened.page.emulate_media(media="print", color_scheme="dark")

    assert opened.page.locator("#waiting_for_others .row").first.is_visible()
    assert opened.page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"


def test_every_count_is_of_what_stands_below_it(open_page: Open) -> None:
    opened = open_page(FULL)
    inbox = full_inbox()
    rows = {words: len(inbox.rows_in(section)) for section, words in SECTIONS.items()}

    headings = opened.page.evaluate("""[...document.querySelectorAll('section:has(.row)')].map(section =>
        [section.querySelector('h2').textContent, section.querySelectorAll('.row').length])""")
    assert headings == [[f"{words} {count}", count] for words, count in {**rows, "Snoozed": 1}.items()]
    links = opened.page.evaluate("[...document.querySelectorAll('nav a')].map(link => link.textContent)")
    assert links == [heading for heading, _ in headings] + [
        "Same files 6",
        "Budgets 7",
        "Working trees 3",
        "Not read 3",
    ]
    unfolded = opened.page.evaluate("""[...document.querySelectorAll('details:has(> summary > b)')].map(details =>
         [Number(details.querySelector('b').textContent), details.querySelectorAll('a').length])""")
    signs = [inbox.signs[part] for part in Involvement]
    marks = [sum(row.mark is mark for row in inbox.rows) for mark in Mark]
    budgets = [len(budget.numbers) for budget in inbox.budgets]
    silent = len(inbox.rows_of_unknown_work)
    assert unfolded == [[count, count] for count in (*signs, *marks, *budgets, silent)]


@pytest.mark.parametrize(
    ("html", "headings"),
    [
        (page(empty_inbox(), UTC), ["acme/shop"]),
        (page(inbox_of((open_pr(1, "Alone"),)), UTC), ["acme/shop", "Needs review 1", "#1 Alone"]),
    ],
    ids=["empty", "one"],
)
def test_what_has_no_rows_is_not_shown(open_page: Open, html: str, headings: list[str]) -> None:
    opened = open_page(html)
    assert opened.page.locator("h1, h2, h3").all_text_contents() == headings


def test_a_map_of_many_pairs_is_folded_after_the_first(open_page: Open) -> None:
    opened = open_page(page(large_inbox(60), UTC))
    pairs = len(large_inbox(60).conflicts)

    assert opened.page.locator(".pairs > li").count() == opened.page.locator(".arcs path").count() == 20
    assert opened.page.locator("#map details summary").text_content() == f"{pairs - 20} more pairs"
    assert opened.page.locator("#map .rest a").count() == pairs - 20 + opened.page.locator("#map .rest li").count()
