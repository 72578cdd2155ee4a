"""One project on GitLab, read-only: its open merge requests with reviews, pipelines and conflicts.

A list of a hundred says most; what only a merge request itself knows takes six requests each, so that it is read for
the newest ones.
"""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote

from pr_sessions.core.times import write_time
from pr_sessions.errors import ForgeFailed, InvalidValue
from pr_sessions.forges.base import (
    ChangedFile,
    Comment,
    ForgePullRequest,
    ForgeStack,
    OpenDetails,
    OpenList,
    PullRequestPage,
    Review,
    Show,
)
from pr_sessions.forges.gitlab.payload import (
    changed_files,
    convert,
    read_diffs,
    read_members,
    read_merge_request,
    read_notes,
    read_open,
)
from pr_sessions.forges.gitlab.reading import Reading
from pr_sessions.forges.gitlab.requests import Requests, project_path, read_json
from pr_sessions.forges.gitlab.shapes import Project

_PER_PAGE = 100
_MOST_PAGES = 30
_MOST_MEMBER_PAGES = 10
_MOST_FILE_PAGES = 30
_MOST_ASKED = 10


class GitLabInbox:
    """One project whose open merge requests are read. Every method raises `ForgeFailed` if GitLab refuses."""

    def __init__(self, requests: Requests, project: str, most_details: int) -> None:
        self.repository = project
        self._requests, self._most_details = requests, most_details
        self._members: dict[str, bool] | None = None
        self._has_all_members = False

    @property
    def app(self) -> str:
        """Return nothing: no App writes here."""
        return ""

    @property
    def has_credential(self) -> bool:
        """Return whether requests are made as some account."""
        return self._requests.has_credential

    @property
    def requests_sent(self) -> int:
        """Return how many requests were sent so far, retries included."""
        return self._requests.sent

    async def open_details(self, show: Show) -> OpenList:
        """Return what is open, the newest first, with everything that GitLab knows of the newest ones.

        Raises:
            ForgeFailed: not even the first page of the list can be read.
        """
        project = await self._project()
        unknowns = (
            [f"{self.repository} is called {project.path_with_namespace} now"] if self._is_renamed(project) else []
        )
        self.repository = project.path_with_namespace
        if project.archived:
            unknowns.append(f"{self.repository} is archived: its merge requests can only be read")
        listed, words = await self._open_list()
        reading = Reading(self.get, self.repository, project.id, show)
        newest, rest = listed[: self._most_details], listed[self._most_details :]
        details = await reading.read(newest)
        if rest:
            unknowns.append(f"approvals, pipelines and files of {len(rest)} merge requests, the oldest ones")
        return OpenList(
            repository=self.repository,
            pull_requests=(*details, *rest),
            viewer=await self._viewer(),
            unknowns=(*unknowns, *words, *reading.words()),
        )

    def _is_renamed(self, project: Project) -> bool:
        return project.path_with_namespace.lower() != self.repository.lower()

    async def _project(self) -> Project:
        try:
            return convert(await self.get(""), Project, "a project")
        except InvalidValue as error:
            raise ForgeFailed(str(error)) from None

    async def _open_list(self) -> tuple[list[OpenDetails], list[str]]:
        """Return what is open, and what of it cannot be read."""
        details: list[OpenDetails] = []
        unknowns: list[str] = []
        for page in range(1, _MOST_PAGES + 1):
            try:
                rows = await self._page("opened", page, with_merge_status_recheck="true")
            except ForgeFailed as error:
                if page == 1:
                    raise
                unknowns.append(f"open merge requests beyond the newest {len(details)}: {error}")
                return details, unknowns
            for row in rows:
                try:
                    details.append(read_open(row, self.repository))
                except InvalidValue as error:
                    unknowns.append(str(error))
            if len(rows) < _PER_PAGE:
                return details, unknowns
        return details, [*unknowns, f"there are more than {_MOST_PAGES} pages of open merge requests"]

    async def _viewer(self) -> str:
        if not self.has_credential:
            return ""
        try:
            user = read_json(await self._requests.get("user"), "user")
        except ForgeFailed:
            return ""
        return str(user.get("username", "")) if isinstance(user, dict) else ""

    async def writers(self, logins: Sequence[str]) -> Mapping[str, bool]:
        """Return by login, in lower case, whether accounts may write: developers and above."""
        members = await self._all_members()
        missing = {} if self._has_all_members is False else dict.fromkeys((login.lower() for login in logins), False)
        return missing | {login: may for login, may in members.items() if login in {name.lower() for name in logins}}

    async def _all_members(self) -> dict[str, bool]:
        if self._members is None:
            self._members = {}
            for page in range(1, _MOST_MEMBER_PAGES + 1):
                rows = await self.get("/members/all", per_page=str(_PER_PAGE), page=str(page))
                self._members |= _read(read_members, rows)
                if len(rows) < _PER_PAGE:
                    self._has_all_members = True
                    break
        return self._members

    async def may_write(self, login: str) -> bool:
        """Return whether an account may write to the project; false if GitLab does not know it."""
        return (await self.writers([login])).get(login.lower(), False)

    async def opened_elsewhere(self, logins: Sequence[str], since: datetime) -> Mapping[str, int]:
        """Return by login, in lower case, how many merge requests accounts opened in other projects since then.

        It is one request for each of at most 10 accounts; of one with more than a hundred, a hundred are counted.
        """
        project = await self._project()
        counts = {}
        for login in list(dict.fromkeys(login.lower() for login in logins))[:_MOST_ASKED]:
            query = {"scope": "all", "author_username": login, "created_after": write_time(since)}
            rows = read_json(await self._requests.get("merge_requests", **query, per_page="100"), "merge_requests")
            elsewhere = (row for row in rows if isinstance(row, dict) and row.get("project_id") != project.id)
            counts[login] = sum(1 for _ in elsewhere)
        return counts

    async def pull_request(self, number: int) -> ForgePullRequest:
        """Return one merge request."""
        return self._reported(await self.get(f"/merge_requests/{number}"))

    async def pull_requests(self, state: str = "open", limit: int = 100) -> PullRequestPage:
        """Return the merge requests that were opened last, newest first.

        Args:
            state: open, closed or all.
            limit: pages of a hundred.
        """
        rows: list[ForgePullRequest] = []
        for page in range(1, limit + 1):
            items = await self._page("opened" if state == "open" else state, page)
            rows += map(self._reported, items)
            if len(items) < _PER_PAGE:
                return PullRequestPage(tuple(rows))
        return PullRequestPage(tuple(rows), is_last=False)

    async def pull_request_pages(self) -> AsyncIterator[PullRequestPage]:
        """Yield all merge requests in pages of a hundred, newest first."""
        page = 1
        while True:
            rows = await self._page("all", page)
            is_last = len(rows) < _PER_PAGE
            yield PullRequestPage(tuple(map(self._reported, rows)), is_last=is_last)
            if is_last:
                return
            page += 1

    async def has_changed_since(self, since: datetime) -> bool:
        """Return whether an open merge request was opened or changed at that time or later."""
        return bool(await self._page("opened", 1, updated_after=write_time(since)))

    async def comments_since(
        self,
        since: datetime,  # noqa: ARG002 - the protocol has it
        limit: int = 10,  # noqa: ARG002 - as above
    ) -> tuple[list[Comment], bool]:
        """Return nothing: GitLab lists the comments of one merge request at a time, and commands are for the gate."""
        return [], True

    async def comments(self, number: int) -> list[Comment]:
        """Return the comments on a merge request, oldest first; the first hundred."""
        rows = await self.get(f"/merge_requests/{number}/notes", sort="asc", per_page=str(_PER_PAGE))
        comments: list[Comment] = _read(lambda payload: read_notes(payload, str(number)), rows)
        return comments

    async def files(self, number: int) -> list[ChangedFile]:
        """Return the files that a merge request changes; 3,000 at most."""
        files = []
        for page in range(1, _MOST_FILE_PAGES + 1):
            rows = await self.get(f"/merge_requests/{number}/diffs", per_page=str(_PER_PAGE), page=str(page))
            files += _read(read_diffs, rows)
            if len(rows) < _PER_PAGE:
                break
        return list(changed_files(files))

    async def reviews(self, number: int) -> list[Review]:  # noqa: ARG002 - the protocol has it
        """Return nothing: GitLab has approvals, which `open_details` reads."""
        return []

    async def stacks(self, number: int | None = None) -> tuple[ForgeStack, ...]:  # noqa: ARG002 - as above
        """Return nothing: GitLab has no stacks of its own."""
        return ()

    async def file(self, path: str, ref: str = "") -> bytes | None:
        """Return a file; `None` if there is none."""
        where = f"{project_path(self.repository)}/repository/files/{quote(path, safe='')}/raw"
        try:
            return await self._requests.get(where, ref=ref or "HEAD")
        except ForgeFailed as error:
            if error.status == 404:
                return None
            raise

    async def get(self, rest: str, **query: str) -> Any:
        """Return what the interface says at a path below the project."""
        path = project_path(self.repository) + rest
        return read_json(await self._requests.get(path, **query), path)

    async def _page(self, state: str, page: int, **query: str) -> list[Any]:
        order = {"order_by": "created_at", "sort": "desc", "per_page": str(_PER_PAGE), "page": str(page)}
        rows = await self.get("/merge_requests", state=state, scope="all", **order, **query)
        if not isinstance(rows, list):
            raise ForgeFailed("GitLab sends something else than a list of merge requests")
        return rows

    def _reported(self, row: Any) -> ForgePullRequest:
        reported: ForgePullRequest = _read(lambda payload: read_merge_request(payload, self.repository), row)
        return reported


def _read(reader: Callable[[Any], Any], payload: Any) -> Any:
    try:
        return reader(payload)
    except InvalidValue as error:
        raise ForgeFailed(str(error)) from None
