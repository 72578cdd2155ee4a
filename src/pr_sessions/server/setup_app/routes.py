"""`/setup`: an administrator makes the GitHub App of this server, by the link that `serve` printed."""

import re
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from litestar import MediaType, Request, Response, get
from litestar.datastructures import Cookie
from litestar.handlers import BaseRouteHandler
from litestar.response import Redirect
from msgspec import json
from sqlalchemy import Engine, select

from pr_sessions.errors import PrSessionsError
from pr_sessions.server.assets import asset_address
from pr_sessions.server.frame.headers import policy
from pr_sessions.server.reconcile.state import put_setting
from pr_sessions.server.services import Services
from pr_sessions.server.setup_app.conversion import NewApp, convert
from pr_sessions.server.setup_app.link import LASTS, is_opened_by, new_state, open_link, take_state
from pr_sessions.server.setup_app.manifest import Kind, manifest, table
from pr_sessions.storage.sql.engine import reading, writing
from pr_sessions.storage.sql.schema import settings as settings_table

COOKIE = "pr-sessions-setup"
APP_ID, APP_SLUG, APP_PAGE = "app_id", "app_slug", "app_html_url"
_ORGANISATION = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,38}", re.ASCII)
_USED = "this link is not good any more: it can be opened once, and for an hour"
_FROM_ELSEWHERE = "GitHub's answer does not belong to this browser, or it came a second time"
_AGAIN = "start the server again: it prints a new link"

AnyRequest = Request[Any, Any, Any]


def routes(services: Services) -> list[BaseRouteHandler]:
    """Return the handlers of the set-up; a clone has none."""
    engine = services.engine
    if engine is None:
        return []

    @get("/setup", sync_to_thread=True, opt={"public": True}, media_type=MediaType.HTML)
    def setup(request: AnyRequest) -> Response[Any]:
        """Show what the App may do, and lead to GitHub."""
        secret, kind, organisation = (_asked(request, name) for name in ("secret", "kind", "organisation"))
        now = services.clock()
        if secret:
            cookie = open_link(engine, secret, now)
            return _refused(_USED) if cookie is None else Redirect("/setup", cookies=[_cookie(services, cookie)])
        cookie = request.cookies.get(COOKIE, "")
        if not is_opened_by(engine, cookie, now):
            return _refused(_USED)
        if kind not in list(Kind):
            return _page("choose.html", tables=_tables(), known=_known(engine), public_url=services.settings.public_url)
        if organisation and not _ORGANISATION.fullmatch(organisation):
            return _refused("this is no name of an organisation", "go back, and write it as in its address", 400)
        state = new_state(engine, cookie, now)
        return _refused(_USED) if state is None else _to_github(services, Kind(kind), organisation, state)

    @get("/setup/callback", sync_to_thread=True, opt={"public": True}, media_type=MediaType.HTML)
    def callback(request: AnyRequest) -> Response[Any]:
        """Take the App that GitHub has made, and show once what to set."""
        if not take_state(engine, request.cookies.get(COOKIE, ""), _asked(request, "state"), services.clock()):
            return _refused(_FROM_ELSEWHERE)
        try:
            app = convert(_asked(request, "code"), services.settings.api, services.settings.web, services.clock)
        except PrSessionsError as error:
            return _refused(str(error), error.hint, 502)
        _keep(engine, app)
        return _page("made.html", app=app)

    return [setup, callback]


def _asked(request: AnyRequest, name: str) -> str:
    value = request.query_params.get(name, "")
    return value.strip() if isinstance(value, str) else ""


def _to_github(services: Services, kind: Kind, organisation: str, state: str) -> Response[str]:
    settings = services.settings
    place = f"/organizations/{quote(organisation)}" if organisation else ""
    asked = manifest(kind, "pr-sessions", settings.public_url, is_organisation=bool(organisation))
    page = _page(
        "confirm.html",
        forms_to=settings.web,
        action=f"{settings.web}{place}/settings/apps/new?state={quote(state)}",
        manifest=json.encode(asked).decode(),
        rows=table(kind),
        kind=kind.value,
        place=organisation or "your account",
    )
    page.headers["content-security-policy"] = policy(forms_to=settings.web)
    return page


def _tables() -> dict[str, list[tuple[str, str, str]]]:
    return {kind.value: table(kind) for kind in Kind}


def _keep(engine: Engine, app: NewApp) -> None:
    """Keep what is no secret."""
    with writing(engine) as connection:
        for name, value in ((APP_ID, str(app.id)), (APP_SLUG, app.slug), (APP_PAGE, app.html_url)):
            put_setting(connection, name, value)


def _known(engine: Engine) -> str:
    """Return the address of the App that was made before; empty for none."""
    with reading(engine) as connection:
        return connection.scalar(select(settings_table.c.value).where(settings_table.c.name == APP_PAGE)) or ""


def _cookie(services: Services, value: str) -> Cookie:
    # GitHub leads back from another site, and a cookie that is `strict` would not come along.
    return Cookie(
        key=COOKIE,
        value=value,
        path="/setup",
        httponly=True,
        samesite="lax",
        secure=services.settings.public_url.startswith("https:"),
        max_age=int(LASTS.total_seconds()),
    )


def _refused(message: str, hint: str = _AGAIN, status: int = 403) -> Response[str]:
    return _page("refused.html", status, message=message, hint=hint)


def _page(template: str, status: int = 200, forms_to: str = "", **values: Any) -> Response[str]:
    text = _environment().get_template(template).render(style=asset_address("pico.min.css"), **values)
    headers = {
        "cache-control": "no-store",
        # An address may have GitHub's code in it. GitHub may see where a form comes from.
        "referrer-policy": "strict-origin" if forms_to else "no-referrer",
        "content-security-policy": policy(forms_to),
    }
    return Response(text, status_code=status, media_type=MediaType.HTML, headers=headers)


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(Path(__file__).with_name("templates")),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
