"""Our one-line mark in the body of a pull request that a hook saw, added with the user's own `gh` or `glab`."""

from contextlib import suppress
from datetime import timedelta
from enum import StrEnum

from msgspec import Struct

from pr_sessions.errors import PrSessionsError
from pr_sessions.forges.remotes import addresses, forge_of
from pr_sessions.sessions.address import PullRequestAddress, pull_request_addresses
from pr_sessions.sessions.ids import check_id, clean
from pr_sessions.sessions.policy import Marking
from pr_sessions.sessions.pr_text import find_marks, mark_body
from pr_sessions.tracker import Tracker

FRESH = timedelta(hours=1)
PATIENCE = 60.0  # seconds
# What GitHub takes; GitLab takes more.
LONGEST_BODY = 65536


class Outcome(StrEnum):
    """What became of one pull request."""

    OFF = "off"
    MARKED = "marked"
    THERE = "there"
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
    """Adds the mark to what hooks saw opened within the last hour, whoever took that in; each is tried once.

    Nothing that goes wrong with a forge is raised.

    Raises:
        Busy: somebody else has been at it for a minute.
    """
    from pr_sessions.stores.lock import locked

    pending = tracker.repository.pending
    if pending is None or tracker.policy.mark is not Marking.BODY or tracker.paused:
        return ()
    # Whoever comes second finds in the journal what the first one did.
    with locked(pending / "marking.lock", wait=PATIENCE):
        book = tracker.book()
        homes = [(url, book.holding(number)) for url, number in _unmarked(tracker)]
        return tuple(mark_pull_request(tracker, url, home.id) for url, home in homes if home)


def _unmarked(tracker: Tracker) -> list[tuple[str, str]]:
    """Addresses and numbers of those that the journal says were opened, and of which it says nothing further."""
    from pr_sessions.stores.journal import read

    since = tracker.now() - FRESH
    recent = [change for change in read(tracker.journal).changes if change.at >= since] if tracker.journal else []
    done = {change.told.get("url") for change in recent if change.what == "mark"}
    told = [url for change in recent if change.what == "hook" for url in _texts(change.told.get("urls"))]
    found = {url: pr.number for url in told if (pr := next(pull_request_addresses(url), None))}
    return [(url, number) for url, number in found.items() if url not in done]


def _texts(value: object) -> list[str]:
    return [text for text in value if isinstance(text, str)] if isinstance(value, list) else []


def mark_pull_request(tracker: Tracker, url: str, session_id: str) -> Marked:
    """Adds the mark, once. Nothing that goes wrong is raised; what came of it stands in the journal.

    It does nothing unless the configuration says `mark: body`, while tracking is off, for a pull request of a
    repository that no remote leads to, and where the body carries a mark already, whosoever it is.

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
    _write_down(tracker, marked, url, session_id)
    return marked


def _mark(tracker: Tracker, url: str, session_id: str) -> Marked:
    address = _of_this_clone(tracker, url)
    if address is None:
        return Marked(Outcome.ELSEWHERE)
    forge = forge_of(tracker.repository.root, address.repository)
    body = forge.body(address.number)
    named = {mark.session_id for mark in find_marks("", body)}
    if named:
        return Marked(Outcome.THERE if named == {session_id} else Outcome.OTHERS)
    text = mark_body(body, session_id, minimal=True)
    if len(text) > LONGEST_BODY:
        return Marked(Outcome.FAILED, "its body is too long for another line")
    forge.set_body(address.number, text)
    return Marked(Outcome.MARKED)


def _of_this_clone(tracker: Tracker, url: str) -> PullRequestAddress | None:
    found = next(pull_request_addresses(url), None)
    if found is None or found.url != url.strip().rstrip("/"):
        return None
    known = {address.key for address in addresses(tracker.repository.root).values()}
    return found if found.repository.key in known else None


def _write_down(tracker: Tracker, marked: Marked, url: str, session_id: str) -> None:
    """One line in the journal, which takes the lock for a moment."""
    from pr_sessions.stores import journal
    from pr_sessions.stores.lock import locked

    if tracker.journal is None:
        return
    number = next((found.number for found in pull_request_addresses(url)), None)
    # A mark that nobody wrote down is no reason to fail.
    with suppress(PrSessionsError), locked(tracker.repository.lock):
        journal.append(
            tracker.journal, tracker.now(), tracker.author(), "mark", marked.reason or marked.outcome.value,
            pr=number, url=clean(url, 300), session=clean(session_id, 200),
        )  # fmt: skip
