"""`POST /webhooks/github`: what GitHub delivers is acknowledged once it is stored.

It stands before the router and the frame, and does for its one address what both do for all: after an outage GitHub
sends thousands of deliveries at once.
"""

import asyncio
import time
from asyncio import to_thread
from collections.abc import Mapping
from functools import lru_cache

from litestar.types import ASGIApp, Receive, Scope, Send

from pr_sessions.errors import PrSessionsError
from pr_sessions.forges.github.access import Secret
from pr_sessions.io.files import MIB
from pr_sessions.server.frame.headers import fixed_headers
from pr_sessions.server.frame.limits import BODY_SECONDS
from pr_sessions.server.frame.logs import REQUEST_ID, log_failure, log_request, request_id_of
from pr_sessions.server.frame.origin import is_host_known, method_of
from pr_sessions.server.intake.delivery import MOST, PING, Delivery, Rejected, check_signature, read_delivery
from pr_sessions.server.intake.writer import DeliveryWriter
from pr_sessions.server.services import Services

PATHS = ("/webhooks/github", "/webhooks/github/")
# Checking and reading less takes under a millisecond, and a thread would cost as much.
_SMALL = MIB
_TOO_LARGE = Rejected(413, f"a delivery has at most {MOST // MIB} MiB")
_TEXT = (b"content-type", b"text/plain; charset=utf-8")


def with_deliveries(app: ASGIApp, services: Services) -> ASGIApp:
    """Return the application with the address that takes deliveries; a clone takes none.

    A delivery that is stored is a row of the database and a count, and no line of the log. What is refused has a line.
    """
    writer = services.deliveries
    if writer is None:
        return app
    settings, metrics, secret = services.settings, services.metrics, services.settings.webhook_secret
    fixed = (*fixed_headers(settings), _TEXT)

    @lru_cache(maxsize=16)
    def is_known(host: bytes) -> bool:
        return is_host_known(host.decode("latin-1"), settings)

    async def call(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] not in PATHS or method_of(scope) != "POST":
            await app(scope, receive, send)
            return
        headers: dict[bytes, bytes] = dict(scope["headers"])
        if not is_known(headers.get(b"host", b"")):
            await app(scope, receive, send)
            return
        began = time.perf_counter()
        request_id = scope["state"]["request_id"] = request_id_of(scope, settings)
        is_stored = False
        try:
            status, text = await _receive(headers, receive, writer, secret, services)
            is_stored = status < 300
        except Rejected as error:
            writer.counts["rejected"] += 1
            status, text = error.status, _words(str(error), error.hint)
        except PrSessionsError as error:
            writer.counts["failed"] += 1
            status, text = 503, _words(str(error), error.hint)
        except Exception as error:  # noqa: BLE001 - the sender gets a word, and the log the place in the code
            log_failure(scope, error, 500)
            status, text = 500, "the server failed; its log has the reason"
        seconds = time.perf_counter() - began
        metrics.count_request(scope, status, seconds)
        if not is_stored:
            log_request(scope, settings, request_id, status, seconds)
        body = f"{text}\n".encode()
        raw = [*fixed, (REQUEST_ID.encode(), request_id.encode()), (b"content-length", b"%d" % len(body))]
        if status == 503:
            raw.append((b"retry-after", b"60"))
        await send({"type": "http.response.start", "status": status, "headers": raw})
        await send({"type": "http.response.body", "body": body, "more_body": False})

    return call


async def _receive(
    headers: Mapping[bytes, bytes],
    receive: Receive,
    writer: DeliveryWriter,
    secret: Secret | None,
    services: Services,
) -> tuple[int, str]:
    if secret is None:
        raise Rejected(503, "this server has no webhook secret", "set PR_SESSIONS_WEBHOOK_SECRET and restart it")
    body = await _body(headers, receive)

    def check() -> Delivery | None:
        check_signature(headers, body, secret)
        return read_delivery(headers, body, services.clock())

    delivery = check() if len(body) <= _SMALL else await to_thread(check)
    if delivery is None:
        event = headers[b"x-github-event"].decode()
        writer.counts["ping" if event == PING else "unknown"] += 1
        return (200, "this server listens") if event == PING else (202, f"the event {event} changes nothing here")
    is_new = await writer.store(delivery)
    writer.counts["stored" if is_new else "repeated"] += 1
    return (202, "stored") if is_new else (200, "this delivery was stored before")


async def _body(headers: Mapping[bytes, bytes], receive: Receive) -> bytes:
    """Return the whole body.

    Raises:
        Rejected: it is larger than GitHub's largest, and no more of it is read; it does not arrive, or not in time.
    """
    length = headers.get(b"content-length", b"")
    if length.isdigit() and int(length[:20]) > MOST:
        raise _TOO_LARGE
    parts, size = [], 0
    try:
        async with asyncio.timeout(BODY_SECONDS):
            while True:
                message = await receive()
                if message["type"] != "http.request":
                    raise Rejected(400, "the body ended too early")
                size += len(message["body"])
                if size > MOST:
                    raise _TOO_LARGE
                parts.append(message["body"])
                if not message["more_body"]:
                    return parts[0] if len(parts) == 1 else b"".join(parts)
    except TimeoutError:
        raise Rejected(408, "the delivery took too long to arrive") from None


def _words(text: str, hint: str) -> str:
    return f"{text}\nhint: {hint}" if hint else text
