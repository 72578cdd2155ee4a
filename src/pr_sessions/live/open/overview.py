"""What is open on a forge, as values: sessions of agents, what to review first, what to know before."""

from collections.abc import Mapping
from datetime import datetime

from msgspec import Struct

from pr_sessions.history.overview import AgentCount
from pr_sessions.history.relations import Overlap
from pr_sessions.live.budget import Breach
from pr_sessions.sessions.agent import Agent
from pr_sessions.sessions.gate import Decision


class OpenPullRequest(Struct, frozen=True, kw_only=True):
    """An open pull request with its place.

    Attributes:
        files: the paths that it changes; `None` where they are not known.
        agents: who had part in it, automatic or not.
        session_id: `None` if it is not automatic or fits nowhere.
        at_opening: what the gate would have said when it was opened.
    """

    number: str
    title: str
    author: str
    opened: datetime | None
    branch: str | None
    base: str | None
    is_draft: bool
    is_fork: bool
    files: tuple[str, ...] | None
    is_auto: bool
    agents: tuple[Agent, ...]
    session_id: str | None
    at_opening: Decision

    @property
    def who(self) -> str:
        """The agents that opened it, else its author."""
        return " + ".join(agent.name for agent in self.agents if agent.opened) or self.author or "unknown author"


class OpenSession(Struct, frozen=True, kw_only=True):
    """A session with open pull requests.

    Attributes:
        prs: all of its pull requests, the open ones among them.
        review: the open ones in the order in which to review them.
        files: how many different files these touch; `None` where that is not known of all.
        agents: names of those that opened or helped with these, the busiest first.
        oldest: when the first of these was opened.
        goes_on: whether it has neither completed nor been idle for longer than the timeout.
        ended: when it completed.
        trigger: why it completed.
        ends: when it runs out if nothing more happens; `None` where it has ended or never does.
    """

    session_id: str
    author: str
    started: datetime | None
    latest: datetime | None
    prs: tuple[str, ...]
    review: tuple[str, ...]
    files: int | None
    agents: tuple[str, ...]
    oldest: datetime | None
    goes_on: bool
    ended: datetime | None = None
    trigger: str | None = None
    ends: datetime | None = None


class ByAuthor(Struct, frozen=True):
    """Open pull requests of one person that are not automatic."""

    author: str
    prs: tuple[str, ...]


class OpenOverview(Struct, frozen=True, kw_only=True):
    """Everything that is open in a repository.

    Attributes:
        at: the time of looking.
        sessions: what to review first stands first: those that have ended before those that go on, then those with the
            most open pull requests, then those that wait longest.
        unattributed: automatic ones that fit no session, or several equally well.
        excluded: those that a label takes out of sessions.
        not_automatic: the others by author, the one with the most first.
        agents: who had part in all of them, most frequent first.
        collisions: pairs that touch the same files, of different agents or sessions, with an agent in at least one of
            them; those that share most come first.
        overlaps: the other pairs that touch the same files.
        stacks: chains of which each is built on the one before, the longest first.
        breaches: agents with more open ones than the team allows.
        doubts: what could not be read, in words.
        requests: how many went to the forge.
    """

    repository: str
    at: datetime
    sessions: tuple[OpenSession, ...] = ()
    unattributed: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    not_automatic: tuple[ByAuthor, ...] = ()
    agents: tuple[AgentCount, ...] = ()
    collisions: tuple[Overlap, ...] = ()
    overlaps: tuple[Overlap, ...] = ()
    stacks: tuple[tuple[str, ...], ...] = ()
    breaches: tuple[Breach, ...] = ()
    doubts: tuple[str, ...] = ()
    requests: int = 0
    pull_requests: Mapping[str, OpenPullRequest] = {}
