"""Issues of a repository on GitHub, through its REST interface."""

from collections.abc import Sequence

from pr_sessions.forges.base import Issue
from pr_sessions.forges.github.api import Api
from pr_sessions.forges.github.payload import read_issue

ISSUES = "/issues{?labels,creator,state,sort,direction,per_page}"
MOST_PAGES = 3


class Issues(Api):
    """The issues of one repository. Every method raises `ForgeFailed` if GitHub refuses or cannot be reached."""

    async def issues(self, creator: str, label: str = "") -> list[Issue]:
        """Return issues that an account created, open or closed, the last changed first; 300 at most.

        Args:
            creator: login, of an App's account with `[bot]`.
            label: that they have; any if empty.
        """
        names = {"creator": creator, "state": "all", "sort": "updated", "direction": "desc"}
        address = self.address(ISSUES, **names, **({"labels": label} if label else {}))
        items, _ = await self.first_pages(address, MOST_PAGES)
        # GitHub lists pull requests among issues.
        return [read_issue(item) for item in items if isinstance(item, dict) and "pull_request" not in item]

    async def create_issue(self, title: str, body: str, labels: Sequence[str]) -> Issue:
        """Create an issue. If no response arrives, it is not sent again: the issue may exist."""
        data = {"title": title, "body": body, "labels": [*labels]}
        return read_issue(await self.post(f"{self.path}/issues", data=data))

    async def update_issue(self, number: int, body: str, labels: Sequence[str]) -> Issue:
        """Replace the text and the labels of an issue."""
        data = {"body": body, "labels": [*labels]}
        return read_issue(await self.patch(f"{self.path}/issues/{number}", data=data))
