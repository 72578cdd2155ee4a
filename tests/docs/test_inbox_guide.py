"""The inbox that the guide shows is drawn as it stands there."""

import re
import time
from pathlib import Path

import pytest
from rich.text import Text

from inboxes import NOW, REPOSITORY, agents, ago, head, open_pr, review
from pr_sessions.core.conflicts import ConflictPlace, MergeAttempt, MergeResult, shared_files, with_attempts
from pr_sessions.core.inbox import Inbox, build_rows
from pr_sessions.core.inbox_view import View
from pr_sessions.core.open_pull_requests import Checks, ReviewState, Work
from pr_sessions.render import screen
from pr_sessions.render.inbox import inbox_lines

GUIDE = (Path(__file__).parents[2] / "docs/guides/inbox.md").read_text("utf-8")
MODELS = "billing/models.py"


def shown_inbox() -> Inbox:
    billing = {"session_id": "billing-3f9c", "session_title": "Billing", "agents": agents("claude-code")}
    cart = {"session_id": "cart-a1b2", "session_title": "Cart", "agents": agents("cursor")}
    search = {"session_id": "search-77aa", "session_title": "Search", "agents": agents("copilot")}
    approved = ReviewState.APPROVED
    prs = (
        open_pr(14, "Move models", **billing, files=(MODELS,), opened=ago(hours=5), pushed=ago(hours=3)),
        open_pr(15, "Count taxes once", **billing, built_on="14", opened=ago(hours=4), pushed=ago(hours=2)),
        open_pr(18, "Rename the cart", **cart, files=(MODELS,), opened=ago(hours=2), pushed=ago(hours=1)),
        *(
            open_pr(
                *(number, f"Annotate part {number - 30}"),
                author="codex",
                agents=agents("codex"),
                opened=ago(minutes=59 - number),
                pushed=ago(minutes=58 - number),
                additions=number,
                deletions=2,
            )
            for number in (31, 32, 33)
        ),
        open_pr(9, "Correct a typing error", merge_state="clean", review=review(approved, head(9)), pushed=ago(days=2)),
        open_pr(21, "Search by size", **search, is_draft=True, work=Work.AT_WORK, pushed=ago(minutes=4)),
        open_pr(22, "Speed up the index", review=review(approved, head(22)), checks=Checks.PENDING),
    )
    conflict = MergeAttempt(MergeResult.CONFLICT, (ConflictPlace(MODELS, 40, 58),))
    conflicts = with_attempts(shared_files(prs), {(REPOSITORY, ("14", "18")): conflict})
    rows = build_rows(prs, conflicts)
    return Inbox(at=NOW, source="GitHub", repositories=(REPOSITORY,), rows=rows, conflicts=conflicts)


def test_the_inbox_is_drawn_as_the_guide_shows_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    time.tzset()
    drawn = Text.from_ansi(screen.draw(inbox_lines(shown_inbox(), View()), 100)).plain
    block = re.findall(r"^```text\n(.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL)[0]
    assert [line.rstrip() for line in drawn.splitlines()] == block.splitlines()
