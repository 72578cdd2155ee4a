"""Which files a command goes through."""

import io
import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import chdir, contextmanager, redirect_stderr, redirect_stdout
from datetime import UTC, datetime, timedelta
from inspect import CO_OPTIMIZED
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from types import FrameType
from unittest.mock import patch

from benchmarks.house.measure import counted


def calls(run: Callable[[], object], package: Path) -> list[str]:
    """Run something; return the file of each call of a function in the package, in order, relative to the package.

    Calls are those that `sys.setprofile` reports in this thread, each resumption of a generator included. Left out are
    the bodies of modules and classes, and comprehensions, which are calls in Python 3.11 only.
    """
    prefix, files = f"{package}{os.sep}", list[str]()

    def profile(frame: FrameType, event: str, _argument: object) -> None:
        code = frame.f_code
        is_call = event == "call" and code.co_flags & CO_OPTIMIZED and not code.co_name.endswith("comp>")
        if is_call and code.co_filename.startswith(prefix):
            files.append(code.co_filename.removeprefix(prefix))

    before = sys.getprofile()
    sys.setprofile(profile)
    try:
        run()
    finally:
        sys.setprofile(before)
    return files


def changes(files: Sequence[str]) -> int:
    """Count the calls that are in another file than the call before."""
    return sum(former != latter for former, latter in pairwise(files))


def visits(files: Sequence[str]) -> tuple[str, ...]:
    """List each file with the number of calls in it, the busiest first."""
    return counted(Counter(files), [file for file, _ in Counter(files).most_common()])


def add_calls() -> list[str]:
    """Return the calls of `pr-sessions add` for the second pull request of a session, in a repository after `init`."""
    with _repository():
        for arguments in (["init"], ["start"], _add(1)):
            _run(*arguments)
        return calls(lambda: _run(*_add(2)), _package())


def _add(number: int) -> list[str]:
    return ["add", str(number), "--title", "auto-pr: a step", "--author", "bench", "--files", "3"]


def gate_calls() -> list[str]:
    """Return the calls of `pr-sessions gate decide` (before: `ci`) at a push to the second of two open pull requests.

    GitHub is the tests' fake. The command runs twice and the second run counts, so that nothing is imported or made
    for the first time.
    """
    from benchmarks.gate import TOKEN
    from benchmarks.past_forge import PastForge, Stream
    from pr_sessions.cli.commands import SECTIONS
    from pr_sessions.core.models import PullRequest, State

    is_renamed = any("gate" in commands for commands in SECTIONS.values())
    command = ["gate", "decide"] if is_renamed else ["ci"]
    now = datetime.now(UTC).replace(microsecond=0)
    pull_requests = tuple(
        PullRequest(
            number=str(number),
            title="auto-pr: a step",
            author="ann",
            state=State.OPEN,
            branch=f"work-{number}",
            created=now - timedelta(minutes=5 - number),
        )
        for number in (1, 2)
    )
    forge = PastForge(Stream("two open ones", pull_requests))
    with forge.running(), _repository() as folder:
        (folder / "event.json").write_text(json.dumps(_push(forge.repository, forge.as_it_was(2))))
        environ = {
            "GITHUB_ACTIONS": "true",
            "GITHUB_EVENT_NAME": "pull_request",
            "GITHUB_EVENT_PATH": str(folder / "event.json"),
            "GITHUB_REPOSITORY": forge.repository,
            "GITHUB_OUTPUT": str(folder / "outputs"),
            "GITHUB_API_URL": forge.url,
            "GH_TOKEN": TOKEN,
        }
        with patch.dict(os.environ, environ):
            _run(*command)
            files = calls(lambda: _run(*command), _package())
        assert '["1","2"]' in (folder / "outputs").read_text()
    assert not forge.broken, forge.broken[:3]
    return files


def _push(repository: str, row: Mapping[str, object]) -> dict[str, object]:
    sender = {"login": "ann", "id": 1, "type": "User"}
    return {
        "action": "synchronize",
        "repository": {"full_name": repository},
        "pull_request": row,
        "sender": sender,
    }


@contextmanager
def _repository() -> Iterator[Path]:
    """Work in a throw-away repository, with nothing of the user's environment but the path."""
    with TemporaryDirectory() as name:
        home, folder = Path(name, "home"), Path(name, "repository")
        home.mkdir()
        (home / "gitconfig").write_text("[user]\nname = Ada\nemail = ada@example.com\n")
        environ = {
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "GIT_CONFIG_GLOBAL": str(home / "gitconfig"),
            "GIT_CONFIG_NOSYSTEM": "1",
            "PR_SESSIONS_NO_TRACKER": "1",
            "TZ": "UTC",
        }
        with patch.dict(os.environ, environ, clear=True):
            subprocess.run(["git", "init", "-q", "-b", "main", str(folder)], check=True)
            with chdir(folder):
                yield folder


def _package() -> Path:
    import pr_sessions

    return Path(pr_sessions.__path__[0])


def _run(*arguments: str) -> None:
    """Run one command in this process; show what it prints only where it fails."""
    from pr_sessions.cli.main import run

    printed = io.StringIO()
    with redirect_stdout(printed), redirect_stderr(printed):
        code = run(arguments)
    assert code == 0, f"{' '.join(arguments)}: {printed.getvalue()}"
