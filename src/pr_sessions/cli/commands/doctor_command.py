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
@options.as_json
def command(exit_code: bool, json: bool) -> int:
    r"""Find every inconsistency and its way out.

    Looks at files, markers, configuration and git. Writes nothing.

    \b
    Examples:
      pr-sessions doctor
      pr-sessions doctor --exit-code --json
    """
    from pr_sessions.cli.diagnosis import diagnose
    from pr_sessions.tracker import utc_now

    findings = diagnose(options.repository(), utc_now(), os.environ)
    healthy = all(finding.severity == "note" for finding in findings)
    lines = [line for finding in findings for line in _lines(finding)]
    output.show({"findings": findings, "healthy": healthy}, lines or ["Everything is in order."], as_json=json)
    return UNHEALTHY if exit_code and not healthy else 0


def _lines(finding: "Finding") -> list[str]:
    label = click.style(finding.severity, fg=COLOURS[finding.severity], bold=True)
    return [
        f"{label}: {output.one_line(finding.problem, 300)}",
        f"  place    {output.one_line(finding.place, 300)}",
        f"  way out  {output.one_line(finding.way_out, 300)}",
    ]
