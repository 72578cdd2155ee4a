"""The JSON of the inbox. Keys are part of the interface, and are described in `docs/guides/inbox.md`."""

from collections import Counter
from typing import Any

from pr_sessions.core.agents import Involvement
from pr_sessions.core.conflicts import Conflict, ConflictPlace
from pr_sessions.core.inbox import Inbox, Mark, Row
from pr_sessions.core.inbox_sections import Section
from pr_sessions.core.open_pull_requests import OpenPullRequest, ReviewState
from pr_sessions.core.worktrees import Worktree
from pr_sessions.render.json import Json, agents_json, stack_json, time_json


def inbox_json(inbox: Inbox) -> Json:
    """Return all of it: every row, snoozed ones too, in the order of sections."""
    prs: dict[str, Json] = {}
    for pr in inbox.pull_requests:
        prs.setdefault(pr.repository, {})[pr.number] = open_pull_request_json(pr)
    return {
        "repositories": inbox.repositories,
        "read": {"at": time_json(inbox.at), "source": inbox.source, "requests": inbox.requests},
        "viewer": inbox.viewer or None,
        "rows": [row_json(row) for row in inbox.rows],
        "pull_requests": prs,
        "conflicts": [conflict_json(conflict) for conflict in inbox.conflicts],
        "counts": _counts_json(inbox),
        "budgets": [
            {
                "repository": each.repository,
                "agent": each.agent,
                "prs": each.numbers,
                "limit": each.limit,
                "exceeded": each.is_exceeded,
            }
            for each in inbox.budgets
        ],
        "worktrees": [_worktree_json(tree, inbox) for tree in inbox.worktrees],
        "unknowns": inbox.unknowns,
    }


def row_json(row: Row) -> Json:
    """Return a row; `prs` are in the order of review, and what stands of each is in `pull_requests`."""
    added, deleted = row.size or (None, None)
    return {
        "id": row.id,
        "repository": row.repository,
        "session_id": row.session_id,
        "kind": row.kind,
        "inferred": row.is_inferred,
        "issue": row.issue or None,
        "prs": row.numbers,
        "section": row.section,
        "reason": row.reason,
        "next": row.next,
        "about": row.about,
        "work": row.work,
        "review": _review_counts(row),
        "checks": dict(Counter(pr.checks for pr in row.prs)),
        "agents": row.agents,
        "additions": added,
        "deletions": deleted,
        "pushed": time_json(row.pushed),
        "mark": row.mark,
        "snoozed": row.is_snoozed,
        "conflicts": [pair.numbers for pair in row.conflicts],
    }


def conflict_json(conflict: Conflict) -> Json:
    """Return a pair that shares files, and what came of merging it."""
    attempt = conflict.attempt
    return {
        "repository": conflict.repository,
        "prs": conflict.numbers,
        "files": conflict.files,
        "result": attempt.result,
        "places": [place_json(place) for place in attempt.places],
        "why_not": attempt.why_not or None,
    }


def open_pull_request_json(pr: OpenPullRequest) -> Json:
    """Return an open pull request; `None` stands for what was not read."""
    fields: dict[str, Any] = {
        "number": pr.number,
        "url": pr.address or None,
        "title": pr.title,
        "author": pr.author,
        "is_bot": pr.is_bot,
        "trusted": pr.is_trusted,
        "first_contribution": pr.is_first,
        "opened": time_json(pr.opened),
        "pushed": time_json(pr.pushed),
        "updated": time_json(pr.updated),
        "branch": pr.branch,
        "base": pr.base,
        "head": pr.head_sha or None,
        "built_on": pr.built_on or None,
        "stack": stack_json(pr.stack),
        "session_id": pr.session_id,
        "session_title": pr.session_title or None,
        "work": pr.work,
        "involvement": pr.involvement,
        "agents": agents_json(pr.agents),
        "files": pr.files,
        "file_count": pr.file_count if pr.files is None else len(pr.files),
        "additions": pr.additions,
        "deletions": pr.deletions,
        "labels": pr.labels,
        "closes": pr.closes,
        "review": {
            "state": pr.review.state,
            "commit": pr.review.commit or None,
            "at": time_json(pr.review.at),
            "by": pr.review.by,
            "stale": pr.is_review_stale,
        },
        "requested": pr.requested,
        "assigned": pr.assigned,
        "checks": pr.checks,
        "base_conflict": pr.has_base_conflict,
        "merge_state": pr.merge_state or None,
        "queued": pr.is_queued,
        "draft": pr.is_draft,
        "auto_merge": pr.auto_merge,
        "elsewhere": pr.elsewhere,
    }
    return fields


def _worktree_json(tree: Worktree, inbox: Inbox) -> Json:
    shared = [pair for pair in inbox.shared_lines if tree.path in pair.names]
    return {
        "path": tree.path,
        "root": tree.root,
        "current": tree.is_current,
        "branch": tree.branch,
        "head": tree.head or None,
        "session_id": tree.activity.session_id or None,
        "agent": tree.activity.agent or None,
        "event": tree.activity.kind or None,
        "event_at": time_json(tree.activity.at),
        "work": tree.activity.work,
        "uncommitted": tree.uncommitted,
        "unproposed": tree.unproposed,
        "locked": tree.locked or None,
        "problem": tree.problem or None,
        "shares_lines": [
            {
                "with": next((name for name in pair.names if name != tree.path), tree.path),
                "places": [place_json(place) for place in pair.places],
            }
            for pair in shared
        ],
    }


def place_json(place: ConflictPlace) -> Json:
    """Return where two changes meet; lines are `None` where a file has none."""
    return {"path": place.path, "first": place.first or None, "last": place.last or None, "kind": place.kind}


def _review_counts(row: Row) -> dict[str, int]:
    """Return how many have each state of their last commit; an opinion of an earlier one counts as `stale`."""
    has_opinion = (ReviewState.APPROVED, ReviewState.CHANGES_REQUESTED)
    return Counter(
        "stale" if pr.review.state in has_opinion and pr.is_review_stale else pr.review.state.value for pr in row.prs
    )


def _counts_json(inbox: Inbox) -> Json:
    marks = Counter(row.mark for row in inbox.rows if not row.is_snoozed)
    return {
        "pull_requests": len(inbox.pull_requests),
        "rows": len(inbox.rows),
        "sections": {section.value: len(inbox.rows_in(section)) for section in Section},
        "snoozed": sum(row.is_snoozed for row in inbox.rows),
        "new": marks[Mark.NEW],
        "changed": marks[Mark.CHANGED],
        "involvement": {sign.value: inbox.signs.get(sign, 0) for sign in Involvement},
    }
