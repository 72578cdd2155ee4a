"""Checks of sessions: ids, times, what records lack, pull requests in two sessions; and of markers."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from msgspec import json

from pr_sessions.analytics.metrics import orphan_ids
from pr_sessions.core.agents import Confidence, Role
from pr_sessions.core.ids import is_valid_id
from pr_sessions.core.models import UNKNOWN_TRIGGER, Basis, PullRequestRecord, Session, State
from pr_sessions.doctor.findings import Case, Finding, Severity
from pr_sessions.storage.files.codec import StoredSession
from pr_sessions.storage.files.marker import Marker
from pr_sessions.tracker.environment import SKEW

_SHOWN = 5
_CORRECT = "correct it in the session file and the clone's document; until then its duration is unknown"
_LONGEST = 60
_NEWER = "upgrade pr-sessions, if a newer version wrote it"
_WRONG = "join a backup that knows it: pr-sessions restore. Until then it is unknown and stays as it is"


def duplicate_ids(case: Case) -> Iterator[Finding]:
    """Report a session that is in one file more than once."""
    for path, file in case.files.items():
        for session_id, count in Counter(entry.id for entry in file.entries).items():
            if count > 1:
                problem = f"session {_short(session_id)} stands there {count} times"
                hint = "pr-sessions cleanup: whatever writes joins them"
                yield Finding(Severity.WARNING, problem, str(path), hint)


def unsafe_ids(case: Case) -> Iterator[Finding]:
    """Report ids that must not become part of a path, a URL or a page."""
    for path, file in case.files.items():
        for session_id in dict.fromkeys(entry.id for entry in file.entries):
            if not is_valid_id(session_id):
                problem = f"{_short(session_id)} is no safe session id"
                hint = "rename it in every session file: letters, digits, '_', '.', '-', at most 200"
                yield Finding(Severity.WARNING, problem, str(path), hint)


def in_two_sessions(case: Case) -> Iterator[Finding]:
    """Report pull requests that several sessions list, while none has a record that says where they belong."""
    holders: dict[str, list[str]] = defaultdict(list)
    settled = {number for session in case.sessions for number in session.pull_requests}
    for session in case.sessions:
        for number in session.prs:
            if number not in settled:
                holders[number].append(_short(session.id))
    for number, ids in holders.items():
        if len(ids) > 1:
            problem = f"pull request {number} stands in {len(ids)} sessions: {_listed(ids)}"
            hint = f"say where it belongs: pr-sessions add {number} --session ID"
            yield Finding(Severity.WARNING, problem, str(case.repository.session_file), hint)


def impossible_order(case: Case) -> Iterator[Finding]:
    """Report times that cannot follow each other, or lie in the future."""
    for session in case.sessions:
        for problem in _order(session, case.now):
            yield Finding(Severity.WARNING, problem, f"{case.repository.session_file}: {_short(session.id)}", _CORRECT)


def orphans(case: Case) -> Iterator[Finding]:
    """Report active sessions without work for long."""
    alive = {m.session_id for m in case.markers.values() if not m.expired(case.now, case.policy)}
    idle = [_short(i) for i in orphan_ids(case.sessions, case.now, case.policy) if i not in alive]
    if idle:
        problem = f"{len(idle)} active, and idle for more than twice the timeout: {_listed(idle)}"
        ends = "pr-sessions cleanup" if case.policy.enable_timeout_completion else "pr-sessions complete ID"
        yield Finding(Severity.WARNING, problem, str(case.repository.session_file), ends)


def markers(case: Case) -> Iterator[Finding]:
    """Report markers of unknown or completed sessions, and markers that expired or lie in the future."""
    known = {name: s for s in case.sessions for name in (s.id, *s.aliases)}
    for path, marker in case.markers.items():
        for severity, problem, hint in _marker_problem(marker, known.get(marker.session_id), case):
            yield Finding(severity, problem, str(path), hint)


def _marker_problem(marker: Marker, session: Session | None, case: Case) -> Iterator[tuple[Severity, str, str]]:
    tidy = "pr-sessions cleanup: whatever writes removes it"
    if marker.last_updated > case.now + SKEW:
        problem = "its time lies in the future, so it would not expire"
        yield Severity.WARNING, problem, "remove it, then pr-sessions start"
    elif session is None:
        hint = "pr-sessions touch: whatever writes adds it"
        yield Severity.NOTE, f"no file knows session {marker.session_id}", hint
    elif session.completion:
        yield Severity.WARNING, f"session {marker.session_id} is completed", tidy
    elif marker.expired(case.now, case.policy):
        yield Severity.WARNING, f"session {marker.session_id} has run out", tidy


def _order(session: Session, now: datetime) -> Iterator[str]:
    end = session.completion.at if session.completion else None
    for name, later in (("last_activity", session.last_activity), ("completed", end)):
        if session.started and later and later < session.started:
            yield f"`{name}` lies before `started`"
    for number, record in session.pull_requests.items():
        for name, later in (("closed", record.closed), ("merged", record.merged)):
            if record.created and later and later < record.created:
                yield f"pull request {number}: `{name}` lies before `created`"
    if (latest := max((t for t in (session.latest, end) if t), default=None)) and latest > now + SKEW:
        yield "its time lies in the future"


def _short(text: str) -> str:
    """Return an id from outside on one short line."""
    line = "".join(c if c.isprintable() else "?" for c in text[:80])
    return line if len(text) <= 80 else f"{line}…"


def missing_fields(case: Case) -> Iterator[Finding]:
    """Report missing fields, without which something about a session is unknown."""
    for stored in case.stored:
        session = stored.value
        missing = [name for name, known in _specified(session).items() if not known and name not in stored.unknown]
        if session.completion is None and session.latest is None:
            hint = f"pr-sessions complete {session.id[:80]}"
            yield Finding(Severity.WARNING, "it is active, has no time and never ends", _place(case, session), hint)
        elif missing:
            state = "completed" if session.completion else "active"
            problem = f"it is {state} and has no {_listed(f'`{name}`' for name in missing)}: that is unknown"
            hint = "write it into the session file and the clone's document, if you know it"
            yield Finding(Severity.NOTE, problem, _place(case, session), hint)


def not_understood(case: Case) -> Iterator[Finding]:
    """Report values of the wrong type."""
    for stored in case.stored:
        if values := list(_wrong(stored)):
            problem = f"this version does not understand {_listed(values)}"
            yield Finding(Severity.WARNING, problem, _place(case, stored.value), _WRONG)
    for path, file in case.files.items():
        if values := list(_wrong_at_the_top(file.top)):
            problem = f"this version does not understand {_listed(values)}"
            yield Finding(Severity.WARNING, problem, str(path), _WRONG)


def unknown_words(case: Case) -> Iterator[Finding]:
    """Report states, reasons, roles and confidences that only a newer version knows."""
    for session in case.sessions:
        if values := list(dict.fromkeys(_words(session.pull_requests))):
            problem = f"this version does not know {_listed(values)}"
            yield Finding(Severity.NOTE, problem, _place(case, session), _NEWER)


def _specified(session: Session) -> Mapping[str, object]:
    fields: dict[str, object] = {"author": session.author, "started": session.started}
    if session.completion is None:
        return fields | {"last_activity": session.last_activity}
    trigger = session.completion.trigger
    return fields | {"completed": session.completion.at, "completion_trigger": trigger != UNKNOWN_TRIGGER}


def _wrong(stored: StoredSession) -> Iterator[str]:
    yield from (_shown(f"`{key}`", value) for key, value in stored.unknown.items())
    for number, record in stored.records.items():
        yield from (_shown(f"pull request {number[:40]}: `{key}`", value) for key, value in record.unknown.items())


def _wrong_at_the_top(top: Mapping[str, Any]) -> Iterator[str]:
    for key, record in top.get("active_sessions", {}).items():
        yield _shown(f"`active_sessions.{key[:40]}`", record)
    for place, record in enumerate(top.get("completed_sessions", ())):
        yield _shown(f"`completed_sessions[{place}]`", record)
    for number, record in (top.get("unattributed") or {}).items():
        if not isinstance(record, dict):
            yield _shown(f"`unattributed.{number[:40]}`", record)


def _words(pull_requests: Mapping[str, PullRequestRecord]) -> Iterator[str]:
    for record in pull_requests.values():
        if record.state is not None and not isinstance(record.state, State):
            yield _shown("the state", record.state)
        if record.attribution and record.attribution.basis is Basis.UNKNOWN:
            yield _shown("the reason", record.attribution.label)
        for agent in record.agents:
            if agent.role is Role.UNKNOWN and agent.role_label != Role.UNKNOWN.value:
                yield _shown("the role", agent.role_label)
            if agent.confidence is Confidence.UNKNOWN and agent.confidence_label != Confidence.UNKNOWN.label:
                yield _shown("the confidence", agent.confidence_label)


def _shown(name: str, value: Any) -> str:
    """Return a field and its value, shortened."""
    text = json.encode(value).decode()
    return f"{name} {text if len(text) <= _LONGEST else f'{text[:_LONGEST]}…'}"


def _listed(values: Iterable[str]) -> str:
    names = list(values)
    rest = len(names) - _SHOWN
    return ", ".join(names[:_SHOWN]) + (f" and {rest} more" if rest > 0 else "")


def _place(case: Case, session: Session) -> str:
    return f"{case.repository.session_file}: {session.id[:80]}"


CHECKS = (
    *(duplicate_ids, unsafe_ids, in_two_sessions, impossible_order, orphans),
    *(missing_fields, not_understood, unknown_words),
    markers,
)
