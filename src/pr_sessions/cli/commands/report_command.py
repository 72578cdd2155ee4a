"""`pr-sessions report`."""

from datetime import datetime
from pathlib import Path

import click

from pr_sessions.cli import options, output
from pr_sessions.tracker import Tracker


@click.command("report")
@click.option("--save", is_flag=True, help="Write it to docs/metrics/analytics/session_analytics_YYYYMMDD.md.")
@options.as_json
def command(save: bool, json: bool) -> None:
    r"""Print the analytics.

    \b
    Examples:
      pr-sessions report
      pr-sessions report --save
      pr-sessions report --json
    """
    from pr_sessions.analytics.metrics import measure
    from pr_sessions.analytics.report import as_json, render_markdown

    tracker = options.tracker()
    book, now = tracker.book(), tracker.now()
    metrics = measure(book, now, tracker.policy, book.unattributed)
    markdown = render_markdown(metrics)
    saved = _save(tracker, markdown, now) if save else None
    data = {**as_json(metrics), "saved": str(saved) if saved else None}
    output.show(data, [f"Saved {saved}" if saved else markdown.rstrip("\n")], as_json=json)


def _save(tracker: Tracker, markdown: str, now: datetime) -> Path:
    """In the team's zone."""
    from pr_sessions.analytics.report import file_name
    from pr_sessions.stores.files import replace_file

    path = tracker.repository.analytics / file_name(now.astimezone(tracker.zone).date())
    replace_file(path, markdown.encode())
    return path
