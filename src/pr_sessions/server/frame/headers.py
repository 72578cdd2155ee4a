"""What browsers may do with what is sent."""

from litestar.types import ASGIApp, Message, Receive, Scope, Send

from pr_sessions.server.settings import Settings


def policy(forms_to: str = "") -> str:
    """Return the policy: nothing inline, nothing from elsewhere, in no frame; see https://www.w3.org/TR/CSP3/.

    Args:
        forms_to: another site to which a form of this page leads; empty for none.
    """
    parts = (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        f"form-action 'self' {forms_to}".strip(),
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
    return "; ".join(parts)


HEADERS = {
    # What a part does not say may be kept, is not.
    "cache-control": "no-store",
    "content-security-policy": policy(),
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    # `no-referrer` would have browsers send forms with the origin `null`.
    "referrer-policy": "same-origin",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}
_YEAR = 31_536_000


def fixed_headers(settings: Settings) -> tuple[tuple[bytes, bytes], ...]:
    """Return what stands in the head of everything that is sent, unless a part says something else for one page."""
    fixed = dict(HEADERS)
    if settings.public_url.startswith("https:"):
        fixed["strict-transport-security"] = f"max-age={_YEAR}"
    return tuple((name.encode(), value.encode()) for name, value in fixed.items())


def with_headers(app: ASGIApp, settings: Settings) -> ASGIApp:
    """Return the application with these headers in all that it sends."""
    fixed = fixed_headers(settings)

    async def call(scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                said = {name.lower() for name, _ in message["headers"]}
                message["headers"] = [*message["headers"], *(each for each in fixed if each[0] not in said)]
            await send(message)

        await app(scope, receive, send_with_headers)

    return call
