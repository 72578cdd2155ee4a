"""Switch the gate of a team's server off or on for an organisation, through the server's interface."""

import os
from collections.abc import Mapping
from urllib.parse import quote

from msgspec import Struct

from pr_sessions.cli.server_access import server_and_token
from pr_sessions.errors import PrSessionsError

_SECONDS = 15
_MOST = 10_000
# What holds while nobody answers.
WITHOUT_SERVER = (
    "nothing waits for it: a workflow that gets no answer within five seconds runs its checks. What waits already "
    "starts by an approval, by the comment `/pr-sessions recheck`, or with the hourly job of its repository"
)


class Switched(Struct, frozen=True):
    """What the server did."""

    organisation: str
    off: bool
    repositories: int


def switch_gate(organisation: str, server: str, *, off: bool, environ: Mapping[str, str] = os.environ) -> Switched:
    """Switch the gate of an organisation.

    Raises:
        InvalidValue: the address or the token cannot be used.
        PrSessionsError: the server does not answer, or refuses.
    """
    address, token = server_and_token(server, environ)
    import httpx
    import msgspec

    from pr_sessions.core.json_text import decode

    url = f"{address}/gate/organisations/{quote(organisation, safe='')}"
    headers = {"authorization": f"Bearer {token.reveal()}"}
    try:
        response = httpx.post(url, json={"off": off}, headers=headers, timeout=_SECONDS, follow_redirects=False)
    except httpx.HTTPError as error:
        raise PrSessionsError(f"{address} does not answer: {type(error).__name__}", WITHOUT_SERVER) from None
    if response.status_code in (401, 403):
        raise PrSessionsError(f"{address} refuses the token", "it needs the scope admin")
    try:
        return decode(response.content[:_MOST] if response.status_code == 200 else b"", Switched)
    except msgspec.DecodeError:
        raise PrSessionsError(f"{address} answers with {response.status_code}", WITHOUT_SERVER) from None
