"""How each repository is treated: by what its organisation's file and its own said last, and by who switched it off."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import lru_cache
from typing import Any

from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, Engine, delete, select, update
from sqlalchemy.engine import Row

from pr_sessions.config import file as configuration
from pr_sessions.config.cache import load_ruleset
from pr_sessions.config.organisation import (
    ORGANISATION_FILE,
    Effective,
    Mode,
    Organisation,
    effective,
    parse_organisation,
)
from pr_sessions.core.policy import Policy, Ruleset
from pr_sessions.gate.fetch import UNREAD
from pr_sessions.git.repository import CONFIG
from pr_sessions.io.files import MIB
from pr_sessions.storage.sql.engine import reading, writing
from pr_sessions.storage.sql.hide import hide_stored_people
from pr_sessions.storage.sql.schema import repositories, settings

# The repository that has the file of its organisation.
ORGANISATION_REPOSITORY = ".github"
# No `key: value` lines, so it is a mistake of the file.
_UNUSABLE = "not UTF-8 text, or more than 1 MiB"
_MOST_MISTAKES = 5
_AT_ONCE = 100


class ServedRepository(Struct, frozen=True, kw_only=True):
    """A repository of an installation, and how it is treated.

    Attributes:
        name: `owner/name`.
        is_off: whether somebody switched the gate off for its organisation.
    """

    id: int
    name: str
    installation_id: int | None
    is_active: bool
    effective: Effective
    is_off: bool = False

    @property
    def mode(self) -> Mode:
        """Return what the server does about its pull requests."""
        return Mode.OFF if self.is_off else self.effective.mode

    def rules(self) -> tuple[Ruleset, tuple[str, ...]]:
        """Return the team's rules, and what is unknown about them: every mistake of the files."""
        if self.effective.mistakes:
            return _ruleset(Policy()), tuple(f"{UNREAD}: {each}" for each in self.effective.mistakes[:_MOST_MISTAKES])
        return _ruleset(self.effective.policy), ()


def served_repository(connection: Connection, repository_id: int) -> ServedRepository | None:
    """Return a repository by its id in the database; `None` where it is gone."""
    row = connection.execute(select(*_COLUMNS).where(repositories.c.id == repository_id)).first()
    return _served(connection, row) if row else None


def repository_named(connection: Connection, name: str) -> ServedRepository | None:
    """Return a repository by its `owner/name`, in any case."""
    row = connection.execute(select(*_COLUMNS).where(repositories.c.key == name.lower())).first()
    return _served(connection, row) if row else None


def store_configuration(engine: Engine, repository_id: int, data: bytes | None, now: datetime) -> None:
    """Keep the configuration of a repository's default branch; `None` where there is none."""
    with writing(engine) as connection:
        _lock(connection, repository_id)
        text = _text(data)
        connection.execute(update(repositories).where(repositories.c.id == repository_id).values(configuration=text))
        _apply(connection, repository_id, now)
    _hide_people(engine, [repository_id], now)


def store_organisation(engine: Engine, organisation: str, data: bytes | None, now: datetime) -> None:
    """Keep the file of an organisation, and treat all of its repositories by it; `None` where there is none."""
    with writing(engine) as connection:
        _set(connection, _file_of(organisation), None if data is None else _text(data))
    _apply_to_all(engine, organisation, now)


def switch(engine: Engine, organisation: str, now: datetime, by: str, *, off: bool) -> int:
    """Switch the gate off for an organisation whatever its file says, or on again; return for how many repositories.

    Args:
        engine: of the database.
        organisation: its login, in any case.
        now: the time.
        by: who does it.
        off: whether it is to be off.
    """
    with writing(engine) as connection:
        _set(connection, _off_of(organisation), f"{by} {now.isoformat()}" if off else None)
    return _apply_to_all(engine, organisation, now)


def _apply_to_all(engine: Engine, organisation: str, now: datetime) -> int:
    """Store how each repository of an organisation is treated; of thousands only some in a transaction."""
    with reading(engine) as connection:
        ids = connection.execute(select(repositories.c.id).where(_is_of(organisation))).scalars().all()
    for start in range(0, len(ids), _AT_ONCE):
        with writing(engine) as connection:
            for repository_id in ids[start : start + _AT_ONCE]:
                _lock(connection, repository_id)
                _apply(connection, repository_id, now)
    _hide_people(engine, ids, now)
    return len(ids)


def _hide_people(engine: Engine, ids: Iterable[int], now: datetime) -> None:
    """Hide people in what is stored already, where a team wants that now."""
    for repository_id in ids:
        with reading(engine) as connection:
            served = served_repository(connection, repository_id)
        if served and not served.effective.mistakes:
            hide_stored_people(engine, repository_id, served.effective.policy, now)


def _apply(connection: Connection, repository_id: int, now: datetime) -> None:
    """Store what pages show, and what is asked of the database for every event."""
    served = served_repository(connection, repository_id)
    if served is None:
        return
    shown = {
        "mode": served.mode.value,
        "configuration_source": served.effective.source,
        "configuration_problem": "\n".join(served.effective.mistakes[:_MOST_MISTAKES]),
    }
    connection.execute(update(repositories).where(repositories.c.id == repository_id).values(**shown, changed_at=now))


_COLUMNS = (
    repositories.c.id,
    repositories.c.name,
    repositories.c.installation_id,
    repositories.c.state,
    repositories.c.configuration,
)


def _served(connection: Connection, row: Row[*tuple[Any, ...]]) -> ServedRepository:
    owner, _, name = row.name.partition("/")
    wanted = (_file_of(owner), _off_of(owner))
    stored = connection.execute(select(settings.c.name, settings.c.value).where(settings.c.name.in_(wanted)))
    values = {each.name: each.value for each in stored}
    text = values.get(_file_of(owner))
    organisation = None if text is None else _parsed(text, f"{owner}/{ORGANISATION_REPOSITORY}:{ORGANISATION_FILE}")
    # An empty file sets nothing, as if there were none.
    present = configuration.parse(row.configuration, CONFIG) if row.configuration else None
    return ServedRepository(
        id=row.id,
        name=row.name,
        installation_id=row.installation_id,
        is_active=row.state == "active",
        effective=effective(organisation, present, name),
        is_off=_off_of(owner) in values,
    )


@lru_cache(maxsize=16)
def _parsed(text: str, name: str) -> Organisation:
    return parse_organisation(text, name)


@lru_cache(maxsize=64)
def _ruleset(policy: Policy) -> Ruleset:
    return load_ruleset(policy, None)


def _text(data: bytes | None) -> str:
    if data is None:
        return ""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return _UNUSABLE
    return text if len(data) <= MIB and "\x00" not in text else _UNUSABLE


def _set(connection: Connection, name: str, value: str | None) -> None:
    connection.execute(delete(settings).where(settings.c.name == name))
    if value is not None:
        connection.execute(settings.insert().values(name=name, value=value))


def _file_of(organisation: str) -> str:
    return f"organisation file: {organisation.lower()}"


def _off_of(organisation: str) -> str:
    return f"gate off: {organisation.lower()}"


def _is_of(organisation: str) -> ColumnElement[bool]:
    return repositories.c.key.startswith(f"{organisation.lower()}/", autoescape=True)


def _lock(connection: Connection, repository_id: int) -> None:
    connection.execute(select(repositories.c.id).where(repositories.c.id == repository_id).with_for_update())


def organisations_off(connection: Connection) -> Iterator[str]:
    """Yield the organisations for which somebody switched the gate off."""
    names = connection.execute(select(settings.c.name).where(settings.c.name.startswith("gate off: "))).scalars()
    yield from (name.removeprefix("gate off: ") for name in names)
