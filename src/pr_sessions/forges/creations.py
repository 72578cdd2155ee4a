"""Who opened a pull request, when and from which branch, asked with the user's own `gh` or `glab`."""

from datetime import datetime
from urllib.parse import quote

from msgspec import Struct

from pr_sessions.core.urls import PullRequestAddress, pull_request_addresses
from pr_sessions.forges.base import ForgeTool
from pr_sessions.forges.gh_and_glab import GitHub, GitLab
from pr_sessions.forges.tool import ToolFailed, call_tool, decode_output

SECONDS = 20.0  # Nobody waits for the answer.
_LISTED = "url,createdAt,headRefName,author,headRepositoryOwner"
_LOGGED_OUT = ("auth login", "401", "unauthenticated")


class Creation(Struct, frozen=True):
    """Who opened a pull request, when, and from which branch.

    Attributes:
        author: the login.
    """

    address: PullRequestAddress
    branch: str
    created: datetime
    author: str = ""


class _User(Struct):
    login: str = ""
    username: str = ""


class _Listed(Struct):
    url: str
    createdAt: datetime  # noqa: N815 - gh's own name
    headRefName: str = ""  # noqa: N815 - gh's own name
    author: _User | None = None
    headRepositoryOwner: _User | None = None  # noqa: N815 - gh's own name


class _Head(Struct):
    ref: str = ""


class _Shown(Struct):
    """As GitHub's API and GitLab's write it."""

    created_at: datetime
    html_url: str = ""
    web_url: str = ""
    head: _Head | None = None
    source_branch: str = ""
    user: _User | None = None
    author: _User | None = None


def login(forge: ForgeTool) -> str:
    """Return the login of the tool's user. Raises `ToolFailed`, as all of these do."""
    user = decode_output(_api(forge, "user"), _User, forge.tool)
    return user.login or user.username


def creation(forge: ForgeTool, number: str) -> Creation | None:
    """Return who opened a pull request of the forge's repository; `None` if there is none."""
    try:
        return _of_api(decode_output(_api(forge, f"{_place(forge)}/{number}"), _Shown, forge.tool))
    except ToolFailed as error:
        if "404" in str(error):
            return None
        raise


def creations(forge: ForgeTool, branch: str) -> tuple[Creation, ...]:
    """Return who opened the latest pull requests of a branch of the forge's repository, open or not."""
    if isinstance(forge, GitHub):
        # `gh` knows which repository takes the pull requests of a fork.
        words = ("pr", "list", "--head", branch, "--state", "all", "--limit", "30", "--json", _LISTED)
        listed = decode_output(_call(forge, *words), list[_Listed], forge.tool)
        owners = ("", forge.repository.owner.lower())
        of_owner = [pr for pr in listed if _name(pr.headRepositoryOwner).lower() in owners]
        candidates = [_creation(pr.url, pr.headRefName, pr.createdAt, pr.author) for pr in of_owner]
    else:
        printed = _api(forge, f"{_place(forge)}?state=all&source_branch={quote(branch, safe='')}")
        candidates = list(map(_of_api, decode_output(printed, list[_Shown], forge.tool)))
    return tuple(filter(None, candidates))


def _place(forge: ForgeTool) -> str:
    if isinstance(forge, GitHub):
        return f"repos/{forge.repository.path}/pulls"
    path = forge.repository.path if isinstance(forge, GitLab) else ""
    return f"projects/{quote(path, safe='')}/merge_requests"


def _api(forge: ForgeTool, where: str) -> str:
    host = forge.repository.host if isinstance(forge, GitHub | GitLab) else ""
    return _call(forge, "api", "--hostname", host, where)


def _call(forge: ForgeTool, *words: str) -> str:
    if not isinstance(forge, GitHub | GitLab):
        raise ToolFailed(f"{forge.tool} cannot be asked")
    output = call_tool(forge.root, forge.tool, *words, seconds=SECONDS)
    if output.status and any(text in output.reason for text in _LOGGED_OUT):
        host = forge.repository.host
        raise ToolFailed(f"{forge.tool} is not logged in to {host}", f"{forge.tool} auth login --hostname {host}")
    if output.status:
        raise ToolFailed(f"{forge.tool} failed: {output.reason}")
    return output.out


def _of_api(shown: _Shown) -> Creation | None:
    branch = shown.head.ref if shown.head else shown.source_branch
    return _creation(shown.html_url or shown.web_url, branch, shown.created_at, shown.user or shown.author)


def _creation(url: str, branch: str, created: datetime, author: _User | None) -> Creation | None:
    address = next(iter(pull_request_addresses(url)), None)
    return Creation(address, branch, created, _name(author)) if address else None


def _name(user: _User | None) -> str:
    return (user.login or user.username) if user else ""
