"""Inboxes for every face: one with all there can be in it, and large ones."""

from datetime import UTC, datetime, timedelta
from typing import Any

from msgspec.structs import replace

from pr_sessions.core.agents import Agent, Confidence, Role
from pr_sessions.core.conflicts import ConflictPlace, MergeAttempt, MergeResult, shared_files, with_attempts
from pr_sessions.core.inbox import Inbox, Mark, Row, budgets, build_rows
from pr_sessions.core.models import Stack
from pr_sessions.core.open_pull_requests import Checks, OpenPullRequest, ReviewState, ReviewStatus, Work
from pr_sessions.core.worktrees import SharedLines, TreeActivity, Worktree

NOW = datetime(2026, 11, 30, 9, 1, tzinfo=UTC)
REPOSITORY = "acme/shop"
BUDGET = 3

# What people write into titles, paths and names to see what comes of it.
HTML = "<script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\"> & </bdi></main>"
RIGHT_TO_LEFT = "Pay \u202eevil\u202c and \u05e9\u05dc\u05d5\u05dd \u2066isolated"
ESCAPES = "Red \x1b[31malert\x1b[0m \x07bell\r\nsecond line \x9b2J"
EMOJI = "🚀 Ship 🧑‍💻 🏳️‍🌈 日本語 한국어 z\u0300\u0301\u0302\u0303\u0304"
LONG = "Supercalifragilistic" * 12
TEMPLATE = "{{ 7*7 }} {% raw %} ${7*7} [red]mark[/red] [link=https://evil.example]x[/link] `code` | cell | @everyone #9"
HOSTILE = (HTML, RIGHT_TO_LEFT, ESCAPES, EMOJI, LONG, TEMPLATE)

NOT_REVIEWED = ReviewStatus(ReviewState.NONE)


def ago(**amount: float) -> datetime:
    """A time before `NOW`."""
    return NOW - timedelta(**amount)


def agents(name: str, role: Role = Role.OPENED) -> tuple[Agent, ...]:
    return (Agent(name, role, Confidence.CERTAIN),)


def head(number: int) -> str:
    return f"{number:040x}"


def review(state: ReviewState, commit: str, *by: str, at: datetime | None = None) -> ReviewStatus:
    return ReviewStatus(state, commit, by, at)


def open_pr(number: int, title: str = "", **changes: Any) -> OpenPullRequest:
    """An open pull request of which everything was read: not reviewed, checks pass, the forge says blocked."""
    values: dict[str, Any] = {
        "repository": REPOSITORY,
        "number": str(number),
        "address": f"https://github.com/{changes.get('repository', REPOSITORY)}/pull/{number}",
        "title": title or f"Change {number}",
        "author": "ada",
        "is_trusted": True,
        "is_first": False,
        "opened": ago(hours=3 * (100 - number)),
        "pushed": ago(hours=2 * (100 - number), minutes=10),
        "updated": ago(hours=100 - number),
        "branch": f"change-{number}",
        "base": "main",
        "head_sha": head(number),
        "base_sha": head(0),
        "files": (f"src/area_{number}.py",),
        "file_count": 1,
        "additions": 10 * number,
        "deletions": number,
        "review": NOT_REVIEWED,
        "checks": Checks.PASSING,
        "has_base_conflict": False,
        "merge_state": "blocked",
    }
    return OpenPullRequest(**{**values, **changes})


def _session(session_id: str, title: str, agent: str, work: Work = Work.UNKNOWN) -> dict[str, Any]:
    return {"session_id": session_id, "session_title": title, "agents": agents(agent), "work": work}


def full_pull_requests() -> tuple[OpenPullRequest, ...]:
    """Pull requests for every section, kind of row, state and unknown, with hostile titles among them."""
    billing = _session("billing-3f9c", "Billing", "claude-code", Work.IDLE)
    cart = _session("cart-a1b2", HTML, "cursor")
    search = _session("search-77aa", "", "copilot", Work.AT_WORK)
    ended = _session("docs-0c0c", "Docs of the API", "devin", Work.ENDED)
    approved, changes = ReviewState.APPROVED, ReviewState.CHANGES_REQUESTED
    models, tax = "billing/models.py", "billing/<b>tax</b>.py"
    burst = {"author": "codex-bot", "is_bot": True, "is_trusted": False, "agents": agents("codex")}
    lone = {"author": "grace"}
    return (
        # Conflicts, of two sessions.
        open_pr(
            14,
            "Move the models of billing",
            **billing,
            files=(models, "billing/<b>tax</b>.py", "billing/tax.py"),
            closes=("801",),
        ),
        open_pr(15, RIGHT_TO_LEFT, **billing, built_on="14", base="change-14", checks=Checks.FAILING),
        open_pr(16, ESCAPES, **billing, is_draft=True, review=review(approved, head(1), "bob", at=ago(hours=30))),
        open_pr(18, EMOJI, **cart, files=(models, tax, "uv.lock")),
        # Needs review: again after a push, a stack, answers to one issue, a burst, a stranger's.
        open_pr(
            *(20, TEMPLATE),
            **ended,
            review=review(approved, head(1), "bob", "eve", at=ago(hours=40)),
            files=("docs/api.md",),
            labels=("docs", "needs <i>care</i>"),
        ),
        *(
            open_pr(
                number,
                f"Part {at} of the move to the new queue",
                stack=Stack(size=3, position=at, number=50, base="main"),
                built_on=str(number - 1) if at > 1 else "",
                review=review(approved, head(50), "bob", at=ago(hours=5)) if at == 1 else NOT_REVIEWED,
            )
            for at, number in enumerate((50, 51, 52), 1)
        ),
        open_pr(60, "Round prices half up", **lone, agents=agents("jules"), closes=("812",)),
        open_pr(61, "Round prices to even", author="lin", agents=agents("codex"), closes=("812",), files=None),
        *(
            open_pr(number, f"Annotate module {number}", **burst, opened=ago(hours=1, minutes=-number / 2))
            for number in range(31, 37)
        ),
        open_pr(
            *(40, LONG),
            author="stranger",
            is_trusted=False,
            is_first=True,
            agents=agents("claude-code", Role.ASSISTED),
            elsewhere=23,
            closes=("7", "8"),
            labels=("help wanted",),
            files=(models,),
        ),
        open_pr(41, "Say hello", author="stranger", is_trusted=False, is_first=True, additions=None, deletions=None),
        # Ready to merge.
        open_pr(9, "Correct a typing error", **lone, merge_state="clean", review=review(approved, head(9), "bob")),
        open_pr(
            22,
            "Raise the timeout",
            merge_state="has_hooks",
            agents=agents("amp", Role.ASSISTED),
            review=review(approved, head(22), "eve", "bob"),
        ),
        # An agent is at work.
        open_pr(70, "Search by colour", **search, is_draft=True),
        open_pr(71, "Search by size", **search, is_draft=True, pushed=ago(minutes=2)),
        # Waiting.
        open_pr(80, "Speed up the index", review=review(approved, head(80), "bob"), checks=Checks.PENDING),
        open_pr(81, "Split the form", review=review(changes, head(81), "bob", at=ago(days=6)), opened=ago(days=90)),
        open_pr(82, "Drop Python 3.10", has_base_conflict=True, base="release/<1.x>"),
        open_pr(83, "Queue me", is_queued=True, review=review(approved, head(83), "eve")),
        open_pr(
            84, "Merge me later", auto_merge=True, review=review(approved, head(84), "eve"), files=("docs/api.md",)
        ),
        open_pr(85, "Only approved", review=review(approved, head(85), "eve"), has_base_conflict=None),
        # Not read.
        OpenPullRequest(repository=REPOSITORY, number="90", address="javascript:alert(1)", title="Nothing known"),
        # Snoozed by the tests below.
        open_pr(95, "Later", **_session("later-9595", "Later", "aider"), files=("docs/api.md",)),
    )


def worktrees() -> tuple[Worktree, ...]:
    """Working trees: the one of the person, one of an agent, one that cannot be read."""
    agent = TreeActivity("billing-3f9c", "claude-code", "activity", ago(minutes=6), Work.IDLE)
    return (
        Worktree(path=".", root="/work/shop", is_current=True, branch="main", uncommitted=0, unproposed=0),
        Worktree(path="../shop-a", root="/work/shop-a", branch=HTML, activity=agent, uncommitted=3, unproposed=4),
        Worktree(path=f"../{RIGHT_TO_LEFT}", root="/work/x", locked="on a stick", problem="it is missing"),
    )


def full_inbox() -> Inbox:
    """An inbox with every section, kind of row, mark, result of a merge, and hostile text in each place."""
    prs = full_pull_requests()
    attempts = {
        (REPOSITORY, ("14", "18")): MergeAttempt(
            MergeResult.CONFLICT,
            (
                ConflictPlace("billing/models.py", 40, 58),
                ConflictPlace("billing/models.py", 90, 90),
                ConflictPlace("billing/<b>tax</b>.py", kind="modify/delete"),
            ),
        ),
        (REPOSITORY, ("20", "84")): MergeAttempt(MergeResult.CLEAN),
        (REPOSITORY, ("18", "40")): MergeAttempt(why_not="its objects are not in this clone"),
    }
    conflicts = with_attempts(shared_files(prs), attempts)
    marks = {"#40": Mark.NEW, "#9": Mark.NEW, "docs-0c0c": Mark.CHANGED}
    rows = tuple(
        replace(row, mark=marks.get(row.id), is_snoozed=row.id == "later-9595") for row in build_rows(prs, conflicts)
    )
    return Inbox(
        at=NOW,
        source="GitHub",
        repositories=(REPOSITORY,),
        rows=rows,
        conflicts=conflicts,
        budgets=budgets(prs, BUDGET),
        unknowns=("the checks of #90: GitHub refused (rate limit until 09:20)", f"the title of #40 is odd: {HTML}"),
        requests=4,
        worktrees=worktrees(),
        shared_lines=(SharedLines(("../shop-a", "#14"), (ConflictPlace("billing/models.py", 40, 44),)),),
    )


def empty_inbox() -> Inbox:
    """An inbox of a repository where nothing is open."""
    return Inbox(at=NOW, source="GitHub", repositories=(REPOSITORY,), requests=1)


def large_inbox(count: int, *, files_each: int = 8, repositories: int = 1) -> Inbox:
    """An inbox of so many open pull requests: sessions of three, lone ones, pairs that share files."""
    names = ("claude-code", "codex", "cursor", "copilot", "devin")
    prs = []
    for number in range(1, count + 1):
        session = number // 3
        in_session = session % 4 != 0
        prs.append(
            open_pr(
                *(number, f"Change part {number} of the service so that orders are counted once"),
                repository=f"acme/shop-{session % repositories}" if repositories > 1 else REPOSITORY,
                session_id=f"session-{session}" if in_session else None,
                session_title=f"Orders {session}" if in_session else "",
                author=f"person-{number % 17}",
                agents=agents(names[session % 5]) if number % 5 else (),
                files=tuple(f"src/part_{(number * 7 + at) % (count * 3)}/module.py" for at in range(files_each)),
                opened=ago(hours=number % 500),
                pushed=ago(hours=number % 500, minutes=-30),
                checks=list(Checks)[number % 5],
                review=review(list(ReviewState)[number % 3], head(number + number % 2), "bob"),
            )
        )
    return inbox_of(tuple(prs))


def inbox_of(prs: tuple[OpenPullRequest, ...], **changes: Any) -> Inbox:
    """An inbox of these pull requests, none of which was merged on trial."""
    conflicts = shared_files(prs)
    rows: tuple[Row, ...] = build_rows(prs, conflicts)
    repositories = tuple(sorted({pr.repository for pr in prs}))
    values: dict[str, Any] = {"at": NOW, "source": "GitHub", "repositories": repositories, "requests": 4}
    return Inbox(**{**values, "rows": rows, "conflicts": conflicts, **changes})
