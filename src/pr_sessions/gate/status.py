"""What is known of a pull request, its agents' budgets and its session, before the gate and for reviewers. Pure."""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from pr_sessions.core.agents import Involvement
from pr_sessions.core.gate import PullRequestStatus, longest_wait
from pr_sessions.core.history import HistoricPullRequest
from pr_sessions.core.ids import number_order
from pr_sessions.core.lifecycle import Phase, idle_time, phase, runs_out
from pr_sessions.core.models import Session, State
from pr_sessions.core.overlaps import Overlap, overlaps_of
from pr_sessions.core.policy import Policy
from pr_sessions.core.recording import Recorded
from pr_sessions.core.relations import busiest_first, review_order, stacks
from pr_sessions.forges.base import ChangedFile, ForgePullRequest, Review
from pr_sessions.gate.event import Event
from pr_sessions.gate.rebuild import RebuiltSessions, Snapshot, approvers, present, unverified_logins

# The events at which checks may be postponed.
POSTPONING = ("pull_request", "pull_request_review", "issue_comment")
# Clocks of two machines differ a little.
_SKEW = timedelta(minutes=5)


def pull_request_status(
    number: str,
    snapshot: Snapshot,
    rebuilt: RebuiltSessions,
    policy: Policy,
    now: datetime,
    *,
    event: Event | None = None,
    reviews: Iterable[Review] = (),
) -> PullRequestStatus:
    """Return the status of a pull request.

    Args:
        number: of the pull request; of one that the snapshot lacks, everything is unknown.
        snapshot: what the forge reports.
        rebuilt: the sessions that were rebuilt from it.
        policy: timeout. A session that is idle for longer does not go on, even where no session ends by a timeout.
        now: the time of the assessment.
        event: what happened to this very pull request.
        reviews: of it; those count that approve its last commit and whose author may write.
    """
    today = snapshot.pull_requests.get(number)
    pr = present(today, now) if today else None
    why_not = _why_not_postponed(event) if event else ""
    if pr is None:
        unknowns = (*snapshot.unknowns, f"GitHub tells of no #{number}")
        return PullRequestStatus(number=number, event=why_not, unknowns=unknowns)
    recorded, session = rebuilt.recorded.get(number), rebuilt.session_of(number)
    approving = approvers(pr, reviews, now)
    logins = dict.fromkeys((*unverified_logins(snapshot, rebuilt, number), *approving))
    unverified = [login for login in logins if login not in snapshot.writers]
    # An activity in the future, by a wrong clock, must not keep anything waiting until then.
    is_active = session is not None and phase(session, now, policy) in (Phase.ACTIVE, Phase.WARNING, Phase.QUIET)
    is_quiet = session is not None and bool(session.runs) and idle_time(session, now) > longest_wait(session, policy)
    return PullRequestStatus(
        number=number,
        event=why_not,
        state=pr.pull_request.state,
        is_fork=pr.is_fork,
        trusted=rebuilt.trusted.get(number),
        excluded=number in rebuilt.excluded,
        is_auto=recorded is not None and recorded.verdict.is_auto,
        is_assisted=recorded is not None and recorded.verdict.involvement is Involvement.ASSISTED,
        session_id=session.id if session else None,
        is_session_active=is_active and not _is_ahead(session, now),
        is_session_quiet=is_active and is_quiet,
        trigger=session.completion.trigger if session and session.completion else None,
        files=_paths(pr, snapshot.files.get(number)),
        approved=any(snapshot.writers.get(login) for login in approving),
        ready=event is not None and (event.name, event.action) == ("pull_request", "ready_for_review"),
        auto_merge=pr.auto_merge,
        unknowns=(
            *snapshot.unknowns,
            *(f"whether {login} may write was not asked" for login in unverified),
            *_inconsistencies(pr, session, event, now),
        ),
    )


def _why_not_postponed(event: Event) -> str:
    """Return why nothing is postponed at an event, in words; empty where something may be."""
    if event.problem:
        return event.problem
    return "" if event.name in POSTPONING else event.name or "an unknown event"


def _is_ahead(session: Session | None, now: datetime) -> bool:
    return session is not None and session.latest is not None and session.latest > now + _SKEW


def _paths(pr: ForgePullRequest, files: tuple[ChangedFile, ...] | None) -> tuple[str, ...] | None:
    """Return the paths of files, both of one that was moved; `None` where the list is incomplete."""
    count = pr.pull_request.files_changed
    if files is None or (count is not None and count != len(files)):
        return None
    return tuple(path for file in files for path in (file.filename, file.previous_filename) if path)


def _inconsistencies(
    pr: ForgePullRequest, session: Session | None, event: Event | None, now: datetime
) -> Iterator[str]:
    if not pr.head_sha:
        yield "its last commit is not known"
    if _is_ahead(session, now):
        yield "its session's last activity lies in the future"
    about = event.pull_request if event else None
    if event and event.number not in ("", pr.pull_request.number):
        yield f"the event is about #{event.number}"
    elif about and about.head_sha not in ("", pr.head_sha):
        yield "its branch has moved on since the event"


class Breach(Struct, frozen=True):
    """An agent with more open pull requests than it may have."""

    agent: str
    open: int
    budget: int


def breaches(number: str, snapshot: Snapshot, rebuilt: RebuiltSessions, policy: Policy) -> tuple[Breach, ...]:
    """Return the agents that opened a pull request and have more open ones in the repository than the team allows.

    A pull request that is closed, or taken out of sessions, breaches nothing and is not counted.
    """
    budget = policy.open_budget
    openers = set(_openers(number, snapshot, rebuilt)) if budget is not None else set()
    if budget is None or not openers:
        return ()
    opened = (agent for n in rebuilt.recorded for agent in _openers(n, snapshot, rebuilt))
    counts = Counter(agent for agent in opened if agent in openers)
    return tuple(Breach(agent, counts[agent], budget) for agent in sorted(openers) if counts[agent] > budget)


def undecided(snapshot: Snapshot, rebuilt: RebuiltSessions) -> tuple[str, ...]:
    """Return the logins of people whose open pull requests count only with write access, which is unknown."""
    numbers = (n for n, recorded in rebuilt.recorded.items() if n not in rebuilt.trusted and any(_opened(recorded)))
    prs = (snapshot.pull_requests[number] for number in numbers)
    return tuple(pr.author.login for pr in prs if pr.pull_request.state is State.OPEN)


def _openers(number: str, snapshot: Snapshot, rebuilt: RebuiltSessions) -> Iterator[str]:
    """Yield the agents that opened it, if it is open; where its author's access is unknown, it does not count."""
    pr, recorded = snapshot.pull_requests.get(number), rebuilt.recorded.get(number)
    if pr and recorded and pr.pull_request.state is State.OPEN and number in rebuilt.trusted:
        yield from _opened(recorded)


def _opened(recorded: Recorded) -> Iterator[str]:
    yield from (agent.name for agent in recorded.agents if agent.opened)


_UNKNOWN = datetime.fromtimestamp(0, UTC)


class SessionView(Struct, frozen=True, kw_only=True):
    """A session and its relations to other pull requests.

    Attributes:
        pull_requests: all that the forge reports, by number.
        open: numbers of those that are open.
        review: numbers of the open ones, in the order in which to review them.
        stacks: chains of open ones, of any session, each built on the one before, with at least one of this session.
        independent: open ones that are known to share no file with another open one, and that are in no stack.
        overlaps: pairs of open ones, of any session, that touch the same files, with at least one of this session;
            none of which one is built on the other.
        unread: how many open ones of other sessions have files that were not read, so that overlaps may be missing.
        agents: those that opened or assisted, the busiest first.
        ends: when it runs out if nothing more happens; `None` where it has ended or never does.
    """

    session: Session
    pull_requests: tuple[ForgePullRequest, ...]
    open: tuple[str, ...]
    review: tuple[str, ...]
    stacks: tuple[tuple[str, ...], ...]
    independent: tuple[str, ...]
    overlaps: tuple[Overlap, ...]
    agents: tuple[str, ...]
    ends: datetime | None
    unread: int = 0

    @property
    def anchor(self) -> str:
        """Return the pull request that carries the session's digest: the first one that may be of this forge.

        A session file may hold those of other repositories, and an old one anything.
        """
        return next((n for n in self.session.prs if n.isascii() and n.isdecimal() and len(n) <= 18), "")


def view(session: Session, snapshot: Snapshot, rebuilt: RebuiltSessions, policy: Policy) -> SessionView:
    """Return the session as its forge shows it. Pull requests in no session take no part in overlaps and stacks."""
    prs = [snapshot.pull_requests[number] for number in session.prs if number in snapshot.pull_requests]
    open_numbers = tuple(pr.pull_request.number for pr in prs if _is_open(pr))
    in_sessions = [
        as_historic(pr, snapshot)
        for pr in sorted(snapshot.pull_requests.values(), key=lambda pr: number_order(pr.pull_request.number))
        if _is_open(pr) and rebuilt.session_of(pr.pull_request.number)
    ]
    every = stacks(in_sessions)
    chains = tuple(chain for chain in every if not set(open_numbers).isdisjoint(chain))
    pairs = overlaps_of(set(open_numbers), in_sessions, every)
    related = {number for chain in chains for number in chain} | {number for pair in pairs for number in pair.numbers}
    sizes = {number: _file_count(number, snapshot) for number in open_numbers}
    return SessionView(
        session=session,
        pull_requests=tuple(prs),
        open=open_numbers,
        review=review_order(open_numbers, sizes, chains),
        stacks=chains,
        independent=tuple(n for n in open_numbers if n in snapshot.files and n not in related),
        overlaps=pairs,
        unread=sum(pr.number not in snapshot.files for pr in in_sessions if pr.number not in set(open_numbers)),
        agents=busiest_first(agent for record in session.pull_requests.values() for agent in record.agents),
        ends=runs_out(session, policy),
    )


def as_historic(pr: ForgePullRequest, snapshot: Snapshot) -> HistoricPullRequest:
    """Return an open pull request in the form in which merged ones are compared.

    A fork's branch has the name of one here only by chance.
    """
    pull_request = replace(pr.pull_request, branch=None) if pr.is_fork else pr.pull_request
    files = tuple(file.filename for file in snapshot.files.get(pull_request.number, ()))
    return HistoricPullRequest(pull_request, pr.head_sha, pull_request.created or _UNKNOWN, files, (), "squash")


def _is_open(pr: ForgePullRequest) -> bool:
    return pr.pull_request.state is State.OPEN


def _file_count(number: str, snapshot: Snapshot) -> int | None:
    """Return how many files it changes, where that is known."""
    files = snapshot.files.get(number)
    return snapshot.pull_requests[number].pull_request.files_changed if files is None else len(files)
