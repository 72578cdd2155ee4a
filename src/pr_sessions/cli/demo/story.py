"""A morning of work: two agents, two worktrees, a history, and what becomes of it."""

from datetime import UTC, datetime, timedelta

from pr_sessions.cli.demo.stage import Stage
from pr_sessions.cli.output import table
from pr_sessions.cli.places import places
from pr_sessions.stores.repository import find_repository

# Minutes after nine o'clock, title, author.
HISTORY = (
    (0, "auto-pr: model of an invoice", "cursor-bot"),
    (11, "auto-pr: invoice numbers", "cursor-bot"),
    (26, "auto-pr: tests for invoices", "cursor-bot"),
    (95, "auto-pr: invoices as PDF", "cursor-bot"),
    (107, "auto-pr: fonts for the PDF", "cursor-bot"),
    (130, "Upgrade the database", "Ann Lee"),
)

NEXT = (
    ("pr-sessions look", "its sessions of the last days; writes nothing"),
    ("pr-sessions init", "track it from now on"),
    ("pr-sessions start", "begin a session"),
)


def tell(stage: Stage, now: datetime) -> None:
    """Plays everything, ending at `now`."""
    _history(stage, now)
    stage.title("1. Set up, and take the past in")
    stage.type("shop", "pr-sessions init")
    stage.git("shop", "add", "--all")
    stage.git("shop", "commit", "--quiet", "--message", "Track work sessions")
    stage.type("shop", "pr-sessions import --git")
    _agents(stage, now)
    _pull_requests(stage, now)
    _branches(stage)
    stage.title("5. What came of it")
    stage.type("codex", "pr-sessions report | head -5")
    stage.say("")
    stage.say("Names and times lie in (more: pr-sessions where)")
    for line in _places(stage):
        stage.say(line)
    stage.title("Next, in a repository of your own")
    for line in table(NEXT):
        stage.say(line)


def _history(stage: Stage, now: datetime) -> None:
    """Yesterday's pull requests, merged as a forge merges them."""
    morning = (now - timedelta(days=1)).replace(hour=9, minute=0)
    (stage.home / "shop").mkdir()
    stage.git("shop", "init", "--quiet", "--initial-branch=main")
    stage.git("shop", "commit", "--quiet", "--allow-empty", "--message", "A shop", at=morning.isoformat())
    stage.git("shop", "branch", "release-1")
    for number, (minute, title, author) in enumerate(HISTORY, start=1):
        at = (morning + timedelta(minutes=minute)).isoformat()
        (stage.home / "shop" / f"part{number}.py").write_text(f"# {title}\n", encoding="utf-8")
        stage.git("shop", "add", "--all")
        stage.git("shop", "commit", "--quiet", "--message", f"{title} (#{number})", at=at, author=author)


def _agents(stage: Stage, now: datetime) -> None:
    stage.title("2. Two agents, each in a working tree of its own")
    stage.type("shop", "git worktree add -q ../cursor -b cursor/billing")
    stage.type("shop", "git worktree add -q ../codex -b codex/search")
    stage.type("codex", f"pr-sessions start --author codex-bot --at {_ago(now, 95)}")
    stage.type("cursor", f"pr-sessions start --author cursor-bot --title Billing --at {_ago(now, 27)}")


def _pull_requests(stage: Stage, now: datetime) -> None:
    """One by the marker of its working tree, one by its author after a timeout, one by its branch in CI."""
    stage.title("3. Pull requests find their session, or begin one where the last has run out")
    stage.type("cursor", f'pr-sessions add 7 --title "auto-pr: split the bill" --at {_ago(now, 21)}')
    rank = '--title "auto-pr: rank" --branch codex/search --author codex-bot'
    stage.type("codex", f"pr-sessions add 8 {rank} --at {_ago(now, 19)}")
    stage.type("shop", f'CI=true pr-sessions add 9 --title "wip: sort" --branch codex/search --at {_ago(now, 8)}')


def _branches(stage: Stage) -> None:
    stage.title("4. Branches come and go, sessions stay")
    stage.type("shop", "git commit -q -a -m Sessions")
    stage.type("shop", "git switch -q release-1")
    stage.type("shop", "pr-sessions find 9")
    stage.type("shop", "git switch -q main")
    stage.type("cursor", "pr-sessions complete")
    stage.type("shop", "pr-sessions status --all")


def _ago(now: datetime, minutes: int) -> str:
    return f"{(now - timedelta(minutes=minutes)).astimezone(UTC):%Y-%m-%dT%H:%MZ}"


def _places(stage: Stage) -> list[str]:
    """The files that tell who did what when."""
    found = places(find_repository(stage.home / "shop"))
    return table(
        [
            (place.path.relative_to(stage.home).as_posix(), place.purpose)
            for place in found
            if place.path.exists() and "names" in place.sensitive
        ]
    )
