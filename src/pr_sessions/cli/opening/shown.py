"""What `open` prints."""

from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from pr_sessions.cli import output, reasons, session_text, views
from pr_sessions.cli.opening.branch_work import BranchWork
from pr_sessions.tracker import Added, Tracker


class Shown(Struct, frozen=True, kw_only=True):
    """A pull request that is open now, or that would be opened.

    Attributes:
        url: empty for one that is not open.
        session_id: the session that it names, or is in.
        is_open: whether it was open before.
        pushes: whether the branch is pushed for it.
        added: its record; `None` for a dry run.
    """

    tool: str
    work: BranchWork
    title: str
    body: str
    base: str
    draft: bool
    url: str = ""
    number: str | None = None
    session_id: str | None = None
    is_open: bool = False
    pushes: bool = False
    added: Added | None = None


def view(shown: Shown, tracker: Tracker) -> dict[str, Any]:
    """It in JSON."""
    recorded = shown.added.recorded if shown.added else None
    facts, session = (recorded.facts, recorded.session) if recorded else (None, None)
    return {
        "pr_number": recorded.number if recorded else shown.number,
        "url": shown.url or None,
        "already_open": shown.is_open,
        "dry_run": shown.added is None,
        "tool": shown.tool,
        "remote": shown.work.remote,
        "branch": shown.work.branch,
        "base": shown.base,
        "pushes": shown.pushes,
        "draft": shown.draft,
        "title": shown.title,
        "body": shown.body,
        "session_id": session.id if session else shown.session_id,
        "session": views.session_view(session, tracker, tracker.now()) if session else None,
        "evidence": reasons.evidence_view(facts.evidence if facts else ()),
        "placement": reasons.placement_view(facts.placement if facts else None),
        "completed": [ended.id for ended in shown.added.ended] if shown.added else [],
    }


def lines(shown: Shown) -> Iterator[str]:
    """It for people."""
    yield _heading(shown)
    placement = shown.added.recorded.facts.placement if shown.added and shown.added.recorded.facts else None
    rows = [
        ("address", shown.url),
        ("title", output.one_line(shown.title, 120)),
        ("branch", output.one_line(f"{shown.work.branch} into {shown.base}", 120)),
        ("push", f"{output.one_line(shown.work.branch)} to {shown.work.remote}" if shown.pushes else ""),
        ("draft", "yes" if shown.draft else ""),
        ("placed", reasons.placement_words(placement) if placement else ""),
    ]
    yield from output.table([row for row in rows if row[1]])
    if shown.added is None and not shown.is_open:
        yield ""
        yield from (output.one_line(line, 200) for line in shown.body.splitlines())


def _heading(shown: Shown) -> str:
    if shown.added is None:
        return _would(shown)
    recorded = shown.added.recorded
    done = f"Pull request {recorded.number} was open already: recorded" if shown.is_open else ""
    done = done or f"Opened pull request {recorded.number}"
    if recorded.session is None:
        return f"{done}, without a session: {reasons.no_session_words(recorded.choice)}"
    begun = ", which begins with it" if shown.added.begins else ""
    return f"{done} in {session_text.name(recorded.session)}{begun}"


def _would(shown: Shown) -> str:
    if shown.is_open:
        return f"Pull request {shown.number} is open already: would record it"
    return f"Would open a pull request with {shown.tool}, in {shown.session_id}"
