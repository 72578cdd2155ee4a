"""The pages' own style and script, and the sign of a tab. Everything else of a page comes from its template."""

from litestar import Response, get
from litestar.handlers import BaseRouteHandler

from pr_sessions.render.inbox_view import TEMPLATES as SHARED
from pr_sessions.server.assets import asset_address
from pr_sessions.server.pages.look import ASSETS

# Pico lies in a layer: whatever we say stands above it.
_STYLES = ((SHARED, "inbox_tokens.css"), (ASSETS, "pages.css"), (SHARED, "inbox_rows.css"))
_PUBLIC = {"public": True}
# The address changes with what is in it.
_KEPT = {"Cache-Control": "public, max-age=31536000, immutable"}


def style_routes() -> list[BaseRouteHandler]:
    """Return the handlers of style, script and sign, which are read once."""
    style = f'@import url("{asset_address("pico.min.css")}") layer(pico);\n' + "".join(
        (folder / name).read_text("utf-8") for folder, name in (*_STYLES, (ASSETS, "server.css"))
    )
    script, icon = ((ASSETS / name).read_text("utf-8") for name in ("pages.js", "icon.svg"))

    @get("/pages.css", opt=_PUBLIC, sync_to_thread=False)
    def css() -> Response[str]:
        return Response(style, media_type="text/css; charset=utf-8", headers=_KEPT)

    @get("/pages.js", opt=_PUBLIC, sync_to_thread=False)
    def javascript() -> Response[str]:
        return Response(script, media_type="text/javascript; charset=utf-8", headers=_KEPT)

    @get(["/icon.svg", "/favicon.ico"], opt=_PUBLIC, sync_to_thread=False)
    def favicon() -> Response[str]:
        return Response(icon, media_type="image/svg+xml", headers=_KEPT)

    return [css, javascript, favicon]
