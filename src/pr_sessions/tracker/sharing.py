"""Sharing by a branch of its own: fetch, join under the lock, push outside of it, again if somebody was first."""

from collections.abc import Callable

from msgspec import Struct

from pr_sessions.errors import InvalidValue, NewerVersion, NotARepository, PrSessionsError, UnreadableFile
from pr_sessions.sessions.policy import Share
from pr_sessions.stores.book import Book
from pr_sessions.stores.document import parse
from pr_sessions.stores.git import GitFailed
from pr_sessions.stores.repository import SESSION_FILE
from pr_sessions.stores.shared_branch import InUse, SharedBranch, find_branch
from pr_sessions.tracker.results import Joined
from pr_sessions.tracker.service import Tracker

TRIES = 30
LONGEST_PAUSE = 1.0  # seconds

Pause = Callable[[int], None]


class Synced(Struct, frozen=True):
    """What a sync came to.

    Attributes:
        commit: the branch's last commit afterwards; `None` where nobody knows anything yet.
        pushed: whether the branch got a new commit from here.
        received: ids of the sessions that others knew better.
        sent: ids of the sessions that were known better here.
        tries: how often it was fetched; more than once where others pushed at the same time.
    """

    remote: str
    branch: str
    commit: str | None
    pushed: bool
    received: tuple[str, ...]
    sent: tuple[str, ...]
    tries: int


class _Outrun(PrSessionsError):
    """Somebody else was first."""


def short_pause(tries: int) -> None:
    """Waits for a random moment of up to a second; who tried often waits less, so that nobody always comes last."""
    from random import SystemRandom
    from time import sleep

    sleep(SystemRandom().uniform(0, LONGEST_PAUSE / tries))


def sync(
    tracker: Tracker, *, remote: str | None = None, branch: str | None = None, pause: Pause = short_pause
) -> Synced:
    """Brings this clone and the branch of sessions to the same document. Neither working tree nor index is touched.

    What is recorded while it pushes stays here, and travels the next time.

    Args:
        tracker: of the clone.
        remote: `origin`, or the only one, if not given.
        branch: the configured one if not given.
        pause: called between two tries, with their count so far.

    Raises:
        InvalidValue: the configuration keeps sessions local, or the branch is somebody else's.
        UnreadableFile: the document on the branch cannot be understood. Nothing was changed.
        GitFailed: git or the remote refused; the hint says what helps.
    """
    shared = _shared(tracker, remote, branch)
    tracker.keep()
    received: set[str] = set()
    tries, reason = 0, ""
    while tries < TRIES:
        tries += 1
        try:
            return _once(tracker, shared, received, tries)
        except (_Outrun, InUse) as error:
            reason = str(error)
        pause(tries)
    raise GitFailed(
        f"{shared.name} could not be pushed in {TRIES} tries: {reason}",
        "nothing is lost, this clone has everything: run pr-sessions sync again later",
    )


def read_shared(tracker: Tracker, shared: SharedBranch, commit: str) -> tuple[bytes, Book]:
    """The document of a commit of the branch, every session of it understood."""
    data, name = shared.document(commit), f"{shared.name}:{SESSION_FILE}"
    try:
        book = Book(parse(data, name), tracker.zone)
        tuple(book)  # What nobody can decode must not get into our own document unseen.
    except NewerVersion:
        raise
    except UnreadableFile as error:
        raise UnreadableFile(str(error), shared.way_back()) from error
    return data, book


def _shared(tracker: Tracker, remote: str | None, branch: str | None) -> SharedBranch:
    if tracker.repository.git_dir is None:
        raise NotARepository(f"{tracker.repository.root} is not in git, and has nobody to sync with", "git init")
    if tracker.policy.share is Share.LOCAL:
        raise InvalidValue(
            "the configuration keeps the sessions in this clone (share: local)", "pr-sessions init --share branch"
        )
    return find_branch(tracker.repository.root, branch or tracker.policy.sync_branch, remote)


def _once(tracker: Tracker, shared: SharedBranch, received: set[str], tries: int) -> Synced:
    tip = shared.fetch()
    data, theirs = read_shared(tracker, shared, tip) if tip else (None, None)
    joined = tracker.join(theirs)
    received.update(joined.received)
    commit = tip if joined.data == data or (tip is None and joined.empty) else _pushed(shared, tip, joined)
    return Synced(
        shared.remote, shared.branch, commit, commit != tip, tuple(sorted(received)), joined.sent, tries=tries
    )


def _pushed(shared: SharedBranch, tip: str | None, joined: Joined) -> str:
    count = len(joined.sent)
    commit = shared.commit(tip, joined.data, f"Sync {count} session{'' if count == 1 else 's'}\n")
    report = shared.push(commit)
    if report.outrun:
        raise _Outrun(report.reason)
    if report.reason:
        raise GitFailed(f"{shared.name} was not pushed: {report.reason}", report.way_out)
    return commit
