"""What is true of one pull request, and by the rules of the inbox the section that fits it first.

The rules are written here once more, from what the inbox promises: nothing of `core/inbox*.py` is called, so that a
mistake there shows.
"""

from collections.abc import Mapping
from datetime import datetime

from msgspec import Struct

Key = tuple[str, str]
"""Repository and number."""

WRITERS, OUTSIDER, APP = ("rosa", "sam", "tove"), "uwe", "critic[bot]"
PARTS = 3
"""Parts of a file that can be changed without a conflict with the others."""
SECTIONS = (
    "conflicts",
    "needs_review",
    "ready_to_merge",
    "agent_at_work",
    "waiting_for_checks",
    "waiting_for_others",
)


class Review(Struct):
    """What somebody said; `state` as GitHub writes it."""

    login: str
    state: str
    commit: str
    at: datetime


class Truth(Struct, kw_only=True):
    """A pull request as it is now; events change it.

    Attributes:
        files: by path, which part of the file it changes.
        end: `merged` or `closed`; empty while it is open.
        checks: `none`, `pending`, `failing` or `passing`.
        merge_word: GitHub's `mergeStateStatus`.
        heard: when a hook last reported its agent; `None` where there is no hook, or it reported the end.
        hooked: the id of the session that a hook placed it in.
    """

    repository: str
    number: str
    title: str
    body: str
    author: str
    author_id: int
    opened: datetime
    branch: str
    base: str
    head: str = ""
    pushed: datetime
    files: dict[str, int]
    updated: datetime
    is_fork: bool = False
    end: str = ""
    is_draft: bool = False
    checks: str = "none"
    has_base_conflict: bool | None = False
    is_behind: bool = False
    is_queued: bool = False
    auto_merge: bool = False
    merge_word: str = "BLOCKED"
    reviews: list[Review] = []
    heard: datetime | None = None
    hooked: str = ""

    @property
    def key(self) -> Key:
        return self.repository, self.number

    def opinion(self) -> tuple[str, bool]:
        """What those who may write said last, and whether one of them saw the last commit.

        Each person's last opinion counts; one that asks for changes outweighs approvals. An App cannot approve.
        """
        last: dict[str, Review] = {}
        for review in self.reviews:
            if review.login != OUTSIDER and review.state != "COMMENTED":
                last[review.login] = review
        for state in ("CHANGES_REQUESTED", "APPROVED"):
            of_it = [r for r in last.values() if r.state == state and (r.login != APP or state != "APPROVED")]
            if of_it:
                return state.lower(), any(review.commit == self.head for review in of_it)
        return "none", False

    def section(self, *, collides: bool, is_at_work: bool) -> str:
        """The first section that fits."""
        _, is_reviewed = self.opinion()
        waits_for_author = self.is_draft or self.has_base_conflict or self.checks == "failing"
        fits = {
            "conflicts": collides,
            "needs_review": not is_reviewed and not waits_for_author and not self.is_queued,
            "ready_to_merge": self.merge_word in ("CLEAN", "HAS_HOOKS")
            and not (self.is_draft or self.is_queued or self.auto_merge),
            "agent_at_work": is_at_work,
            "waiting_for_checks": self.checks == "pending",
            "waiting_for_others": True,
        }
        return next(name for name in SECTIONS if fits[name])

    def facts(self) -> Mapping[str, object]:
        """What a row has to say of it."""
        state, is_current = self.opinion()
        return {
            "title": self.title,
            "head": self.head,
            "pushed": self.pushed,
            "base": self.base,
            "files": sorted(self.files),
            "draft": self.is_draft,
            "checks": self.checks,
            "review": (state, state != "none" and not is_current),
            "base conflict": self.has_base_conflict,
            "merge word": self.merge_word.lower(),
            "queued": self.is_queued,
            "auto-merge": self.auto_merge,
        }
