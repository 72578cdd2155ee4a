"""`gate check` and `gate sweep` as a job runs them: what is told, what is written, and the exit code."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from command_line import Cli, Result

from fake_github import SHA, TOKEN, FakeGitHub
from pr_sessions.core.times import write_time
from pr_sessions.git.repository import CONFIG
from pr_sessions.tracker import utc_now

ENFORCE = "gate: enforce\ngate.checks: [test]\ngate.workflow: ci.yml\n"

Step = Callable[..., Result]


@pytest.fixture
def shop(fake: FakeGitHub) -> FakeGitHub:
    """A pull request of a minute ago, in a repository that lets checks wait."""
    fake.permissions = {"bot": "write"}
    fake.contents["main", CONFIG] = ENFORCE.encode()
    created = write_time((utc_now() - timedelta(minutes=1)).replace(microsecond=0))
    fake.now = write_time(utc_now().replace(microsecond=0))
    fake.add_pull(7, "auto-pr: seven", created)
    fake.pulls[7]["head"]["sha"] = SHA
    return fake


@pytest.fixture
def step(shop: FakeGitHub, tmp_path: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> Step:
    """Runs a command of the gate: `step("check", "--json", name="pull_request")`."""

    def call(*arguments: str, name: str = "pull_request", told: Any = None, **environ: str) -> Result:
        event = {
            "action": "opened",
            "number": 7,
            "pull_request": shop.pulls[7],
            "repository": {"full_name": "ada/shop"},
        }
        (tmp_path / "event.json").write_text(json.dumps(told or event))
        known = {
            "GITHUB_EVENT_PATH": str(tmp_path / "event.json"),
            "GITHUB_EVENT_NAME": name,
            "GITHUB_REPOSITORY": "ada/shop",
            "GITHUB_API_URL": shop.url,
            "GITHUB_TOKEN": TOKEN,
            "GITHUB_SHA": SHA,
            "GITHUB_ACTIONS": "true",
        }
        for key, value in (known | environ).items():
            monkeypatch.setenv(key, value)
        return cli("gate", *arguments)

    return call


def checks(shop: FakeGitHub) -> list[tuple[str, str | None]]:
    return [(check["status"], check["conclusion"]) for check in shop.checks.values() if check["name"] == "pr-sessions"]


def test_a_pull_request_that_waits_gets_its_check_run(shop: FakeGitHub, step: Step) -> None:
    done = step("check")

    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("#7 6dcb09b: queued (Waits for the end of session bot-")
    assert checks(shop) == [("queued", None)]
    assert step("check").out == "1 commit looked at: nothing to do\n"


def test_the_last_job_of_a_dispatched_run_tells_the_result(shop: FakeGitHub, step: Step) -> None:
    step("check")
    shop.add_run(SHA, "test", "success", suite=9)
    done = step(
        "finish", name="workflow_dispatch", told={"inputs": {}, "ref": "refs/heads/work-7", "workflow": "ci.yml"}
    )

    assert done.out == "#7 6dcb09b: success (Succeeded: test)\n"
    assert checks(shop) == [("completed", "success")]


def test_a_merge_group_is_told_of(shop: FakeGitHub, step: Step) -> None:
    group = {"head_sha": "b" * 40, "head_ref": "refs/heads/gh-readonly-queue/main/pr-7", "base_ref": "refs/heads/main"}
    told = {"action": "checks_requested", "merge_group": group, "repository": {"full_name": "ada/shop"}}
    done = step("check", name="merge_group", told=told)

    assert done.out == "bbbbbbb: in_progress (Waits for the results of test)\n"


def test_a_sweep_needs_no_event(shop: FakeGitHub, step: Step) -> None:
    done = step("sweep", "--json", name="schedule", told={"schedule": "4-59/10 * * * *"})
    told = json.loads(done.out)

    assert (done.code, told["gate"], told["looked_at"]) == (0, "enforce", 1)
    assert [one["status"] for one in told["check_runs"]] == ["queued"]
    assert checks(shop) == [("queued", None)]


def test_a_missing_right_fails_the_job_and_names_it(shop: FakeGitHub, step: Step) -> None:
    shop.forbidden.add("checks/create")
    for command in ("check", "finish", "sweep"):
        done = step(command)
        assert done.code == 1
        assert "the job needs `permissions: checks: write`" in done.err


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("check", "a check run cannot be written without a token"),
        ("finish", "a check run cannot be written without a token"),
        ("sweep", "open pull requests cannot be looked at: GitHub is not asked"),
    ],
)
def test_without_a_token_nothing_is_asked(shop: FakeGitHub, step: Step, command: str, said: str) -> None:
    done = step(command, GITHUB_TOKEN="")

    assert (done.code, shop.asked) == (1, [])
    assert said in done.err


@pytest.mark.parametrize(
    ("command", "said"),
    [("check", "error: no event file is named: give one with --event\n"), ("sweep", "which repository to look at\n")],
)
def test_at_home_it_is_told_what_to_name(cli: Cli, command: str, said: str) -> None:
    done = cli("gate", command)

    assert (done.code, said in done.err) == (1, True)


@pytest.mark.parametrize("arguments", [("decide",), ("check",), ("comment",), ("finish",), ("sweep",)])
def test_a_repository_that_cannot_be_one_is_a_wrong_argument(step: Step, arguments: tuple[str, ...]) -> None:
    done = step(*arguments, "--repository", "shop")

    assert (done.code, "not a repository on GitHub: 'shop'" in done.err) == (2, True)


@pytest.mark.parametrize("command", ["check", "sweep"])
def test_a_configuration_that_cannot_be_read_is_a_failure_and_no_advisory_gate(
    shop: FakeGitHub, step: Step, command: str
) -> None:
    shop.forbidden.add("repos/get-content")
    done = step(command)

    assert (done.code, done.out, checks(shop)) == (1, "", [])
    assert "problem: no configuration, all is as by default" in done.err


def test_an_event_that_cannot_be_read_writes_nothing(shop: FakeGitHub, step: Step) -> None:
    done = step("check", told=["half"], name="pull_request")

    assert done.code == 0
    assert "the event file holds no object" in done.out
    assert checks(shop) == []


def test_github_that_refuses_fails_the_job_and_passes_nothing(shop: FakeGitHub, step: Step) -> None:
    shop.forbidden |= {"pulls/list", "pulls/get", "checks/list-for-ref"}
    done = step("check")

    assert (done.code, checks(shop)) == (1, [])


@pytest.mark.parametrize("command", ["check", "finish", "sweep"])
def test_only_on_a_runner_anything_is_written(shop: FakeGitHub, step: Step, command: str) -> None:
    done = step(command, GITHUB_ACTIONS="")

    assert (done.code, ": would be " in done.out, checks(shop)) == (0, True, [])


@pytest.mark.parametrize("command", ["check", "finish"])
@pytest.mark.parametrize("runner", ["", "true"])
def test_a_recorded_event_is_for_looking(
    shop: FakeGitHub, step: Step, tmp_path: Path, command: str, runner: str
) -> None:
    done = step(command, "--event", str(tmp_path / "event.json"), GITHUB_ACTIONS=runner)

    assert (done.code, ": would be " in done.out, checks(shop)) == (0, True, [])


def test_the_last_job_starts_nothing_whatever_waits(shop: FakeGitHub, step: Step) -> None:
    shop.add_pull(8, "auto-pr: eight", shop.pulls[7]["created_at"])
    shop.pulls[8]["head"]["sha"] = "8" * 40
    shop.add_run("8" * 40, "test", "skipped", suite=3)
    shop.add_run(SHA, "test", "success", suite=4)
    shop.pulls[7]["title"] += " [session-complete]"
    done = step("finish")

    assert (done.code, done.out) == (0, "#7 6dcb09b: success (Succeeded: test)\n")
    assert (shop.dispatched, checks(shop)) == ([], [("completed", "success")])
    # The settings, the stack, the check runs, and ours.
    assert len(shop.asked) == 4


def test_in_advisory_mode_the_last_job_asks_for_the_settings_alone(shop: FakeGitHub, step: Step) -> None:
    shop.contents["main", CONFIG] = b"gate: advisory\n"
    step("finish")

    assert len(shop.asked) == 1
