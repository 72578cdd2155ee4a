"""A temporary place where typed commands really run, and nothing of the user's counts or changes."""

import io
import os
import shlex
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, chdir, contextmanager, nullcontext, redirect_stderr, redirect_stdout
from itertools import dropwhile, islice
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp
from typing import TYPE_CHECKING

import click

from pr_sessions.git.commands import run_git
from pr_sessions.render import screen, terminal

if TYPE_CHECKING:
    from pr_sessions.render.table import Line

PREFIX = "pr-sessions-demo-"
_OURS = ("AUTO_PR_SESSION_AUTHOR", "PR_SESSIONS", "CI")
_NAME, _MAIL = "Ann Lee", "ann@example.com"


class Stage:
    """Show commands as they are typed, and what they really print.

    Args:
        folder: of the repository in which everything happens.
        silent: nothing is shown; the commands run all the same.

    Attributes:
        typed: the command lines that were shown.
    """

    def __init__(self, folder: Path, *, silent: bool) -> None:
        self.folder = folder
        self.typed: list[str] = []
        self._silent = silent

    def say(self, text: str = "") -> None:
        """Print a line to the reader."""
        if not self._silent:
            click.echo(text)

    def show(self, lines: "Iterable[Line]") -> None:
        """Draw lines as their command does."""
        if not self._silent:
            screen.show({}, lines, as_json=False)

    def command(self, line: str) -> None:
        """Show a command line."""
        self.typed.append(line)
        self.say(f"{terminal.dim('$')} {line}")

    def type(self, line: str, *, start: str = "", most: int | None = None) -> None:
        """Show a command line, run it, and show what it prints.

        Args:
            line: as it is typed.
            start: of the first line that is shown.
            most: lines that are shown.
        """
        self.command(line)
        printed = self.run(*shlex.split(line)[1:]).splitlines()
        for shown in islice(dropwhile(lambda each: not click.unstyle(each).startswith(start), printed), most):
            self.say(shown)

    def run(self, *arguments: str) -> str:
        """Run one of our own commands without showing it; return what it prints, in colour where the demo is."""
        from pr_sessions.cli.main import pr_sessions

        wanted = click.get_current_context().color
        colour = sys.stdout.isatty() if wanted is None else wanted
        with chdir(self.folder), redirect_stdout(io.StringIO()) as out, redirect_stderr(out):
            pr_sessions.main(list(arguments), prog_name="pr-sessions", standalone_mode=False, color=colour)
        return out.getvalue()

    def git(self, *words: str, at: str = "", author: str = _NAME) -> str:
        """Run git without showing it.

        Args:
            words: git's arguments.
            at: the time that commits get.
            author: who makes them.
        """
        dates = {"GIT_AUTHOR_DATE": at, "GIT_COMMITTER_DATE": at} if at else {}
        with _environment_of({**dates, "GIT_AUTHOR_NAME": author}):
            return run_git(self.folder, *words).decode(errors="replace").strip()


@contextmanager
def built(*, keep: bool, silent: bool) -> Iterator[Stage]:
    """Yield a stage in a new repository, which is removed at the end unless it is kept."""
    temporary: AbstractContextManager[str] = (
        nullcontext(mkdtemp(prefix=PREFIX)) if keep else TemporaryDirectory(prefix=PREFIX)
    )
    with temporary as name:
        folder = Path(name).resolve()
        with _environment_of(_isolated(folder)):
            (folder / "shop").mkdir()
            stage = Stage(folder / "shop", silent=silent)
            stage.git("init", "--quiet", "--initial-branch=main")
            yield stage


def _isolated(folder: Path) -> dict[str, str | None]:
    """Return the environment that no variable and no configuration of the user's affects."""
    ours: dict[str, str | None] = dict.fromkeys(name for name in os.environ if name.startswith("GIT_"))
    return ours | {
        **dict.fromkeys(_OURS),
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "XDG_CONFIG_HOME": str(folder),
        "GIT_AUTHOR_NAME": _NAME,
        "GIT_AUTHOR_EMAIL": _MAIL,
        "GIT_COMMITTER_NAME": _NAME,
        "GIT_COMMITTER_EMAIL": _MAIL,
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
