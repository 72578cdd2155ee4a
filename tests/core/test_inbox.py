"""The inbox: rows in the order of need, counts that hold, and nobody called "you" by mistake."""

from datetime import UTC, datetime, timedelta

from pr_sessions.core.agents import Agent, Confidence, Involvement, Role
from pr_sessions.core.conflicts import Conflict, MergeAttempt, MergeResult
from pr_sessions.core.inbox import Budget, Inbox, budgets, build_rows
from pr_sessions.core.inbox_sections import Section
from pr_sessions.core.open_pull_requests import OpenPullRequest, ReviewState, ReviewStatus, Work

NINE = datetime(2026, 11, 30, 9, tzinfo=UTC)
CODEX = (Agent("codex", Role.OPENED, Confidence.CERTAIN),)
NONE = ReviewStatus(ReviewState.NONE)
APPROVED = ReviewStatus(ReviewState.APPROVED, "h1")


def pr(number: int, **known: object) -> OpenPullRequest:
    values = {"repository": "ada/shop", "review": NONE, "head_sha": "h1"} | known
    return OpenPullRequest(number=str(number), **values)  # type: ignore[arg-type] # of each case


def test_a_row_stands_in_the_first_section_of_any_of_its_pull_requests() -> None:
    prs = [
        pr(1, session_id="s", review=APPROVED, merge_state="clean"),
        pr(2, session_id="s", is_draft=True, author="ada"),
        pr(3, session_id="s"),
        pr(4, session_id="s"),
    ]
    (row,) = build_rows(prs)
    assert (row.section, row.reason, row.next, row.about) == (
        Section.REVIEW,
        "#3, #4: not reviewed yet",
        "review #3, #4",
        ("3", "4"),
    )


def test_different_reasons_of_one_section_are_all_named() -> None:
    prs = [pr(1, session_id="s", is_draft=True), pr(2, session_id="s", is_queued=True)]
    (row,) = build_rows(prs)
    assert row.reason == "#1: a draft; #2: in the merge queue"
    assert row.next == "its author marks as ready #1; wait for the queue to merge #2"


def test_of_many_the_first_ones_are_named_and_the_rest_counted() -> None:
    (row,) = build_rows([pr(number, session_id="s") for number in range(1, 9)])
    assert row.reason == "#1, #2, #3, #4, #5 and 3 more: not reviewed yet"
    assert row.about == tuple("12345678")


def test_what_waits_longest_is_first_and_what_an_agent_works_on_is_last() -> None:
    prs = [
        pr(1, pushed=NINE),
        pr(2, pushed=NINE - timedelta(days=1)),
        pr(3, pushed=NINE - timedelta(days=9), session_id="s", work=Work.AT_WORK),
        pr(4, review=APPROVED, merge_state="clean"),
    ]
    assert [row.id for row in build_rows(prs)] == ["#2", "#1", "s", "#4"]


def test_a_conflict_brings_both_rows_to_the_top() -> None:
    attempt = MergeAttempt(MergeResult.CONFLICT)
    conflict = Conflict(repository="ada/shop", numbers=("1", "3"), files=("a",), attempt=attempt)
    rows = build_rows([pr(1, session_id="s"), pr(2, session_id="s"), pr(3), pr(4)], [conflict])
    assert [(row.id, row.section, row.about, row.conflicts) for row in rows] == [
        ("#3", Section.CONFLICTS, ("3",), (conflict,)),
        ("s", Section.CONFLICTS, ("1",), (conflict,)),
        ("#4", Section.REVIEW, ("4",), ()),
    ]


def test_mine_are_those_of_author_reviewer_and_assignee() -> None:
    prs = [pr(1, author="Ada"), pr(2, requested=("ada",)), pr(3, assigned=("ada",)), pr(4, author="bob")]
    rows = build_rows(prs, viewer="ada", only_mine=True)
    assert {row.id for row in rows} == {"#1", "#2", "#3"}


def test_authors_and_agents_can_be_left_out_of_all_words() -> None:
    prs = [
        pr(1, author="ada", is_draft=True, agents=CODEX),
        pr(2, session_id="s", is_draft=True, agents=CODEX, work=Work.AT_WORK),
    ]
    rows = build_rows(prs, names_authors=False)
    assert [(row.reason, row.next) for row in rows] == [
        ("#2: an agent is at work in its session", "wait for the agent of #2"),
        ("#1: a draft", "its author marks as ready #1"),
    ]


def test_the_size_of_a_row_is_known_only_where_all_are() -> None:
    known = pr(1, session_id="s", additions=3, deletions=1)
    both = build_rows([known, pr(2, session_id="s", additions=4, deletions=0)])
    one = build_rows([known, pr(2, session_id="s")])
    assert [row.size for row in (*both, *one)] == [(7, 1), None]


def test_a_budget_counts_what_an_agent_opened_and_nobody_reviewed() -> None:
    assisted = (Agent("codex", Role.ASSISTED, Confidence.CERTAIN),)
    prs = [
        pr(1, agents=CODEX),
        pr(2, agents=CODEX, review=APPROVED),
        pr(3, agents=CODEX, review=ReviewStatus(ReviewState.APPROVED, "h0")),
        pr(4, agents=assisted),
        pr(5),
    ]
    assert budgets(prs, 1) == (Budget("ada/shop", "codex", ("1", "3"), 1),)
    assert [budget.is_exceeded for limit in (1, 2) for budget in budgets(prs, limit)] == [True, False]
    assert budgets(prs, None) == ()


def test_signs_count_every_pull_request_once() -> None:
    inbox = Inbox(at=NINE, rows=build_rows([pr(1, agents=CODEX), pr(2, session_id="s"), pr(3, session_id="s")]))
    assert dict(inbox.signs) == {Involvement.OPENED: 1, Involvement.NO_SIGN: 2}
    assert len(inbox.pull_requests) == 3
