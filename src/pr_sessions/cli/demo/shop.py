"""The shop of the demo: yesterday's merged pull requests, today's open ones, and a forge that is made up."""

from datetime import datetime, timedelta

from msgspec import Struct

from pr_sessions.cli.demo.stage import Stage
from pr_sessions.core.models import PullRequest, State
from pr_sessions.core.open_pull_requests import Checks, OpenPullRequest, ReviewState, ReviewStatus
from pr_sessions.forges.base import ChangedFile, ForgePullRequest, User
from pr_sessions.forges.fake import FakeForge

REPOSITORY = "ann/shop"
ADDRESS = f"https://github.com/{REPOSITORY}"
_CLAUDE = "Co-Authored-By: Claude <noreply@anthropic.com>\nClaude-Session: https://claude.ai/code/session_"


class Merged(Struct, frozen=True):
    """A pull request of yesterday: minutes after nine o'clock, title, author, and what its message ends with."""

    minute: int
    title: str
    author: str = "Ann Lee"
    trailers: str = ""


class Open(Struct, frozen=True, kw_only=True):
    """A pull request of today.

    Attributes:
        ago: minutes.
        path: the file that it writes, with `lines` in it.
        run: of Claude Code; empty if it names none.
    """

    number: int
    title: str
    branch: str
    ago: int
    path: str
    lines: tuple[str, ...]
    author: str = "ann"
    run: str = ""
    review: ReviewState = ReviewState.NONE
    checks: Checks = Checks.PASSING


MERGED = (
    Merged(0, "Model of an invoice", trailers=f"{_CLAUDE}01Invoices"),
    Merged(4, "Fonts for receipts", trailers=f"{_CLAUDE}01Receipts"),
    Merged(11, "Invoice numbers", trailers=f"{_CLAUDE}01Invoices"),
    Merged(26, "Tests for invoices", trailers=f"{_CLAUDE}01Invoices"),
    Merged(95, "Receipts as PDF", trailers=f"{_CLAUDE}01Receipts"),
    Merged(130, "Upgrade the database", "Bob Ray"),
)
_MODEL = ("class Invoice:", "    number: int", "    total: int")
OPEN = (
    Open(
        number=7,
        title="Split a bill",
        branch="claude/split",
        ago=64,
        path="billing/models.py",
        lines=(*_MODEL, "    parts: list[int]"),
        run="01BillingRunOfTheDemo",
    ),
    Open(
        number=8,
        title="Round each part",
        branch="claude/round",
        ago=51,
        path="billing/round.py",
        lines=("...",),
        run="01BillingRunOfTheDemo",
    ),
    Open(
        number=9,
        title="Currency of an invoice",
        branch="cursor/currency",
        ago=40,
        path="billing/models.py",
        lines=(*_MODEL, "    currency: str"),
        author="cursor[bot]",
    ),
    Open(
        number=10,
        title="Search by name",
        branch="search",
        ago=35,
        path="search.py",
        lines=("...",),
        author="bob",
        review=ReviewState.APPROVED,
    ),
)


def yesterday(stage: Stage, now: datetime) -> None:
    """Merge yesterday's pull requests as a forge does."""
    morning = (now - timedelta(days=1)).replace(hour=9, minute=0)
    stage.git("commit", "--quiet", "--allow-empty", "--message", "A shop", at=morning.isoformat())
    _write(stage, "billing/models.py", _MODEL)
    for number, pr in enumerate(MERGED, start=1):
        _write(stage, f"part{number}.py", (f"# {pr.title}",))
        at = (morning + timedelta(minutes=pr.minute)).isoformat()
        message = f"{pr.title} (#{number})\n\n{pr.trailers}".strip()
        stage.git("add", "--all")
        stage.git("commit", "--quiet", "--message", message, at=at, author=pr.author)


def today(stage: Stage, now: datetime) -> FakeForge:
    """Push today's branches, and return a forge on which their pull requests are open."""
    forge = FakeForge(REPOSITORY, now=now)
    forge.logins_of_writers = {"ann", "bob"}
    base = stage.git("rev-parse", "HEAD")
    for pr in OPEN:
        stage.git("switch", "--quiet", "--create", pr.branch, "main")
        _write(stage, pr.path, pr.lines)
        at = now - timedelta(minutes=pr.ago)
        stage.git("add", "--all")
        stage.git("commit", "--quiet", "--message", pr.title, at=at.isoformat(), author=pr.author)
        _open(forge, pr, at, base, stage.git("rev-parse", "HEAD"))
    stage.git("switch", "--quiet", "main")
    return forge


def _open(forge: FakeForge, pr: Open, at: datetime, base: str, head: str) -> None:
    number = str(pr.number)
    body = f"🤖 Generated with [Claude Code](https://claude.ai/code/session_{pr.run})" if pr.run else ""
    is_bot = pr.author.endswith("[bot]")
    forge.pull_requests_by_number[pr.number] = ForgePullRequest(
        pull_request=PullRequest(
            number=number,
            title=pr.title,
            body=body,
            author=pr.author,
            state=State.OPEN,
            branch=pr.branch,
            base="main",
            created=at,
        ),
        author=User(pr.author, type="Bot" if is_bot else "User"),
        repository=REPOSITORY,
        head_repository=REPOSITORY,
        head_sha=head,
        updated=at,
    )
    forge.changed_files[pr.number] = [ChangedFile(pr.path)]
    is_ready = pr.review is ReviewState.APPROVED
    forge.views[pr.number] = OpenPullRequest(
        repository=REPOSITORY,
        number=number,
        address=f"{ADDRESS}/pull/{number}",
        title=pr.title,
        author=pr.author,
        is_bot=is_bot,
        opened=at,
        pushed=at,
        branch=pr.branch,
        base="main",
        head_sha=head,
        base_sha=base,
        file_count=1,
        additions=len(pr.lines),
        deletions=0,
        review=ReviewStatus(pr.review, head if is_ready else "", ("ann",) if is_ready else ()),
        checks=pr.checks,
        has_base_conflict=False,
        merge_state="clean" if is_ready else "blocked",
    )


def _write(stage: Stage, name: str, lines: tuple[str, ...]) -> None:
    path = stage.folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
