"""Apply the events of agents' hooks to a collection, in the order of their times. Applying them twice changes nothing.

An event belongs to the session that was current in its working tree; any event but an end may begin one. Two agents in
one working tree are one session with two runs.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Generic, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from pr_sessions.core.agents import Agent, Confidence, Evidence, Role, Run, merge_agents, merge_runs
from pr_sessions.core.attribution import AttributionContext
from pr_sessions.core.collection import SessionCollection
from pr_sessions.core.ids import new_id, repository_of
from pr_sessions.core.lifecycle import Activity, advance, begin, covers, is_near
from pr_sessions.core.merge import with_record
from pr_sessions.core.models import (
    Basis,
    Completion,
    PullRequest,
    PullRequestRecord,
    Session,
    State,
    Trigger,
    held_runs,
)
from pr_sessions.core.one_run import with_known_keys
from pr_sessions.core.policy import Policy, Ruleset
from pr_sessions.core.recording import record
from pr_sessions.core.runs import run_key

L = TypeVar("L", bound=SessionCollection)

# Activity of an agent so soon after its session was completed begins no other session.
TRAILING = timedelta(minutes=1)
# A push belongs to pull requests of sessions no older than this.
RECENT = timedelta(days=14)


# What a forge says where no hook saw the creating command.
BY_BRANCH = "found by its head branch"


class Kind(StrEnum):
    """What an event shows. `POSSIBLE` is work that may have opened a pull request: only its forge knows."""

    START = "start"
    END = "end"
    ACTIVITY = "activity"
    OPENED = "opened"
    CONTRIBUTED = "contributed"
    POSSIBLE = "possible"


class AgentEvent(Struct, frozen=True, kw_only=True):
    """One event of one agent.

    Attributes:
        host: the agent's name, such as `claude-code`.
        run: the vendor's id of the conversation.
        root: the working tree, as text.
        number: of the pull request that was opened or worked on.
        branch: that it was opened from, or that was pushed.
        how: the command or tool, such as `gh pr create`.
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
    """The current session of a working tree.

    Attributes:
        since: when the session became current.
        last: the last activity there.
    """

    session_id: str
    since: datetime
    last: datetime


class Applied(Struct, Generic[L], frozen=True):
    """The result of the events.

    Attributes:
        trees: the current sessions of the working trees whose session changed.
        begun: ids of the sessions that began.
        opened: numbers of the pull requests that were opened.
    """

    collection: L
    trees: Mapping[str, Tree]
    begun: tuple[str, ...] = ()
    opened: tuple[str, ...] = ()


class _Stretch(Struct, frozen=True):
    """Work without a gap in one working tree, and the event that ends it, unless that is mere activity."""

    root: str
    since: datetime
    at: datetime
    runs: tuple[Run, ...]
    may_begin: bool
    event: AgentEvent | None = None


def apply_events(
    collection: L,
    events: Iterable[AgentEvent],
    trees: Mapping[str, Tree],
    author: Callable[[], str],
    rules: Ruleset,
    now: datetime,
) -> Applied[L]:
    """Return the collection after the events.

    Args:
        collection: the collection before, with the activity that markers show.
        events: in any order; a time ahead of `now` came from a wrong clock.
        trees: the current session of each working tree.
        author: returns who works here; only called if a session begins.
        rules: of this clone.
        now: the time.
    """
    work = _Work(collection, trees, author, rules, now)
    events = [event if event.at <= now else replace(event, at=now) for event in events]
    for stretch in _stretches((event for event in events if event.kind is not Kind.END), rules.policy):
        work.apply(stretch)
    work.end([event for event in events if event.kind is Kind.END])
    changed = {root: tree for root, tree in work.trees.items() if tree != trees.get(root)}
    return Applied(work.collection, changed, tuple(work.begun), tuple(work.opened))


def run_ids(events: Iterable[AgentEvent]) -> dict[str, str]:
    """Return the vendors' ids of runs by their keys."""
    return {run_key(run): run for run in {event.run for event in events}}


def _stretches(events: Iterable[AgentEvent], policy: Policy) -> Iterator[_Stretch]:
    """Condense mere activity: a hundred thousand events become a few stretches of work."""
    open_stretches: dict[str, list[AgentEvent]] = {}
    for event in sorted(events, key=lambda e: (e.at, e.root, e.host, e.run, e.number)):
        stretch = open_stretches.setdefault(event.root, [])
        if stretch and event.at - stretch[-1].at > policy.timeout:
            yield _stretch(stretch)
            stretch = open_stretches[event.root] = []
        stretch.append(event)
        if event.kind in (Kind.OPENED, Kind.CONTRIBUTED):
            yield _stretch(stretch)
            del open_stretches[event.root]
    for stretch in sorted(open_stretches.values(), key=lambda s: s[0].at):
        yield _stretch(stretch)


def _stretch(events: Sequence[AgentEvent]) -> _Stretch:
    first, last = events[0], events[-1]
    times: dict[tuple[str, str], tuple[datetime, datetime]] = {}
    for event in events:
        began = times.get((event.host, event.run), (event.at, event.at))[0]
        times[event.host, event.run] = (began, event.at)
    runs = tuple(sorted(Run(host, run_key(run), began, ended) for (host, run), (began, ended) in times.items()))
    is_news = last.kind in (Kind.OPENED, Kind.CONTRIBUTED)
    may_begin = any(event.kind is not Kind.ACTIVITY for event in events)
    return _Stretch(first.root, first.at, last.at, runs, may_begin, last if is_news else None)


def _shares_run(session: Session, runs: Iterable[Run]) -> bool:
    return not {run.id for run in runs}.isdisjoint(key for run in session.runs for key in run.keys)


class _Work(Generic[L]):
    """The collection while events are applied."""

    def __init__(
        self, collection: L, trees: Mapping[str, Tree], author: Callable[[], str], rules: Ruleset, now: datetime
    ) -> None:
        self.collection = collection
        self.trees = dict(trees)
        self.begun: list[str] = []
        self.opened: list[str] = []
        self._author = author
        self._rules = rules
        self._policy = rules.policy
        self._now = now

    def apply(self, stretch: _Stretch) -> None:
        session = self._current(stretch) or self._session_of_runs(stretch)
        if session is None:
            if self._trails(stretch):
                return
            author = self._author()
            session_id = new_id(author, stretch.since, lambda i: self.collection.get(i) is not None)
            session = begin(session_id, author, stretch.since)
            self.begun.append(session.id)
        session = advance(session, Activity(stretch.at, stretch.since), self._policy)
        runs = (with_known_keys(self.collection, run) for run in stretch.runs)
        session = replace(session, runs=merge_runs(session.runs, runs))
        self.collection = self.collection.put(session)
        if stretch.event:
            self._record(stretch.event, session)
        self._set_tree(stretch, self.collection.get(session.id) or session)

    def _current(self, stretch: _Stretch) -> Session | None:
        tree = self.trees.get(stretch.root)
        if tree is None or tree.since > stretch.since:
            return None
        session = self.collection.get(tree.session_id)
        if session is None or not covers(session, stretch.since, self._policy):
            return None
        # After a longer break, only a run of the session goes on with it.
        goes_on = is_near(session, stretch.since, self._policy) or _shares_run(session, stretch.runs)
        return session if goes_on else None

    def _session_of_runs(self, stretch: _Stretch) -> Session | None:
        """Return the session that these events began earlier, or that the run was in when its marker was removed."""
        elsewhere = {tree.session_id for root, tree in self.trees.items() if root != stretch.root}
        sessions = [
            s
            for s in self.collection.active_near(stretch.since, self._policy.timeout)
            if s.rests_on is not Basis.AGENT_RUN
            and _shares_run(s, stretch.runs)
            and s.id not in elsewhere
            and covers(s, stretch.since, self._policy)
        ]
        return max(sessions, key=lambda s: (s.started or stretch.since, s.id), default=None)

    def _trails(self, stretch: _Stretch) -> bool:
        """Tell whether this is the last activity of runs whose session was just completed."""
        if stretch.may_begin:
            return False
        runs = {(run.agent, run.id) for run in stretch.runs}
        return any(
            s.completion is not None
            and not s.completion.inferred
            and s.completion.at is not None
            and s.completion.at <= stretch.at <= s.completion.at + TRAILING
            and runs <= held_runs(s)
            for s in self.collection.active_near(stretch.at, TRAILING)
        )

    def end(self, events: Sequence[AgentEvent]) -> None:
        """Complete the sessions whose runs ended by their hosts' word; work that is reported later takes that back."""
        ended: set[tuple[str, str]] = set()
        for event in sorted(events, key=lambda e: (e.at, e.host, e.run)):
            key = run_key(event.run)
            ended.add((event.host, key))
            for session in self.collection.for_run(key):
                others = [run for run in session.runs if ended.isdisjoint((run.agent, each) for each in run.keys)]
                at_work = any(event.at - run.last_activity <= self._policy.timeout for run in others)
                is_last = session.latest is None or session.latest <= event.at
                if is_last and not (session.completion or session.inferred or at_work):
                    completion = Completion(event.at, Trigger.RUN_ENDED)
                    self.collection = self.collection.put(replace(session, completion=completion))

    def _record(self, event: AgentEvent, session: Session) -> None:
        role = Role.OPENED if event.kind is Kind.OPENED else Role.ASSISTED
        evidence = Evidence("hook", f"{event.host}: {event.how}")
        confidence = Confidence.LIKELY if event.how == BY_BRANCH else Confidence.CERTAIN
        agent = Agent(event.host, role, confidence, (evidence,), (run_key(event.run),))
        if event.kind is Kind.OPENED:
            pull_request = PullRequest(
                number=event.number,
                branch=event.branch or None,
                state=State.OPEN,
                created=event.at,
                agents=(agent,),
            )
            context = AttributionContext(at=event.at, hook=session.id)
            self.collection, _ = record(self.collection, pull_request, context, self._rules, self._now)
            self.opened.append(event.number)
        else:
            self._contribute(event, agent)

    def _contribute(self, event: AgentEvent, agent: Agent) -> None:
        """Add the agent to the pull request, or to every open one of the branch here or opened by hooks here."""

        def more(kept: PullRequestRecord) -> PullRequestRecord:
            return replace(kept, agents=merge_agents(kept.agents, (agent,)))

        def is_meant(number: str, kept: PullRequestRecord) -> bool:
            if event.number:
                return number == event.number
            by_hook = kept.attribution is not None and kept.attribution.basis is Basis.HOOK
            is_here = repository_of(number) == "" or by_hook
            return is_here and kept.branch == event.branch and kept.state in (None, State.OPEN)

        for session in self.collection.active_near(event.at, RECENT):
            changed = session
            for number in session.prs:
                kept = session.pull_requests.get(number)
                if kept and is_meant(number, kept):
                    changed = with_record(changed, number, more(kept))
            self.collection = self.collection.put(changed)
        for number, kept in self.collection.all_unattributed().items():
            if is_meant(number, kept):
                self.collection = self.collection.put_unattributed(number, more(kept))

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
