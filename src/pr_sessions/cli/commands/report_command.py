"""`pr-sessions report`."""

from datetime import datetime

import click

from pr_sessions.cli import options
from pr_sessions.io.places import Place
from pr_sessions.render import screen
from pr_sessions.render.table import Line, Markdown
from pr_sessions.tracker import Tracker, utc_now


@click.command("report")
@click.option("--save", is_flag=True, help="Write it to docs/metrics/analytics/session_analytics_YYYYMMDD.md.")
@click.option("--evidence", is_flag=True, help="Instead: merged pull requests of agents, from a team's server.")
@click.option("--org", metavar="ORG", help="With --evidence: whose repositories.")
@click.option("--since", type=options.Moment(), metavar="TIME", help="With --evidence: from this day on.")
@click.option("--format", "form", type=click.Choice(("csv", "json")), default="json", help="[default: json]")
@click.option("--server", metavar="URL", default="", help="With --evidence. [default: PR_SESSIONS_SERVER]")
@options.as_json
def report_command(
    save: bool, evidence: bool, org: str | None, since: datetime | None, form: str, server: str, json: bool
) -> None:
    r"""Print the analytics, or evidence for an auditor.

    Sessions that are only inferred are counted apart, and not saved. The evidence says of each merged pull request of
    an agent who asked for it, who approved which head, who merged it, and what checks said of that head. What was not
    recorded is `unknown`. PR_SESSIONS_TOKEN needs the scope `audit`.

    \b
    Examples:
      pr-sessions report
      pr-sessions report --save
      pr-sessions report --evidence --org shop --since 2026-11-01 --format csv
    """
    if evidence:
        if not org or since is None or save:
            raise click.UsageError("--evidence needs --org and --since, and goes without --save")
        _report_evidence(org, since, "json" if json else form, server)
        return
    if org or since or server:
        raise click.UsageError("--org, --since and --server go with --evidence")
    from pr_sessions.analytics.metrics import measure
    from pr_sessions.analytics.report import as_json, render_markdown
    from pr_sessions.core.recorded_inference import infer_recorded
    from pr_sessions.render.inference import inferred_summary
    from pr_sessions.render.json import inference_json

    tracker = options.tracker()
    collection, now = tracker.sessions(), tracker.now()
    unattributed = collection.all_unattributed()
    metrics = measure(collection, now, tracker.policy, unattributed)
    inference = infer_recorded(collection, unattributed, tracker.policy)
    markdown = render_markdown(metrics)
    saved = _save(tracker, markdown, now) if save else None
    data = {**as_json(metrics), "inferred": inference_json(inference), "saved": str(saved) if saved else None}
    lines: list[Line] = [f"Saved {saved}"] if saved else [Markdown(markdown.rstrip("\n")), *inferred_summary(inference)]
    screen.show(data, lines, as_json=json)


def _save(tracker: Tracker, markdown: str, now: datetime) -> Place:
    """In the team's zone."""
    from pr_sessions.analytics.report import file_name
    from pr_sessions.io.files import replace_changed_file

    path = tracker.repository.analytics / file_name(now.astimezone(tracker.zone).date())
    replace_changed_file(path, markdown.encode())
    return path


def _report_evidence(organisation: str, since: datetime, form: str, server: str) -> None:
    """Print the rows, and the SHA-256 over them: within the JSON, beside the table."""
    from datetime import UTC

    from pr_sessions.cli.server_access import server_client
    from pr_sessions.render.json import time_json
    from pr_sessions.server.evidence.rows import count_findings, read_rows, rows_digest

    day = since.astimezone(UTC).date()
    with server_client(server) as client:
        rows = read_rows(client.list_evidence(organisation, day))
    digest = rows_digest(rows)
    if form == "csv":
        from pr_sessions.server.evidence.csv_text import csv_text

        click.echo(csv_text(rows), nl=False)
        click.echo(f"{len(rows)} rows; SHA-256 over them as JSON lines: {digest}", err=True)
        return
    about = {
        "organisation": organisation,
        "since": day.isoformat(),
        "read_at": time_json(utc_now()),
    }
    screen.show({**about, "rows": rows, "count": len(rows), **count_findings(rows), "sha256": digest}, [], as_json=True)
