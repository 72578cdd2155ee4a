"""`pr-sessions doctor`."""

import os
from typing import TYPE_CHECKING

import click

from pr_sessions.cli import options, output

if TYPE_CHECKING:
    from pr_sessions.cli.diagnosis.finding import Finding

UNHEALTHY = 1
COLOURS = {"error": "red", "warning": "yellow", "note": "cyan"}


@click.command("doctor")
@click.option("--exit-code", is_flag=True, help="Fail if there is an error or a warning.")
@click.option("--repair", is_flag=True, help="Mend the session files: put aside, restore, join. Deletes nothing.")
@click.option("--dry-run", is_flag=True, help="With --repair: show what would be done. Writes nothing.")
@options.as_json
def command(exit_code: bool, repair: bool, dry_run: bool, json: bool) -> int:
    r"""Find every inconsistency and its way out.

    Looks at files, markers, configuration and git. Writes nothing, except with --repair: then what cannot be read is
    moved into a quarantine, both sides of a merge conflict are joined, and what is missing comes back from the clone's
    document, the newest readable backup and git's history.

    \b
    Examples:
      pr-sessions doctor
      pr-sessions doctor --exit-code --json
      pr-sessions doctor --repair --dry-run
    """
    if repair:
        return _repair(dry_run=dry_run, json=json)
    if dry_run:
        raise click.UsageError("--dry-run goes with --repair")
    return _look(exit_code=exit_code, json=json)


def _look(*, exit_code: bool, json: bool) -> int:
    from pr_sessions.cli.diagnosis import diagnose
    from pr_sessions.tracker import utc_now

    findings = diagnose(options.repository(), utc_now(), os.environ)
    healthy = all(finding.severity == "note" for finding in findings)
    lines = [line for finding in findings for line in _lines(finding)]
    output.show({"findings": findings, "healthy": healthy}, lines or ["Everything is in order."], as_json=json)
    return UNHEALTHY if exit_code and not healthy else 0


def _repair(*, dry_run: bool, json: bool) -> int:
    from pr_sessions.cli.repair.other_trees import in_need, way_out
    from pr_sessions.cli.repair.plan import plan
    from pr_sessions.cli.repair.steps import Repair, carry_out
    from pr_sessions.cli.setup.step_text import short

    tracker = options.tracker()
    repository, now = tracker.repository, tracker.now()

    def planned() -> Repair:
        return plan(repository, tracker.zone, now)

    repair = planned() if dry_run else carry_out(planned, repository, now)
    others = in_need(repository)
    data = {
        "root": str(repository.root),
        "dry_run": dry_run,
        "steps": [{"act": step.act, "path": str(step.path), "what": step.what} for step in repair.steps],
        "lost": repair.lost,
        "other_trees": [str(root) for root in others],
    }
    rows = [(s.act, short(s.path, repository.root), output.one_line(s.what, 200)) for s in repair.steps]
    title = "Would repair" if dry_run else "Repaired"
    lines = [f"{title} {output.heading(str(repository.root))}", *output.table(rows)] if rows else ["Nothing to repair."]
    lines += [f"Only in the quarantine: {output.one_line(i, 200)}" for i in repair.lost]
    lines += [f"Another working tree needs it, too: {output.one_line(way_out(root), 300)}" for root in others]
    output.show(data, lines, as_json=json)
    return UNHEALTHY if repair.lost else 0


def _lines(finding: "Finding") -> list[str]:
    label = click.style(finding.severity, fg=COLOURS[finding.severity], bold=True)
    return [
        f"{label}: {output.one_line(finding.problem, 300)}",
        f"  place    {output.one_line(finding.place, 300)}",
        f"  way out  {output.one_line(finding.way_out, 300)}",
    ]
