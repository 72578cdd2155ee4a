"""Wiring: from a folder to the tracker of its repository."""

import os
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from pr_sessions.sessions.policy import Policy
from pr_sessions.stores.git_index import refuse_half_merged
from pr_sessions.stores.policy_cache import load_policy
from pr_sessions.stores.repository import Repository, find_repository
from pr_sessions.stores.store import FileStore
from pr_sessions.tracker.service import Tracker
from pr_sessions.tracker.surroundings import utc_now, zone_of


def open_tracker(
    path: Path | None = None, *, environ: Mapping[str, str] = os.environ, clock: Callable[[], datetime] = utc_now
) -> Tracker:
    """The tracker of the repository that a folder belongs to.

    Args:
        path: any folder inside; the current one if not given.
        environ: git's variables, `AUTO_PR_SESSION_AUTHOR`, `PR_SESSIONS` and `CI` are looked at.
        clock: gives the time in UTC.

    Raises:
        NotARepository: there is none.
        InvalidConfiguration: its configuration has mistakes.
    """
    repository = find_repository(path or Path.cwd(), environ)
    policy = load_policy(repository.config, repository.policy_cache)
    return tracker_of(repository, policy, environ=environ, clock=clock)


def tracker_of(
    repository: Repository,
    policy: Policy,
    *,
    environ: Mapping[str, str] = os.environ,
    clock: Callable[[], datetime] = utc_now,
) -> Tracker:
    """The tracker of a repository that is known already, by a policy that is known already."""
    zone = zone_of(policy)
    keep = timedelta(days=policy.keep_days) if policy.keep_days else None
    half = partial(refuse_half_merged, repository)
    store = FileStore(repository.documents, repository.lock, repository.backups, zone, keep, half)
    return Tracker(repository, policy, store, environ=environ, clock=clock, journal=repository.journal)
