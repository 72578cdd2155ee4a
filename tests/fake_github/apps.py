"""The GitHub App of the fake GitHub: who it is, where it is installed, and the tokens that it is granted."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import jwt

from descriptions import Description
from fake_github.replies import GRANTED, Reply, bad_credentials, forbidden, missing

if TYPE_CHECKING:
    from fake_github.repository import Repository

APP_ID = "4711"
# GitHub takes no longer one, and none that begins later than now.
_LONGEST = 600


class Apps:
    """What GitHub knows of one App."""

    description: Description
    repositories: "dict[str, Repository]"
    tokens: set[str]

    def __init__(self) -> None:
        # The public half of the App's key.
        self.app_key = ""
        self.clock: Callable[[], datetime] = lambda: datetime.now(UTC)
        self.expires_at = "2099-01-01T00:00:00Z"
        # By installation: the names of its repositories; all of them where it is `None`.
        self.installations: dict[int, list[str] | None] = {77: None}
        self.suspended: set[int] = set()
        self.granted: dict[str, int] = {}

    def listed(self, asked: dict[str, str], items: list[Any], key: str = "") -> Reply:
        """One page of a list."""
        raise NotImplementedError

    def refused_app(self, token: str) -> Reply | None:
        """What is answered to a JSON Web Token that is not right."""
        options = {"verify_exp": False, "verify_iat": False}
        try:
            said = jwt.decode(token, self.app_key, algorithms=["RS256"], issuer=APP_ID, options=options)
        except jwt.PyJWTError:
            return bad_credentials()
        now = self.clock().timestamp()
        if said["iat"] > now or not now < said["exp"] <= now + _LONGEST:
            return bad_credentials()
        return None

    def authenticated(self, _names: dict[str, str], _asked: dict[str, str], _told: Any) -> Reply:
        return Reply(200, self.description.example("integration") | {"id": int(APP_ID), "slug": "our-sessions"})

    def installation(self, _names: dict[str, str], _asked: dict[str, str], _told: Any) -> Reply:
        return Reply(200, self._installation(77))

    def get_installation(self, names: dict[str, str], _asked: dict[str, str], _told: Any) -> Reply:
        number = int(names["installation_id"])
        return Reply(200, self._installation(number)) if number in self.installations else missing()

    def list_installations(self, _names: dict[str, str], asked: dict[str, str], _told: Any) -> Reply:
        return self.listed(asked, [self._installation(number) for number in self.installations])

    def _installation(self, number: int) -> dict[str, Any]:
        suspended = {"suspended_at": "2025-11-22T10:00:00Z"} if number in self.suspended else {}
        return self.description.example("installation") | {"id": number} | suspended

    def access_token(self, names: dict[str, str], _asked: dict[str, str], told: Any) -> Reply:
        number = int(names["installation_id"])
        if number not in self.installations:
            return missing()
        if number in self.suspended:
            return forbidden("This installation has been suspended")
        if told == {"repositories": ["shop"]}:
            return Reply(201, {"token": GRANTED, "expires_at": self.expires_at})
        if told:
            return missing()
        token = f"ghs_of-installation-{number}-{len(self.granted) + 1}"
        self.granted[token] = number
        self.tokens.add(token)
        return Reply(201, {"token": token, "expires_at": self.expires_at})

    def revoke(self) -> None:
        """All tokens of installations end."""
        self.tokens -= set(self.granted)


ANSWERS: Mapping[str, str] = {
    "apps/get-authenticated": "authenticated",
    "apps/get-repo-installation": "installation",
    "apps/get-installation": "get_installation",
    "apps/list-installations": "list_installations",
    "apps/create-installation-access-token": "access_token",
}
