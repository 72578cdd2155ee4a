"""The configuration as the compatible scripts hand it out: an object whose fields callers may set."""

from collections.abc import Iterator
from datetime import timedelta
from math import isfinite
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from pr_sessions.compat import console, inputs, places
from pr_sessions.core.ids import is_branch_name
from pr_sessions.core.patterns import matcher
from pr_sessions.core.policy import DEFAULT_MARKERS, DEFAULT_PATTERNS, MAX_DAYS, Policy, Share
from pr_sessions.errors import CannotWrite, InvalidConfiguration, InvalidValue, UnreadableFile
from pr_sessions.io.places import Place
from pr_sessions.tracker import zone_of

LONGEST = 1e6  # minutes

T = TypeVar("T")


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
    """Return the configuration of a file; a default, with a warning, for everything that is missing or wrong."""
    policy, has_zone = places.read_settings(path)
    values = {key: getattr(policy, key.removesuffix("_minutes")) for key in SessionConfig.__struct_fields__}
    for key, value in values.items():
        if isinstance(value, timedelta):
            values[key] = _minutes(value)
        elif isinstance(value, tuple):
            values[key] = list(value)
        elif isinstance(value, Share):
            values[key] = value.value
    return SessionConfig(**{**values, "time_zone": policy.time_zone if has_zone else None})


def write_config(config: SessionConfig, path: Place) -> None:
    """Write the configuration as YAML; warn and change nothing where the file cannot be read."""
    import yaml

    from pr_sessions.config.file import read
    from pr_sessions.io.files import replace_changed_file

    data = {key: value for key, value in msgspec.to_builtins(config).items() if value is not None}
    text = yaml.safe_dump(data, sort_keys=False, allow_unicode=True)
    try:
        broken = [mistake for mistake in read(path).mistakes if not mistake.key]
        if not broken:
            replace_changed_file(path, text.encode())
    except (InvalidConfiguration, UnreadableFile, CannotWrite) as error:
        console.warn(error, "the configuration was not saved")
    else:
        for mistake in broken:
            console.warn(f"{path}:{mistake.line}: {mistake.message}", "the configuration was not saved")


def policy_of(config: SessionConfig) -> Policy:
    """Return the policy of a configuration; warn about what cannot be used, and take the default for it."""
    default = Policy()
    timeout = _span(config.timeout_minutes, default.timeout, "timeout_minutes")
    warning = _span(config.idle_warning_minutes, default.idle_warning, "idle_warning_minutes")
    few, days = config.min_files_for_manual, config.keep_days
    if not inputs.is_number(few, int) or few < 0:
        few = _replaced(
            "min_files_for_manual", few, f"{default.min_files_for_manual} counts", default.min_files_for_manual
        )
    if days and not (inputs.is_number(days, int) and 1 <= days <= MAX_DAYS):
        days = _replaced("keep_days", days, "nothing is archived", None)
    return Policy(
        timeout=timeout,
        idle_warning=min(warning, timeout / 2) if warning >= timeout else warning,
        auto_pr_patterns=tuple(_patterns(config.auto_pr_patterns)),
        completion_markers=tuple(m for m in _texts(config.completion_markers, "completion_markers") if m.strip()),
        loose_completion_markers=bool(config.loose_completion_markers),
        min_files_for_manual=few,
        enable_timeout_completion=bool(config.enable_timeout_completion),
        enable_heuristic_completion=bool(config.enable_heuristic_completion),
        enable_heuristic_detection=bool(config.enable_heuristic_detection),
        time_zone=_zone(config.time_zone) or default.time_zone,
        share=Share(config.share) if config.share in tuple(Share) else default.share,
        sync_branch=config.sync_branch if is_branch_name(str(config.sync_branch)) else default.sync_branch,
        keep_days=days or None,
        minimal_metadata=bool(config.minimal_metadata),
    )


def _replaced(name: str, value: Any, outcome: str, default: T) -> T:
    console.warn(f"{name} cannot be {str(value)[:40]!r}", outcome)
    return default


def _minutes(span: timedelta) -> float:
    minutes = span / timedelta(minutes=1)
    return int(minutes) if minutes.is_integer() else minutes


def _span(value: Any, default: timedelta, name: str) -> timedelta:
    if inputs.is_number(value) and isfinite(value) and 0 < value <= LONGEST:
        return timedelta(minutes=value)
    return _replaced(name, value, f"{_minutes(default)} minutes count", default)


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
