"""What the hooks of agents saw, applied to a book: in the order in which it happened, and twice is the same as once.

An event belongs to the session that was current in its working tree; any event but an end may begin one. Two agents in
one working tree are one session with two runs.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Generic, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from pr_sessions.sessions.agent import Agent, Confidence, Evidence, Role, Run, join_agents, join_runs
from pr_sessions.sessions.attribution import Situation
from pr_sessions.sessions.ids import new_id
from pr_sessions.sessions.join import with_facts
from pr_sessions.sessions.ledger import Ledger
from pr_sessions.sessions.lifecycle import Activity, advance, begin, covers
from pr_sessions.sessions.policy import Policy
from pr_sessions.sessions.recording import record
from pr_sessions.sessions.session import Facts, PullRequest, Session, State

L = TypeVar("L", bound=Ledger)

# What an agent still says after its session was completed, such as its last words, begins no other.
TRAILING = timedelta(minutes=1)
# A push is looked for among the pull requests of sessions no older than this.
RECENT = timedelta(days=14)


class Kind(StrEnum):
    """What an event shows."""

    START = "start"
    END = "end"
    ACTIVITY = "activity"
    OPENED = "opened"
    CONTRIBUTED = "contributed"


class AgentEvent(Struct, frozen=True, kw_only=True):
    """One event of one agent.

    Attributes:
        host: the agent's name, such as `claude-code`.
        run: the vendor's id of the conversation.
        root: the working tree, as text.
        number: of the pull request that was opened.
        branch: that it was opened from, or that was pushed.
        how: what was called, in our words, such as `gh pr create`.
    """

    at: datetime
    host: str
    run: str
    kind: Kind
    root: str
    number: str = ""
    branch: str = ""
    how: str = ""


class Tree(Struct, frozen=True):
    """What is current in a working tree.

    Attributes:
        since: when the session became current.
        last: the last activity that was seen there.
    """

    session_id: str
    since: datetime
    last: datetime


class Applied(Struct, Generic[L], frozen=True):
    """What the events came to.

    Attributes:
        trees: what is current in the working trees that had events.
        begun: ids of the sessions that began.
        opened: numbers of the pull requests that were seen to be opened.
    """

    ledger: L
    trees: Mapping[str, Tree]
    begun: tuple[str, ...] = ()
    opened: tuple[str, ...] = ()


class _Stretch(Struct, frozen=True):
    """Work without a gap in one working tree, and what it ended with, if that is more than activity."""

    root: str
    since: datetime
    at: datetime
    runs: tuple[Run, ...]
    may_begin: bool
    event: AgentEvent | None = None


def apply_events(
    ledger: L,
    events: Iterable[AgentEvent],
    trees: Mapping[str, Tree],
    author: Callable[[], str],
    policy: Policy,
    now: datetime,
) -> Applied[L]:
    """The book after the events.

    Args:
        ledger: the book before, with the activity that markers show.
        events: in any order; a time ahead of `now` came from a wrong clock.
        trees: what is current in each working tree.
        author: who works here; only asked where a session begins.
        policy: of this clone.
        now: the time.
    """
    work = _Work(ledger, trees, author, policy, now)
    for stretch in _stretches(events, policy, now):
        work.apply(stretch)
    changed = {root: tree for root, tree in work.trees.items() if tree != trees.get(root)}
    return Applied(work.ledger, changed, tuple(work.begun), tuple(work.opened))


def _stretches(events: Iterable[AgentEvent], policy: Policy, now: datetime) -> Iterator[_Stretch]:
    """Mere activity condensed: a hundred thousand events are a few stretches of work."""
    open_ones: dict[str, list[AgentEvent]] = {}
    timely = (event if event.at <= now else replace(event, at=now) for event in events if event.kind is not Kind.END)
    for event in sorted(timely, key=lambda e: (e.at, e.root, e.host, e.run, e.number)):
        held = open_ones.setdefault(event.root, [])
        if held and event.at - held[-1].at > policy.timeout:
            yield _stretch(held)
            held = open_ones[event.root] = []
        held.append(event)
        if event.kind in (Kind.OPENED, Kind.CONTRIBUTED):
            yield _stretch(held)
            del open_ones[event.root]
    for held in sorted(open_ones.values(), key=lambda h: h[0].at):
        yield _stretch(held)


def _stretch(events: Sequence[AgentEvent]) -> _Stretch:
    first, last = events[0], events[-1]
    times: dict[tuple[str, str], tuple[datetime, datetime]] = {}
    for event in events:
        began = times.get((event.host, event.run), (event.at, event.at))[0]
        times[event.host, event.run] = (began, event.at)
    runs = tuple(Run(host, run, began, ended) for (host, run), (began, ended) in sorted(times.items()))
    is_news = last.kind in (Kind.OPENED, Kind.CONTRIBUTED)
    may_begin = any(event.kind is not Kind.ACTIVITY for event in events)
    return _Stretch(first.root, first.at, last.at, runs, may_begin, last if is_news else None)


class _Work(Generic[L]):
    """The book while events are applied."""

    def __init__(
        self, ledger: L, trees: Mapping[str, Tree], author: Callable[[], str], policy: Policy, now: datetime
    ) -> None:
        self.ledger = ledger
        self.trees = dict(trees)
        self.begun: list[str] = []
        self.opened: list[str] = []
        self._author = author
        self._policy = policy
        self._now = now

    def apply(self, stretch: _Stretch) -> None:
        session = self._current(stretch) or self._found(stretch)
        if session is None:
            if self._trails(stretch):
                return
            session = self._begin(stretch.since)
        session = advance(session, Activity(stretch.at, stretch.since), self._policy)
        session = replace(session, runs=join_runs(session.runs, stretch.runs))
        self.ledger = self.ledger.put(session)
        if stretch.event:
            self._tell(stretch.event, session)
        self._set_tree(stretch, self.ledger.get(session.id) or session)

    def _current(self, stretch: _Stretch) -> Session | None:
        tree = self.trees.get(stretch.root)
        if tree is None or tree.since > stretch.since:
            return None
        session = self.ledger.get(tree.session_id)
        return session if session and covers(session, stretch.since, self._policy) else None

    def _found(self, stretch: _Stretch) -> Session | None:
        """The session that these events had begun before, or that the run was in when its marker went."""
        elsewhere = {tree.session_id for root, tree in self.trees.items() if root != stretch.root}
        runs = {(run.agent, run.id) for run in stretch.runs}
        found = [
            s
            for s in self.ledger.around(stretch.since, self._policy.timeout)
            if not runs.isdisjoint((run.agent, run.id) for run in s.runs)
            and s.id not in elsewhere
            and covers(s, stretch.since, self._policy)
        ]
        return max(found, key=lambda s: (s.started or stretch.since, s.id), default=None)

    def _trails(self, stretch: _Stretch) -> bool:
        """Whether these are the last words of a run whose session somebody has just completed."""
        if stretch.may_begin:
            return False
        runs = {(run.agent, run.id) for run in stretch.runs}
        return any(
            s.completion is not None
            and not s.completion.inferred
            and s.completion.at <= stretch.at <= s.completion.at + TRAILING
            and runs <= {(run.agent, run.id) for run in s.runs}
            for s in self.ledger.around(stretch.at, TRAILING)
        )

    def _begin(self, at: datetime) -> Session:
        author = self._author()
        session = begin(new_id(author, at, lambda i: self.ledger.get(i) is not None), author, at)
        self.begun.append(session.id)
        return session

    def _tell(self, event: AgentEvent, session: Session) -> None:
        role = Role.OPENED if event.kind is Kind.OPENED else Role.ASSISTED
        evidence = Evidence("hook", f"{event.host}: {event.how}")
        agent = Agent(event.host, role, Confidence.CERTAIN, (evidence,), (event.run,))
        if event.kind is Kind.OPENED:
            told = PullRequest(
                number=event.number,
                branch=event.branch or None,
                state=State.OPEN,
                created=event.at,
                agents=(agent,),
            )
            situation = Situation(at=event.at, hook=session.id)
            self.ledger, _ = record(self.ledger, told, situation, self._policy, self._now)
            self.opened.append(event.number)
        else:
            self._contribute(event, agent)

    def _contribute(self, event: AgentEvent, agent: Agent) -> None:
        """To every open pull request of the branch."""

        def more(facts: Facts) -> Facts:
            return replace(facts, agents=join_agents(facts.agents, (agent,)))

        def is_meant(facts: Facts) -> bool:
            return facts.branch == event.branch and facts.state in (None, State.OPEN)

        for session in self.ledger.around(event.at, RECENT):
            changed = session
            for number in session.prs:
                facts = session.pull_requests.get(number)
                if facts and is_meant(facts):
                    changed = with_facts(changed, number, more(facts))
            self.ledger = self.ledger.put(changed)
        lost = {n: more(f) if is_meant(f) else f for n, f in self.ledger.unattributed.items()}
        self.ledger = self.ledger.put_unattributed(lost)

    def _set_tree(self, stretch: _Stretch, session: Session) -> None:
        if session.completion and not session.completion.inferred:
            self.trees.pop(stretch.root, None)
            return
        tree = self.trees.get(stretch.root)
        if tree and tree.session_id == session.id:
            since, last = min(tree.since, stretch.since), max(tree.last, stretch.at)
        else:
            since, last = max(stretch.since, session.started or stretch.since), stretch.at
        self.trees[stretch.root] = Tree(session.id, since, last)
