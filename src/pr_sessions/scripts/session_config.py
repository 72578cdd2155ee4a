"""The configuration as the compatible scripts hand it out: an object whose fields callers may set."""

from collections.abc import Iterator
from datetime import timedelta
from math import isfinite
from pathlib import Path
from typing import Any

import msgspec

from pr_sessions.errors import CannotWrite, InvalidConfiguration, InvalidValue, UnreadableFile
from pr_sessions.scripts import console, places
from pr_sessions.sessions.branch_name import is_branch_name
from pr_sessions.sessions.patterns import matcher
from pr_sessions.sessions.policy import DEFAULT_MARKERS, DEFAULT_PATTERNS, Policy, Share
from pr_sessions.tracker import zone_of

LONGEST = 1e6  # minutes; nobody means more


class SessionConfig(msgspec.Struct):
    """How a team wants its sessions. Times are minutes; `time_zone` is `None` where the file does not name one."""

    timeout_minutes: float = 30
    idle_warning_minutes: float = 15
    auto_pr_patterns: list[str] = msgspec.field(default_factory=lambda: list(DEFAULT_PATTERNS))
    completion_markers: list[str] = msgspec.field(default_factory=lambda: list(DEFAULT_MARKERS))
    min_files_for_manual: int = 5
    enable_timeout_completion: bool = True
    enable_heuristic_completion: bool = False
    loose_completion_markers: bool = False
    enable_heuristic_detection: bool = False
    time_zone: str | None = None
    share: str = Share.COMMIT.value
    sync_branch: str = Policy().sync_branch
    keep_days: int | None = None
    minimal_metadata: bool = False


def read_config(path: Path | str) -> SessionConfig:
    """The configuration file; a default for everything that is missing or wrong, which is said on stderr."""
    policy, has_zone = places.read_settings(path)
    return SessionConfig(
        timeout_minutes=_whole(policy.timeout),
        idle_warning_minutes=_whole(policy.idle_warning),
        auto_pr_patterns=list(policy.auto_pr_patterns),
        completion_markers=list(policy.completion_markers),
        min_files_for_manual=policy.min_files_for_manual,
        enable_timeout_completion=policy.enable_timeout_completion,
        enable_heuristic_completion=policy.enable_heuristic_completion,
        loose_completion_markers=policy.loose_completion_markers,
        enable_heuristic_detection=policy.enable_heuristic_detection,
        time_zone=policy.time_zone if has_zone else None,
        share=policy.share.value,
        sync_branch=policy.sync_branch,
        keep_days=policy.keep_days,
        minimal_metadata=policy.minimal_metadata,
    )


def write_config(config: SessionConfig, path: Path) -> None:
    """Keeps the configuration as YAML; a file that cannot be read is left alone, which is said on stderr."""
    import yaml

    from pr_sessions.stores.configuration import read
    from pr_sessions.stores.files import replace_file

    data = {key: value for key, value in msgspec.to_builtins(config).items() if value is not None}
    text = yaml.safe_dump(data, sort_keys=False, allow_unicode=True)
    try:
        broken = [mistake for mistake in read(path).mistakes if not mistake.key]
        if not broken:
            replace_file(path, text.encode())
    except (InvalidConfiguration, UnreadableFile, CannotWrite) as error:
        console.warn(error, "the configuration was not saved")
    else:
        for mistake in broken:
            console.warn(f"{path}:{mistake.line}: {mistake.message}", "the configuration was not saved")


def policy_of(config: SessionConfig) -> Policy:
    """The policy that the object asks for; whatever cannot be used is said on stderr, and the default counts."""
    default = Policy()
    timeout = _minutes(config.timeout_minutes, default.timeout, "timeout_minutes")
    warning = _minutes(config.idle_warning_minutes, default.idle_warning, "idle_warning_minutes")
    return Policy(
        timeout=timeout,
        idle_warning=min(warning, timeout / 2) if warning >= timeout else warning,
        auto_pr_patterns=tuple(_patterns(config.auto_pr_patterns)),
        completion_markers=tuple(m for m in _texts(config.completion_markers, "completion_markers") if m.strip()),
        loose_completion_markers=bool(config.loose_completion_markers),
        min_files_for_manual=_few(config.min_files_for_manual, default.min_files_for_manual),
        enable_timeout_completion=bool(config.enable_timeout_completion),
        enable_heuristic_completion=bool(config.enable_heuristic_completion),
        enable_heuristic_detection=bool(config.enable_heuristic_detection),
        time_zone=_zone(config.time_zone) or default.time_zone,
        share=Share(config.share) if config.share in tuple(Share) else default.share,
        sync_branch=config.sync_branch if is_branch_name(str(config.sync_branch)) else default.sync_branch,
        keep_days=_days(config.keep_days),
        minimal_metadata=bool(config.minimal_metadata),
    )


def _days(value: Any) -> int | None:
    from pr_sessions.stores.configuration_rules import MAX_DAYS

    if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= MAX_DAYS:
        return value
    if value:
        console.warn(f"keep_days cannot be {str(value)[:40]!r}", "nothing is archived")
    return None


def _whole(span: timedelta) -> float:
    minutes = span / timedelta(minutes=1)
    return int(minutes) if minutes.is_integer() else minutes


def _minutes(value: Any, default: timedelta, name: str) -> timedelta:
    if isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value) and 0 < value <= LONGEST:
        return timedelta(minutes=value)
    console.warn(f"{name} cannot be {str(value)[:40]!r}", f"{_whole(default)} minutes count")
    return default


def _few(value: Any, default: int) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    console.warn(f"min_files_for_manual cannot be {str(value)[:40]!r}", f"{default} counts")
    return default


def _patterns(value: Any) -> Iterator[str]:
    for pattern in _texts(value, "auto_pr_patterns"):
        try:
            matcher(pattern)
        except InvalidValue as error:
            console.warn(error, "it is left out")
        else:
            yield pattern


def _texts(value: Any, name: str) -> list[str]:
    if isinstance(value, list | tuple):
        return [text for text in value if isinstance(text, str)]
    console.warn(f"{name} must be a list of texts", "it counts as empty")
    return []


def _zone(name: Any) -> str | None:
    if name is None:
        return None
    try:
        zone_of(Policy(time_zone=name))
    except (KeyError, ValueError, TypeError, OSError):  # all that zoneinfo raises for odd names
        console.warn(f"no time zone is named {str(name)[:40]!r}", "UTC counts")
        return None
    return str(name)
