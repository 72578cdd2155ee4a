"""The workflow of the dashboard as a team has it, run step by step."""

from collections.abc import Callable
from typing import Any

import pytest
import yaml
from expressions import filled
from granted import GrantingGitHub
from repositories import SOMEWHERE
from runner import Event, Job, Runner
from scenes import ENFORCE, agent_opens, configure, minutes_ago, pull_request, review, schedule, sha_of

from pr_sessions.core.gate_minutes import Day, dashboard_minutes
from pr_sessions.core.policy import GateMode
from pr_sessions.setup.gate_files import gate_files

Start = Callable[..., Runner]
DASHBOARD = ".github/workflows/pr-sessions-dashboard.yml"
US = "github-actions[bot]"
ON = {GateMode.ADVISORY: "gate.dashboard: true\n", GateMode.ENFORCE: f"{ENFORCE}gate.dashboard: true\n"}
RUN = "- [ ] <!-- pr-sessions: run 1 -->"


@pytest.fixture
def shop(github: GrantingGitHub) -> GrantingGitHub:
    """Two pull requests of an agent, in a team that enforces."""
    configure(github, ON[GateMode.ENFORCE])
    github.viewer, github.permissions["ann"], github.now = US, "write", minutes_ago(0)
    for number in (1, 2):
        agent_opens(github, number, 3 - number)
        github.add_run(sha_of(number), "Tests", "skipped", suite=number)
    return github


def issue(shop: GrantingGitHub) -> dict[str, Any]:
    (row,) = shop.issues.values()
    return row


def edited(shop: GrantingGitHub, body: str, by: str = "ann", kind: str = "User") -> Event:
    """Somebody edits the issue."""
    row = issue(shop)
    before, row["body"] = row["body"], body
    payload = {
        "action": "edited",
        "issue": row,
        "changes": {"body": {"from": before}},
        "repository": {"id": 1, "full_name": shop.repository, "default_branch": "main", "private": True},
        "sender": {"login": by, "id": 5, "type": kind},
    }
    return Event(name="issues", payload=payload, sha="c" * 40)


def result(jobs: dict[str, Job]) -> str:
    return jobs["dashboard"].result


@pytest.mark.parametrize("mode", GateMode)
def test_each_mode_s_job_writes_the_issue_and_is_refused_nothing(
    shop: GrantingGitHub, start: Start, mode: GateMode
) -> None:
    configure(shop, ON[mode])
    job = start(pull_request(shop, 2)).run(DASHBOARD)["dashboard"]
    assert (job.result, shop.refused, RUN in issue(shop)["body"]) == ("success", [], mode is GateMode.ENFORCE), issue(
        shop
    )["body"]
    assert "[#&#8203;1](https://redirect.github.com/ada/shop/pull/1)" in issue(shop)["body"]


def test_a_ticked_box_starts_the_checks_and_is_empty_again(shop: GrantingGitHub, start: Start) -> None:
    start(pull_request(shop, 2)).run(DASHBOARD)
    before = issue(shop)["body"]
    jobs = start(edited(shop, before.replace(RUN, RUN.replace("[ ]", "[x]")))).run(DASHBOARD)
    assert (result(jobs), shop.refused, shop.dispatched) == (
        "success",
        [],
        [("ci.yml", {"ref": "refs/heads/work-1", "inputs": {}})],
    )
    assert "[x]" not in issue(shop)["body"]


def test_no_more_pull_requests_starts_all_and_says_so_once(shop: GrantingGitHub, start: Start) -> None:
    start(pull_request(shop, 2)).run(DASHBOARD)
    before = issue(shop)["body"]
    jobs = start(edited(shop, before.replace("- [ ]", "- [x]", 1))).run(DASHBOARD)
    assert (result(jobs), sorted(told["ref"] for _, told in shop.dispatched), shop.refused) == (
        "success",
        ["refs/heads/work-1", "refs/heads/work-2"],
        [],
    )
    assert [told["body"].split("\n")[0].split(" ")[2] for told in shop.comments.values()] == ["ticked", "digest"]
    assert "- [ ]" not in issue(shop)["body"]


def test_it_changes_nothing_while_nothing_changes(shop: GrantingGitHub, start: Start) -> None:
    start(pull_request(shop, 2)).run(DASHBOARD)
    shop.now = minutes_ago(-60)
    written = issue(shop)["updated_at"]
    assert (result(start(schedule()).run(DASHBOARD)), issue(shop)["updated_at"]) == ("success", written)


class TestWhoStartsJobs:
    def test_an_app_s_edit_starts_none(self, shop: GrantingGitHub, start: Start) -> None:
        start(pull_request(shop, 2)).run(DASHBOARD)
        event = edited(shop, "new", US, "Bot")
        assert result(start(event).run(DASHBOARD)) == "skipped"

    @pytest.mark.parametrize(("author", "body"), [("User", "<!-- pr-sessions: dashboard -->"), ("Bot", "A plan")])
    def test_an_edit_of_another_issue_starts_none(
        self, shop: GrantingGitHub, start: Start, author: str, body: str
    ) -> None:
        shop.add_issue(7, body, "somebody", author)
        assert result(start(edited(shop, "new")).run(DASHBOARD)) == "skipped"

    def test_a_fork_s_pull_request_waits_for_the_hour(self, shop: GrantingGitHub, start: Start) -> None:
        agent_opens(shop, 3, fork=True)
        assert result(start(pull_request(shop, 3)).run(DASHBOARD)) == "skipped"
        start(schedule()).run(DASHBOARD)
        assert "/pull/3)" in issue(shop)["body"]

    @pytest.mark.parametrize(
        ("association", "kind", "expected"),
        [("MEMBER", "User", "success"), ("NONE", "User", "skipped"), ("CONTRIBUTOR", "Bot", "skipped")],
    )
    def test_of_a_review(self, shop: GrantingGitHub, start: Start, association: str, kind: str, expected: str) -> None:
        event = review(shop, 1, association=association, kind=kind)
        assert result(start(event).run(DASHBOARD)) == expected


@pytest.mark.parametrize("mode", GateMode)
def test_a_day_costs_a_job_for_each_of_its_events(mode: GateMode) -> None:
    """One pull request is opened, pushed to, reviewed and merged, in 24 hours."""
    on = workflow(mode)[True]
    pushes = "synchronize" in on["pull_request"]["types"]
    events = [action in on["pull_request"]["types"] for action in ("opened", "closed")]
    events += ["submitted" in on["pull_request_review"]["types"], pushes]
    assert (events, on["schedule"]) == ([True, True, True, False], [{"cron": "29 * * * *"}])
    assert dashboard_minutes(Day(pull_requests=1)) == sum(events) + 24


def test_no_box_is_dropped_for_another_job() -> None:
    group = workflow(GateMode.ENFORCE)["jobs"]["dashboard"]["concurrency"]["group"]
    groups = [
        filled(group, {"github": {"event_name": name, "run_id": run}}, {})
        for name, run in (("issues", 1), ("issues", 2), ("schedule", 3), ("pull_request", 4))
    ]
    assert groups == [f"pr-sessions-dashboard-{name}" for name in ("1", "2", "false", "false")]


def workflow(mode: GateMode) -> Any:
    return yaml.safe_load(gate_files("1.0.0", SOMEWHERE, mode, dashboard=True)[DASHBOARD])
