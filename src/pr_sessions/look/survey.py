"""The pull requests of a history, or those that are open on a forge: what to review, and what to know before.

`look.history` and `look.forge` make the same value, so that one renderer shows both.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from pr_sessions.core.agents import Agent, Involvement, involvement
from pr_sessions.core.explain import Explanation
from pr_sessions.core.gate import Decision
from pr_sessions.core.history import History
from pr_sessions.core.inference import Learnt
from pr_sessions.core.models import Stack, State, Verdict
from pr_sessions.core.overlaps import Overlap, Overlaps
from pr_sessions.core.relations import AgentCount, busiest_first, review_order
from pr_sessions.core.sign_counts import SignCounts

if TYPE_CHECKING:  # A history is surveyed without loading the gate.
    from pr_sessions.gate.status import Breach


class SurveyedPullRequest(Struct, frozen=True, kw_only=True):
    """A pull request with its session.

    Attributes:
        explanation: whether it is automatic, its agents, and why it is in its session.
        opened: in a history, the time of its first commit, by which its session is found.
        files: the paths that it changes; `None` where they are not known, as where a shallow clone ends.
        merged: in a history, when the commit brought it in; `None` on a forge, as are the next two.
        kind: `merge` or `squash`.
        stack: its place in a stack of its forge's.
        at_opening: on a forge, what the gate would have decided when it was opened; `None` for one that is not open.
    """

    explanation: Explanation
    title: str
    author: str
    opened: datetime | None
    branch: str | None
    base: str | None
    files: tuple[str, ...] | None
    merged: datetime | None = None
    commit: str | None = None
    kind: str | None = None
    stack: Stack | None = None
    is_draft: bool = False
    is_fork: bool = False
    at_opening: Decision | None = None

    @property
    def number(self) -> str:
        """Return its number."""
        return self.explanation.number

    @property
    def is_auto(self) -> bool:
        """Return whether it is automatic."""
        return self.explanation.is_auto

    @property
    def involvement(self) -> Involvement:
        """Return what part agents had in it."""
        return involvement(self.agents)

    @property
    def sign(self) -> str:
        """Return what agents' part in it is, or `team_mark` where only a mark of the team makes it automatic."""
        return Verdict(is_auto=self.is_auto, agents=self.agents).sign

    @property
    def agents(self) -> tuple[Agent, ...]:
        """Return the agents that opened or assisted, whether it is automatic or not."""
        return self.explanation.agents

    @property
    def who(self) -> str:
        """Return the agents that opened it, else its author."""
        return " + ".join(agent.name for agent in self.agents if agent.opened) or self.author or "unknown author"


class PullRequestGroup(Struct, frozen=True, kw_only=True):
    """Pull requests of one session, or others of one author.

    Attributes:
        session_id: `None` for pull requests that are not automatic.
        prs: all of them; on a forge, those of the session that are not open among them.
        review: those to review, which on a forge are the open ones, in the order in which to review them.
        files: how many different files these touch; `None` where that is not known of all.
        agents: names of those that opened or assisted with these, the busiest first.
        runs: how many conversations of agents these name.
        inferred: neither a person nor a mark says that they belong together.
        oldest: when the first of these was opened.
        goes_on: whether the session has neither completed nor been idle for longer than the timeout.
        ended: when it completed, and `trigger` why.
        ends: when it runs out if nothing more happens; `None` where it has ended or never does.
    """

    session_id: str | None = None
    author: str
    started: datetime | None = None
    latest: datetime | None = None
    prs: tuple[str, ...]
    review: tuple[str, ...] = ()
    files: int | None = None
    agents: tuple[str, ...] = ()
    runs: int = 0
    inferred: bool = False
    oldest: datetime | None = None
    goes_on: bool = False
    ended: datetime | None = None
    trigger: str | None = None
    ends: datetime | None = None


class EvidenceCount(Struct, frozen=True):
    """For how many pull requests one piece of evidence stands."""

    rule: str
    detail: str
    pull_requests: int


class Survey(Struct, frozen=True, kw_only=True):
    """Pull requests in their sessions. A session of a history is shown whole, also where it reaches beyond the days.

    Attributes:
        repository: its name.
        at: the time of the survey, for open pull requests; `None` for those of a history.
        pull_requests: everything that is named below, by number.
        sessions: what to review first stands first.
        unattributed: automatic ones that fit no session, or several equally well.
        excluded: those that a label takes out of sessions.
        not_automatic: the others, of a history by author within the timeout, on a forge by author.
        agents: those that opened or assisted, the most frequent first.
        shared_files: pairs that touch the same files, in one session, across sessions and outside sessions.
        collisions: those of different groups or agents.
        overlaps: the other ones.
        stacks: chains of which each is built on the one before.
        read: how many pull requests a history names.
        signs: how many of those that are shown have which `sign`.
        undescribed: how many of those without a sign have no description in git.
        import_command: what reads descriptions from the forge.
        bursts: numbers of pull requests of one author with an agent, each within half an hour of the last: inferred.
        learnt: by what sessions without a run's id were inferred; `None` where there was nothing to infer.
        days: those of a history that are shown, oldest first.
        evidence: what made pull requests of a history automatic, the most frequent first.
        patterns: the team's patterns of automatic titles.
        is_shallow: whether the history ends early because the clone is shallow.
        breaches: agents with more open pull requests than the team allows.
        unknowns: what could not be read, in words.
        requests: how many were sent to the forge.
        history: what was read of a history, without its pull requests.
        hours: how far back the shown ones of a history go, where that was asked for.
    """

    repository: str = ""
    at: datetime | None = None
    pull_requests: Mapping[str, SurveyedPullRequest] = {}
    sessions: tuple[PullRequestGroup, ...] = ()
    unattributed: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    not_automatic: tuple[PullRequestGroup, ...] = ()
    agents: tuple[AgentCount, ...] = ()
    shared_files: Overlaps = Overlaps()
    collisions: tuple[Overlap, ...] = ()
    overlaps: tuple[Overlap, ...] = ()
    stacks: tuple[tuple[str, ...], ...] = ()
    read: int = 0
    signs: Mapping[str, int] = {}
    undescribed: int = 0
    import_command: str = ""
    bursts: tuple[tuple[str, ...], ...] = ()
    learnt: Learnt | None = None
    days: tuple[date, ...] = ()
    evidence: tuple[EvidenceCount, ...] = ()
    patterns: tuple[str, ...] = ()
    is_shallow: bool = False
    breaches: "tuple[Breach, ...]" = ()
    unknowns: tuple[str, ...] = ()
    requests: int = 0
    history: History | None = None
    hours: int | None = None

    def group_of(self, number: str) -> PullRequestGroup | None:
        """Return the session, or the group of other pull requests, that holds a pull request."""
        return next((group for group in (*self.sessions, *self.not_automatic) if number in group.prs), None)

    def stacks_of(self, number: str) -> tuple[tuple[str, ...], ...]:
        """Return the chains that a pull request is part of."""
        return tuple(chain for chain in self.stacks if number in chain)


class Closeup(Struct, frozen=True, kw_only=True):
    """One pull request, and the survey of those around it.

    Attributes:
        overlaps: the pairs that touch the same files and that it is part of.
        counts: in how many of its commits the signs of agents stand.
        state: on a forge; `None` in a history, as are the next two.
        is_trusted: whether what it says of itself counts.
        decision: what the gate decides now.
        unknowns: what could not be read of it, in words.
    """

    pull_request: SurveyedPullRequest
    survey: Survey
    overlaps: tuple[Overlap, ...] = ()
    counts: SignCounts = SignCounts()
    state: State | None = None
    is_trusted: bool | None = None
    decision: Decision | None = None
    unknowns: tuple[str, ...] = ()


def chains_by_number(chains: Iterable[Sequence[str]]) -> Mapping[str, list[Sequence[str]]]:
    """Return the stacks of each pull request, so that not every group is compared with every stack."""
    by_number: dict[str, list[Sequence[str]]] = {}
    for chain in chains:
        for number in chain:
            by_number.setdefault(number, []).append(chain)
    return by_number


def reviewable(
    group: PullRequestGroup, prs: Sequence[SurveyedPullRequest], chains: Mapping[str, Sequence[Sequence[str]]]
) -> PullRequestGroup:
    """Return the group with the order in which to review these pull requests, their agents and their files."""
    sizes = {pr.number: None if pr.files is None else len(pr.files) for pr in prs}
    agents = [agent for pr in prs for agent in pr.agents]
    return replace(
        group,
        review=review_order(sizes, sizes, (chain for number in sizes for chain in chains.get(number, ()))),
        files=None if None in sizes.values() else len({path for pr in prs for path in pr.files or ()}),
        agents=busiest_first(agents),
        runs=len({(agent.name, run) for agent in agents for run in agent.runs}),
    )
