"""What installing and removing hooks of coding agents takes."""

import os
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path

from pr_sessions.agents.install.commands import KEY, Shell, direct, portable, this_program
from pr_sessions.agents.install.hosts import HOSTS, Host, Scope, entry, hooks_file
from pr_sessions.agents.install.installed import LIMIT, Installed, installed, installed_in
from pr_sessions.agents.install.registration import with_hooks, without_hooks
from pr_sessions.cli.setup.steps import Act, Step
from pr_sessions.errors import InvalidValue
from pr_sessions.stores.files import read_bytes
from pr_sessions.stores.git import is_tracked, local_setting, run_git
from pr_sessions.stores.repository import Repository


def to_install(
    repository: Repository, hosts: Iterable[Host], scope: Scope, environ: Mapping[str, str]
) -> Iterator[Step]:
    """Our entries in each host's file, as far as they are not there or are of another version.

    Raises:
        InvalidValue: a host has no such file, or it would be committed with the paths of this machine.
        UnreadableFile: a file has a mistake; the message says where.
    """
    for host in hosts:
        path = hooks_file(host, scope, repository.root, environ)
        _check(repository, scope, path)
        present = read_bytes(path, LIMIT)
        wanted = with_hooks(present, host, _entry(host, scope), str(path))
        if wanted != present:
            yield Step(Act.WRITE, path, f"hooks of {host.name}", wanted)


def to_connect(repository: Repository, *, committed: bool) -> Iterator[Step]:
    """What the committed hooks of this clone run; `committed` says that some are about to come."""
    if repository.common_dir is None:
        return
    if not committed and not any(_in_project(repository)):
        return
    program = this_program()
    if local_setting(repository.root, KEY) != program.words():
        yield Step(Act.CONNECT, repository.common_dir / "config", f"committed hooks run {program.python}")


def to_remove(found: Iterable[Installed]) -> Iterator[Step]:
    """The files without our entries; those that cannot be read stay."""
    for one in found:
        if one.problem:
            continue
        # A link that somebody made stays; what we put at its end goes.
        path = Path(os.path.realpath(one.path)) if one.path.is_symlink() else one.path
        rest = without_hooks(read_bytes(one.path, LIMIT) or b"", str(one.path))
        if rest is None:
            yield Step(Act.REMOVE, path, f"held nothing but hooks of {one.host.name}")
        else:
            yield Step(Act.WRITE, one.path, f"without our hooks of {one.host.name}", rest)


def to_take_back(repository: Repository, hosts: Collection[Host], environ: Mapping[str, str]) -> Iterator[Step]:
    """The hooks of these hosts wherever they are, and what only they needed.

    Raises:
        UnreadableFile: one of the files has a mistake; the message says where.
    """
    there = tuple(installed(repository, environ))
    going = tuple(found for found in there if found.host in hosts)
    for found in going:
        if found.problem:
            raise found.problem
    yield from to_remove(going)
    if not any(found.scope is Scope.PROJECT for found in there if found not in going):
        yield from to_disconnect(repository)


def to_disconnect(repository: Repository) -> Iterator[Step]:
    """The note in the clone's git configuration goes, too."""
    if repository.common_dir and local_setting(repository.root, KEY) is not None:
        yield Step(Act.DISCONNECT, repository.common_dir / "config", "what committed hooks run")


def connect(root: Path) -> None:
    """Writes into the clone's own git configuration what committed hooks run: the interpreter and package of now.

    Raises:
        GitFailed: git is missing or refused.
    """
    run_git(root, "config", "--local", "--replace-all", KEY, this_program().words())


def disconnect(root: Path) -> None:
    """Takes it out again.

    Raises:
        GitFailed: git is missing or refused.
    """
    if local_setting(root, KEY) is not None:
        run_git(root, "config", "--local", "--unset-all", KEY)


def of_this_repository(repository: Repository, environ: Mapping[str, str]) -> tuple[Installed, ...]:
    """Our hooks in files of the working tree."""
    return tuple(found for found in installed(repository, environ) if found.scope is not Scope.USER)


def of_this_user(environ: Mapping[str, str]) -> tuple[Installed, ...]:
    """Our hooks in the user's own files, which every repository shares."""
    return tuple(installed(None, environ))


def local_files(repository: Repository, hosts: Iterable[Host], environ: Mapping[str, str]) -> tuple[str, ...]:
    """Files with paths of this machine in the working tree, which git has to leave out: there already, or to come."""
    coming = {host.name for host in hosts}
    return tuple(
        f"/{host.local}"
        for host in HOSTS.values()
        if host.local and (host.name in coming or installed_in(host, Scope.LOCAL, repository.root, environ))
    )


def _entry(host: Host, scope: Scope) -> Mapping[str, object]:
    if scope is Scope.PROJECT:
        # One file for every system: sh is what most of them have.
        return entry(host, {shell: portable(host.name, shell) for shell in Shell}, Shell.SH)
    program = this_program()
    shell = host.windows if os.name == "nt" else Shell.SH
    return entry(host, {shell: direct(program, host.name, shell) for shell in Shell}, shell)


def _check(repository: Repository, scope: Scope, path: Path) -> None:
    if scope is Scope.USER:
        return
    if repository.git_dir is None:
        raise InvalidValue(f"{repository.root} is not in git, and hooks need it", "run `git init` first")
    if scope is Scope.LOCAL and is_tracked(repository.root, path):
        raise InvalidValue(
            f"git tracks {path}, and paths of this machine would be committed",
            f"git rm --cached {path.relative_to(repository.root).as_posix()}, then again; or choose --scope user",
        )


def _in_project(repository: Repository) -> Iterator[Installed]:
    # The user's own environment does not matter for files of the project.
    found = (installed_in(host, Scope.PROJECT, repository.root, {}) for host in HOSTS.values())
    return (one for one in found if one and one.commands)
