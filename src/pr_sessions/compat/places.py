"""Where the compatible scripts keep things: the repository, its configuration, the tracker that they work on."""

import os
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from pr_sessions.compat import console
from pr_sessions.config.cache import load_policy
from pr_sessions.core.paths import SESSION_FILE
from pr_sessions.core.policy import Policy
from pr_sessions.core.times import read_time
from pr_sessions.errors import (
    Busy,
    CannotWrite,
    InvalidConfiguration,
    InvalidValue,
    NotARepository,
    Paused,
    PrSessionsError,
    UnreadableFile,
)
from pr_sessions.git.discovery import current_folder, find_repository, place_of
from pr_sessions.git.repository import CONFIG, Repository
from pr_sessions.io.files import MIB, exists, read_bytes
from pr_sessions.io.places import Place, below_users_folder
from pr_sessions.storage.base import SessionStore
from pr_sessions.storage.files.store import FileStore
from pr_sessions.tracker import Tracker, tracker_of, utc_now, zone_of
from pr_sessions.tracker.environment import SKEW
from pr_sessions.tracker.workspace import NullWorkspace, find_author

_ZONE = re.compile(rb"^[\"']?time_zone[\"']?\s*:", re.MULTILINE)

# What keeps a script from storing, and not from going on with what it has in memory.
NOT_KEPT = (UnreadableFile, CannotWrite, Busy, Paused, NotARepository)

script: str | None = None
"""The written script that runs, or was imported by its bare name."""


def repository() -> Repository:
    """Return the repository of the current folder, else the one in which the script lies.

    Raises:
        NotARepository: there is neither.
    """
    try:
        return find_repository(current_folder(), os.environ)
    except NotARepository:
        if script is None:
            raise
        return find_repository(Path(script).resolve().parent)


def reassigned(constant: Path | str, default: Path) -> Place | None:
    """Return the path that a caller set instead of a default; `None` where it still means the repository's own file."""
    path = Path(constant)
    if path == default:
        return None
    path = path.absolute()
    try:
        tree = repository()
    except NotARepository:
        return below_users_folder(path)
    return None if path == tree.root / default else place_of(path, tree)


def in_repository(constant: Path | str, default: Path) -> Place:
    """Return where a constant points to: the default from the repository's root, others from the current folder."""
    path = reassigned(constant, default)
    return path or repository().place(default.as_posix())


def is_missing(constant: Path | str, default: Path) -> bool:
    """Return whether there is no such file; reading says what is wrong with one that cannot be looked at."""
    try:
        return not exists(in_repository(constant, default))
    except PrSessionsError:
        return False


def tracker(session_file: Path | str, policy: Policy) -> Tracker:
    """Return the tracker of the repository, or of a session file that stands alone where the constant was changed."""
    path = reassigned(session_file, Path(SESSION_FILE))
    return alone(path, policy) if path else tracker_of(repository(), policy)


def own_tracker(session_file: Path | str = SESSION_FILE) -> Tracker:
    """Return the tracker of the repository, or of a session file that stands alone, by its own configuration."""
    policy, _ = read_settings(CONFIG)
    return tracker(session_file, policy)


def alone(path: Place, policy: Policy) -> Tracker:
    """Return the tracker of one session file, its lock and its backups beside it."""
    store = FileStore((path,), path.with_name(f"{path.name}.lock"), path.parent, zone_of(policy))
    return _without_tree(Path(path.path), policy, store, {**os.environ, "CI": "true"})


def in_memory(store: SessionStore, policy: Policy) -> Tracker:
    """Return the tracker of a store that has no place on the disk."""
    return _without_tree(Path(__file__), policy, store, {"CI": "true"})


def _without_tree(file: Path, policy: Policy, store: SessionStore, environ: Mapping[str, str]) -> Tracker:
    """No marker is read or written, and no index is kept."""
    repository = Repository(file)
    workspace = NullWorkspace(find_author(repository, environ))
    return Tracker(repository, replace(policy, minimal_metadata=False), store, workspace, environ=environ)


def read_settings(config: Path | str) -> tuple[Policy, bool]:
    """Return the policy, and whether the configuration names its time zone; warn about whatever is wrong."""
    try:
        path = in_repository(config, Path(CONFIG))
        cache = None if reassigned(config, Path(CONFIG)) else repository().policy_cache
        policy = load_policy(path, cache, console.hint)
        return policy, _ZONE.search(read_bytes(path, MIB) or b"") is not None
    except NotARepository:
        return Policy(), False
    except UnreadableFile as error:
        console.warn(error, "the defaults count")
        return Policy(), False
    except InvalidConfiguration as error:
        console.warn(error, "the defaults count for what is wrong")
        return _what_is_right(path)


def _what_is_right(path: Place) -> tuple[Policy, bool]:
    from pr_sessions.config.file import read

    try:
        parsed = read(path)
    except InvalidConfiguration:  # no text at all, which has been said
        return Policy(), False
    return parsed.policy, "time_zone" in parsed.origins


def local_zone() -> str:
    """Return the name of this machine's time zone."""
    from pr_sessions.config.template import local_time_zone

    return local_time_zone(os.environ)


def moment(value: Any, zone: Callable[[], str]) -> datetime:
    """Return the time that a caller gives, in UTC; now for none, for what is no time, and for what lies in the future.

    Args:
        value: a `datetime` or ISO 8601 text, with or without a zone.
        zone: the name of the zone of one without.
    """
    now = utc_now()
    if value is None or value == "":
        return now
    text = value.isoformat() if isinstance(value, datetime) else str(value)
    try:
        at = read_time(text, zone_of(Policy(time_zone=zone())))
    except InvalidValue as error:
        console.warn(error, "now counts")
        return now
    if at > now:
        if at - now > SKEW:
            console.warn(f"{text[:40]} lies in the future", "now counts")
        return now
    return at
