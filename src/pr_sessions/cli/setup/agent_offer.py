"""On a terminal `init` offers the hooks of the agents that it finds."""

import sys
from collections.abc import Mapping
from pathlib import Path
from shutil import which

import click

from pr_sessions.agents.install.hosts import HOSTS, Host, user_folder
from pr_sessions.agents.install.installed import installed
from pr_sessions.stores.repository import Repository


def offered(repository: Repository, environ: Mapping[str, str]) -> tuple[Host, ...]:
    """The agents of this machine without our hooks, if somebody sits there and wants them to have some."""
    if repository.git_dir is None or not (sys.stdin.isatty() and sys.stdout.isatty()):
        return ()
    found = without_hooks(repository, environ)
    if not found:
        return ()
    names = ", ".join(host.name for host in found)
    files = ", ".join(str((user_folder(host, environ) or Path()) / host.file) for host in found)
    click.echo(f"Found on this machine: {names}. With a hook, an agent tells which session a pull request belongs to.")
    return found if click.confirm(f"Add hooks to {files}?", default=False) else ()


def without_hooks(repository: Repository, environ: Mapping[str, str]) -> tuple[Host, ...]:
    """Every agent that is here, by its command or its folder, and has none of our hooks."""
    served = {found.host.name for found in installed(repository, environ)}
    return tuple(host for host in HOSTS.values() if host.name not in served and _is_here(host, environ))


def _is_here(host: Host, environ: Mapping[str, str]) -> bool:
    folder = user_folder(host, environ)
    if folder is None:
        return False
    return folder.is_dir() or which(host.binary, path=environ.get("PATH", "")) is not None
