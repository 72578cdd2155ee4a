"""The fake GitHub's GraphQL: queries are validated and answered by graphql-core with GitHub's own schema."""

import re
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING, Any

import msgspec
from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLError,
    GraphQLObjectType,
    GraphQLResolveInfo,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    build_client_schema,
    execute_sync,
    get_named_type,
    parse,
    validate,
    value_from_ast_untyped,
)

from descriptions import read
from fake_github.objects import Rows, pull_request_object, repository_object
from fake_github.replies import Reply, bad_credentials, limited

if TYPE_CHECKING:
    from fake_github import FakeGitHub

# https://docs.github.com/en/graphql/overview/rate-limits-and-query-limits-for-the-graphql-api
MOST_NODES = 500_000
_MOST_ON_A_PAGE = 100
# Of arguments that queries here leave out.
_DEFAULTS = {"writersOnly": False}


@cache
def schema() -> GraphQLSchema:
    """GitHub's own, read once. Reading the introspection takes a tenth of the time of parsing the text."""
    return build_client_schema(read("graphql-schema/schema.json"), assume_valid=True)


@cache
def _parsed(query: str) -> tuple[DocumentNode, tuple[str, ...]]:
    """The query, and what is wrong with it."""
    try:
        document = parse(query, no_location=True)
    except GraphQLError as error:
        return DocumentNode(definitions=()), (error.message,)
    return document, tuple(error.message for error in validate(schema(), document))


class GraphQL:
    """Answers the queries that are sent to one server.

    Attributes:
        costs: nodes and points of every query that was answered, as GitHub counts them.
        has_team_scope: whether the token may read teams; else a query that names their fields is refused altogether.
    """

    def __init__(self, server: "FakeGitHub") -> None:
        self.costs: list[tuple[int, int]] = []
        self.has_team_scope = True
        # What graphql-core has once executed is answered in a tenth of its time from then on.
        self._executed_well: set[str] = set()
        self._server = server

    def answer(self, headers: Mapping[str, str], body: bytes) -> Reply:
        """What GitHub would answer: 200 for almost everything."""
        server = self._server
        kind, _, token = headers.get("authorization", "").partition(" ")
        if kind.lower() not in ("token", "bearer") or token not in server.tokens:
            return bad_credentials()
        with server.lock:
            if server.graphql_left is not None:
                server.graphql_left -= 1
                if server.graphql_left < 0:
                    error = {"type": "RATE_LIMITED", "message": "API rate limit exceeded for user ID 1."}
                    return limited(200, server.limit_resets, {"errors": [error]})
            return self._executed(msgspec.json.decode(body))

    def _executed(self, asked: dict[str, Any]) -> Reply:
        document, problems = _parsed(asked["query"])
        variables = asked.get("variables", {})
        if not problems and set(asked) - {"query", "variables"}:
            problems = (f"more than a query and its variables: {sorted(asked)}",)
        if problems:
            self._server.broken += [f"GraphQL: {problem}" for problem in problems]
            return Reply(200, {"errors": [{"message": problem} for problem in problems]})
        if not self.has_team_scope and re.search(r"\bon Team\b", asked["query"]):
            words = "Your token has not been granted the required scopes to execute this query."
            return Reply(200, {"errors": [{"type": "INSUFFICIENT_SCOPES", "message": words}]})
        nodes, points = _cost(document, variables)
        self.costs.append((nodes, points))
        if nodes > MOST_NODES:
            return Reply(200, {"errors": [{"type": "MAX_NODE_LIMIT_EXCEEDED", "message": f"{nodes} nodes"}]})
        if not self._server.forbidden_fields and asked["query"] in self._executed_well:
            with suppress(GraphQLError):
                return Reply(200, {"data": _plain(document.definitions[0], self._root(), variables, {})})
        result = execute_sync(schema(), document, self._root(), variable_values=variables, field_resolver=self._resolve)
        if not result.errors:
            self._executed_well.add(asked["query"])
            return Reply(200, {"data": result.data})
        return Reply(200, {"data": result.data, "errors": [self._described(error) for error in result.errors]})

    def _described(self, error: GraphQLError) -> dict[str, Any]:
        kind = (error.extensions or {}).get("type")
        if kind is None:  # Neither a right nor a name is missing: the fake cannot answer this.
            self._server.broken.append(f"GraphQL: {error.message} at {error.path}")
        return {"type": kind, "path": error.path, "message": error.message}

    def _root(self) -> dict[str, Any]:
        return {
            "viewer": {"__typename": "User", "login": self._server.viewer},
            "repository": lambda asked: self._repository(f"{asked['owner']}/{asked['name']}"),
            "repositoryOwner": self._owner,
            "nodes": lambda asked: [self._node(each) for each in asked["ids"]],
            "search": self._search,
        }

    def _repository(self, name: str) -> dict[str, Any]:
        repository = self._server.find(name)
        if repository is None:
            words = f"Could not resolve to a Repository with the name '{name}'."
            raise GraphQLError(words, extensions={"type": "NOT_FOUND"})
        return repository_object(repository)

    def _owner(self, asked: Mapping[str, Any]) -> dict[str, Any] | None:
        named = {name: each for name, each in self._server.repositories.items() if not each.is_hidden}
        owned = [each for name, each in named.items() if name.partition("/")[0].lower() == asked["login"].lower()]
        # The order is that of being added, the newest first.
        rows = [repository_object(each) for each in sorted(owned, key=lambda each: -each.id)]
        return {"__typename": "Organization", "repositories": rows} if rows else None

    def _node(self, name: str) -> dict[str, Any] | GraphQLError:
        _, repository_id, number = name.split("_")
        for repository in self._server.repositories.values():
            if repository.id == int(repository_id) and int(number) in repository.pulls:
                return pull_request_object(repository, repository.pulls[int(number)])
        return GraphQLError(
            f"Could not resolve to a node with the global id of '{name}'", extensions={"type": "NOT_FOUND"}
        )

    def _search(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        login = re.search(r"(?:^| )author:(\S+)", asked["query"])
        return {"issueCount": self._server.elsewhere.get(login[1], 0) if login else 0}

    def _resolve(self, source: Mapping[str, Any], info: GraphQLResolveInfo, **asked: Any) -> Any:
        name, parent = info.field_name, info.parent_type.name
        if f"{parent}.{name}" in self._server.forbidden_fields:
            raise GraphQLError(f"Resource not accessible: {name}", extensions={"type": "FORBIDDEN"})
        value = _given(source, name, asked)
        if not (isinstance(value, list | Rows) and _is_connection(parent, name)):
            return value
        return _connection(value, info.field_nodes[0], asked)


def _given(source: Mapping[str, Any], name: str, asked: Mapping[str, Any]) -> Any:
    value = source[name]
    return value(asked) if callable(value) else value


def _connection(value: list[dict[str, Any]] | Rows, field: FieldNode, asked: Mapping[str, Any]) -> dict[str, Any]:
    """What a connection has; of one that is only counted no page is wanted."""
    selections = field.selection_set.selections if field.selection_set else ()
    if {each.name.value for each in selections if isinstance(each, FieldNode)} == {"totalCount"}:
        return {"totalCount": len(value.rows if isinstance(value, Rows) else value)}
    return _page(value, asked, field.name.value)


@cache
def _is_connection(parent: str, field: str) -> bool:
    kind = schema().type_map[parent]
    assert isinstance(kind, GraphQLObjectType)
    return get_named_type(kind.fields[field].type).name.endswith("Connection")


def _page(items: list[dict[str, Any]] | Rows, asked: Mapping[str, Any], name: str) -> dict[str, Any]:
    """One page of a connection; a cursor is the number of items up to it."""
    first, last = asked.get("first"), asked.get("last")
    size = first if first is not None else last
    if size is None or not 1 <= size <= _MOST_ON_A_PAGE:
        raise GraphQLError(f"{name} needs `first` or `last` from 1 to {_MOST_ON_A_PAGE}")
    rows = items.rows if isinstance(items, Rows) else items
    start = int(asked.get("after") or 0) if first is not None else max(0, len(rows) - size)
    shown = rows[start : start + size]
    if isinstance(items, Rows):
        shown = list(map(items.make, shown))
    end = start + len(shown)
    return {
        "totalCount": len(rows),
        "nodes": shown,
        "edges": [{"node": item, **item.get("edge", {})} for item in shown],
        "pageInfo": {
            "hasNextPage": end < len(rows),
            "hasPreviousPage": start > 0,
            "startCursor": str(start),
            "endCursor": str(end),
        },
    }


def _plain(node: Any, source: Mapping[str, Any], variables: Mapping[str, Any], known: dict[int, Any]) -> dict[str, Any]:
    """What a part of a query comes to, without looking at types."""
    answer: dict[str, Any] = {}
    for selection in node.selection_set.selections:
        if isinstance(selection, InlineFragmentNode):
            if selection.type_condition and selection.type_condition.name.value == source["__typename"]:
                answer |= _plain(selection, source, variables, known)
            continue
        asked = known.get(id(selection))
        if asked is None:
            asked = known[id(selection)] = _DEFAULTS | _arguments(selection, variables)
        value = _given(source, selection.name.value, asked)
        if isinstance(value, list | Rows) and (asked.keys() & {"first", "last"} or isinstance(value, Rows)):
            value = _connection(value, selection, asked)
        answer[(selection.alias or selection.name).value] = _below(selection, value, variables, known)
    return answer


def _below(field: FieldNode, value: Any, variables: Mapping[str, Any], known: dict[int, Any]) -> Any:
    if isinstance(value, GraphQLError):
        raise value
    if isinstance(value, list):
        return [_below(field, item, variables, known) for item in value]
    return _plain(field, value, variables, known) if field.selection_set and value is not None else value


def _arguments(field: FieldNode, variables: Mapping[str, Any]) -> dict[str, Any]:
    return {each.name.value: value_from_ast_untyped(each.value, dict(variables)) for each in field.arguments or ()}


def _cost(document: DocumentNode, variables: Mapping[str, Any]) -> tuple[int, int]:
    """Nodes and points of a query as GitHub counts them, from what it asks for and not from what there is."""
    nodes = requests = 0
    operation = document.definitions[0]
    assert isinstance(operation, OperationDefinitionNode)
    waiting: list[tuple[Any, int]] = [(operation, 1)]
    while waiting:
        node, times = waiting.pop()
        for selection in node.selection_set.selections if node.selection_set else ():
            below = times
            if isinstance(selection, FieldNode):
                asked = _arguments(selection, variables)
                size = asked.get("first") or asked.get("last") or len(asked.get("ids", ()))
                if size:
                    nodes, requests, below = nodes + times * size, requests + times, times * size
            if isinstance(selection, FieldNode | InlineFragmentNode):
                waiting.append((selection, below))
    return nodes, max(1, round(requests / 100))
