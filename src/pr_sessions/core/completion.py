"""Find what completes a session in the text and the record of a pull request."""

import re

from pr_sessions.core.evidence_text import own_words, without_title_mark
from pr_sessions.core.models import PullRequestRecord, Trigger
from pr_sessions.core.policy import Policy

COMMAND = "/complete-session"

# An accent may stand as a character of its own after its letter.
_WORD_GOES_ON = re.compile(r"[\w\u0300-\u036f-]")
_NEGATION = re.compile(r"(?:\b(?:not|never|no|non|cannot)|n['’]t)(?: yet| quite| fully)?\s*\Z")


def explicit_marker(title: str, body: str, policy: Policy) -> str | None:
    """Return the first of the team's markers, as configured, that stands where markers count.

    That is as a whole token at the title's start or end, or alone on a line of the author's own words. Case
    does not matter. A marker with a negation before it, such as "not ready for review", is none.
    """
    folded = {marker: marker.strip().casefold() for marker in policy.active_markers if marker.strip()}
    wanted = frozenset(folded.values())
    alone = {line for line in map(_bare, own_words(body)) if line in wanted} if wanted else set()
    text = without_title_mark(title).strip().casefold()
    return next((marker for marker, token in folded.items() if token in alone or _at_edge(text, token)), None)


def completion_reason(title: str, body: str, record: PullRequestRecord, policy: Policy) -> str | None:
    """Return the trigger with which this pull request completes its session, `None` where it does not."""
    marker = explicit_marker(title, body, policy)
    if marker is not None:
        return f"{Trigger.EXPLICIT_MARKER.value}: {marker}"
    if policy.enable_heuristic_completion and record.docs_updated and (record.test_files_added or 0) > 0:
        return Trigger.HEURISTIC_TESTS_DOCS.value
    return None


def _bare(line: str) -> str:
    """Return the line without one list bullet and bold type around it, folded."""
    text = line.strip()
    if text.startswith(("- ", "* ")):
        text = text[2:].strip()
    if text.startswith("**") and text.endswith("**"):
        text = text[2:-2].strip()
    return text.casefold()


def _at_edge(text: str, token: str) -> bool:
    if text.startswith(token) and not _WORD_GOES_ON.match(text, len(token)):
        return True
    before = text.removesuffix(token)
    return before != text and not _WORD_GOES_ON.match(before[-1:]) and not _NEGATION.search(before)
