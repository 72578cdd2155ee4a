"""The App decides, comments, writes checks and its dashboard like the commands of workflows, by the mode."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine

from asking import Time
from fake_github import FakeGitHub, Fault
from pr_sessions.config.organisation import ORGANISATION_FILE, Mode
from pr_sessions.core.times import write_time
from pr_sessions.git.repository import CONFIG
from pr_sessions.server.gate.configuration import served_repository, switch
from pr_sessions.server.gate.decisions import StoredDecision, find
from pr_sessions.server.gate.execute import Executor
from pr_sessions.server.gate.kinds import is_in_share
from pr_sessions.server.gate.outbox import counts, put
from pr_sessions.storage.sql.engine import reading, writing
from pr_sessions.storage.sql.schema import repositories
from server.gate.served import ACCOUNT, ENFORCE, SLUG, about, add_repository, configure, deliver

DISPATCH = b"dispatch: true\n"
SHA = "1" * 40


class Shop:
    """The fake repository, and what the team's server did there."""

    def __init__(self, fake: FakeGitHub, time: Time, engine: Engine, repository: int, team: Executor) -> None:
        self.fake, self.time, self.engine, self.repository, self.team = fake, time, engine, repository, team

    def opened(self, number: int, sha: str = SHA, title: str = "auto-pr: fix") -> None:
        """An agent opens a pull request."""
        self.fake.now = write_time(self.time.now)
        self.fake.add_pull(number, title, self.fake.now, "cursor[bot]")
        self.fake.pulls[number]["user"]["type"] = "Bot"
        self.fake.pulls[number]["head"]["sha"] = sha
        self.delivered("pull_request", about(self.fake, number, "opened"))

    def delivered(self, name: str, payload: dict[str, Any]) -> int:
        return deliver(self.engine, self.repository, name, payload, self.time.now)

    def done(self) -> int:
        """Everything that is due within a minute is done."""
        self.time.now += timedelta(minutes=1)
        count = 0
        while self.team.do_next():
            count += 1
        return count

    def decision(self, number: int) -> StoredDecision | None:
        with reading(self.engine) as connection:
            return find(connection, self.repository, str(number))

    def waiting(self) -> int:
        with reading(self.engine) as connection:
            return counts(connection)["waiting"]

    def writes(self) -> list[str]:
        return [each for each in self.fake.asked if not each.startswith("GET") and "access_tokens" not in each]


@pytest.fixture
def here(fake: FakeGitHub, time: Time, database: Engine, shop: int, team: Executor) -> Shop:
    return Shop(fake, time, database, shop, team)


def test_where_nothing_is_set_up_the_app_says_nothing(here: Shop) -> None:
    here.opened(1)
    assert (here.done(), here.fake.asked) == (0, [])


def test_advisory_comments_and_decides_what_could_have_waited(here: Shop) -> None:
    configure(here.engine, here.repository, None, b"mode: advisory\n" + indented(ENFORCE))
    here.opened(1)
    here.opened(2, "2" * 40)
    here.done()

    assert {c["user"]["login"] for c in here.fake.comments.values()} == {ACCOUNT}
    assert here.fake.checks == {}
    decision = here.decision(1)
    assert decision
    assert (decision.mode, decision.sha, decision.waits) == (Mode.ADVISORY, SHA, True)


def test_enforce_without_dispatch_leaves_the_check_to_the_workflow(here: Shop) -> None:
    configure(here.engine, here.repository, ENFORCE)
    here.opened(1)
    here.done()

    decision = here.decision(1)
    assert decision
    assert (decision.mode, decision.waits, decision.reasons) == (Mode.ENFORCE, True, ())
    assert (here.fake.checks, here.fake.dispatched) == ({}, [])


def test_enforce_with_dispatch_writes_the_app_s_check_and_starts_what_waited(here: Shop) -> None:
    configure(here.engine, here.repository, ENFORCE, DISPATCH)
    here.opened(1)
    here.done()
    (check,) = here.fake.checks.values()
    assert (check["name"], check["app"]["slug"], check["external_id"]) == ("pr-sessions", SLUG, "waiting")

    here.fake.pulls[1]["draft"] = False
    here.delivered("pull_request", about(here.fake, 1, "ready_for_review"))
    here.done()
    assert here.fake.dispatched == [("checks.yml", {"ref": "refs/heads/work-1", "inputs": {}})]
    assert here.fake.checks[check["id"]]["external_id"] == "dispatched"


def test_the_app_s_check_passes_when_the_team_s_checks_have_succeeded(here: Shop) -> None:
    configure(here.engine, here.repository, ENFORCE, DISPATCH)
    here.opened(1)
    here.done()
    for name in ("test", "lint"):
        here.fake.add_run(SHA, name, "success", suite=7, app="github-actions")
    suite = {"app": {"slug": "github-actions"}, "head_sha": SHA, "pull_requests": [{"number": 1}]}
    here.delivered("check_suite", {"action": "completed", "check_suite": suite})
    here.done()

    ours = [check for check in here.fake.checks.values() if check["name"] == "pr-sessions"]
    assert [(check["status"], check["conclusion"]) for check in ours] == [("completed", "success")]


def test_shadow_writes_nothing_and_records_what_would_have_been_done(here: Shop) -> None:
    configure(here.engine, here.repository, ENFORCE, b"mode: shadow\n")
    here.opened(1)
    here.opened(2, "2" * 40)
    here.done()

    assert here.writes() == []
    decision = here.decision(2)
    assert decision
    assert (decision.mode, decision.waits) == (Mode.SHADOW, True)
    assert decision.planned == (
        "digest on #1: would be written",
        "link on #2: would be written",
        "check on #2 (2222222): would be queued",
    )


def test_shadow_of_a_share_looks_at_the_same_pull_requests_each_time(here: Shop) -> None:
    configure(here.engine, here.repository, ENFORCE, b"mode: shadow\nshadow_percent: 40\n")
    for number in range(1, 9):
        here.opened(number, f"{number:040x}")
    here.done()

    with reading(here.engine) as connection:
        served = served_repository(connection, here.repository)
    assert served
    looked_at = {number for number in range(1, 9) if here.decision(number)}
    assert looked_at == {number for number in range(1, 9) if is_in_share(served, str(number))}
    assert 0 < len(looked_at) < 8


def test_a_gate_that_was_switched_off_says_nothing_whatever_the_files_say(here: Shop) -> None:
    configure(here.engine, here.repository, ENFORCE, DISPATCH)
    here.opened(1)
    assert switch(here.engine, "Ada", here.time.now, "ada", off=True) == 1
    here.opened(2, "2" * 40)
    here.done()
    assert (here.writes(), here.decision(1)) == ([], None)

    switch(here.engine, "ada", here.time.now, "ada", off=False)
    here.opened(3, "3" * 40)
    here.done()
    assert here.decision(3)


def test_a_mistake_in_a_file_lets_nothing_wait_and_writes_nothing(here: Shop) -> None:
    configure(here.engine, here.repository, ENFORCE, b"mode: enforce\nsettings:\n  track: some\n")
    here.opened(1)
    here.opened(2, "2" * 40)
    here.done()

    assert here.writes() == []
    decision = here.decision(1)
    assert decision
    assert not decision.waits
    file = "ada/.github:.github/pr-sessions.yaml"
    assert f"{file}:3: track: must be opened or agents" in decision.reasons[0]
    assert here.waiting() == 0


def test_a_push_to_the_default_branch_brings_its_configuration(here: Shop) -> None:
    here.fake.contents["main", CONFIG] = ENFORCE
    push = {"ref": "refs/heads/main", "repository": {"full_name": "ada/shop", "default_branch": "main"}}
    assert here.delivered("push", push) == 1
    here.done()

    with reading(here.engine) as connection:
        served = served_repository(connection, here.repository)
    assert served
    assert (served.mode, served.effective.source) == (Mode.ENFORCE, CONFIG)
    assert here.delivered("push", push | {"ref": "refs/heads/work"}) == 0


def test_a_push_to_the_organisation_s_repository_changes_how_all_are_treated(here: Shop) -> None:
    organisation = add_repository(here.engine, "ada/.github")
    here.fake.add_repository("ada/.github").contents["main", ORGANISATION_FILE] = b"mode: shadow\n"
    with writing(here.engine) as connection:
        put(connection, organisation, "configuration", now=here.time.now)
    here.done()

    with reading(here.engine) as connection:
        served = served_repository(connection, here.repository)
    assert served
    assert served.mode is Mode.SHADOW


def test_comments_of_the_workflows_before_are_edited_and_not_doubled(here: Shop) -> None:
    configure(here.engine, here.repository, ENFORCE)
    here.fake.me, here.fake.app = "github-actions[bot]", "github-actions"
    here.opened(1)
    here.opened(2, "2" * 40)
    here.done()
    for comment in here.fake.comments.values():
        comment["user"]["login"] = "github-actions[bot]"
    before = len(here.fake.comments)
    assert before == 2

    here.fake.me, here.fake.app = ACCOUNT, SLUG
    here.time.now += timedelta(minutes=5)
    here.opened(3, "3" * 40)
    here.done()
    authors = sorted(c["user"]["login"] for c in here.fake.comments.values())
    assert authors == ["github-actions[bot]", "github-actions[bot]", ACCOUNT]
    assert "#3" in here.fake.comments[1]["body"]


def test_while_the_workflows_still_comment_the_app_does_not(here: Shop) -> None:
    configure(here.engine, here.repository, ENFORCE)
    around = ".github/workflows/pr-sessions.yml"
    here.fake.contents["main", around] = b"# pr-sessions 0.1.0, init --github. SHA-256 ...\nname: pr-sessions\n"
    here.opened(1)
    here.opened(2, "2" * 40)
    here.done()
    assert (here.fake.comments, here.waiting()) == ({}, 0)

    here.fake.contents["main", around] += b"# `init --github --server` wrote it for `gate: enforce`.\n"
    here.opened(3, "3" * 40)
    here.done()
    assert len(here.fake.comments) == 3


def test_while_github_is_down_nothing_is_lost(here: Shop) -> None:
    configure(here.engine, here.repository, ENFORCE)
    here.opened(1)
    here.opened(2, "2" * 40)
    here.fake.faults.extend([Fault(status=502)] * 200)
    here.done()
    assert (here.writes(), here.waiting() > 0) == ([], True)

    here.fake.faults.clear()
    here.time.now += timedelta(minutes=5)
    here.done()
    assert len(here.fake.comments) == 2
    assert here.decision(1)


def test_a_used_up_limit_lets_everything_wait_until_it_begins_anew(here: Shop) -> None:
    configure(here.engine, here.repository, ENFORCE)
    here.opened(1)
    here.fake.rest_left = 0
    here.fake.limit_resets = int(here.time.now.timestamp()) + 1800
    here.done()
    waiting, asked = here.waiting(), len(here.fake.asked)
    assert waiting > 0

    here.time.now += timedelta(minutes=20)
    here.done()
    assert len(here.fake.asked) == asked
    here.fake.rest_left = None
    here.time.now += timedelta(minutes=20)
    here.done()
    assert here.decision(1)


def test_the_dashboard_is_one_issue_and_taken_over_from_workflows(here: Shop) -> None:
    configure(here.engine, here.repository, ENFORCE + b"gate.dashboard: true\n")
    here.fake.add_issue(9, "<!-- pr-sessions: dashboard -->\n\nold", "github-actions[bot]")
    here.fake.viewer = ACCOUNT
    here.opened(1)
    here.done()

    assert len(here.fake.issues) == 1
    assert "/pull/1" in here.fake.issues[9]["body"]


def test_an_entry_of_a_repository_without_the_app_is_dropped(here: Shop) -> None:
    configure(here.engine, here.repository, ENFORCE)
    here.opened(1)
    with writing(here.engine) as connection:
        connection.execute(repositories.update().values(state="removed"))
    here.done()

    assert (here.fake.asked, here.waiting()) == ([], 0)


@pytest.mark.parametrize(("body", "entries"), [("thanks!", 0), ("/complete-session", 3)])
def test_a_comment_leaves_something_to_do_if_it_may_hold_a_command(here: Shop, body: str, entries: int) -> None:
    configure(here.engine, here.repository, ENFORCE)
    here.fake.add_pull(1, "auto-pr: fix", here.fake.now, "cursor[bot]")
    comment = here.fake.add_comment(1, body, "ada", here.fake.now)
    issue = here.fake.pulls[1] | {"pull_request": {"url": "https://api.github.com/x"}}
    delivery = about(here.fake, 1, "created", comment=comment, issue=issue)

    assert here.delivered("issue_comment", delivery) == entries


def indented(settings: bytes) -> bytes:
    return b"settings:\n" + b"".join(b"  " + line + b"\n" for line in settings.splitlines()[1:])
