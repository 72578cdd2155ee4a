"""Examples of what the API answers, for its description."""

from datetime import UTC, datetime

from msgspec import Raw

from pr_sessions.server.api import schemas
from pr_sessions.server.viewer import Right

_REPOSITORY, _SESSION = "shop/web", "cursor-20251122-1000"
_TEN, _ELEVEN = (datetime(2025, 11, 22, hour, tzinfo=UTC) for hour in (10, 11))

ITEM = schemas.SessionItem(
    repository=_REPOSITORY,
    session_id=_SESSION,
    author="maria",
    agent="cursor",
    title=None,
    is_active=False,
    started=_TEN,
    last_activity=_ELEVEN,
    completed=_ELEVEN,
    completion_trigger="timeout",
    pull_requests=1,
)
EVIDENCE = schemas.EvidenceAnswer(rule="title", detail="^auto-pr:")
AGENT = schemas.AgentAnswer(name="cursor", role="opened", confidence="certain", evidence=(EVIDENCE,))
ATTRIBUTION = schemas.AttributionAnswer(basis="marker", at=_TEN, detail=_SESSION, by=None)
PULL_REQUEST_ITEM = schemas.PullRequestItem(
    repository=_REPOSITORY,
    number="42",
    session_id=_SESSION,
    author="maria",
    agent="cursor",
    state="merged",
    opened=_TEN,
    merged=_ELEVEN,
    basis="marker",
)
PULL_REQUEST = schemas.PullRequestAnswer(
    repository=_REPOSITORY,
    number="42",
    session_id=_SESSION,
    author="maria",
    state="merged",
    is_auto=True,
    involvement="opened",
    branch="cursor/cart",
    base="main",
    files_changed=3,
    test_files_added=1,
    docs_updated=False,
    opened=_TEN,
    closed=_ELEVEN,
    merged=_ELEVEN,
    agents=(AGENT,),
    evidence=(EVIDENCE,),
    attribution=ATTRIBUTION,
)
SESSION = schemas.SessionAnswer(
    repository=_REPOSITORY,
    session_id=_SESSION,
    aliases=(),
    author="maria",
    title=None,
    status="completed",
    is_inferred=False,
    started=_TEN,
    last_activity=_ELEVEN,
    completed=_ELEVEN,
    completion_trigger="timeout",
    duration_minutes=60,
    minutes_left=None,
    total_files_changed=3,
    test_files_added=1,
    docs_updated=False,
    score=None,
    runs=(schemas.RunAnswer(agent="cursor", id="5d41402abc4b2a76", started=_TEN, last_activity=_ELEVEN),),
    pull_requests=(PULL_REQUEST,),
    linked=(),
)
WHY = schemas.WhyAnswer(
    repository=_REPOSITORY,
    number="42",
    session_id=_SESSION,
    is_auto=True,
    involvement="opened",
    agents=(AGENT,),
    evidence=(EVIDENCE,),
    attribution=ATTRIBUTION,
    bases=(
        schemas.BasisAnswer(basis="marker", outcome="decided", detail=_SESSION, sessions=(_SESSION,), not_asked=None),
    ),
    would_join=None,
    equal_matches=(),
)
ROW = schemas.InboxRow(
    repository=_REPOSITORY,
    id=_SESSION,
    kind="session",
    session_id=_SESSION,
    section="needs_review",
    reason="nobody reviewed it yet",
    next="review it",
    agents=("cursor",),
    additions=120,
    deletions=8,
    pushed=_ELEVEN,
    pull_requests=(
        schemas.OpenPullRequestAnswer(
            number="42",
            url="https://github.com/shop/web/pull/42",
            title="auto-pr: keep the cart",
            author="maria",
            agent="cursor",
            opened=_TEN,
            branch="cursor/cart",
            review="none",
            checks="passed",
            is_draft=False,
            additions=120,
            deletions=8,
        ),
    ),
    conflicts=(),
)
INBOX = schemas.InboxSummary(made=_ELEVEN, source="GitHub", unknowns=(), counts={"needs_review": 1})
MOVED = schemas.Moved(repository=_REPOSITORY, number="42", before=None, session_id=_SESSION, by="maria", changed=True)
MERGED = schemas.MergedSessions(
    repository=_REPOSITORY, session_id=_SESSION, absorbed="cursor-20251122-1200", by="maria", changed=True
)
COMPLETED = schemas.CompletedSession(
    repository=_REPOSITORY, session_id=_SESSION, completed=_ELEVEN, completion_trigger="manual", changed=True
)
UNDONE = schemas.UndoneAnswer(repository=_REPOSITORY, undid="20251122T110000-1", operation="link", by="maria")
REPOSITORY = schemas.RepositoryAnswer(
    name=_REPOSITORY,
    mode="shadow",
    state="active",
    problem=None,
    active_sessions=2,
    inbox_at=_ELEVEN,
    last_delivery_at=_ELEVEN,
    reconciled_at=None,
    drift=None,
    waiting=0,
    dead=0,
    can_write=True,
)
ENTRY = schemas.AuditItem(
    id="20251122T110000-1",
    at=_ELEVEN,
    by="maria",
    operation="link",
    reason="manual",
    details={"pr": "42", "before": None, "after": _SESSION},
)
PLACE = schemas.StorageItem(what="sessions", where="table sessions", size=None, count=17)
DELIVERY = schemas.DeliveryItem(
    id="7",
    guid="72d3162e-cc78-11e3-81ab-4c9367dc0958",
    event="pull_request.opened",
    repository=_REPOSITORY,
    state="dead",
    received_at=_TEN,
    attempts=12,
    next_at=None,
    problem="GitHub refused: 403",
)
GIVEN_UP = schemas.GivenUpItem(
    id="9",
    repository=_REPOSITORY,
    kind="comment",
    subject="42",
    created_at=_TEN,
    attempts=80,
    problem="GitHub refused: 403",
)
DECISION = schemas.DecisionItem(
    number="42",
    sha="1f0c5ae1d7d9bb0e9a9be1a3cd0e4c1a64c3f9d2",
    mode="shadow",
    waits=True,
    decided=_TEN,
    reasons=(),
    planned=("check on #42 (1f0c5ae): would be in_progress",),
)
DECISION_DAY = schemas.DecisionDayItem(day=_TEN.date(), waits=31, runs=9)
TOKEN = schemas.TokenItem(
    id="0123456789abcdef",
    name="ci-of-the-shop",
    scopes=(Right.READ,),
    repositories=("shop/web",),
    made_by="maria",
    made_at=_TEN,
    expires_at=datetime(2026, 2, 22, 10, tzinfo=UTC),
    revoked_at=None,
    used_at=None,
)
NEW_TOKEN = schemas.NewToken(token=TOKEN, secret="prs_0123456789abcdef_...")  # noqa: S106 - an example, and none
VIEWER = schemas.ViewerAnswer(
    name="maria", source="login", rights=(Right.READ, Right.WRITE), repositories=("shop/web",)
)
_HEAD = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b"
EVIDENCE_ITEM = schemas.EvidenceItem(
    repository=_REPOSITORY,
    number="42",
    agent="cursor",
    requester="maria",
    merged_at=_ELEVEN,
    merged_by="jonas",
    head=_HEAD,
    approvals=(schemas.ApprovalAnswer(by="jonas", head=_HEAD, at=_ELEVEN, counts=True),),
    checks=(schemas.CheckAnswer(name="tests", outcome="success", at=_TEN),),
    exceptions=(),
    unknowns=("bypass",),
)
SESSION_FILE = Raw(b'{"version":"1.0","last_updated":null,"active_sessions":{},"completed_sessions":[]}')
SYNCED = schemas.SyncAnswer(received=(), sent=(_SESSION,), changed=False, sessions=SESSION_FILE)
