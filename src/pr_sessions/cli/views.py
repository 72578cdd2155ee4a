"""Sessions and pull requests as the JSON that commands print: the specified names, with the live status."""

from datetime import datetime
from typing import Any

from pr_sessions.sessions.lifecycle import expiry, status
from pr_sessions.sessions.policy import Policy
from pr_sessions.sessions.session import Facts, Rung, Session
from pr_sessions.sessions.times import write_time
from pr_sessions.stores.records import minutes, write_facts, write_session
from pr_sessions.tracker import Tracker

View = dict[str, Any]


def session_view(session: Session, tracker: Tracker, now: datetime) -> View:
    """One session as it is now; `status` is the live one, `minutes_left` until it runs out."""
    record = write_session(session, tracker.zone)
    metadata = record.pop("metadata", {})
    view = {key: value for key, value in record.items() if not isinstance(value, dict)}
    view["status"] = status(session, now, tracker.policy)
    view["title"] = metadata.get("title")
    view["runs"] = metadata.get("runs", [])
    view["inferred"] = session.rests_on is Rung.TIME
    view["corrections"] = {
        "pull_requests": list(session.by_hand),
        "merged": metadata.get("merged", []),
        "reopened": metadata.get("reopened"),
    }
    view["minutes_left"] = minutes_left(session, tracker.policy, now)
    return view


def with_pull_requests(session: Session, tracker: Tracker, now: datetime) -> View:
    """The same, with what is kept of each pull request."""
    return session_view(session, tracker, now) | {
        "pull_requests": {
            number: facts_view(session.pull_requests[number], tracker) if number in session.pull_requests else None
            for number in session.prs
        }
    }


def facts_view(facts: Facts, tracker: Tracker) -> View:
    """What is kept of one pull request."""
    view = write_facts(facts, tracker.zone)
    view.pop("seen", None)
    return view


def minutes_left(session: Session, policy: Policy, now: datetime) -> int | None:
    """Whole minutes until the session runs out; `None` once it has completed or where no time is known."""
    ends = expiry(session, policy)
    if session.completion or ends is None:
        return None
    return max(minutes(ends - now) or 0, 0)


def time_view(moment: datetime | None) -> str | None:
    """A time in JSON."""
    return write_time(moment) if moment else None
