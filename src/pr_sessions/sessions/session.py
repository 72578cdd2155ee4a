"""The values everything is made of. All are frozen; all times are aware UTC."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from enum import IntEnum, StrEnum
from typing import Any

from msgspec import Struct

from pr_sessions.sessions.agent import Agent, Evidence, Run
from pr_sessions.sessions.ids import number_order


class Status(StrEnum):
    """What a session is at a given moment; only `active` and `completed` are ever stored."""

    ACTIVE = "active"
    WARNING = "warning"
    IDLE = "idle"
    COMPLETED = "completed"


class State(StrEnum):
    """What a pull request is on its forge."""

    OPEN = "open"
    CLOSED = "closed"
    MERGED = "merged"


class Rung(IntEnum):
    """The ladder of evidence for "which session?"; a weaker rung never overrides a stronger one."""

    NONE = 0
    TIME = 1
    COMMITS = 2
    OWNED = 3
    MARK = 4
    VENDOR = 5
    HOOK = 6
    HAND = 7

    @property
    def label(self) -> str:
        """Its name in files and in output."""
        return self.name.lower()


_OF_THE_TEAM = frozenset({"title", "commit message", "body mark", "small change"})


class Verdict(Struct, frozen=True):
    """Whether a pull request is automatic, and by what evidence."""

    is_auto: bool
    evidence: tuple[Evidence, ...] = ()

    @property
    def by_agent_alone(self) -> bool:
        """Whether nothing but an agent's having opened it makes it automatic: no mark of the team's or of ours."""
        return self.is_auto and _OF_THE_TEAM.isdisjoint(found.rule for found in self.evidence)


class PullRequest(Struct, frozen=True, kw_only=True):
    """A pull request as its forge, a script or git's history shows it. `None` is "not said".

    Title, body, labels, commit messages and their authors are looked at and never stored.

    Attributes:
        number: digits, or `owner/name#digits` for another repository's.
        author: login on the forge.
        author_id: the forge's number of that login, which nobody can take over.
        author_is_name: the author is the name that somebody gave to git, and no login.
        commit_authors: e-mail addresses, or logins where a forge tells only those; the first commit's first.
        commits: hashes of its commits.
        files_changed: how many files it changes.
        test_files_added: how many test files it adds.
        docs_updated: whether it touches documentation.
        branch: head branch.
        base: branch it is meant for.
        created: when it was opened.
        agents: those that the source itself tells of.
    """

    number: str
    title: str = ""
    body: str = ""
    author: str = ""
    author_id: int | None = None
    author_is_name: bool = False
    labels: tuple[str, ...] = ()
    commit_messages: tuple[str, ...] = ()
    commit_authors: tuple[str, ...] = ()
    commits: tuple[str, ...] = ()
    files_changed: int | None = None
    test_files_added: int | None = None
    docs_updated: bool | None = None
    state: State | None = None
    branch: str | None = None
    base: str | None = None
    created: datetime | None = None
    closed: datetime | None = None
    merged: datetime | None = None
    agents: tuple[Agent, ...] = ()


class Placement(Struct, frozen=True):
    """Why a pull request is in its session.

    Attributes:
        rung: how strong the reason is.
        at: the time of the event that gave it.
        detail: what the rung saw: a mark, a branch, a session's span.
        by: who corrected it; empty where nobody did.
    """

    rung: Rung
    at: datetime
    detail: str = ""
    by: str = ""


class Facts(Struct, frozen=True, kw_only=True):
    """What is kept of a pull request.

    Attributes:
        commits: abbreviated hashes, of a pull request that is automatic only because an agent opened it.
        seen: when each field in `REPORTED` was last told, by field name. The latest telling of a field wins in a
            join, so that a late fact and a newer one of another field both survive.
        source: the record it was read from: unknown fields and the spelling of unchanged values live on in it.
    """

    author: str = ""
    state: State | None = None
    files_changed: int | None = None
    test_files_added: int | None = None
    docs_updated: bool | None = None
    branch: str | None = None
    base: str | None = None
    created: datetime | None = None
    closed: datetime | None = None
    merged: datetime | None = None
    agents: tuple[Agent, ...] = ()
    commits: tuple[str, ...] = ()
    is_auto: bool = False
    evidence: tuple[Evidence, ...] = ()
    placement: Placement | None = None
    seen: Mapping[str, datetime] = {}
    source: Mapping[str, Any] = {}


REPORTED = (
    "author",
    "state",
    "files_changed",
    "test_files_added",
    "docs_updated",
    "branch",
    "base",
    "closed",
    "merged",
)


class Totals(Struct, frozen=True):
    """Sums over pull requests."""

    files_changed: int = 0
    test_files_added: int = 0
    docs_updated: bool = False

    def __add__(self, other: "Totals") -> "Totals":
        return Totals(
            self.files_changed + other.files_changed,
            self.test_files_added + other.test_files_added,
            self.docs_updated or other.docs_updated,
        )


class Trigger(StrEnum):
    """Why a session completed. `explicit_marker` is stored as `explicit_marker: <marker>`."""

    MANUAL_CLI = "manual_cli"
    MANUAL = "manual"
    TIMEOUT = "timeout"
    EXPLICIT_MARKER = "explicit_marker"
    HEURISTIC_TESTS_DOCS = "heuristic_tests_docs"
    ORPHANED_CLEANUP = "orphaned_cleanup"
    RESTART_CLEANUP = "restart_cleanup"


INFERRED_TRIGGERS = frozenset({Trigger.TIMEOUT, Trigger.ORPHANED_CLEANUP})


class Completion(Struct, frozen=True, order=True):
    """How a session ended."""

    at: datetime
    trigger: str

    @property
    def inferred(self) -> bool:
        """Whether nobody asked for it: activity found later moves it or takes it back."""
        return self.trigger in INFERRED_TRIGGERS


class Reopening(Struct, frozen=True, order=True):
    """A correction: ends that somebody asked for up to this time do not count."""

    at: datetime
    by: str


class Merging(Struct, frozen=True, order=True):
    """A correction: the session of this id became part of another one by hand."""

    id: str
    at: datetime
    by: str


class Session(Struct, frozen=True, kw_only=True):
    """One stretch of work by one author in one repository.

    Attributes:
        id: `<author>-<YYYYMMDD>-<HHMM>`, or any safe id that somebody gave.
        started: `None` where an old file does not say.
        completion: `None` while it is active.
        other_ends: ends that do not stand beside an asked one, and would if that were taken back.
        reopened: the latest time at which an asked end was taken back.
        pull_requests: facts by number.
        carried: numbers that an old file listed without facts.
        carried_totals: what an old file counted for those numbers; counts until all of them have facts.
        elsewhere: those of the carried numbers that have facts in another place; they are not this session's.
        merged: what became part of it by hand.
        runs: the agents' conversations that hooks saw in it.
        inferred: made by recording alone, nobody started it: it rests on the set of its pull requests.
        aliases: ids of sessions that became part of this one.
        source: the record it was read from: unknown fields and the spelling of unchanged values live on in it.
    """

    id: str
    author: str = ""
    started: datetime | None = None
    last_activity: datetime | None = None
    completion: Completion | None = None
    other_ends: tuple[Completion, ...] = ()
    reopened: Reopening | None = None
    pull_requests: Mapping[str, Facts] = {}
    carried: tuple[str, ...] = ()
    carried_totals: Totals = Totals()
    elsewhere: tuple[str, ...] = ()
    merged: tuple[Merging, ...] = ()
    runs: tuple[Run, ...] = ()
    title: str = ""
    inferred: bool = False
    aliases: tuple[str, ...] = ()
    source: Mapping[str, Any] = {}

    @property
    def latest(self) -> datetime | None:
        """The last sign of work: activity, or the start where no activity is known."""
        return self.last_activity or self.started

    @property
    def prs(self) -> tuple[str, ...]:
        """The numbers of all its pull requests, each once, as people count them."""
        return tuple(sorted({*self.carried, *self.pull_requests} - {*self.elsewhere}, key=number_order))

    @property
    def ends(self) -> tuple[Completion, ...]:
        """Every end that is known and not taken back, the one that stands first."""
        return (self.completion, *self.other_ends) if self.completion else ()

    def lists(self, number: str) -> bool:
        """Whether a pull request is one of `prs`."""
        return (number in self.pull_requests or number in self.carried) and number not in self.elsewhere

    @property
    def rests_on(self) -> Rung:
        """The strongest reason that put its pull requests together, where nobody started or named it; else `NONE`."""
        if not self.inferred:
            return Rung.NONE
        placed = (facts.placement.rung for facts in self.pull_requests.values() if facts.placement)
        return max(placed, default=Rung.TIME)

    @property
    def by_hand(self) -> tuple[str, ...]:
        """The numbers that a correction put here."""
        return tuple(n for n in self.prs if (f := self.pull_requests.get(n)) and f.placement and f.placement.by)

    @property
    def totals(self) -> Totals:
        """Sums over the facts and what was carried; a late fact about a carried number does not count twice."""
        covered = [f for number, f in self.pull_requests.items() if number in self.carried]
        others = [f for number, f in self.pull_requests.items() if number not in self.carried]
        told = sum_facts(covered)
        explained = self.carried and len(covered) + len(self.elsewhere) == len(self.carried)
        return (told if explained else most(told, self.carried_totals)) + sum_facts(others)

    @property
    def duration(self) -> timedelta | None:
        """From start to completion; `None` while active and for an impossible order."""
        return span(self.started, self.completion.at) if self.completion else None

    @property
    def active_time(self) -> timedelta | None:
        """From start to the last activity; `None` for an impossible order."""
        return span(self.started, self.last_activity)


def held_runs(session: Session) -> frozenset[tuple[str, str]]:
    """The agents' runs that hooks saw in a session or that its pull requests carry: agent and the vendor's id."""
    carried = {(a.name, run) for facts in session.pull_requests.values() for a in facts.agents for run in a.runs}
    return frozenset(carried | {(run.agent, run.id) for run in session.runs})


def sum_facts(facts: Iterable[Facts]) -> Totals:
    """What the facts add up to."""
    return sum((Totals(f.files_changed or 0, f.test_files_added or 0, bool(f.docs_updated)) for f in facts), Totals())


def most(one: Totals, other: Totals) -> Totals:
    """The larger of each count."""
    return Totals(
        max(one.files_changed, other.files_changed),
        max(one.test_files_added, other.test_files_added),
        one.docs_updated or other.docs_updated,
    )


def span(start: datetime | None, end: datetime | None) -> timedelta | None:
    """The time between two instants, `None` where either is unknown or they stand in an impossible order."""
    if start is None or end is None or end < start:
        return None
    return end - start
