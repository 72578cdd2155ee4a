"""The routes by which people log in and out."""

from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from litestar import MediaType, Request, Response, get, post
from litestar.datastructures import Cookie
from litestar.handlers import BaseRouteHandler
from msgspec import Struct
from sqlalchemy import Engine

from pr_sessions.errors import PrSessionsError
from pr_sessions.forges.github.access import Secret
from pr_sessions.server.api.problems import RequestRefused
from pr_sessions.server.auth import attempts, github, oidc
from pr_sessions.server.auth.asking import open_client
from pr_sessions.server.auth.audit import note
from pr_sessions.server.auth.logins import LASTS, Person, log_in, log_out
from pr_sessions.server.auth.tokens import Unauthorised
from pr_sessions.server.auth.viewers import cookie_name, is_secure
from pr_sessions.server.frame.limits import Allowance
from pr_sessions.server.frame.origin import client_of
from pr_sessions.server.pages.look import style_address
from pr_sessions.server.services import Services
from pr_sessions.storage.sql.engine import writing

AnyRequest = Request[Any, Any, Any]
GITHUB, OIDC = "github", "oidc"
# Ten logins at once from one address, then one in ten seconds: nobody guesses codes, or floods the audit log.
BURST, PER_SECOND = 10, 0.1


class Offer(Struct, frozen=True):
    """A provider that people may choose."""

    title: str
    address: str


def offers(services: Services, path: str = "/") -> list[Offer]:
    """Return the providers by which people log in here; none where the server has no database or no secret."""
    settings = services.settings
    if services.engine is None or settings.secret is None:
        return []
    query = urlencode({"next": path}) if path != "/" else ""
    suffix = f"?{query}" if query else ""
    by_github = settings.client_id and settings.client_secret and settings.organisation
    by_oidc = settings.oidc_issuer and settings.oidc_client_id
    return [
        *([Offer("GitHub", f"/login/{GITHUB}{suffix}")] if by_github else []),
        *([Offer("OpenID Connect", f"/login/{OIDC}{suffix}")] if by_oidc else []),
    ]


def routes(services: Services) -> list[BaseRouteHandler]:
    """Return the handlers."""
    allowance = Allowance(BURST, PER_SECOND)

    def take(request: AnyRequest) -> None:
        if wait := allowance.take(client_of(request.scope, services.settings.proxies)):
            raise RequestRefused(429, "too many logins from this address", f"wait for {max(1, round(wait))} s")

    @get("/login", sync_to_thread=False, opt={"public": True}, media_type=MediaType.HTML)
    def choose(request: AnyRequest) -> Response[Any]:
        path = attempts.safe_path(request.query_params.get("next", "/"))
        page = _environment().get_template("login.html")
        return Response(page.render(providers=offers(services, path), style=style_address()))

    @get("/login/{provider:str}", sync_to_thread=True, opt={"public": True})
    def begin(request: AnyRequest) -> Response[Any]:
        take(request)
        provider = request.path_params["provider"]
        _, secret = _prepared(services, provider)
        attempt = attempts.begin(provider, request.query_params.get("next", "/"), services.clock())
        if provider == GITHUB:
            address = github.begin_address(services.settings, attempt, _public(services))
        else:
            with open_client() as client:
                known = oidc.discover(client, services.settings)
            address = oidc.begin_address(services.settings, known, attempt, _public(services))
        value = attempts.write_attempt(attempt, secret)
        return _redirect(address, _cookie(services, attempts.COOKIE, value, int(attempts.LASTS.total_seconds())))

    @get("/login/{provider:str}/callback", sync_to_thread=True, opt={"public": True})
    def finish(request: AnyRequest) -> Response[Any]:
        take(request)
        provider = request.path_params["provider"]
        engine, secret = _prepared(services, provider)
        try:
            attempt = attempts.read_attempt(
                request.cookies.get(attempts.COOKIE, ""),
                secret,
                provider,
                request.query_params.get("state", ""),
                services.clock(),
            )
            person = _identify(services, attempt, _code(request))
        except PrSessionsError as error:
            with writing(engine) as connection:
                note(connection, services.clock(), "", "log in refused", provider, message=str(error))
            raise
        value = log_in(engine, secret, person, services.clock())
        return _redirect(
            attempt.path,
            _cookie(services, cookie_name(services), value, int(LASTS.total_seconds())),
            _cookie(services, attempts.COOKIE, "", 0),
        )

    @post("/logout", sync_to_thread=True, opt={"public": True})
    def leave(request: AnyRequest) -> Response[Any]:
        cookie = request.cookies.get(cookie_name(services), "")
        if services.engine is not None and services.settings.secret is not None and cookie:
            log_out(services.engine, services.settings.secret, cookie, services.clock())
        return _redirect("/login", _cookie(services, cookie_name(services), "", 0))

    return [choose, begin, finish, leave]


def _identify(services: Services, attempt: attempts.Attempt, code: str) -> Person:
    settings, public = services.settings, _public(services)
    with open_client() as client:
        if attempt.provider == GITHUB:
            return github.identify(client, settings, attempt, code, public)
        return oidc.identify(client, settings, attempt, code, public, services.clock())


def _prepared(services: Services, provider: str) -> tuple[Engine, Secret]:
    """Return the database and what signs, where this provider is set up.

    Raises:
        RequestRefused: it is not.
    """
    known = {offer.address.rpartition("/")[2] for offer in offers(services)}
    if provider not in known or services.engine is None or services.settings.secret is None:
        raise RequestRefused(404, "nobody can log in here that way", "see /login")
    return services.engine, services.settings.secret


def _code(request: AnyRequest) -> str:
    code: str = request.query_params.get("code", "")
    if not code or len(code) > 2000:
        raise Unauthorised("the provider let nobody log in", "begin again at /login")
    return code


def _public(services: Services) -> str:
    settings = services.settings
    return settings.public_url or f"http://{settings.host}:{settings.port}"


def _cookie(services: Services, name: str, value: str, seconds: int) -> Cookie:
    return Cookie(
        key=name,
        value=value,
        max_age=seconds,
        path="/",
        httponly=True,
        samesite="lax",
        secure=is_secure(services),
    )


def _redirect(address: str, *cookies: Cookie) -> Response[Any]:
    headers = {"location": address, "cache-control": "no-store"}
    return Response(None, status_code=303, headers=headers, cookies=list(cookies))


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(Path(__file__).with_name("templates")), autoescape=True, undefined=StrictUndefined
    )
