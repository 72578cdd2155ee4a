"""Open pull requests as reviewers meet them: what the forge knows at one time, and the session. Times are in UTC."""

from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from pr_sessions.core.agents import Agent, Involvement, Role, involvement
from pr_sessions.core.models import Stack


class Work(StrEnum):
    """What a session's agent does, by the word of a hook, a person or the forge; without any it is unknown."""

    AT_WORK = "at_work"
    IDLE = "idle"
    ENDED = "ended"
    UNKNOWN = "unknown"


class ReviewState(StrEnum):
    """The last opinion of reviewers. `UNKNOWN` is what was not read."""

    NONE = "none"
    CHANGES_REQUESTED = "changes_requested"
    APPROVED = "approved"
    UNKNOWN = "unknown"


class Checks(StrEnum):
    """The result of all checks of the last commit. `UNKNOWN` is what was not read."""

    NONE = "none"
    PENDING = "pending"
    FAILING = "failing"
    PASSING = "passing"
    UNKNOWN = "unknown"


class ReviewStatus(Struct, frozen=True):
    """What reviewers said last.

    Attributes:
        state: one request for changes outweighs approvals, as on forges.
        commit: the one that was reviewed; empty if unknown.
        by: logins of the reviewers whose opinion this is.
        at: when the last of them gave it.
    """

    state: ReviewState = ReviewState.UNKNOWN
    commit: str = ""
    by: tuple[str, ...] = ()
    at: datetime | None = None


class OpenPullRequest(Struct, frozen=True, kw_only=True):
    """An open pull request. `None` and the `UNKNOWN` members stand for what was not read.

    Attributes:
        repository: `owner/name`; empty for this clone's where that is not known.
        number: digits.
        address: where people read it.
        title: as people wrote it: hostile text, never stored.
        author: login.
        is_bot: whether an App's account opened it.
        is_trusted: whether its author may write to the repository.
        is_first: whether it is its author's first contribution to the repository.
        opened: when it was opened.
        pushed: when its last commit was made or pushed.
        updated: when anything about it changed.
        head_sha: its last commit, and `base_sha` the tip of the branch that it is meant for.
        built_on: the number of the open one that it is built on; empty if none.
        session_id: of the stored or rebuilt session that holds it; never an inferred one.
        session_title: of that session, if it has one.
        work: what that session's agent does.
        agents: those that opened it or assisted.
        stack: its place in a stack of the forge's.
        files: the paths that it changes, all of them.
        lines: a hash of each changed line, where its objects are local.
        closes: numbers of the issues that it closes, as the forge says.
        requested: logins and teams whose review is requested.
        assigned: logins.
        has_base_conflict: whether it conflicts with the branch that it is meant for.
        merge_state: the forge's word, lower case: `clean`, `has_hooks`, `blocked`, `behind`, `dirty`, `unstable`, ...
        is_queued: whether it stands in the forge's merge queue.
        elsewhere: how many pull requests its author opened in other repositories in the last 7 days, where asked.
    """

    repository: str = ""
    number: str
    address: str = ""
    title: str = ""
    author: str = ""
    is_bot: bool = False
    is_trusted: bool | None = None
    is_first: bool | None = None
    opened: datetime | None = None
    pushed: datetime | None = None
    updated: datetime | None = None
    branch: str | None = None
    base: str | None = None
    head_sha: str = ""
    base_sha: str = ""
    built_on: str = ""
    session_id: str | None = None
    session_title: str = ""
    work: Work = Work.UNKNOWN
    agents: tuple[Agent, ...] = ()
    stack: Stack | None = None
    files: tuple[str, ...] | None = None
    file_count: int | None = None
    additions: int | None = None
    deletions: int | None = None
    lines: frozenset[int] | None = None
    labels: tuple[str, ...] = ()
    closes: tuple[str, ...] = ()
    review: ReviewStatus = ReviewStatus()
    requested: tuple[str, ...] = ()
    assigned: tuple[str, ...] = ()
    checks: Checks = Checks.UNKNOWN
    has_base_conflict: bool | None = None
    merge_state: str = ""
    is_queued: bool = False
    is_draft: bool = False
    auto_merge: bool = False
    elsewhere: int | None = None

    @property
    def key(self) -> tuple[str, str]:
        """Return repository and number, which name it among those of several repositories."""
        return self.repository, self.number

    @property
    def involvement(self) -> Involvement:
        """Return what part agents had in it."""
        return involvement(self.agents)

    @property
    def agent(self) -> str:
        """Return the name of the agent that opened it, else of one that assisted; empty without a sign."""
        shown = sorted(self.agents, key=lambda agent: (agent.role is not Role.OPENED, -agent.confidence, agent.name))
        return shown[0].name if shown and self.involvement is not Involvement.NO_SIGN else ""

    @property
    def is_review_stale(self) -> bool:
        """Return whether the head moved on after the last opinion of reviewers."""
        return self.review.commit not in ("", self.head_sha)

    @property
    def is_approved(self) -> bool:
        """Return whether the last commit is approved."""
        return self.review.state is ReviewState.APPROVED and not self.is_review_stale

    @property
    def is_reviewed(self) -> bool:
        """Return whether reviewers have an opinion of the last commit; an unread one counts as none."""
        has_opinion = self.review.state in (ReviewState.APPROVED, ReviewState.CHANGES_REQUESTED)
        return has_opinion and not self.is_review_stale
