"""Where a repository and a pull request live, read from the URLs of remotes and of pull requests."""

import re
from collections.abc import Iterator

from msgspec import Struct

from pr_sessions.core.ids import check_number
from pr_sessions.errors import InvalidValue

# A host never starts with a hyphen: ssh would read it as an option.
_HOST = r"(?P<host>[A-Za-z0-9][A-Za-z0-9.-]{0,252})"
_USER = r"(?:(?P<user>[^@/:\s]*)(?::[^@/\s]*)?@)?"
_PATH = r"(?P<path>[A-Za-z0-9_.-]{1,100}(?:/[A-Za-z0-9_.-]{1,100}){1,20})"
_SCHEME = r"(?:https?|git|(?P<ssh>ssh|git\+ssh|ssh\+git))"
_AS_URL = re.compile(rf"{_SCHEME}://{_USER}{_HOST}(?::[0-9]+)?/+{_PATH}/*", re.ASCII | re.IGNORECASE)
# One letter is a drive of Windows, and what stands before `://` is no host.
_AS_SCP = re.compile(rf"(?P<ssh>)(?:(?P<user>[^@/:\s]*)@)?(?!.:){_HOST}:(?!//)/?{_PATH}/*", re.ASCII)
_SSH_USER = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}", re.ASCII)
_PULL_REQUEST = re.compile(
    rf"https?://{_HOST}(?::[0-9]+)?/{_PATH}/(?:pull|pulls|merge_requests)/(?P<number>[0-9]{{1,18}})(?![A-Za-z0-9])",
    re.ASCII,
)
# Both forges take ssh at the port of https under a name of its own.
_SSH_ONLY = {"ssh.github.com": "github.com", "altssh.gitlab.com": "gitlab.com"}


class Address(Struct, frozen=True):
    """A repository on a forge; the host in lower case, the path as it is written."""

    host: str
    path: str

    @property
    def key(self) -> tuple[str, str]:
        """Return the same key for all spellings: forges ignore case."""
        return self.host, self.path.lower()

    @property
    def owner(self) -> str:
        """Return its owner, the first part of the path."""
        return self.path.partition("/")[0]


class PullRequestAddress(Struct, frozen=True):
    """A pull request on a forge."""

    repository: Address
    number: str
    url: str

    @property
    def name(self) -> str:
        """Return its name where no remote leads to its repository: `owner/name#digits`."""
        return f"{self.repository.path}#{self.number}"

    def recorded(self, *, is_own: bool) -> str:
        """Return the id under which a clone records it: the number alone where the repository is the clone's own."""
        return self.number if is_own else self.name


def canonical_host(host: str) -> str:
    """Return the one spelling of a forge's host: lower case, without `www.`, `github.com` for `ssh.github.com`."""
    host = host.lower().removesuffix(".")
    host = _SSH_ONLY.get(host, host)
    shorter = host.removeprefix("www.")
    return shorter if "." in shorter else host


class PullRequestReference(Struct, frozen=True):
    """A pull request as a person names it.

    Attributes:
        digits: its number.
        path: of its repository, such as `owner/name`; empty in a bare number.
        host: of its forge; known only from a URL.
    """

    digits: str
    path: str = ""
    host: str = ""

    def recorded(self, *, is_own: bool) -> str:
        """Return the id under which a clone records it: the number alone where the repository is the clone's own."""
        return self.digits if is_own or not self.path else f"{self.path}#{self.digits}"


def read_reference(text: str) -> PullRequestReference:
    """Read `42`, `#42`, `!42`, `owner/name#42`, `owner/name!42` or the URL of a pull request.

    Raises:
        InvalidValue: it is none of these.
    """
    text = text.strip()
    url = _PULL_REQUEST.match(text)
    if url:
        path = url["path"].removesuffix("/-")
        return PullRequestReference(check_number(url["number"]), path, canonical_host(url["host"]))
    try:
        path, _, digits = check_number(text.replace("!", "#", 1)).rpartition("#")
    except InvalidValue:
        raise InvalidValue(
            f"not a pull request: {text[:60]!r}", "name it as 42, #42, !42, owner/name#42 or its URL"
        ) from None
    return PullRequestReference(digits, path)


def remote_address(url: str) -> Address | None:
    """Return the repository that a remote's URL names; `None` for a folder or anything else."""
    match = _AS_URL.fullmatch(url) or _AS_SCP.fullmatch(url)
    return Address(canonical_host(match["host"]), match["path"].removesuffix(".git")) if match else None


def ssh_destination(url: str) -> str:
    """Return what ssh connects to for a remote's URL, such as `git@work`; empty where the URL does not use ssh."""
    match = _AS_URL.fullmatch(url) or _AS_SCP.fullmatch(url)
    if not match or match["ssh"] is None:
        return ""
    user = match["user"] or ""
    return f"{user}@{match['host']}" if _SSH_USER.fullmatch(user) else match["host"]


def pull_request_addresses(text: str) -> Iterator[PullRequestAddress]:
    """Yield every pull request whose address stands in a text."""
    for match in _PULL_REQUEST.finditer(text):
        repository = Address(canonical_host(match["host"]), match["path"].removesuffix("/-"))
        yield PullRequestAddress(repository, str(int(match["number"])), match[0])
