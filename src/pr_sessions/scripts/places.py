"""Where the compatible scripts keep things: the repository, its configuration, the tracker that they work on."""

import os
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from pr_sessions.errors import (
    Busy,
    CannotWrite,
    InvalidConfiguration,
    InvalidValue,
    NotARepository,
    Paused,
    UnreadableFile,
)
from pr_sessions.scripts import console
from pr_sessions.sessions.policy import Policy
from pr_sessions.sessions.times import read_time
from pr_sessions.stores.files import MIB, read_bytes
from pr_sessions.stores.policy_cache import load_policy
from pr_sessions.stores.repository import CONFIG, SESSION_FILE, Repository, find_repository
from pr_sessions.stores.store import FileStore, Store
from pr_sessions.tracker import Tracker, tracker_of, utc_now, zone_of
from pr_sessions.tracker.outside import SKEW

_ZONE = re.compile(rb"^[\"']?time_zone[\"']?\s*:", re.MULTILINE)

# What keeps a script from storing, and not from going on with what it has in memory.
NOT_KEPT = (UnreadableFile, CannotWrite, Busy, Paused, NotARepository)

script: str | None = None
"""The written script that runs, or was imported by its bare name."""


def repository() -> Repository:
    """The repository of the current folder, else the one in which the script lies.

    Raises:
        NotARepository: there is neither.
    """
    try:
        return find_repository(Path.cwd(), os.environ)
    except NotARepository:
        if script is None:
            raise
        return find_repository(Path(script).resolve().parent)


def reassigned(constant: Path | str, default: Path) -> Path | None:
    """The path that a caller put in the place of a default; `None` where it still means the repository's own file."""
    path = Path(constant)
    if path == default:
        return None
    path = path.absolute()
    try:
        return None if path == repository().root / default else path
    except NotARepository:
        return path


def in_repository(constant: Path | str, default: Path) -> Path:
    """Where the constant points to: the default from the repository's root, anything else from the current folder."""
    path = reassigned(constant, default)
    return path or repository().root / default


def tracker(session_file: Path | str, policy: Policy) -> Tracker:
    """The tracker of the repository, or of a session file that stands alone where the constant was reassigned."""
    path = reassigned(session_file, Path(SESSION_FILE))
    return alone(path, policy) if path else tracker_of(repository(), policy)


def own_tracker() -> Tracker:
    """The tracker of the repository, by its own configuration."""
    policy, _ = read_settings(CONFIG)
    return tracker(SESSION_FILE, policy)


def alone(path: Path, policy: Policy) -> Tracker:
    """The tracker of one session file, its lock and its backups beside it."""
    store = FileStore((path,), path.with_name(f"{path.name}.lock"), path.parent, zone_of(policy))
    return _without_tree(path, policy, store, {**os.environ, "CI": "true"})


def in_memory(store: Store, policy: Policy) -> Tracker:
    """The tracker of a store that has no place on the disk."""
    return _without_tree(Path(__file__), policy, store, {"CI": "true"})


def _without_tree(file: Path, policy: Policy, store: Store, environ: Mapping[str, str]) -> Tracker:
    """Nothing can lie below a file, so no marker is seen; as in CI, none is made; and no index."""
    return Tracker(Repository(file), replace(policy, minimal_metadata=False), store, environ=environ)


def read_settings(config: Path | str) -> tuple[Policy, bool]:
    """The policy, and whether the configuration names its time zone; whatever is wrong is said on stderr."""
    try:
        path = in_repository(config, Path(CONFIG))
        cache = None if reassigned(config, Path(CONFIG)) else repository().policy_cache
        return load_policy(path, cache), _names_zone(path)
    except NotARepository:
        return Policy(), False
    except UnreadableFile as error:
        console.warn(error, "the defaults count")
        return Policy(), False
    except InvalidConfiguration as error:
        console.warn(error, "the defaults count for what is wrong")
        return _what_is_right(path)


def _names_zone(path: Path) -> bool:
    return _ZONE.search(read_bytes(path, MIB) or b"") is not None


def _what_is_right(path: Path) -> tuple[Policy, bool]:
    from pr_sessions.stores.configuration import read

    try:
        parsed = read(path)
    except InvalidConfiguration:  # no text at all, which has been said
        return Policy(), False
    return parsed.policy, "time_zone" in parsed.origins


def local_zone() -> str:
    """The name of this machine's time zone."""
    from pr_sessions.stores.configuration_text import local_time_zone

    return local_time_zone(os.environ)


def moment(value: Any, zone: Callable[[], str]) -> datetime:
    """The time that a caller gives, in UTC; now for none, for what is no time, and for what lies in the future.

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
