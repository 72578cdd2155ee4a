"""GitHub's own descriptions, got by `make test`: the OpenAPI document and recorded webhooks."""

import re
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote

import msgspec
from jsonschema_rs import Draft4Validator
from msgspec import Struct

PACKAGES = Path(sys.prefix) / "npm/node_modules/@octokit"
_REF = "#/components/"
# Given everywhere, and described in few places.
REFUSALS = (401, 403, 404)
JSON = ("application/vnd.github+json", "application/vnd.github.v3+json")
RAW = "application/vnd.github.raw+json"
Json = Any


def read(path: str) -> Json:
    """A file of these packages."""
    file = PACKAGES / path
    if not file.is_file():
        raise AssertionError(f"{file} is missing: `make test` gets it, which needs the network once")
    return msgspec.json.decode(file.read_bytes())


@cache
def description() -> "Description":
    """The interface of github.com, read once."""
    return Description(read("openapi/generated/api.github.com.json"))


class Operation(Struct, frozen=True):
    """One operation of the interface, and what its path stood for."""

    id: str
    spec: dict[str, Json]
    names: dict[str, str]


class Description:
    """Tells whether a request and its answer are as GitHub describes them."""

    def __init__(self, document: Json) -> None:
        self._document = document
        self._paths = [(re.compile(_pattern(path)), path.count("{"), path) for path in document["paths"]]
        self._validators: dict[str, Draft4Validator] = {}

    def operation(self, method: str, path: str) -> Operation | None:
        """The one that is meant, the path with the fewest gaps first."""
        found = [(gaps, template, match) for regex, gaps, template in self._paths if (match := regex.fullmatch(path))]
        for _, template, match in sorted(found, key=lambda one: one[:2]):
            spec = self._document["paths"][template].get(method.lower())
            if spec:
                names = {name: unquote(value) for name, value in match.groupdict().items()}
                return Operation(spec["operationId"], spec, names)
        return None

    def example(self, name: str) -> Json:
        """An official example; a new copy each time."""
        value = self._document["components"]["examples"][name]["value"]
        return msgspec.json.decode(msgspec.json.encode(value))

    def request_problems(self, operation: Operation, query: str, headers: Mapping[str, str], body: bytes) -> list[str]:
        """What is not as described in a request."""
        told = {("path", name): value for name, value in operation.names.items()}
        told |= {("query", name): value for name, value in parse_qsl(query, keep_blank_values=True)}
        known = {(p["in"], p["name"]): p for p in map(self._resolved, operation.spec.get("parameters", ()))}
        problems = [f"{place} parameter {name} is not described" for place, name in told if (place, name) not in known]
        for key, parameter in known.items():
            if key in told:
                problems += self._problems(parameter["schema"], _typed(told[key], parameter["schema"]))
            elif parameter.get("required"):
                problems.append(f"parameter {key} is missing")
        # Other media types stand in the words of the few operations that have them.
        accept = headers.get("accept", "")
        if accept not in JSON and f"**`{accept}`**" not in operation.spec.get("description", ""):
            problems.append(f"accept: {accept}")
        if not headers.get("user-agent") or not headers.get("x-github-api-version"):
            problems.append("no user agent, or no version of the interface")
        return problems + self._body_problems(operation, headers, body)

    def response_problems(self, operation: Operation, status: int, body: bytes) -> list[str]:
        """What is not as described in an answer."""
        described = self._resolved(operation.spec["responses"].get(str(status), {}))
        if not described and status in REFUSALS:
            return self._problems(self._document["components"]["schemas"]["basic-error"], msgspec.json.decode(body))
        if not described:
            return [f"status {status} is not described"]
        schema = described.get("content", {}).get("application/json", {}).get("schema")
        if schema is None:
            return ["an answer without a body has one"] if body else []
        return self._problems(schema, msgspec.json.decode(body))

    def _body_problems(self, operation: Operation, headers: Mapping[str, str], body: bytes) -> list[str]:
        asked = operation.spec.get("requestBody")
        if not asked:
            return ["a body where none is described"] if body else []
        if not body:
            return ["the body is missing"] if asked.get("required") else []
        if headers.get("content-type", "").partition(";")[0] != "application/json":
            return [f"content-type: {headers.get('content-type')}"]
        schema, value = asked["content"]["application/json"]["schema"], msgspec.json.decode(body)
        # The document leaves other names open; a misspelt one must not pass all the same.
        extra = [name for name in value if name not in schema.get("properties", {})]
        return [f"{name} is not described" for name in extra] + self._problems(schema, value)

    def _problems(self, schema: Json, value: Json) -> list[str]:
        key = msgspec.json.encode(schema).decode()
        if key not in self._validators:
            self._validators[key] = Draft4Validator(self._bundle(schema), validate_formats=True)
        validator = self._validators[key]
        if validator.is_valid(value):  # Looking for all that is wrong takes a hundred times as long.
            return []
        return [f"{'/'.join(map(str, e.instance_path))}: {e.message}" for e in validator.iter_errors(value)]

    def _bundle(self, schema: Json) -> Json:
        """The schema with all that it refers to, and nothing else of thirteen megabytes."""
        needed: dict[str, Json] = {}
        waiting = [schema]
        while waiting:
            for name in _references(waiting.pop()):
                if name not in needed:
                    needed[name] = self._document["components"]["schemas"][name]
                    waiting.append(needed[name])
        schemas = {name: _nullable(found) for name, found in needed.items()}
        return {"allOf": [_nullable(schema)], "components": {"schemas": schemas}}

    def _resolved(self, spec: Json) -> Json:
        if "$ref" not in spec:
            return spec
        kind, name = spec["$ref"].removeprefix(_REF).split("/")
        return self._document["components"][kind][name]


def _pattern(template: str) -> str:
    # Only the path of a file in a repository has slashes in it.
    names = re.sub(r"\\\{path\\\}", r"(?P<path>.+)", re.escape(template))
    return re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", names)


def _references(schema: Json) -> Iterator[str]:
    if isinstance(schema, dict):
        if isinstance(found := schema.get("$ref"), str):
            yield found.removeprefix(f"{_REF}schemas/")
        for value in schema.values():
            yield from _references(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from _references(value)


def _nullable(schema: Json) -> Json:
    """OpenAPI's own word for "or null", in the words of JSON Schema."""
    if isinstance(schema, list):
        return [_nullable(value) for value in schema]
    if not isinstance(schema, dict):
        return schema
    inner = {name: _nullable(value) for name, value in schema.items() if name not in ("example", "examples")}
    if inner.pop("nullable", None) is True:
        return {"anyOf": [inner, {"type": "null"}]}
    return inner


def _typed(text: str, schema: Json) -> Json:
    if schema.get("type") == "integer" and text.lstrip("-").isdigit():
        return int(text)
    return {"true": True, "false": False}.get(text, text) if schema.get("type") == "boolean" else text
