"""The configuration, and the switch that turns tracking off."""

from collections.abc import Iterator

from pr_sessions.cli.diagnosis.finding import Finding, Severity
from pr_sessions.cli.diagnosis.gather import Case
from pr_sessions.cli.diagnosis.naive_times import naive_times
from pr_sessions.stores.configuration import notes
from pr_sessions.tracker import why_paused


def mistakes(case: Case) -> Iterator[Finding]:
    """What `config --check` says."""
    for mistake in case.parsed.mistakes:
        place = f"{case.parsed.name}:{mistake.line}"
        yield Finding(Severity.ERROR, mistake.message, place, mistake.hint or "correct that line")
    for note in notes(case.parsed):
        place = f"{case.parsed.name}:{note.line}"
        yield Finding(Severity.NOTE, note.text, place, "switch it on, or take the word out of the list")


def zone_not_recorded(case: Case) -> Iterator[Finding]:
    """Times without a zone, and no word about where they were written."""
    if "time_zone" in case.parsed.origins:
        return
    for path, document in case.documents.items():
        if any(naive_times(document)):
            problem = "it holds times without a zone, and the configuration has no time_zone: they are read in UTC"
            yield Finding(Severity.WARNING, problem, str(path), "pr-sessions init --time-zone ZONE")


def paused(case: Case) -> Iterator[Finding]:
    """Tracking is off."""
    reason = why_paused(case.repository, case.environ)
    if reason:
        by_variable = case.environ.get("PR_SESSIONS") == "0"
        place = "PR_SESSIONS" if by_variable else str(case.repository.paused)
        way_out = "unset PR_SESSIONS" if by_variable else "pr-sessions resume"
        yield Finding(Severity.NOTE, f"tracking is off: {reason}", place, way_out)


SETTINGS_CHECKS = (mistakes, zone_not_recorded, paused)
