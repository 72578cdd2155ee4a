"""What GitHub delivers, checked in a fixed order, before anything of it is stored.

https://docs.github.com/en/webhooks/webhook-events-and-payloads#delivery-headers
"""

import hmac
import re
from collections.abc import Mapping
from datetime import datetime

from msgspec import DecodeError, Struct, json

from pr_sessions.forges.github.access import Secret
from pr_sessions.io.files import MIB

# GitHub sends nothing larger.
MOST = 25 * MIB
# Those that change something here: https://docs.github.com/en/webhooks/webhook-events-and-payloads
EVENTS = frozenset(
    {
        "check_run",
        "check_suite",
        "installation",
        "installation_repositories",
        "installation_target",
        "issue_comment",
        "issues",
        "merge_group",
        "meta",
        "pull_request",
        "pull_request_review",
        "push",
        "repository",
    }
)
PING = "ping"
_GUID = re.compile(r"[A-Za-z0-9-]{1,100}", re.ASCII)
_HOOK = re.compile(r"[0-9]{1,20}", re.ASCII)
_WORD = re.compile(r"[a-z_]{1,60}", re.ASCII)
_LARGEST_ID = 2**63 - 1


class Rejected(Exception):
    """A delivery that is answered with an error.

    Attributes:
        status: of the answer.
        hint: what its sender can do.
    """

    def __init__(self, status: int, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.hint = hint


class Delivery(Struct, frozen=True, kw_only=True):
    """A delivery that can be stored.

    Attributes:
        hook: GitHub's number of the hook.
        guid: GitHub's id of the delivery, the same when it is repeated.
        mailbox: deliveries of the same one are handled in their order.
        body: as GitHub sent it.
    """

    hook: str
    guid: str
    event: str
    action: str
    mailbox: str
    received_at: datetime
    body: bytes


class _Numbered(Struct):
    id: int = 0


class _Envelope(Struct):
    """What of a payload says where it belongs."""

    action: str | None = None
    repository: _Numbered | None = None
    installation: _Numbered | None = None


_READ = json.Decoder(_Envelope).decode


def check_signature(headers: Mapping[bytes, bytes], body: bytes, secret: Secret) -> None:
    """Refuse a body that GitHub did not sign with our secret.

    https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries

    Raises:
        Rejected: 401.
    """
    expected = "sha256=" + hmac.digest(secret.reveal().encode(), body, "sha256").hex()
    if not hmac.compare_digest(expected.encode(), headers.get(b"x-hub-signature-256", b"")):
        raise Rejected(401, "the signature of this delivery is not ours", "check the webhook secret on both sides")


def read_delivery(headers: Mapping[bytes, bytes], body: bytes, now: datetime) -> Delivery | None:
    """Return the delivery of a request whose signature was checked; `None` for an event that is not looked at.

    Raises:
        Rejected: 400, the headers or the body cannot be used.
    """
    event = _text(headers, b"x-github-event")
    if not _WORD.fullmatch(event):
        raise Rejected(400, "the header X-GitHub-Event names no event")
    if event not in EVENTS:
        return None
    guid, hook = _text(headers, b"x-github-delivery"), _text(headers, b"x-github-hook-id") or "0"
    if not _GUID.fullmatch(guid):
        raise Rejected(400, "the header X-GitHub-Delivery holds no id")
    if not _HOOK.fullmatch(hook):
        raise Rejected(400, "the header X-GitHub-Hook-ID holds no number")
    return delivery_of(hook, guid, event, body, now)


def _text(headers: Mapping[bytes, bytes], name: bytes) -> str:
    return headers.get(name, b"").decode("latin-1")


def delivery_of(hook: str, guid: str, event: str, body: bytes, now: datetime) -> Delivery:
    """Return the delivery of a body, also of one that was fetched later.

    Raises:
        Rejected: 400, the body cannot be used.
    """
    try:
        # Only what it names is kept of it. How deeply the rest is nested is looked at when it is handled.
        envelope = _READ(body)
    except (DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise Rejected(400, f"the body is no JSON that can be used: {error}"[:200], _HINT) from None
    action = envelope.action or ""
    return Delivery(
        hook=hook,
        guid=guid,
        event=event,
        action=action if _WORD.fullmatch(action) else "",
        mailbox=_mailbox(event, envelope),
        received_at=now,
        body=body,
    )


_HINT = "set the content type of the webhook to application/json"


def _mailbox(event: str, envelope: _Envelope) -> str:
    repository, installation = (each.id if each else 0 for each in (envelope.repository, envelope.installation))
    # Which repositories an installation has is settled in the order of its events.
    if event.startswith("installation") and 0 < installation <= _LARGEST_ID:
        return f"installation:{installation}"
    if 0 < repository <= _LARGEST_ID:
        return f"repository:{repository}"
    if 0 < installation <= _LARGEST_ID:
        return f"installation:{installation}"
    if event == "meta":
        return "installation:0"
    raise Rejected(400, "the body names neither a repository nor an installation")
