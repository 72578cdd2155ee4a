"""The description of the API in OpenAPI 3.1, made of its operations (https://spec.openapis.org/oas/v3.1.1)."""

from collections.abc import Sequence
from importlib.metadata import version
from typing import Any

import msgspec

from pr_sessions.server.api.operations import Operation
from pr_sessions.server.api.problems import MEDIA_TYPE, Problem
from pr_sessions.server.api.requests import Nothing

Json = dict[str, Any]

_PLACE = "#/components/schemas/{name}"
_PROBLEMS = {
    400: "The body is no JSON.",
    401: "There is no token or login, or it cannot be used.",
    403: "Who asks has no right to this.",
    404: "There is nothing of that name that who asks may see.",
    406: "Who asks takes no JSON.",
    409: "It cannot be done in this state.",
    412: "The sessions of the repository have changed since they were read.",
    413: "The body is too large.",
    415: "The body is not JSON.",
    422: "A parameter or the body does not fit.",
    429: "There were too many requests.",
    500: "The server failed.",
    503: "The server cannot do it now.",
}
_READ = (401, 403, 404, 406, 409, 422, 429, 500, 503)
_WRITE = (400, 401, 403, 404, 406, 409, 412, 413, 415, 422, 429, 500, 503)
_ETAG = {"ETag": {"description": "Names this state of the answer.", "schema": {"type": "string"}}}
ABOUT = """\
Sessions of pull requests of coding agents: read and corrected by programs.

Lists have parts: `next` of one is the `cursor` of the next. Every answer has an `ETag`; with `If-None-Match` an answer
that has not changed is empty (304). A correction with `If-Match` is only made in the state that was read (412 else).
Every error is a problem as in RFC 9457. Times are RFC 3339 in UTC."""


def describe(operations: Sequence[Operation], server: str = "/api/v1") -> Json:
    """Return the whole description."""
    kinds = [Problem, *(operation.answer for operation in operations)]
    kinds += [operation.params for operation in operations]
    kinds += [operation.body for operation in operations if operation.body]
    unique = list({repr(kind): kind for kind in kinds}.values())
    schemas, parts = msgspec.json.schema_components(unique, ref_template=_PLACE)
    names = dict(zip(map(repr, unique), schemas, strict=True))
    paths: Json = {}
    for operation in operations:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation(operation, names, parts)
    only_parameters = {_name(names[repr(operation.params)]) for operation in operations} - {
        _name(names[repr(operation.body)]) for operation in operations if operation.body
    }
    return {
        "openapi": "3.1.0",
        "info": {"title": "pr-sessions", "version": version("pr-sessions"), "description": ABOUT},
        "servers": [{"url": server}],
        "security": [{"token": []}],
        "tags": [{"name": tag} for tag in dict.fromkeys(operation.tag for operation in operations)],
        "paths": paths,
        "components": {
            "schemas": {name: part for name, part in parts.items() if name not in only_parameters},
            "responses": {f"Problem{status}": _problem(text) for status, text in _PROBLEMS.items()},
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer", "description": "A token, `prs_...`."}},
        },
    }


def _operation(operation: Operation, names: Json, parts: Json) -> Json:
    statuses = _WRITE if operation.writes else _READ
    responses: Json = {
        str(operation.status): {
            "description": operation.summary,
            "headers": _ETAG,
            "content": {
                "application/json": {
                    "schema": names[repr(operation.answer)],
                    "example": _value(operation.example),
                }
            },
        }
    }
    if not operation.writes:
        responses["304"] = {"description": "It has not changed.", "headers": _ETAG}
    responses |= {str(status): {"$ref": f"#/components/responses/Problem{status}"} for status in statuses}
    described: Json = {
        "operationId": operation.id,
        "summary": operation.summary,
        "tags": [operation.tag],
        "description": f"Needs the right `{operation.right}`.",
        "parameters": [*_parameters(operation, names, parts), *_conditions(operation)],
        "responses": responses,
    }
    if operation.body:
        content = {"schema": names[repr(operation.body)], "example": _value(operation.sample)}
        described["requestBody"] = {
            "required": operation.body is not Nothing,
            "content": {"application/json": content},
        }
    return described


def _parameters(operation: Operation, names: Json, parts: Json) -> list[Json]:
    schema = parts[_name(names[repr(operation.params)])]
    parameters = []
    for name, kind in schema["properties"].items():
        in_path = name in operation.names
        description = kind.get("description", "")
        described = {
            "name": name,
            "in": "path" if in_path else "query",
            "required": in_path or name in schema.get("required", ()),
            "schema": {key: value for key, value in kind.items() if key != "description"},
        }
        parameters.append(described | ({"description": description} if description else {}))
    return parameters


def _conditions(operation: Operation) -> list[Json]:
    if operation.writes and operation.revision:
        text = "The ETag of what was read of the repository; the change is only made if nothing changed since."
        return [{"name": "If-Match", "in": "header", "description": text, "schema": {"type": "string"}}]
    return []


def _problem(text: str) -> Json:
    return {"description": text, "content": {MEDIA_TYPE: {"schema": {"$ref": _PLACE.format(name="Problem")}}}}


def _name(reference: Json) -> str:
    """Return the name of the schema that a reference leads to."""
    return str(reference["$ref"]).rpartition("/")[2]


def _value(example: Any) -> Any:
    return msgspec.json.decode(msgspec.json.encode(example))
