"""GitHub through `gh`, GitLab through `glab`, and which of them a repository needs.

They know their user's login and hosts, and `gh` knows forks. `glab api` takes everything by standard input.
"""

from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec
from msgspec import Struct

from pr_sessions.core.ids import clean
from pr_sessions.core.urls import Address, pull_request_addresses
from pr_sessions.errors import NotFound
from pr_sessions.forges.base import ForgeTool, OpenedPullRequest, Proposal
from pr_sessions.forges.tool import MANUALLY, ToolFailed, ToolOutput, call_tool, decode_output, no_address
from pr_sessions.git.remotes import forge_by_name, push_addresses
from pr_sessions.io.programs import find_program

_FIELDS = "url,title,body,baseRefName,author,headRepositoryOwner,isDraft"
# "If a command requires authentication, the exit code will be 4": gh help exit-codes.
_NOT_LOGGED_IN = 4


class _GitHubUser(Struct):
    login: str = ""


class _Listed(Struct):
    url: str
    title: str = ""
    body: str | None = None
    baseRefName: str = ""  # noqa: N815 - gh's own name
    author: _GitHubUser | None = None
    headRepositoryOwner: _GitHubUser | None = None  # noqa: N815 - gh's own name
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
        """Return the program's name."""
        return "gh"

    def find(self, branch: str, base: str | None) -> OpenedPullRequest | None:
        """Return the open pull request of a branch of this repository."""
        into = ("--base", base) if base else ()
        output = self._call(
            "pr", "list", "--head", branch, *into, "--state", "open", "--limit", "30", "--json", _FIELDS
        )
        listed = decode_output(output.out, list[_Listed], self.tool)
        owners = ("", self.repository.owner.lower())
        pr = next((pr for pr in listed if _login(pr.headRepositoryOwner).lower() in owners), None)
        if pr is None:
            return None
        address = next(iter(pull_request_addresses(pr.url)), None)
        if address is None:
            raise no_address(self.tool)
        return OpenedPullRequest(address, pr.title, pr.body or "", pr.baseRefName, _login(pr.author), pr.isDraft)

    def open(self, proposal: Proposal) -> OpenedPullRequest:
        """Open a pull request; the body goes to standard input."""
        head = f"{self.repository.owner}:{proposal.branch}" if self.is_fork else proposal.branch
        options = ("--title", proposal.title, "--body-file", "-", "--base", proposal.base, "--head", head)
        draft = ("--draft",) if proposal.draft else ()
        output = call_tool(self.root, self.tool, "pr", "create", *options, *draft, text=proposal.body)
        # It prints the address as soon as there is one, also where a later step fails.
        address = next(iter(pull_request_addresses(output.out)), None)
        if address is None:
            self._check(output)
            raise no_address(self.tool)
        return OpenedPullRequest(address, proposal.title, proposal.body, proposal.base, draft=proposal.draft)

    def body(self, number: str) -> str:
        """Return the body of a pull request of this repository."""
        record = decode_output(self._api(number).out, dict[str, Any], self.tool)
        body = record.get("body")
        return body if isinstance(body, str) else ""

    def set_body(self, number: str, body: str) -> None:
        """Replace the body, by REST: `gh pr edit` of older versions needs a part of GitHub that is gone."""
        text = msgspec.json.encode({"body": body}).decode()
        self._api(number, "--method", "PATCH", "--input", "-", text=text)

    def _api(self, number: str, *arguments: str, text: str = "") -> ToolOutput:
        address = ("--hostname", self.repository.host, f"repos/{self.repository.path}/pulls/{number}")
        return self._call("api", *address, *arguments, text=text)

    def _call(self, *arguments: str, text: str = "") -> ToolOutput:
        output = call_tool(self.root, self.tool, *arguments, text=text)
        self._check(output)
        return output

    def _check(self, output: ToolOutput) -> None:
        if output.status == _NOT_LOGGED_IN:
            host = self.repository.host
            raise ToolFailed(f"gh is not logged in to {host}", f"gh auth login --hostname {host}")
        if output.status:
            raise ToolFailed(f"gh failed: {output.reason}")


def _login(user: _GitHubUser | None) -> str:
    return user.login if user else ""


# So many merge requests with long descriptions stay below what is read of a tool.
PAGE = 50
_AS_JSON = ("--header", "Content-Type: application/json", "--input", "-")
_LOGGED_OUT = ("401 Unauthorized", "HTTP 401", "auth login", "unauthenticated")


class _GitLabUser(Struct):
    username: str = ""


class _MergeRequest(Struct):
    web_url: str
    title: str = ""
    description: str | None = None
    target_branch: str = ""
    author: _GitLabUser | None = None
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
        """Return the program's name."""
        return "glab"

    def find(self, branch: str, base: str | None) -> OpenedPullRequest | None:
        """Return the open merge request of a branch."""
        into = f"&target_branch={quote(base, safe='')}" if base else ""
        query = f"?state=opened&source_branch={quote(branch, safe='')}{into}"
        listed = decode_output(self._api(query), list[_MergeRequest], self.tool)
        return _opened(listed[0]) if listed else None

    def open(self, proposal: Proposal) -> OpenedPullRequest:
        """Open a merge request; a draft is one by its title."""
        values = {
            "source_branch": proposal.branch,
            "target_branch": proposal.base,
            "title": f"Draft: {proposal.title}" if proposal.draft else proposal.title,
            "description": proposal.body,
        }
        printed = self._api("", "--method", "POST", *_AS_JSON, text=msgspec.json.encode(values).decode())
        return _opened(decode_output(printed, _MergeRequest, self.tool))

    def body(self, number: str) -> str:
        """Return the description of a merge request of this project."""
        return decode_output(self._api(f"/{number}"), _MergeRequest, self.tool).description or ""

    def set_body(self, number: str, body: str) -> None:
        """Replace the description."""
        text = msgspec.json.encode({"description": body}).decode()
        self._api(f"/{number}", "--method", "PUT", *_AS_JSON, text=text)

    def past(self, since: datetime | None, page: int) -> str:
        """Return a page of all merge requests in the order of opening, as GitLab's API writes them.

        Args:
            since: leave out what was opened earlier.
            page: which one, counted from 1; each has up to `PAGE`.
        """
        opened = f"&created_after={quote(since.isoformat(), safe='')}" if since else ""
        return self._api(f"?state=all&scope=all&order_by=created_at&sort=asc&per_page={PAGE}&page={page}{opened}")

    def _api(self, rest: str, *arguments: str, text: str = "") -> str:
        host, project = self.repository.host, quote(self.repository.path, safe="")
        where = f"projects/{project}/merge_requests{rest}"
        output = call_tool(self.root, self.tool, "api", "--hostname", host, *arguments, where, text=text)
        if output.status and any(word in output.reason for word in _LOGGED_OUT):
            raise ToolFailed(f"glab is not logged in to {host}", f"glab auth login --hostname {host}")
        if output.status:
            # The forge's own message is what it printed; the error may be a number only.
            message = f"; {output.out}" if output.err.strip() and output.out.strip() else ""
            raise ToolFailed(f"glab failed: {clean(output.reason + message, 300)}")
        return output.out


def _opened(merge_request: _MergeRequest) -> OpenedPullRequest:
    address = next(iter(pull_request_addresses(merge_request.web_url)), None)
    if address is None:
        raise no_address("glab")
    return OpenedPullRequest(
        address,
        merge_request.title,
        merge_request.description or "",
        merge_request.target_branch,
        merge_request.author.username if merge_request.author else "",
        merge_request.draft,
    )


def forge_at(root: Path, remote: str) -> ForgeTool:
    """Return the forge of a remote, with the tool for it.

    Raises:
        NotFound: the remote leads to no forge.
        ToolFailed: neither its name nor a login says which forge it is.
    """
    known = push_addresses(root)
    if remote not in known:
        raise NotFound(f"the remote {clean(remote, 60)} leads to no forge", f"let it lead to one, {MANUALLY}")
    return forge_of(root, known[remote], is_fork=len({each.key for each in known.values()}) > 1)


def forge_of(root: Path, repository: Address, *, is_fork: bool = False) -> ForgeTool:
    """Return the forge of a repository, by its host's name, else by the logins of `gh` and `glab`.

    Raises:
        ToolFailed: neither its name nor a login says which forge it is.
    """
    host = repository.host
    name = forge_by_name(host)
    if name == "github" or (name is None and _is_logged_in(root, "gh", host)):
        return GitHub(root, repository, is_fork)
    if name == "gitlab" or _is_logged_in(root, "glab", host):
        return GitLab(root, repository)
    raise ToolFailed(
        f"neither gh nor glab is logged in to {host}",
        f"gh auth login --hostname {host}, or glab auth login --hostname {host}; {MANUALLY}",
    )


def _is_logged_in(root: Path, tool: str, host: str) -> bool:
    return find_program(tool) is not None and call_tool(root, tool, "auth", "status", "--hostname", host).status == 0
