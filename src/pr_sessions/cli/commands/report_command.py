"""`pr-sessions report`."""

from datetime import datetime

import click

from pr_sessions.cli import options
from pr_sessions.io.places import Place
from pr_sessions.render import screen
from pr_sessions.render.table import Line, Markdown
from pr_sessions.tracker import Tracker


@click.command("report")
@click.option("--save", is_flag=True, help="Write it to docs/metrics/analytics/session_analytics_YYYYMMDD.md.")
@options.as_json
def report_command(save: bool, json: bool) -> None:
    r"""Print the analytics.

    Sessions that are only inferred are counted apart, and not saved.

    \b
    Examples:
      pr-sessions report
      pr-sessions report --save
    """
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
