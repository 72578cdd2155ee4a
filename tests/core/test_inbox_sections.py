"""Each open pull request stands in the first section that fits, with a reason and what to do next."""

import pytest

from pr_sessions.core.agents import Agent, Confidence, Role
from pr_sessions.core.conflicts import Conflict, ConflictPlace, MergeAttempt, MergeResult
from pr_sessions.core.inbox_sections import Section, SectionChoice, choose_section
from pr_sessions.core.open_pull_requests import Checks, OpenPullRequest, ReviewState, ReviewStatus, Work

AGENTS = (Agent("codex", Role.OPENED, Confidence.CERTAIN),)
UNREAD = {"review": ReviewStatus()}
NONE = {"review": ReviewStatus(ReviewState.NONE)}
APPROVED = {"review": ReviewStatus(ReviewState.APPROVED, "h1", ("bob",))}
STALE = {"review": ReviewStatus(ReviewState.APPROVED, "h0", ("bob",))}
CHANGES = {"review": ReviewStatus(ReviewState.CHANGES_REQUESTED, "h1", ("bob", "eve"))}
CHANGES_STALE = {"review": ReviewStatus(ReviewState.CHANGES_REQUESTED, "h0", ("bob",))}


def chosen(viewer: str = "", **known: object) -> SectionChoice:
    values = {"author": "ada", "head_sha": "h1", "base": "main"} | NONE | known
    return choose_section(OpenPullRequest(number="5", **values), viewer=viewer)  # type: ignore[arg-type] # of each case


@pytest.mark.parametrize(
    ("known", "section", "reason", "step"),
    [
        ({}, Section.REVIEW, "not reviewed yet", "review"),
        ({"work": Work.AT_WORK}, Section.REVIEW, "not reviewed yet", "review"),
        ({"checks": Checks.PENDING}, Section.REVIEW, "not reviewed yet", "review"),
        ({"merge_state": "clean"}, Section.REVIEW, "not reviewed yet", "review"),
        (STALE, Section.REVIEW, "approved at an earlier commit", "review again"),
        (CHANGES_STALE, Section.REVIEW, "changes requested at an earlier commit", "review again"),
        (APPROVED | {"merge_state": "clean"}, Section.MERGE, "the forge says clean", "merge"),
        (APPROVED | {"merge_state": "has_hooks"}, Section.MERGE, "the forge says has_hooks", "merge"),
        (UNREAD | {"merge_state": "clean"}, Section.MERGE, "the forge says clean", "merge"),
        (
            APPROVED | {"merge_state": "blocked"},
            Section.WAITING,
            "approved by bob; the forge says blocked",
            "see what the forge requires of",
        ),
        (
            APPROVED,
            Section.WAITING,
            "approved by bob; whether it can be merged is not known",
            "see what the forge requires of",
        ),
        (
            APPROVED | {"work": Work.AT_WORK, "agents": AGENTS},
            Section.AT_WORK,
            "codex is at work in its session",
            "wait for the agent of",
        ),
        (
            {"is_draft": True, "work": Work.AT_WORK},
            Section.AT_WORK,
            "an agent is at work in its session",
            "wait for the agent of",
        ),
        (APPROVED | {"checks": Checks.PENDING}, Section.CHECKS, "checks run", "wait for the checks of"),
        (CHANGES, Section.WAITING, "changes requested by bob, eve", "ada answers the review of"),
        ({"checks": Checks.FAILING}, Section.WAITING, "checks fail", "ada corrects the checks of"),
        (
            {"has_base_conflict": True},
            Section.WAITING,
            "conflicts with main",
            "ada resolves the conflict of",
        ),
        ({"has_base_conflict": None}, Section.REVIEW, "not reviewed yet", "review"),
        ({"is_draft": True}, Section.WAITING, "a draft", "ada marks as ready"),
        ({"is_draft": True, "author": ""}, Section.WAITING, "a draft", "its author marks as ready"),
        ({"is_queued": True}, Section.WAITING, "in the merge queue", "wait for the queue to merge"),
        (
            APPROVED | {"merge_state": "clean", "is_queued": True},
            Section.WAITING,
            "in the merge queue",
            "wait for the queue to merge",
        ),
        (
            APPROVED | {"merge_state": "clean", "auto_merge": True},
            Section.WAITING,
            "merges by itself once the forge allows it",
            "wait for what the forge requires of",
        ),
        (UNREAD, Section.UNKNOWN, "reviews not read", "read them on the forge:"),
    ],
)
def test_the_first_section_that_fits(known: dict[str, object], section: Section, reason: str, step: str) -> None:
    assert chosen(**known) == SectionChoice(section, reason, step)


@pytest.mark.parametrize(
    ("viewer", "known", "section", "step"),
    [
        ("Ada", {}, Section.WAITING, "you wait for a review of"),
        ("bob", {}, Section.REVIEW, "review"),
        ("ada", CHANGES, Section.WAITING, "you answer the review of"),
        ("ada", {"checks": Checks.FAILING}, Section.WAITING, "you correct the checks of"),
        ("", {"author": "", "is_draft": True}, Section.WAITING, "its author marks as ready"),
    ],
)
def test_you_is_the_viewer_and_nobody_else(viewer: str, known: dict[str, object], section: Section, step: str) -> None:
    choice = chosen(viewer, **known)
    assert (choice.section, choice.next) == (section, step)


def test_a_conflict_comes_before_everything() -> None:
    places = (ConflictPlace("models.py", 40, 58), ConflictPlace("models.py", 70, 71))
    attempt = MergeAttempt(MergeResult.CONFLICT, places)
    conflict = Conflict(repository="", numbers=("5", "9"), files=("models.py",), attempt=attempt)
    first, second = (OpenPullRequest(number=number, merge_state="clean") for number in ("5", "9"))
    assert [choose_section(pr, [conflict]) for pr in (first, second)] == [
        SectionChoice(Section.CONFLICTS, "conflicts with #9 in models.py 40-58, models.py 70-71", "before #9, merge"),
        SectionChoice(
            Section.CONFLICTS,
            "conflicts with #5 in models.py 40-58, models.py 70-71",
            "after #5, resolve 2 conflicts in",
        ),
    ]


def test_of_many_conflicts_the_first_three_are_named() -> None:
    attempt = MergeAttempt(MergeResult.CONFLICT, (ConflictPlace("logo.png", kind="binary"),))
    conflicts = [
        Conflict(repository="", numbers=("5", str(number)), files=("logo.png",), attempt=attempt)
        for number in range(6, 11)
    ]
    choice = choose_section(OpenPullRequest(number="5"), conflicts)
    assert choice.reason == "conflicts with #6 in logo.png, with #7 in logo.png, with #8 in logo.png and 2 more"
    assert choice.next == "before #6, merge"


@pytest.mark.parametrize("result", [MergeResult.CLEAN, MergeResult.NOT_TRIED])
def test_the_same_file_alone_is_no_conflict(result: MergeResult) -> None:
    conflict = Conflict(repository="", numbers=("5", "9"), files=("a",), attempt=MergeAttempt(result))
    pr = OpenPullRequest(number="5", review=ReviewStatus(ReviewState.NONE))
    assert choose_section(pr, [conflict]).section is Section.REVIEW
