"""One repository on GitHub's REST interface, and the account that it is asked as."""

from collections.abc import Mapping

from gidgethub import sansio

from pr_sessions.errors import ForgeFailed
from pr_sessions.forges.base import RUNNER
from pr_sessions.forges.github.access import AppKey, Credential
from pr_sessions.forges.github.authority import Authority
from pr_sessions.forges.github.grants import RepositoryGrant
from pr_sessions.forges.github.rest import PER_PAGE, RAW, Rest, shown
from pr_sessions.forges.github.transport import Transport


class Api(Rest):
    """Requests for one repository. Every method raises `ForgeFailed` if GitHub refuses or cannot be reached.

    Attributes:
        path: of the repository, such as `/repos/ada/shop`.
    """

    def __init__(self, transport: Transport, repository: str, credential: Credential | Authority | None) -> None:
        if isinstance(credential, AppKey):
            credential = RepositoryGrant(credential, self, transport.clock)
        super().__init__(transport, credential)
        self.repository = repository
        self.path = f"/repos/{repository}"

    @property
    def app(self) -> str:
        """Return the name of the App that check runs are written as; an App's key knows it after the first request."""
        return self.authority.app if self.authority else RUNNER

    async def file_data(self, url: str, names: Mapping[str, str]) -> bytes:
        """Return the bytes of a file.

        Args:
            url: a template.
            names: for the template.

        Raises:
            ForgeFailed: also where GitHub has a folder and no file.
        """
        filled = sansio.format_url(url, names, base_url=self.base_url)
        _, headers, body = await self._request("GET", filled, sansio.create_headers(self.requester, accept=RAW))
        if headers.get("content-type", "").startswith("application/json"):
            raise ForgeFailed(f"GitHub has a folder or a link where a file was asked for ({shown(filled)})")
        return body

    def address(self, url: str, **names: str) -> str:
        """Return the address for a template below the repository's path, with pages of a hundred."""
        return sansio.format_url(self.path + url, {"per_page": str(PER_PAGE), **names}, base_url=self.base_url)
