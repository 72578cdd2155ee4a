"""Open pull requests as those of the past are compared: by the files and the branches that they share. Pure."""

from datetime import UTC, datetime

from msgspec.structs import replace

from pr_sessions.forges.github.payload import GitHubPullRequest
from pr_sessions.history.git_history import HistoricPullRequest
from pr_sessions.live.snapshot import Snapshot

_UNKNOWN = datetime.fromtimestamp(0, UTC)


def as_historic(one: GitHubPullRequest, snapshot: Snapshot) -> HistoricPullRequest:
    """It with what it changes. A fork's branch has the name of one here only by chance."""
    told = replace(one.pull_request, branch=None) if one.is_fork else one.pull_request
    files = tuple(file.filename for file in snapshot.files.get(told.number, ()))
    return HistoricPullRequest(told, one.head_sha, told.created or _UNKNOWN, files, (), "squash")
