"""Names of branches that git, every forge and every file system take as they are."""

import re

from pr_sessions.errors import InvalidValue

MAX_BRANCH = 100
_PART = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*", re.ASCII)


def is_branch_name(name: str) -> bool:
    """Whether a branch may have that name here; git allows more."""
    parts = name.split("/")
    plain = all(_PART.fullmatch(part) and not part.endswith((".lock", ".")) and ".." not in part for part in parts)
    return plain and len(name) <= MAX_BRANCH and name != "HEAD" and parts[0] != "refs"


def check_branch_name(name: str) -> str:
    """The name itself.

    Raises:
        InvalidValue: a branch must not have it here.
    """
    if not is_branch_name(name):
        shown = name if len(name) <= 60 else f"{name[:60]}..."
        raise InvalidValue(
            f"not a branch name: {shown!r}",
            f"letters, digits, '_', '.', '-', parts divided by '/', at most {MAX_BRANCH}: pr-sessions, data/sessions",
        )
    return name
