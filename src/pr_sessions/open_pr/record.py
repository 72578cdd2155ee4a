"""Title, body and record of a pull request that is opened, and the session that it belongs to."""

from collections.abc import Sequence

from pr_sessions.core.evidence_text import find_mark, mark_body, mark_title, without_marks
from pr_sessions.core.ids import clean, new_id
from pr_sessions.core.models import PullRequest, State
from pr_sessions.core.patterns import matcher
from pr_sessions.core.policy import Policy
from pr_sessions.errors import PrSessionsError
from pr_sessions.forges.base import OpenedPullRequest
from pr_sessions.git.remotes import read_remotes, recorded_id
from pr_sessions.open_pr.branch import BranchWork
from pr_sessions.tracker import Added, Tracker

# GitHub takes 256 characters, our sign among them.
_LONGEST_TITLE = 250
_MOST_LISTED = 50


def titled(title: str | None, messages: Sequence[str], policy: Policy) -> str:
    """Return the title, or the last commit's subject, with our sign unless it shows already that it is automatic."""
    title = clean(title if title and title.strip() else _subject(messages[-1]), _LONGEST_TITLE)
    if any(matcher(pattern)(title) for pattern in policy.auto_pr_patterns):
        return title
    return mark_title(title)


def described(body: str | None, messages: Sequence[str], session_id: str, policy: Policy) -> str:
    """Return the body, else that of the only commit, else the subjects of all; with our mark, and no other of ours."""
    if body is None and len(messages) == 1:
        body = messages[0].partition("\n")[2].strip()
    elif body is None:
        lines = [f"- {_subject(message)}" for message in messages[:_MOST_LISTED]]
        more = len(messages) - len(lines)
        body = "\n".join([*lines, *([f"- and {more} more"] if more else [])])
    return mark_body(without_marks(body), session_id, minimal=policy.minimal_metadata)


def _subject(message: str) -> str:
    return message.partition("\n")[0].strip()


def session_to_name(tracker: Tracker) -> str:
    """Return the id of the current session, else of the one that begins with what is opened now."""
    if current := tracker.current():
        return current.session.id
    collection = tracker.sessions()
    return new_id(tracker.author(), tracker.now(), lambda i: collection.get(i) is not None)


def record_new(tracker: Tracker, opened: OpenedPullRequest, work: BranchWork, session_id: str) -> Added:
    """Record what was opened just now; our mark in its body names the session.

    Raises:
        PrSessionsError: it is open, and its record could not be saved.
    """
    try:
        return tracker.record(_pull_request(tracker, opened, work))
    except PrSessionsError as error:
        number = opened.address.number
        later = (
            "record it then: pr-sessions open (it finds this one), "
            f"or pr-sessions add {number} --session {session_id} --create"
        )
        hint = f"{error.hint}; {later}" if error.hint else later
        raise PrSessionsError(f"{opened.address.url} is open, and could not be recorded: {error}", hint) from error


def record_found(tracker: Tracker, existing: OpenedPullRequest, work: BranchWork) -> Added:
    """Record one that was open already: in its session, where its mark says, else manually in the current session."""
    pull_request = _pull_request(tracker, existing, work)
    collection = tracker.sessions()
    known = collection.for_pull_request(pull_request.number) or collection.unattributed(pull_request.number)
    if known or find_mark(existing.title, existing.body):
        return tracker.record(pull_request)
    return tracker.record(pull_request, session_id=tracker.start(reuse_current=True).session.id)


def _pull_request(tracker: Tracker, opened: OpenedPullRequest, work: BranchWork) -> PullRequest:
    return PullRequest(
        number=recorded_id(opened.address, read_remotes(work.root)),
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
