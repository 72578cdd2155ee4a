"""What a forge tells today, as it stood at a moment: what came later is not there yet. Pure."""

from datetime import datetime

from msgspec.structs import replace

from pr_sessions.forges.github.payload import GitHubPullRequest
from pr_sessions.live.snapshot import Snapshot
from pr_sessions.sessions.session import State


def at_moment(snapshot: Snapshot, now: datetime) -> Snapshot:
    """The snapshot without what was opened or said later; what ended later is still open."""
    known = {number: at for number, one in snapshot.pull_requests.items() if (at := present(one, now))}
    comments = tuple(one for one in snapshot.comments if one.created is None or one.created <= now)
    return replace(snapshot, pull_requests=known, comments=comments)


def present(one: GitHubPullRequest, now: datetime) -> GitHubPullRequest | None:
    """The pull request as it stood then; `None` where it was opened later."""
    told = one.pull_request
    if told.created and told.created > now:
        return None
    merged, closed = (at if at is None or at <= now else None for at in (told.merged, told.closed))
    if (merged, closed) == (told.merged, told.closed):
        return one
    state = State.MERGED if merged else State.CLOSED if closed else State.OPEN
    return replace(one, pull_request=replace(told, state=state, merged=merged, closed=closed))
