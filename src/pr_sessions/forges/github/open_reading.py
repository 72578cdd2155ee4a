"""Read all open pull requests of a repository by GraphQL: a light list, and the rest of each in batches beside it.

Where a batch fails, the others are kept: its pull requests stay as the list has them, and the reason is an unknown.
"""

import asyncio
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from pr_sessions.errors import ForgeFailed, InvalidValue
from pr_sessions.forges.base import OpenDetails, OpenList, Show
from pr_sessions.forges.github import queries
from pr_sessions.forges.github.graphql import Answer, MissingScope, failure
from pr_sessions.forges.github.open_payload import ListPage, has_conflict, merge_state, read_open, read_page

if TYPE_CHECKING:
    from pr_sessions.forges.github.inbox import GitHubInbox

MOST_PAGES = 30
_AT_ONCE = 4
# Fewer than this are not asked for in two halves.
_FEW = 7
_MOST_UNDECIDED = 300
_NAMED = 3
_REST = "reviews, checks and files"
_WORDS = {
    "latestOpinionatedReviews": "the reviews",
    "head": "the checks",
    "commits": "the commits",
    "files": "the files",
    "reviewRequests": "some requested reviewers",
    "closingIssuesReferences": "the linked issues",
}


class OpenReading:
    """One reading of one repository."""

    def __init__(self, github: "GitHubInbox", show: Show) -> None:
        self._github, self._show = github, show
        self._slots = asyncio.Semaphore(_AT_ONCE)
        # By GitHub's own ids, in the order of the list; `None` is one that was closed meanwhile.
        self._known: dict[str, OpenDetails | None] = {}
        self._done, self._total = 0, 0
        self._viewer = ""
        self._unknowns: list[str] = []
        self._failed: dict[str, list[str]] = defaultdict(list)
        self._refused: Counter[str] = Counter()
        self._names_teams = True

    async def read(self) -> OpenList:
        """Return what is open.

        Raises:
            ForgeFailed: the first page of the list cannot be read.
        """
        batches = [
            asyncio.create_task(self._read_details(batch))
            async for ids in self._pages()
            for batch in _parts(ids, queries.MOST_IDS)
        ]
        await asyncio.gather(*batches)
        await self._read_merge_states()
        return OpenList(
            repository=self._github.repository,
            pull_requests=tuple(details for details in self._known.values() if details),
            viewer=self._viewer,
            unknowns=tuple(self._words()),
        )

    async def _pages(self) -> AsyncIterator[list[str]]:
        """Yield the ids of each page of the list."""
        page = await self._page(None)
        self._begin(page)
        for _ in range(MOST_PAGES - 1):
            yield self._add_listed(page)
            if page.next is None:
                return
            try:
                page = await self._page(page.next)
            except ForgeFailed as error:
                rest = self._total - len(self._known)
                self._unknowns.append(f"{rest} of {self._total} open pull requests, the oldest ones: {error}")
                return
        yield self._add_listed(page)
        if page.next:
            self._unknowns.append(f"there are more than {MOST_PAGES} pages of open pull requests")

    async def _page(self, after: str | None) -> ListPage:
        answer = await self._github.query(queries.OPEN_LIST, {**self._github.place, "after": after})
        if answer.data.get("repository") is None and answer.refusals:
            raise failure(answer.refusals[0])
        try:
            return read_page(answer.data)
        except InvalidValue as error:
            raise ForgeFailed(str(error)) from None

    def _begin(self, page: ListPage) -> None:
        asked, self._viewer, self._total = self._github.repository, page.viewer, page.total
        if page.name.lower() != asked.lower():
            self._unknowns.append(f"{asked} is called {page.name} now")
        # Requests by the old name are answered with a redirect, each.
        self._github.go_by(page.name)
        if page.is_archived:
            self._unknowns.append(f"{page.name} is archived: its pull requests can only be read")

    def _add_listed(self, page: ListPage) -> list[str]:
        ids = []
        for node in page.nodes:
            node_id = str(node.get("id", ""))
            try:
                self._known[node_id] = read_open(node, page.name)
                ids.append(node_id)
            except InvalidValue as error:
                self._unknowns.append(str(error))
        return ids

    async def _read_details(self, ids: Sequence[str]) -> None:
        """Read a batch; in two halves where GitHub could not work it out in its time."""
        try:
            async with self._slots:
                answer = await self._details(ids)
        except ForgeFailed as error:
            if (error.status or 0) >= 500 and len(ids) >= _FEW:
                half = len(ids) // 2
                await asyncio.gather(self._read_details(ids[:half]), self._read_details(ids[half:]))
            else:
                self._fail(ids, str(error))
            return
        self._add_details(ids, answer)
        self._done += len(ids)
        self._show(self._done, self._total)

    async def _details(self, ids: Sequence[str]) -> Answer:
        if self._names_teams:
            try:
                return await self._github.query(queries.DETAILS, {"ids": ids}, is_large=True)
            except MissingScope:
                self._names_teams = False
        return await self._github.query(queries.DETAILS_WITHOUT_TEAMS, {"ids": ids}, is_large=True)

    def _add_details(self, ids: Sequence[str], answer: Answer) -> None:
        refused: dict[int, set[str]] = defaultdict(set)
        missing: dict[int, str] = {}
        for refusal in answer.refusals:
            match refusal.path:
                case ("nodes", int(index)):
                    missing[index] = "" if refusal.kind == "NOT_FOUND" else refusal.message
                case ("nodes", int(index), str(name), *_):
                    refused[index].add(name)
        sent = answer.data.get("nodes")
        nodes = sent if isinstance(sent, list) else []
        for index, node_id in enumerate(ids):
            node = nodes[index] if index < len(nodes) else None
            if node is None and missing.get(index) == "":
                self._known[node_id] = None
            elif node is None:
                self._fail([node_id], missing.get(index, "GitHub does not send them"))
            else:
                self._add_node(node_id, node, refused[index])

    def _add_node(self, node_id: str, node: Mapping[str, Any], refused: set[str]) -> None:
        try:
            self._known[node_id] = read_open(node, self._github.repository, refused)
        except InvalidValue as error:
            self._fail([node_id], str(error))
        self._refused.update(refused)

    def _fail(self, ids: Iterable[str], reason: str) -> None:
        self._failed[reason] += [details.view.number for each in ids if (details := self._known[each])]

    async def _read_merge_states(self) -> None:
        """Ask once more whether those can be merged of which GitHub has only just begun to find out."""
        undecided = [
            node_id
            for node_id, details in self._known.items()
            if details and details.view.base_sha and details.view.has_base_conflict is None
        ]
        parts = _parts(undecided[:_MOST_UNDECIDED], queries.MOST_STATES)
        await asyncio.gather(*map(self._read_merge_state, parts))

    async def _read_merge_state(self, ids: Sequence[str]) -> None:
        with suppress(ForgeFailed):  # It stays unknown, as it was.
            answer = await self._github.query(queries.MERGE_STATES, {"ids": ids})
            sent = answer.data.get("nodes")
            for node_id, node in zip(ids, sent if isinstance(sent, list) else (), strict=False):
                details = self._known[node_id]
                if details and isinstance(node, dict):
                    words = str(node.get("mergeable", "")), str(node.get("mergeStateStatus", "UNKNOWN"))
                    view = replace(
                        details.view, has_base_conflict=has_conflict(words[0]), merge_state=merge_state(words[1])
                    )
                    self._known[node_id] = replace(details, view=view)

    def _words(self) -> Iterable[str]:
        yield from self._unknowns
        for reason, numbers in self._failed.items():
            yield f"{_REST} of {_named(numbers)}: {reason}"
        for field, count in self._refused.items():
            prs = "pull request" if count == 1 else "pull requests"
            yield f"{_WORDS.get(field, field)} of {count} {prs}: the token has no right to read them"
        if not self._names_teams:
            yield "teams whose review is requested: the token needs the scope read:org"


def _named(numbers: Sequence[str]) -> str:
    rest = len(numbers) - _NAMED
    shown = ", ".join(f"#{number}" for number in numbers[:_NAMED])
    return f"{shown} and {rest} more" if rest > 0 else shown


def _parts(ids: Sequence[str], size: int) -> list[Sequence[str]]:
    return [ids[start : start + size] for start in range(0, len(ids), size)]
