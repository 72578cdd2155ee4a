"""What all pages of the server share, those of errors and of the login too: the style, and titles of errors."""

from functools import cache
from hashlib import sha256
from pathlib import Path

from pr_sessions.render.inbox_view import TEMPLATES as SHARED

ASSETS = Path(__file__).with_name("assets")
_TITLES = {
    400: "Not understood",
    401: "Not logged in",
    403: "Not allowed",
    404: "Not here",
    405: "Not here",
    409: "Not now",
    413: "Too large",
    422: "Not possible",
    429: "Too many requests",
    502: "The forge refused",
    503: "Busy",
}


@cache
def version() -> str:
    """Return what changes whenever a style or script of ours does."""
    digest = sha256()
    for path in sorted([*ASSETS.iterdir(), *SHARED.glob("*.css")]):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def style_address() -> str:
    """Return where a browser gets the style of the pages."""
    return f"/pages.css?{version()}"


def error_title(status: int) -> str:
    """Return the title of the page of an error."""
    return _TITLES.get(status, "Something went wrong")
