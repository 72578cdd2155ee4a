"""`POST /webhooks/github`: what GitHub delivers is acknowledged once it is stored."""

from asyncio import to_thread
from typing import Any

from litestar import MediaType, Request, Response, post
from litestar.exceptions import ClientException
from litestar.handlers import BaseRouteHandler

from pr_sessions.errors import PrSessionsError
from pr_sessions.forges.github.access import Secret
from pr_sessions.io.files import MIB
from pr_sessions.server.intake.delivery import MOST, PING, Delivery, Rejected, check_signature, read_delivery
from pr_sessions.server.intake.writer import DeliveryWriter
from pr_sessions.server.services import Services

# Checking and reading less takes under a millisecond, and a thread would cost as much.
_SMALL = MIB


def routes(services: Services) -> list[BaseRouteHandler]:
    """Return the handlers that take deliveries; a clone takes none."""
    writer, secret = services.deliveries, services.settings.webhook_secret
    if writer is None:
        return []

    # The body is read within its bound here, and not by Litestar, whose bound counts for pages.
    @post("/webhooks/github", media_type=MediaType.TEXT, request_max_body_size=None, opt={"signed": True})
    async def receive(request: Request[Any, Any, Any]) -> Response[str]:
        try:
            status, text = await _receive(request, writer, secret, services)
        except Rejected as error:
            writer.counts["rejected"] += 1
            return _answer(error.status, str(error), error.hint)
        except PrSessionsError as error:
            writer.counts["failed"] += 1
            return _answer(503, str(error), error.hint)
        return _answer(status, text)

    return [receive]


async def _receive(
    request: Request[Any, Any, Any], writer: DeliveryWriter, secret: Secret | None, services: Services
) -> tuple[int, str]:
    if secret is None:
        raise Rejected(503, "this server has no webhook secret", "set PR_SESSIONS_WEBHOOK_SECRET and restart it")
    body = await _body(request)
    headers = request.headers

    def check() -> Delivery | None:
        check_signature(headers, body, secret)
        return read_delivery(headers, body, services.clock())

    delivery = check() if len(body) <= _SMALL else await to_thread(check)
    event = headers["x-github-event"]
    if delivery is None:
        writer.counts["ping" if event == PING else "unknown"] += 1
        return (200, "this server listens") if event == PING else (202, f"the event {event} changes nothing here")
    is_new = await writer.store(delivery)
    writer.counts["stored" if is_new else "repeated"] += 1
    return (202, "stored") if is_new else (200, "this delivery was stored before")


async def _body(request: Request[Any, Any, Any]) -> bytes:
    """Return the whole body.

    Raises:
        Rejected: 413, it is larger than GitHub's largest; no more of it is read.
    """
    too_large = Rejected(413, f"a delivery has at most {MOST // MIB} MiB")
    length = request.headers.get("content-length", "")
    if length.isascii() and length.isdigit() and int(length[:20]) > MOST:
        raise too_large
    parts, size = [], 0
    try:
        async for part in request.stream():
            size += len(part)
            if size > MOST:
                raise too_large
            parts.append(part)
    except ClientException:
        raise Rejected(400, "the body ended too early") from None
    return b"".join(parts)


def _answer(status: int, text: str, hint: str = "") -> Response[str]:
    headers = {"retry-after": "60"} if status == 503 else {}
    return Response(f"{text}\n{f'hint: {hint}' + chr(10) if hint else ''}", status_code=status, headers=headers)
