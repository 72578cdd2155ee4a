"""Which forge a clone's branch is pushed to, and which tool speaks with it."""

from collections.abc import Mapping
from pathlib import Path

from pr_sessions.errors import InvalidValue, NotFound
from pr_sessions.forges.gh import GitHub
from pr_sessions.forges.glab import GitLab
from pr_sessions.forges.pull_requests import Forge
from pr_sessions.forges.tool import BY_HAND, ToolFailed, call_tool, has_tool
from pr_sessions.sessions.address import Address, PullRequestAddress, remote_address
from pr_sessions.sessions.ids import clean
from pr_sessions.stores.git import ask_git, remotes


def push_remote(root: Path, branch: str) -> str:
    """The remote that a branch is pushed to: what git's configuration says, else `origin`, else the only one.

    Raises:
        NotFound: there is none.
        InvalidValue: several fit.
    """
    there = remotes(root)
    if not there:
        raise NotFound("this clone has no remote to open a pull request at", "git remote add origin URL")
    told = [ask_git(root, "config", "--get", key) for key in (f"branch.{branch}.pushRemote", "remote.pushDefault")]
    # A branch that was made from `upstream/main` follows it; it is not pushed there.
    if ask_git(root, "config", "--get", f"branch.{branch}.merge") == f"refs/heads/{branch}":
        told.append(ask_git(root, "config", "--get", f"branch.{branch}.remote"))
    chosen = next((name for name in (*told, "origin") if name in there), None)
    if chosen is None and len(there) > 1:
        raise InvalidValue(
            f"there are several remotes: {clean(', '.join(there), 200)}",
            f"say which one takes this branch: git config branch.{branch}.pushRemote NAME",
        )
    return chosen or there[0]


def addresses(root: Path) -> Mapping[str, Address]:
    """Where the remotes lead, by their names; those that lead to no forge are left out."""
    found = {name: _resolved(ask_git(root, "remote", "get-url", "--push", name)) for name in remotes(root)}
    return {name: address for name, address in found.items() if address}


def number_here(root: Path, pull_request: PullRequestAddress) -> str:
    """Its number as it is recorded: with its repository's name where no remote leads there."""
    known = {address.key for address in addresses(root).values()}
    if pull_request.repository.key in known:
        return pull_request.number
    return pull_request.name


def forge_at(root: Path, remote: str) -> Forge:
    """The forge of a remote, with the tool for it.

    Raises:
        NotFound: the remote leads to no forge.
        ToolFailed: nothing tells which forge it is.
    """
    known = addresses(root)
    if remote not in known:
        raise NotFound(f"the remote {clean(remote, 60)} leads to no forge", f"let it lead to one, {BY_HAND}")
    return forge_of(root, known[remote], is_fork=len({each.key for each in known.values()}) > 1)


def forge_of(root: Path, repository: Address, *, is_fork: bool = False) -> Forge:
    """The forge of a repository: told from its host's name, else from the logins of `gh` and `glab`.

    Raises:
        ToolFailed: nothing tells which forge it is.
    """
    words = repository.host.split(".")
    if "github" in words or repository.host.endswith(".ghe.com"):
        return GitHub(root, repository, is_fork)
    if "gitlab" in words:
        return GitLab(root, repository)
    if _is_logged_in(root, "gh", repository.host):
        return GitHub(root, repository, is_fork)
    if _is_logged_in(root, "glab", repository.host):
        return GitLab(root, repository)
    host = repository.host
    raise ToolFailed(
        f"neither gh nor glab is logged in to {host}",
        f"gh auth login --hostname {host}, or glab auth login --hostname {host}; {BY_HAND}",
    )


def _is_logged_in(root: Path, tool: str, host: str) -> bool:
    return has_tool(tool) and call_tool(root, tool, "auth", "status", "--hostname", host).status == 0


def _resolved(url: str) -> Address | None:
    """The address, with the host that a short name in ssh's configuration stands for."""
    address = remote_address(url)
    if address is None or "." in address.host or not has_tool("ssh"):
        return address
    # It prints its configuration and connects to nothing. A host may not look like an option.
    printed = "" if address.host.startswith("-") else call_tool(Path.home(), "ssh", "-G", address.host).out
    lines = (line.split() for line in printed.splitlines())
    host = next((words[1] for words in lines if len(words) == 2 and words[0] == "hostname"), address.host)
    return Address(host.lower(), address.path)
