"""A session with everything that its reviewers should know. Pure."""

from datetime import datetime

from msgspec import Struct

from pr_sessions.forges.github.payload import GitHubPullRequest
from pr_sessions.history.ranking import busiest_first
from pr_sessions.history.relations import SHARED_BY_MOST, Overlap, overlaps, stacks
from pr_sessions.live.comparing import as_historic
from pr_sessions.live.rebuild import Live
from pr_sessions.live.snapshot import Snapshot
from pr_sessions.sessions.ids import number_order
from pr_sessions.sessions.lifecycle import runs_out
from pr_sessions.sessions.policy import Policy
from pr_sessions.sessions.review import review_order
from pr_sessions.sessions.session import Session, State


class SessionView(Struct, frozen=True, kw_only=True):
    """A session that is looked at.

    Attributes:
        pull_requests: all that the forge tells of, by number.
        open: numbers of those that are open.
        review: numbers of the open ones, in the order in which to review them.
        stacks: chains of open ones, of any session, of which each is built on the one before, with one of this session.
        independent: open ones of which it is known that they share no file with another open one, in no stack.
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
        """The pull request that carries what is said of the whole session: the first one that may be of this forge.

        A session file may hold those of other repositories, and an old one anything.
        """
        return next((n for n in self.session.prs if n.isascii() and n.isdecimal()), "")


def view(session: Session, snapshot: Snapshot, live: Live, policy: Policy) -> SessionView:
    """The session as its forge shows it. Pull requests that are in no session take no part in overlaps and stacks."""
    told = [snapshot.pull_requests[number] for number in session.prs if number in snapshot.pull_requests]
    mine = tuple(one.pull_request.number for one in told if _is_open(one))
    near = [
        as_historic(one, snapshot)
        for one in sorted(snapshot.pull_requests.values(), key=lambda one: number_order(one.pull_request.number))
        if _is_open(one) and live.home(one.pull_request.number)
    ]
    chains = tuple(chain for chain in stacks(near) if not set(mine).isdisjoint(chain))
    pairs = tuple(pair for pair in overlaps(near, SHARED_BY_MOST) if not set(mine).isdisjoint(pair.numbers))
    bound = {number for chain in chains for number in chain} | {number for pair in pairs for number in pair.numbers}
    return SessionView(
        session=session,
        pull_requests=tuple(told),
        open=mine,
        review=review_order(mine, {number: _size(number, snapshot) for number in mine}, chains),
        stacks=chains,
        independent=tuple(number for number in mine if number in snapshot.files and number not in bound),
        overlaps=pairs,
        agents=busiest_first(agent for facts in session.pull_requests.values() for agent in facts.agents),
        ends=runs_out(session, policy),
    )


def _is_open(one: GitHubPullRequest) -> bool:
    return one.pull_request.state is State.OPEN


def _size(number: str, snapshot: Snapshot) -> int | None:
    """How many files it changes, where that is known."""
    files = snapshot.files.get(number)
    return snapshot.pull_requests[number].pull_request.files_changed if files is None else len(files)
