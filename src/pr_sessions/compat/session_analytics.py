"""`session_analytics.py`: figures and a report, with the original's interface."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from msgspec import json

from pr_sessions.compat import console, places
from pr_sessions.core.paths import SESSION_FILE
from pr_sessions.errors import PrSessionsError
from pr_sessions.git.repository import ANALYTICS
from pr_sessions.storage.files.collection import in_files

__all__ = ["OUTPUT_DIR", "SESSION_DATA_FILE", "calculate_analytics", "generate_report", "load_session_data", "main"]

SESSION_DATA_FILE = Path(SESSION_FILE)
OUTPUT_DIR = Path(ANALYTICS)


def load_session_data() -> dict[str, Any]:
    """Return everything that is kept, as plain JSON values; no session where it cannot be read."""
    try:
        collection = in_files(places.own_tracker(SESSION_DATA_FILE).sessions())
    except PrSessionsError as error:
        console.warn(error, "going on without sessions")
        return {"version": "1.0", "active_sessions": {}, "completed_sessions": []}
    data: dict[str, Any] = json.decode(collection.to_bytes())
    return data


def calculate_analytics(data: Any) -> dict[str, Any]:
    """Return `summary`, `authors`, `completion_triggers`, `duration_distribution`; `error` without completed ones."""
    from pr_sessions.analytics.compatible import original_analytics

    return original_analytics(data if isinstance(data, dict) else {})


def generate_report() -> str:
    """Return the report as Markdown; it is also kept in `OUTPUT_DIR`, under the name of the day."""
    from pr_sessions.analytics.metrics import measure
    from pr_sessions.analytics.report import TITLE, file_name, render_markdown
    from pr_sessions.io.files import replace_changed_file

    try:
        tracker = places.own_tracker(SESSION_DATA_FILE)
        collection = tracker.sessions()
    except PrSessionsError as error:
        console.warn(error, "no report is saved")
        return f"# {TITLE}\n\nThe sessions could not be read.\n"
    now = tracker.now()
    text = render_markdown(measure(collection, now, tracker.policy, collection.all_unattributed()))
    try:
        folder = places.in_repository(OUTPUT_DIR, Path(ANALYTICS))
        path = folder / file_name(now.astimezone(tracker.zone).date())
        replace_changed_file(path, text.encode())
        console.note(f"saved {path}")
    except PrSessionsError as error:
        console.warn(error, "the report is not saved")
    return text


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the script's command line: print the report and save it."""
    from argparse import ArgumentParser

    parser = ArgumentParser(prog="session_analytics.py", description="Print the analytics, and save them.")
    parser.parse_args(arguments)
    return console.run(lambda: console.print_text(generate_report()))
