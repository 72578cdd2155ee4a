"""What a workflow was started by: the runner's event file, or a recorded one."""

from datetime import datetime
from pathlib import Path

from msgspec import Struct

from pr_sessions.forges.github.payload import Comment, GitHubPullRequest, Review, User


class Event(Struct, frozen=True, kw_only=True):
    """Something that happened.

    Attributes:
        name: GitHub's, such as `pull_request`, `merge_group`, `workflow_dispatch`; empty where it cannot be told.
        action: GitHub's word for what was done.
        repository: `owner/name`; empty where it is not told.
        number: of the pull request that it is about; empty where there is none.
        sha: the commit that checks are reported on: the pull request's last, the merge group's, or what the runner says.
        sender: who did it.
        pull_request: as the event tells of it; a comment's event tells less.
        at: when it happened.
        problem: why it postpones nothing, in words; empty where it may.
    """

    name: str = ""
    action: str = ""
    repository: str = ""
    number: str = ""
    sha: str = ""
    sender: User = User()
    pull_request: GitHubPullRequest | None = None
    comment: Comment | None = None
    review: Review | None = None
    at: datetime | None = None
    problem: str = ""


def read_event(path: Path | None, name: str = "", repository: str = "", sha: str = "") -> Event:
    """The event of a file, up to 25 MiB. It never raises for what the file holds: a problem says what is wrong.

    Args:
        path: as the runner names it; `None` where it names none.
        name: GitHub's name of the event; told by what the payload holds where it is empty.
        repository: `owner/name`; the payload must tell of the same one.
        sha: the commit that the runner works on.
    """
    raise NotImplementedError
