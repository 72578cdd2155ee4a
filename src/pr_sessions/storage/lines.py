"""Sessions and pull requests as lines of lists, and the order of lines. Every store makes its lists of these."""

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from pr_sessions.core.ids import MAX_AUTHOR, check_number, clean
from pr_sessions.core.models import Basis, PullRequestRecord, Session, State
from pr_sessions.errors import InvalidValue
from pr_sessions.storage.queries import PullRequestLine, SessionLine

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
# No agent has a longer name. Lists are indexed by it.
_MOST = 200


def session_line(session: Session, repository: str = "") -> SessionLine:
    """Return the line of a session, with texts that are bounded and printable."""
    end = session.completion
    return SessionLine(
        repository=repository,
        id=session.id,
        author=clean(session.author, MAX_AUTHOR),
        agent=_agent_of(session),
        title=clean(session.title),
        is_active=end is None,
        started=session.started,
        latest=session.latest,
        ended=end.at if end else None,
        trigger=clean(end.trigger) if end else "",
        pull_requests=len(session.prs),
    )


def pull_request_line(
    number: str, record: PullRequestRecord | None, session_id: str = "", repository: str = ""
) -> PullRequestLine:
    """Return the line of a pull request.

    Args:
        number: as its session lists it.
        record: `None` for one that an old file lists without one.
        session_id: empty for one that fits no session.
        repository: the session's.
    """
    record = record or PullRequestRecord()
    attribution = record.attribution
    return PullRequestLine(
        repository=repository,
        number=number,
        session_id=session_id,
        author=clean(record.author, MAX_AUTHOR),
        agent=clean(" + ".join(sorted(agent.name for agent in record.agents if agent.opened)), _MOST),
        state=clean(record.state or ""),
        opened=record.created,
        merged=record.merged,
        basis=clean(attribution.label) if attribution and attribution.basis is not Basis.NONE else "",
    )


def pull_request_lines(session: Session, repository: str = "") -> Iterable[PullRequestLine]:
    """Return the lines of all pull requests that a session lists."""
    records = session.pull_requests
    return [pull_request_line(number, records.get(number), session.id, repository) for number in session.prs]


def position(at: datetime | None) -> int:
    """Return what lists are sorted by: the latest time first, what has no time last."""
    return 0 if at is None else (_EPOCH - at) // _MICROSECOND


def number_position(number: str) -> int:
    """Return what pull requests of one repository and time are sorted by: their digits, -1 for a text without."""
    digits = number.rpartition("#")[2]
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= 18 else -1


def check_state(state: str) -> None:
    """Refuse what is no state of a pull request.

    Raises:
        InvalidValue: it is none.
    """
    if state and state not in tuple(State):
        raise InvalidValue(f"not a state of pull requests: {state[:40]!r}", f"choose one of: {', '.join(State)}")


def number_in(text: str, repository: str = "") -> str:
    """Return the pull request that a searched text names, as the repository numbers it; empty for none.

    Args:
        text: such as `42`, `#42` or `owner/name#42`.
        repository: `owner/name`, in any case; empty where none is known.
    """
    try:
        number = check_number(text)
    except InvalidValue:
        return ""
    prefix, _, digits = number.rpartition("#")
    return digits if prefix and prefix.lower() == repository.lower() else number


def _agent_of(session: Session) -> str:
    """Return the agent that opened most of its pull requests, else the one with most of its runs; then by name."""
    opened = Counter(line.agent for line in pull_request_lines(session) if line.agent)
    counts = opened or Counter(clean(run.agent, _MOST) for run in session.runs if run.agent)
    return min(counts, key=lambda name: (-counts[name], name), default="")
