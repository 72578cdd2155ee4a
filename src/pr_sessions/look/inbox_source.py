"""Find out which repositories an inbox is of, and on which forge they are."""

import re
from collections.abc import Mapping, Sequence

from msgspec import Struct

from pr_sessions.core.urls import Address, canonical_host
from pr_sessions.errors import InvalidValue, NotARepository
from pr_sessions.forges.github.access import api_address, web_host
from pr_sessions.git.remotes import Remote, forge_by_name, main_address, path_on, read_remotes
from pr_sessions.git.repository import Repository

MOST_REPOSITORIES = 100
_PATH = re.compile(r"[A-Za-z0-9_.-]{1,100}(?:/[A-Za-z0-9_.-]{1,100}){1,10}", re.ASCII)
_URL = re.compile(r"https?://(?P<host>[A-Za-z0-9.-]{1,253})(?::[0-9]+)?/(?P<path>[^?#]{1,1000}?)/?(?:\.git)?", re.ASCII)
_OWNER = re.compile(r"[A-Za-z0-9_.-]{1,100}", re.ASCII)
FORGES = {"github": "GitHub", "gitlab": "GitLab"}


class Source(Struct, frozen=True, kw_only=True):
    """What an inbox is read from.

    Attributes:
        forge: `github` or `gitlab`; empty where only the clone can be read.
        host: of the forge.
        repositories: `owner/name` of each.
        of_clone: the one of the clone, if it is on that host.
        organisation: all of whose repositories are read, too; empty for none.
        is_named: whether the user named any of them.
        why_not: why no forge can be asked.
        hint: what to do about that.
    """

    forge: str = ""
    host: str = ""
    repositories: tuple[str, ...] = ()
    of_clone: str = ""
    organisation: str = ""
    is_named: bool = False
    why_not: str = ""
    hint: str = ""

    @property
    def name(self) -> str:
        """Return the forge's name for people."""
        return FORGES.get(self.forge, "")


def find_source(
    names: Sequence[str], organisation: str, clone: Repository | None, environ: Mapping[str, str]
) -> Source:
    """Return what is read: the repositories that are named, else the clone's own. Looking does not run ssh.

    Args:
        names: `OWNER/REPO`, or the address of a repository.
        organisation: an account all of whose repositories are read.
        clone: the repository of the current folder.
        environ: has the address of GitHub's interface.

    Raises:
        InvalidValue: a name cannot be used, or they are on several forges.
        NotARepository: none is named, and there is no clone.
    """
    github = github_host(environ)
    remotes = read_remotes(clone.root) if clone and clone.git_dir else ()
    clones = _of_clone(remotes, github)
    if not (names or organisation):
        return clones or _offline(clone, remotes)
    if organisation and not _OWNER.fullmatch(organisation):
        raise InvalidValue(f"not an organisation: {organisation[:60]!r}", "write it like octocat")
    default = clones.host if clones else github
    addresses = list(dict.fromkeys(_address(name, default) for name in names))
    if len(addresses) > MOST_REPOSITORIES:
        raise InvalidValue(f"{len(addresses)} repositories are too many at once", f"name at most {MOST_REPOSITORIES}")
    hosts = dict.fromkeys((*(address.host for address in addresses), *((default,) if organisation else ())))
    if len(hosts) > 1:
        raise InvalidValue(f"they are on several hosts: {', '.join(hosts)}", "ask one host at a time")
    host = next(iter(hosts))
    forge = "github" if host == github else forge_by_name(host) or ""
    if forge not in FORGES:
        raise InvalidValue(f"{host} is neither GitHub nor GitLab", "GITHUB_API_URL names an Enterprise Server")
    return Source(
        forge=forge,
        host=host,
        repositories=tuple(address.path for address in addresses),
        of_clone=clones.of_clone if clones and clones.host == host else "",
        organisation=organisation,
        is_named=True,
    )


def github_host(environ: Mapping[str, str]) -> str:
    """Return the host of GitHub's pages, or that of the Enterprise Server that the environment names.

    Raises:
        InvalidValue: the environment names no address.
    """
    return canonical_host(web_host(api_address(environ)).partition(":")[0])


def _of_clone(remotes: Sequence[Remote], github: str) -> Source | None:
    if path := path_on(github, remotes):
        return Source(forge="github", host=github, repositories=(path,), of_clone=path)
    address = main_address(remotes)
    if address and forge_by_name(address.host) == "gitlab":
        return Source(forge="gitlab", host=address.host, repositories=(address.path,), of_clone=address.path)
    return None


def _offline(clone: Repository | None, remotes: Sequence[Remote]) -> Source:
    if clone is None:
        raise NotARepository(
            "this folder is in no repository with a working tree", "name one: pr-sessions inbox OWNER/REPO"
        )
    alias = next((remote for remote in remotes if remote.may_be_alias and "." not in remote.address.host), None)
    if alias:
        return Source(
            why_not=f"only ssh can resolve the host {alias.address.host} of the remote {alias.name}",
            hint=f"name the repository: pr-sessions inbox {alias.address.path}",
        )
    return Source(why_not="no remote leads to GitHub or GitLab", hint="name a repository: pr-sessions inbox OWNER/REPO")


def _address(name: str, host: str) -> Address:
    url = _URL.fullmatch(name)
    path = (url["path"] if url else name).removesuffix(".git")
    if not _PATH.fullmatch(path) or not {".", ".."}.isdisjoint(path.split("/")):
        raise InvalidValue(f"not a repository: {name[:60]!r}", "write it like octocat/hello-world")
    return Address(canonical_host(url["host"]) if url else host, path)
