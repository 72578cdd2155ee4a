"""What the parts of a server share."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from msgspec import Struct, field

from pr_sessions.forges.github.access import Secret
from pr_sessions.server.backend import Backend
from pr_sessions.server.metrics import Metrics
from pr_sessions.server.settings import Settings

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from pr_sessions.forges.github.app import App
    from pr_sessions.server.intake.writer import DeliveryWriter
    from pr_sessions.server.team.running import Running


class Services(Struct, frozen=True, kw_only=True):
    """What request handlers and workers use; one for each process.

    Attributes:
        engine: of the database; `None` for a clone.
        deliveries: stores what GitHub delivers; `None` for a clone.
        running: what runs beside the pages of a team; begins and ends with the application.
        app: the GitHub App, see `forges.github.app.find_app`; `None` where the environment has none.
        clock: returns the time in UTC.
        environ: of the process; has the App's id and key.
        local_token: the one in the printed address, for who started the server; `None` where people log in.
        local_author: the name of that person.
        metrics: what Prometheus reads of this process.
    """

    settings: Settings
    backend: Backend
    clock: Callable[[], datetime]
    environ: Mapping[str, str]
    engine: "Engine | None" = None
    deliveries: "DeliveryWriter | None" = None
    running: "Running | None" = None
    app: "App | None" = None
    local_token: Secret | None = None
    local_author: str = ""
    metrics: Metrics = field(default_factory=Metrics)


def open_services(settings: Settings, environ: Mapping[str, str]) -> Services:
    """Return what one process uses: the team's database if there is one, else the clone of the current folder.

    Raises:
        PrSessionsError: neither can be used.
    """
    from pr_sessions.tracker import utc_now

    if settings.database:
        from pr_sessions.server.team.running import open_team

        return open_team(settings, environ)
    from pr_sessions.git.discovery import current_folder
    from pr_sessions.server.local.backend import LocalBackend

    backend = LocalBackend(current_folder(), environ, utc_now)
    return Services(settings=settings, backend=backend, clock=utc_now, environ=environ, local_author=backend.author)


def has_credentials(services: Services) -> bool:
    """Return whether people can log in, or a program has a token that counts."""
    settings = services.settings
    github = settings.client_id and settings.client_secret and settings.organisation
    oidc = settings.oidc_issuer and settings.oidc_client_id
    if settings.secret and (github or oidc):
        return True
    if services.engine is None:
        return False
    from pr_sessions.server.auth.tokens import list_tokens

    now = services.clock()
    return any(not line.revoked_at and line.expires_at > now for line in list_tokens(services.engine))
