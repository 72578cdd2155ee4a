"""One session as lines for people."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from pr_sessions.cli import output, views
from pr_sessions.sessions.lifecycle import expiry, status
from pr_sessions.sessions.session import Rung, Session, Totals
from pr_sessions.tracker import Tracker

_INFERRED: Mapping[Rung, str] = {
    Rung.VENDOR: "an agent's run",
    Rung.COMMITS: "the commits of an agent's pull requests",
    Rung.TIME: "author and time alone",
}


def name(session: Session) -> str:
    """Its id as a heading; that of an old file may hold anything."""
    return output.heading(output.one_line(session.id, 200))


def ended(session: Session) -> str:
    """That it ended by the way: `completed ada-20251122-1000 (timeout)`."""
    trigger = session.completion.trigger if session.completion else "unknown"
    return f"completed {output.one_line(session.id, 200)} ({output.one_line(trigger)})"


def standing(session: Session, tracker: Tracker, now: datetime) -> str:
    """Where it stands in a few words: `active, 21 min left`, `completed: timeout`."""
    if session.completion:
        return f"completed: {output.one_line(session.completion.trigger)}"
    live, ends = status(session, now, tracker.policy), expiry(session, tracker.policy)
    if ends is None or not tracker.policy.enable_timeout_completion:
        return live.value
    left = views.minutes_left(session, tracker.policy, now)
    return f"{live}, ran out at {output.clock(ends)}" if ends < now else f"{live}, {left} min left"


def summary(session: Session, tracker: Tracker, now: datetime) -> Iterator[str]:
    """Its heading, times and totals."""
    yield f"{name(session)} ({standing(session, tracker, now)})"
    rows = [
        ("title", output.one_line(session.title)),
        ("author", output.one_line(session.author)),
        ("started", output.clock(session.started)),
        ("last activity", output.clock(session.last_activity)),
        ("completed", _completed(session)),
        ("pull requests", numbers(session.prs)),
        ("changed", _changed(session)),
        ("agents at work", output.one_line(", ".join(f"{run.agent} {run.id}" for run in session.runs), 200)),
        ("rests on", rests_on(session)),
        ("also known as", output.one_line(", ".join(session.aliases), 200)),
        *corrections(session),
    ]
    yield from output.table([row for row in rows if row[1]])


def rests_on(session: Session) -> str:
    """What put it together, where nobody started or named it."""
    return f"inferred from {_INFERRED[session.rests_on]}" if session.rests_on in _INFERRED else ""


def corrections(session: Session) -> Iterator[tuple[str, str]]:
    """What hands corrected of the session itself."""
    for merging in session.merged:
        by = output.one_line(merging.by)
        yield "merged by hand", f"{output.one_line(merging.id, 80)}, by {by} at {output.clock(merging.at)}"
    if session.reopened:
        by = output.one_line(session.reopened.by)
        yield "reopened by hand", f"by {by}: no end up to {output.clock(session.reopened.at)} counts"


def numbers(prs: Sequence[str], width: int = 60) -> str:
    """`2 (41, 42)`, cut where there are too many; `0` without any."""
    return output.one_line(f"{len(prs)} ({', '.join(prs)})" if prs else "0", width)


def _completed(session: Session) -> str:
    if session.completion is None:
        return ""
    return f"{output.clock(session.completion.at)} after {output.span(session.duration)}"


def _changed(session: Session) -> str:
    totals = session.totals
    if totals == Totals():
        return ""
    docs = ", documentation" if totals.docs_updated else ""
    tests = output.plural(totals.test_files_added, "new test file")
    return f"{output.plural(totals.files_changed, 'file')}, {tests}{docs}"
