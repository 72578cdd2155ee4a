"""A repository on GitHub as the server's gate sees it: rules and sessions are its own, and writing may be a repeat."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from msgspec.structs import replace

from pr_sessions.core.collection import SessionCollection
from pr_sessions.core.policy import Ruleset
from pr_sessions.forges.base import RUNNER, Comment, Issue, User
from pr_sessions.forges.github.inbox import GitHubInbox
from pr_sessions.gate.comments.bot_comments import read_bot_comment
from pr_sessions.gate.dashboard.issue import is_dashboard
from pr_sessions.server.gate.configuration import ServedRepository

# GitHub's clock may be a little behind this machine's.
_SLACK = timedelta(minutes=5)


class ServedForge(GitHubInbox):
    """A client whose rules and sessions come from the database.

    What workflows wrote before the App came, as `github-actions`, counts as its own: it edits their comments and their
    dashboard instead of writing others beside them.
    """

    @classmethod
    def of(
        cls,
        client: GitHubInbox,
        served: ServedRepository,
        sessions: Callable[[], SessionCollection],
        *,
        since: datetime | None = None,
    ) -> "ServedForge":
        """Return a client that shares connection, account and limits with another one.

        Args:
            client: of the same repository.
            served: how the repository is treated.
            sessions: reads those of the database.
            since: when what is done now was tried for the first time, if it was: what it wrote then is found.
        """
        forge = cls(client.transport, client.repository, client.authority)
        forge.write_access, forge.reserve = client.write_access, client.reserve
        forge._served, forge._sessions, forge._since = served, sessions, since
        return forge

    _served: ServedRepository
    _sessions: Callable[[], SessionCollection]
    _since: datetime | None

    async def team_rules(self) -> tuple[Ruleset, tuple[str, ...]]:
        """Return the rules by which the repository is treated, and what is unknown about them."""
        return self._served.rules()

    async def team_sessions(self) -> SessionCollection:
        """Return the sessions of the database."""
        return self._sessions()

    async def comments(self, number: int) -> list[Comment]:
        """Return the comments on a pull request, oldest first; those of workflows as ours."""
        return [self._as_ours(comment) for comment in await super().comments(number)]

    async def comments_since(self, since: datetime, limit: int = 10) -> tuple[list[Comment], bool]:
        """Return the comments of all pull requests since then, newest first; those of workflows as ours."""
        comments, is_complete = await super().comments_since(since, limit)
        return [self._as_ours(comment) for comment in comments], is_complete

    async def create_comment(self, number: int, body: str) -> Comment:
        """Create a comment; return the one that an earlier attempt created, if it did."""
        if self._since is not None:
            since, account = self._since - _SLACK, f"{self.app}[bot]"
            for comment in await self.comments(number):
                is_ours = comment.author.is_bot and comment.author.login == account and comment.body == body
                if is_ours and comment.created and comment.created >= since:
                    return comment
        return await super().create_comment(number, body)

    async def issues(self, creator: str, label: str = "") -> list[Issue]:
        """Return issues that an account created; for ours also the dashboard of workflows, as ours."""
        issues = await super().issues(creator, label)
        if creator != f"{self.app}[bot]":
            return issues
        theirs = (replace(issue, author=self._account()) for issue in await super().issues(f"{RUNNER}[bot]", label))
        return [*issues, *(issue for issue in theirs if is_dashboard(issue))]

    async def update_issue(self, number: int, body: str, labels: Sequence[str]) -> Issue:
        """Replace the text and the labels of an issue; one of workflows stays theirs, and counts as ours."""
        return replace(await super().update_issue(number, body, labels), author=self._account())

    def _account(self) -> User:
        return User(f"{self.app}[bot]", type="Bot")

    def _as_ours(self, comment: Comment) -> Comment:
        is_theirs = self.app != RUNNER and read_bot_comment(comment, RUNNER) is not None
        return replace(comment, author=self._account()) if is_theirs else comment
