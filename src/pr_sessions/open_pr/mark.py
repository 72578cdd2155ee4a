"""Our one-line mark in the body of a pull request that a hook saw, added with the user's own `gh` or `glab`."""

from contextlib import suppress
from datetime import timedelta
from enum import StrEnum

from msgspec import Struct

from pr_sessions.core.evidence_text import find_marks, mark_body
from pr_sessions.core.ids import check_id, clean
from pr_sessions.core.policy import Marking
from pr_sessions.core.urls import pull_request_addresses
from pr_sessions.errors import PrSessionsError
from pr_sessions.forges.base import ForgeTool
from pr_sessions.forges.gh_and_glab import forge_of
from pr_sessions.git.remotes import is_of_clone
from pr_sessions.tracker import Tracker

FRESH = timedelta(hours=1)
_WAIT = 60.0  # seconds
# What GitHub takes; GitLab takes more.
LONGEST_BODY = 65536
_MOST_READS = 5


class Outcome(StrEnum):
    """What became of one pull request."""

    OFF = "off"
    MARKED = "marked"
    PRESENT = "there"
    OTHERS = "others"
    ELSEWHERE = "elsewhere"
    FAILED = "failed"


class Marked(Struct, frozen=True):
    """What came of marking a pull request.

    Attributes:
        reason: why it failed, as one line; empty otherwise.
    """

    outcome: Outcome
    reason: str = ""


def mark_opened(tracker: Tracker) -> tuple[Marked, ...]:
    """Add the mark to what hooks saw opened within the last hour, whatever recorded it; each is tried once.

    Nothing that goes wrong with a forge is raised.

    Raises:
        Busy: somebody else has been at it for a minute.
    """
    from pr_sessions.io.lock import locked

    pending = tracker.repository.pending
    if pending is None or tracker.policy.mark is not Marking.BODY or tracker.paused:
        return ()
    # A second process finds in the audit log what the first one did.
    with locked(pending / "marking.lock", wait=_WAIT):
        collection = tracker.sessions()
        sessions = [(url, collection.for_pull_request(number)) for url, number in _unmarked(tracker)]
        return tuple(mark_pull_request(tracker, url, session.id) for url, session in sessions if session)


def _unmarked(tracker: Tracker) -> list[tuple[str, str]]:
    """Return addresses and numbers of those that the log says were opened, and of which it says nothing further."""
    since = tracker.now() - FRESH
    recent = [entry for entry in tracker.audit_log().entries if entry.at >= since]
    done = {entry.details.get("url") for entry in recent if entry.operation == "mark"}
    lists = [entry.details.get("urls") for entry in recent if entry.operation == "hook"]
    opened = [url for urls in lists if isinstance(urls, list) for url in urls if isinstance(url, str)]
    numbers = {url: pr.number for url in opened if (pr := next(pull_request_addresses(url), None))}
    return [(url, number) for url, number in numbers.items() if url not in done]


def mark_pull_request(tracker: Tracker, url: str, session_id: str) -> Marked:
    """Add the mark, once. Nothing that goes wrong is raised; what came of it is in the audit log.

    It does nothing unless the configuration says `mark: body`, while tracking is off, for a pull request of a
    repository that no remote leads to, and where the body carries a mark already, of any tool.

    Args:
        tracker: of the working tree in which the pull request was opened. Its lock must not be held: a forge is slow.
        url: the pull request's address, as the hook saw it.
        session_id: the session that the pull request was put into.
    """
    if tracker.policy.mark is not Marking.BODY or tracker.paused:
        return Marked(Outcome.OFF)
    try:
        marked = _mark(tracker, url, check_id(session_id))
    except PrSessionsError as error:
        marked = Marked(Outcome.FAILED, clean(str(error), 300))
    number = next((address.number for address in pull_request_addresses(url)), None)
    # A mark that is not in the audit log is no reason to fail.
    with suppress(PrSessionsError):
        reason = marked.reason or marked.outcome.value
        tracker.note("mark", reason, pr=number, url=clean(url, 300), session=clean(session_id, 200))
    return marked


def _mark(tracker: Tracker, url: str, session_id: str) -> Marked:
    root, address = tracker.repository.root, next(pull_request_addresses(url), None)
    if address is None or address.url != url.strip().rstrip("/") or not is_of_clone(root, address.repository):
        return Marked(Outcome.ELSEWHERE)
    forge = forge_of(root, address.repository)
    body = _settled_body(forge, address.number)
    if body is None:
        return Marked(Outcome.FAILED, "its body is being edited")
    named = {mark.session_id for mark in find_marks("", body)}
    if named:
        return Marked(Outcome.PRESENT if named == {session_id} else Outcome.OTHERS)
    text = mark_body(body, session_id, minimal=True)
    if len(text) > LONGEST_BODY:
        return Marked(Outcome.FAILED, "its body is too long for another line")
    forge.set_body(address.number, text)
    return Marked(Outcome.MARKED)


def _settled_body(forge: ForgeTool, number: str) -> str | None:
    """Return the body as two reads in a row agree on it, or None where it keeps changing.

    Neither forge takes a condition with an update, so an edit between the last read and the write is overwritten:
    https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api (conditional requests).
    Two equal reads keep us away from a body that somebody is working on, such as an agent right after opening it.
    """
    body = forge.body(number)
    for _ in range(_MOST_READS - 1):
        again = forge.body(number)
        if again == body:
            return body
        body = again
    return None
