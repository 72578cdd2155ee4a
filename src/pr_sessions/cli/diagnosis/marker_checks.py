"""Markers of all working trees: each names the current session of its own."""

from collections.abc import Iterator

from pr_sessions.cli.diagnosis.finding import Finding, Severity
from pr_sessions.cli.diagnosis.gather import Case
from pr_sessions.sessions.session import Session
from pr_sessions.stores.marker import Marker
from pr_sessions.tracker.outside import SKEW


def markers(case: Case) -> Iterator[Finding]:
    """Markers of sessions that nobody knows, that are over, or of another time."""
    known = {name: s for s in case.sessions for name in (s.id, *s.aliases)}
    for path, marker in case.markers.items():
        if told := _wrong(marker, known.get(marker.session_id), case):
            severity, problem, way_out = told
            yield Finding(severity, problem, str(path), way_out)


def _wrong(marker: Marker, session: Session | None, case: Case) -> tuple[Severity, str, str] | None:
    tidy = "pr-sessions cleanup: whatever writes removes it"
    if marker.last_updated > case.now + SKEW:
        return (
            Severity.WARNING,
            "its time lies in the future, so it would not expire",
            "remove it, then pr-sessions start",
        )
    if session is None:
        return Severity.NOTE, f"no file knows session {marker.session_id}", "pr-sessions touch: whatever writes adds it"
    if session.completion:
        return Severity.WARNING, f"session {marker.session_id} is completed", tidy
    if marker.expired(case.now, case.policy):
        return Severity.WARNING, f"session {marker.session_id} has run out", tidy
    return None


MARKER_CHECKS = (markers,)
