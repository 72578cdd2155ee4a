"""Judgements for tests, put together by hand."""

from datetime import datetime, timedelta
from typing import Any

from msgspec.structs import replace

from pr_sessions.core.agents import Agent
from pr_sessions.core.gate import PullRequestStatus, decide
from pr_sessions.core.models import PullRequest, PullRequestRecord, Session, State
from pr_sessions.core.overlay import InMemorySessions
from pr_sessions.core.policy import Policy
from pr_sessions.forges.base import ChangedFile, ForgePullRequest, User
from pr_sessions.gate.assess import Assessment
from pr_sessions.gate.event import Event
from pr_sessions.gate.rebuild import RebuiltSessions, Snapshot
from pr_sessions.gate.status import SessionView, view
from rules import all_signatures
from strategies import START

NOW = START + timedelta(minutes=20)
SESSION = "bot-20251122-1000"


def pull(number: int, title: str = "", **told: Any) -> ForgePullRequest:
    """An open pull request of the repository's own."""
    known = {"state": State.OPEN, "branch": f"work-{number}", "base": "main", "created": START} | told
    return ForgePullRequest(
        pull_request=PullRequest(number=str(number), title=title or f"auto-pr: {number}", author="bot", **known),
        author=User("bot"),
        repository="ada/shop",
        head_repository="ada/shop",
        head_sha="6dcb09b5b57875f334f61aebed695e2e4193db5e",
    )


def snapshot(*pulls: ForgePullRequest, **files: str) -> Snapshot:
    """What the forge tells: `snapshot(pull(1), pull(2), _1="a.py b.py")`."""
    return Snapshot(
        repository="ada/shop",
        pull_requests={one.pull_request.number: one for one in pulls},
        files={number.strip("_"): tuple(map(ChangedFile, paths.split())) for number, paths in files.items()},
    )


def session(*numbers: str, agents: tuple[str, ...] = (), **told: Any) -> Session:
    """A session of these pull requests, with activity 8 minutes after its start."""
    record = PullRequestRecord(author="bot", agents=tuple(map(Agent, agents)))
    latest: datetime = START + timedelta(minutes=8)
    known = {"id": SESSION, "author": "bot", "started": START, "last_activity": latest} | told
    return Session(**known, pull_requests=dict.fromkeys(numbers, record))


def rebuilt(*sessions: Session) -> RebuiltSessions:
    """These sessions and nothing else; who opened their pull requests may write."""
    trusted = {number: True for one in sessions for number in one.prs}
    return RebuiltSessions(InMemorySessions(*sessions), {}, trusted, ())


def viewed(told: Snapshot, *sessions: Session, policy: Policy | None = None) -> SessionView:
    """The first of the sessions as its forge shows it."""
    return view(sessions[0], told, rebuilt(*sessions), policy or Policy())


STATUS = PullRequestStatus(
    number="2",
    state=State.OPEN,
    is_fork=False,
    trusted=True,
    is_auto=True,
    session_id=SESSION,
    is_session_active=True,
    files=("src/shop.py",),
)


def assessed(policy: Policy | None = None, **told: Any) -> Assessment:
    """A judgement; what is told about the standing changes it, and the decision is made of that.

    `sessions` are those that were put together; `is_session_active` is whether the one that it is in goes on.
    """
    policy = policy or Policy()
    about = {
        name: told.pop(name) for name in list(told) if name in PullRequestStatus.__struct_fields__ and name != "event"
    }
    status = replace(STATUS, **about)
    known = {"event": Event(name="pull_request", number=status.number), "snapshot": Snapshot(repository="ada/shop")}
    return Assessment(
        rebuilt=told.pop("sessions", rebuilt()),
        **{"at": NOW, "rules": all_signatures(policy), "requests": 7, **known, **told},
        status=status,
        decision=decide(status, policy),
    )
