"""What a forge tells of one repository at a moment: everything that sessions can be put together from again."""

from collections.abc import Mapping

from msgspec import Struct
from msgspec.structs import replace

from pr_sessions.errors import UnreadableFile
from pr_sessions.forges.github.payload import ChangedFile, Comment, GitHubPullRequest, Review
from pr_sessions.stores.document import Document


class Snapshot(Struct, frozen=True, kw_only=True):
    """Pull requests and what was said below them.

    Attributes:
        repository: `owner/name`.
        pull_requests: by number; at least all that a session which is looked at can hold.
        comments: below any of them, oldest first, from the start of the sessions on.
        writers: by login in lower case, whether a person may write to the repository; who is missing was not asked for.
        files: by number, what a pull request changes; missing where nobody asked or the list is not complete.
        reviews: by number, of those that may have been approved and were asked for.
        document: the synced session file, where the repository has one.
        doubts: what could not be read, in words for people.
    """

    repository: str
    pull_requests: Mapping[str, GitHubPullRequest] = {}
    comments: tuple[Comment, ...] = ()
    writers: Mapping[str, bool] = {}
    files: Mapping[str, tuple[ChangedFile, ...]] = {}
    reviews: Mapping[str, tuple[Review, ...]] = {}
    document: Document | None = None
    doubts: tuple[str, ...] = ()

    def without_document(self, error: UnreadableFile) -> "Snapshot":
        """The same where the synced sessions turn out to hold what cannot be understood."""
        return replace(self, document=None, doubts=(*self.doubts, f"the synced sessions: {error}"))
