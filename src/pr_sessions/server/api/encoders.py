"""From values of the rules to answers of the API."""

from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import TypeVar

from pr_sessions.core.agents import Agent, Evidence, Run, involvement
from pr_sessions.core.explain import Explanation
from pr_sessions.core.inbox import Row
from pr_sessions.core.models import Attribution, Basis, PullRequestRecord
from pr_sessions.core.open_pull_requests import OpenPullRequest
from pr_sessions.core.summary import SessionSummary
from pr_sessions.server.api import schemas
from pr_sessions.server.backend import (
    DecisionDay,
    DecisionLine,
    DeliveryLine,
    GivenUpLine,
    RepositoryLine,
    StorageLine,
)
from pr_sessions.server.viewer import Viewer
from pr_sessions.storage.audit import AuditEntry
from pr_sessions.storage.queries import Page, PullRequestLine, SessionLine

F = TypeVar("F")
T = TypeVar("T")


def page(lines: Page[F], encode: Callable[[F], T]) -> schemas.PageOf[T]:
    """Return a part of a list."""
    return schemas.PageOf(items=tuple(map(encode, lines.items)), next=lines.next or None)


def session_item(line: SessionLine) -> schemas.SessionItem:
    """Return a session of a list."""
    return schemas.SessionItem(
        repository=line.repository,
        session_id=line.id,
        author=line.author or None,
        agent=line.agent or None,
        title=line.title or None,
        is_active=line.is_active,
        started=line.started,
        last_activity=line.latest,
        completed=line.ended,
        completion_trigger=line.trigger or None,
        pull_requests=line.pull_requests,
    )


def session(repository: str, summary: SessionSummary, linked: Iterable[SessionLine] = ()) -> schemas.SessionAnswer:
    """Return a session with its pull requests."""
    value, end, totals = summary.session, summary.session.completion, summary.session.totals
    known = value.pull_requests
    return schemas.SessionAnswer(
        repository=repository,
        session_id=value.id,
        aliases=value.aliases,
        author=value.author or None,
        title=value.title or None,
        status=summary.status.value,
        is_inferred=value.rests_on is Basis.TIME,
        started=value.started,
        last_activity=value.last_activity,
        completed=end.at if end else None,
        completion_trigger=end.trigger if end else None,
        duration_minutes=_minutes(value.duration) if end else None,
        minutes_left=summary.minutes_left,
        total_files_changed=totals.files_changed,
        test_files_added=totals.test_files_added,
        docs_updated=totals.docs_updated,
        score=value.final_score,
        runs=tuple(map(_run, value.runs)),
        pull_requests=tuple(
            pull_request(repository, number, known.get(number, PullRequestRecord()), value.id) for number in value.prs
        ),
        linked=tuple(map(session_item, linked)),
    )


def pull_request_item(line: PullRequestLine) -> schemas.PullRequestItem:
    """Return a pull request of a list."""
    return schemas.PullRequestItem(
        repository=line.repository,
        number=line.number,
        session_id=line.session_id or None,
        author=line.author or None,
        agent=line.agent or None,
        state=line.state or None,
        opened=line.opened,
        merged=line.merged,
        basis=line.basis or None,
    )


def pull_request(
    repository: str, number: str, record: PullRequestRecord, session_id: str | None
) -> schemas.PullRequestAnswer:
    """Return what is kept of a pull request."""
    return schemas.PullRequestAnswer(
        repository=repository,
        number=number,
        session_id=session_id,
        author=record.author or None,
        state=record.state,
        is_auto=record.is_auto,
        involvement=involvement(record.agents).value,
        branch=record.branch,
        base=record.base,
        files_changed=record.files_changed,
        test_files_added=record.test_files_added,
        docs_updated=record.docs_updated,
        opened=record.created,
        closed=record.closed,
        merged=record.merged,
        agents=tuple(map(_agent, record.agents)),
        evidence=tuple(map(_evidence, sorted(record.evidence))),
        attribution=_attribution(record.attribution),
    )


def why(repository: str, explanation: Explanation) -> schemas.WhyAnswer:
    """Return why a pull request is where it is."""
    missing = explanation.not_asked
    return schemas.WhyAnswer(
        repository=repository,
        number=explanation.number,
        session_id=explanation.session_id,
        is_auto=explanation.is_auto,
        involvement=involvement(explanation.agents).value,
        agents=tuple(map(_agent, explanation.agents)),
        evidence=tuple(map(_evidence, explanation.evidence)),
        attribution=_attribution(explanation.attribution),
        bases=tuple(
            schemas.BasisAnswer(
                basis=result.basis.label,
                outcome=result.outcome.name.lower(),
                detail=result.detail,
                sessions=result.sessions,
                not_asked=missing.get(result.basis),
            )
            for result in explanation.bases
        ),
        would_join=explanation.would_join or None,
        equal_matches=explanation.equal_matches,
    )


def inbox_row(repository: str, row: Row) -> schemas.InboxRow:
    """Return a row of the inbox."""
    additions, deletions = row.size or (None, None)
    return schemas.InboxRow(
        repository=repository,
        id=row.id,
        kind=row.kind.value,
        session_id=row.session_id,
        section=row.section.value,
        reason=row.reason,
        next=row.next,
        agents=row.agents,
        additions=additions,
        deletions=deletions,
        pushed=row.pushed,
        pull_requests=tuple(map(_open_pull_request, row.prs)),
        conflicts=tuple(tuple(pair.numbers) for pair in row.conflicts),
    )


def repository(line: RepositoryLine, viewer: Viewer) -> schemas.RepositoryAnswer:
    """Return a repository and its health."""
    return schemas.RepositoryAnswer(
        name=line.name,
        mode=line.mode or None,
        state=line.state,
        problem=line.problem or None,
        active_sessions=line.active_sessions,
        inbox_at=line.inbox_at,
        last_delivery_at=line.last_delivery_at,
        reconciled_at=line.reconciled_at,
        drift=None if line.drift is None else dict(line.drift),
        waiting=line.waiting,
        dead=line.dead,
        can_write=viewer.may_change(line.name),
    )


def audit_item(entry: AuditEntry) -> schemas.AuditItem:
    """Return an entry of the audit log."""
    return schemas.AuditItem(
        id=entry.id,
        at=entry.at,
        by=entry.by,
        operation=entry.operation,
        reason=entry.reason,
        details=dict(entry.details),
    )


def storage_item(line: StorageLine) -> schemas.StorageItem:
    """Return a place where something is stored."""
    return schemas.StorageItem(what=line.what, where=line.where, size=line.size, count=line.count)


def delivery_item(line: DeliveryLine) -> schemas.DeliveryItem:
    """Return a delivery."""
    return schemas.DeliveryItem(
        id=line.id,
        guid=line.guid,
        event=line.event,
        repository=line.repository or None,
        state=line.state,
        received_at=line.received_at,
        attempts=line.attempts,
        next_at=line.next_at,
        problem=line.problem or None,
    )


def given_up_item(line: GivenUpLine) -> schemas.GivenUpItem:
    """Return something that was given up."""
    return schemas.GivenUpItem(
        id=line.id,
        repository=line.repository,
        kind=line.kind,
        subject=line.subject or None,
        created_at=line.created_at,
        attempts=line.attempts,
        problem=line.problem or None,
    )


def decision_item(line: DecisionLine) -> schemas.DecisionItem:
    """Return what was decided about a pull request."""
    return schemas.DecisionItem(
        number=line.number,
        sha=line.sha,
        mode=line.mode,
        waits=line.waits,
        decided=line.decided,
        reasons=line.reasons,
        planned=line.planned,
    )


def decision_day(line: DecisionDay) -> schemas.DecisionDayItem:
    """Return how it was decided on a day."""
    return schemas.DecisionDayItem(day=line.day, waits=line.waits, runs=line.runs)


def _open_pull_request(pr: OpenPullRequest) -> schemas.OpenPullRequestAnswer:
    return schemas.OpenPullRequestAnswer(
        number=pr.number,
        url=pr.address or None,
        title=pr.title,
        author=pr.author,
        agent=pr.agent or None,
        opened=pr.opened,
        branch=pr.branch,
        review=pr.review.state.value,
        checks=pr.checks.value,
        is_draft=pr.is_draft,
        additions=pr.additions,
        deletions=pr.deletions,
    )


def _run(run: Run) -> schemas.RunAnswer:
    return schemas.RunAnswer(agent=run.agent, id=run.id, started=run.started, last_activity=run.last_activity)


def _agent(agent: Agent) -> schemas.AgentAnswer:
    return schemas.AgentAnswer(
        name=agent.name,
        role=agent.role_label,
        confidence=agent.confidence_label,
        evidence=tuple(map(_evidence, agent.evidence)),
    )


def _evidence(evidence: Evidence) -> schemas.EvidenceAnswer:
    return schemas.EvidenceAnswer(rule=evidence.rule, detail=evidence.detail)


def _attribution(attribution: Attribution | None) -> schemas.AttributionAnswer | None:
    if attribution is None:
        return None
    return schemas.AttributionAnswer(
        basis=attribution.label, at=attribution.at, detail=attribution.detail, by=attribution.by or None
    )


def _minutes(span: timedelta | None) -> int | None:
    return None if span is None else span // timedelta(minutes=1)
