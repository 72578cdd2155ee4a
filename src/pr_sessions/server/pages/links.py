"""Addresses of pages. What a page shows stands in its address, so that it can be kept and sent to somebody."""

from collections.abc import Mapping
from urllib.parse import urlencode

from pr_sessions.core.ids import repository_of


def address(path: str, **values: object) -> str:
    """Return a path with its values; those that are empty are left out."""
    query = urlencode({name: value for name, value in values.items() if value not in ("", None, False)}, safe="/")
    return f"{path}?{query}" if query else path


def session_page(repository: str, session_id: str, **more: object) -> str:
    """Return the address of a session."""
    return address("/session", repository=repository, id=session_id, **more)


def pull_request_page(repository: str, number: str, **more: object) -> str:
    """Return the address of what is known of a pull request."""
    return address("/pull-request", repository=repository, number=number, **more)


def on_forge(page: str, number: str, web: str = "") -> str:
    """Return the address of a pull request on its forge; empty where that is not known.

    Args:
        page: where those of the session's repository are read, up to the number.
        number: digits, or `owner/name#digits` of another repository.
        web: the address of GitHub's pages, where other repositories are on it.
    """
    if not repository_of(number):
        return f"{page}{number}" if page else ""
    name, _, digits = number.rpartition("#")
    return f"{web}/{name}/pull/{digits}" if web else ""


def with_values(path: str, values: Mapping[str, object], **changes: object) -> str:
    """Return the address of the same list with some values changed; it begins at its first page."""
    return address(path, **{**values, "cursor": "", **changes})
