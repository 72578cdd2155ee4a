"""Hooks in the files of hosts: where they belong, which are installed, and the steps that change them."""

import os
from collections.abc import Collection, Iterable, Iterator, Mapping
from enum import StrEnum
from pathlib import Path

from msgspec import Struct

from pr_sessions.errors import InvalidValue, NotFound, UnreadableFile
from pr_sessions.git.commands import is_tracked, local_setting
from pr_sessions.git.repository import Repository
from pr_sessions.hooks.host import Host
from pr_sessions.hooks.hosts import INSTALLABLE
from pr_sessions.io.files import MIB, read_bytes
from pr_sessions.io.places import Place, followed
from pr_sessions.setup.agent_hooks.commands import (
    KEY,
    Program,
    Shell,
    direct,
    is_current,
    is_portable,
    portable,
    program_in,
    program_in_setting,
    this_program,
)
from pr_sessions.setup.agent_hooks.registration import command_lines, with_hooks, without_hooks
from pr_sessions.setup.steps import Action, Step

LIMIT = MIB
# Every command line of ours contains one of these; a file without them is not parsed.
_TRACES = (b"pr_sessions", KEY.encode())


class Scope(StrEnum):
    """For whom hooks are: one user everywhere, one clone, everybody who has the repository."""

    USER = "user"
    LOCAL = "local"
    PROJECT = "project"


class Installed(Struct, frozen=True):
    """Our hooks in one file of one host.

    Attributes:
        commands: our command lines in it, each once; at least one, unless there is a problem.
        problem: why the file cannot be read.
    """

    host: Host
    scope: Scope
    path: Place
    commands: tuple[str, ...] = ()
    problem: UnreadableFile | None = None


def hosts_named(text: str) -> tuple[Host, ...]:
    """Return the hosts of a list such as `cursor,claude`, each once, in any case; `all` means every host.

    Raises:
        NotFound: there is none of that name.
    """
    hosts: dict[Host, None] = {}
    for name in filter(None, (name.strip() for name in text.split(","))):
        key = name.lower()
        matches = [host for host in INSTALLABLE.values() if key in ("all", host.name, host.command)]
        if not matches:
            raise NotFound(f"no agent is named {name[:60]!r}", f"these have hooks: {', '.join(INSTALLABLE)}")
        hosts |= dict.fromkeys(matches)
    if not hosts:
        raise NotFound("no agent is named", f"these have hooks: {', '.join(INSTALLABLE)}")
    return tuple(hosts)


def user_folder(host: Host, environ: Mapping[str, str]) -> Path | None:
    """Return the host's folder of this user; `None` where the home folder is not known."""
    named = environ.get(host.home_variable, "") if host.home_variable else ""
    if Path(named).is_absolute():
        return Path(named)
    user = Path(environ.get("HOME") or environ.get("USERPROFILE") or "")
    return user / host.folder if user.is_absolute() else None


def hooks_file(host: Host, scope: Scope, root: Path, environ: Mapping[str, str]) -> Place:
    """Return the file in which the host looks for hooks of that scope.

    Raises:
        InvalidValue: the host has none, or the user's home folder is not known.
    """
    if scope is Scope.PROJECT:
        return Place(root, host.project_file)
    if scope is Scope.LOCAL:
        if not host.local_file:
            raise InvalidValue(
                f"{host.name} has no hooks of one clone",
                f"pr-sessions init --agents {host.name} --scope user, or --scope project",
            )
        return Place(root, host.local_file)
    folder = user_folder(host, environ)
    if folder is None:
        raise InvalidValue("your home folder is not known", "set HOME to it, or choose --scope project")
    return followed(folder / host.file)


def entries(host: Host, scope: Scope) -> Mapping[str, Mapping[str, object]]:
    """Return what is registered for each event."""
    shell = host.windows if os.name == "nt" else Shell.SH
    if scope is Scope.PROJECT:
        # One file for every system: sh is what most of them have.
        shell, commands = Shell.SH, {each.value: portable(host.name, each) for each in Shell}
    else:
        program = this_program()
        commands = {each.value: direct(program, host.name, each) for each in Shell}
    return {event: host.entry(event, commands, shell) for event in host.events}


def installed(repository: Repository | None, environ: Mapping[str, str]) -> Iterator[Installed]:
    """Yield every file with hooks of ours: the user's own, those of this clone, those of this repository."""
    root = repository.root if repository else Path()
    for host in INSTALLABLE.values():
        for scope in Scope if repository else (Scope.USER,):
            if file := installed_in(host, scope, root, environ):
                yield file
        if repository and host.inline_file and (file := _installed(host, Scope.PROJECT, Place(root, host.inline_file))):
            yield file


def installed_in(host: Host, scope: Scope, root: Path, environ: Mapping[str, str]) -> Installed | None:
    """Return our hooks in the one file; `None` if it has none, or the host has no such file."""
    try:
        path = hooks_file(host, scope, root, environ)
    except InvalidValue:
        return None
    return _installed(host, scope, path)


def _installed(host: Host, scope: Scope, path: Place) -> Installed | None:
    try:
        data = read_bytes(path, LIMIT) or b""
        lines = command_lines(data, str(path)) if any(trace in data for trace in _TRACES) else ()
    except UnreadableFile as error:
        return Installed(host, scope, path, problem=error)
    return Installed(host, scope, path, lines) if lines else None


def programs(file: Installed, repository: Repository | None) -> tuple[Program | None, ...]:
    """Return what each command line runs; `None` for one that finds nothing recorded in this clone."""
    setting = local_setting(repository.root, KEY) if repository and repository.common_dir else None
    recorded = program_in_setting(setting) if setting else None
    return tuple(recorded if is_portable(line) else program_in(line) for line in file.commands)


def to_install(
    repository: Repository, hosts: Iterable[Host], scope: Scope, environ: Mapping[str, str]
) -> Iterator[Step]:
    """Write our entries into each host's file, unless they are there and current.

    Raises:
        InvalidValue: a host has no such file, or it would be committed with the paths of this machine.
        UnreadableFile: a file has a mistake; the message says where.
    """
    for host in hosts:
        path = hooks_file(host, scope, repository.root, environ)
        if scope is not Scope.USER and repository.git_dir is None:
            raise InvalidValue(f"{repository.root} is not in git, and hooks need it", "run `git init` first")
        if scope is Scope.LOCAL and is_tracked(repository.root, path.below):
            raise InvalidValue(
                f"git tracks {path}, and paths of this machine would be committed",
                f"git rm --cached {path.below}, then again; or choose --scope user",
            )
        yield from _into(path, host, scope)


def _into(path: Place, host: Host, scope: Scope) -> Iterator[Step]:
    present = read_bytes(path, LIMIT)
    wanted = with_hooks(present, host, entries(host, scope), str(path))
    if wanted != present:
        yield Step(Action.WRITE, path, f"hooks of {host.name}", wanted)


def to_renew(
    repository: Repository, environ: Mapping[str, str], hosts: Collection[Host], scope: Scope
) -> Iterator[Step]:
    """Renew command lines that another version wrote, except in the files of these hosts in that scope."""
    for file in installed(repository, environ):
        if file.host in hosts and file.scope is scope:
            continue
        outdated = not all(is_current(line, file.host.name) for line in file.commands)
        if outdated and not (file.scope is Scope.LOCAL and is_tracked(repository.root, file.path.below)):
            yield from _into(file.path, file.host, file.scope)


def to_connect(repository: Repository, *, committed: bool) -> Iterator[Step]:
    """Record what the committed hooks of this clone run; `committed` says that some are about to be written."""
    if repository.common_dir is None:
        return
    # The user's own environment does not matter for files of the project.
    files = (installed_in(host, Scope.PROJECT, repository.root, {}) for host in INSTALLABLE.values())
    if not committed and not any(file and file.commands for file in files):
        return
    program = this_program()
    if local_setting(repository.root, KEY) != program.words():
        place, what = Place(repository.common_dir, "config"), f"committed hooks run {program.python}"
        yield Step(Action.CONNECT, place, what, settings=((KEY, program.words()),))


def to_remove(files: Iterable[Installed]) -> Iterator[Step]:
    """Remove our entries; a file that cannot be read stays as it is."""
    for file in files:
        if file.problem:
            continue
        rest = without_hooks(read_bytes(file.path, LIMIT) or b"", str(file.path))
        if rest is None:
            yield Step(Action.REMOVE, file.path, f"held nothing but hooks of {file.host.name}")
        else:
            yield Step(Action.WRITE, file.path, f"without our hooks of {file.host.name}", rest)


def to_remove_hosts(repository: Repository, hosts: Collection[Host], environ: Mapping[str, str]) -> Iterator[Step]:
    """Remove the hooks of these hosts from every file, and what only they needed.

    Raises:
        UnreadableFile: one of the files has a mistake; the message says where.
    """
    files = tuple(installed(repository, environ))
    removed = tuple(file for file in files if file.host in hosts)
    for file in removed:
        if file.problem:
            raise file.problem
    yield from to_remove(removed)
    if not any(file.scope is Scope.PROJECT for file in files if file not in removed):
        yield from to_disconnect(repository)


def to_disconnect(repository: Repository) -> Iterator[Step]:
    """Remove what committed hooks run from the clone's git configuration."""
    if repository.common_dir and local_setting(repository.root, KEY) is not None:
        place = Place(repository.common_dir, "config")
        yield Step(Action.DISCONNECT, place, "what committed hooks run", settings=((KEY, None),))


def local_files(repository: Repository, hosts: Iterable[Host], environ: Mapping[str, str]) -> tuple[str, ...]:
    """Return the files with paths of this machine that git has to ignore: present ones, and those of these hosts."""
    names = {host.name for host in hosts}
    return tuple(
        f"/{host.local_file}"
        for host in INSTALLABLE.values()
        if host.local_file and (host.name in names or installed_in(host, Scope.LOCAL, repository.root, environ))
    )
