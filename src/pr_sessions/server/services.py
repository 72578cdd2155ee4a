"""What the parts of a server share."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from msgspec import Struct

from pr_sessions.server.backend import Backend
from pr_sessions.server.settings import Settings

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from pr_sessions.server.intake.writer import DeliveryWriter


class Services(Struct, frozen=True, kw_only=True):
    """What request handlers and workers use; one for each process.

    Attributes:
        engine: of the database; `None` for a clone.
        deliveries: stores what GitHub delivers; `None` for a clone.
        clock: returns the time in UTC.
        environ: of the process; has the App's id and key.
    """

    settings: Settings
    backend: Backend
    clock: Callable[[], datetime]
    environ: Mapping[str, str]
    engine: "Engine | None" = None
    deliveries: "DeliveryWriter | None" = None
