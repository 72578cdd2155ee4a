"""Pull requests of the past, as a repository's own commits show them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from pr_sessions.core.models import PullRequest

# How a pull request came in: by a merge of its branch, by one commit that stands for it, or by its commits themselves.
Kind = Literal["merge", "squash", "rebase"]
# Why a number that a commit names is no pull request of the repository.
NoPullRequest = Literal["issue", "not_rising", "other_repository"]


class HistoricPullRequest(Struct, frozen=True):
    """A pull request that one commit brought in.

    Attributes:
        sha: that commit.
        when: the time of that commit, which is when the pull request was merged.
        files: the paths that it changed.
        parents: the parents of that commit.
        commits: ids of the branch's own commits, its tip first; empty for a squash.
        forks: ids of the commits that the branch was made from or took in by a merge.
    """

    pull_request: PullRequest
    sha: str
    when: datetime
    files: tuple[str, ...]
    parents: tuple[str, ...]
    kind: Kind
    commits: tuple[str, ...] = ()
    forks: tuple[str, ...] = ()

    @property
    def number(self) -> str:
        """Return its number."""
        return self.pull_request.number

    @property
    def opened(self) -> datetime:
        """Return the time of its first commit, by which its session is found."""
        return self.pull_request.created or self.when

    @property
    def dated(self) -> PullRequest:
        """Return the pull request, with that time as the time of its opening."""
        return replace(self.pull_request, created=self.opened)


class History(Struct, frozen=True, kw_only=True):
    """What was read of a history.

    Attributes:
        pull_requests: oldest first, each number once.
        commits: how many commits were read.
        tip: the id of the newest, from which reading began; empty where there is none.
        tip_at: its time.
        ref: how it is called, such as `origin/main`.
        read_at: when it was read.
        has_files: whether the clone knows which files its commits changed.
        others: how many numbers are no pull requests of the repository, by the reason.
        unnamed_merges: how many merges into the branch itself name no pull request.
    """

    pull_requests: tuple[HistoricPullRequest, ...] = ()
    commits: int = 0
    tip: str = ""
    tip_at: datetime | None = None
    ref: str = ""
    read_at: datetime | None = None
    has_files: bool = True
    others: Mapping[NoPullRequest, int] = {}
    unnamed_merges: int = 0
