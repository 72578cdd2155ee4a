"""How every command of the gate begins."""

import json
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from fake_github import TOKEN, FakeGitHub
from pr_sessions.cli.gate_entrance import AT_HOME, NO_TOKEN, ON_A_RUNNER, Asked, run
from pr_sessions.core.times import read_time
from pr_sessions.errors import ForgeFailed, PrSessionsError
from pr_sessions.forges.github.client import GitHub
from pr_sessions.gate.event import Event
from pr_sessions.tracker import utc_now

Told = tuple[str | None, Event, datetime]
OPENED = "2025-11-22T10:05:00Z"


async def work(github: GitHub | None, event: Event, now: datetime) -> Told:
    return github.repository if github else None, event, now


@pytest.fixture
def event_file(fake: FakeGitHub, tmp_path: Path) -> Path:
    """A pull request of ada/shop that was opened at 10:05."""
    fake.add_pull(7, "auto-pr: seven", OPENED)
    told = {"action": "opened", "number": 7, "pull_request": fake.pulls[7], "repository": {"full_name": "ada/shop"}}
    path = tmp_path / "event.json"
    path.write_text(json.dumps({**told, "sender": {"login": "bot", "id": 1, "type": "Bot"}}))
    return path


@pytest.fixture
def runner(fake: FakeGitHub, event_file: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """The environment of a runner's step, with changes."""

    def set_up(**changes: str) -> None:
        known = {
            "GITHUB_EVENT_PATH": str(event_file),
            "GITHUB_EVENT_NAME": "pull_request",
            "GITHUB_REPOSITORY": "ada/shop",
            "GITHUB_SHA": "the merge commit",
            "GITHUB_API_URL": fake.url,
            "GITHUB_TOKEN": TOKEN,
        }
        for name, value in (known | changes).items():
            monkeypatch.setenv(name, value)

    return set_up


def test_on_a_runner_its_event_is_judged_at_the_time_of_the_clock(runner: Callable[..., None]) -> None:
    runner()
    before = utc_now()
    repository, event, now = run(Asked(), work)

    assert (repository, event.name, event.number, event.problem) == ("ada/shop", "pull_request", "7", "")
    assert before <= now <= utc_now()


def test_a_recorded_event_is_judged_at_its_own_time_and_knows_nothing_of_the_runner(
    runner: Callable[..., None], event_file: Path
) -> None:
    runner(GITHUB_EVENT_NAME="push", GITHUB_EVENT_PATH="/nowhere", GITHUB_REPOSITORY="eve/evil")
    repository, event, now = run(Asked(event_file), work)

    assert (repository, event.name, event.problem, now) == ("ada/shop", "pull_request", "", read_time(OPENED))


def test_a_recorded_event_of_another_repository_than_the_one_that_was_named_is_a_problem(
    runner: Callable[..., None], event_file: Path
) -> None:
    runner()
    repository, event, _ = run(Asked(event_file, repository="ada/other"), work)

    assert (repository, bool(event.problem)) == ("ada/other", True)


@pytest.mark.parametrize(("on_a_runner", "way_out"), [("true", ON_A_RUNNER), ("", AT_HOME)])
def test_without_a_token_nothing_is_asked_and_the_way_out_is_told(
    runner: Callable[..., None], fake: FakeGitHub, capsys: pytest.CaptureFixture[str], on_a_runner: str, way_out: str
) -> None:
    runner(GITHUB_TOKEN="", GITHUB_ACTIONS=on_a_runner)

    assert (run(Asked(), work)[0], capsys.readouterr().err, fake.asked) == (None, f"{NO_TOKEN}{way_out}\n", [])


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("GITHUB_TOKEN", "two words", "GITHUB_TOKEN holds something that is no token; a token is one word"),
        ("GITHUB_API_URL", "http://example.com", "GITHUB_API_URL is not https"),
        ("GITHUB_API_URL", "ftp:", "GITHUB_API_URL is no address"),
    ],
)
def test_what_cannot_be_used_is_told_and_the_gate_goes_on(
    runner: Callable[..., None], capsys: pytest.CaptureFixture[str], name: str, value: str, said: str
) -> None:
    runner(**{name: value})

    assert run(Asked(), work)[0] is None
    assert capsys.readouterr().err.startswith(f"GitHub is not asked: {said}")


def test_where_no_repository_is_known_nothing_is_asked(
    runner: Callable[..., None], fake: FakeGitHub, tmp_path: Path
) -> None:
    path = tmp_path / "empty.json"
    path.write_text("{")
    runner()
    repository, event, _ = run(Asked(path), work)

    assert (repository, bool(event.problem), fake.asked) == (None, True, [])


@pytest.mark.parametrize("command", ["check", "comment", "sweep"])
def test_every_command_of_the_gate_starts_without_the_extra(command: str) -> None:
    """In an interpreter of its own, since this one has imported it."""
    script = (
        "import sys\n"
        "sys.modules['gidgethub'] = None\n"
        "from pr_sessions.cli.main import run\n"
        f"sys.exit(run(['gate', '{command}']))"
    )
    done = subprocess.run([sys.executable, "-c", script], check=False, capture_output=True, encoding="utf-8")

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("error: asking GitHub needs a package that is not installed: gidgethub\n")


@pytest.mark.parametrize("package", ["gidgethub", "httpx"])
def test_without_the_extra_the_gate_says_what_to_install(monkeypatch: pytest.MonkeyPatch, package: str) -> None:
    monkeypatch.setitem(sys.modules, package, None)

    with pytest.raises(PrSessionsError, match=f"not installed: {package}") as raised:
        run(Asked(), work)
    assert raised.value.hint == "install its extra from your clone: uv tool install './pr-sessions[github]'"


_WITHOUT_EXTRA = """\
import sys
sys.modules["gidgethub"] = sys.modules["httpx"] = None
sys.stderr = sys.stdout
from pr_sessions.cli.main import run
sys.exit(run(sys.argv[1:]))
"""


@pytest.mark.parametrize(
    "arguments",
    [
        *(("gate", step) for step in ("decide", "check", "comment", "finish", "sweep", "dashboard")),
        ("look", "ada/shop"),
        ("inbox", "ada/shop"),
    ],
    ids=" ".join,
)
def test_no_command_that_asks_github_stumbles_without_the_extra(
    arguments: tuple[str, ...], child: Callable[..., subprocess.Popen[str]]
) -> None:
    process = child(_WITHOUT_EXTRA, *arguments)
    said, _ = process.communicate(timeout=100)

    assert (process.returncode, said) == (
        1,
        (
            "error: asking GitHub needs a package that is not installed: gidgethub\n"
            "hint: install its extra from your clone: uv tool install './pr-sessions[github]'\n"
        ),
    )


def test_a_failure_of_the_work_is_no_failure_of_the_entrance(runner: Callable[..., None]) -> None:
    async def fails(*_: Any) -> None:
        raise ForgeFailed("refused")

    runner()
    with pytest.raises(ForgeFailed, match="refused"):
        run(Asked(), fails)
