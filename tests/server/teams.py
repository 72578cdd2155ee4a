"""A team's server as a real process, its database, and tokens for it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Engine

from pr_sessions.server.auth.tokens import create_token
from pr_sessions.server.viewer import Right
from pr_sessions.storage.sql.engine import open_engine
from pr_sessions.storage.sql.migrate import upgrade
from pr_sessions.tracker import utc_now
from server.running import serving
from server_moments import DAY


class Team:
    """Attributes:
    url: of the server.
    engine: of its database.
    """

    def __init__(self, url: str, engine: Engine) -> None:
        self.url, self.engine = url, engine

    def token(self, *rights: Right, repositories: Sequence[str] | None = None, name: str = "clone") -> str:
        _, secret = create_token(self.engine, name, rights, repositories, DAY, "maria", utc_now())
        return secret.reveal()


@contextmanager
def team_server(folder: Path) -> Iterator[Team]:
    url = f"sqlite:///{folder / 'team.db'}"
    engine = open_engine(url)
    try:
        upgrade(engine)
        with serving(folder, "--database", url) as running:
            yield Team(running.url, engine)
    finally:
        engine.dispose()
