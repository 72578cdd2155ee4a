"""Scripts and styles that pages load. The address of each holds a digest, so that browsers keep it for ever."""

from collections.abc import Mapping
from functools import cache
from hashlib import sha256
from pathlib import Path

from litestar import MediaType, Response, get
from litestar.exceptions import NotFoundException
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath
from msgspec import Struct

# hatch_build.py copies it there from npm.
STATIC = Path(__file__).with_name("static")
SCRIPTS = ("htmx.min.js", "hx-sse.min.js")
STYLES = ("pico.min.css",)
_TYPES = {".js": "text/javascript", ".css": "text/css"}
_FOREVER = "public, max-age=31536000, immutable"


class Asset(Struct, frozen=True):
    """A file as it is sent."""

    address: str
    type: str
    data: bytes


@cache
def assets() -> Mapping[str, Asset]:
    """Return what is there, by name."""
    return {path.name: _asset(path) for path in sorted(STATIC.glob("*.*")) if path.suffix in _TYPES}


def asset_address(name: str) -> str:
    """Return where a browser gets a file; where it was left out, an address at which there is nothing."""
    asset = assets().get(name)
    return asset.address if asset else f"/static/missing/{name}"


def missing_assets() -> tuple[str, ...]:
    """Return the names of files that were left out when the package was built."""
    return tuple(name for name in (*SCRIPTS, *STYLES) if name not in assets())


def _asset(path: Path) -> Asset:
    data = path.read_bytes()
    digest = sha256(data).hexdigest()[:16]
    return Asset(f"/static/{digest}/{path.name}", _TYPES[path.suffix], data)


@get("/static/{digest:str}/{name:str}", media_type=MediaType.TEXT, opt={"public": True}, sync_to_thread=False)
def _static(digest: FromPath[str], name: FromPath[str]) -> Response[bytes]:
    asset = assets().get(name)
    if asset is None or asset.address != f"/static/{digest}/{name}":
        raise NotFoundException
    return Response(asset.data, media_type=asset.type, headers={"Cache-Control": _FOREVER})


def routes() -> list[BaseRouteHandler]:
    """Return the handler of all files."""
    return [_static]
