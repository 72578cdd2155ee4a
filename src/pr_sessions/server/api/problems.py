"""Errors of the API as problems, see RFC 9457 (https://www.rfc-editor.org/rfc/rfc9457)."""

from http import HTTPStatus

from litestar.exceptions import HTTPException
from msgspec import Struct, json

from pr_sessions.errors import (
    Ambiguous,
    Busy,
    CannotWrite,
    DatabaseFailed,
    ForgeFailed,
    InvalidValue,
    NotARepository,
    NotFound,
    Paused,
    PrSessionsError,
)
from pr_sessions.server.auth.tokens import Unauthorised
from pr_sessions.server.viewer import Refused

MEDIA_TYPE = "application/problem+json"
RETRY_SECONDS = 5


class Problem(Struct, frozen=True, kw_only=True):
    """Why a request was not done.

    Attributes:
        type: `urn:pr-sessions:problem:` and a word for the kind of problem.
        title: the kind of problem in words.
        status: the status of the answer.
        detail: what is wrong with this request.
        hint: what helps; missing where nothing is known to.
    """

    type: str
    title: str
    status: int
    detail: str
    hint: str | None = None


class RequestRefused(PrSessionsError):
    """A request that breaks a rule of HTTP or of the API's description.

    Attributes:
        status: of the answer.
    """

    def __init__(self, status: int, message: str, hint: str = "") -> None:
        super().__init__(message, hint)
        self.status = status


# The first that fits.
_STATUS: tuple[tuple[type[PrSessionsError], int], ...] = (
    (Unauthorised, 401),
    (Refused, 403),
    (NotFound, 404),
    (Ambiguous, 409),
    (NotARepository, 409),
    (Paused, 409),
    (InvalidValue, 422),
    (ForgeFailed, 502),
    (Busy, 503),
    (CannotWrite, 503),
    (DatabaseFailed, 503),
)
_OUR_BUG = "the server failed; its log has the reason"


def problem_of(error: Exception) -> Problem:
    """Return what an error means for the caller. One that is our bug says nothing of its cause."""
    if isinstance(error, RequestRefused):
        return _problem(error.status, str(error), error.hint)
    if isinstance(error, PrSessionsError):
        status = next((status for kind, status in _STATUS if isinstance(error, kind)), 500)
        return _problem(status, str(error), error.hint)
    if isinstance(error, HTTPException) and error.status_code < 500:
        return _problem(error.status_code, _LITESTAR.get(error.status_code, error.detail))
    return _problem(500, _OUR_BUG)


# What the framework says of these names its parts.
_LITESTAR = {
    404: "there is nothing at this address",
    405: "this address does not take the method",
    413: "the request is too large",
}


def problem_answer(error: Exception) -> tuple[int, dict[str, str], bytes]:
    """Return status, headers and body of the answer to a request that failed."""
    problem = problem_of(error)
    headers = {"content-type": MEDIA_TYPE, "cache-control": "no-store"}
    if isinstance(error, HTTPException) and error.headers:
        headers |= {name.lower(): value for name, value in error.headers.items() if name.lower() != "content-type"}
    if problem.status == 401:
        headers["www-authenticate"] = 'Bearer realm="pr-sessions"'
    if problem.status == 503:
        headers["retry-after"] = str(RETRY_SECONDS)
    return problem.status, headers, json.encode(problem)


def _problem(status: int, detail: str, hint: str = "") -> Problem:
    name = HTTPStatus(status).phrase
    kind = name.lower().replace(" ", "-").replace("'", "")
    return Problem(type=f"urn:pr-sessions:problem:{kind}", title=name, status=status, detail=detail, hint=hint or None)
