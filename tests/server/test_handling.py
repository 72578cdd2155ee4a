"""What becomes of the deliveries of a repository, in the database."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from signed import about
from sqlalchemy import Engine, update
from worked import NOON, Server

from pr_sessions.core.models import State
from pr_sessions.gate.rebuild import NO_SESSION
from pr_sessions.server.worker.mailboxes import GIVEN_UP_AFTER
from pr_sessions.storage.sql.engine import writing
from pr_sessions.storage.sql.schema import repositories

REPOSITORY = {"id": 7, "full_name": "ada/shop", "private": False}


@pytest.fixture
def server(database: Engine) -> Iterator[Server]:
    return Server(database)


def comment(body: str, login: str = "ada", action: str = "created", number: int = 1) -> dict[str, Any]:
    return {
        "action": action,
        "repository": REPOSITORY,
        "installation": {"id": 3},
        "issue": {**about(number)["pull_request"], "pull_request": {"url": "x"}},
        "comment": {
            "id": 5,
            "user": {"login": login, "id": 9, "type": "User"},
            "body": body,
            "created_at": "2025-11-22T10:05:00Z",
            "updated_at": "2025-11-22T10:05:00Z",
            "issue_url": f"https://api.github.com/repos/ada/shop/issues/{number}",
        },
        "sender": {"login": login, "id": 9, "type": "User"},
    }


def test_a_pull_request_is_recorded_in_its_session(server: Server) -> None:
    server.deliver("pull_request", about(1))
    assert server.work() == 1
    [session] = server.sessions()
    assert (session.id, session.prs, session.author) == ("ada-20251122-1000", ("1",), "ada")
    assert server.states() == [("handled", "")]
    repository = server.repository()
    assert (repository.name, repository.installation_id, repository.is_private) == ("ada/shop", 3, False)


def test_a_late_delivery_never_overwrites_newer_facts(server: Server) -> None:
    closed = {"state": "closed", "closed_at": "2025-11-22T10:20:00Z", "updated_at": "2025-11-22T10:20:00Z"}
    for payload in (about(1, action="closed", **closed), about(1)):
        server.deliver("pull_request", payload)
    server.work()
    [session] = server.sessions()
    assert session.pull_requests["1"].state == State.CLOSED


def test_of_two_reports_of_one_second_the_later_state_counts(server: Server) -> None:
    merged = {"state": "closed", "closed_at": "2025-11-22T10:00:00Z", "merged_at": "2025-11-22T10:00:00Z"}
    for payload in (about(1, action="closed", **merged), about(1)):
        server.deliver("pull_request", payload)
        server.work()
    assert server.sessions()["ada-20251122-1000"].pull_requests["1"].state == State.MERGED


def test_a_pull_request_that_was_reopened_is_open(server: Server) -> None:
    closed = {"state": "closed", "closed_at": "2025-11-22T10:20:00Z", "updated_at": "2025-11-22T10:20:00Z"}
    for payload in (about(1, action="closed", **closed), about(1, updated_at="2025-11-22T10:30:00Z")):
        server.deliver("pull_request", payload)
        server.work()
    record = server.sessions()["ada-20251122-1000"].pull_requests["1"]
    assert (record.state, record.closed) == (State.OPEN, None)


def test_a_repeated_delivery_changes_nothing(server: Server) -> None:
    server.deliver("pull_request", about(1))
    server.work()
    before = server.repository().revision
    server.deliver("pull_request", about(1))
    server.work()
    assert server.repository().revision == before


def test_what_somebody_without_write_access_says_counts_for_nothing(server: Server) -> None:
    eve = {"login": "eve", "id": 4, "type": "User"}
    server.deliver("pull_request", about(1, user=eve))
    server.deliver("issue_comment", comment("/complete-session", login="eve"))
    server.work()
    assert (list(server.sessions()), server.asked) == ([], ["eve", "eve"])


def test_a_fork_is_never_trusted_and_nobody_is_asked(server: Server) -> None:
    head = {"ref": "main", "sha": "1" * 40, "repo": {"full_name": "eve/shop"}}
    server.deliver("pull_request", about(1, head=head))
    server.work()
    assert (list(server.sessions()), server.asked, server.states()) == ([], [], [("handled", "")])


def test_without_knowing_who_may_write_nothing_is_recorded(server: Server) -> None:
    server.unknown = {"ada"}
    server.deliver("pull_request", about(1))
    server.work()
    assert (list(server.sessions()), server.states()) == ([], [("waiting", "GitHub does not answer")])
    server.unknown = set()
    assert server.work() == 0  # Not before its time.
    server.pass_time(timedelta(seconds=5))
    server.work()
    assert ([s.prs for s in server.sessions()], server.states()[0][0]) == ([("1",)], "handled")


def test_no_delivery_is_handled_before_an_earlier_one_of_its_repository(server: Server) -> None:
    mary = {"login": "mary", "id": 2, "type": "User"}
    server.unknown = {"mary"}
    server.deliver("pull_request", about(1))
    server.deliver("pull_request", about(2, user=mary))
    server.deliver("pull_request", about(3))
    server.deliver("pull_request", about(4, repository=8) | {"repository": {"id": 8, "full_name": "ada/tool"}})
    server.work()
    assert [state for state, _ in server.states()] == ["handled", "waiting", "waiting", "handled"]


def test_what_failed_for_three_days_is_given_up_and_the_rest_goes_on(server: Server) -> None:
    server.unknown = {"ada"}
    server.deliver("pull_request", about(1))
    server.work()
    server.pass_time(GIVEN_UP_AFTER)
    server.deliver("push", {"repository": REPOSITORY, "installation": {"id": 3}, "ref": "refs/heads/main"})
    server.work()
    assert server.states() == [("dead", "GitHub does not answer"), ("handled", "")]


def test_what_cannot_be_read_is_given_up_at_once(server: Server) -> None:
    server.deliver("pull_request", {"repository": REPOSITORY, "pull_request": {"number": "DROP TABLE"}})
    server.deliver("pull_request", about(1))
    server.work()
    [(state, problem), other] = server.states()
    assert (state, other) == ("dead", ("handled", ""))
    assert problem.startswith("GitHub tells of a pull request that cannot be read")


def test_a_command_of_somebody_who_may_write_ends_the_session(server: Server) -> None:
    server.deliver("issue_comment", comment("/complete-session"))
    server.deliver("pull_request", about(1))
    server.work()
    [session] = server.sessions()
    assert session.completion
    assert session.completion.trigger == "explicit_marker: /complete-session"


def test_a_command_that_was_deleted_counts_no_more(server: Server) -> None:
    server.deliver("pull_request", about(1))
    server.deliver("issue_comment", comment("/complete-session"))
    server.deliver("issue_comment", comment("/complete-session", action="deleted"))
    server.work()
    [session] = server.sessions()
    assert session.completion
    assert session.completion.trigger == "timeout"


def test_the_label_no_session_takes_a_pull_request_out(server: Server) -> None:
    server.deliver("pull_request", about(1))
    server.work()
    labelled = about(1, action="labeled", labels=[{"name": NO_SESSION}], updated_at="2025-11-22T10:10:00Z")
    server.deliver("pull_request", labelled)
    server.work()
    assert [session.prs for session in server.sessions()] == []


def test_an_event_leaves_the_inbox_to_be_read_again(server: Server) -> None:
    server.deliver("pull_request", about(1))
    server.deliver("check_suite", {"action": "completed", "repository": REPOSITORY, "check_suite": {}})
    server.work()
    assert server.to_do() == [("inbox", "")]


def test_a_repository_that_was_renamed_keeps_its_sessions(server: Server) -> None:
    server.deliver("pull_request", about(1))
    renamed = REPOSITORY | {"full_name": "ada/store", "private": True}
    server.deliver("repository", {"action": "renamed", "repository": renamed, "installation": {"id": 3}})
    server.deliver("pull_request", about(2))  # With the name of before.
    server.work()
    assert (server.repository().name, server.repository().is_private) == ("ada/store", True)
    assert [session.prs for session in server.sessions()] == [("1", "2")]


def test_nothing_more_is_recorded_of_a_repository_that_was_deleted(server: Server) -> None:
    server.deliver("pull_request", about(1))
    server.deliver("repository", {"action": "deleted", "repository": REPOSITORY, "installation": {"id": 3}})
    server.work()
    server.deliver("pull_request", about(2))
    server.work()
    assert server.repository().state == "removed"
    assert [session.prs for session in server.sessions()] == [("1",)]
    assert server.states()[-1] == ("ignored", "the App no longer has this repository")


def installation(action: str, **more: Any) -> dict[str, Any]:
    account = {"login": "ada", "id": 1, "type": "Organization"}
    return {"action": action, "installation": {"id": 3, "account": account, "permissions": {"checks": "write"}}, **more}


def test_an_installation_brings_its_repositories(server: Server) -> None:
    server.deliver("installation", installation("created", repositories=[REPOSITORY]))
    server.work()
    assert (server.repository().installation_id, server.forgotten) == (3, [3])
    assert server.to_do() == [("configuration", ""), ("inbox", "")]


def test_an_app_that_was_uninstalled_has_no_repository_any_more(server: Server) -> None:
    server.deliver("installation", installation("created", repositories=[REPOSITORY]))
    server.deliver("installation", installation("deleted", repositories=[REPOSITORY]))
    server.work()
    assert server.repository().state == "removed"
    server.deliver("installation", installation("created", repositories=[REPOSITORY]))
    server.work()
    assert server.repository().state == "active"


def test_repositories_are_added_to_an_installation_and_removed(server: Server) -> None:
    server.deliver("installation_repositories", installation("added", repositories_added=[REPOSITORY]))
    server.deliver("installation_repositories", installation("removed", repositories_removed=[REPOSITORY]))
    server.work()
    assert server.repository().state == "removed"


def test_an_account_that_was_renamed_renames_its_repositories(server: Server) -> None:
    server.deliver("installation", installation("created", repositories=[REPOSITORY]))
    target = {"action": "renamed", "account": {"login": "lovelace"}, "installation": {"id": 3}}
    server.deliver("installation_target", target)
    server.work()
    assert server.repository().name == "lovelace/shop"


def test_hostile_text_is_kept_as_text(server: Server) -> None:
    hostile = "'; DROP TABLE sessions; --<script>\x00"
    head = about(1)["pull_request"]["head"] | {"ref": hostile}
    server.deliver("pull_request", about(1, title=f"auto-pr: {hostile}", head=head))
    server.work()
    [session] = server.sessions()
    assert (session.prs, "\x00" in (session.pull_requests["1"].branch or "")) == (("1",), False)


def test_a_clock_that_was_ahead_holds_nothing_up(server: Server) -> None:
    server.unknown = {"ada"}
    server.pass_time(timedelta(days=400))
    server.deliver("pull_request", about(1))
    server.work()
    server.now = NOON
    server.unknown = set()
    server.work()
    assert server.states() == [("handled", "")]


def test_the_team_s_configuration_counts(server: Server) -> None:
    server.deliver("pull_request", about(1, title="robot: fix"))
    server.work()
    assert list(server.sessions()) == []
    text = 'auto_pr_patterns: ["^robot:"]\n'
    with writing(server.engine) as connection:
        connection.execute(update(repositories).values(configuration=text))
    server.deliver("pull_request", about(1, title="robot: fix", action="edited"))
    server.work()
    assert [session.prs for session in server.sessions()] == [("1",)]
