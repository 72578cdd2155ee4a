"""The lists of files of other sessions' pull requests that one job fetches: bounded, each once."""

from collections.abc import Iterable

from pr_sessions.forges.base import ChangedFile, ForgePullRequest

MOST_FILE_LISTS = 30


class FileLists:
    """Lists of files that a job has fetched, for all the sessions that it looks at.

    Args:
        most: how many may be fetched for overlaps with other sessions.
    """

    def __init__(self, most: int = MOST_FILE_LISTS) -> None:
        self._room = most
        self._by_commit: dict[tuple[str, str], tuple[ChangedFile, ...]] = {}

    def add(self, pr: ForgePullRequest, files: tuple[ChangedFile, ...]) -> None:
        """Keep the files of a pull request, as of its last commit."""
        self._by_commit[pr.pull_request.number, pr.head_sha] = files

    def get(self, pr: ForgePullRequest) -> tuple[ChangedFile, ...] | None:
        """Return the files of a pull request; `None` if they were not fetched since its last commit."""
        return self._by_commit.get((pr.pull_request.number, pr.head_sha))

    def take_room(self, prs: Iterable[ForgePullRequest]) -> list[ForgePullRequest]:
        """Return the first ones of which files may be fetched, and count them."""
        taken = list(prs)[: self._room]
        self._room -= len(taken)
        return taken
