"""Where a repository and a pull request live: told from the addresses of remotes and of pull requests."""

import re
from collections.abc import Iterator

from msgspec import Struct

_HOST = r"(?P<host>[A-Za-z0-9.-]{1,253})"
_PATH = r"(?P<path>[A-Za-z0-9_.-]{1,100}(?:/[A-Za-z0-9_.-]{1,100}){1,20})"
_AS_URL = re.compile(rf"(?:https?|ssh|git)://(?:[^@/\s]*@)?{_HOST}(?::[0-9]+)?/+{_PATH}/*", re.ASCII)
# One letter is a drive of Windows, and what stands before `://` is no host.
_AS_SCP = re.compile(rf"(?:[^@/:\s]*@)?(?!.:){_HOST}:(?!//)/?{_PATH}/*", re.ASCII)
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
        """The same for all spellings: forges do not tell case apart."""
        return self.host, self.path.lower()

    @property
    def owner(self) -> str:
        """Whose it is."""
        return self.path.partition("/")[0]


class PullRequestAddress(Struct, frozen=True):
    """A pull request on a forge."""

    repository: Address
    number: str
    url: str

    @property
    def name(self) -> str:
        """As it is kept where no remote leads to its repository: `owner/name#digits`."""
        return f"{self.repository.path}#{self.number}"


def remote_address(url: str) -> Address | None:
    """The repository that a remote's address names; `None` for a folder or anything else."""
    found = _AS_URL.fullmatch(url) or _AS_SCP.fullmatch(url)
    if not found:
        return None
    host = found["host"].lower()
    return Address(_SSH_ONLY.get(host, host), found["path"].removesuffix(".git"))


def pull_request_addresses(text: str) -> Iterator[PullRequestAddress]:
    """Every pull request whose address stands in a text."""
    for found in _PULL_REQUEST.finditer(text):
        repository = Address(found["host"].lower(), found["path"].removesuffix("/-"))
        yield PullRequestAddress(repository, str(int(found["number"])), found[0])
