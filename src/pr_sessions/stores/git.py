"""The only place that starts git."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from pr_sessions.errors import PrSessionsError

if TYPE_CHECKING:
    from pathlib import Path
    from subprocess import CompletedProcess

# Set inside git's own hooks; they would lead away from a root that has its own `.git`.
_LOCATION = (
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_COMMON_DIR",
    "GIT_INDEX_FILE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_PREFIX",
)
_NO = 1


class GitFailed(PrSessionsError):
    """Git is missing, or refused what it was asked."""


def run_git(root: Path, *arguments: str, input: bytes = b"") -> bytes:  # noqa: A002 - subprocess's own word
    """What git prints.

    Args:
        root: the working tree in which it runs.
        arguments: git's own, one each; no shell looks at them.
        input: what it reads.

    Raises:
        GitFailed: git is missing or failed; the message is the first line that it said.
    """
    done = _run(root, arguments, input)
    if done.returncode:
        raise _failed(arguments, done)
    return done.stdout


def call_git(root: Path, *arguments: str) -> CompletedProcess[bytes]:
    """All that git said, whether or not it failed. Raises `GitFailed` where git is missing."""
    return _run(root, arguments)


def ask_git(root: Path, *arguments: str) -> str:
    """The answer to a question that git may also answer with "no"; empty then.

    Raises:
        GitFailed: git is missing, or failed.
    """
    return _ask(root, *arguments).strip()


def git_author(root: Path) -> str | None:
    """The author's name that git would write into a commit here; `None` when it is not set."""
    return ask_git(root, "config", "--get", "user.name") or None


def local_setting(root: Path, key: str) -> str | None:
    """A value in the clone's own configuration; `None` when it is not set."""
    return ask_git(root, "config", "--local", "--get", key) or None


def is_tracked(root: Path, path: Path) -> bool:
    """Whether git's index holds the file, or anything in the folder."""
    return bool(run_git(root, "--literal-pathspecs", "ls-files", "-z", "--", str(path)))


def is_ignored(root: Path, path: Path) -> bool:
    """Whether git would leave the path out; never true of a tracked file."""
    return bool(_ask(root, "check-ignore", "--", str(path)))


def remotes(root: Path) -> tuple[str, ...]:
    """Names of the remotes."""
    return tuple(os.fsdecode(run_git(root, "remote")).splitlines())


def remote_addresses(root: Path) -> tuple[str, ...]:
    """Where the remotes are, as the clone's configuration spells it."""
    lines = ask_git(root, "config", "--get-regexp", r"^remote\..*\.url$").splitlines()
    return tuple(line.partition(" ")[2] for line in lines)


def _ask(root: Path, *arguments: str) -> str:
    """The answer to a question that git may also answer with "no" (nothing, and status 1)."""
    done = _run(root, arguments)
    if done.returncode not in (0, _NO):
        raise _failed(arguments, done)
    return os.fsdecode(done.stdout)


def _run(root: Path, arguments: tuple[str, ...], data: bytes = b"") -> CompletedProcess[bytes]:
    from subprocess import run

    try:
        # Empty input is a closed one: git never waits for a terminal.
        return run(["git", *arguments], cwd=root, env=_environment(root), input=data, capture_output=True, check=False)
    except OSError as error:
        if root.is_dir():
            raise GitFailed("git cannot be started", "install git, or put its folder on PATH") from error
        raise GitFailed(f"{root} is not a folder") from error


def _environment(root: Path) -> dict[str, str]:
    own = (root / ".git").exists()
    kept = {name: value for name, value in os.environ.items() if not (own and name in _LOCATION)}
    return {**kept, "LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0"}


def _failed(arguments: tuple[str, ...], done: CompletedProcess[bytes]) -> GitFailed:
    said = done.stderr.decode(errors="replace").strip().partition("\n")[0]
    command = next((argument for argument in arguments if not argument.startswith("-") and "=" not in argument), "")
    return GitFailed(f"git {command} failed: {said or f'status {done.returncode}'}")
