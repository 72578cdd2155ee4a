"""Deliveries as GitHub signs and sends them."""

import hmac
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from msgspec import json

SECRET = "a secret of the tests"


def signed(event: str, payload: Any, guid: str = "d-1", *, secret: str = SECRET) -> tuple[dict[str, str], bytes]:
    """Return headers and body of a delivery; a payload that is bytes is the body itself."""
    body = payload if isinstance(payload, bytes) else json.encode(payload)
    signature = hmac.new(secret.encode(), body, sha256).hexdigest()
    headers = {
        "content-type": "application/json",
        "x-github-event": event,
        "x-github-delivery": guid,
        "x-github-hook-id": "42",
        "x-hub-signature-256": f"sha256={signature}",
    }
    return headers, body


def about(number: int = 1, repository: int = 7, action: str = "opened", **pull_request: Any) -> Mapping[str, Any]:
    """Return the payload of an event about a pull request."""
    repo = {"id": repository, "full_name": "ada/shop", "private": False}
    return {
        "action": action,
        "repository": repo,
        "installation": {"id": 3},
        "sender": {"login": "ada", "id": 1, "type": "User"},
        "pull_request": {
            "number": number,
            "title": "auto-pr: fix",
            "body": "",
            "state": "open",
            "user": {"login": "ada", "id": 1, "type": "User"},
            "head": {"ref": f"work-{number}", "sha": f"{number:040x}", "repo": {"full_name": "ada/shop"}},
            "base": {"ref": "main", "repo": {"full_name": "ada/shop"}},
            "created_at": "2025-11-22T10:00:00Z",
            "updated_at": "2025-11-22T10:00:00Z",
            "closed_at": None,
            "merged_at": None,
            **pull_request,
        },
    }
