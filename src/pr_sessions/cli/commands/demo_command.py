"""`pr-sessions demo`: a morning of work in a throw-away place, where typed commands really run."""

import io
import os
import shlex
import sys
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, chdir, contextmanager, nullcontext, redirect_stderr, redirect_stdout
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp

import click

from pr_sessions.cli import options
from pr_sessions.core.summary import SessionSummary
from pr_sessions.doctor.storage_locations import places
from pr_sessions.git.commands import run_git
from pr_sessions.git.discovery import current_folder, find_repository
from pr_sessions.io.files import exists
from pr_sessions.render import terminal
from pr_sessions.render.json import Json, session_with_pull_requests_json
from pr_sessions.tracker import open_tracker, utc_now

PREFIX = "pr-sessions-demo-"
_OURS = ("AUTO_PR_SESSION_AUTHOR", "PR_SESSIONS", "CI")
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


class Stage:
    """Show commands as they are typed, and what they really print.

    Args:
        folder: the folder in which everything happens.
        silent: nothing is shown; the commands run all the same.
    """

    def __init__(self, folder: Path, *, silent: bool) -> None:
        self.folder = folder
        self.typed: list[str] = []
        self._silent = silent

    def say(self, text: str) -> None:
        """Print a line to the reader."""
        if not self._silent:
            click.echo(text)

    def title(self, text: str) -> None:
        """Print a heading."""
        self.say("")
        self.say(terminal.heading(text))

    def type(self, folder: str, line: str) -> None:
        """Show a command line, run it in the folder, and show what it prints.

        `NAME=value` before the command and `| head -N` after it mean what they mean in a shell.
        """
        self.typed.append(f"{folder}$ {line}")
        self.say(f"{terminal.dim(f'{folder}$')} {line}")
        command, _, most = line.partition(" | head -")
        words = shlex.split(command)
        settings = dict(word.split("=", 1) for word in takewhile(lambda word: "=" in word, words))
        printed = self._run(folder, words[len(settings) :], settings)
        for shown in printed.splitlines()[: int(most) if most else None]:
            self.say(shown)

    def git(self, folder: str, *words: str, at: str = "", author: str = "") -> None:
        """Run git without showing it.

        Args:
            folder: where.
            words: git's arguments.
            at: the time that commits get.
            author: who makes them.
        """
        dates = {"GIT_AUTHOR_DATE": at, "GIT_COMMITTER_DATE": at} if at else {}
        names = {"GIT_AUTHOR_NAME": author} if author else {}
        self._run(folder, ["git", *words], {**dates, **names})

    def _run(self, folder: str, words: list[str], settings: Mapping[str, str]) -> str:
        place = self.folder / folder
        with chdir(place), _environment_of(settings):
            if words[0] == "git":
                return run_git(place, *words[1:]).decode(errors="replace")
            return _printed(words[1:])


def _printed(arguments: list[str]) -> str:
    """Run one of our own commands; return what it prints, in colour where the demo is."""
    from pr_sessions.cli.main import pr_sessions

    wanted = click.get_current_context().color
    colour = sys.stdout.isatty() if wanted is None else wanted
    with redirect_stdout(io.StringIO()) as out, redirect_stderr(out):
        pr_sessions.main(arguments, prog_name="pr-sessions", standalone_mode=False, color=colour)
    return out.getvalue()


@contextmanager
def built(*, keep: bool, silent: bool) -> Iterator[Stage]:
    """Yield a stage in a new folder, which is removed at the end unless it is kept."""
    temporary: AbstractContextManager[str] = (
        nullcontext(mkdtemp(prefix=PREFIX)) if keep else TemporaryDirectory(prefix=PREFIX)
    )
    with temporary as name:
        folder = Path(name).resolve()
        with _environment_of(_isolated(folder)):
            yield Stage(folder, silent=silent)


def _isolated(folder: Path) -> dict[str, str | None]:
    """Return the environment that no variable and no configuration of the user's affects."""
    ours: dict[str, str | None] = dict.fromkeys(name for name in os.environ if name.startswith("GIT_"))
    ours |= dict.fromkeys(_OURS)
    name, mail = "Ann Lee", "ann@example.com"
    return ours | {
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "XDG_CONFIG_HOME": str(folder),
        "GIT_AUTHOR_NAME": name,
        "GIT_AUTHOR_EMAIL": mail,
        "GIT_COMMITTER_NAME": name,
        "GIT_COMMITTER_EMAIL": mail,
    }


@contextmanager
def _environment_of(settings: Mapping[str, str | None]) -> Iterator[None]:
    """Set these variables, or unset those that are `None`, while the block runs."""
    before = {name: os.environ.get(name) for name in settings}
    _set(settings)
    try:
        yield
    finally:
        _set(before)


def _set(settings: Mapping[str, str | None]) -> None:
    for name, value in settings.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


@click.command("demo")
@click.option("--keep", is_flag=True, help="Keep the repository.")
@options.as_json
def demo_command(keep: bool, json: bool) -> None:
    r"""Show everything once, in a temporary repository.

    Reads and writes nothing of yours.

    \b
    Examples:
      pr-sessions demo
      pr-sessions demo --keep
    """
    current_folder()  # The demo comes back to it.
    with built(keep=keep, silent=json) as stage:
        fate = "kept" if keep else "removed at the end"
        stage.say(f"A shop with a day of history, in {stage.folder} ({fate}).")
        tell(stage, utc_now())
        if keep:
            stage.say(f"\nKept for you to play with: cd {stage.folder / 'shop'}")
        if json:
            terminal.show(_state(stage, keep=keep), [], as_json=True)


def _state(stage: Stage, *, keep: bool) -> Json:
    tracker = open_tracker(stage.folder / "shop")
    return {
        "folder": str(stage.folder) if keep else None,
        "commands": stage.typed,
        "sessions": [
            session_with_pull_requests_json(SessionSummary(session, tracker.policy, tracker.now()))
            for session in tracker.sessions()
        ],
    }


def tell(stage: Stage, now: datetime) -> None:
    """Play everything, ending at `now`."""
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
    for line in terminal.table(NEXT):
        stage.say(line)


def _history(stage: Stage, now: datetime) -> None:
    """Yesterday's pull requests, merged as a forge merges them."""
    morning = (now - timedelta(days=1)).replace(hour=9, minute=0)
    (stage.folder / "shop").mkdir()
    stage.git("shop", "init", "--quiet", "--initial-branch=main")
    stage.git("shop", "commit", "--quiet", "--allow-empty", "--message", "A shop", at=morning.isoformat())
    stage.git("shop", "branch", "release-1")
    for number, (minute, title, author) in enumerate(HISTORY, start=1):
        at = (morning + timedelta(minutes=minute)).isoformat()
        (stage.folder / "shop" / f"part{number}.py").write_text(f"# {title}\n", encoding="utf-8")
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
    locations = places(find_repository(stage.folder / "shop"))
    return terminal.table(
        [
            (Path(place.path.path).relative_to(stage.folder).as_posix(), place.purpose)
            for place in locations
            if exists(place.path) and "names" in place.sensitive
        ]
    )
