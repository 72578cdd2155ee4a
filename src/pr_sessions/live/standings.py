"""How a pull request stands before the gate. Pure."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from pr_sessions.forges.github.payload import ChangedFile, GitHubPullRequest, Review
from pr_sessions.live.moment import present
from pr_sessions.live.rebuild import Live, unasked
from pr_sessions.live.runner.event import Event
from pr_sessions.live.snapshot import Snapshot
from pr_sessions.sessions.gate import Standing
from pr_sessions.sessions.lifecycle import Phase, phase
from pr_sessions.sessions.policy import Policy
from pr_sessions.sessions.session import Session

POSTPONING = ("pull_request", "pull_request_review", "issue_comment")
_OPINIONS = ("approved", "changes_requested", "dismissed")
# Clocks of two machines differ a little.
_SKEW = timedelta(minutes=5)


def standing(
    number: str,
    snapshot: Snapshot,
    live: Live,
    policy: Policy,
    now: datetime,
    *,
    event: Event | None = None,
    reviews: Iterable[Review] = (),
) -> Standing:
    """How a pull request stands.

    Args:
        number: one of the snapshot's, or one that it lacks: then everything about it is doubtful.
        snapshot: what the forge tells.
        live: the sessions that were put together from it.
        policy: timeout. A session that is idle for longer goes on for no gate, also where none runs out.
        now: the time of looking.
        event: what happened to this very pull request.
        reviews: of it; those count that approve its last commit and whose author may write.
    """
    told = snapshot.pull_requests.get(number)
    one = present(told, now) if told else None
    what = _event(event) if event else ""
    if one is None:
        return Standing(number=number, event=what, doubts=(*snapshot.doubts, f"GitHub tells of no #{number}"))
    recorded, session = live.recorded.get(number), live.home(number)
    reviews = tuple(reviews)
    return Standing(
        number=number,
        event=what,
        state=one.pull_request.state,
        is_fork=one.is_fork,
        believed=live.believed.get(number),
        excluded=number in live.excluded,
        is_auto=recorded is not None and recorded.verdict.is_auto,
        session_id=session.id if session else None,
        live=session is not None and _goes_on(session, policy, now),
        trigger=session.completion.trigger if session and session.completion else None,
        files=_paths(one, snapshot.files.get(number)),
        approved=any(snapshot.writers.get(login) for login in approvers(one, reviews, now)),
        ready=event is not None and (event.name, event.action) == ("pull_request", "ready_for_review"),
        auto_merge=one.auto_merge,
        doubts=(*snapshot.doubts, *_not_asked(one, snapshot, live, reviews, now), *_oddities(one, session, event, now)),
    )


def approvers(one: GitHubPullRequest, reviews: Iterable[Review], now: datetime) -> tuple[str, ...]:
    """Logins, in lower case, of the people whose last opinion approves the last commit; whether they may write or not.

    A mere comment takes no opinion back.
    """
    latest: dict[str, Review] = {}
    given = (review for review in reviews if review.state in _OPINIONS and not review.author.is_bot)
    for review in sorted(given, key=lambda review: (review.submitted or now, review.id)):
        if review.author.login and (review.submitted or now) <= now:
            latest[review.author.login.lower()] = review
    return tuple(
        login
        for login, review in latest.items()
        if review.state == "approved" and one.head_sha and review.commit == one.head_sha
    )


def _goes_on(session: Session, policy: Policy, now: datetime) -> bool:
    """What a wrong clock says was done in the future keeps nothing waiting until then."""
    return phase(session, now, policy) in (Phase.ACTIVE, Phase.WARNING) and not _is_ahead(session, now)


def _is_ahead(session: Session, now: datetime) -> bool:
    return session.latest is not None and session.latest > now + _SKEW


def _event(event: Event) -> str:
    if event.problem:
        return event.problem
    return "" if event.name in POSTPONING else event.name or "an event that cannot be told"


def _paths(one: GitHubPullRequest, files: tuple[ChangedFile, ...] | None) -> tuple[str, ...] | None:
    """Where a file was moved, both paths; `None` where the list is not all of it."""
    count = one.pull_request.files_changed
    if files is None or (count is not None and count != len(files)):
        return None
    return tuple(path for file in files for path in (file.filename, file.previous_filename) if path)


def _not_asked(
    one: GitHubPullRequest, snapshot: Snapshot, live: Live, reviews: Iterable[Review], now: datetime
) -> Iterator[str]:
    logins = (*unasked(snapshot, live, one.pull_request.number), *approvers(one, reviews, now))
    for login in dict.fromkeys(logins):
        if login not in snapshot.writers:
            yield f"nobody asked whether {login} may write"


def _oddities(one: GitHubPullRequest, session: Session | None, event: Event | None, now: datetime) -> Iterator[str]:
    if not one.head_sha:
        yield "its last commit is not known"
    if session and _is_ahead(session, now):
        yield "its session's last activity lies in the future"
    about = event.pull_request if event else None
    if event and event.number not in ("", one.pull_request.number):
        yield f"the event is about #{event.number}"
    elif about and about.head_sha not in ("", one.head_sha):
        yield "its branch has moved on since the event"
