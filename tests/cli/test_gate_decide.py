"""`gate decide` as a job runs it: an event file, a GitHub, a runner's files; whatever any of them is like."""

import json
import re
import socket
import subprocess
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from command_line import Cli, Result
from msgspec import Struct

from fake_github import TOKEN, FakeGitHub, Fault
from pr_sessions.cli import gate_entrance as entrance
from pr_sessions.core.times import write_time
from pr_sessions.git.repository import CONFIG
from pr_sessions.tracker import utc_now
from rendering import shown

ENFORCE = "gate: enforce\ngate.checks: [test]\ngate.workflow: ci.yml\n"
HOSTILE = "auto-pr: $(touch pwned) `id`; ${{ github.token }} <img src=x> [x](y:z) @ada ##[set-output name=a;]b\n::x"


class Job(Struct, frozen=True):
    """What a step left behind."""

    code: int
    out: str
    err: str
    outputs: dict[str, str]
    summary: str

    @property
    def verdict(self) -> tuple[int, str, bool]:
        """The exit code, what becomes of the checks, and whether anything went wrong that should not."""
        return self.code, self.outputs["should_skip_scoring"], "Traceback" in self.err or "bug" in self.err


Runs = Callable[..., Job]


def ago(minutes: float) -> str:
    return write_time((utc_now() - timedelta(minutes=minutes)).replace(microsecond=0))


@pytest.fixture
def shop(fake: FakeGitHub) -> FakeGitHub:
    """Two pull requests of somebody who may write, in a repository that lets checks wait."""
    fake.permissions = {"bot": "write", "ann": "write"}
    fake.contents["main", CONFIG] = ENFORCE.encode()
    for number in (1, 2):
        fake.add_pull(number, f"auto-pr: {number}", ago(6 - number))
    return fake


@pytest.fixture
def runs(shop: FakeGitHub, tmp_path: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> Runs:
    """Runs the step: `runs(told, "issue_comment", GITHUB_TOKEN="")`; a text is written as it is."""

    def run(*arguments: str, **environ: str) -> Result:
        for key, value in environ.items():
            monkeypatch.setenv(key, value)
        return cli(*arguments)

    return _runs(shop, tmp_path, run)


@pytest.fixture
def runs_apart(shop: FakeGitHub, tmp_path: Path, spawn: Callable[..., subprocess.Popen[bytes]]) -> Runs:
    """The same in a process of its own."""

    def run(*arguments: str, **environ: str) -> Result:
        process = spawn(*arguments, **environ)
        out, err = process.communicate(timeout=100)
        return Result(process.returncode, out.decode(), err.decode())

    return _runs(shop, tmp_path, run)


def _runs(shop: FakeGitHub, tmp_path: Path, run: Cli) -> Runs:

    def call(told: Any, name: str = "pull_request", *arguments: str, **changes: str) -> Job:
        event, outputs, summary = (tmp_path / part for part in ("event.json", "outputs", "summary"))
        event.write_text(told if isinstance(told, str) else json.dumps(told))
        known = {
            "GITHUB_ACTIONS": "true",
            "GITHUB_EVENT_PATH": str(event),
            "GITHUB_EVENT_NAME": name,
            "GITHUB_REPOSITORY": "ada/shop",
            "GITHUB_API_URL": shop.url,
            "GITHUB_TOKEN": TOKEN,
            "GITHUB_OUTPUT": str(outputs),
            "GITHUB_STEP_SUMMARY": str(summary),
        }
        done = run("gate", "decide", *arguments, **(known | changes))
        told_summary = summary.read_text("utf-8") if summary.exists() else ""
        return Job(done.code, done.out, done.err, dict(written(outputs)), told_summary)

    return call


def written(outputs: Path) -> Iterator[tuple[str, str]]:
    """As the runner reads the file; a line that is not understood fails the test, as it fails the step."""
    lines = iter(outputs.read_text("utf-8").split("\n")[:-1] if outputs.exists() else [])
    for line in lines:
        name, _, delimiter = line.partition("<<")
        assert re.fullmatch(r"[a-z_]+", name)
        yield name, "\n".join(iter(lambda: next(lines), delimiter))


def opened(shop: FakeGitHub, number: int = 2, action: str = "opened", **told: Any) -> dict[str, Any]:
    """The event of a pull request."""
    pull = shop.pulls[number] | told
    return {"action": action, "number": number, "pull_request": pull, **around()}


def around() -> dict[str, Any]:
    return {"repository": {"full_name": "ada/shop"}, "sender": {"login": "bot", "id": 1, "type": "User"}}


def commented(shop: FakeGitHub, comment: dict[str, Any], number: int = 2) -> dict[str, Any]:
    """The event of a comment."""
    issue = {"number": number, "title": "", "user": None, "state": "open", "pull_request": {"url": "https://x"}}
    return {"action": "created", "issue": issue, "comment": comment, **around()}


def test_the_checks_of_an_automatic_pull_request_wait(shop: FakeGitHub, runs_apart: Runs) -> None:
    job = runs_apart(opened(shop))

    assert job.verdict == (0, "true", False)
    assert job.out == "The checks of #2 wait for the end of its session.\n"
    assert (job.outputs["is_auto_pr"], job.outputs["prs"], job.outputs["session_completed"]) == (
        "true",
        '["1","2"]',
        "false",
    )
    assert job.summary.startswith("### The checks of #2 wait for the end of its session\n")


def test_advisory_skips_nothing_and_says_what_could_have_waited(shop: FakeGitHub, runs: Runs) -> None:
    del shop.contents["main", CONFIG]
    job = runs(opened(shop))

    assert (job.verdict, job.outputs["would_skip"]) == ((0, "false", False), "true")
    assert job.out == "The checks of #2 run; they could have waited for the end of its session.\n"


def test_a_recorded_event_comes_to_the_same_decision(shop: FakeGitHub, runs: Runs, tmp_path: Path) -> None:
    told = opened(shop)
    (tmp_path / "recorded.json").write_text(json.dumps(told))
    first = json.loads(runs(told, "pull_request", "--json").out)
    again = json.loads(runs("", "push", "--event", str(tmp_path / "recorded.json"), "--json").out)

    assert again == first


def test_everything_is_explained_on_request(shop: FakeGitHub, runs: Runs) -> None:
    job = runs(opened(shop), "pull_request", "--explain")

    assert "  its title matches ^auto-pr:\n" in job.out
    assert "-> decided   time " in job.out
    assert re.search(r"^\d+ requests to GitHub\.$", job.out, re.MULTILINE)


def pull_request(shop: FakeGitHub, **changes: Any) -> dict[str, Any]:
    """The event of number 2 as GitHub has it too."""
    shop.pulls[2] |= changes
    return opened(shop)


def from_fork(shop: FakeGitHub) -> dict[str, Any]:
    shop.pulls[2]["head"]["repo"]["full_name"] = "eve/shop"
    return opened(shop)


def of_deleted_branch(shop: FakeGitHub) -> dict[str, Any]:
    return opened(shop, head=shop.pulls[2]["head"] | {"repo": None})


def of_stranger(shop: FakeGitHub) -> dict[str, Any]:
    """Somebody who forges the mark of the session, and may not write."""
    shop.add_pull(3, "auto-pr: mine", ago(1), "eve", body="Session-ID: bot-20251122-1000")
    return opened(shop, 3)


def approved(shop: FakeGitHub) -> dict[str, Any]:
    example = shop.description.example("pull-request-review-items")[0]
    user = example["user"] | {"login": "ann", "type": "User"}
    shop.reviews[2] = [example | {"user": user, "state": "APPROVED", "commit_id": shop.pulls[2]["head"]["sha"]}]
    return opened(shop)


def touching_workflows(shop: FakeGitHub) -> dict[str, Any]:
    shop.files[2].append(shop.file(".github/workflows/##[set-output name=should_skip_scoring;]true"))
    return opened(shop)


def of_another_repository(shop: FakeGitHub) -> dict[str, Any]:
    return opened(shop) | {"repository": {"full_name": "eve/x"}}


def of_nothing(shop: FakeGitHub) -> dict[str, Any]:
    shop.files[9] = []
    return opened(shop) | {"pull_request": shop.pulls[2] | {"number": 9}}


EVENTS: tuple[tuple[str, str, Callable[[FakeGitHub], Any], str], ...] = (
    ("from a fork", "pull_request", from_fork, "its branch lies in a fork"),
    ("of a deleted branch", "pull_request", of_deleted_branch, "the event postpones nothing"),
    ("by hand", "pull_request", lambda shop: pull_request(shop, title="By hand"), "nothing says that it is automatic"),
    ("of somebody who may not write", "pull_request", of_stranger, "its author is not known to have write access"),
    ("approved", "pull_request", approved, "somebody who may write has approved its last commit"),
    ("of workflows", "pull_request", touching_workflows, "it changes what gate.always names"),
    ("ready", "pull_request", lambda shop: opened(shop, action="ready_for_review"), "it is ready for review"),
    ("merge group", "merge_group", lambda _shop: {"action": "checks_requested", **around()}, "the event postpones"),
    ("unknown", "sunrise", lambda _shop: {"action": "red", **around()}, "the event postpones nothing"),
    ("half-written", "pull_request", lambda shop: json.dumps(opened(shop))[:-300], "half-written"),
    ("empty", "pull_request", lambda _shop: "", "half-written"),
    ("no object", "pull_request", lambda _shop: [1], "the event file holds no object"),
    ("of another repository", "pull_request", of_another_repository, "the event is of eve/x, and not of ada/shop"),
    ("that GitHub does not know", "pull_request", of_nothing, "#9"),
)


@pytest.mark.parametrize(("name", "told", "why"), [one[1:] for one in EVENTS], ids=[one[0] for one in EVENTS])
def test_the_checks_run_and_it_is_said_why(
    shop: FakeGitHub, runs: Runs, name: str, told: Callable[[FakeGitHub], Any], why: str
) -> None:
    job = runs(told(shop), name)

    assert (job.verdict, job.outputs["would_skip"]) == ((0, "false", False), "false")
    assert job.out.partition("\n")[2] == ""
    assert why in job.out
    assert "##[" not in job.out + job.err


def test_a_pull_request_without_a_body_is_judged_as_any_other(shop: FakeGitHub, runs: Runs) -> None:
    assert runs(pull_request(shop, body=None)).verdict == (0, "true", False)


def test_an_app_is_believed_with_a_branch_of_the_repository(shop: FakeGitHub, runs: Runs) -> None:
    shop.permissions = {}
    for pull in shop.pulls.values():
        pull["user"] |= {"login": "copilot-swe-agent[bot]", "type": "Bot"}

    assert runs(opened(shop)).verdict == (0, "true", False)


def test_a_forged_mark_moves_nobody_into_another_session(shop: FakeGitHub, runs: Runs) -> None:
    runs(of_stranger(shop))
    job = runs(opened(shop))

    assert (job.verdict, job.outputs["prs"]) == ((0, "true", False), '["1","2"]')


@pytest.mark.parametrize(("author", "waits"), [("eve", "true"), ("ann", "false")])
def test_a_command_counts_from_people_who_may_write(shop: FakeGitHub, runs: Runs, author: str, waits: str) -> None:
    comment = shop.add_comment(1, "/complete-session", author, ago(1))
    job = runs(commented(shop, comment, 1), "issue_comment")

    assert ("nothing is done for a comment" in job.out) is (author == "eve")
    assert runs(opened(shop)).outputs["should_skip_scoring"] == waits


def test_ten_thousand_comments_are_no_reason_to_fail(shop: FakeGitHub, runs: Runs) -> None:
    one = shop.add_comment(2, "+1", "eve", ago(2))
    shop.comments |= {number: one | {"id": number} for number in range(2, 10_001)}
    job = runs(opened(shop))

    assert job.verdict == (0, "false", False)
    assert "not everything is known for sure" in job.out


def test_what_people_write_is_nothing_but_text(shop: FakeGitHub, runs_apart: Runs, tmp_path: Path) -> None:
    job = runs_apart(pull_request(shop, title=HOSTILE, body=HOSTILE), "pull_request", "--explain")
    kinds, words = shown(job.summary)

    assert (set(job.outputs), job.outputs["should_skip_scoring"]) == (OUTPUTS, "true")
    assert {"html_inline", "html_block", "link_open", "image"}.isdisjoint(kinds)
    assert "auto-pr: $(touch pwned) `id`; ${{ github.token }} <img src=x>" in words
    assert [line for line in (job.out + job.err).splitlines() if line.strip().startswith("::") or "##[" in line] == []
    assert not list(tmp_path.rglob("pwned"))


OUTPUTS = {"is_auto_pr", "session_id", "should_skip_scoring", "would_skip", "session_completed", "prs", "gate"}


def test_without_a_token_the_checks_run_and_it_says_what_to_set(shop: FakeGitHub, runs: Runs) -> None:
    job = runs(opened(shop), GITHUB_TOKEN="")

    assert (job.verdict, set(job.outputs), shop.asked) == ((0, "false", False), OUTPUTS, [])
    assert "set GITHUB_TOKEN: ${{ github.token }}" in job.err
    assert "not everything is known for sure" in job.out


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_token_without_rights_is_a_reason_to_run(shop: FakeGitHub, runs: Runs, status: int) -> None:
    shop.faults.extend(Fault(status=status) for _ in range(100))
    job = runs(opened(shop))

    assert job.verdict == (0, "false", False)
    assert "not everything is known for sure" in job.out


def test_github_that_fails_for_the_whole_job_is_a_reason_to_run(
    shop: FakeGitHub, runs: Runs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(entrance, "TRIES", 1)
    shop.faults.extend(Fault(status=502) for _ in range(1000))
    job = runs(opened(shop))

    assert job.verdict == (0, "false", False)
    assert "GitHub has a problem of its own (502)" in job.out


def test_github_that_cannot_be_reached_is_a_reason_to_run(shop: FakeGitHub, runs: Runs) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        job = runs(opened(shop), GITHUB_API_URL=f"http://127.0.0.1:{closed.getsockname()[1]}")

    assert job.verdict == (0, "false", False)
    assert "GitHub cannot be reached" in job.out


@pytest.mark.parametrize(("over_budget", "level", "code"), [("warn", "warning", 0), ("fail", "error", 1)])
def test_a_breached_budget_is_annotated_and_fails_only_on_request(
    shop: FakeGitHub, runs: Runs, over_budget: str, level: str, code: int
) -> None:
    shop.contents["main", CONFIG] = f"gate.open_budget: 1\ngate.over_budget: {over_budget}\n".encode()
    for pull in shop.pulls.values():
        pull["user"] |= {"login": "copilot-swe-agent[bot]", "type": "Bot", "id": 198982749}
    job = runs(opened(shop))

    assert (job.code, set(job.outputs), "open pull requests" in job.summary) == (code, OUTPUTS, True)
    assert job.err.startswith(f"::{level} title=Too many open pull requests::")


def test_a_summary_that_cannot_be_written_is_told_and_no_failure(shop: FakeGitHub, runs: Runs, tmp_path: Path) -> None:
    job = runs(opened(shop), GITHUB_STEP_SUMMARY=str(tmp_path))

    assert job.verdict == (0, "true", False)
    assert job.err.startswith("without a summary: cannot write ")


def test_outputs_that_cannot_be_written_fail_the_step(shop: FakeGitHub, runs: Runs, tmp_path: Path) -> None:
    job = runs(opened(shop), GITHUB_OUTPUT=str(tmp_path))

    assert (job.code, job.err.startswith("error: cannot write "), "Traceback" in job.err) == (1, True, False)


def test_away_from_a_runner_nothing_is_written(shop: FakeGitHub, runs: Runs) -> None:
    job = runs(opened(shop), GITHUB_OUTPUT="", GITHUB_STEP_SUMMARY="", GITHUB_ACTIONS="")

    assert (job.code, job.outputs, job.summary) == (0, {}, "")
    assert job.out == "The checks of #2 wait for the end of its session.\n"


@pytest.mark.parametrize("arguments", [("--event", "/nowhere"), ("--sideways",), ("--json", "nothing")])
def test_wrong_usage_is_told(runs: Runs, arguments: tuple[str, ...]) -> None:
    job = runs("", "push", *arguments)

    assert (job.code, job.outputs) == (2, {})
