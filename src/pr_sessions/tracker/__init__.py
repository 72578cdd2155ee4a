"""The tracker: sessions of one repository, read and changed by the rules."""

from pr_sessions.storage.audit import AuditEntry, AuditLog
from pr_sessions.tracker.changing import Progress
from pr_sessions.tracker.environment import resolve_session, utc_now, warn, way_on, why_paused, zone_of
from pr_sessions.tracker.results import Added, Checked, Completed, Current, Imported, Started
from pr_sessions.tracker.tracker import Tracker, open_tracker, tracker_of

__all__ = [
    "Added",
    "AuditEntry",
    "AuditLog",
    "Checked",
    "Completed",
    "Current",
    "Imported",
    "Progress",
    "Started",
    "Tracker",
    "open_tracker",
    "resolve_session",
    "tracker_of",
    "utc_now",
    "warn",
    "way_on",
    "why_paused",
    "zone_of",
]
