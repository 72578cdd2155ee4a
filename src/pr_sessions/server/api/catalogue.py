"""All operations of the API."""

from pr_sessions.server.api import administration, corrections, reading, syncing

PREFIX = "/api/v1"
OPERATIONS = (*reading.OPERATIONS, *corrections.OPERATIONS, *administration.OPERATIONS, *syncing.OPERATIONS)
