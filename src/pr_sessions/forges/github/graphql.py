"""Queries to GitHub's GraphQL interface. It answers 200 to almost everything and says in the answer what failed."""

from collections.abc import Mapping
from typing import Any

import msgspec
from gidgethub import sansio
from msgspec import Struct
from msgspec.structs import replace

from pr_sessions.core.ids import clean
from pr_sessions.core.json_text import decode
from pr_sessions.errors import ForgeFailed
from pr_sessions.forges.github.client import GitHub
from pr_sessions.forges.github.transport import NoResponse

_OF_ENTERPRISE = "/api/v3"
TOO_MUCH = 502
"""The status for a query that GitHub could not work out in its time; a smaller one may succeed."""


class MissingScope(ForgeFailed):
    """The query names a field that the token's scopes do not cover, so nothing of it was answered."""


class Refusal(Struct, frozen=True):
    """Why a part of an answer is null.

    Attributes:
        kind: GitHub's word, such as `FORBIDDEN`.
        path: of the part.
    """

    kind: str = ""
    message: str = ""
    path: tuple[str | int, ...] = ()


class Answer(Struct, frozen=True):
    """What a query came to; what is null in `data` has a refusal, unless it is null by its nature."""

    data: Mapping[str, Any]
    refusals: tuple[Refusal, ...] = ()


class _Error(Struct):
    type: str | None = None
    message: str = ""
    path: list[str | int] | None = None


class _Result(Struct):
    data: dict[str, Any] | None = None
    errors: list[_Error] | None = None


class GraphQL(GitHub):
    """One repository on GitHub, which is also read by GraphQL; that takes a token."""

    async def query(self, text: str, variables: Mapping[str, Any], *, is_large: bool = False) -> Answer:
        """Return the answer to a query that changes nothing.

        Args:
            text: the query.
            variables: by name.
            is_large: whether it is not sent again where GitHub fails: a smaller one is more likely to succeed.

        Raises:
            ForgeFailed: GitHub cannot be reached, or answers with nothing that can be used.
        """
        url = self.transport.base.removesuffix(_OF_ENTERPRISE)
        url += "/api/graphql" if url != self.transport.base else "/graphql"
        headers = sansio.create_headers(self.requester) | {"content-type": "application/json"}
        body = msgspec.json.encode({"query": text, "variables": variables})
        response = await self.send("POST", url, headers, body, only_reads=not is_large)
        if isinstance(response, NoResponse) or response.status != 200:
            raise self.failed(response, "POST", url)
        try:
            result = decode(response.body, _Result)
        except msgspec.DecodeError:
            raise ForgeFailed("GitHub's answer to a query cannot be read", status=TOO_MUCH) from None
        refusals = tuple(_refusal(error) for error in result.errors or ())
        if any(refusal.kind == "RATE_LIMITED" for refusal in refusals):
            limited = {**response.headers, "x-ratelimit-remaining": "0"}
            raise self.failed(replace(response, status=429, headers=limited), "POST", url)
        if result.data is None or (refusals and all(value is None for value in result.data.values())):
            raise failure(refusals[0] if refusals else Refusal(message="no data"))
        return Answer(result.data, refusals)


def _refusal(error: _Error) -> Refusal:
    return Refusal(error.type or "", clean(error.message, 200), tuple(error.path or ()))


def failure(refusal: Refusal) -> ForgeFailed:
    """Return the error where what was refused is all that was asked for."""
    if refusal.kind == "NOT_FOUND":
        hint = "check the name; without the right to read it, it looks the same"
        return ForgeFailed(f"GitHub does not find this: {refusal.message}", hint, status=404)
    message = f"GitHub does not answer a query: {refusal.message}"
    if refusal.kind == "INSUFFICIENT_SCOPES":
        return MissingScope(message, status=403)
    return ForgeFailed(message, status=403 if refusal.kind == "FORBIDDEN" else TOO_MUCH)
