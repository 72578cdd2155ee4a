"""The one service, and the way to it."""

from pr_sessions.tracker.opening import open_tracker, tracker_of
from pr_sessions.tracker.results import Added, Checked, Completed, Current, Imported, Joined, Restored, Started
from pr_sessions.tracker.service import Tracker, Watched
from pr_sessions.tracker.surroundings import utc_now, way_on, why_paused, zone_of

__all__ = [
    "Added",
    "Checked",
    "Completed",
    "Current",
    "Imported",
    "Joined",
    "Restored",
    "Started",
    "Tracker",
    "Watched",
    "open_tracker",
    "tracker_of",
    "utc_now",
    "way_on",
    "why_paused",
    "zone_of",
]
