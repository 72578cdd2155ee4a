"""Sharing by a branch of its own: fetch, merge under the lock, push outside of it, again if another push was first."""

from collections.abc import Callable

from msgspec import Struct

from pr_sessions.core.paths import SESSION_FILE
from pr_sessions.core.policy import Share
from pr_sessions.errors import InvalidValue, NewerVersion, NotARepository, PrSessionsError, UnreadableFile
from pr_sessions.git.commands import GitFailed
from pr_sessions.git.shared_branch import InUse, SharedBranch, find_branch
from pr_sessions.storage.files.collection import FileSessions, in_files
from pr_sessions.storage.files.merge import merge_collections, news
from pr_sessions.storage.files.people import without_people
from pr_sessions.storage.files.session_file import parse
from pr_sessions.tracker.tracker import Tracker

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


class _Merged(Struct, frozen=True):
    """What merging the branch's document into this clone's sessions came to.

    Attributes:
        data: the session file that says all that both know.
        received: ids of the sessions that the branch knew better.
        sent: ids of the sessions that this clone knew better.
        empty: whether neither knows anything.
    """

    data: bytes
    received: tuple[str, ...]
    sent: tuple[str, ...]
    empty: bool


class _Outrun(PrSessionsError):
    """Another push was first."""


def short_pause(tries: int) -> None:
    """Waits for a random moment of up to a second; who tried often waits less, so that nobody always comes last."""
    from random import SystemRandom
    from time import sleep

    sleep(SystemRandom().uniform(0, LONGEST_PAUSE / tries))


class Exchanged(Struct, frozen=True):
    """What a sync with a server came to: ids of the sessions that it knew better, and that this clone knew better."""

    received: tuple[str, ...]
    sent: tuple[str, ...]


def exchange(tracker: Tracker, send: Callable[[bytes], tuple[bytes, tuple[str, ...]]]) -> Exchanged:
    """Bring this clone and a server to the same sessions. To break it off anywhere and do it again does no harm.

    Args:
        tracker: of the clone.
        send: sends a session file, and returns one that says all that both know, and the ids that were news there.

    Raises:
        InvalidValue: the configuration keeps sessions local.
        UnreadableFile: what the server sent cannot be understood. Nothing was changed here.
    """
    _refuse_local(tracker)
    tracker.keep()
    data, sent = send(_merge(tracker, None).data)
    theirs = FileSessions(parse(data, "the server's session file"), tracker.zone)
    tuple(theirs)  # What nobody can decode must not get into our own file unseen.
    return Exchanged(_merge(tracker, theirs).received, sent)


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


def read_shared(tracker: Tracker, shared: SharedBranch, commit: str) -> tuple[bytes, FileSessions]:
    """The document of a commit of the branch, every session of it understood."""
    data, name = shared.read(commit, fetches=True), f"{shared.name}:{SESSION_FILE}"
    try:
        collection = FileSessions(parse(data, name), tracker.zone)
        tuple(collection)  # What nobody can decode must not get into our own document unseen.
    except NewerVersion:
        raise
    except UnreadableFile as error:
        raise UnreadableFile(str(error), shared.repair_hint()) from error
    return data, collection


def _shared(tracker: Tracker, remote: str | None, branch: str | None) -> SharedBranch:
    if tracker.repository.git_dir is None:
        raise NotARepository(f"{tracker.repository.root} is not in git, and has nobody to sync with", "git init")
    _refuse_local(tracker)
    return find_branch(tracker.repository.root, branch or tracker.policy.sync_branch, remote)


def _refuse_local(tracker: Tracker) -> None:
    if tracker.policy.share is Share.LOCAL:
        raise InvalidValue(
            "the configuration keeps the sessions in this clone (share: local)", "pr-sessions init --share branch"
        )


def _once(tracker: Tracker, shared: SharedBranch, received: set[str], tries: int) -> Synced:
    tip = shared.fetch()
    data, theirs = read_shared(tracker, shared, tip) if tip else (None, None)
    merged = _merge(tracker, theirs)
    received.update(merged.received)
    commit = tip if merged.data == data or (tip is None and merged.empty) else _push(shared, tip, merged)
    return Synced(
        shared.remote, shared.branch, commit, commit != tip, tuple(sorted(received)), merged.sent, tries=tries
    )


def _merge(tracker: Tracker, theirs: FileSessions | None) -> _Merged:
    """Merge the branch's sessions in. Apply no rule and set no time: all who merge the same get the same bytes."""
    with tracker.change(tracker.now(), complete_expired=False) as change:
        before, change.touch_last_updated = in_files(change.sessions), False
        sessions = before if theirs is None else merge_collections(before, theirs)
        sessions = without_people(sessions, tracker.policy)
        data = sessions.to_bytes()
        change.sessions = before if data == before.to_bytes() else sessions
        change.run_ids |= sessions.run_ids
    sent = news(sessions, FileSessions() if theirs is None else theirs)
    return _Merged(data, news(sessions, before), sent, empty=not (len(sessions) or sessions.all_unattributed()))


def _push(shared: SharedBranch, tip: str | None, merged: _Merged) -> str:
    count = len(merged.sent)
    commit = shared.commit(tip, merged.data, f"Sync {count} session{'' if count == 1 else 's'}\n")
    report = shared.push(commit)
    if report.outrun:
        raise _Outrun(report.reason)
    if report.reason:
        raise GitFailed(f"{shared.name} was not pushed: {report.reason}", report.hint)
    return commit
