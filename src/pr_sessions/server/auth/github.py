"""Who somebody is by GitHub: a member of the organisation, and the repositories that GitHub lets that person read.

The App's user tokens reach only what both the person and the App may, see
https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/generating-a-user-access-token-for-a-github-app.
The token is used during the login only.
"""

from typing import Any
from urllib.parse import quote, urlencode

import httpx

from pr_sessions.errors import ForgeFailed, PrSessionsError
from pr_sessions.server.auth.asking import get, post_form
from pr_sessions.server.auth.attempts import Attempt
from pr_sessions.server.auth.logins import Person, checked_name
from pr_sessions.server.auth.tokens import Unauthorised
from pr_sessions.server.settings import Settings
from pr_sessions.server.viewer import Right

CALLBACK = "/login/github/callback"
_PAGE = 100
# 10,000 repositories; who may read more sees those.
_MOST_PAGES = 100
_MOST_INSTALLATIONS = 10


def begin_address(settings: Settings, attempt: Attempt, public: str) -> str:
    """Return the address of GitHub's page that asks the person."""
    query = {
        "client_id": settings.client_id,
        "redirect_uri": public + CALLBACK,
        "state": attempt.state,
        "code_challenge": attempt.challenge,
        "code_challenge_method": "S256",
    }
    return f"{settings.web}/login/oauth/authorize?{urlencode(query)}"


def identify(client: httpx.Client, settings: Settings, attempt: Attempt, code: str, public: str) -> Person:
    """Return who logged in on GitHub.

    Raises:
        Unauthorised: that person is no member of the organisation, or the code is worth nothing.
        ForgeFailed: GitHub cannot be asked.
    """
    fields = {
        "client_id": settings.client_id,
        "client_secret": settings.client_secret.reveal() if settings.client_secret else "",
        "code": code,
        "redirect_uri": public + CALLBACK,
        "code_verifier": attempt.verifier,
    }
    token = post_form(client, f"{settings.web}/login/oauth/access_token", fields).get("access_token")
    if not isinstance(token, str) or not token:
        raise Unauthorised("GitHub did not take the code of this login", "begin again at /login")
    login = checked_name(str(_object(get(client, f"{settings.api}/user", token)).get("login") or ""))
    _refuse_strangers(client, settings, token, login)
    if login.lower() in settings.administrators:
        return Person(name=login, login=login, rights=frozenset(Right))
    readable, writable = _repositories(client, settings, token)
    rights = frozenset({Right.READ, Right.WRITE} if writable else {Right.READ})
    return Person(name=login, login=login, rights=rights, repositories=readable, writable=writable)


def _refuse_strangers(client: httpx.Client, settings: Settings, token: str, login: str) -> None:
    organisation = settings.organisation
    try:
        url = f"{settings.api}/user/memberships/orgs/{quote(organisation, safe='')}"
        is_member = _object(get(client, url, token)).get("state") == "active"
    except ForgeFailed as error:
        if error.status not in (403, 404):
            raise
        is_member = False
    if not is_member:
        raise Unauthorised(f"{login} is no member of {organisation}", "ask an owner of the organisation to invite you")


def _repositories(client: httpx.Client, settings: Settings, token: str) -> tuple[frozenset[str], frozenset[str]]:
    """Return the keys of the repositories that the person may read, and write to."""
    readable, writable = set[str](), set[str]()
    installations = _items(get(client, f"{settings.api}/user/installations?per_page={_PAGE}", token), "installations")
    for installation in installations[:_MOST_INSTALLATIONS]:
        for page in range(1, _MOST_PAGES + 1):
            path = f"/user/installations/{int(installation['id'])}/repositories?per_page={_PAGE}&page={page}"
            items = _items(get(client, settings.api + path, token), "repositories")
            for item in items:
                key = str(item.get("full_name") or "").lower()
                readable.add(key)
                if _object(item.get("permissions") or {}).get("push") is True:
                    writable.add(key)
            if len(items) < _PAGE:
                break
    return frozenset(readable), frozenset(writable)


def _object(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ForgeFailed("GitHub answered something that is no object")
    return value


def _items(value: Any, key: str) -> list[dict[str, Any]]:
    items = _object(value).get(key)
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise PrSessionsError(f"GitHub's list of {key} cannot be read", "try again")
    return items
