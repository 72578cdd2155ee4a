"""The administrator's link: a secret that is good once and for an hour, and the browser that opened it.

The database keeps hashes of random secrets, and never a secret itself.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from hashlib import sha256
from hmac import compare_digest
from secrets import token_urlsafe

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import Engine

from pr_sessions.forges.github.access import find_app_key
from pr_sessions.server.reconcile.state import change_state, load_state
from pr_sessions.server.services import Services

LASTS = timedelta(hours=1)
_STATE = "setup"
_LONGEST = 200


class Setup(Struct, frozen=True, kw_only=True):
    """One link and what became of it; hashes are of nothing where they are empty.

    Attributes:
        link: hash of the link's secret, until it was opened.
        browser: hash of what the browser's cookie holds.
        state: hash of what GitHub has to send back, until it did.
    """

    link: str = ""
    browser: str = ""
    state: str = ""
    expires_at: datetime


_Change = Callable[[Setup | None], Setup | None]


def new_link(engine: Engine, address: str, now: datetime) -> str:
    """Return a new link; an older one ends.

    Args:
        engine: of the team's database.
        address: where people reach the server.
        now: the time.
    """
    secret = token_urlsafe(32)
    change_state(engine, _STATE, Setup, lambda _: Setup(link=_hash(secret), expires_at=now + LASTS))
    return f"{address}/setup?secret={secret}"


def first_link(services: Services, address: str) -> str | None:
    """Return a new link where a team's server has no App yet; `None` where nothing has to be made."""
    if services.engine is None or find_app_key(services.environ):
        return None
    return new_link(services.engine, address, services.clock())


def open_link(engine: Engine, secret: str, now: datetime) -> str | None:
    """Return what the cookie of the browser holds that opened the link; `None` where the link is not good any more."""
    cookie = token_urlsafe(32)

    def opened(setup: Setup | None) -> Setup | None:
        return replace(setup, link="", browser=_hash(cookie)) if setup and _fits(setup.link, secret) else None

    return cookie if change_state(engine, _STATE, Setup, _until(opened, now)) else None


def is_opened_by(engine: Engine, cookie: str, now: datetime) -> bool:
    """Return whether this browser opened the link, less than an hour ago."""
    setup = load_state(engine, _STATE, Setup)
    return setup is not None and now < setup.expires_at and _fits(setup.browser, cookie)


def new_state(engine: Engine, cookie: str, now: datetime) -> str | None:
    """Return what GitHub has to send back to this browser; `None` where the browser has not opened the link."""
    state = token_urlsafe(32)

    def stated(setup: Setup | None) -> Setup | None:
        return replace(setup, state=_hash(state)) if setup and _fits(setup.browser, cookie) else None

    return state if change_state(engine, _STATE, Setup, _until(stated, now)) else None


def take_state(engine: Engine, cookie: str, state: str, now: datetime) -> bool:
    """Return whether GitHub sent back, to this browser and for the first time, what it was given."""

    def taken(setup: Setup | None) -> Setup | None:
        fits = setup and _fits(setup.browser, cookie) and _fits(setup.state, state)
        return replace(setup, state="") if setup and fits else None

    return change_state(engine, _STATE, Setup, _until(taken, now))


def _until(change: _Change, now: datetime) -> _Change:
    return lambda setup: change(setup) if setup and now < setup.expires_at else None


def _fits(known: str, text: str) -> bool:
    return bool(known) and len(text) <= _LONGEST and compare_digest(known, _hash(text))


def _hash(text: str) -> str:
    return sha256(text.encode("utf-8", "replace")).hexdigest()
