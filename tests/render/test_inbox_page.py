"""The page of the inbox: its size, its policy, its links, and that text of people stays text."""

import re
from base64 import b64encode
from datetime import UTC, timedelta
from hashlib import sha256
from html.parser import HTMLParser

import pytest
from hypothesis import given

from examples import few
from inboxes import NOW, agents, ago, full_inbox, head, inbox_of, large_inbox, open_pr, review
from pr_sessions.core.inbox import Inbox
from pr_sessions.core.open_pull_requests import OpenPullRequest, ReviewState
from pr_sessions.render.conflict_map import conflict_map
from pr_sessions.render.inbox_drawing import TimeScale, lane
from pr_sessions.render.inbox_page import page
from rendering import HOSTILE

KB = 1000


class Reader(HTMLParser):
    """The tags and attributes of a page, and its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.links: list[tuple[str, str | None]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.tags.add(tag)
        self.attributes |= values.keys()
        if tag == "a":
            self.links.append((values["href"] or "", values.get("rel")))

    def handle_data(self, data: str) -> None:
        self.text += data


FULL = Reader(page(full_inbox(), UTC))


def everybody_edits_one_file(count: int) -> Inbox:
    """An inbox in which every pull request shares a file with every other one."""
    long = "A title as long as GitHub allows it " * 7
    return inbox_of(
        tuple(
            open_pr(number, f"{long}{number}", files=("README.md",), agents=agents("codex"), session_id=f"s-{number}")
            for number in range(1, count + 1)
        )
    )


@pytest.mark.parametrize(
    "inbox", [large_inbox(100), everybody_edits_one_file(100)], ids=["as usual", "all pairs share a file"]
)
def test_a_hundred_open_pull_requests_are_under_500_kb(inbox: Inbox) -> None:
    assert len(inbox.pull_requests) == 100
    assert len(page(inbox, UTC).encode()) < 500 * KB


def test_the_policy_names_the_one_style_that_stands_in_the_page() -> None:
    html = page(full_inbox(), UTC)
    style = re.findall(r"<style>(.*?)</style>", html, re.DOTALL)
    digest = b64encode(sha256(style[0].encode()).digest()).decode()

    assert len(style) == 1
    assert re.findall(r'Content-Security-Policy" content="(.*?)"', html) == [
        f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; base-uri 'none'; form-action 'none'"
    ]
    assert "style" not in FULL.attributes


def test_links_lead_to_rows_of_the_page_or_to_pull_requests_without_a_word_of_where_from() -> None:
    ids = set(re.findall(r' id="([^"]+)"', page(full_inbox(), UTC)))
    inner = {link[1:] for link, rel in FULL.links if link.startswith("#") and rel is None}
    outer = {(link, rel) for link, rel in FULL.links if not link.startswith("#")}

    assert inner < ids
    assert outer == {(pr.address, "noopener noreferrer") for pr in full_inbox().pull_requests if pr.number != "90"}


@pytest.mark.parametrize(
    "address",
    [
        *("javascript:alert(1)", "data:text/html,x", "//evil.example/acme/shop/pull/7", "https://evil.example/"),
        *("https://github.com/acme/shop/pull/8", 'https://github.com/acme/shop/pull/7"onclick="x', ""),
    ],
)
def test_an_address_that_is_not_of_this_pull_request_is_no_link(address: str) -> None:
    links = Reader(page(inbox_of((open_pr(7, address=address),)), UTC)).links
    assert [link for link, _ in links if not link.startswith("#")] == []


def test_a_pull_request_of_a_forge_without_encryption_is_a_link() -> None:
    address = "http://git.acme.example:8080/acme/shop/-/merge_requests/7"
    assert address in [link for link, _ in Reader(page(inbox_of((open_pr(7, address=address),)), UTC)).links]


@few
@given(text=HOSTILE)
def test_text_of_people_adds_no_element_and_no_attribute(text: str) -> None:
    pr = open_pr(
        *(7, text),
        author=text,
        branch=text,
        base=text,
        has_base_conflict=True,
        session_id="s",
        session_title=text,
        labels=(text,),
        files=(text or "a",),
        review=review(ReviewState.APPROVED, head(1), text),
        agents=agents("codex"),
    )
    inbox = inbox_of((pr, open_pr(8, files=pr.files)), unknowns=(text,), viewer=text, source=text, repositories=(text,))

    reader = Reader(page(inbox, UTC))

    assert reader.tags <= FULL.tags
    assert reader.attributes <= FULL.attributes
    assert re.findall("[\x00-\x08\x0b-\x1f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", reader.text) == []


def test_titles_keep_their_emoji_and_lose_what_is_not_seen() -> None:
    title = "🧑‍💻 a\u202eb\x1b[31m " + "x" * 400
    text = Reader(page(inbox_of((open_pr(7, title),)), UTC)).text
    assert "🧑‍💻 a\\u202eb\\x1b[31m xxx" in text
    assert "x" * 300 not in text


def test_issues_of_other_repositories_have_their_name() -> None:
    text = Reader(page(inbox_of((open_pr(7, closes=("812", "ada/tools#3")),)), UTC)).text
    assert "closes #812, ada/tools#3" in text


def test_numbers_of_several_repositories_are_named_with_theirs() -> None:
    inbox = large_inbox(6, repositories=2)
    text = Reader(page(inbox, UTC)).text
    assert inbox.repositories == ("acme/shop-0", "acme/shop-1")
    assert "2 repositories" in text
    assert "acme/shop-1#4" in text


def test_times_are_of_the_zone_that_is_asked_for() -> None:
    assert 'datetime="2026-11-30T09:01:00+00:00">2026-11-30 09:01 UTC<' in page(full_inbox(), UTC)


class TestTimeline:
    SCALE = TimeScale(NOW, timedelta(days=60))

    def test_the_scale_goes_from_the_oldest_time_to_now(self) -> None:
        times = [ago(days=400), ago(days=60), ago(days=7), ago(hours=1), NOW, NOW + timedelta(days=1)]
        assert [self.SCALE.at(time) for time in times] == [2.0, 2.0, 30.3, 88.9, 98.0, 98.0]

    def test_labels_have_room(self) -> None:
        assert list(self.SCALE.ticks()) == [(11.1, "1 mo"), (30.3, "1 wk"), (55.5, "1 d"), (98.0, "now")]

    def test_it_says_in_words_what_it_draws(self) -> None:
        pr = open_pr(
            *(7,),
            opened=ago(days=3),
            pushed=ago(hours=2),
            review=review(ReviewState.APPROVED, head(1), "<bob>", at=ago(hours=30)),
        )
        drawn = lane(pr, self.SCALE)
        assert re.findall("<title>(.*)</title>", drawn) == [
            "opened 3 days ago, last push 2 h 00 min ago, approved 1 day ago"
        ]
        assert re.findall(r"<(\w+)", drawn) == ["svg", "title", "use", "line", "circle", "circle", "use"]

    def test_what_is_not_known_is_not_drawn(self) -> None:
        assert "no time is known" in lane(OpenPullRequest(number="7"), self.SCALE)


def test_the_map_has_an_arc_for_each_pair_and_the_pull_requests_in_their_order() -> None:
    inbox = full_inbox()
    drawing = conflict_map(inbox.conflicts, {pr.key: at for at, pr in enumerate(inbox.pull_requests)})

    assert [number for _, number in drawing.keys] == ["14", "18", "20", "40", "95", "84"]
    assert [(arc.result.value, arc.path) for arc in drawing.arcs][-1] == ("conflict", "M0 14A35 14 0 0 1 0 42")
    assert drawing.height == 6 * 28
