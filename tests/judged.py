"""Judgements for tests, put together by hand."""

from datetime import datetime, timedelta
from typing import Any

from msgspec.structs import replace

from pr_sessions.forges.github.payload import ChangedFile, GitHubPullRequest, User
from pr_sessions.live.judgement import Judgement
from pr_sessions.live.rebuild import Live
from pr_sessions.live.runner.event import Event
from pr_sessions.live.snapshot import Snapshot
from pr_sessions.live.view import SessionView, view
from pr_sessions.sessions.agent import Agent
from pr_sessions.sessions.gate import Standing, decide
from pr_sessions.sessions.policy import Policy
from pr_sessions.sessions.session import Facts, PullRequest, Session, State
from pr_sessions.stores.book import Book
from pr_sessions.stores.document import Document
from strategies import START

NOW = START + timedelta(minutes=20)
SESSION = "bot-20251122-1000"


def pull(number: int, title: str = "", **told: Any) -> GitHubPullRequest:
    """An open pull request of the repository's own."""
    known = {"state": State.OPEN, "branch": f"work-{number}", "base": "main", "created": START} | told
    return GitHubPullRequest(
        pull_request=PullRequest(number=str(number), title=title or f"auto-pr: {number}", author="bot", **known),
        author=User("bot"),
        repository="ada/shop",
        head_repository="ada/shop",
        head_sha="6dcb09b5b57875f334f61aebed695e2e4193db5e",
    )


def snapshot(*pulls: GitHubPullRequest, **files: str) -> Snapshot:
    """What the forge tells: `snapshot(pull(1), pull(2), _1="a.py b.py")`."""
    return Snapshot(
        repository="ada/shop",
        pull_requests={one.pull_request.number: one for one in pulls},
        files={number.strip("_"): tuple(map(ChangedFile, paths.split())) for number, paths in files.items()},
    )


def session(*numbers: str, agents: tuple[str, ...] = (), **told: Any) -> Session:
    """A session of these pull requests, with activity 8 minutes after its start."""
    facts = Facts(author="bot", agents=tuple(map(Agent, agents)))
    latest: datetime = START + timedelta(minutes=8)
    known = {"id": SESSION, "author": "bot", "started": START, "last_activity": latest} | told
    return Session(**known, pull_requests=dict.fromkeys(numbers, facts))


def live(*sessions: Session) -> Live:
    """These sessions and nothing else; who opened their pull requests may write."""
    believed = {number: True for one in sessions for number in one.prs}
    return Live(Book(Document()).put(*sessions), {}, believed, ())


def viewed(told: Snapshot, *sessions: Session, policy: Policy | None = None) -> SessionView:
    """The first of the sessions as its forge shows it."""
    return view(sessions[0], told, live(*sessions), policy or Policy())


STANDING = Standing(
    number="2",
    state=State.OPEN,
    is_fork=False,
    believed=True,
    is_auto=True,
    session_id=SESSION,
    live=True,
    files=("src/shop.py",),
)


def judged(policy: Policy | None = None, **told: Any) -> Judgement:
    """A judgement; what is told about the standing changes it, and the decision is made of that.

    `sessions` are those that were put together; `live` is whether the one that it is in goes on.
    """
    policy = policy or Policy()
    about = {name: told.pop(name) for name in list(told) if name in Standing.__struct_fields__ and name != "event"}
    standing = replace(STANDING, **about)
    known = {"event": Event(name="pull_request", number=standing.number), "snapshot": Snapshot(repository="ada/shop")}
    return Judgement(
        live=told.pop("sessions", live()),
        **{"at": NOW, "policy": policy, "requests": 7, **known, **told},
        standing=standing,
        decision=decide(standing, policy),
    )
