"""What comes from outside: times and pull requests, checked and bounded before any rule sees them."""

from datetime import datetime, timedelta

from msgspec.structs import replace

from pr_sessions.errors import InvalidValue
from pr_sessions.sessions.ids import check_number, clean
from pr_sessions.sessions.session import PullRequest
from pr_sessions.sessions.times import read_time, write_time

# Clocks of two machines differ a little; a time further ahead than this is a mistake.
SKEW = timedelta(minutes=5)


def event_time(at: datetime | None, now: datetime) -> datetime:
    """When it happened: now if nothing is said; a little ahead of us counts as now.

    Raises:
        InvalidValue: it lies in the future, or has no zone.
    """
    moment = _instant(at) or now
    if moment > now + SKEW:
        raise InvalidValue(
            f"{write_time(moment)} lies in the future", "check the time, its zone and this machine's clock"
        )
    return min(moment, now)


def tidy(pull_request: PullRequest) -> PullRequest:
    """The same with a checked number, and bounded lines of printable text for all that is stored.

    Raises:
        InvalidValue: the number is none, or a time has no zone.
    """
    return replace(
        pull_request,
        number=check_number(pull_request.number),
        author=clean(pull_request.author),
        branch=clean(pull_request.branch) if pull_request.branch else None,
        base=clean(pull_request.base) if pull_request.base else None,
        agents=tuple(replace(agent, name=clean(agent.name)) for agent in pull_request.agents),
        created=_instant(pull_request.created),
        closed=_instant(pull_request.closed),
        merged=_instant(pull_request.merged),
    )


def _instant(at: datetime | None) -> datetime | None:
    """The time in UTC, if it can be kept."""
    if at is not None and at.tzinfo is None:
        raise InvalidValue(f"{at.isoformat()} has no time zone", "give an aware datetime, such as datetime.now(UTC)")
    return read_time(at.isoformat()) if at else None
