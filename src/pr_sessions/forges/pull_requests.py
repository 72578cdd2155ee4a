"""What is told to a forge of a pull request, and what it tells."""

from typing import Protocol

from msgspec import Struct

from pr_sessions.sessions.address import PullRequestAddress


class Proposal(Struct, frozen=True):
    """A pull request that is to be opened."""

    branch: str
    base: str
    title: str
    body: str
    draft: bool = False


class Opened(Struct, frozen=True):
    """A pull request that is open.

    Attributes:
        author: its login; empty where the tool did not say.
    """

    address: PullRequestAddress
    title: str
    body: str
    base: str
    author: str = ""
    draft: bool = False


class Forge(Protocol):
    """One repository on a forge, through the tool of its users."""

    @property
    def tool(self) -> str:
        """The program's name."""

    def find(self, branch: str, base: str | None) -> Opened | None:
        """The open pull request of a branch, into that base if one is named.

        Raises:
            ToolFailed: the tool is missing, not logged in, or refused.
        """

    def open(self, proposal: Proposal) -> Opened:
        """Opens a pull request. Raises what `find` raises."""

    def body(self, number: str) -> str:
        """The body of a pull request of this repository. Raises what `find` raises."""

    def set_body(self, number: str, body: str) -> None:
        """Replaces it. Raises what `find` raises."""
