"""What the App asks GitHub for: what each mode needs, and nothing else."""

import pytest

from descriptions import read
from pr_sessions.server.intake.delivery import EVENTS as HANDLED
from pr_sessions.server.setup_app.manifest import (
    ALWAYS_SENT,
    PERMISSIONS,
    Kind,
    events,
    manifest,
    permissions,
    table,
)

URL = "https://sessions.example.com"


def test_the_read_only_app_may_write_nothing() -> None:
    assert permissions(Kind.READ_ONLY, is_organisation=True) == {
        "metadata": "read",
        "contents": "read",
        "pull_requests": "read",
        "issues": "read",
        "checks": "read",
        "statuses": "read",
        "members": "read",
    }


def test_the_gate_may_write_comments_issues_and_checks_and_start_workflows() -> None:
    writes = {name for name, level in permissions(Kind.GATE, is_organisation=True).items() if level == "write"}

    assert writes == {"pull_requests", "issues", "checks", "actions"}


def test_a_person_has_no_members() -> None:
    assert "members" not in permissions(Kind.GATE, is_organisation=False)


def test_each_event_is_handled_and_each_that_is_handled_is_asked_for() -> None:
    assert set(events(Kind.GATE)) | ALWAYS_SENT == HANDLED


def test_the_read_only_app_hears_of_no_boxes_and_no_merge_queue() -> None:
    assert set(events(Kind.GATE)) - set(events(Kind.READ_ONLY)) == {"issues", "merge_group"}


def test_github_knows_each_right() -> None:
    schemas = read("openapi/generated/api.github.com.json")["components"]["schemas"]

    assert {need.name for need in PERMISSIONS} <= schemas["app-permissions"]["properties"].keys()


def test_each_right_and_event_has_a_reason() -> None:
    assert all(why for kind in Kind for _, _, why in table(kind))


@pytest.mark.parametrize("kind", list(Kind))
def test_the_manifest_has_what_github_asks_for(kind: Kind) -> None:
    made = manifest(kind, "pr-sessions", URL, is_organisation=True)

    assert made["hook_attributes"] == {"url": f"{URL}/webhooks/github", "active": True}
    assert (made["redirect_url"], made["public"]) == (f"{URL}/setup/callback", False)
    assert (made["default_permissions"], made["default_events"]) == (
        permissions(kind, is_organisation=True),
        events(kind),
    )
