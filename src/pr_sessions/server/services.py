"""What the parts of a server share."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from msgspec import Struct

from pr_sessions.server.backend import Backend
from pr_sessions.server.settings import Settings

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from pr_sessions.forges.github.app import App
    from pr_sessions.server.intake.writer import DeliveryWriter


class Services(Struct, frozen=True, kw_only=True):
    """What request handlers and workers use; one for each process.

    Attributes:
        engine: of the database; `None` for a clone.
        deliveries: stores what GitHub delivers; `None` for a clone.
        app: the GitHub App, see `forges.github.app.find_app`; `None` where the environment has none.
        clock: returns the time in UTC.
        environ: of the process; has the App's id and key.
    """

    settings: Settings
    backend: Backend
    clock: Callable[[], datetime]
    environ: Mapping[str, str]
    engine: "Engine | None" = None
    deliveries: "DeliveryWriter | None" = None
    app: "App | None" = None


def open_services(settings: Settings, environ: Mapping[str, str]) -> Services:
    """Return what one process uses: the team's database if there is one, else the clone of the current folder.

    Raises:
        PrSessionsError: neither can be used.
    """
    from pr_sessions.git.discovery import current_folder
    from pr_sessions.server.local.backend import LocalBackend
    from pr_sessions.tracker import utc_now

    return Services(
        settings=settings, backend=LocalBackend(current_folder(), environ, utc_now), clock=utc_now, environ=environ
    )
