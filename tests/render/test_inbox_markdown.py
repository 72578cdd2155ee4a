"""The inbox as Markdown: the same rows, and nothing that people wrote means anything in it."""

import re

from hypothesis import given

from inboxes import NOW, REPOSITORY, empty_inbox, full_inbox, inbox_of, open_pr
from pr_sessions.core.inbox_view import View, parts
from pr_sessions.render.inbox_markdown import inbox_markdown
from rendering import HOSTILE, linked

ALL = View(limit=None, unfolds=True)


def test_a_row_has_links_state_reason_and_what_to_do() -> None:
    markdown = inbox_markdown(full_inbox(), View()).replace("&#8203;", "")
    assert (
        "| new | [#9](https://github.com/acme/shop/pull/9) | Correct a typing error "
        "| approved by bob, checks pass | #9: the forge says clean | merge #9 |\n"
    ) in markdown


def test_every_section_is_counted_and_what_needs_somebody_now_is_listed() -> None:
    markdown = inbox_markdown(full_inbox(), View())
    assert re.findall(r"^## (.*)$", markdown, re.MULTILINE) == [
        *("Conflicts: 2", "Needs review: 6", "Ready to merge: 2", "Agent at work: 1", "Waiting for checks: 1"),
        *("Waiting for others: 5", "Not known: 1", "Snoozed: 1", "Over `gate.open_budget`", "Not read"),
    ]
    shown_rows = sum(len(part.rows) for part in parts(full_inbox(), View()))
    assert len(re.findall(r"^\| (?:new|changed)? *\| ", markdown, re.MULTILINE)) - 4 == shown_rows


def test_nothing_open_is_said() -> None:
    assert inbox_markdown(empty_inbox(), View()) == (
        "**acme/shop**: nothing is open, read 2026-11-30 09:01 UTC from GitHub\n"
    )


@given(HOSTILE)
def test_whatever_people_write_makes_no_link_and_calls_nobody(words: str) -> None:
    prs = (
        open_pr(
            *(1, words),
            author=words,
            is_trusted=False,
            base=words,
            has_base_conflict=True,
            labels=(words,),
            session_id=words or None,
            session_title=words,
            files=(words or "a",),
            address="javascript:alert(1)",
        ),
        open_pr(2, session_id="other", files=(words or "a",), address=f"https://a.b/{words})"),
    )
    inbox = inbox_of(prs, unknowns=(words,), repositories=(REPOSITORY,), at=NOW)
    markdown = inbox_markdown(inbox, ALL)
    assert linked(markdown) <= {"link_open"}
    assert "javascript" not in "".join(re.findall(r"\]\(([^)]*)\)", markdown))
