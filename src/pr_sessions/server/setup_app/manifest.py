"""What the GitHub App asks for, each right and each event with its reason; nothing else is asked for. Pure.

https://docs.github.com/en/apps/sharing-github-apps/registering-a-github-app-from-a-manifest
"""

from enum import StrEnum
from typing import Any

from msgspec import Struct


class Kind(StrEnum):
    """What the App is made for."""

    # Inbox, sessions, why, and the gate in shadow mode: nothing is written to GitHub.
    READ_ONLY = "read-only"
    # Also comments, checks, the dashboard issue, and starting checks.
    GATE = "gate"


class Need(Struct, frozen=True):
    """A right or an event, and why.

    Attributes:
        name: as GitHub's interface has it.
        label: as GitHub's pages have it.
        reading: why the read-only App needs it; empty where it does not.
        writing: why the gate needs more: a right to write, or an event; empty where it does not.
    """

    name: str
    label: str
    reading: str = ""
    writing: str = ""


PERMISSIONS = (
    Need("metadata", "Metadata", "names of repositories, and who may write to them"),
    Need("contents", "Contents", "the team's configuration, CODEOWNERS and the session file of the default branch"),
    Need(
        "pull_requests",
        "Pull requests",
        "pull requests with their files, commits and reviews",
        "comments on pull requests",
    ),
    Need("issues", "Issues", "comments with commands of people who may write", "the dashboard issue"),
    Need("checks", "Checks", "results of checks, for the inbox and the evidence report", "the check `pr-sessions`"),
    Need("statuses", "Commit statuses", "results of systems that report no checks, for the inbox"),
    Need("actions", "Actions", "", "starting the checks of a pull request that waited"),
    Need("members", "Members", "who is asked for a review as a team, and who may log in"),
)
_OF_ORGANISATIONS = ("members",)
EVENTS = (
    Need("pull_request", "Pull request", "a pull request is opened, pushed to, merged or closed"),
    Need("pull_request_review", "Pull request review", "a pull request is reviewed"),
    Need("issue_comment", "Issue comment", "somebody writes a command"),
    Need("push", "Push", "the team's configuration changes on the default branch"),
    Need("check_run", "Check run", "a check ends, for the evidence report", "somebody asks to run a check again"),
    Need("check_suite", "Check suite", "all checks of a commit have ended, for the inbox"),
    Need("issues", "Issues", "", "somebody ticks a box of the dashboard issue"),
    Need("merge_group", "Merge group", "", "the check is written in a merge queue"),
    Need("repository", "Repository", "a repository is renamed, transferred, archived or deleted"),
    Need("installation_target", "Installation target", "the organisation is renamed"),
    Need("meta", "Meta", "the App's webhook is removed"),
)
# GitHub sends these to every App without being asked to.
ALWAYS_SENT = frozenset({"installation", "installation_repositories"})


def permissions(kind: Kind, *, is_organisation: bool) -> dict[str, str]:
    """Return the level of each right, by its name.

    Args:
        kind: of the App.
        is_organisation: whether it belongs to an organisation; a person has no members.
    """
    levels = {need.name: _level(need, kind) for need in PERMISSIONS}
    return {
        name: level for name, level in levels.items() if level and (is_organisation or name not in _OF_ORGANISATIONS)
    }


def events(kind: Kind) -> list[str]:
    """Return the names of the events."""
    return [need.name for need in EVENTS if _level(need, kind)]


def _level(need: Need, kind: Kind) -> str:
    if need.writing and kind is Kind.GATE:
        return "write"
    return "read" if need.reading else ""


def manifest(kind: Kind, name: str, public_url: str, *, is_organisation: bool) -> dict[str, Any]:
    """Return the manifest that an administrator agrees to on GitHub.

    Args:
        kind: of the App.
        name: of the App, which may be changed on GitHub's page.
        public_url: where people and GitHub reach this server.
        is_organisation: whether an organisation gets it, and not the administrator.
    """
    writes = "It comments on pull requests and runs their checks when they are due." if kind is Kind.GATE else ""
    return {
        "name": name,
        "url": public_url,
        "description": f"Shows which work session every pull request came from. {writes or 'It writes nothing.'}",
        "public": False,
        "hook_attributes": {"url": f"{public_url}/webhooks/github", "active": True},
        "redirect_url": f"{public_url}/setup/callback",
        "callback_urls": [f"{public_url}/login/github/callback"],
        "request_oauth_on_install": False,
        "default_permissions": permissions(kind, is_organisation=is_organisation),
        "default_events": events(kind),
    }


def table(kind: Kind | None = None) -> list[tuple[str, str, str]]:
    """Return name, level and reason of every right, then of every event, whose level is empty; for people.

    Args:
        kind: of the App; both where it is `None`.
    """
    rows = []
    for need in (*PERMISSIONS, *EVENTS):
        is_event = need in EVENTS
        if need.reading:
            rows.append((need.label, "" if is_event else "read", need.reading))
        if need.writing and kind is not Kind.READ_ONLY:
            rows.append((need.label, "" if is_event else "write", need.writing))
    return rows
