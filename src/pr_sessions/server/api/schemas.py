"""What the API answers. These are its own: the session file and the output of commands may change without it."""

from datetime import date, datetime
from typing import Annotated, Any, Generic, TypeVar

from msgspec import Meta, Raw, Struct

from pr_sessions.server.viewer import Right

T = TypeVar("T")
Count = Annotated[int, Meta(ge=0)]


class Answer(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Every answer; `null` is what is not known, or what there is none of."""


class PageOf(Answer, Generic[T], frozen=True, kw_only=True):
    """A part of a list.

    Attributes:
        items: of this part.
        next: the cursor of the next part; `null` at the end.
    """

    items: tuple[T, ...]
    next: str | None


class SessionItem(Answer, frozen=True, kw_only=True):
    """A session in a list."""

    repository: str
    session_id: str
    author: str | None
    agent: str | None
    title: str | None
    is_active: bool
    started: datetime | None
    last_activity: datetime | None
    completed: datetime | None
    completion_trigger: str | None
    pull_requests: Count


class RunAnswer(Answer, frozen=True, kw_only=True):
    """One conversation or task of an agent; its id is the key that stands for the vendor's own."""

    agent: str
    id: str
    started: datetime
    last_activity: datetime


class EvidenceAnswer(Answer, frozen=True, kw_only=True):
    """A rule, and what it matched."""

    rule: str
    detail: str


class AgentAnswer(Answer, frozen=True, kw_only=True):
    """An agent's part in a pull request."""

    name: str
    role: str
    confidence: str
    evidence: tuple[EvidenceAnswer, ...]


class AttributionAnswer(Answer, frozen=True, kw_only=True):
    """Why a pull request is in its session.

    Attributes:
        basis: the kind of reason, such as `marker`.
        by: the person who put it there.
    """

    basis: str
    at: datetime | None
    detail: str
    by: str | None


class PullRequestItem(Answer, frozen=True, kw_only=True):
    """A pull request in a list.

    Attributes:
        basis: the kind of reason why it is in its session.
    """

    repository: str
    number: str
    session_id: str | None
    author: str | None
    agent: str | None
    state: str | None
    opened: datetime | None
    merged: datetime | None
    basis: str | None


class PullRequestAnswer(Answer, frozen=True, kw_only=True):
    """What is kept of a pull request. Titles and texts are not."""

    repository: str
    number: str
    session_id: str | None
    author: str | None
    state: str | None
    is_auto: bool
    involvement: str
    branch: str | None
    base: str | None
    files_changed: int | None
    test_files_added: int | None
    docs_updated: bool | None
    opened: datetime | None
    closed: datetime | None
    merged: datetime | None
    agents: tuple[AgentAnswer, ...]
    evidence: tuple[EvidenceAnswer, ...]
    attribution: AttributionAnswer | None


class SessionAnswer(Answer, frozen=True, kw_only=True):
    """A session with its pull requests.

    Attributes:
        status: active, warning, idle or completed, at this moment.
        aliases: ids of sessions that became part of it.
        is_inferred: whether only author and time say that its pull requests belong together.
        minutes_left: until it runs out.
        linked: sessions of other repositories that hold a run of this one.
        score: what another program wrote.
    """

    repository: str
    session_id: str
    aliases: tuple[str, ...]
    author: str | None
    title: str | None
    status: str
    is_inferred: bool
    started: datetime | None
    last_activity: datetime | None
    completed: datetime | None
    completion_trigger: str | None
    duration_minutes: int | None
    minutes_left: int | None
    total_files_changed: int
    test_files_added: int
    docs_updated: bool
    score: float | None
    runs: tuple[RunAnswer, ...]
    pull_requests: tuple[PullRequestAnswer, ...]
    linked: tuple[SessionItem, ...]


class BasisAnswer(Answer, frozen=True, kw_only=True):
    """What a basis says of a pull request.

    Attributes:
        outcome: `decided`, or how it compares to the one that did.
        sessions: ids of the sessions that it names.
        not_asked: why it could not be evaluated.
    """

    basis: str
    outcome: str
    detail: str
    sessions: tuple[str, ...]
    not_asked: str | None


class WhyAnswer(Answer, frozen=True, kw_only=True):
    """Why a pull request is in its session, or in none: every basis, the strongest first.

    Attributes:
        would_join: the session that it would go to if it were recorded again.
        equal_matches: the sessions that fit equally well, so that it is in none of them.
    """

    repository: str
    number: str
    session_id: str | None
    is_auto: bool
    involvement: str
    agents: tuple[AgentAnswer, ...]
    evidence: tuple[EvidenceAnswer, ...]
    attribution: AttributionAnswer | None
    bases: tuple[BasisAnswer, ...]
    would_join: str | None
    equal_matches: tuple[str, ...]


class CountsAnswer(Answer, frozen=True, kw_only=True):
    """How many there are."""

    active: Count
    completed: Count
    pull_requests: Count
    unattributed: Count


class OpenPullRequestAnswer(Answer, frozen=True, kw_only=True):
    """An open pull request of a row of the inbox."""

    number: str
    url: str | None
    title: str
    author: str
    agent: str | None
    opened: datetime | None
    branch: str | None
    review: str
    checks: str
    is_draft: bool | None
    additions: int | None
    deletions: int | None


class InboxRow(Answer, frozen=True, kw_only=True):
    """Open pull requests that are looked at together, in the order of review.

    Attributes:
        kind: why they stand together, such as `session`.
        section: what to do with them, such as `review`.
        reason: why they stand in that section.
        next: what to do next.
        conflicts: pairs of numbers that touch the same files.
    """

    repository: str
    id: str
    kind: str
    session_id: str | None
    section: str
    reason: str
    next: str
    agents: tuple[str, ...]
    additions: int | None
    deletions: int | None
    pushed: datetime | None
    pull_requests: tuple[OpenPullRequestAnswer, ...]
    conflicts: tuple[tuple[str, ...], ...]


class InboxSummary(Answer, frozen=True, kw_only=True):
    """The inbox without its rows.

    Attributes:
        made: when the oldest part of it was made.
        unknowns: what could not be read, in words.
        counts: rows by section.
    """

    made: datetime | None
    source: str | None
    unknowns: tuple[str, ...]
    counts: dict[str, Count]


class Moved(Answer, frozen=True, kw_only=True):
    """Where a correction put a pull request.

    Attributes:
        before: the session that it was in.
        session_id: the session that it is in now.
        changed: false where a correction had put it there before.
    """

    repository: str
    number: str
    before: str | None
    session_id: str | None
    by: str
    changed: bool


class MergedSessions(Answer, frozen=True, kw_only=True):
    """Two sessions that are one.

    Attributes:
        absorbed: the id that is an alias now; `null` where they were one already.
    """

    repository: str
    session_id: str
    absorbed: str | None
    by: str
    changed: bool


class CompletedSession(Answer, frozen=True, kw_only=True):
    """A session that ended.

    Attributes:
        changed: false where it had ended before.
    """

    repository: str
    session_id: str
    completed: datetime | None
    completion_trigger: str | None
    changed: bool


class UndoneAnswer(Answer, frozen=True, kw_only=True):
    """A correction that was undone."""

    repository: str
    undid: str
    operation: str
    by: str


class RepositoryAnswer(Answer, frozen=True, kw_only=True):
    """A repository and its health.

    Attributes:
        mode: off, shadow, advisory or enforce.
        problem: of its configuration or its last reading.
        drift: what the last reconciliation repaired, by kind.
        waiting: deliveries that are not handled yet.
        dead: deliveries that were given up.
        can_write: whether who asks may correct its sessions.
    """

    name: str
    mode: str | None
    state: str
    problem: str | None
    active_sessions: Count
    inbox_at: datetime | None
    last_delivery_at: datetime | None
    reconciled_at: datetime | None
    drift: dict[str, int] | None
    waiting: Count
    dead: Count
    can_write: bool


class AuditItem(Answer, frozen=True, kw_only=True):
    """Who changed what, in ids and numbers.

    Attributes:
        id: names it for an undo.
        details: what it was about.
    """

    id: str
    at: datetime
    by: str
    operation: str
    reason: str
    details: dict[str, Any]


class StorageItem(Answer, frozen=True, kw_only=True):
    """A place where something is stored; `size` is in bytes."""

    what: str
    where: str
    size: int | None
    count: int | None


class StorageList(Answer, frozen=True, kw_only=True):
    """Where everything is stored."""

    items: tuple[StorageItem, ...]


class DeliveryItem(Answer, frozen=True, kw_only=True):
    """A delivery of the forge, without what it says."""

    id: str
    guid: str
    event: str
    repository: str | None
    state: str
    received_at: datetime
    attempts: Count
    next_at: datetime | None
    problem: str | None


class GivenUpItem(Answer, frozen=True, kw_only=True):
    """Something that was to be done on the forge, and was given up.

    Attributes:
        subject: a pull request or a session; `null` for the whole repository.
        problem: why the last attempt failed.
    """

    id: str
    repository: str
    kind: str
    subject: str | None
    created_at: datetime
    attempts: Count
    problem: str | None


class DecisionItem(Answer, frozen=True, kw_only=True):
    """What the gate decided last about a pull request.

    Attributes:
        mode: of the repository at that time; in `shadow` nothing was written.
        waits: whether its checks may wait; in other modes than enforce, whether they could.
        reasons: why its checks run.
        planned: what shadow mode would have written or started.
    """

    number: str
    sha: str
    mode: str
    waits: bool
    decided: datetime
    reasons: tuple[str, ...]
    planned: tuple[str, ...]


class DecisionDayItem(Answer, frozen=True, kw_only=True):
    """How many pull requests were decided about last on a day in UTC, and how."""

    day: date
    waits: Count
    runs: Count


class DecisionDays(Answer, frozen=True, kw_only=True):
    """The days of the last week on which something was decided, the latest first."""

    items: tuple[DecisionDayItem, ...]


class TokenItem(Answer, frozen=True, kw_only=True):
    """A token without its secret.

    Attributes:
        repositories: those that it is good for, in lower case; `null` for all.
        used_at: of the last use, to five minutes.
    """

    id: str
    name: str
    scopes: tuple[Right, ...]
    repositories: tuple[str, ...] | None
    made_by: str
    made_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    used_at: datetime | None


class TokenList(Answer, frozen=True, kw_only=True):
    """All tokens, the newest first."""

    items: tuple[TokenItem, ...]


class NewToken(Answer, frozen=True, kw_only=True):
    """A token that was created.

    Attributes:
        secret: what a program sends. Nothing shows it again.
    """

    token: TokenItem
    secret: str


class ViewerAnswer(Answer, frozen=True, kw_only=True):
    """Who asks, and what that person or program may do.

    Attributes:
        source: local, login or token.
        repositories: those that it sees, in lower case; `null` for all.
    """

    name: str
    source: str
    rights: tuple[Right, ...]
    repositories: tuple[str, ...] | None


class ApprovalAnswer(Answer, frozen=True, kw_only=True):
    """Who approved which head, and when.

    Attributes:
        counts: whether that head was merged.
    """

    by: str
    head: str
    at: datetime
    counts: bool


class CheckAnswer(Answer, frozen=True, kw_only=True):
    """What a check said last of the head that was merged."""

    name: str
    outcome: str
    at: datetime


class EvidenceItem(Answer, frozen=True, kw_only=True):
    """A merged pull request of an agent; `unknown` is what was not recorded.

    Attributes:
        requester: the person for whom the agent opened it.
        head: the last commit before the merge.
        exceptions: no_second_person, approved_by_requester, unchecked_head, bypass.
        unknowns: which questions cannot be answered: names of fields and of exceptions.
    """

    repository: str
    number: str
    agent: str
    requester: str
    merged_at: datetime
    merged_by: str
    head: str
    approvals: tuple[ApprovalAnswer, ...]
    checks: tuple[CheckAnswer, ...]
    exceptions: tuple[str, ...]
    unknowns: tuple[str, ...]


class SyncAnswer(Answer, frozen=True, kw_only=True):
    """What both know.

    Attributes:
        received: ids of the sessions that the clone knew better.
        sent: ids of the sessions that the server knew better.
        sessions: a session file with all of them.
    """

    received: tuple[str, ...]
    sent: tuple[str, ...]
    changed: bool
    sessions: Annotated[Raw, Meta(extra_json_schema={"type": "object"})]
