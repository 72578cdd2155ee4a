"""Whether what asks GitHub is installed."""

from importlib.util import find_spec

from pr_sessions.errors import PrSessionsError


def refuse_without_extra() -> None:
    """Says what to install where it is not.

    Raises:
        PrSessionsError: the extra is missing.
    """
    missing = next((name for name in ("gidgethub", "httpx") if find_spec(name) is None), None)
    if missing:
        raise PrSessionsError(
            f"asking GitHub needs a package that is not installed: {missing}", "pip install 'pr-sessions[github]'"
        )
