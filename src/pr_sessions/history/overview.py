"""What a repository's past comes to: its sessions, who had part in them, and what to know before a review."""

from collections.abc import Mapping
from datetime import date, datetime

from msgspec import Struct

from pr_sessions.history.relations import Overlap
from pr_sessions.sessions.agent import Agent, Evidence, Role


class Step(Struct, frozen=True):
    """One rung of the ladder that was tried, by name, and what it saw."""

    rung: str
    candidates: tuple[str, ...]
    detail: str


class Judged(Struct, frozen=True, kw_only=True):
    """A pull request of the past with its verdict and its place.

    Attributes:
        opened: the time of its first commit, by which its session is found.
        commit: the id of the commit that brought it in.
        files: the paths that it changed; `None` where a shallow clone ends.
        agents: who had part in it, automatic or not.
        session_id: `None` if it is not automatic or fits nowhere.
        tried: the rungs that were tried, in order; the last one decided.
    """

    number: str
    title: str
    author: str
    opened: datetime
    merged: datetime
    branch: str | None
    base: str | None
    commit: str
    kind: str
    files: tuple[str, ...] | None
    is_auto: bool
    evidence: tuple[Evidence, ...]
    agents: tuple[Agent, ...]
    session_id: str | None
    tried: tuple[Step, ...]


class Group(Struct, frozen=True, kw_only=True):
    """Pull requests of one stretch of work.

    Attributes:
        session_id: `None` for work that is not automatic.
        files: how many different files they touch.
        review: the same pull requests in the order in which to review them.
        agents: names of those that opened or helped with them, the busiest first.
        runs: how many conversations of agents they name.
        inferred: nobody and no mark says that they belong together.
        trigger: why the session completed.
    """

    session_id: str | None
    author: str
    started: datetime
    latest: datetime
    prs: tuple[str, ...]
    files: int
    review: tuple[str, ...] = ()
    agents: tuple[str, ...] = ()
    runs: int = 0
    inferred: bool = False
    trigger: str | None = None


class AgentCount(Struct, frozen=True):
    """With how many pull requests an agent had to do in one way."""

    name: str
    role: Role
    confidence: str
    pull_requests: int


class EvidenceCount(Struct, frozen=True):
    """For how many pull requests one piece of evidence spoke."""

    rule: str
    detail: str
    pull_requests: int


class Overview(Struct, frozen=True, kw_only=True):
    """Sessions of some days, the largest first. A session is shown whole, also where it reaches beyond the days.

    Attributes:
        read: how many pull requests the history names.
        days: those that were asked for, oldest first.
        pull_requests: everything in `sessions`, `unattributed` and `not_automatic`, by number.
        unattributed: automatic ones that fit no session, or several equally well.
        not_automatic: the others, grouped by author within the timeout.
        agents: who had part in all of them, most frequent first.
        evidence: what made them automatic, most frequent first.
        overlaps: pairs that touch the same files, first those of different groups, then those that share most.
        stacks: chains of which each is built on the one before.
    """

    read: int
    days: tuple[date, ...] = ()
    sessions: tuple[Group, ...] = ()
    unattributed: tuple[str, ...] = ()
    not_automatic: tuple[Group, ...] = ()
    agents: tuple[AgentCount, ...] = ()
    evidence: tuple[EvidenceCount, ...] = ()
    overlaps: tuple[Overlap, ...] = ()
    stacks: tuple[tuple[str, ...], ...] = ()
    pull_requests: Mapping[str, Judged] = {}

    def group_of(self, number: str) -> Group | None:
        """The session or the stretch of other work that holds a pull request."""
        return next((g for g in (*self.sessions, *self.not_automatic) if number in g.prs), None)
