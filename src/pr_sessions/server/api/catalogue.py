"""All operations of the API."""

from pr_sessions.server.api import administration, corrections, gate, reading, syncing

PREFIX = "/api/v1"
OPERATIONS = (
    *reading.OPERATIONS,
    *corrections.OPERATIONS,
    *gate.OPERATIONS,
    *administration.OPERATIONS,
    *syncing.OPERATIONS,
)
