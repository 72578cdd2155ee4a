"""Sessions: ids, times, and pull requests that stand in two of them."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import datetime

from pr_sessions.analytics.health import orphan_ids
from pr_sessions.cli.diagnosis.finding import Finding, Severity
from pr_sessions.cli.diagnosis.gather import Case
from pr_sessions.sessions.ids import is_valid_id
from pr_sessions.sessions.session import Session
from pr_sessions.tracker.outside import SKEW

_NAMED = 5
_BY_HAND = "correct it by hand in the session file and the clone's document; until then its duration is unknown"


def duplicate_ids(case: Case) -> Iterator[Finding]:
    """One session that stands in one file more than once."""
    for path, document in case.documents.items():
        for session_id, count in Counter(entry.id for entry in document.entries).items():
            if count > 1:
                problem = f"session {_short(session_id)} stands there {count} times"
                way_out = "pr-sessions cleanup: whatever writes joins them"
                yield Finding(Severity.WARNING, problem, str(path), way_out)


def unsafe_ids(case: Case) -> Iterator[Finding]:
    """Ids that must not become part of a path, a URL or a page."""
    for path, document in case.documents.items():
        for session_id in dict.fromkeys(entry.id for entry in document.entries):
            if not is_valid_id(session_id):
                problem = f"{_short(session_id)} is no safe session id"
                way_out = "rename it in every session file: letters, digits, '_', '.', '-', at most 200"
                yield Finding(Severity.WARNING, problem, str(path), way_out)


def in_two_sessions(case: Case) -> Iterator[Finding]:
    """Pull requests that more than one session lists, while none of them has facts that say where they belong."""
    holders: dict[str, list[str]] = defaultdict(list)
    settled = {number for session in case.sessions for number in session.pull_requests}
    for session in case.sessions:
        for number in session.prs:
            if number not in settled:
                holders[number].append(_short(session.id))
    for number, ids in holders.items():
        if len(ids) > 1:
            problem = f"pull request {number} stands in {len(ids)} sessions: {_some(ids)}"
            way_out = f"say where it belongs: pr-sessions add {number} --session ID"
            yield Finding(Severity.WARNING, problem, str(case.repository.session_file), way_out)


def impossible_order(case: Case) -> Iterator[Finding]:
    """Times that cannot follow each other, or lie in the future."""
    for session in case.sessions:
        for problem in _order(session, case.now):
            yield Finding(Severity.WARNING, problem, _place(case, session), _BY_HAND)


def without_times(case: Case) -> Iterator[Finding]:
    """Sessions whose beginning or end nobody knows."""
    for session in case.sessions:
        if session.completion is None and session.latest is None:
            way_out = f"pr-sessions complete {_short(session.id)}"
            yield Finding(Severity.WARNING, "it is active, has no time and never ends", _place(case, session), way_out)
        elif session.completion and (missing := [k for k in ("started", "completed") if not session.source.get(k)]):
            problem = f"it is completed and has no time `{'`, `'.join(missing)}`"
            yield Finding(Severity.NOTE, problem, _place(case, session), _BY_HAND)


def orphans(case: Case) -> Iterator[Finding]:
    """Active sessions that nobody works in any more."""
    alive = {m.session_id for m in case.markers.values() if not m.expired(case.now, case.policy)}
    found = [i for i in orphan_ids(case.sessions, case.now, case.policy) if i not in alive]
    if found:
        problem = f"{len(found)} active, and idle for more than twice the timeout: {_some([_short(i) for i in found])}"
        ends = "pr-sessions cleanup" if case.policy.enable_timeout_completion else "pr-sessions complete ID"
        yield Finding(Severity.WARNING, problem, str(case.repository.session_file), ends)


def _order(session: Session, now: datetime) -> Iterator[str]:
    end = session.completion.at if session.completion else None
    for name, later in (("last_activity", session.last_activity), ("completed", end)):
        if session.started and later and later < session.started:
            yield f"`{name}` lies before `started`"
    for number, facts in session.pull_requests.items():
        for name, later in (("closed", facts.closed), ("merged", facts.merged)):
            if facts.created and later and later < facts.created:
                yield f"pull request {number}: `{name}` lies before `created`"
    if (latest := max((t for t in (session.latest, end) if t), default=None)) and latest > now + SKEW:
        yield "its time lies in the future"


def _place(case: Case, session: Session) -> str:
    return f"{case.repository.session_file}: {_short(session.id)}"


def _short(text: str) -> str:
    """An id from outside, on one short line."""
    line = "".join(c if c.isprintable() else "?" for c in text[:80])
    return line if len(text) <= 80 else f"{line}…"


def _some(names: list[str]) -> str:
    rest = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {rest} more" if rest > 0 else "")


SESSION_CHECKS = (duplicate_ids, unsafe_ids, in_two_sessions, impossible_order, without_times, orphans)
