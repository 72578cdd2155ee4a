"""GitLab through `glab api`, which knows its user's login and hosts, and takes everything by standard input."""

from pathlib import Path
from urllib.parse import quote

import msgspec
from msgspec import Struct

from pr_sessions.forges.answers import decoded, no_address
from pr_sessions.forges.pull_requests import Opened, Proposal
from pr_sessions.forges.tool import ToolFailed, call_tool
from pr_sessions.sessions.address import Address, pull_request_addresses
from pr_sessions.sessions.ids import clean

_AS_JSON = ("--header", "Content-Type: application/json", "--input", "-")
_LOGGED_OUT = ("401 Unauthorized", "HTTP 401", "auth login", "unauthenticated")


class _User(Struct):
    username: str = ""


class _MergeRequest(Struct):
    web_url: str
    title: str = ""
    description: str | None = None
    target_branch: str = ""
    author: _User | None = None
    draft: bool = False


class GitLab(Struct, frozen=True):
    """One project on GitLab, from and into which merge requests go.

    Attributes:
        root: the working tree in which `glab` runs.
    """

    root: Path
    repository: Address

    @property
    def tool(self) -> str:
        """The program's name."""
        return "glab"

    def find(self, branch: str, base: str | None) -> Opened | None:
        """The open merge request of a branch."""
        into = f"&target_branch={quote(base, safe='')}" if base else ""
        query = f"?state=opened&source_branch={quote(branch, safe='')}{into}"
        listed = decoded(self._api(query), list[_MergeRequest], self.tool)
        return _opened(listed[0]) if listed else None

    def open(self, proposal: Proposal) -> Opened:
        """Opens a merge request; a draft is one by its title."""
        told = {
            "source_branch": proposal.branch,
            "target_branch": proposal.base,
            "title": f"Draft: {proposal.title}" if proposal.draft else proposal.title,
            "description": proposal.body,
        }
        printed = self._api("", "--method", "POST", *_AS_JSON, text=msgspec.json.encode(told).decode())
        return _opened(decoded(printed, _MergeRequest, self.tool))

    def body(self, number: str) -> str:
        """The description of a merge request of this project."""
        return decoded(self._api(f"/{number}"), _MergeRequest, self.tool).description or ""

    def set_body(self, number: str, body: str) -> None:
        """Replaces it."""
        text = msgspec.json.encode({"description": body}).decode()
        self._api(f"/{number}", "--method", "PUT", *_AS_JSON, text=text)

    def _api(self, rest: str, *arguments: str, text: str = "") -> str:
        host, project = self.repository.host, quote(self.repository.path, safe="")
        where = f"projects/{project}/merge_requests{rest}"
        said = call_tool(self.root, self.tool, "api", "--hostname", host, *arguments, where, text=text)
        if said.status and any(word in said.reason for word in _LOGGED_OUT):
            raise ToolFailed(f"glab is not logged in to {host}", f"glab auth login --hostname {host}")
        if said.status:
            # The forge's own words are what it printed; the error may be a number only.
            told = f"; {said.out}" if said.err.strip() and said.out.strip() else ""
            raise ToolFailed(f"glab failed: {clean(said.reason + told, 300)}")
        return said.out


def _opened(told: _MergeRequest) -> Opened:
    address = next(iter(pull_request_addresses(told.web_url)), None)
    if address is None:
        raise no_address("glab")
    author = told.author.username if told.author else ""
    return Opened(address, told.title, told.description or "", told.target_branch, author, told.draft)
