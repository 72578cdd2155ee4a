"""The inbox as one JSON document."""

import json
from typing import Any

from msgspec import json as encoder

from inboxes import empty_inbox, full_inbox, inbox_of, open_pr
from pr_sessions.core.inbox import Inbox
from pr_sessions.render.inbox_json import inbox_json


def document(inbox: Inbox) -> Any:
    return json.loads(encoder.encode(inbox_json(inbox)))


def test_a_row_names_its_session_its_section_why_and_what_is_next() -> None:
    data = document(full_inbox())
    assert data["rows"][0] == {
        "id": "billing-3f9c",
        "repository": "acme/shop",
        "session_id": "billing-3f9c",
        "kind": "session",
        "inferred": False,
        "issue": None,
        "prs": ["16", "14", "15"],
        "section": "conflicts",
        "reason": "#14: conflicts with #18 in billing/models.py 40-58, billing/models.py 90, billing/<b>tax</b>.py",
        "next": "before #18, merge #14",
        "about": ["14"],
        "work": "idle",
        "review": {"stale": 1, "none": 2},
        "checks": {"passing": 2, "failing": 1},
        "agents": ["claude-code"],
        "additions": 450,
        "deletions": 45,
        "pushed": "2026-11-23T08:51:00Z",
        "mark": None,
        "snoozed": False,
        "conflicts": [["14", "18"], ["14", "40"]],
    }


def test_what_a_row_names_is_in_the_document() -> None:
    data = document(full_inbox())
    for row in data["rows"]:
        assert set(row["prs"]) <= set(data["pull_requests"][row["repository"]])
        assert all(
            {"repository": row["repository"], "prs": pair}.items() <= _pair(data, pair).items()
            for pair in row["conflicts"]
        )


def test_a_conflict_has_its_places_and_what_was_not_tried_has_its_reason() -> None:
    first, *others = document(full_inbox())["conflicts"]
    assert first == {
        "repository": "acme/shop",
        "prs": ["14", "18"],
        "files": ["billing/<b>tax</b>.py", "billing/models.py"],
        "result": "conflict",
        "places": [
            {"path": "billing/models.py", "first": 40, "last": 58, "kind": "content"},
            {"path": "billing/models.py", "first": 90, "last": 90, "kind": "content"},
            {"path": "billing/<b>tax</b>.py", "first": None, "last": None, "kind": "modify/delete"},
        ],
        "why_not": None,
    }
    assert {each["result"] for each in others} == {"not_tried", "merges_cleanly"}


def test_counts_are_those_of_the_rows() -> None:
    data = document(full_inbox())
    sections = [row["section"] for row in data["rows"] if not row["snoozed"]]
    assert data["counts"] == {
        "pull_requests": 30,
        "rows": len(data["rows"]),
        "sections": {section: sections.count(section) for section in data["counts"]["sections"]},
        "snoozed": 1,
        "new": 2,
        "changed": 1,
        "involvement": {"opened": 16, "assisted": 2, "no_sign": 12},
    }


def test_what_is_not_known_is_null_or_said() -> None:
    unknown = document(full_inbox())["pull_requests"]["acme/shop"]["90"]
    assert {key for key, value in unknown.items() if value is None} == {
        *("url", "trusted", "first_contribution", "opened", "pushed", "updated", "branch", "base", "head", "built_on"),
        *("stack", "session_id", "session_title", "files", "file_count", "additions", "deletions", "base_conflict"),
        *("merge_state", "elsewhere"),
    } - {"url"}
    assert (unknown["work"], unknown["checks"], unknown["review"]["state"]) == ("unknown",) * 3


def test_pull_requests_of_two_repositories_with_one_number_stay_two() -> None:
    data = document(inbox_of((open_pr(1), open_pr(1, repository="acme/docs"))))
    assert {name: list(prs) for name, prs in data["pull_requests"].items()} == {"acme/docs": ["1"], "acme/shop": ["1"]}


def test_a_working_tree_names_what_it_shares_lines_with() -> None:
    trees = document(full_inbox())["worktrees"]
    assert {**trees[1], "branch": None} == {
        "path": "../shop-a",
        "root": "/work/shop-a",
        "current": False,
        "branch": None,
        "head": None,
        "session_id": "billing-3f9c",
        "agent": "claude-code",
        "event": "activity",
        "event_at": "2026-11-30T08:55:00Z",
        "work": "idle",
        "uncommitted": 3,
        "unproposed": 4,
        "locked": None,
        "problem": None,
        "shares_lines": [
            {
                "with": "#14",
                "places": [{"path": "billing/models.py", "first": 40, "last": 44, "kind": "content"}],
            }
        ],
    }


def test_of_nothing_the_document_has_the_same_keys() -> None:
    empty, full = document(empty_inbox()), document(full_inbox())
    assert list(empty) == list(full)
    assert list(empty["counts"]["sections"]) == list(full["counts"]["sections"])


def _pair(data: Any, prs: list[str]) -> Any:
    return next(each for each in data["conflicts"] if each["prs"] == prs)
