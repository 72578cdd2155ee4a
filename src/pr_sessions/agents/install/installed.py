"""What of ours stands in the hosts' files now."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from msgspec import Struct

from pr_sessions.agents.install.commands import KEY, Program, is_portable, program_in, program_in_setting
from pr_sessions.agents.install.hosts import HOSTS, Host, Scope, hooks_file
from pr_sessions.agents.install.registration import command_lines
from pr_sessions.errors import InvalidValue, UnreadableFile
from pr_sessions.stores.files import MIB, read_bytes
from pr_sessions.stores.git import local_setting
from pr_sessions.stores.repository import Repository

LIMIT = MIB
# What every command line of ours holds; a file without it need not be understood.
_TRACES = (b"pr_sessions", KEY.encode())


class Installed(Struct, frozen=True):
    """One file of one host.

    Attributes:
        commands: our command lines in it, each once; at least one, unless there is a problem.
        problem: why nobody can tell what stands in it.
    """

    host: Host
    scope: Scope
    path: Path
    commands: tuple[str, ...] = ()
    problem: UnreadableFile | None = None


def installed(repository: Repository | None, environ: Mapping[str, str]) -> Iterator[Installed]:
    """Every file that holds hooks of ours: the user's own, those of this clone, those of this repository."""
    for host in HOSTS.values():
        for scope in Scope if repository else (Scope.USER,):
            found = installed_in(host, scope, repository.root if repository else Path(), environ)
            if found:
                yield found


def installed_in(host: Host, scope: Scope, root: Path, environ: Mapping[str, str]) -> Installed | None:
    """Our hooks in the one file; `None` where there are none, or no such file can be."""
    try:
        path = hooks_file(host, scope, root, environ)
    except InvalidValue:
        return None
    try:
        data = read_bytes(path, LIMIT) or b""
        lines = command_lines(data, str(path)) if any(trace in data for trace in _TRACES) else ()
    except UnreadableFile as error:
        return Installed(host, scope, path, problem=error)
    return Installed(host, scope, path, lines) if lines else None


def recorded(repository: Repository) -> Program | None:
    """What the clone's git configuration has the committed hooks run; `None` where nothing usable is recorded."""
    setting = local_setting(repository.root, KEY) if repository.common_dir else None
    return program_in_setting(setting) if setting else None


def programs(found: Installed, repository: Repository | None) -> tuple[Program | None, ...]:
    """What each command line runs; `None` for one that finds nothing recorded in this clone."""
    return tuple(
        (recorded(repository) if repository else None) if is_portable(line) else program_in(line)
        for line in found.commands
    )
