"""Which repositories of a forge a clone belongs to, by its remotes."""

import os
from pathlib import Path

from msgspec import Struct

from pr_sessions.stores.git import run_git


class Place(Struct, frozen=True):
    """A repository on a forge, in lower case.

    Attributes:
        host: without port; may be a name that only ssh's configuration knows.
        path: `owner/name`, more segments on GitLab.
    """

    host: str
    path: str


def places(root: Path) -> tuple[Place, ...]:
    """Where the remotes of a working tree lead, as git rewrites them.

    Raises:
        GitFailed: git is missing, or failed.
    """
    lines = os.fsdecode(run_git(root, "remote", "-v")).splitlines()
    addresses = (line.partition("\t")[2].rpartition(" ")[0] for line in lines)
    return tuple(dict.fromkeys(place for address in addresses if (place := place_of(address))))


def place_of(address: str) -> Place | None:
    """The repository that an address names: `https://`, `ssh://` or `user@host:path`; `None` for a folder."""
    scheme, found, rest = address.strip().partition("://")
    if found:
        if scheme not in ("https", "http", "ssh", "git", "git+ssh"):
            return None
        authority, _, path = rest.partition("/")
        host = authority.rpartition("@")[2].partition(":")[0]
    else:
        before, _, path = address.strip().partition(":")
        host = before.rpartition("@")[2]
        # `C:\work` and `./a:b` are folders.
        if len(host) < 2 or "/" in before or "\\" in before:
            return None
    plain = path.strip("/").removesuffix(".git").strip("/")
    return Place(host.lower(), plain.lower()) if host and "/" in plain else None


def number_of(url: str, own: tuple[Place, ...]) -> str:
    """A pull request's number as it is kept: `7` where it is this clone's, `owner/name#7` where it is another's.

    Args:
        url: the plain address, as `agents/addresses.py` gives it.
        own: where this clone's remotes lead.
    """
    mark = "/-/merge_requests/" if "/-/merge_requests/" in url else "/pull/"
    place, _, number = url.removeprefix("https://").partition(mark)
    authority, _, path = place.partition("/")
    host = authority.partition(":")[0].lower()
    is_ours = any(path.lower() == its.path and _same_host(its.host, host) for its in own)
    return number if is_ours else f"{path}#{number}"


def _same_host(remote: str, host: str) -> bool:
    """A name without a dot is an alias of ssh's configuration; forges offer ssh under a name of its own, too."""
    return "." not in remote or remote.removeprefix("alt").removeprefix("ssh.") == host
