"""What commands share: options, kinds of values, the tracker of the current folder."""

import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import click

from pr_sessions.errors import InvalidValue
from pr_sessions.sessions.ids import check_number
from pr_sessions.sessions.times import read_time
from pr_sessions.stores.repository import Repository, find_repository
from pr_sessions.tracker import Tracker, open_tracker, why_paused

F = TypeVar("F", bound=Callable[..., Any])


class Moment(click.ParamType[datetime]):
    """A time as people and programs write it; without a zone it is this machine's local time."""

    name = "TIME"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        if isinstance(value, datetime):
            return value
        try:
            return read_time(value, datetime.now(UTC).astimezone().tzinfo or UTC)
        except InvalidValue as error:
            self.fail(f"{error}; {error.hint}", param, ctx)


class Number(click.ParamType[str]):
    """A pull request's number."""

    name = "PR"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        try:
            return check_number(value)
        except InvalidValue as error:
            self.fail(f"{error}; {error.hint}", param, ctx)


def as_json(command: F) -> F:
    """`--json`: one document on stdout, whatever happens."""
    return click.option("--json", "json", is_flag=True, help="Print one JSON document.")(command)


def at(command: F) -> F:
    """`--at`: when it happened, for scripts and imports."""
    return click.option("--at", type=Moment(), help="When it happened (ISO 8601); now if not given.")(command)


def tracker() -> Tracker:
    """The tracker of the repository that the current folder belongs to."""
    return open_tracker()


def repository() -> Repository:
    """The repository itself, for commands that must work whatever its files hold."""
    return find_repository(Path.cwd(), os.environ)


def paused(place: Repository) -> str | None:
    """Why tracking is off there; `None` while it is on."""
    return why_paused(place, os.environ)
