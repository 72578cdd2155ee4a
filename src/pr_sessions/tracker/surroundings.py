"""What surrounds every operation: the clock, the zone, the switch that turns tracking off, who works here."""

import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime, tzinfo

from pr_sessions.sessions.ids import clean
from pr_sessions.sessions.policy import Policy
from pr_sessions.stores.repository import Repository

_NOT_CI = ("", "0", "false")


def utc_now() -> datetime:
    """The clock of every entrance."""
    return datetime.now(UTC)


def zone_of(policy: Policy) -> tzinfo:
    """The zone in which naive times of old files are read."""
    if policy.time_zone == "UTC":
        return UTC
    from zoneinfo import ZoneInfo

    return ZoneInfo(policy.time_zone)


def why_paused(repository: Repository, environ: Mapping[str, str]) -> str | None:
    """Why tracking is off in a repository; `None` while it is on."""
    if environ.get("PR_SESSIONS") == "0":
        return "PR_SESSIONS=0 is set"
    return "`pr-sessions pause` was called here" if os.path.lexists(repository.paused) else None


def way_on(environ: Mapping[str, str]) -> str:
    """What switches tracking on where it is off."""
    return "unset PR_SESSIONS" if environ.get("PR_SESSIONS") == "0" else "pr-sessions resume"


def warn(message: str, hint: str = "") -> None:
    """Says on stderr what does not stop the work; where nobody listens, that is no reason to stop it either."""
    if sys.stderr:
        with suppress(OSError):
            print(f"warning: {message}{f'; {hint}' if hint else ''}", file=sys.stderr)


def is_ci(environ: Mapping[str, str]) -> bool:
    """Whether a workflow runs us, whose working tree nobody works in."""
    return environ.get("CI", "").lower() not in _NOT_CI


def author(repository: Repository, environ: Mapping[str, str]) -> str:
    """Who works here: `AUTO_PR_SESSION_AUTHOR`, else git's author name, else the user's name."""
    return _told_name(environ) or _git_name(repository) or _user_name()


def login(environ: Mapping[str, str]) -> str:
    """Who works here, without asking git: for the journal, which every change is written into."""
    return _told_name(environ) or _user_name()


def _told_name(environ: Mapping[str, str]) -> str:
    return clean(environ.get("AUTO_PR_SESSION_AUTHOR", "")) or clean(environ.get("GIT_AUTHOR_NAME", ""))


def _git_name(repository: Repository) -> str:
    from pr_sessions.stores.git import git_author

    return clean(git_author(repository.root) or "") if repository.git_dir else ""


def _user_name() -> str:
    from getpass import getuser

    try:
        return clean(getuser())
    except (OSError, KeyError, ImportError):
        return "unknown"
