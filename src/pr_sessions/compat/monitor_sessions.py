"""`monitor_sessions.py [--json] [--exit-code]`: whether the sessions are in order, or somebody should look."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import to_builtins

from pr_sessions.compat import console, places
from pr_sessions.core.paths import SESSION_FILE
from pr_sessions.errors import PrSessionsError
from pr_sessions.io.files import status

if TYPE_CHECKING:
    from argparse import Namespace

    from pr_sessions.analytics.metrics import Health

__all__ = ["SESSION_DATA_FILE", "check_health", "main"]

SESSION_DATA_FILE = Path(SESSION_FILE)


def check_health() -> "Health":
    """Return the state of the sessions. That they cannot be read is an alert."""
    from pr_sessions.analytics.metrics import Health, health

    try:
        path = places.in_repository(SESSION_DATA_FILE, Path(SESSION_FILE))
        record = status(path)
        size = record.st_size if record else 0
        tracker = places.own_tracker(SESSION_DATA_FILE)
        return health(tracker.sessions(), tracker.now(), tracker.policy, size)
    except PrSessionsError as error:
        console.warn(error)
        return Health((), None, 0, (str(error),))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the script's command line; return its exit code."""
    from argparse import ArgumentParser

    parser = ArgumentParser(prog="monitor_sessions.py", description="Whether the sessions are in order.")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument("--exit-code", action="store_true", help="exit with 1 where there is an alert")
    options = parser.parse_args(arguments)
    return console.run(lambda: _command(options))


def _command(options: "Namespace") -> int:
    state = check_health()
    if options.json:
        console.print_json({"healthy": state.healthy, **to_builtins(state)})
    else:
        console.print_text("\n".join(_lines(state)) + "\n")
    return console.FAILED if options.exit_code and not state.healthy else console.DONE


def _lines(state: "Health") -> Iterator[str]:
    mean = "unknown" if state.mean_duration is None else f"{state.mean_duration:.0f} min"
    yield "Sessions are in order." if state.healthy else "Sessions need a look."
    yield f"  orphans        {len(state.orphans)}"
    yield f"  mean duration  {mean}"
    yield f"  session file   {state.state_file_bytes} bytes"
    yield from (f"alert: {alert}" for alert in state.alerts)
