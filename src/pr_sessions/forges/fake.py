"""A forge in memory, for the demo, and for tests of what needs only the protocols of `base`.

It answers as GitHub's client does.
"""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from msgspec.structs import replace

from pr_sessions.core.models import State
from pr_sessions.errors import ForgeFailed
from pr_sessions.forges.base import (
    RUNNER,
    ChangedFile,
    CheckRun,
    CheckWrite,
    Comment,
    ForgePullRequest,
    ForgeStack,
    Issue,
    OpenDetails,
    OpenList,
    PullRequestPage,
    Review,
    Show,
    User,
)

if TYPE_CHECKING:
    from pr_sessions.core.open_pull_requests import OpenPullRequest

PER_PAGE = 100
_NEVER = datetime.min.replace(tzinfo=UTC)


class FakeForge:
    """One repository. Values are put into its attributes; the methods are those of the protocols.

    Attributes:
        pull_requests_by_number: every pull request, with the state that lists filter by.
        views: of open pull requests as reviewers meet them, by number.
        changed_files: by the number of the pull request.
        submitted_reviews: by the number of the pull request.
        all_stacks: those of the repository.
        all_comments: oldest first.
        all_issues: those that are no pull requests, oldest first.
        logins_of_writers: in lower case.
        contents: the bytes of files, by branch (empty for the default one) and path.
        checks: every check run, oldest first.
        pipelines: whether each pipeline may be started.
        started: pipeline and branch of all that were started.
        now: when comments and check runs are written, in UTC.
    """

    def __init__(self, repository: str = "ada/shop", *, app: str = RUNNER, now: datetime = _NEVER) -> None:
        self.repository, self.app, self.now = repository, app, now
        self.has_credential = True
        self.requests_sent = 0
        self.pull_requests_by_number: dict[int, ForgePullRequest] = {}
        self.views: dict[int, OpenPullRequest] = {}
        self.changed_files: dict[int, list[ChangedFile]] = {}
        self.submitted_reviews: dict[int, list[Review]] = {}
        self.all_stacks: list[ForgeStack] = []
        self.all_comments: list[Comment] = []
        self.all_issues: list[Issue] = []
        self.logins_of_writers: set[str] = set()
        self.contents: dict[tuple[str, str], bytes] = {}
        self.checks: list[CheckRun] = []
        self.pipelines: dict[str, bool] = {}
        self.started: list[tuple[str, str]] = []

    async def pull_request(self, number: int) -> ForgePullRequest:
        """Return one pull request, with the number of its files."""
        self.requests_sent += 1
        if number not in self.pull_requests_by_number:
            raise _missing(f"pull request {number}")
        pr = self.pull_requests_by_number[number]
        files = len(self.changed_files.get(number, ()))
        return replace(pr, pull_request=replace(pr.pull_request, files_changed=files))

    async def pull_requests(self, state: str = "open", limit: int = 100) -> PullRequestPage:
        """Return the pull requests that were opened last, newest first: so many pages of a hundred."""
        self.requests_sent += 1
        prs = self._newest_first(state)
        return PullRequestPage(tuple(prs[: limit * PER_PAGE]), is_last=len(prs) <= limit * PER_PAGE)

    async def pull_request_pages(self) -> AsyncIterator[PullRequestPage]:
        """Yield all pull requests in pages of a hundred, newest first."""
        prs = self._newest_first("all")
        for start in range(0, max(len(prs), 1), PER_PAGE):
            self.requests_sent += 1
            yield PullRequestPage(tuple(prs[start : start + PER_PAGE]), is_last=start + PER_PAGE >= len(prs))

    async def has_changed_since(self, since: datetime) -> bool:
        """Return whether an open pull request was opened or changed at that time or later."""
        self.requests_sent += 1
        return any((pr.updated or since) >= since for pr in self._newest_first("open"))

    async def comments_since(self, since: datetime, limit: int = 10) -> tuple[list[Comment], bool]:
        """Return the comments created or changed since then, newest first, and whether these are all."""
        self.requests_sent += 1
        recent = [comment for comment in self.all_comments if (comment.updated or since) >= since]
        recent.sort(key=lambda comment: (comment.created or _NEVER, comment.id), reverse=True)
        return recent[: limit * PER_PAGE], len(recent) <= limit * PER_PAGE

    async def comments(self, number: int) -> list[Comment]:
        """Return the comments on a pull request, oldest first."""
        self.requests_sent += 1
        return [comment for comment in self.all_comments if comment.number == str(number)]

    async def files(self, number: int) -> list[ChangedFile]:
        """Return the files that a pull request changes."""
        self.requests_sent += 1
        return list(self.changed_files.get(number, ()))

    async def reviews(self, number: int) -> list[Review]:
        """Return a pull request's reviews, oldest first."""
        self.requests_sent += 1
        return list(self.submitted_reviews.get(number, ()))

    async def stacks(self, number: int | None = None) -> tuple[ForgeStack, ...]:
        """Return the stacks, or those of one pull request."""
        self.requests_sent += 1
        wanted = (s for s in self.all_stacks if number is None or str(number) in {m.number for m in s.members})
        return tuple(wanted)

    async def may_write(self, login: str) -> bool:
        """Return whether an account may write to the repository."""
        self.requests_sent += 1
        return login.lower() in self.logins_of_writers

    async def open_details(self, show: Show) -> OpenList:
        """Return what is open, of which there is a view."""
        self.requests_sent += 1
        numbered = ((int(pr.pull_request.number), pr) for pr in self._newest_first("open"))
        details = tuple(
            OpenDetails(pr, self.views[number], tuple(self.changed_files.get(number, ())))
            for number, pr in numbered
            if number in self.views
        )
        show(len(details), len(details))
        return OpenList(repository=self.repository, pull_requests=details)

    async def writers(self, logins: Sequence[str]) -> Mapping[str, bool]:
        """Return whether accounts may write to the repository, by login in lower case."""
        self.requests_sent += 1
        return {login.lower(): login.lower() in self.logins_of_writers for login in logins}

    async def opened_elsewhere(self, logins: Sequence[str], since: datetime) -> Mapping[str, int]:
        """Return that accounts opened none: there are no other repositories."""
        self.requests_sent += 1
        return dict.fromkeys((login.lower() for login in logins if since <= self.now), 0)

    async def file(self, path: str, ref: str = "") -> bytes | None:
        """Return a file; `None` if there is none."""
        self.requests_sent += 1
        return self.contents.get((ref, path))

    async def create_comment(self, number: int, body: str) -> Comment:
        """Create a comment, written by the App."""
        self.requests_sent += 1
        if number not in self.pull_requests_by_number:
            raise _missing(f"pull request {number}")
        key = 1 + max((comment.id for comment in self.all_comments), default=0)
        author = User(f"{self.app}[bot]", type="Bot")
        address = f"https://github.com/{self.repository}/pull/{number}#issuecomment-{key}"
        self.all_comments.append(Comment(key, author, body, self.now, self.now, str(number), address))
        return self.all_comments[-1]

    async def update_comment(self, comment: int, body: str) -> Comment:
        """Replace the text of a comment."""
        self.requests_sent += 1
        at = _index((each.id for each in self.all_comments), comment, "comment")
        self.all_comments[at] = replace(self.all_comments[at], body=body, updated=self.now)
        return self.all_comments[at]

    async def delete_comment(self, comment: int) -> None:
        """Delete a comment."""
        self.requests_sent += 1
        del self.all_comments[_index((each.id for each in self.all_comments), comment, "comment")]

    async def issues(self, creator: str, label: str = "") -> list[Issue]:
        """Return issues that an account created, the newest first."""
        self.requests_sent += 1
        by_creator = (issue for issue in reversed(self.all_issues) if issue.author.login == creator)
        return [issue for issue in by_creator if label in ("", *issue.labels)]

    async def create_issue(self, title: str, body: str, labels: Sequence[str]) -> Issue:
        """Create an issue, written by the App."""
        self.requests_sent += 1
        number = 1 + max([*self.pull_requests_by_number, *(issue.number for issue in self.all_issues)], default=0)
        address = f"https://github.com/{self.repository}/issues/{number}"
        author = User(f"{self.app}[bot]", type="Bot")
        self.all_issues.append(Issue(number, title, author, body, labels=tuple(labels), address=address))
        return self.all_issues[-1]

    async def update_issue(self, number: int, body: str, labels: Sequence[str]) -> Issue:
        """Replace the text and the labels of an issue."""
        self.requests_sent += 1
        at = _index((issue.number for issue in self.all_issues), number, "issue")
        self.all_issues[at] = replace(self.all_issues[at], body=body, labels=tuple(labels))
        return self.all_issues[at]

    async def check_runs(self, sha: str) -> list[CheckRun]:
        """Return the check runs on a commit."""
        self.requests_sent += 1
        return [check for check in self.checks if check.head_sha == sha]

    async def write_check(self, update: CheckWrite) -> CheckRun:
        """Create a check run, or change the one that has the id `update.check`."""
        self.requests_sent += 1
        if update.check is None:
            self.checks.append(CheckRun(len(self.checks) + 1, update.name, app=self.app, head_sha=update.sha))
        at = len(self.checks) - 1
        if update.check is not None:
            at = _index((each.id for each in self.checks), update.check, "check run")
        self.checks[at] = replace(
            self.checks[at],
            status="completed" if update.conclusion else update.status,
            conclusion=update.conclusion or self.checks[at].conclusion,
            external_id=update.external_id,
            started=update.started or self.checks[at].started or self.now,
            title=update.title,
        )
        return self.checks[at]

    async def start_pipeline(self, pipeline: str, branch: str) -> None:
        """Start a pipeline on a branch."""
        self.requests_sent += 1
        self.started.append((pipeline, branch))

    async def switch_pipeline(self, pipeline: str, *, on: bool) -> None:
        """Allow a pipeline to be started, or forbid it."""
        self.requests_sent += 1
        if pipeline not in self.pipelines:
            raise _missing(pipeline)
        self.pipelines[pipeline] = on

    def _newest_first(self, state: str) -> list[ForgePullRequest]:
        prs = [
            pr
            for pr in self.pull_requests_by_number.values()
            if state == "all" or (pr.pull_request.state is State.OPEN) == (state == "open")
        ]
        return sorted(prs, key=lambda pr: (pr.pull_request.created or _NEVER, pr.pull_request.number), reverse=True)


def _index(ids: Iterable[int], key: int, what: str) -> int:
    for at, existing in enumerate(ids):
        if existing == key:
            return at
    raise _missing(f"{what} {key}")


def _missing(what: str) -> ForgeFailed:
    return ForgeFailed(f"the forge does not find this: {what}", status=404)
