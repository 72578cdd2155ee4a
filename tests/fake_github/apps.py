"""The GitHub App of the fake GitHub: who it is, where it is installed, and the tokens that it is granted."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlencode

import jwt
import msgspec

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
        # The newest first, as the list has them, each with its body.
        self.delivered: list[dict[str, Any]] = []
        # By the code that stands for it, a manifest that somebody agreed to.
        self.manifests: dict[str, dict[str, Any]] = {}
        self.app_pem = ""

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
        rows = [self._installation(number, "base-installation") for number in self.installations]
        for row in rows:
            # The description has an account that is a person and an enterprise at once.
            at = {"created_at": row["created_at"], "updated_at": row["created_at"]}
            row["account"] |= {"name": "Octocat", "slug": "octocat", **at}
        return self.listed(asked, rows)

    def _installation(self, number: int, example: str = "installation") -> dict[str, Any]:
        suspended = {"suspended_at": "2025-11-22T10:00:00Z"} if number in self.suspended else {}
        return self.description.example(example) | {"id": number} | suspended

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

    def deliver(self, guid: str, event: str, at: str, payload: dict[str, Any], *, failed: bool = True) -> None:
        """Something happened that was sent to the App's hook."""
        example = self.description.example("hook-delivery")
        status = {"status": "failed to connect", "status_code": 502} if failed else {}
        row = example | {"id": 1000 + len(self.delivered), "guid": guid, "event": event, "delivered_at": at} | status
        row |= {"action": payload.get("action"), "redelivery": False}
        row["request"] = {"headers": {"X-GitHub-Hook-ID": "42", "X-GitHub-Event": event}, "payload": payload}
        self.delivered.insert(0, row)

    def list_deliveries(self, _names: dict[str, str], asked: dict[str, str], _told: Any) -> Reply:
        size, start = int(asked.get("per_page", 30)), int(asked.get("cursor", 0))
        shown = self.delivered[start : start + size]
        rows = [{name: row[name] for name in row.keys() - {"request", "response", "url"}} for row in shown]
        following = start + size
        links = {"next": {"cursor": following}} if following < len(self.delivered) else {}
        return Reply(200, rows, {"x-links": msgspec.json.encode(links).decode()})

    def get_delivery(self, names: dict[str, str], _asked: dict[str, str], _told: Any) -> Reply:
        number = int(names["delivery_id"])
        row = next((row for row in self.delivered if row["id"] == number), None)
        return Reply(200, row) if row else missing()

    def list_installation_repositories(self, token: str, asked: dict[str, str]) -> Reply:
        names = self.installations.get(self.granted.get(token, 0), [])
        wanted = [r for name, r in self.repositories.items() if names is None or name in names]
        rows = [self._row(repository) for repository in wanted if not repository.is_hidden]
        return self.listed(asked, rows, "repositories")

    def _row(self, repository: "Repository") -> dict[str, Any]:
        row = self.description.example("repository-paginated")["repositories"][0]
        owner, _, name = repository.repository.partition("/")
        row["owner"] |= {"login": owner}
        return row | {"id": repository.id, "name": name, "full_name": repository.repository, "private": True}

    def accept_manifest(self, path: str, query: str, body: bytes) -> Reply:
        """Somebody agrees to the page that a manifest is posted to: GitHub leads back, with a code."""
        form = {name: values[0] for name, values in parse_qs(body.decode()).items()}
        manifest = msgspec.json.decode(form["manifest"])
        code = f"code-{len(self.manifests) + 1}"
        self.manifests[code] = manifest | {"posted_to": path}
        state = parse_qs(query)["state"][0]
        location = f"{manifest['redirect_url']}?{urlencode({'code': code, 'state': state})}"
        return Reply(302, None, {"location": location})

    def convert(self, names: dict[str, str], _asked: dict[str, str], _told: Any) -> Reply:
        manifest = self.manifests.pop(names["code"], None)
        if manifest is None:
            return missing()
        example = self.description.example("integration-from-manifest")
        asked = {"permissions": manifest["default_permissions"], "events": manifest["default_events"]}
        return Reply(201, example | {"id": int(APP_ID), "name": manifest["name"], "pem": self.app_pem} | asked)

    def revoke(self) -> None:
        """All tokens of installations end."""
        self.tokens -= set(self.granted)


ANSWERS: Mapping[str, str] = {
    "apps/get-authenticated": "authenticated",
    "apps/get-repo-installation": "installation",
    "apps/get-installation": "get_installation",
    "apps/list-installations": "list_installations",
    "apps/create-installation-access-token": "access_token",
    "apps/list-webhook-deliveries": "list_deliveries",
    "apps/get-webhook-delivery": "get_delivery",
}
