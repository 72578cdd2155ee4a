"""What the gate decided last about each pull request, for workflows that ask and for pages."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial

from msgspec import Struct
from sqlalchemy import Connection, Engine, delete, select

from pr_sessions.config.organisation import Mode
from pr_sessions.core.gate import clauses, waits_until
from pr_sessions.core.visible_text import one_line
from pr_sessions.gate.assess import Assessment
from pr_sessions.server.gate.configuration import ServedRepository
from pr_sessions.storage.sql.engine import writing
from pr_sessions.storage.sql.schema import gate_decisions, repositories

# A job starts within minutes of its event. Whatever is older may have been overtaken by an event that was missed.
VALID = timedelta(minutes=15)
_SHA, _LONGEST = 40, 300


class StoredDecision(Struct, frozen=True, kw_only=True):
    """A decision about the last commit of a pull request.

    Attributes:
        mode: of the repository at that time.
        waits: whether its checks may wait; in other modes than enforce, whether they could.
        valid_until: after this time nothing waits because of it.
        reasons: why its checks run, in words; none if they may wait.
        planned: what would have been written or started, in words; empty where it was done.
    """

    repository: str
    number: str
    sha: str
    mode: Mode
    waits: bool
    decided: datetime
    valid_until: datetime
    reasons: tuple[str, ...] = ()
    planned: tuple[str, ...] = ()


def decision_of(
    assessment: Assessment, served: ServedRepository, now: datetime, planned: Sequence[str] = ()
) -> StoredDecision | None:
    """Return what is kept of an assessment; `None` where it is about no commit. Pure."""
    event = assessment.event
    pr = assessment.snapshot.pull_requests.get(event.number) or event.pull_request
    if pr is None or len(pr.head_sha) != _SHA:
        return None
    # A decision about an earlier commit than the last says nothing of that one.
    may_wait = assessment.decision.skip if served.mode is Mode.ENFORCE else assessment.decision.postpone
    waits = may_wait and event.sha in ("", pr.head_sha)
    session = assessment.rebuilt.session_of(event.number)
    end = waits_until(session, assessment.policy) if session else None
    return StoredDecision(
        repository=served.name,
        number=event.number,
        sha=pr.head_sha,
        mode=served.mode,
        waits=waits,
        decided=now,
        valid_until=min(now + VALID, end) if end else now + VALID,
        reasons=tuple(clauses(assessment.decision.reasons, partial(one_line, width=_LONGEST))),
        planned=tuple(planned),
    )


def store(engine: Engine, repository_id: int, decision: StoredDecision) -> None:
    """Keep a decision in place of the one before, unless that one is newer."""
    is_it = (gate_decisions.c.repository_id == repository_id) & (gate_decisions.c.number == decision.number)
    with writing(engine) as connection:
        connection.execute(select(repositories.c.id).where(repositories.c.id == repository_id).with_for_update())
        latest = connection.execute(select(gate_decisions.c.decided_at).where(is_it)).scalar()
        if latest is not None and latest > decision.decided:
            return
        connection.execute(delete(gate_decisions).where(is_it))
        connection.execute(
            gate_decisions.insert().values(
                repository_id=repository_id,
                number=decision.number,
                sha=decision.sha,
                mode=decision.mode.value,
                waits=decision.waits,
                decided_at=decision.decided,
                valid_until=decision.valid_until,
                reasons=list(decision.reasons),
                planned=list(decision.planned),
            )
        )


def find(connection: Connection, repository_id: int, number: str) -> StoredDecision | None:
    """Return the last decision about a pull request."""
    row = connection.execute(
        select(gate_decisions, repositories.c.name)
        .join(repositories, repositories.c.id == gate_decisions.c.repository_id)
        .where(gate_decisions.c.repository_id == repository_id, gate_decisions.c.number == number)
    ).first()
    if row is None:
        return None
    return StoredDecision(
        repository=row.name,
        number=row.number,
        sha=row.sha,
        mode=Mode(row.mode),
        waits=row.waits,
        decided=row.decided_at,
        valid_until=row.valid_until,
        reasons=tuple(row.reasons),
        planned=tuple(row.planned),
    )
