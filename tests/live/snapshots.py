"""Small builders for what a forge tells: pull requests, comments, reviews, snapshots."""

from typing import Any
from zlib import crc32

from msgspec.structs import replace

from pr_sessions.forges.github.payload import ChangedFile, Comment, GitHubPullRequest, Review, User
from pr_sessions.live.snapshot import Snapshot
from pr_sessions.sessions.policy import Policy
from pr_sessions.sessions.session import PullRequest, State
from pr_sessions.stores.signatures import package_signatures
from scene import minute

REPOSITORY = "octo/app"
POLICY = Policy(signatures=package_signatures())


DEVIN = User("devin-ai-integration[bot]", 158243242, "Bot")
COPILOT = User("Copilot", 198982749, "Bot")


def person(login: str) -> User:
    return User(login, crc32(login.encode()), "User")


def app(login: str) -> User:
    return User(login, crc32(login.encode()), "Bot")


def told(number: int | str, minutes: float = 0, author: str | User = "ada", **said: Any) -> GitHubPullRequest:
    """An open automatic pull request of a person in the same repository, opened so many minutes after the start.

    What `GitHubPullRequest` has of its own goes there (`head_repository=None` makes a fork of it), all else into
    `PullRequest`.
    """
    user = person(author) if isinstance(author, str) else author
    own = {key: said.pop(key) for key in tuple(said) if key in GitHubPullRequest.__struct_fields__}
    facts = {"title": "auto-pr: work", "branch": f"work-{number}", "base": "main", "state": State.OPEN}
    facts |= {"author": user.login, "author_id": user.id, "created": minute(minutes)}
    return GitHubPullRequest(
        **{
            "pull_request": PullRequest(number=str(number), **{**facts, **said}),
            "author": user,
            "repository": REPOSITORY,
            "head_repository": REPOSITORY,
            "head_sha": f"{int(number):040x}",
            "updated": minute(minutes),
            **own,
        }
    )


def fork(number: int | str, minutes: float = 0, author: str | User = "mallory", **said: Any) -> GitHubPullRequest:
    return told(number, minutes, author, head_repository="mallory/app", **said)


def ended(one: GitHubPullRequest, minutes: float, *, merged: bool = True) -> GitHubPullRequest:
    """The pull request merged, or closed, so many minutes after the start."""
    at = minute(minutes)
    end = {"state": State.MERGED, "merged": at} if merged else {"state": State.CLOSED}
    return replace(one, pull_request=replace(one.pull_request, closed=at, **end), updated=at)


def said(
    number: int | str, minutes: float, body: str, author: str | User = "ada", comment_id: int | None = None
) -> Comment:
    """A comment; by default its id grows with its time."""
    user = person(author) if isinstance(author, str) else author
    at = minute(minutes)
    return Comment(1_000_000 + int(60 * minutes) if comment_id is None else comment_id, user, body, at, at, str(number))


def review(
    one: GitHubPullRequest, minutes: float, author: str | User = "bob", state: str = "approved", **more: Any
) -> Review:
    """A review of its last commit."""
    user = person(author) if isinstance(author, str) else author
    at = minute(minutes)
    return Review(
        **{"id": int(60 * minutes), "author": user, "state": state, "commit": one.head_sha, "submitted": at, **more}
    )


def snapshot(*prs: GitHubPullRequest, writers: str = "ada bob", strangers: str = "mallory", **more: Any) -> Snapshot:
    """What is told of these pull requests, each of which changes one file; the logins may write, or may not."""
    may = dict.fromkeys(writers.split(), True) | dict.fromkeys(strangers.split(), False)
    by_number = {one.pull_request.number: one for one in prs}
    files = {number: (ChangedFile(f"src/{number}.py", "modified"),) for number in by_number}
    return Snapshot(**{"repository": REPOSITORY, "pull_requests": by_number, "writers": may, "files": files, **more})
