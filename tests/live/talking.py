"""What tests of what is said share: pull requests as GitHub tells of them, and the sessions that they make."""

from datetime import datetime
from typing import Any

from msgspec.structs import replace

from pr_sessions.forges.github.payload import ChangedFile, GitHubPullRequest, User
from pr_sessions.live.rebuild import Live
from pr_sessions.live.snapshot import Snapshot
from pr_sessions.sessions.attribution import Situation
from pr_sessions.sessions.policy import Policy
from pr_sessions.sessions.recording import record
from pr_sessions.sessions.session import PullRequest, State
from pr_sessions.stores.book import Book
from pr_sessions.stores.document import Document
from scene import minute


def pull(
    number: int, title: str = "auto-pr: work", at: float = 0, author: str = "cursor", **told: Any
) -> GitHubPullRequest:
    """An open pull request of an App's account, so many minutes after the start."""
    one = PullRequest(
        number=str(number),
        title=title,
        author=author,
        branch=f"work-{number}",
        base="main",
        created=minute(at),
        state=State.OPEN,
    )
    return GitHubPullRequest(
        pull_request=replace(one, **told),
        author=User(author, 7, "Bot"),
        repository="ada/shop",
        head_repository="ada/shop",
        head_sha=f"{number:040x}",
    )


def snapshot(*pulls: GitHubPullRequest, files: dict[int, list[str]] | None = None, **told: Any) -> Snapshot:
    """Those pull requests; each changes a file of its own name unless it is said otherwise."""
    by_number = {one.pull_request.number: one for one in pulls}
    changed = {number: (ChangedFile(f"src/{number}.py"),) for number in by_number}
    changed |= {str(n): tuple(map(ChangedFile, paths)) for n, paths in (files or {}).items()}
    return Snapshot(repository="ada/shop", pull_requests=by_number, files=changed, **told)


def lived(seen: Snapshot, policy: Policy, now: datetime) -> Live:
    book, recorded = Book(Document((), {}, "x")), {}
    for number, one in sorted(seen.pull_requests.items(), key=lambda i: i[1].pull_request.created):
        at = one.pull_request.created
        book, recorded[number] = record(book, one.pull_request, Situation(at=at), policy, now)
    return Live(book, recorded, {}, ())
