"""Who somebody is by OpenID Connect, see https://openid.net/specs/openid-connect-core-1_0.html.

The provider decides who may log in: its client is open to those people only.
"""

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import httpx
import jwt
from msgspec import Struct

from pr_sessions.errors import ForgeFailed
from pr_sessions.server.auth.asking import checked_endpoint, get, post_form
from pr_sessions.server.auth.attempts import Attempt
from pr_sessions.server.auth.logins import Person, checked_name
from pr_sessions.server.auth.tokens import Unauthorised
from pr_sessions.server.settings import Settings
from pr_sessions.server.viewer import Right

CALLBACK = "/login/oidc/callback"
# None of these has a key that both sides know.
_ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
_SKEW = timedelta(minutes=1)
_AGAIN = "begin again at /login"


class Provider(Struct, frozen=True, kw_only=True):
    """What a provider says of itself."""

    authorization: str
    token: str
    keys: str


def discover(client: httpx.Client, settings: Settings) -> Provider:
    """Return the addresses of the provider.

    Raises:
        ForgeFailed: it cannot be asked, or is another one.
    """
    described = get(client, f"{settings.oidc_issuer}/.well-known/openid-configuration")
    issuer = described.get("issuer") if isinstance(described, dict) else None
    if not isinstance(described, dict) or not isinstance(issuer, str) or issuer.rstrip("/") != settings.oidc_issuer:
        raise ForgeFailed("the provider names another issuer than PR_SESSIONS_OIDC_ISSUER", "set the one that it names")
    return Provider(
        authorization=checked_endpoint(described.get("authorization_endpoint"), "authorization_endpoint"),
        token=checked_endpoint(described.get("token_endpoint"), "token_endpoint"),
        keys=checked_endpoint(described.get("jwks_uri"), "jwks_uri"),
    )


def begin_address(settings: Settings, provider: Provider, attempt: Attempt, public: str) -> str:
    """Return the address of the provider's page that asks the person."""
    query = {
        "response_type": "code",
        "client_id": settings.oidc_client_id,
        "redirect_uri": public + CALLBACK,
        "scope": "openid profile email",
        "state": attempt.state,
        "nonce": attempt.nonce,
        "code_challenge": attempt.challenge,
        "code_challenge_method": "S256",
    }
    return f"{provider.authorization}{'&' if '?' in provider.authorization else '?'}{urlencode(query)}"


def identify(
    client: httpx.Client, settings: Settings, attempt: Attempt, code: str, public: str, now: datetime
) -> Person:
    """Return who logged in there: a reader, or an administrator by the verified address.

    Raises:
        Unauthorised: the identity is not for us, is not of this attempt, or is not signed by the provider.
        ForgeFailed: the provider cannot be asked.
    """
    provider = discover(client, settings)
    fields = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": public + CALLBACK,
        "code_verifier": attempt.verifier,
    }
    login = None
    if settings.oidc_client_secret:
        login = settings.oidc_client_id, settings.oidc_client_secret.reveal()
    else:
        fields["client_id"] = settings.oidc_client_id
    text = post_form(client, provider.token, fields, login).get("id_token")
    if not isinstance(text, str):
        raise Unauthorised("the provider gave no identity", _AGAIN)
    statements = _statements(text, get(client, provider.keys), settings)
    _check(statements, settings, attempt, now)
    email = str(statements.get("email") or "").lower()
    verified = email if statements.get("email_verified") is True else ""
    name = checked_name(str(verified or statements.get("preferred_username") or statements.get("sub") or ""))
    if verified and verified in settings.administrators:
        return Person(name=name, rights=frozenset(Right))
    return Person(name=name, rights=frozenset({Right.READ}), writable=frozenset())


def _statements(text: str, keys: Any, settings: Settings) -> dict[str, Any]:
    """Return what the provider signed. Times are checked by our clock, so not here."""
    try:
        header = jwt.get_unverified_header(text)
        key = _key(jwt.PyJWKSet.from_dict(keys), header.get("kid"))
        statements: dict[str, Any] = jwt.decode(
            text,
            key.key,
            algorithms=[name for name in _ALGORITHMS if name == header.get("alg")],
            audience=settings.oidc_client_id,
            options={
                "require": ["exp", "iat", "iss", "sub", "aud", "nonce"],
                "verify_exp": False,
                "verify_iat": False,
                "verify_nbf": False,
            },
        )
    except (jwt.PyJWTError, KeyError, TypeError, AttributeError, ValueError):
        raise Unauthorised("the identity is not signed by the provider for this server", _AGAIN) from None
    return statements


def _key(keys: jwt.PyJWKSet, key_id: object) -> jwt.PyJWK:
    """Return the key that the token names, or the only one."""
    if key_id is None and len(keys.keys) == 1:
        return keys.keys[0]
    return next(key for key in keys.keys if key.key_id == key_id) if key_id else keys[""]


def _check(statements: dict[str, Any], settings: Settings, attempt: Attempt, now: datetime) -> None:
    moment, skew = now.timestamp(), _SKEW.total_seconds()
    if str(statements["iss"]).rstrip("/") != settings.oidc_issuer or statements["nonce"] != attempt.nonce:
        raise Unauthorised("the identity is of another provider or another login", _AGAIN)
    if statements.get("azp", settings.oidc_client_id) != settings.oidc_client_id:
        raise Unauthorised("the identity is for another server", _AGAIN)
    times = [statements["exp"], statements["iat"], statements.get("nbf", 0)]
    is_number = all(isinstance(time, int | float) and not isinstance(time, bool) for time in times)
    if not is_number or times[0] <= moment - skew or times[1] > moment + skew or times[2] > moment + skew:
        raise Unauthorised("the identity is not valid now", "check the clocks of the provider and of this server")
