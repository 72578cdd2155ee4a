"""What a forge holds, as values, and what the gate needs of one, as protocols. GitHub's client implements them all."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from msgspec import Struct

from pr_sessions.core.models import PullRequest, State
from pr_sessions.core.open_pull_requests import OpenPullRequest
from pr_sessions.core.urls import PullRequestAddress

# The App whose token a job of GitHub Actions has.
RUNNER = "github-actions"


class User(Struct, frozen=True):
    """An account; a number that nobody can take over beside a name that changes."""

    login: str = ""
    id: int | None = None
    type: str | None = None

    @property
    def is_bot(self) -> bool:
        """Whether it is an App's account, which nobody else can write as."""
        return self.type == "Bot"


class ForgePullRequest(Struct, frozen=True, kw_only=True):
    """A pull request with what only its forge knows.

    Attributes:
        author: who opened it.
        repository: `owner/name` of the one that it is meant for; empty if unknown.
        head_repository: `owner/name` of the one that it comes from; `None` if that is gone or unknown.
        head_sha: the commit at the head of its branch.
        updated: when anything about it changed last.
        auto_merge: whether it merges by itself as soon as it may.
    """

    pull_request: PullRequest
    author: User = User()
    repository: str = ""
    head_repository: str | None = None
    head_sha: str = ""
    updated: datetime | None = None
    is_draft: bool = False
    auto_merge: bool = False

    @property
    def is_fork(self) -> bool:
        """Whether its branch is not known to lie in the same repository; in doubt it is one."""
        return self.head_repository is None or self.head_repository.lower() != self.repository.lower()


class StackMember(Struct, frozen=True):
    """A pull request of a stack, as far as the stack tells.

    Attributes:
        number: of the pull request, digits.
        branch: head branch.
        head_sha: the commit at the head of its branch.
    """

    number: str
    state: State | None = None
    branch: str = ""
    head_sha: str = ""


class ForgeStack(Struct, frozen=True):
    """A stack: pull requests of which each is built on the one before, so that one is merged with all below it.

    Attributes:
        base: the branch that its lowest one is meant for.
        members: the lowest first, those that are merged or closed included.
    """

    number: int
    base: str = ""
    members: tuple[StackMember, ...] = ()


class PullRequestPage(Struct, frozen=True):
    """Pull requests of a list.

    Attributes:
        unreadable: why others of the list cannot be read.
        is_last: whether the list ends here.
    """

    pull_requests: tuple[ForgePullRequest, ...]
    unreadable: tuple[str, ...] = ()
    is_last: bool = True


class ChangedFile(Struct, frozen=True):
    """A file that a pull request changes; `previous_filename` where it was moved."""

    filename: str
    status: str = ""
    previous_filename: str | None = None


class Review(Struct, frozen=True):
    """A review; `state` in lower case: approved, changes_requested, commented, dismissed, pending."""

    id: int
    author: User = User()
    state: str = ""
    commit: str = ""
    submitted: datetime | None = None


class Comment(Struct, frozen=True):
    """A comment on a pull request.

    Attributes:
        number: of that pull request or issue; empty if unknown.
        address: where people read it.
    """

    id: int
    author: User = User()
    body: str = ""
    created: datetime | None = None
    updated: datetime | None = None
    number: str = ""
    address: str = ""


class Issue(Struct, frozen=True):
    """An issue.

    Attributes:
        address: where people read it.
    """

    number: int
    title: str = ""
    author: User = User()
    body: str = ""
    is_open: bool = True
    labels: tuple[str, ...] = ()
    address: str = ""


class CheckRun(Struct, frozen=True):
    """A check run on a commit.

    Attributes:
        app: name of the App that made it, such as `github-actions`.
        title: of its output.
    """

    id: int
    name: str = ""
    status: str = ""
    conclusion: str | None = None
    head_sha: str = ""
    external_id: str = ""
    started: datetime | None = None
    app: str = ""
    title: str = ""


class CheckWrite(Struct, frozen=True, kw_only=True):
    """A check run to create, or to change where `check` is the id of one.

    Attributes:
        name: what people see and branch protection requires.
        sha: the commit.
        status: `queued`, `in_progress` or `completed`.
        conclusion: `success`, `failure`, ... of a completed one.
        external_id: a text of ours that the forge keeps with it.
    """

    name: str
    sha: str
    status: str
    title: str
    summary: str
    conclusion: str | None = None
    external_id: str = ""
    started: datetime | None = None
    check: int | None = None


class OpenDetails(Struct, frozen=True):
    """An open pull request.

    Attributes:
        pull_request: as rules look at it.
        view: as reviewers meet it; what only the team's sessions say of it is missing.
        files: all that it changes; `None` if they were not read.
    """

    pull_request: ForgePullRequest
    view: OpenPullRequest
    files: tuple[ChangedFile, ...] | None = None


class OpenList(Struct, frozen=True, kw_only=True):
    """What is open in a repository.

    Attributes:
        repository: its name of today; one that was renamed is found by its old name, too.
        pull_requests: the newest first.
        viewer: login of the account that reads; empty if not known.
        unknowns: what could not be read, in words.
    """

    repository: str
    pull_requests: tuple[OpenDetails, ...] = ()
    viewer: str = ""
    unknowns: tuple[str, ...] = ()


Show = Callable[[int, int], None]
"""Is called with how much was read, and of how much."""


class ForgeReader(Protocol):
    """One repository on a forge. Every method raises `ForgeFailed` if the forge refuses or cannot be reached."""

    @property
    def repository(self) -> str:
        """Return `owner/name`."""

    @property
    def app(self) -> str:
        """Return the name of the App that comments and check runs are written as."""

    @property
    def has_credential(self) -> bool:
        """Return whether requests are made as some account."""

    @property
    def requests_sent(self) -> int:
        """Return how many requests were sent so far, retries included."""

    async def pull_request(self, number: int) -> ForgePullRequest:
        """Return one pull request, with everything that the forge knows of it."""

    async def pull_requests(self, state: str = "open", limit: int = 100) -> PullRequestPage:
        """Return the pull requests that were opened last, newest first.

        Args:
            state: open, closed or all.
            limit: pages of a hundred.
        """

    def pull_request_pages(self) -> AsyncIterator[PullRequestPage]:
        """Yield all pull requests in pages of a hundred, newest first; nothing is fetched before it is needed."""

    async def has_changed_since(self, since: datetime) -> bool:
        """Return whether an open pull request was opened or changed at that time or later."""

    async def comments_since(self, since: datetime, limit: int = 10) -> tuple[list[Comment], bool]:
        """Return the comments of all pull requests and issues created or changed since then, newest first.

        Args:
            since: in UTC.
            limit: pages of a hundred; the second value says whether these are all.
        """

    async def comments(self, number: int) -> list[Comment]:
        """Return the comments on a pull request, oldest first; 10,000 at most."""

    async def files(self, number: int) -> list[ChangedFile]:
        """Return the files that a pull request changes; a forge may show only the first ones, as GitHub shows 3,000."""

    async def reviews(self, number: int) -> list[Review]:
        """Return a pull request's reviews, oldest first; more than 1,000 are a `ForgeFailed`."""

    async def stacks(self, number: int | None = None) -> tuple[ForgeStack, ...]:
        """Return the stacks of the repository, or those of one pull request; none where the forge has no stacks."""

    async def may_write(self, login: str) -> bool:
        """Return whether an account may write to the repository; false if the forge does not know it."""

    async def file(self, path: str, ref: str = "") -> bytes | None:
        """Return a file of up to 48 MiB; `None` if there is none.

        Args:
            path: from the repository's root.
            ref: a branch or commit; the default branch if empty.
        """


class InboxReader(ForgeReader, Protocol):
    """A repository whose open pull requests are read together with their reviews, checks and conflicts."""

    async def open_details(self, show: Show) -> OpenList:
        """Return what is open. Where the forge stops answering, what was read, with the rest among the unknowns."""

    async def writers(self, logins: Sequence[str]) -> Mapping[str, bool]:
        """Return by login, in lower case, whether accounts may write; one that the forge says nothing of is missing."""

    async def opened_elsewhere(self, logins: Sequence[str], since: datetime) -> Mapping[str, int]:
        """Return by login, in lower case, how many pull requests accounts opened in other repositories since then."""


class ForgeWriter(ForgeReader, Protocol):
    """A repository whose pull requests may be commented on."""

    async def create_comment(self, number: int, body: str) -> Comment:
        """Create a comment. If no response arrives, it is not sent again: the comment may exist."""

    async def update_comment(self, comment: int, body: str) -> Comment:
        """Replace the text of a comment."""

    async def delete_comment(self, comment: int) -> None:
        """Delete a comment."""


class ChecksCapability(ForgeReader, Protocol):
    """A repository whose commits have check runs, and whose pipelines can be started. Not every forge has them."""

    async def check_runs(self, sha: str) -> list[CheckRun]:
        """Return the latest check runs on a commit."""

    async def write_check(self, update: CheckWrite) -> CheckRun:
        """Create a check run, or change one."""

    async def start_pipeline(self, pipeline: str, branch: str) -> None:
        """Start a pipeline on a branch, and never on a tag of the same name.

        Args:
            pipeline: on GitHub the file name of a workflow.
            branch: its name, without `refs/heads/`.
        """

    async def switch_pipeline(self, pipeline: str, *, on: bool) -> None:
        """Allow a pipeline to be started, also by its schedule, or forbid it. It may be so already."""


class IssuesCapability(Protocol):
    """A repository that has issues. Not every one does."""

    async def issues(self, creator: str, label: str = "") -> list[Issue]:
        """Return issues that an account created, open or closed, the last changed first; 300 at most.

        Args:
            creator: login, of an App's account with `[bot]`.
            label: that they have; any if empty.
        """

    async def create_issue(self, title: str, body: str, labels: Sequence[str]) -> Issue:
        """Create an issue. If no response arrives, it is not sent again: the issue may exist."""

    async def update_issue(self, number: int, body: str, labels: Sequence[str]) -> Issue:
        """Replace the text and the labels of an issue."""


class Proposal(Struct, frozen=True):
    """A pull request to open."""

    branch: str
    base: str
    title: str
    body: str
    draft: bool = False


class OpenedPullRequest(Struct, frozen=True):
    """A pull request that is open.

    Attributes:
        author: its login; empty if the tool did not print it.
    """

    address: PullRequestAddress
    title: str
    body: str
    base: str
    author: str = ""
    draft: bool = False


class ForgeTool(Protocol):
    """One repository on a forge, through its user's command-line tool. Every method raises `ToolFailed`.

    It is raised if the tool is missing, not logged in, or refuses.
    """

    @property
    def tool(self) -> str:
        """Return the program's name."""

    def find(self, branch: str, base: str | None) -> OpenedPullRequest | None:
        """Return the open pull request of a branch, into that base if one is given."""

    def open(self, proposal: Proposal) -> OpenedPullRequest:
        """Open a pull request."""

    def body(self, number: str) -> str:
        """Return the body of a pull request of this repository."""

    def set_body(self, number: str, body: str) -> None:
        """Replace the body."""
