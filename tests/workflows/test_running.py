"""The workflows as a team has them, run step by step, and what becomes of the team's own checks."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from expressions import filled
from granted import GrantingGitHub
from msgspec.structs import replace
from repositories import ROOT, SOMEWHERE
from runner import BASH, Job, Runner
from scenes import (
    AROUND,
    CI,
    ENFORCE,
    LIMITS,
    SWEEP,
    agent_opens,
    comment,
    configure,
    dispatch,
    merge_group,
    minutes_ago,
    pull_request,
    review,
    schedule,
    sha_of,
)

from fake_github import Fault
from pr_sessions.core.gate import SWEEP as SWEEP_NAME
from pr_sessions.core.gate_minutes import JOBS, Occasion
from pr_sessions.core.policy import GateMode
from pr_sessions.setup.gate_files import gate_files, own_action

Start = Callable[..., Runner]
READING = {"contents": "read", "pull-requests": "read"}


def results(jobs: dict[str, Job]) -> dict[str, str]:
    """What every job came to; of those that are called, what the caller sees."""
    return {name: job.result for name, job in jobs.items() if "/" not in name}


def conclusions(github: GrantingGitHub) -> dict[int, str | None]:
    """What our check says of the last commit of each pull request."""
    ours = (check for check in github.checks.values() if check["name"] == "pr-sessions")
    return {int(check["head_sha"], 16): check["conclusion"] for check in ours}


def started(jobs: dict[str, Job]) -> int:
    """How many machines were needed: a call of another workflow is none by itself."""
    called = {name.partition("/")[0] for name in jobs if "/" in name}
    return sum(1 for name, job in jobs.items() if name not in called and job.result != "skipped")


SETTINGS = {GateMode.ADVISORY: "", GateMode.ENFORCE: ENFORCE}


class TestAdvisory:
    def test_nothing_waits_and_the_summary_says_what_could(self, github: GrantingGitHub, start: Start) -> None:
        agent_opens(github, 1)
        jobs = start(pull_request(github, 1)).run(CI)
        told = jobs["gate"].outputs
        assert results(jobs) == {"gate": "success", "test": "success", "report": "skipped"}
        assert (told["should_skip_scoring"], told["would_skip"], told["is_auto_pr"]) == ("false", "true", "true")
        assert (json.loads(told["prs"]), told["session_completed"]) == (["1"], "false")
        assert told["session_id"].startswith("cursor-bot-")
        assert jobs["gate/gate"].summary != ""

    def test_one_job_decides_and_comments_and_writes_no_check_run(self, github: GrantingGitHub, start: Start) -> None:
        agent_opens(github, 1, 2)
        agent_opens(github, 2, 1)
        jobs = start(pull_request(github, 2)).run(AROUND)
        assert results(jobs) == {"fork": "skipped", "event": "success"}
        assert ("could have waited" in jobs["event"].summary, len(github.comments)) == (True, 2)
        assert (github.checks, github.dispatched) == ({}, [])

    def test_where_the_settings_cannot_be_read_it_says_so_and_the_checks_run(
        self, github: GrantingGitHub, start: Start
    ) -> None:
        configure(github, "gate: [")
        agent_opens(github, 1)
        jobs = start(pull_request(github, 1)).run(CI)
        assert (jobs["gate"].outputs["gate"], jobs["gate"].outputs["should_skip_scoring"]) == ("", "false")
        assert jobs["test"].result == "success"

    def test_with_its_workflows_nothing_waits_whatever_the_setting_is(
        self, github: GrantingGitHub, start: Start
    ) -> None:
        """A team that changed the setting, and did not write the workflows that start what waited."""
        configure(github, ENFORCE)
        agent_opens(github, 1)
        jobs = start(pull_request(github, 1), GateMode.ADVISORY).run(CI)
        told = jobs["gate"].outputs
        assert (told["should_skip_scoring"], told["would_skip"], jobs["test"].result) == ("false", "true", "success")
        assert "run `pr-sessions init --github --from ...` again" in jobs["gate/gate"].log

    def test_people_s_pull_requests_are_none_of_the_gate_s_business(self, github: GrantingGitHub, start: Start) -> None:
        github.add_pull(1, "Fix the tax", "2026-01-01T00:00:00Z", "ann")
        github.pulls[1]["head"]["repo"]["id"] = 1
        github.permissions["ann"] = "write"
        told = start(pull_request(github, 1)).run(CI)["gate"].outputs
        assert (told["is_auto_pr"], told["should_skip_scoring"], told["would_skip"]) == ("false", "false", "false")


class TestEnforce:
    def test_in_a_session_that_goes_on_the_checks_wait(self, github: GrantingGitHub, start: Start) -> None:
        configure(github, ENFORCE)
        agent_opens(github, 1, 2)
        agent_opens(github, 2, 1)
        jobs = start(pull_request(github, 2)).run(CI)
        assert results(jobs) == {"gate": "success", "test": "skipped", "report": "skipped"}
        assert jobs["gate"].outputs["should_skip_scoring"] == "true"
        assert json.loads(jobs["gate"].outputs["prs"]) == ["1", "2"]

    def test_meanwhile_our_check_is_pending_and_nothing_was_started(self, github: GrantingGitHub, start: Start) -> None:
        configure(github, ENFORCE)
        agent_opens(github, 1)
        start(pull_request(github, 1)).run(AROUND)
        checks = [(check["name"], check["head_sha"], check["status"]) for check in github.checks.values()]
        assert (checks, github.dispatched) == ([("pr-sessions", sha_of(1), "queued")], [])

    def test_the_end_of_the_session_starts_what_waited_once(self, github: GrantingGitHub, start: Start) -> None:
        configure(github, ENFORCE)
        github.permissions["ann"] = "write"
        agent_opens(github, 1)
        start(pull_request(github, 1)).run(AROUND)
        event = comment(github, 1, "/complete-session")
        for _ in range(2):
            start(event).run(AROUND)
        assert github.dispatched == [("ci.yml", {"ref": "refs/heads/work-1", "inputs": {}})]
        assert [check["status"] for check in github.checks.values()] == ["in_progress"]

    def test_what_was_started_runs_and_completes_our_check(self, github: GrantingGitHub, start: Start) -> None:
        configure(github, ENFORCE)
        agent_opens(github, 1)
        start(pull_request(github, 1)).run(AROUND)
        github.add_run(sha_of(1), "Tests", "success", suite=2)
        jobs = start(dispatch(github, 1)).run(CI)
        assert results(jobs) == {"gate": "success", "test": "success", "report": "success"}
        assert jobs["gate"].outputs["should_skip_scoring"] == ""
        ours = [check for check in github.checks.values() if check["name"] == "pr-sessions"]
        assert [(check["status"], check["conclusion"]) for check in ours] == [("completed", "success")]

    def test_a_check_that_failed_fails_ours(self, github: GrantingGitHub, start: Start) -> None:
        configure(github, ENFORCE)
        agent_opens(github, 1)
        github.add_run(sha_of(1), "Tests", "failure", suite=2)
        start(dispatch(github, 1)).run(CI)
        ours = [check for check in github.checks.values() if check["name"] == "pr-sessions"]
        assert [(check["status"], check["conclusion"]) for check in ours] == [("completed", "failure")]

    def test_a_merge_group_is_checked(self, github: GrantingGitHub, start: Start) -> None:
        configure(github, ENFORCE)
        agent_opens(github, 1)
        github.add_run("d" * 40, "Tests", "success", suite=2)
        jobs = start(merge_group(github)).run(CI)
        assert results(jobs) == {"gate": "success", "test": "success", "report": "success"}
        ours = [check for check in github.checks.values() if check["name"] == "pr-sessions"]
        assert [(check["head_sha"], check["conclusion"]) for check in ours] == [("d" * 40, "success")]

    def test_in_a_merge_queue_our_check_is_there_before_the_others_have_run(
        self, github: GrantingGitHub, start: Start
    ) -> None:
        configure(github, ENFORCE)
        jobs = start(merge_group(github)).run(AROUND)
        assert results(jobs) == {"fork": "skipped", "event": "success", "sweep": "skipped"}
        assert [(check["name"], check["conclusion"]) for check in github.checks.values()] == [("pr-sessions", None)]

    @pytest.mark.parametrize("workflow", [AROUND, SWEEP])
    def test_the_sweep_starts_what_waited_too_long(self, github: GrantingGitHub, start: Start, workflow: str) -> None:
        configure(github, ENFORCE)
        agent_opens(github, 1, minutes=60)
        github.add_run(sha_of(1), "Tests", "skipped", suite=2)
        jobs = start(schedule()).run(workflow)
        assert [name for name, job in jobs.items() if job.result != "skipped"] == ["sweep"]
        assert github.dispatched == [("ci.yml", {"ref": "refs/heads/work-1", "inputs": {}})]

    def test_the_ten_minute_sweep_runs_only_while_something_waits(self, github: GrantingGitHub, start: Start) -> None:
        configure(github, ENFORCE)
        github.workflows[SWEEP_NAME] = False
        agent_opens(github, 1, minutes=25)
        start(pull_request(github, 1)).run(AROUND)
        states = [github.workflows[SWEEP_NAME]]
        start(schedule()).run(SWEEP)
        states.append(github.workflows[SWEEP_NAME])
        for side in ("created_at", "updated_at"):
            github.pulls[1][side] = minutes_ago(60)
        start(schedule()).run(SWEEP)
        states.append(github.workflows[SWEEP_NAME])
        assert (states, github.refused) == ([True, True, False], [])

    def test_nothing_is_merged_unchecked_and_nothing_runs_twice(self, github: GrantingGitHub, start: Start) -> None:
        """The whole way of two pull requests: opened, held back, completed, started, checked."""
        configure(github, ENFORCE)
        github.permissions["ann"] = "write"
        for number in (1, 2):
            agent_opens(github, number, 3 - number)
            event = pull_request(github, number)
            assert results(start(event).run(CI))["test"] == "skipped"
            github.add_run(sha_of(number), "Tests", "skipped", suite=number)
            start(event).run(AROUND)
        assert conclusions(github) == {1: None, 2: None}
        start(comment(github, 2, "/complete-session")).run(AROUND)
        assert sorted(told["ref"] for _, told in github.dispatched) == ["refs/heads/work-1", "refs/heads/work-2"]
        for number in (1, 2):
            github.add_run(sha_of(number), "Tests", "success", suite=10 + number)
            assert results(start(dispatch(github, number)).run(CI))["report"] == "success"
        start(schedule()).run(AROUND)
        assert conclusions(github) == {1: "success", 2: "success"}
        assert len(github.dispatched) == 2

    def test_the_end_of_a_session_is_no_trouble_for_the_team_s_own_workflow(
        self, github: GrantingGitHub, start: Start
    ) -> None:
        """Its last job may start nothing: those that waited are started by the job that may."""
        configure(github, ENFORCE)
        agent_opens(github, 1, 2)
        github.add_run(sha_of(1), "Tests", "skipped", suite=1)
        agent_opens(github, 2, 1, title="auto-pr: last one [session-complete]")
        event = pull_request(github, 2)
        github.add_run(sha_of(2), "Tests", "success", suite=2)
        assert results(start(event).run(CI)) == {"gate": "success", "test": "success", "report": "success"}
        assert (conclusions(github), github.dispatched) == ({2: "success"}, [])
        start(event).run(AROUND)
        assert (github.dispatched, github.refused) == ([("ci.yml", {"ref": "refs/heads/work-1", "inputs": {}})], [])


class TestBursts:
    def test_what_came_while_the_digest_rested_is_in_it_by_the_next_schedule(
        self, github: GrantingGitHub, start: Start
    ) -> None:
        configure(github, ENFORCE)
        for number in (1, 2):
            agent_opens(github, number, 9 - number)
        start(pull_request(github, 2)).run(AROUND)
        # GitHub keeps one job that waits; those of the others of a burst never run.
        for number in range(3, 11):
            agent_opens(github, number, 1)
        for told in github.comments.values():
            told |= {"created_at": minutes_ago(3), "updated_at": minutes_ago(3)}
        jobs = start(schedule()).run(AROUND)
        assert (jobs["sweep"].result, github.refused) == ("success", [])
        assert sorted(told["issue_url"].rpartition("/")[2] for told in github.comments.values()) == sorted(
            str(number) for number in range(1, 11)
        )
        assert "### A session of 10 pull requests" in github.comments[1]["body"]


class TestWhatItCosts:
    """Each job is at least a minute of a private repository: the guide's sums are made of these."""

    @pytest.mark.parametrize("mode", GateMode)
    @pytest.mark.parametrize("action", ["opened", "synchronize", "ready_for_review", "closed"])
    def test_of_a_change(self, github: GrantingGitHub, start: Start, mode: GateMode, action: str) -> None:
        configure(github, SETTINGS[mode])
        agent_opens(github, 1)
        assert started(start(pull_request(github, 1, action)).run(AROUND)) == JOBS[mode][Occasion.CHANGE]

    def test_of_another_event(self, github: GrantingGitHub, start: Start) -> None:
        configure(github, ENFORCE)
        agent_opens(github, 1)
        github.permissions["ann"] = "write"
        events = [pull_request(github, 1, "labeled"), review(github, 1)]
        assert [started(start(event).run(AROUND)) for event in events] == [
            JOBS[GateMode.ENFORCE][Occasion.OTHER_EVENT]
        ] * 2

    def test_of_a_command(self, github: GrantingGitHub, start: Start) -> None:
        configure(github, ENFORCE)
        agent_opens(github, 1)
        done = start(comment(github, 1, "/session status")).run(AROUND)
        assert started(done) == JOBS[GateMode.ENFORCE][Occasion.COMMAND]

    def test_advisory_starts_nothing_for_anything_else(self, start: Start) -> None:
        workflow = yaml.safe_load(start(schedule()).files[AROUND])
        assert list(workflow[True]) == ["pull_request"]
        others = (Occasion.OTHER_EVENT, Occasion.COMMAND, Occasion.HOUR, Occasion.WAITING_HOUR)
        assert [JOBS[GateMode.ADVISORY][one] for one in others] == [0, 0, 0, 0]

    @pytest.mark.parametrize("mode", GateMode)
    def test_of_a_run_of_the_team_s_own_workflow(self, github: GrantingGitHub, start: Start, mode: GateMode) -> None:
        """Without the team's own job."""
        configure(github, SETTINGS[mode])
        agent_opens(github, 1)
        waits = start(pull_request(github, 1)).run(CI)
        agent_opens(github, 2, title="auto-pr: last one [session-complete]")
        runs = start(pull_request(github, 2)).run(CI)
        own = 1 if waits["test"].result == "success" else 0
        assert started(waits) - own == JOBS[mode][Occasion.WAITS]
        assert started(runs) - 1 == JOBS[mode][Occasion.RUNS]
        assert started(start(dispatch(github, 1)).run(CI)) - 1 == JOBS[mode][Occasion.STARTED]

    def test_of_the_schedules(self, github: GrantingGitHub, start: Start) -> None:
        configure(github, ENFORCE)
        agent_opens(github, 1)
        jobs = [started(start(schedule()).run(workflow)) for workflow in (AROUND, SWEEP)]
        assert jobs == [JOBS[GateMode.ENFORCE][Occasion.HOUR], JOBS[GateMode.ENFORCE][Occasion.WAITING_HOUR] // 6]


class TestLimits:
    def test_too_many_open_pull_requests_fail_the_gate_and_no_check(self, github: GrantingGitHub, start: Start) -> None:
        configure(github, LIMITS)
        for number in range(1, 12):
            agent_opens(github, number, 12 - number)
        jobs = start(pull_request(github, 11)).run(CI)
        assert results(jobs) == {"gate": "failure", "test": "success", "report": "skipped"}
        assert "::error title=Too many open pull requests::" in jobs["gate/gate"].log

    def test_no_comments_are_no_comments(self, github: GrantingGitHub, start: Start) -> None:
        configure(github, LIMITS)
        agent_opens(github, 1, 2)
        agent_opens(github, 2, 1)
        assert results(start(pull_request(github, 2)).run(AROUND))["event"] == "success"
        assert github.comments == {}


class TestForks:
    @pytest.mark.parametrize("settings", ["", ENFORCE])
    def test_their_checks_always_run(self, github: GrantingGitHub, start: Start, settings: str) -> None:
        configure(github, settings)
        agent_opens(github, 1, fork=True)
        jobs = start(pull_request(github, 1)).run(CI)
        assert results(jobs) == {"gate": "success", "test": "success", "report": "skipped"}
        assert jobs["gate"].outputs["should_skip_scoring"] == "false"
        assert (github.checks, github.asked) == ({}, [])

    @pytest.mark.parametrize("settings", ["", ENFORCE])
    def test_no_job_that_could_write_runs(self, github: GrantingGitHub, start: Start, settings: str) -> None:
        configure(github, settings)
        agent_opens(github, 1, fork=True)
        jobs = start(pull_request(github, 1)).run(AROUND)
        assert [name for name, result in results(jobs).items() if result != "skipped"] == ["fork"]


class TestWhoStartsJobs:
    """A job starts only for somebody who may have the right to write, and only then is that asked."""

    @pytest.mark.parametrize(
        ("association", "jobs"),
        [
            ("OWNER", 1),
            ("MEMBER", 1),
            ("COLLABORATOR", 1),
            ("CONTRIBUTOR", 1),
            ("NONE", 0),
            ("FIRST_TIMER", 0),
            ("FIRST_TIME_CONTRIBUTOR", 0),
            ("MANNEQUIN", 0),
        ],
    )
    def test_of_a_review(self, github: GrantingGitHub, start: Start, association: str, jobs: int) -> None:
        configure(github, ENFORCE)
        agent_opens(github, 1)
        github.permissions["ann"] = "write"
        done = start(review(github, 1, association=association)).run(AROUND)
        assert (started(done), bool(github.asked)) == (jobs, bool(jobs))

    @pytest.mark.parametrize(("association", "jobs"), [("MEMBER", 1), ("CONTRIBUTOR", 1), ("NONE", 0)])
    def test_of_a_command(self, github: GrantingGitHub, start: Start, association: str, jobs: int) -> None:
        configure(github, ENFORCE)
        agent_opens(github, 1)
        github.permissions["ann"] = "write"
        done = start(comment(github, 1, "/complete-session", association=association)).run(AROUND)
        assert (started(done), bool(github.asked)) == (jobs, bool(jobs))

    def test_an_app_s_review_starts_none(self, github: GrantingGitHub, start: Start) -> None:
        configure(github, ENFORCE)
        agent_opens(github, 1)
        done = start(review(github, 1, "reviewer[bot]", association="CONTRIBUTOR", kind="Bot")).run(AROUND)
        assert (started(done), github.asked) == (0, [])

    def test_a_contributor_who_may_not_write_costs_each_command_one_request(
        self, github: GrantingGitHub, start: Start
    ) -> None:
        configure(github, ENFORCE)
        agent_opens(github, 1)
        done = start(review(github, 1, "eve", association="CONTRIBUTOR")).run(AROUND)
        assert (started(done), github.asked) == (1, 3 * ["GET /repos/ada/shop/collaborators/eve/permission"])
        assert (github.comments, github.checks, github.dispatched) == ({}, {}, [])

    def test_what_a_private_member_asked_for_is_found_on_schedule(self, github: GrantingGitHub, start: Start) -> None:
        configure(github, ENFORCE)
        for number in (1, 2):
            agent_opens(github, number, 3 - number)
        github.permissions["ann"] = "write"
        assert started(start(comment(github, 1, "/session status", association="NONE")).run(AROUND)) == 0
        start(schedule()).run(AROUND)
        assert [" answer " in told["body"] for told in github.comments.values()].count(True) == 1


def test_dependabot_s_token_only_reads_which_fails_no_job(github: GrantingGitHub, start: Start) -> None:
    configure(github, ENFORCE)
    agent_opens(github, 1, title="Bump shop from 1 to 2", account="dependabot[bot]")
    event = replace(pull_request(github, 1), reads_only=True)
    for workflow in (CI, AROUND):
        assert set(results(start(event).run(workflow)).values()) <= {"success", "skipped"}
    assert (github.checks, github.comments, github.dispatched) == ({}, {}, [])


class TestWhatGoesWrong:
    """Whatever does, the team's own checks run."""

    def test_the_tool_cannot_be_installed(self, github: GrantingGitHub, start: Start, tmp_path) -> None:
        configure(github, ENFORCE)
        agent_opens(github, 1)
        runner = start(pull_request(github, 1))
        (tmp_path / "a-file").touch()
        runner.installed, runner.temp = None, tmp_path / "a-file"
        assert results(runner.run(CI)) == {"gate": "failure", "test": "success", "report": "failure"}

    def test_python_is_too_old(self, github: GrantingGitHub, start: Start, tmp_path) -> None:
        (tmp_path / "bin").mkdir()
        (tmp_path / "bin/python3").write_text("#!/bin/sh\nexit 1\n")
        (tmp_path / "bin/python3").chmod(0o755)
        agent_opens(github, 1)
        runner = start(pull_request(github, 1))
        runner.installed, runner.environment = None, {"PATH": f"{tmp_path / 'bin'}:/usr/bin:/bin"}
        jobs = runner.run(CI)
        assert results(jobs) == {"gate": "failure", "test": "success", "report": "failure"}
        assert jobs["gate/gate"].log == "::error::pr-sessions needs Python 3.11 or newer as python3\n"

    def test_the_tool_breaks_down(self, github: GrantingGitHub, start: Start) -> None:
        agent_opens(github, 1)
        runner = start(pull_request(github, 1))
        runner.installed = {"python": "/bin/false"}
        assert results(runner.run(CI)) == {"gate": "failure", "test": "success", "report": "failure"}

    def test_github_is_down(self, github: GrantingGitHub, start: Start) -> None:
        configure(github, ENFORCE)
        agent_opens(github, 1)
        # What is to be asked again in an hour is not waited for.
        github.faults.extend([Fault(status=503, headers={"retry-after": "3600"})] * 100)
        jobs = start(pull_request(github, 1)).run(CI)
        assert results(jobs)["test"] == "success"
        assert jobs["gate"].outputs["should_skip_scoring"] == "false"

    def test_the_default_branch_has_no_action_yet(self, github: GrantingGitHub, start: Start) -> None:
        agent_opens(github, 1)
        runner = start(pull_request(github, 1))
        runner.files = {name: text for name, text in runner.files.items() if "/actions/" not in name}
        jobs = runner.run(CI)
        assert results(jobs) == {"gate": "success", "test": "success", "report": "success"}
        assert (jobs["gate"].outputs["should_skip_scoring"], runner.ran[:1]) == ("", ["Your tests"])


class TestWhoMayDoWhat:
    def test_the_gate_reads_and_is_refused_nothing(self, github: GrantingGitHub, start: Start) -> None:
        agent_opens(github, 1)
        jobs = start(pull_request(github, 1)).run(CI)
        assert jobs["gate/gate"].permissions == READING
        assert github.refused == []

    def test_each_job_around_pull_requests_can_do_its_own_and_no_more(
        self, github: GrantingGitHub, start: Start
    ) -> None:
        agent_opens(github, 1, 2)
        agent_opens(github, 2, 1)
        start(pull_request(github, 2)).run(AROUND)
        assert github.refused == []
        assert sorted(comment["issue_url"][-2:] for comment in github.comments.values()) == ["/1", "/2"]

    @pytest.mark.parametrize("body", ["Thank you", "See https://example.org/a", "/sess"])
    def test_comments_without_a_command_start_no_job(self, github: GrantingGitHub, start: Start, body: str) -> None:
        configure(github, ENFORCE)
        agent_opens(github, 1)
        jobs = start(comment(github, 1, body)).run(AROUND)
        assert set(results(jobs).values()) == {"skipped"}

    def test_an_app_s_comment_starts_no_job(self, github: GrantingGitHub, start: Start) -> None:
        configure(github, ENFORCE)
        agent_opens(github, 1)
        told = comment(github, 1, "/complete-session", "echo[bot]")
        told.payload["comment"]["user"]["type"] = "Bot"
        assert set(results(start(told).run(AROUND)).values()) == {"skipped"}

    def test_the_token_is_the_one_that_the_action_was_given(self, github: GrantingGitHub, start: Start) -> None:
        configure(github, ENFORCE)
        agent_opens(github, 1)
        runner = start(pull_request(github, 1))
        runner.environment = {"GH_TOKEN": "of-the-team"}
        assert runner.run(CI)["gate"].outputs["should_skip_scoring"] == "true"

    def test_what_lies_in_the_workspace_is_not_run(self, tmp_path: Path) -> None:
        (tmp_path / "venv.py").write_text("open('taken', 'w')")
        install = yaml.safe_load(own_action())["runs"]["steps"][0]["run"]
        told = {"PATH": "/usr/bin:/bin", "RUNNER_TEMP": "/dev/null", "GITHUB_OUTPUT": str(tmp_path / "out")}
        environment = told | {"GITHUB_ACTION_PATH": str(ROOT)}
        subprocess.run([*BASH, "-c", install], cwd=tmp_path, env=environment, check=False, capture_output=True)
        assert not (tmp_path / "taken").exists()

    def test_a_title_with_shell_in_it_is_a_title(self, github: GrantingGitHub, start: Start, tmp_path) -> None:
        agent_opens(
            github,
            1,
            title=f"auto-pr: $(touch {tmp_path}/bad) `touch {tmp_path}/bad` ${{{{ github.token }}}}\n::error::x",
        )
        start(pull_request(github, 1)).run(CI)
        start(pull_request(github, 1)).run(AROUND)
        assert not (tmp_path / "bad").exists()


class TestInputs:
    """The action's input `command`."""

    @pytest.mark.parametrize(
        ("value", "said"),
        [
            ("gate", "the input command 'gate' was renamed to 'decide'"),
            ("ci", "the input command 'ci' was renamed to 'decide'"),
            ("report", "the input command 'report' was renamed to 'finish'"),
            ("$(touch /tmp/x)", "the input command is decide, comment, check, finish, sweep, dashboard or install"),
            ("", "the input command is decide, comment, check, finish, sweep, dashboard or install"),
        ],
    )
    def test_an_old_one_says_the_new_one_and_fails(
        self, github: GrantingGitHub, start: Start, value: str, said: str
    ) -> None:
        agent_opens(github, 1)
        runner = start(pull_request(github, 1))
        gate = ".github/workflows/pr-sessions-gate.yml"
        text = runner.files[gate].decode()
        assert text.count("command: decide\n") == 1
        runner.files = {**runner.files, gate: text.replace("command: decide\n", f"command: {value!r}\n").encode()}
        job = runner.run(CI)["gate/gate"]
        assert (job.result, job.log, job.outputs["should_skip_scoring"]) == ("failure", f"::error::{said}\n", "")

    def test_an_old_one_keeps_no_check_from_running(self, github: GrantingGitHub, start: Start) -> None:
        configure(github, ENFORCE)
        agent_opens(github, 1)
        runner = start(pull_request(github, 1))
        gate = ".github/workflows/pr-sessions-gate.yml"
        old = runner.files[gate].replace(b"command: decide\n", b"command: gate\n")
        runner.files = {**runner.files, gate: old}
        assert results(runner.run(CI))["test"] == "success"


class TestWhatTakesThePlaceOfAnotherJob:
    """Of one group GitHub keeps one job that runs and one that waits, the last one."""

    def test_nobody_s_command_is_dropped_for_somebody_else_s(self) -> None:
        groups = {_group({"issue": {"number": 1}, "comment": {"user": {"id": person}}}) for person in (1, 2)}
        assert len(groups) == 2

    def test_no_pull_request_s_job_is_dropped_for_another_s(self) -> None:
        for mode in GateMode:
            groups = {_group({"pull_request": {"number": n}, "action": "opened"}, mode) for n in (1, 2)}
            assert len(groups) == 2

    def test_that_it_is_ready_is_dropped_for_nothing_else(self) -> None:
        groups = [
            _group({"pull_request": {"number": 1}, "action": action})
            for action in ("opened", "labeled", "ready_for_review")
        ]
        assert [groups[0] == groups[1], groups[0] == groups[2]] == [True, False]


def _group(event: dict[str, Any], mode: GateMode = GateMode.ENFORCE) -> Any:
    workflow = yaml.safe_load(gate_files("1.0.0", SOMEWHERE, mode)[AROUND])
    return filled(workflow["jobs"]["event"]["concurrency"]["group"], {"github": {"event": event, "sha": "f" * 40}}, {})
