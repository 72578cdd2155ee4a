"""From a request's headers to who makes it."""

from collections.abc import Mapping

from pr_sessions.server.auth.logins import viewer_of_login
from pr_sessions.server.auth.tokens import Unauthorised, viewer_of_token
from pr_sessions.server.services import Services
from pr_sessions.server.viewer import Viewer

# The prefix makes browsers refuse a cookie that another host or a page without TLS set.
COOKIE, SECURE_COOKIE = "pr-sessions-login", "__Host-pr-sessions-login"


def is_secure(services: Services) -> bool:
    """Return whether people reach the server by https."""
    return services.settings.public_url.startswith("https:")


def cookie_name(services: Services) -> str:
    """Return the name of the cookie of a login."""
    return SECURE_COOKIE if is_secure(services) else COOKIE


def find_viewer(services: Services, authorization: str, cookies: Mapping[str, str]) -> Viewer | None:
    """Return who makes a request, by a token in its header, else by its cookie; `None` where it brings neither.

    A token counts alone: who sends a wrong one is not helped by a cookie.

    Args:
        services: of the server; without a database there are no tokens and no logins.
        authorization: the header, such as `Bearer prs_...`.
        cookies: by name.

    Raises:
        Unauthorised: what it brings cannot be used.
    """
    if services.engine is None:
        return None
    if authorization:
        kind, _, text = authorization.partition(" ")
        if kind.lower() != "bearer":
            raise Unauthorised("the header Authorization is not understood", "send: Authorization: Bearer prs_...")
        return viewer_of_token(services.engine, text.strip(), services.clock())
    cookie = cookies.get(cookie_name(services), "")
    if not cookie or services.settings.secret is None:
        return None
    return viewer_of_login(services.engine, services.settings.secret, cookie, services.clock())
