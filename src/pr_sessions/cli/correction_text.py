"""Corrections by hand in plain words."""

from typing import Any

from pr_sessions.cli import output
from pr_sessions.tracker.corrections import Moved


def moved_view(moved: Moved) -> dict[str, Any]:
    """Where a correction put a pull request, in JSON."""
    return {
        "pr_number": moved.number,
        "session_id": moved.after,
        "before": moved.before,
        "by": moved.by,
        "changed": moved.changed,
        "known": moved.known,
    }


def moved_sentence(moved: Moved) -> str:
    """The same for people."""
    place = f"in {output.heading(output.one_line(moved.after, 200))}" if moved.after else "in no session"
    if not moved.changed:
        return f"Pull request {moved.number} is {place} by hand already"
    if moved.before == moved.after:
        return f"Pull request {moved.number} stays {place}, by hand now"
    if not moved.known:
        return f"Pull request {moved.number} is {place} now, by hand (nobody had recorded it: add tells more of it)"
    before = output.one_line(moved.before, 200) if moved.before else "no session"
    return f"Pull request {moved.number} is {place} now, by hand (it was in {before})"
