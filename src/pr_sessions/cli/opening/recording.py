"""Which session an opened pull request belongs to, and its record."""

from pr_sessions.cli.opening.branch_work import BranchWork
from pr_sessions.errors import PrSessionsError
from pr_sessions.forges.pull_requests import Opened
from pr_sessions.forges.remotes import number_here
from pr_sessions.sessions.ids import clean, new_id
from pr_sessions.sessions.pr_text import find_mark
from pr_sessions.sessions.session import PullRequest, State
from pr_sessions.tracker import Added, Tracker


def session_to_name(tracker: Tracker) -> str:
    """The id of the current session, else of the one that begins with what is opened now."""
    if current := tracker.current():
        return current.session.id
    book = tracker.book()
    return new_id(tracker.author(), tracker.now(), lambda i: book.get(i) is not None)


def record_new(tracker: Tracker, opened: Opened, work: BranchWork, session_id: str) -> Added:
    """Records what was opened just now; our mark in its body names the session.

    Raises:
        PrSessionsError: it is open, and its record could not be saved.
    """
    try:
        return tracker.record(_pull_request(tracker, opened, work))
    except PrSessionsError as error:
        number = opened.address.number
        later = (
            f"record it then: pr-sessions open (it finds this one), or pr-sessions add {number} --session {session_id}"
        )
        hint = f"{error.hint}; {later}" if error.hint else later
        raise PrSessionsError(f"{opened.address.url} is open, and could not be recorded: {error}", hint) from error


def record_found(tracker: Tracker, found: Opened, work: BranchWork) -> Added:
    """Records one that was open already: where it is, where its mark says, else in the current session, by hand."""
    pull_request = _pull_request(tracker, found, work)
    book = tracker.book()
    known = book.holding(pull_request.number) or pull_request.number in book.unattributed
    if known or find_mark(found.title, found.body):
        return tracker.record(pull_request)
    return tracker.record(pull_request, session_id=tracker.start(joins=True).session.id)


def _pull_request(tracker: Tracker, opened: Opened, work: BranchWork) -> PullRequest:
    return PullRequest(
        number=number_here(work.root, opened.address),
        title=opened.title,
        body=opened.body,
        author=clean(opened.author) or tracker.author(),
        commit_messages=work.messages,
        files_changed=work.changes.files,
        test_files_added=work.changes.tests,
        docs_updated=work.changes.docs,
        state=State.OPEN,
        branch=clean(work.branch),
        base=clean(opened.base or work.base),
    )
