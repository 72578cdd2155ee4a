"""From a request to an operation and back: parameters, body, preconditions, rights, problems."""

import re
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

import msgspec
from litestar import Request, Response
from litestar.concurrency import sync_to_thread
from litestar.handlers import HTTPRouteHandler

from pr_sessions.core.json_text import decode
from pr_sessions.errors import PrSessionsError
from pr_sessions.server.api.operations import Call, Operation, state_of
from pr_sessions.server.api.problems import MEDIA_TYPE, RequestRefused, problem_answer
from pr_sessions.server.api.requests import Nothing, OneRepository
from pr_sessions.server.auth.audit import note
from pr_sessions.server.auth.tokens import Unauthorised
from pr_sessions.server.services import Services
from pr_sessions.server.viewer import Refused, Viewer
from pr_sessions.storage.sql.engine import writing

JSON = "application/json"
# It depends on who asks, and on what they take.
_VARY = "authorization, cookie, accept"
_TAG = re.compile(r'(?:W/)?"([^"]*)"')
_ACCEPTED = {"*/*", "application/*", JSON}

AnyRequest = Request[Any, Any, Any]


def handler(services: Services, path: str, operations: Mapping[str, Operation]) -> HTTPRouteHandler:
    """Return the handler of all operations of a path, by their methods.

    A path with several handlers would name only the methods of the first of them in `Allow`.
    """

    async def run(request: AnyRequest) -> Response[bytes]:
        operation = operations[request.method]
        body = await request.body() if operation.body else b""
        return await sync_to_thread(_answer, services, operation, request, body)

    route = HTTPRouteHandler(
        re.sub(r"\{(\w+)\}", r"{\1:str}", path),
        http_method=[*operations],  # type: ignore[list-item] # Litestar names the methods by an enumeration
        status_code=200,
        name=" ".join(operation.id for operation in operations.values()),
        request_max_body_size=max(operation.most for operation in operations.values()),
        exception_handlers={Exception: refuse},
    )
    return route(run)


def refuse(_: AnyRequest, error: Exception) -> Response[bytes]:
    """Return the problem that an error is."""
    status, headers, body = problem_answer(error)
    return Response(body, status_code=status, headers=headers, media_type=MEDIA_TYPE)


def _answer(services: Services, operation: Operation, request: AnyRequest, body: bytes) -> Response[bytes]:
    _check_accept(request.headers.get("accept", ""))
    viewer = viewer_of(request)
    call = Call(services=services, viewer=viewer, revisions=_revisions(request.headers.get("if-match")))
    try:
        call.require(operation.right)
        params = _params(operation, request)
        content = _body(operation, request.headers.get("content-type", ""), body)
        data = msgspec.json.encode(operation.run(call, params, content))
        state = _state(call, params) if operation.revision else ""
    except Refused as error:
        _note_refusal(call, operation, error)
        raise
    tag = f'"{state}-{sha256(data).hexdigest()[:16]}"'
    headers = {"etag": tag, "cache-control": "private, no-cache", "vary": _VARY}
    if not operation.writes and _is_known(request.headers.get("if-none-match", ""), tag):
        return Response(b"", status_code=304, headers=headers)
    return Response(data, status_code=operation.status, headers=headers, media_type=JSON)


def viewer_of(request: AnyRequest) -> Viewer:
    """Return who makes a request.

    Raises:
        Unauthorised: nobody knows.
    """
    viewer = request.scope.get("user")
    if not isinstance(viewer, Viewer):
        raise Unauthorised("this needs a token or a login", "send: Authorization: Bearer prs_...")
    return viewer


def _params(operation: Operation, request: AnyRequest) -> Any:
    values: dict[str, Any] = dict(request.path_params)
    for name, value in request.query_params.multi_items():
        if name in values:
            raise RequestRefused(422, f"the parameter {name[:40]} is given more than once", "give it once")
        values[name] = value
    return _convert(values, operation.params)


def _body(operation: Operation, media_type: str, data: bytes) -> Any:
    if operation.body is None:
        return None
    if not data and operation.body is Nothing:
        return Nothing()
    if media_type.partition(";")[0].strip().lower() != JSON:
        raise RequestRefused(415, f"the body is not {JSON}", f"send: Content-Type: {JSON}")
    try:
        return decode(data, operation.body)
    except msgspec.ValidationError as error:
        raise RequestRefused(422, f"the body does not fit: {error}") from None
    except msgspec.DecodeError:
        raise RequestRefused(400, "the body is no JSON") from None


def _convert(values: Mapping[str, Any], kind: type[msgspec.Struct]) -> Any:
    try:
        return msgspec.convert(values, kind, strict=False)
    except msgspec.ValidationError as error:
        raise RequestRefused(422, f"a parameter does not fit: {error}") from None


def _check_accept(accept: str) -> None:
    """Refuse a caller that takes no JSON; q-values say only which one is preferred, and there is only JSON."""
    taken = {part.partition(";")[0].strip().lower() for part in accept.split(",")}
    if accept.strip() and taken.isdisjoint(_ACCEPTED):
        raise RequestRefused(406, f"there is only {JSON} here", f"send: Accept: {JSON}")


def _revisions(header: str | None) -> frozenset[str]:
    """Return the states that a write may begin in."""
    if header is None:
        return frozenset()
    if header.strip() == "*":
        return frozenset("*")
    return frozenset(tag.rpartition("-")[0] for tag in _TAG.findall(header)) or frozenset({"none"})


def _state(call: Call, params: Any) -> str:
    if not isinstance(params, OneRepository):
        return ""
    return state_of(call.backend.revision(call.repository(params)))


def _is_known(header: str, tag: str) -> bool:
    return header.strip() == "*" or tag.strip('"') in _TAG.findall(header)


def _note_refusal(call: Call, operation: Operation, error: PrSessionsError) -> None:
    """Write down who was refused what; a clone has one person, and nobody is refused there."""
    engine = call.services.engine
    if engine is not None:
        with writing(engine) as connection:
            note(connection, call.now, call.viewer.name, "refused", operation.id, message=str(error))
