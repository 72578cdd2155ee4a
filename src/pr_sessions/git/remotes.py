"""Which repositories a clone's remotes lead to, and whether a pull request belongs to one of them.

The rules take values. At the edge, git lists the remotes and ssh resolves the host names of the user's ssh
configuration. `ssh -G` contacts no host, but it runs the `Match exec` commands of that configuration, so only commands
that act may call `real_hosts` and what builds on it. Commands that only look pass no hosts to the rules.
"""

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from msgspec import Struct

from pr_sessions.core.ids import clean
from pr_sessions.core.urls import (
    Address,
    PullRequestAddress,
    PullRequestReference,
    canonical_host,
    remote_address,
    ssh_destination,
)
from pr_sessions.errors import InvalidValue, NotFound
from pr_sessions.git.commands import ask_git, read_git, remote_names
from pr_sessions.io.programs import child_environment, find_program

if TYPE_CHECKING:
    from subprocess import Popen

# Of `git remote -v`; behind the URL of a partial clone stands its filter.
_LINE = re.compile(r"(?P<name>[^\t]*)\t(?P<url>.*) \((?P<use>fetch|push)\)(?: \[[^\]]*\])?")
Forge = Literal["github", "gitea", "gitlab", "bitbucket", "azure"]
CloneForge = Forge | Literal["unknown"]
_FORGES: Mapping[str, Forge] = {
    "github": "github",
    "gitlab": "gitlab",
    **dict.fromkeys(("codeberg", "forgejo", "gitea"), "gitea"),
    "bitbucket": "bitbucket",
    **dict.fromkeys(("azure", "visualstudio"), "azure"),
}
_PUBLIC = frozenset({"github.com", "gitlab.com"})
# It is asked under the lock, for which others wait ten seconds.
_SSH_SECONDS = 5.0


class Remote(Struct, frozen=True):
    """One URL of a remote that leads to a forge.

    Attributes:
        name: the remote's name.
        address: the repository, with the host as the URL spells it.
        destination: what ssh connects to, such as `git@work`; empty where the URL does not use ssh.
        is_push: whether git pushes there; otherwise it fetches from there.
    """

    name: str
    address: Address
    destination: str = ""
    is_push: bool = False

    @property
    def may_be_alias(self) -> bool:
        """Whether the host may be a name of ssh's configuration."""
        return bool(self.destination) and self.address.host not in _PUBLIC


def parse_remotes(listing: str) -> tuple[Remote, ...]:
    """Return the remotes that `git remote -v` lists, without those that lead to no forge."""
    matches = filter(None, map(_LINE.fullmatch, listing.splitlines()))
    return tuple(
        Remote(match["name"], address, ssh_destination(match["url"]), match["use"] == "push")
        for match in matches
        if (address := remote_address(match["url"]))
    )


def is_own(repository: Address, remotes: Iterable[Remote], hosts: Mapping[str, str]) -> bool:
    """Return whether a repository is one of the clone's, by host and path.

    A host without a dot that stays unresolved says nothing about the forge. The path decides then, unless remotes of
    other hosts have the same path.

    Args:
        repository: as a forge names it.
        remotes: the clone's remotes.
        hosts: the real host of each ssh destination, as far as they are known; empty for commands that only look.
    """
    same_path = _with_path(repository, remotes)
    if any(remote.address.host == repository.host for remote in same_path):
        return True
    real = {hosts.get(remote.destination, remote.address.host) for remote in same_path}
    return repository.host in real or (len(real) == 1 and not any("." in host for host in real))


def undecided(repository: Address, remotes: Iterable[Remote]) -> tuple[str, ...]:
    """Return the ssh destinations whose real hosts decide whether a repository is one of the clone's."""
    same_path = _with_path(repository, remotes)
    if any(remote.address.host == repository.host for remote in same_path):
        return ()
    return tuple(dict.fromkeys(remote.destination for remote in same_path if remote.may_be_alias))


def address_behind(remote: Remote, real_host: str | None) -> Address:
    """Return the repository that a remote leads to.

    A host with a dot stays, since it may be a forge that ssh reaches by another name or an IP address; only an alias of
    a public forge, such as `github.com-work`, is replaced.

    Args:
        remote: of the clone.
        real_host: what ssh connects to; `None` where that is not known.
    """
    spelled = remote.address.host
    is_better = real_host is not None and ("." not in spelled or real_host in _PUBLIC or real_host.endswith(".ghe.com"))
    return Address(real_host, remote.address.path) if real_host and is_better else remote.address


def path_on(host: str, remotes: Sequence[Remote]) -> str | None:
    """Return the path of the repository on a host that remotes lead to: `upstream`, `origin` or the first of them."""
    paths: dict[str, str] = {}
    for remote in remotes:
        if remote.address.host == host:
            paths.setdefault(remote.name, remote.address.path)
    return next((paths[name] for name in ("upstream", "origin", *paths) if name in paths), None)


def forge_by_name(host: str) -> Forge | None:
    """Return which forge a host is, where its name says so."""
    labels = host.split(".")
    if host.endswith(".ghe.com"):
        return "github"
    return next((forge for label, forge in _FORGES.items() if label in labels), None)


def forge_of_clone(remotes: Iterable[Remote], github: str = "") -> CloneForge | None:
    """Return which forge `origin`, `upstream` or the first remote leads to; `None` where there is no remote.

    Args:
        remotes: of the clone.
        github: the host of a GitHub Enterprise Server, which no name gives away; empty for none.
    """
    address = main_address(remotes)
    if address is None:
        return None
    return "github" if address.host == github else forge_by_name(address.host) or "unknown"


def pull_request_page(remotes: Sequence[Remote], github: str = "") -> str:
    """Return where people read pull requests of a clone's repository, up to the number; empty where that is not known.

    Args:
        remotes: of the clone.
        github: as for `forge_of_clone`.
    """
    address, forge = main_address(remotes), forge_of_clone(remotes, github)
    parts = {"github": "pull", "gitlab": "-/merge_requests", "gitea": "pulls"}
    return f"https://{address.host}/{address.path}/{parts[forge]}/" if address and forge in parts else ""


def main_address(remotes: Iterable[Remote]) -> Address | None:
    """Return where `origin`, `upstream` or the first remote leads to; `None` where there is no remote."""
    addresses: dict[str, Address] = {}
    for remote in remotes:
        addresses.setdefault(remote.name, remote.address)
    return next((addresses[name] for name in ("origin", "upstream", *addresses) if name in addresses), None)


def read_remotes(root: Path, *, is_named_bare: bool = False) -> tuple[Remote, ...]:
    """Return the remotes of a clone that lead to a forge, as `insteadOf` and `pushInsteadOf` rewrite their URLs.

    Args:
        root: the working tree.
        is_named_bare: `root` is a bare repository that the user named.

    Raises:
        GitFailed: git is missing, or failed.
    """
    return parse_remotes(os.fsdecode(read_git(root, "remote", "-v", is_named_bare=is_named_bare)))


def push_remote(root: Path, branch: str) -> str:
    """Return the remote that a branch is pushed to: what git's configuration says, else `origin`, else the only one.

    Raises:
        NotFound: there is none.
        InvalidValue: several fit.
    """
    names = remote_names(root)
    if not names:
        raise NotFound("this clone has no remote to open a pull request at", "git remote add origin URL")
    configured = [
        ask_git(root, "config", "--get", key) for key in (f"branch.{branch}.pushRemote", "remote.pushDefault")
    ]
    # A branch that was made from `upstream/main` follows it; it is not pushed there.
    if ask_git(root, "config", "--get", f"branch.{branch}.merge") == f"refs/heads/{branch}":
        configured.append(ask_git(root, "config", "--get", f"branch.{branch}.remote"))
    chosen = next((name for name in (*configured, "origin") if name in names), None)
    if chosen is None and len(names) > 1:
        raise InvalidValue(
            f"there are several remotes: {clean(', '.join(names), 200)}",
            f"say which one takes this branch: git config branch.{branch}.pushRemote NAME",
        )
    return chosen or names[0]


def push_addresses(root: Path) -> Mapping[str, Address]:
    """Return where git pushes, by the remotes' names, with ssh's names resolved. Not for commands that only look."""
    addresses: dict[str, Address] = {}
    for remote in read_remotes(root):
        if remote.is_push and remote.name not in addresses:
            real = resolve_host(remote.destination) if remote.may_be_alias else None
            addresses[remote.name] = address_behind(remote, real)
    return addresses


def is_of_clone(root: Path, repository: Address) -> bool:
    """Return whether a repository is one of the clone's, with ssh's names resolved. Not for commands that only look.

    Raises:
        GitFailed: git is missing, or failed.
    """
    remotes = read_remotes(root)
    return is_own(repository, remotes, real_hosts(repository, remotes))


def recorded_id(pull_request: PullRequestAddress, remotes: Sequence[Remote]) -> str:
    """Return the id under which a clone records a pull request, with ssh's names resolved.

    Not for commands that only look.
    """
    repository = pull_request.repository
    return pull_request.recorded(is_own=is_own(repository, remotes, real_hosts(repository, remotes)))


def named_id(reference: PullRequestReference, remotes: Sequence[Remote], *, asks_ssh: bool) -> str:
    """Return the id under which a clone records the pull request that a person names.

    Args:
        reference: as they name it; without a host the path decides, unless remotes of several hosts have it.
        remotes: the clone's remotes.
        asks_ssh: whether ssh may resolve its names. Not for commands that only look.
    """
    repository = Address(reference.host, reference.path)
    if not reference.host:
        return reference.recorded(is_own=len({remote.address.host for remote in _with_path(repository, remotes)}) == 1)
    hosts = real_hosts(repository, remotes) if asks_ssh else {}
    return reference.recorded(is_own=is_own(repository, remotes, hosts))


def real_hosts(repository: Address, remotes: Sequence[Remote]) -> Mapping[str, str]:
    """Return the real host of each ssh destination that decides about a repository, where ssh knows it."""
    hosts = {destination: resolve_host(destination) for destination in undecided(repository, remotes)}
    return {destination: host for destination, host in hosts.items() if host}


def resolve_host(destination: str) -> str | None:
    """Return the host that ssh would connect to; `None` where ssh is missing or does not answer in time.

    Args:
        destination: as `ssh_destination` gives it.
    """
    program = find_program("ssh")
    return _resolve(program, destination) if program and not destination.startswith("-") else None


@lru_cache(maxsize=256)
def _resolve(program: str, destination: str) -> str | None:
    for line in _configuration(program, destination).splitlines():
        key, _, value = line.partition(" ")
        if key.lower() == "hostname" and value:
            return canonical_host(value.strip())
    return None


def _configuration(program: str, destination: str) -> str:
    """Return what `ssh -G` prints: https://man.openbsd.org/ssh#G. Empty where it fails or takes too long."""
    from subprocess import DEVNULL, PIPE, Popen, TimeoutExpired

    # Canonical names would be looked up in the network.
    command = [program, "-G", "-o", "CanonicalizeHostname=no", destination]
    try:
        process = Popen(
            command, cwd=Path.home(), env=child_environment(), stdin=DEVNULL, stdout=PIPE, stderr=DEVNULL,
            start_new_session=os.name != "nt",
        )  # fmt: skip
    except (OSError, RuntimeError):  # The account may have no home.
        return ""
    with process:
        try:
            printed, _ = process.communicate(timeout=_SSH_SECONDS)
        except TimeoutExpired:
            _kill(process)
            return ""
    return "" if process.returncode else printed.decode(errors="replace")


def _kill(process: "Popen[bytes]") -> None:
    """End ssh and the commands that its configuration started."""
    if os.name == "nt":
        process.kill()
        return
    from signal import SIGKILL

    with suppress(ProcessLookupError):
        os.killpg(process.pid, SIGKILL)


def _with_path(repository: Address, remotes: Iterable[Remote]) -> tuple[Remote, ...]:
    return tuple(remote for remote in remotes if remote.address.key[1] == repository.key[1])
