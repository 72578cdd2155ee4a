"""What the fake GitHub answers with, and what may go wrong on the way."""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

TOKEN = "ghp_a-secret-of-the-tests"
GRANTED = "ghs_granted-for-an-hour"
SHA = "6dcb09b5b57875f334f61aebed695e2e4193db5e"
_DOCUMENTATION = "https://docs.github.com/rest"


class Fault(Struct, frozen=True, kw_only=True):
    """What happens instead of an answer.

    Attributes:
        status: of the answer; 0 for none.
        cut: whether the connection is cut in the middle of the right answer.
        hangs: whether nothing comes for as long as the server lives.
        drips: whether the right answer comes in part and never ends.
    """

    status: int = 0
    headers: Mapping[str, str] = {}
    body: bytes = b'{"message": "a fault"}'
    cut: bool = False
    hangs: bool = False
    drips: bool = False


class Reply(Struct):
    """An answer before it is sent."""

    status: int = 200
    value: Any = None
    headers: dict[str, str] = {}


def forbidden(why: str) -> Reply:
    return Reply(403, {"message": why, "documentation_url": _DOCUMENTATION, "status": "403"})


def missing() -> Reply:
    return Reply(404, {"message": "Not Found", "documentation_url": _DOCUMENTATION, "status": "404"})


def bad_credentials() -> Reply:
    return Reply(401, {"message": "Bad credentials", "documentation_url": _DOCUMENTATION})


def limited(status: int, resets: int, value: Any = None) -> Reply:
    """What is answered to one request too many."""
    headers = {"x-ratelimit-limit": "5000", "x-ratelimit-remaining": "0", "x-ratelimit-reset": str(resets)}
    refusal = {"message": "API rate limit exceeded for user ID 1.", "documentation_url": _DOCUMENTATION}
    return Reply(status, value or refusal, headers)
