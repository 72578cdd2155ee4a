"""Small builders for what a forge tells: pull requests, comments, reviews, snapshots."""

from typing import Any
from zlib import crc32

from msgspec.structs import replace

from pr_sessions.core.models import PullRequest, State
from pr_sessions.core.policy import Policy
from pr_sessions.forges.base import ChangedFile, Comment, ForgePullRequest, Review, User
from pr_sessions.gate.rebuild import Snapshot
from scene import minute

REPOSITORY = "octo/app"
POLICY = Policy()


DEVIN = User("devin-ai-integration[bot]", 158243242, "Bot")
COPILOT = User("Copilot", 198982749, "Bot")


def person(login: str) -> User:
    return User(login, crc32(login.encode()), "User")


def app(login: str) -> User:
    return User(login, crc32(login.encode()), "Bot")


def told(number: int | str, minutes: float = 0, author: str | User = "ada", **said: Any) -> ForgePullRequest:
    """An open automatic pull request of a person in the same repository, opened so many minutes after the start.

    What `ForgePullRequest` has of its own goes there (`head_repository=None` makes a fork of it), all else into
    `PullRequest`.
    """
    user = person(author) if isinstance(author, str) else author
    own = {key: said.pop(key) for key in tuple(said) if key in ForgePullRequest.__struct_fields__}
    record = {"title": "auto-pr: work", "branch": f"work-{number}", "base": "main", "state": State.OPEN}
    record |= {"author": user.login, "author_id": user.id, "created": minute(minutes)}
    return ForgePullRequest(
        **{
            "pull_request": PullRequest(number=str(number), **{**record, **said}),
            "author": user,
            "repository": REPOSITORY,
            "head_repository": REPOSITORY,
            "head_sha": f"{int(number):040x}",
            "updated": minute(minutes),
            **own,
        }
    )


def fork(number: int | str, minutes: float = 0, author: str | User = "mallory", **said: Any) -> ForgePullRequest:
    return told(number, minutes, author, head_repository="mallory/app", **said)


def ended(one: ForgePullRequest, minutes: float, *, merged: bool = True) -> ForgePullRequest:
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
    one: ForgePullRequest, minutes: float, author: str | User = "bob", state: str = "approved", **more: Any
) -> Review:
    """A review of its last commit."""
    user = person(author) if isinstance(author, str) else author
    at = minute(minutes)
    return Review(
        **{"id": int(60 * minutes), "author": user, "state": state, "commit": one.head_sha, "submitted": at, **more}
    )


def snapshot(*prs: ForgePullRequest, writers: str = "ada bob", strangers: str = "mallory", **more: Any) -> Snapshot:
    """What is told of these pull requests, each of which changes one file; the logins may write, or may not."""
    may = dict.fromkeys(writers.split(), True) | dict.fromkeys(strangers.split(), False)
    by_number = {one.pull_request.number: one for one in prs}
    files = {number: (ChangedFile(f"src/{number}.py", "modified"),) for number in by_number}
    return Snapshot(**{"repository": REPOSITORY, "pull_requests": by_number, "writers": may, "files": files, **more})
