"""Commands that check what is here: `doctor`, `config`, `where`."""

import os
from typing import TYPE_CHECKING, Any

import click

from pr_sessions.cli import options
from pr_sessions.core.visible_text import one_line
from pr_sessions.render import terminal
from pr_sessions.render.json import time_json

if TYPE_CHECKING:
    from pr_sessions.config.file import Parsed
    from pr_sessions.doctor.findings import Finding
    from pr_sessions.doctor.storage_locations import Counts, Location, State
    from pr_sessions.git.repository import Repository

UNHEALTHY = WRONG = 1
COLOURS = {"error": "red", "warning": "yellow", "note": "cyan"}


@click.command("doctor")
@click.option("--exit-code", is_flag=True, help="Fail if there is an error or a warning.")
@click.option("--repair", is_flag=True, help="Repair session files. Deletes nothing.")
@click.option("--dry-run", is_flag=True, help="With --repair: show what would be done; write nothing.")
@options.as_json
def doctor_command(exit_code: bool, repair: bool, dry_run: bool, json: bool) -> int:
    r"""Find every inconsistency, with a hint for each.

    Checks files, markers, configuration and git. Only --repair writes: it quarantines what cannot be read, merges both
    sides of a conflict, and restores what is missing from other copies.

    \b
    Examples:
      pr-sessions doctor
      pr-sessions doctor --exit-code
      pr-sessions doctor --repair --dry-run
    """
    if repair:
        return _repair(dry_run=dry_run, json=json)
    if dry_run:
        raise click.UsageError("--dry-run goes with --repair")
    return _diagnose(exit_code=exit_code, json=json)


def _diagnose(*, exit_code: bool, json: bool) -> int:
    from pr_sessions.doctor import diagnose
    from pr_sessions.tracker import utc_now

    findings = diagnose(options.repository(), utc_now(), os.environ)
    healthy = all(finding.severity == "note" for finding in findings)
    lines = [line for finding in findings for line in _finding_lines(finding)]
    terminal.show({"findings": findings, "healthy": healthy}, lines or ["Everything is in order."], as_json=json)
    return UNHEALTHY if exit_code and not healthy else 0


def _repair(*, dry_run: bool, json: bool) -> int:
    from pr_sessions.maintenance.repair import Repair, carry_out, plan, repair_command, trees_to_repair

    tracker = options.tracker()
    repository, now = tracker.repository, tracker.now()

    def planned() -> Repair:
        return plan(repository, tracker.policy, tracker.zone, now)

    repair = planned() if dry_run else carry_out(planned, repository, now)
    others = trees_to_repair(repository)
    data = {
        "root": str(repository.root),
        "dry_run": dry_run,
        "steps": [{"act": step.kind, "path": str(step.path), "what": step.purpose} for step in repair.steps],
        "lost": [],  # kept for its readers: no record is refused any more, so none is left in the quarantine alone
        "other_trees": [str(root) for root in others],
    }
    rows = [(s.kind, terminal.path_from(repository.root, s.path), one_line(s.purpose, 200)) for s in repair.steps]
    title = "Would repair" if dry_run else "Repaired"
    lines = (
        [f"{title} {terminal.heading(str(repository.root))}", *terminal.table(rows)] if rows else ["Nothing to repair."]
    )
    lines += [f"Another working tree needs it, too: {one_line(repair_command(root), 300)}" for root in others]
    terminal.show(data, lines, as_json=json)
    return 0


def _finding_lines(finding: "Finding") -> list[str]:
    label = click.style(finding.severity, fg=COLOURS[finding.severity], bold=True)
    return [
        f"{label}: {one_line(finding.problem, 300)}",
        f"  place    {one_line(finding.place, 300)}",
        f"  hint     {one_line(finding.hint, 300)}",
    ]


@click.command("config")
@click.option("--check", is_flag=True, help="List every mistake and unknown setting; fail for a mistake.")
@options.as_json
def config_command(check: bool, json: bool) -> int:
    r"""Show or check the effective configuration.

    A wrong setting is shown with its default.

    \b
    Examples:
      pr-sessions config
      pr-sessions config --check
    """
    from msgspec import to_builtins

    from pr_sessions.config.file import effective, read, unknown_settings

    repository = options.repository()
    parsed = read(repository.config)
    if check:
        report = checked(parsed, repository)
        terminal.show(report, check_lines(parsed, report), as_json=json)
        return WRONG if parsed.mistakes else 0
    if parsed.mistakes:
        terminal.note(f"{terminal.plural(len(parsed.mistakes), 'mistake')}; see them: pr-sessions config --check")
    for problem, hint in unknown_settings(parsed):
        terminal.note(f"warning: {problem}; {hint}")
    settings = effective(parsed)
    rows = [(setting.key, one_line(_text(setting.value), 90), setting.origin) for setting in settings]
    data = {"settings": to_builtins(settings), "mistakes": checked(parsed, repository)["mistakes"]}
    terminal.show(data, terminal.table(rows, ("setting", "value", "origin")), as_json=json)
    return 0


def checked(parsed: "Parsed", repository: "Repository") -> dict[str, Any]:
    """Every mistake and note with its place."""
    from pr_sessions.config.file import Note, notes
    from pr_sessions.setup.gate_files import RENEW, wrong_mode

    wrong = wrong_mode(repository, parsed.policy.gate, dashboard=parsed.policy.dashboard)
    of_gate = [Note(parsed.origins.get("gate", 0), f"{wrong}; {RENEW}")] if wrong else []
    return {
        "path": parsed.name,
        "valid": not parsed.mistakes,
        "mistakes": [
            {"place": f"{parsed.name}:{m.line}", "key": m.key, "message": m.message, "hint": m.hint}
            for m in parsed.mistakes
        ],
        "notes": [{"place": f"{parsed.name}:{note.line}", "message": note.text} for note in [*notes(parsed), *of_gate]],
    }


def check_lines(parsed: "Parsed", report: dict[str, Any]) -> list[str]:
    """The same for people."""
    lines = []
    for mistake in report["mistakes"]:
        lines.append(f"{mistake['place']}: {mistake['message']}")
        lines += [f"  hint: {mistake['hint']}"] if mistake["hint"] else []
    lines += [f"{note['place']}: note: {note['message']}" for note in report["notes"]]
    if parsed.is_missing:
        return [f"There is no {parsed.name}: the defaults count."]
    verdict = terminal.plural(len(report["mistakes"]), "mistake") if report["mistakes"] else "No mistakes"
    return [*lines, f"{verdict} in {parsed.name}"]


def _text(value: Any) -> str:
    if isinstance(value, tuple):
        return ", ".join(value)
    return str(value).lower() if isinstance(value, bool) else str(value)


@click.command("where")
@options.as_json
def where_command(json: bool) -> None:
    r"""Show every place in which something is stored.

    Shows its purpose, writer, sensitive contents and state.

    \b
    Examples:
      pr-sessions where
    """
    from pr_sessions.doctor.storage_locations import look_at, places

    repository = options.repository()
    rows = [(place, look_at(place, repository)) for place in places(repository)]
    data = {"root": str(repository.root), "places": [_location_json(place, state) for place, state in rows]}
    lines = [line for place, state in rows for line in _location_lines(place, state)]
    terminal.show(data, lines, as_json=json)


def _location_json(place: "Location", state: "State") -> dict[str, Any]:
    return {
        "path": str(place.path),
        "purpose": place.purpose,
        "written_by": place.written_by,
        "sensitive": place.sensitive,
        "exists": state.exists,
        "bytes": state.bytes,
        "changed": time_json(state.changed),
        "sessions": state.counts.sessions,
        "pull_requests": state.counts.pull_requests,
        "entries": state.counts.entries,
        "git": state.git,
        "problem": state.problem,
    }


def _location_lines(place: "Location", state: "State") -> list[str]:
    return [
        terminal.heading(str(place.path)),
        f"  holds       {place.purpose}",
        f"  written by  {place.written_by}",
        f"  sensitive   {place.sensitive}",
        f"  now         {_state_text(state)}",
        *([f"  problem     {one_line(state.problem, 300)}"] if state.problem else []),
    ]


def _state_text(state: "State") -> str:
    parts = ["there" if state.exists else "not there"]
    if state.exists and state.bytes is not None:
        parts = [f"{state.bytes:,} bytes, changed {terminal.clock(state.changed)}"]
    return ", ".join([*parts, *_counted(state.counts), *([state.git] if state.git else [])])


def _counted(counts: "Counts") -> list[str]:
    named = (
        (counts.sessions, "session", "sessions"),
        (counts.pull_requests, "pull request", "pull requests"),
        (counts.entries, "entry", "entries"),
    )
    return [f"{n} {singular if n == 1 else plural}" for n, singular, plural in named if n is not None]
