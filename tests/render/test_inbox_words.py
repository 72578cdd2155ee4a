"""What rows and pull requests of the inbox are called."""

from typing import Any

import pytest

from inboxes import HTML, NOW, full_inbox, head, open_pr, review, worktrees
from pr_sessions.core.inbox import Mark
from pr_sessions.core.inbox_rows import RowKind
from pr_sessions.core.inbox_sections import Section
from pr_sessions.core.open_pull_requests import Checks, ReviewState, Work
from pr_sessions.render.inbox_words import (
    CHECKS,
    REVIEWS,
    SECTIONS,
    WORK,
    review_words,
    row_title,
    states,
    worktree_words,
)


def test_the_full_inbox_has_every_section_kind_and_mark() -> None:
    rows = full_inbox().rows
    assert {row.section for row in rows} == set(Section)
    assert {row.kind for row in rows} == set(RowKind)
    assert {row.mark for row in rows} == {None, *Mark}


def test_every_value_has_its_words() -> None:
    assert [set(words) for words in (SECTIONS, WORK, CHECKS, REVIEWS)] == [
        *(set(Section), set(Work), set(Checks), set(ReviewState)),
    ]


def test_a_row_is_called_by_what_its_pull_requests_have_in_common() -> None:
    titles = {row.id: row_title(row) for row in full_inbox().rows}
    assert {name: titles[name] for name in titles if not name.startswith("#")} == {
        "alternatives-812": "2 answers to #812",
        "billing-3f9c": "Billing",
        "burst-31": "Burst of 6",
        "cart-a1b2": HTML,
        "docs-0c0c": "Docs of the API",
        "later-9595": "Later",
        "search-77aa": "search-77aa",
        "stack-50": "Stack #50",
    }
    assert titles["#9"] == "Correct a typing error"


@pytest.mark.parametrize(
    ("state", "commit", "by", "words"),
    [
        (ReviewState.NONE, "", (), "not reviewed"),
        (ReviewState.APPROVED, head(7), ("bob", "eve", "ann", "joe"), "approved by bob, eve, ann"),
        (ReviewState.CHANGES_REQUESTED, head(1), (), "changes requested at an earlier commit"),
    ],
)
def test_a_review_is_said_with_its_people_and_its_age(
    state: ReviewState, commit: str, by: tuple[str, ...], words: str
) -> None:
    assert review_words(open_pr(7, review=review(state, commit, *by))) == words


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, ()),
        (
            {"is_draft": True, "auto_merge": True, "is_queued": True, "has_base_conflict": True},
            ("draft", "auto-merge", "in the merge queue", "conflicts with main"),
        ),
        ({"has_base_conflict": None}, ("conflict with its base not known",)),
    ],
)
def test_what_is_not_known_of_a_conflict_with_the_base_is_said_so(
    changes: dict[str, Any], words: tuple[str, ...]
) -> None:
    assert states(open_pr(7, **changes)) == words


def test_of_a_working_tree_it_is_said_who_works_there_and_what_is_in_no_pull_request() -> None:
    assert [worktree_words(tree, NOW) for tree in worktrees()] == [
        ("main",),
        (
            HTML,
            "claude-code",
            "agent idle",
            "activity 6 min ago",
            "3 files not committed",
            "4 commits without a pull request",
        ),
        ("no branch", "locked: on a stick", "it is missing"),
    ]
