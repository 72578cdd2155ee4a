"""`cursor_session_hook.py`: the current session of a working tree, with the original's interface."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from pr_sessions.compat import console, inputs, places
from pr_sessions.core.evidence_text import mark_title, render_full, render_minimal
from pr_sessions.core.ids import clean, new_id
from pr_sessions.core.paths import SESSION_FILE
from pr_sessions.core.policy import Policy
from pr_sessions.errors import PrSessionsError
from pr_sessions.git.repository import CONFIG, MARKER
from pr_sessions.io.files import exists, remove_file
from pr_sessions.io.lock import locked
from pr_sessions.io.places import Place
from pr_sessions.storage.files.marker import Marker, read_marker, write_marker
from pr_sessions.tracker import utc_now, zone_of

__all__ = [
    "SESSION_MARKER_FILE",
    "SESSION_TIMEOUT_SECONDS",
    "clear_session",
    "format_session_metadata",
    "get_or_create_session_id",
    "main",
]

SESSION_MARKER_FILE = Path(MARKER)
SESSION_TIMEOUT_SECONDS = 1800


def get_or_create_session_id(author: str | None = None) -> str:
    """Return the current session, which goes on with this; a new one where none is current.

    Where nothing can be stored it says so on stderr, and the id is good for this call alone.
    """
    marker_file = places.reassigned(SESSION_MARKER_FILE, Path(MARKER))
    name = clean(inputs.text(author))
    try:
        if marker_file:
            return _slide_or_begin(marker_file, name or _author(), utc_now())
        return places.own_tracker().start(name, reuse_current=True, complete_expired=False).session.id
    except PrSessionsError as error:
        console.warn(error, "the session is not stored")
        return new_id(name or _author(), utc_now(), lambda _: False)


def clear_session() -> bool:
    """No session is current any more. The one that was runs out by itself.

    Returns:
        Whether there was a marker.
    """
    marker_file = places.reassigned(SESSION_MARKER_FILE, Path(MARKER))
    try:
        path = marker_file or places.repository().marker
        existed = exists(path)
        if marker_file:
            remove_file(path)
        elif existed:
            places.own_tracker().leave()
    except PrSessionsError as error:
        console.warn(error, "the marker stays")
        return False
    return existed


def format_session_metadata(session_id: str, pr_title: str) -> tuple[str, str]:
    """Return the marked title, and the block to put behind the pull request's body."""
    named = inputs.session_id(session_id, "nothing is marked")
    if not named:
        return inputs.text(pr_title), ""
    policy, _ = places.read_settings(CONFIG)
    block = render_minimal(named) if policy.minimal_metadata else render_full(named)
    # A rule that touches the text above would make a heading of it.
    return mark_title(inputs.text(pr_title)), f"\n\n{block}\n"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the script's command line: print the current session, and begin one where none is current."""
    from argparse import ArgumentParser

    parser = ArgumentParser(prog="cursor_session_hook.py", description="Print the current session; begin one if none.")
    parser.add_argument("--author", help="who works; git's author name if not given")
    options = parser.parse_args(arguments)
    return console.run(lambda: console.print_json({"session_id": get_or_create_session_id(options.author)}))


def _slide_or_begin(path: Place, author: str, now: datetime) -> str:
    policy, has_zone = places.read_settings(CONFIG)
    zone = zone_of(policy if has_zone else Policy(time_zone=places.local_zone()))
    with locked(path.with_name(f"{path.name}.lock")):
        marker = read_marker(path, zone)
        if marker and now - marker.last_updated < _timeout():
            marker = Marker(marker.session_id, marker.author, marker.created, now)
        else:
            marker = Marker(new_id(author, now, lambda _: False), author, now, now)
        write_marker(path, marker)
    return marker.session_id


def _timeout() -> timedelta:
    seconds: Any = SESSION_TIMEOUT_SECONDS
    try:
        return timedelta(seconds=seconds)
    except (TypeError, ValueError, OverflowError):
        console.warn(f"SESSION_TIMEOUT_SECONDS cannot be {str(seconds)[:40]!r}", "1800 seconds count")
        return timedelta(seconds=1800)


def _author() -> str:
    """Who works here, in a repository or not."""
    try:
        return places.own_tracker().author()
    except PrSessionsError:
        return places.alone(Place(Path.cwd(), SESSION_FILE), Policy()).author()
