"""Build the inbox of what was read: conflicts, attempted merges, rows, budgets. Nothing is written or fetched."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from pr_sessions.core.collection import SessionCollection
from pr_sessions.core.conflicts import shared_files, with_attempts
from pr_sessions.core.inbox import Budget, Inbox, budgets, build_rows
from pr_sessions.core.open_pull_requests import OpenPullRequest
from pr_sessions.core.policy import Policy
from pr_sessions.gate.open_pull_requests import from_collection, with_sessions_of_clone
from pr_sessions.gate.repositories import FetchedRepositories
from pr_sessions.git.changed_lines import changed_lines
from pr_sessions.git.merge_tree import attempt_merges

OFFLINE = "this clone"


class CloneSessions(Struct, frozen=True):
    """What a clone has recorded.

    Attributes:
        repository: `owner/name` of the clone's.
    """

    repository: str
    sessions: SessionCollection
    policy: Policy


class Reading(Struct, frozen=True, kw_only=True):
    """Where something is read.

    Attributes:
        at: UTC.
        source: `GitHub`, `GitLab`, or `this clone`.
        git_dir: of the clone whose commits are merged on trial; `None` for none.
        recorded: by the clone; `None` for none.
        only_mine: whether only rows that concern the account that reads are kept.
    """

    at: datetime
    source: str
    git_dir: Path | None = None
    recorded: CloneSessions | None = None
    only_mine: bool = False


def inbox_of(fetched: FetchedRepositories, reading: Reading) -> Inbox:
    """Return the inbox of what a forge holds."""
    inboxes = fetched.inboxes
    several = len(inboxes) > 1
    limits = tuple(budget for each in inboxes for budget in budgets(each.pull_requests, each.policy.open_budget))
    unknowns = (
        f"{each.repository}: {unknown}" if several else unknown for each in inboxes for unknown in each.unknowns
    )
    prs: Sequence[OpenPullRequest] = [pr for each in inboxes for pr in each.pull_requests]
    if known := reading.recorded:
        prs = with_sessions_of_clone(prs, known.sessions, known.policy, reading.at, known.repository)
    inbox = _inbox(prs, reading, limits, inboxes[0].viewer)
    return replace(
        inbox,
        repositories=tuple(each.repository for each in inboxes),
        unknowns=(*fetched.unknowns, *unknowns),
        # One connection counts for all of them.
        requests=max(each.requests for each in inboxes),
    )


def regrouped(inbox: Inbox, fetched: FetchedRepositories, recorded: CloneSessions, now: datetime) -> Inbox:
    """Return an inbox of what a forge holds by what the clone has recorded since; nothing is merged again.

    Args:
        inbox: as it was made of `fetched`.
        fetched: what the forge holds.
        recorded: by the clone, now.
        now: UTC.
    """
    lines = {pr.key: pr.lines for pr in inbox.pull_requests}
    prs = [replace(pr, lines=lines.get(pr.key)) for each in fetched.inboxes for pr in each.pull_requests]
    sessions = with_sessions_of_clone(prs, recorded.sessions, recorded.policy, now, recorded.repository)
    return replace(inbox, rows=build_rows(sessions, inbox.conflicts))


def offline_inbox(sessions: SessionCollection, policy: Policy, reading: Reading, repository: str) -> Inbox:
    """Return the inbox of what was open when it was last recorded."""
    prs = from_collection(sessions, policy, reading.at, repository)
    inbox = _inbox(prs, reading, budgets(prs, policy.open_budget), "")
    unknown = "reviews, checks, files and conflicts: no forge was asked"
    return replace(inbox, repositories=(repository,) if repository else (), unknowns=(unknown,) if prs else ())


def _inbox(prs: Sequence[OpenPullRequest], reading: Reading, limits: tuple[Budget, ...], viewer: str) -> Inbox:
    heads = {pr.key: (pr.head_sha, pr.base_sha) for pr in prs if pr.head_sha}
    if reading.git_dir and heads:
        lines = changed_lines(reading.git_dir, heads)
        prs = [replace(pr, lines=lines.get(pr.key)) for pr in prs]
    conflicts = shared_files(prs)
    if reading.git_dir and conflicts:
        conflicts = with_attempts(conflicts, attempt_merges(reading.git_dir, conflicts, heads))
    viewer = viewer if reading.only_mine else ""
    rows = build_rows(prs, conflicts, viewer, only_mine=reading.only_mine)
    shown = {pair for row in rows for pair in row.conflicts}
    conflicts = tuple(pair for pair in conflicts if pair in shown)
    return Inbox(at=reading.at, source=reading.source, viewer=viewer, rows=rows, conflicts=conflicts, budgets=limits)
