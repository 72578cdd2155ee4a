"""Which repositories of a forge a clone belongs to, by its remotes."""

import os
from collections.abc import Iterable
from pathlib import Path

from pr_sessions.sessions.address import Address, pull_request_addresses, remote_address
from pr_sessions.stores.git import run_git


def places(root: Path) -> tuple[Address, ...]:
    """Where the remotes of a working tree lead, as git rewrites them, each once.

    Raises:
        GitFailed: git is missing, or failed.
    """
    lines = os.fsdecode(run_git(root, "remote", "-v")).splitlines()
    found = (remote_address(line.partition("\t")[2].rpartition(" ")[0]) for line in lines)
    return tuple({place.key: place for place in found if place}.values())


def number_of(url: str, own: Iterable[Address]) -> str:
    """A pull request's number as it is kept: `7` where it is this clone's, `owner/name#7` where it is another's.

    Args:
        url: the plain address, as `agents/addresses.py` gives it; anything else comes back as it is.
        own: where this clone's remotes lead.
    """
    found = next(pull_request_addresses(url), None)
    if found is None:
        return url
    return found.number if any(_is_same(place, found.repository) for place in own) else found.name


def _is_same(remote: Address, repository: Address) -> bool:
    """A host without a dot is an alias of ssh's configuration, and only the path can tell."""
    return repository.key[1] == remote.key[1] and ("." not in remote.host or remote.host == repository.host)
