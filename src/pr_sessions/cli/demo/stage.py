"""A throw-away place in which typed commands really run, independent of the user's own git configuration."""

import io
import os
import shlex
import sys
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, chdir, contextmanager, nullcontext, redirect_stderr, redirect_stdout
from itertools import takewhile
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp

import click

from pr_sessions.cli.output import dim, heading
from pr_sessions.stores.git import run_git

PREFIX = "pr-sessions-demo-"
_OURS = ("AUTO_PR_SESSION_AUTHOR", "PR_SESSIONS", "CI")


class Stage:
    """Shows commands as they are typed, and what they really print.

    Args:
        home: the folder in which everything happens.
        silent: nothing is shown; the commands run all the same.
    """

    def __init__(self, home: Path, *, silent: bool) -> None:
        self.home = home
        self.typed: list[str] = []
        self._silent = silent

    def say(self, text: str) -> None:
        """A line to the reader."""
        if not self._silent:
            click.echo(text)

    def title(self, text: str) -> None:
        """A line above a part."""
        self.say("")
        self.say(heading(text))

    def type(self, folder: str, line: str) -> None:
        """Shows a command line, runs it in the folder, and shows what it prints.

        `NAME=value` before the command and `| head -N` after it mean what they mean in a shell.
        """
        self.typed.append(f"{folder}$ {line}")
        self.say(f"{dim(f'{folder}$')} {line}")
        command, _, most = line.partition(" | head -")
        words = shlex.split(command)
        settings = dict(word.split("=", 1) for word in takewhile(lambda word: "=" in word, words))
        printed = self._run(folder, words[len(settings) :], settings)
        for shown in printed.splitlines()[: int(most) if most else None]:
            self.say(shown)

    def git(self, folder: str, *words: str, at: str = "", author: str = "") -> None:
        """Runs git without showing it.

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
        place = self.home / folder
        with chdir(place), _environment_of(settings):
            if words[0] == "git":
                return run_git(place, *words[1:]).decode(errors="replace")
            return _printed(words[1:])


def _printed(arguments: list[str]) -> str:
    """What one of our own commands prints, in colour where the demo is; its errors go up."""
    from pr_sessions.cli.main import pr_sessions

    wish = click.get_current_context().color
    colour = sys.stdout.isatty() if wish is None else wish
    with redirect_stdout(io.StringIO()) as out, redirect_stderr(out):
        pr_sessions.main(arguments, prog_name="pr-sessions", standalone_mode=False, color=colour)
    return out.getvalue()


@contextmanager
def built(*, keep: bool, silent: bool) -> Iterator[Stage]:
    """A stage in a folder of its own, which goes at the end whatever happens, unless it is kept."""
    with _folder(keep=keep) as name:
        home = Path(name).resolve()
        with _environment_of(_isolated(home)):
            yield Stage(home, silent=silent)


def _folder(*, keep: bool) -> AbstractContextManager[str]:
    return nullcontext(mkdtemp(prefix=PREFIX)) if keep else TemporaryDirectory(prefix=PREFIX)


def _isolated(home: Path) -> dict[str, str | None]:
    """No variable and no configuration of the user's has a say."""
    ours: dict[str, str | None] = dict.fromkeys(name for name in os.environ if name.startswith("GIT_"))
    ours |= dict.fromkeys(_OURS)
    name, mail = "Ann Lee", "ann@example.com"
    return ours | {
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "XDG_CONFIG_HOME": str(home),
        "GIT_AUTHOR_NAME": name,
        "GIT_AUTHOR_EMAIL": mail,
        "GIT_COMMITTER_NAME": name,
        "GIT_COMMITTER_EMAIL": mail,
    }


@contextmanager
def _environment_of(settings: Mapping[str, str | None]) -> Iterator[None]:
    """The environment with these variables set, or unset where `None`; afterwards it is as it was."""
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
