"""One merged pull request of an agent as an auditor reads it, and the exceptions in it. Pure."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import StrEnum
from hashlib import sha256

from msgspec import Struct, convert, json

from pr_sessions.server.evidence.observations import Kind, Observation

UNKNOWN = "unknown"
_PASSED = frozenset({"success", "neutral", "skipped"})


class Finding(StrEnum):
    """What an auditor looks at again."""

    # Nobody but who asked for it approved the head that was merged.
    NO_SECOND_PERSON = "no_second_person"
    APPROVED_BY_REQUESTER = "approved_by_requester"
    # A check of the head that was merged failed, or there was none.
    UNCHECKED_HEAD = "unchecked_head"
    # A rule of the branch was bypassed.
    BYPASS = "bypass"


class Approval(Struct, frozen=True, kw_only=True):
    """Who approved which head, and when; `counts` where that head was merged."""

    by: str
    head: str
    at: datetime
    counts: bool


class CheckResult(Struct, frozen=True, kw_only=True):
    """What a check said last of the head that was merged."""

    name: str
    outcome: str
    at: datetime


class EvidenceRow(Struct, frozen=True, kw_only=True):
    """One merged pull request of an agent; `unknown` is what was not recorded.

    Attributes:
        agent: that opened it.
        requester: the person for whom it did.
        head: the last commit before the merge.
        approvals: the oldest first; none where `head` is unknown is no sign that there were none.
        checks: of `head`.
        exceptions: what an auditor looks at again.
        unknowns: which questions cannot be answered: the names of fields and of exceptions.
    """

    repository: str
    number: str
    agent: str
    requester: str
    merged_at: datetime
    merged_by: str
    head: str
    approvals: tuple[Approval, ...]
    checks: tuple[CheckResult, ...]
    exceptions: tuple[str, ...]
    unknowns: tuple[str, ...]


class MergedPullRequest(Struct, frozen=True, kw_only=True):
    """A merged pull request of an agent, as it is stored.

    Attributes:
        has_checks: whether any check of its repository was ever recorded.
    """

    repository: str
    number: str
    agent: str
    merged_at: datetime
    has_checks: bool


def evidence_row(merged: MergedPullRequest, observations: Iterable[Observation]) -> EvidenceRow:
    """Return the row of a pull request.

    Args:
        merged: it.
        observations: those of its number, and checks of its heads.
    """
    known: dict[Kind, list[Observation]] = {kind: [] for kind in Kind}
    for each in sorted(observations, key=lambda each: (each.at, each.subject)):
        known[each.kind].append(each)
    merge = known[Kind.MERGE][-1] if known[Kind.MERGE] else None
    head = merge.head if merge else ""
    requester = known[Kind.REQUEST][-1].subject if known[Kind.REQUEST] else ""
    approvals = tuple(
        Approval(
            by=observation.subject,
            head=observation.head,
            at=observation.at,
            counts=bool(head) and observation.head == head,
        )
        for observation in known[Kind.REVIEW]
        if observation.outcome == "approved"
    )
    checks = tuple(
        CheckResult(name=each.subject, outcome=each.outcome, at=each.at)
        for each in known[Kind.CHECK]
        if head and each.head == head
    )
    merged_by = merge.subject if merge else ""
    exceptions, open_questions = _findings(merged, head, requester, approvals, checks, known[Kind.BYPASS])
    fields = (("requester", requester), ("merged_by", merged_by), ("head", head))
    missing = [name for name, value in fields if not value]
    return EvidenceRow(
        repository=merged.repository,
        number=merged.number,
        agent=merged.agent,
        requester=requester or UNKNOWN,
        merged_at=merged.merged_at,
        merged_by=merged_by or UNKNOWN,
        head=head or UNKNOWN,
        approvals=approvals,
        checks=checks,
        exceptions=tuple(exceptions),
        unknowns=(*missing, *open_questions),
    )


def read_rows(items: Iterable[object]) -> tuple[EvidenceRow, ...]:
    """Return rows that the API sent, as they were made."""
    return tuple(convert(item, EvidenceRow, from_attributes=True) for item in items)


def count_findings(rows: Iterable[EvidenceRow]) -> dict[str, dict[str, int]]:
    """Return how often each exception and each unknown stands in rows."""
    exceptions, unknowns = Counter[str](), Counter[str]()
    for row in rows:
        exceptions.update(row.exceptions)
        unknowns.update(row.unknowns)
    return {"exceptions": dict(sorted(exceptions.items())), "unknowns": dict(sorted(unknowns.items()))}


def rows_digest(rows: Iterable[EvidenceRow]) -> str:
    """Return the SHA-256 over the rows: of each its JSON in this order of fields, and the end of a line."""
    digest = sha256()
    for row in rows:
        digest.update(json.encode(row) + b"\n")
    return digest.hexdigest()


def _findings(
    merged: MergedPullRequest,
    head: str,
    requester: str,
    approvals: Sequence[Approval],
    checks: Sequence[CheckResult],
    bypasses: Sequence[Observation],
) -> tuple[list[str], list[str]]:
    """Return the exceptions, and those of which nobody can say whether there is one."""
    exceptions, unknown = list[str](), list[str]()
    counting = [approval.by for approval in approvals if approval.counts]
    seconds = [by for by in counting if by.lower() != requester.lower()]
    if not head:
        unknown.append(Finding.NO_SECOND_PERSON)
    elif not seconds:
        exceptions.append(Finding.NO_SECOND_PERSON)
    elif not requester and len(set(seconds)) == 1:
        # The only one who approved may be who asked for it.
        unknown.append(Finding.NO_SECOND_PERSON)
    if not (head and requester):
        unknown.append(Finding.APPROVED_BY_REQUESTER)
    elif len(seconds) < len(counting):
        exceptions.append(Finding.APPROVED_BY_REQUESTER)
    if not head or not (checks or merged.has_checks):
        unknown.append(Finding.UNCHECKED_HEAD)
    elif not checks or any(check.outcome not in _PASSED for check in checks):
        exceptions.append(Finding.UNCHECKED_HEAD)
    if not bypasses:
        unknown.append(Finding.BYPASS)
    elif bypasses[-1].outcome == "bypass":
        exceptions.append(Finding.BYPASS)
    return exceptions, unknown
