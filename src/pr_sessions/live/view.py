"""A session with everything that its reviewers should know. Pure."""

from datetime import datetime

from msgspec import Struct

from pr_sessions.forges.github.payload import GitHubPullRequest
from pr_sessions.history.relations import Overlap
from pr_sessions.live.rebuild import Live
from pr_sessions.live.snapshot import Snapshot
from pr_sessions.sessions.policy import Policy
from pr_sessions.sessions.session import Session


class SessionView(Struct, frozen=True, kw_only=True):
    """A session that is looked at.

    Attributes:
        pull_requests: all that the forge tells of, by number.
        open: numbers of those that are open.
        review: numbers of the open ones, in the order in which to review them.
        stacks: chains of which each is built on the one before.
        independent: open ones that share no file with another of them and stand in no stack.
        overlaps: pairs of open ones, of any session, that touch the same files, with at least one of this session.
        agents: those that opened or helped, the busiest first.
        ends: when it runs out if nothing more happens; `None` where it has ended or never does.
    """

    session: Session
    pull_requests: tuple[GitHubPullRequest, ...]
    open: tuple[str, ...]
    review: tuple[str, ...]
    stacks: tuple[tuple[str, ...], ...]
    independent: tuple[str, ...]
    overlaps: tuple[Overlap, ...]
    agents: tuple[str, ...]
    ends: datetime | None

    @property
    def anchor(self) -> str:
        """The pull request that carries what is said of the whole session: the first one."""
        return self.session.prs[0]


def view(session: Session, snapshot: Snapshot, live: Live, policy: Policy) -> SessionView:
    """The session as its forge shows it."""
    raise NotImplementedError
