"""GitHub through `gh`, which knows its user's login, hosts and forks."""

from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from pr_sessions.forges.answers import decoded, no_address
from pr_sessions.forges.pull_requests import Opened, Proposal
from pr_sessions.forges.tool import Said, ToolFailed, call_tool
from pr_sessions.sessions.address import Address, pull_request_addresses

_FIELDS = "url,title,body,baseRefName,author,headRepositoryOwner,isDraft"
# "If a command requires authentication, the exit code will be 4": gh help exit-codes.
_NOT_LOGGED_IN = 4


class _User(Struct):
    login: str = ""


class _Listed(Struct):
    url: str
    title: str = ""
    body: str | None = None
    baseRefName: str = ""  # noqa: N815 - gh's own name
    author: _User | None = None
    headRepositoryOwner: _User | None = None  # noqa: N815 - gh's own name
    isDraft: bool = False  # noqa: N815 - gh's own name


class GitHub(Struct, frozen=True):
    """One repository on GitHub.

    Attributes:
        root: the working tree in which `gh` runs.
        repository: to which branches are pushed; `gh` knows which one takes the pull requests.
        is_fork: whether that may be another one.
    """

    root: Path
    repository: Address
    is_fork: bool = False

    @property
    def tool(self) -> str:
        """The program's name."""
        return "gh"

    def find(self, branch: str, base: str | None) -> Opened | None:
        """The open pull request of a branch that this repository holds."""
        into = ("--base", base) if base else ()
        said = self._call("pr", "list", "--head", branch, *into, "--state", "open", "--limit", "30", "--json", _FIELDS)
        listed = decoded(said.out, list[_Listed], self.tool)
        mine = (pr for pr in listed if _login(pr.headRepositoryOwner).lower() in ("", self.repository.owner.lower()))
        return next((_opened(pr) for pr in mine), None)

    def open(self, proposal: Proposal) -> Opened:
        """Opens a pull request; the body travels by standard input."""
        head = f"{self.repository.owner}:{proposal.branch}" if self.is_fork else proposal.branch
        told = ("--title", proposal.title, "--body-file", "-", "--base", proposal.base, "--head", head)
        draft = ("--draft",) if proposal.draft else ()
        arguments = ("pr", "create", *told, *draft)
        said = call_tool(self.root, self.tool, *arguments, text=proposal.body)
        # It prints the address as soon as there is one, also where a later step fails.
        address = next(iter(pull_request_addresses(said.out)), None)
        if address is None:
            self._check(said)
            raise no_address(self.tool)
        return Opened(address, proposal.title, proposal.body, proposal.base, draft=proposal.draft)

    def body(self, number: str) -> str:
        """The body of a pull request of this repository."""
        record = decoded(self._api(number).out, dict[str, Any], self.tool)
        body = record.get("body")
        return body if isinstance(body, str) else ""

    def set_body(self, number: str, body: str) -> None:
        """Replaces it, by the REST interface: `gh pr edit` of older versions fails at a part of GitHub that is gone."""
        text = msgspec.json.encode({"body": body}).decode()
        self._api(number, "--method", "PATCH", "--input", "-", text=text)

    def _api(self, number: str, *arguments: str, text: str = "") -> Said:
        where = ("--hostname", self.repository.host, f"repos/{self.repository.path}/pulls/{number}")
        return self._call("api", *where, *arguments, text=text)

    def _call(self, *arguments: str, text: str = "") -> Said:
        said = call_tool(self.root, self.tool, *arguments, text=text)
        self._check(said)
        return said

    def _check(self, said: Said) -> None:
        if said.status == _NOT_LOGGED_IN:
            host = self.repository.host
            raise ToolFailed(f"gh is not logged in to {host}", f"gh auth login --hostname {host}")
        if said.status:
            raise ToolFailed(f"gh failed: {said.reason}")


def _opened(listed: _Listed) -> Opened:
    address = next(iter(pull_request_addresses(listed.url)), None)
    if address is None:
        raise no_address("gh")
    return Opened(address, listed.title, listed.body or "", listed.baseRefName, _login(listed.author), listed.isDraft)


def _login(user: _User | None) -> str:
    return user.login if user else ""
