"""What the tracker takes from outside: clock, zone, the switch that turns it off, times, pull requests, ids."""

import sys
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta, tzinfo

from msgspec.structs import replace

from pr_sessions.core.collection import SessionCollection
from pr_sessions.core.ids import check_id, check_number, clean, is_valid_id
from pr_sessions.core.models import PullRequest, Session
from pr_sessions.core.policy import Policy
from pr_sessions.core.times import read_time, write_time
from pr_sessions.core.visible_text import visible
from pr_sessions.errors import Ambiguous, InvalidValue, NotFound
from pr_sessions.git.repository import Repository
from pr_sessions.io.files import exists

_NOT_CI = ("", "0", "false")


def utc_now() -> datetime:
    """Return the time, in UTC."""
    return datetime.now(UTC)


def zone_of(policy: Policy) -> tzinfo:
    """Return the zone in which naive times of old files are read."""
    if policy.time_zone == "UTC":
        return UTC
    from zoneinfo import ZoneInfo

    return ZoneInfo(policy.time_zone)


def why_paused(repository: Repository, environ: Mapping[str, str]) -> str | None:
    """Return why tracking is off in a repository; `None` while it is on."""
    if environ.get("PR_SESSIONS") == "0":
        return "PR_SESSIONS=0 is set"
    return "`pr-sessions pause` was called here" if exists(repository.paused) else None


def way_on(environ: Mapping[str, str]) -> str:
    """Return what switches tracking on where it is off."""
    return "unset PR_SESSIONS" if environ.get("PR_SESSIONS") == "0" else "pr-sessions pause --off"


def warn(message: str, hint: str = "") -> None:
    """Print a warning on stderr; a closed stderr is no reason to stop."""
    if sys.stderr:
        with suppress(OSError):
            print(visible(f"warning: {message}{f'; {hint}' if hint else ''}"), file=sys.stderr)


def is_ci(environ: Mapping[str, str]) -> bool:
    """Tell whether this is a CI job, in whose working tree nobody works."""
    return environ.get("CI", "").lower() not in _NOT_CI


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


_MOST_SHOWN = 3


def existing(sessions: SessionCollection, session_id: str) -> Session:
    """Return the session of that id, which an old file may have made unsafe.

    Raises:
        NotFound: there is none.
        InvalidValue: there is none, and it is no id at all.
    """
    session = sessions.get(session_id)
    if session is None:
        raise NotFound(f"no session {check_id(session_id)}", "`pr-sessions list` shows all of them")
    return session


def resolve_session(collection: SessionCollection, text: str) -> Session:
    """Return the session with that id or alias, or the only one with an id or alias that begins with the text.

    Raises:
        InvalidValue: the text cannot be a session id.
        Ambiguous: several sessions match; the message names them.
        NotFound: none matches; the hint names similar ids.
    """
    exact = collection.get(text)
    if exact:
        return exact
    check_id(text)
    names = collection.names()
    matches = sorted({session_id for name, session_id in names.items() if name.startswith(text)})
    if len(matches) == 1:
        return collection[matches[0]]
    if matches:
        more = ", ..." if len(matches) > _MOST_SHOWN else ""
        shown = ", ".join(match[:60] for match in matches[:_MOST_SHOWN])
        raise Ambiguous(f"{len(matches)} sessions begin with {text}: {shown}{more}", "give more of the id")
    similar = similar_ids(text, names)
    hint = f"did you mean {' or '.join(similar)}?" if similar else "`pr-sessions list` shows all of them"
    raise NotFound(f"no session {text}", hint)


def similar_ids(text: str, names: Iterable[str]) -> list[str]:
    """Return the ids that are most like the text, the best first, without those that are not safe to show."""
    from difflib import get_close_matches

    return get_close_matches(text, sorted(filter(is_valid_id, names)), _MOST_SHOWN, 0.8)
