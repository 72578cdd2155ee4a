"""What is known to have happened in a session, in the order of time."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from msgspec import Struct

from pr_sessions.core.ids import number_order
from pr_sessions.core.models import Session
from pr_sessions.core.open_pull_requests import OpenPullRequest, ReviewState
from pr_sessions.core.policy import Policy
from pr_sessions.core.summary import SessionSummary
from pr_sessions.render.inbox_words import REVIEWS

MOST_EVENTS = 200


class Event(Struct, frozen=True):
    """Something that happened.

    Attributes:
        kind: `opened`, `pushed`, `reviewed`, `merged`, `closed`, `began`, `idle`, `completed`, `corrected`, `active`.
        numbers: the pull requests that it is about.
        words: what happened; they may hold names of people.
    """

    at: datetime
    kind: str
    words: str
    numbers: tuple[str, ...] = ()


def timeline(summary: SessionSummary, open_prs: Iterable[OpenPullRequest] = ()) -> tuple[Event, ...]:
    """Return what happened, the oldest first; what happens at the same time to several pull requests is one event.

    Args:
        summary: of the session.
        open_prs: those of its pull requests that the inbox knows: only of them pushes and reviews are kept.
    """
    session = summary.session
    events = [*_of_session(session), *_of_records(session), *_of_open(open_prs), *_idle(summary, summary.policy)]
    return _joined(sorted(events, key=lambda event: (event.at, _ORDER.index(event.kind), _first(event))))


def _of_session(session: Session) -> Iterator[Event]:
    if session.started:
        yield Event(session.started, "began", "The session began")
    if session.last_activity and session.last_activity != session.started and not session.completion:
        yield Event(session.last_activity, "active", "Last activity that was reported")
    for merging in session.merged:
        yield Event(merging.at, "corrected", f"{merging.by or 'somebody'} merged {merging.id} into it")
    for split in session.split:
        yield Event(split.at, "corrected", f"{split.by or 'somebody'} took it out of a merge; it was {split.id}")
    if session.reopened:
        yield Event(session.reopened.at, "corrected", f"{session.reopened.by or 'somebody'} reopened it")
    if session.completion and session.completion.at:
        how = "It ended, as is inferred from its silence" if session.completion.inferred else "It was completed"
        yield Event(session.completion.at, "completed", f"{how}: {session.completion.trigger}")


def _of_records(session: Session) -> Iterator[Event]:
    for number in session.prs:
        record = session.pull_requests.get(number)
        if record is None:
            continue
        if record.created:
            yield Event(record.created, "opened", "opened", (number,))
        if record.merged:
            yield Event(record.merged, "merged", "merged", (number,))
        elif record.closed:
            yield Event(record.closed, "closed", "closed without a merge", (number,))


def _of_open(open_prs: Iterable[OpenPullRequest]) -> Iterator[Event]:
    for pr in open_prs:
        if pr.pushed and pr.pushed != pr.opened:
            yield Event(pr.pushed, "pushed", "last push", (pr.number,))
        if pr.review.at and pr.review.state is not ReviewState.NONE:
            by = f" by {', '.join(pr.review.by[:3])}" if pr.review.by else ""
            yield Event(pr.review.at, "reviewed", f"{REVIEWS[pr.review.state]}{by}", (pr.number,))


def _idle(summary: SessionSummary, policy: Policy) -> Iterator[Event]:
    session = summary.session
    if session.completion or session.latest is None:
        return
    since = session.latest + policy.idle_warning
    if since <= summary.at:
        yield Event(since, "idle", "Idle since then: nothing was reported for longer than the team's limit")


def _joined(events: Iterable[Event]) -> tuple[Event, ...]:
    joined: list[Event] = []
    for event in events:
        last = joined[-1] if joined else None
        if last and last.numbers and (last.at, last.kind, last.words) == (event.at, event.kind, event.words):
            joined[-1] = Event(last.at, last.kind, last.words, (*last.numbers, *event.numbers))
        else:
            joined.append(event)
    return tuple(joined)


def _first(event: Event) -> tuple[str, int, str]:
    return number_order(event.numbers[0]) if event.numbers else ("", 0, "")


_ORDER = ("began", "opened", "pushed", "reviewed", "merged", "closed", "active", "idle", "completed", "corrected")
