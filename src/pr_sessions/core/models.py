"""The values that rules take and return. All are frozen; all times are aware and in UTC."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from enum import IntEnum, StrEnum

from msgspec import Struct

from pr_sessions.core.agents import Agent, Evidence, FoundRun, Involvement, Run, involvement
from pr_sessions.core.ids import number_order, repositories_of
from pr_sessions.core.merge_json import word_in


class Status(StrEnum):
    """The state of a session at a given moment. Only `active` and `completed` are stored."""

    ACTIVE = "active"
    WARNING = "warning"
    IDLE = "idle"
    COMPLETED = "completed"


class State(StrEnum):
    """The state of a pull request on its forge."""

    OPEN = "open"
    CLOSED = "closed"
    MERGED = "merged"


class Basis(IntEnum):
    """The kinds of reasons for an attribution, the weakest first. A weaker basis never overrides a stronger one.

    `UNKNOWN` is a basis that a newer version wrote. Only a correction overrides it.
    """

    NONE = 0
    TIME = 1
    COMMITS = 2
    STACK = 3
    WORKSPACE = 4
    MARKER = 5
    AGENT_RUN = 6
    HOOK = 7
    UNKNOWN = 8
    MANUAL = 9

    @property
    def label(self) -> str:
        """The name in output. The session file has words of its own, which its codec knows."""
        return self.name.lower()


class Stack(Struct, frozen=True, order=True):
    """A pull request's place in a stack: an ordered chain of pull requests that the forge itself keeps.

    Attributes:
        number: the stack's own, in its repository; 0 where the forge says that the pull request is in none any more.
        position: 1 is the lowest; it stays the same when lower ones merge.
        size: how many pull requests the stack has; 0 if the forge does not say.
        base: the branch that the lowest one is meant for; empty if the forge does not say.
        rest: the fields of the file that this version does not understand, as JSON.
    """

    number: int
    position: int = 0
    size: int = 0
    base: str = ""
    rest: str = ""


NO_STACK = Stack(0)


TEAM_MARK = "team_mark"
_OF_THE_TEAM = frozenset({"title", "commit message", "body mark", "small change"})


class Verdict(Struct, frozen=True):
    """Whether a pull request is automatic, and by what evidence.

    Attributes:
        agents: all that were involved, automatic or not: those that the source names and those that signatures show.
        runs: those that its texts name; the one that opened it is first.
    """

    is_auto: bool
    evidence: tuple[Evidence, ...] = ()
    agents: tuple[Agent, ...] = ()
    runs: tuple[FoundRun, ...] = ()

    @property
    def involvement(self) -> Involvement:
        """Return what part agents had in it."""
        return involvement(self.agents)

    @property
    def sign(self) -> str:
        """Return what agents' part in it is, or `team_mark` where only a mark of the team makes it automatic."""
        return TEAM_MARK if self.is_auto and self.involvement is Involvement.NO_SIGN else self.involvement.value

    @property
    def by_agent_alone(self) -> bool:
        """Whether it is automatic only because an agent opened it: no pattern, mark or small size makes it so."""
        return self.is_auto and _OF_THE_TEAM.isdisjoint(evidence.rule for evidence in self.evidence)

    @property
    def is_agents_alone(self) -> bool:
        """Whether an agent's part is all that makes it count: no mark of the team's says where it belongs."""
        is_shown = self.involvement is not Involvement.NO_SIGN
        return is_shown and (self.by_agent_alone or not self.is_auto)


class PullRequest(Struct, frozen=True, kw_only=True):
    """A pull request as its forge, a script or git's history reports it. `None` stands for "not reported".

    Rules read title, body, labels, commit messages and their authors; nothing stores them.

    Attributes:
        number: digits, or `owner/name#digits` in another repository.
        author: login on the forge.
        author_id: the forge's number for that login, which nobody else can get.
        author_is_name: whether the author is a name from git instead of a login.
        commit_authors: e-mail addresses, or logins where the forge gives only those, in the order of the commits.
        commits: hashes of its commits.
        files_changed: how many files it changes.
        test_files_added: how many test files it adds.
        docs_updated: whether it touches documentation.
        branch: head branch.
        base: branch it is meant for.
        created: when it was opened.
        agents: those that the source itself names.
        stack: its place in a stack; `NO_STACK` if the forge says that it is in none.
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
    stack: Stack | None = None


class Attribution(Struct, frozen=True):
    """Why a pull request is in its session.

    Attributes:
        basis: what kind of reason it is; a larger one is stronger.
        at: when the event happened that gave the reason; `None` if the file does not say.
        detail: what the basis found: a mark, a branch, a session's span.
        by: who put it there; empty unless a person did.
        rest: the fields of the file that this version does not understand, as JSON, such as an unknown basis.
    """

    basis: Basis
    at: datetime | None
    detail: str = ""
    by: str = ""
    rest: str = ""

    @property
    def label(self) -> str:
        """Return the name of the basis, or the word in the file if only a newer version knows the basis."""
        return (self.basis is Basis.UNKNOWN and word_in(self.rest, "rung")) or self.basis.label


class PullRequestRecord(Struct, frozen=True, kw_only=True):
    """What is kept of a pull request.

    Attributes:
        commits: abbreviated hashes, kept only if it is automatic only because an agent opened it.
        state: a `State`, or the word that a newer version wrote.
        stack: its place in a stack; `NO_STACK` if it left one.
        reported_at: when each field in `REPORTED` was last reported, by field name. In a merge the latest report of
            each field wins.
    """

    author: str = ""
    state: str | None = None
    files_changed: int | None = None
    test_files_added: int | None = None
    docs_updated: bool | None = None
    branch: str | None = None
    base: str | None = None
    stack: Stack | None = None
    created: datetime | None = None
    closed: datetime | None = None
    merged: datetime | None = None
    agents: tuple[Agent, ...] = ()
    commits: tuple[str, ...] = ()
    is_auto: bool = False
    evidence: tuple[Evidence, ...] = ()
    attribution: Attribution | None = None
    reported_at: Mapping[str, datetime] = {}

    @property
    def verdict(self) -> Verdict:
        """Return what is kept of the verdict; runs are kept with the agents."""
        return Verdict(is_auto=self.is_auto, evidence=self.evidence, agents=self.agents)


REPORTED = (
    "author",
    "state",
    "files_changed",
    "test_files_added",
    "docs_updated",
    "branch",
    "base",
    "stack",
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
    RUN_ENDED = "run_ended"
    EXPLICIT_MARKER = "explicit_marker"
    HEURISTIC_TESTS_DOCS = "heuristic_tests_docs"
    ORPHANED_CLEANUP = "orphaned_cleanup"
    RESTART_CLEANUP = "restart_cleanup"


INFERRED_TRIGGERS = frozenset({Trigger.TIMEOUT, Trigger.RUN_ENDED, Trigger.ORPHANED_CLEANUP})


UNKNOWN_TRIGGER = "unknown"
_NO_TIME = datetime(1970, 1, 1, tzinfo=UTC)


class Completion(Struct, frozen=True):
    """How a session ended.

    Attributes:
        at: when; `None` if the file does not say.
        trigger: why. Any text, since other programs and newer versions have triggers of their own.
    """

    at: datetime | None
    trigger: str

    def order(self) -> tuple[bool, datetime, str]:
        """Return a key that sorts ends by time, those of unknown time last."""
        return (self.at is None, self.at or _NO_TIME, self.trigger)

    def is_after(self, moment: datetime) -> bool:
        """Return whether it is known to be later than a moment."""
        return self.at is not None and self.at > moment

    @property
    def inferred(self) -> bool:
        """Whether activity that is reported later moves or removes it: no person and no mark ended the session."""
        return self.trigger in INFERRED_TRIGGERS


class Reopening(Struct, frozen=True, order=True):
    """A correction: completions requested up to this time do not count."""

    at: datetime
    by: str
    rest: str = ""


class Merging(Struct, frozen=True, order=True):
    """A correction: the session with this id was merged into another one."""

    id: str
    at: datetime
    by: str
    rest: str = ""


class Split(Struct, frozen=True, order=True):
    """A correction: this session holds what the session with this id held before it was merged into another one."""

    id: str
    at: datetime
    by: str
    rest: str = ""


class Session(Struct, frozen=True, kw_only=True):
    """One stretch of work in one repository.

    Attributes:
        id: `<author>-<YYYYMMDD>-<HHMM>`, `<agent>-<10 hex digits>` or any safe id.
        started: `None` if an old file does not say.
        completion: `None` while it is active.
        other_ends: ends that count only if the completion is undone.
        reopened: the latest undo of a requested completion.
        pull_requests: records by number.
        carried: numbers that an old file lists without records.
        carried_totals: the old file's totals for those numbers; they count until all of them have records.
        elsewhere: carried numbers whose records are in another place, so that they do not belong to this session.
        merged: the sessions that were merged into it.
        split: the undone merges from which this session began.
        runs: the agents' runs that hooks saw in it, or the one that made it.
        inferred: whether recording alone made it and nobody started it. It then follows from the set of its pull
            requests.
        aliases: ids of sessions that became part of this one.
        final_score: the score that another program wrote. It is read and never changed.
    """

    id: str
    author: str = ""
    started: datetime | None = None
    last_activity: datetime | None = None
    completion: Completion | None = None
    other_ends: tuple[Completion, ...] = ()
    reopened: Reopening | None = None
    pull_requests: Mapping[str, PullRequestRecord] = {}
    carried: tuple[str, ...] = ()
    carried_totals: Totals = Totals()
    elsewhere: tuple[str, ...] = ()
    merged: tuple[Merging, ...] = ()
    split: tuple[Split, ...] = ()
    runs: tuple[Run, ...] = ()
    title: str = ""
    inferred: bool = False
    aliases: tuple[str, ...] = ()
    final_score: float | None = None

    @property
    def latest(self) -> datetime | None:
        """The time of the last activity, or of the start if no activity is known."""
        return self.last_activity or self.started

    @property
    def prs(self) -> tuple[str, ...]:
        """The numbers of all its pull requests, each once, in numerical order."""
        return tuple(sorted({*self.carried, *self.pull_requests} - {*self.elsewhere}, key=number_order))

    @property
    def ends(self) -> tuple[Completion, ...]:
        """Every known end that was not undone, the one that counts first."""
        return (self.completion, *self.other_ends) if self.completion else ()

    def lists(self, number: str) -> bool:
        """Whether a pull request is one of `prs`."""
        return (number in self.pull_requests or number in self.carried) and number not in self.elsewhere

    @property
    def repositories(self) -> frozenset[str]:
        """The repositories that it is work in, as `repository_of` names them. Only an old file has several.

        Pull requests that a person or a hook put there do not count. If there are no others, a session that somebody
        started is work in this clone's repository, and an inferred one in the repositories of all its pull requests.
        """
        listed = {*self.carried, *self.pull_requests}.difference(self.elsewhere)
        records = self.pull_requests
        by_evidence = [n for n in listed if n not in records or not is_put(records[n])]
        return repositories_of(by_evidence or (listed if self.inferred else ())) or frozenset({""})

    @property
    def rests_on(self) -> Basis:
        """The strongest basis of its pull requests if nobody started or named it, else `NONE`."""
        if not self.inferred:
            return Basis.NONE
        placed = (record.attribution.basis for record in self.pull_requests.values() if record.attribution)
        return max(placed, default=Basis.TIME)

    @property
    def manual(self) -> tuple[str, ...]:
        """The numbers that a person put here."""
        return tuple(n for n in self.prs if (f := self.pull_requests.get(n)) and f.attribution and f.attribution.by)

    @property
    def totals(self) -> Totals:
        """The sums over its records and what an old file carried. No pull request counts twice."""
        covered = [f for number, f in self.pull_requests.items() if number in self.carried]
        others = [f for number, f in self.pull_requests.items() if number not in self.carried]
        recorded = sum_records(covered)
        explained = self.carried and len(covered) + len(self.elsewhere) == len(self.carried)
        return (recorded if explained else most(recorded, self.carried_totals)) + sum_records(others)

    @property
    def duration(self) -> timedelta | None:
        """The time from start to completion; `None` while it is active or if they are in an impossible order."""
        return span(self.started, self.completion.at) if self.completion else None

    @property
    def active_time(self) -> timedelta | None:
        """The time from start to the last activity; `None` if they are in an impossible order."""
        return span(self.started, self.last_activity)


def is_put(record: PullRequestRecord) -> bool:
    """Return whether a person or a hook put it into its session."""
    return record.attribution is not None and record.attribution.basis >= Basis.HOOK


def in_stack(stack: Stack | None) -> Stack | None:
    """Return the place in a stack; `None` where there is none, or none is known."""
    return stack if stack and stack.number else None


def stack_numbers(session: Session) -> frozenset[int]:
    """Return the numbers of the stacks that its pull requests stand in, of any repository."""
    return frozenset(record.stack.number for record in session.pull_requests.values() if record.stack) - {0}


def held_runs(session: Session) -> frozenset[tuple[str, str]]:
    """Return the runs whose session it is: agent and key.

    A pull request may name runs of other sessions, too. Only where version 0.1.0 made the session, which kept no runs
    of it, those of its pull requests count.
    """
    if session.runs or session.rests_on is not Basis.AGENT_RUN:
        return frozenset((run.agent, key) for run in session.runs for key in run.keys)
    records = session.pull_requests.values()
    return frozenset((agent.name, run) for record in records for agent in record.agents for run in agent.runs)


def sum_records(records: Iterable[PullRequestRecord]) -> Totals:
    """Return the sums over records."""
    return sum((Totals(f.files_changed or 0, f.test_files_added or 0, bool(f.docs_updated)) for f in records), Totals())


def most(left: Totals, right: Totals) -> Totals:
    """Return the larger of each count."""
    return Totals(
        max(left.files_changed, right.files_changed),
        max(left.test_files_added, right.test_files_added),
        left.docs_updated or right.docs_updated,
    )


def span(start: datetime | None, end: datetime | None) -> timedelta | None:
    """Return the time between two instants; `None` if one is unknown or they are in an impossible order."""
    if start is None or end is None or end < start:
        return None
    return end - start
