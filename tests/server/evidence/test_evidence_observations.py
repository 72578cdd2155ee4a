"""Deliveries become what the evidence report needs, whatever their order, and reports are read by parts."""

from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import Engine, insert

from pr_sessions.errors import InvalidValue
from pr_sessions.server.evidence.keeping import keep_observations
from pr_sessions.server.evidence.listing import list_evidence
from pr_sessions.server.evidence.observations import Kind, Observation, observations_of
from pr_sessions.storage.sql.engine import writing
from pr_sessions.storage.sql.list_columns import kind
from pr_sessions.storage.sql.repositories import ensure_repository
from pr_sessions.storage.sql.schema import pull_requests
from server_moments import DAY, HOUR, MINUTE, NOON

HEAD = "a" * 40
MERGED: dict[str, Any] = {
    "pull_request": {
        "number": 42,
        "created_at": "2026-11-30T11:00:00Z",
        "merged_at": "2026-11-30T12:00:00Z",
        "user": {"login": "maria", "type": "User"},
        "merged_by": {"login": "jonas"},
        "head": {"sha": HEAD},
    }
}
REVIEW: dict[str, Any] = {
    "pull_request": {"number": 42},
    "review": {
        "state": "approved",
        "submitted_at": "2026-11-30T11:50:00Z",
        "commit_id": HEAD,
        "user": {"login": "jonas"},
    },
}
CHECK: dict[str, Any] = {
    "check_run": {
        "name": "tests",
        "conclusion": "success",
        "completed_at": "2026-11-30T11:40:00Z",
        "head_sha": HEAD,
    }
}


def dismissed() -> dict[str, Any]:
    return {**REVIEW, "review": {**REVIEW["review"], "state": "dismissed"}}


def test_a_merge_says_who_asked_and_who_merged():
    assert observations_of("pull_request", MERGED) == [
        Observation(kind=Kind.REQUEST, number="42", subject="maria", at=NOON - HOUR, outcome="opened it"),
        Observation(kind=Kind.MERGE, number="42", head=HEAD, subject="jonas", at=NOON, outcome="merged"),
    ]


def test_where_an_app_opened_it_nobody_knows_who_asked():
    payload = {"pull_request": {**MERGED["pull_request"], "user": {"login": "cursor[bot]", "type": "Bot"}}}
    assert [each.kind for each in observations_of("pull_request", payload)] == [Kind.MERGE]


def test_a_comment_takes_no_approval_back():
    payload = {**REVIEW, "review": {**REVIEW["review"], "state": "commented"}}
    assert list(observations_of("pull_request_review", payload)) == []


@pytest.mark.parametrize("event", ["pull_request", "pull_request_review", "check_run", "status", "push"])
@pytest.mark.parametrize(
    "payload",
    [
        {},
        {"pull_request": None, "review": 1, "check_run": []},
        {"pull_request": {"number": True, "merged_at": "never"}, "review": {"submitted_at": "x"}, "updated_at": 7},
    ],
)
def test_a_delivery_that_lacks_something_gives_nothing(event, payload):
    assert list(observations_of(event, payload)) == []


def report(engine: Engine, cursor: str = "", limit: int = 10, visible: frozenset[str] | None = None) -> Any:
    return list_evidence(engine, "Shop", NOON - DAY, visible, cursor, limit)


def store(engine: Engine, repository: str, *numbers: int, agent: str = "cursor", at: datetime = NOON) -> int:
    with writing(engine) as connection:
        repository_id = ensure_repository(connection, repository, NOON).id
        for number in numbers:
            connection.execute(
                insert(pull_requests).values(
                    repository_id=repository_id,
                    number=str(number),
                    digits=number,
                    position=0,
                    kind=kind("merged", is_attributed=False),
                    agent=agent,
                    state="merged",
                    merged_at=at,
                )
            )
    return repository_id


@pytest.mark.parametrize("order", [1, -1])
def test_the_last_word_on_a_review_counts_in_any_order(database, order):
    repository_id = store(database, "shop/web", 42)
    for payload in [REVIEW, dismissed()][::order]:
        with writing(database) as connection:
            keep_observations(connection, repository_id, observations_of("pull_request_review", payload))
    with writing(database) as connection:
        keep_observations(connection, repository_id, observations_of("pull_request", MERGED))
    row = report(database).items[0]
    assert (row.approvals, row.exceptions) == ((), ("no_second_person",))


def test_deliveries_become_a_row(database):
    repository_id = store(database, "Shop/Web", 42)
    for event, payload in (("check_run", CHECK), ("pull_request", MERGED), ("pull_request_review", REVIEW)) * 2:
        with writing(database) as connection:
            keep_observations(connection, repository_id, observations_of(event, payload))
    row = report(database).items[0]
    assert (row.repository, row.number, row.requester, row.merged_by, row.head) == (
        "Shop/Web",
        "42",
        "maria",
        "jonas",
        HEAD,
    )
    assert ([each.by for each in row.approvals], [each.name for each in row.checks]) == (["jonas"], ["tests"])
    assert (row.exceptions, row.unknowns) == ((), ("bypass",))


def test_a_report_is_read_by_parts(database):
    store(database, "shop/web", 3, 1)
    store(database, "shop/api", 2, at=NOON - MINUTE)
    store(database, "shop/api", 7, at=NOON - 2 * DAY)
    store(database, "shop/api", 8, agent="")
    store(database, "shopping/cart", 9)
    cursor, rows = "", []
    for _ in range(3):
        page = report(database, cursor, limit=1)
        rows += [(row.repository, row.number) for row in page.items]
        cursor = page.next
    assert (rows, cursor) == ([("shop/api", "2"), ("shop/web", "3"), ("shop/web", "1")], "")


def test_only_what_may_be_seen_is_in_it(database):
    store(database, "shop/web", 1)
    store(database, "shop/api", 2)
    assert [row.number for row in report(database, visible=frozenset({"shop/api"})).items] == ["2"]


@pytest.mark.parametrize("cursor", ["x", "1", "1.x.shop=web", "١.1.a", f"{'9' * 30}.1.a", f"{'9' * 18}.1.a"])
def test_a_wrong_cursor_is_refused(database, cursor):
    with pytest.raises(InvalidValue, match="not a cursor"):
        report(database, cursor)
