"""A GitHub on this machine that keeps state, holds every request against GitHub's own description, and can fail.

REST follows the OpenAPI document, GraphQL the published schema: what either does not know fails the test.
"""

import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs

import msgspec

from descriptions import Description, Operation
from fake_github import apps, contents
from fake_github.apps import Apps
from fake_github.graphql import GraphQL
from fake_github.replies import GRANTED, SHA, TOKEN, Fault, Reply, bad_credentials, forbidden, missing
from fake_github.repository import Repository
from fake_github.server import Server

__all__ = ["GRANTED", "SHA", "TOKEN", "FakeGitHub", "Fault", "Reply", "Repository"]


class FakeGitHub(Repository, Apps):
    """A server with one repository, its people and its App; others can be added."""

    def __init__(self, description: Description, repository: str = "ada/shop") -> None:
        Repository.__init__(self, description, repository)
        Apps.__init__(self)
        self.repositories = {repository: self}
        # The name that a repository had, and the one that it has.
        self.renamed: dict[str, str] = {}
        self.viewer = "ada"
        # Of operations that the token has no right to, by the name that the description gives them.
        self.forbidden: set[str] = set()
        # As above, of fields of GraphQL: `repository.collaborators` is one.
        self.forbidden_fields: set[str] = set()
        # How many more requests are answered before the limit is reached; `None` for any number.
        self.rest_left: int | None = None
        self.graphql_left: int | None = None
        self.limit_resets = 1_900_000_000
        # By login, how many pull requests somebody opened in other repositories.
        self.elsewhere: dict[str, int] = {}
        self.tokens = {TOKEN, GRANTED}
        self.is_public = False
        self.faults: deque[Fault | None] = deque()
        self.asked: list[str] = []
        self.sent_headers: list[dict[str, str]] = []
        self.broken: list[str] = []
        self.looked_at: set[tuple[str, int, str]] = set()
        self.before: Callable[[int], None] = _nothing
        self.closing = threading.Event()
        self.url = ""
        self.lock = threading.RLock()
        self.graphql = GraphQL(self)

    def add_repository(self, name: str) -> Repository:
        """Another repository on the same server."""
        repository = Repository(self.description, name)
        repository.id = len(self.repositories) + 1
        self.repositories[name] = repository
        return repository

    def list_repositories(self, _names: dict[str, str], asked: dict[str, str], _told: Any) -> Reply:
        example = self.description.example("minimal-repository-items")[0]
        rows = [example | {"full_name": name, "archived": r.is_archived} for name, r in self.repositories.items()]
        return self.listed(asked, rows)

    def find(self, name: str) -> Repository | None:
        """The repository of that name, or that had it, if the token may see it; upper and lower case are one."""
        known = {key.lower(): repository for key, repository in self.repositories.items()}
        old = {key.lower(): key for key in self.renamed}
        found = known.get(self.renamed[old[name.lower()]].lower() if name.lower() in old else name.lower())
        return found if found and not found.is_hidden else None

    @contextmanager
    def running(self) -> Iterator[None]:
        """Serves on loopback until the end."""
        server = Server(self)
        self.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield
        finally:
            self.closing.set()
            server.shutdown()
            server.server_close()
            thread.join()

    def answer(self, operation: Operation, query: str, headers: Mapping[str, str], body: bytes) -> Reply:
        """What GitHub would answer."""
        if refusal := self._refusal(operation, headers):
            return refusal
        asked = {name: values[0] for name, values in parse_qs(query).items()}
        names, told = operation.names, msgspec.json.decode(body) if body else {}
        repository = self.find(f"{names['owner']}/{names['repo']}") if "repo" in names else self
        if repository is None:
            return missing()
        if operation.id in self.forbidden:
            return forbidden("Resource not accessible by integration")
        if operation.id == "apps/list-repos-accessible-to-installation":
            return self.list_installation_repositories(headers["authorization"].removeprefix("token "), asked)
        with self.lock:
            reply: Reply = getattr(repository, _ANSWERS[operation.id])(names, asked, told)
            return reply

    def _refusal(self, operation: Operation, headers: Mapping[str, str]) -> Reply | None:
        said = headers.get("authorization", "")
        kind, _, token = said.partition(" ")
        if operation.id == "apps/create-from-manifest":
            return None
        if operation.id in apps.ANSWERS:
            return self.refused_app(token) if kind == "bearer" else bad_credentials()
        if kind == "token" and token in self.tokens:
            return None
        # Who may write is told to nobody who does not say who asks.
        if self.is_public and not said and operation.id != "repos/get-collaborator-permission-level":
            return None
        return bad_credentials()


# The method of a repository, or of the server, that answers an operation.
_ANSWERS: Mapping[str, str] = {
    "pulls/list": "list_pulls",
    "pulls/get": "get_pull",
    "pull-request-stacks/list": "list_stacks",
    "pulls/list-files": "list_files",
    "pulls/list-commits": "list_commits",
    "pulls/list-reviews": "list_reviews",
    "issues/list-comments": "list_comments",
    "issues/create-comment": "create_comment",
    "issues/update-comment": "update_comment",
    "issues/delete-comment": "delete_comment",
    "issues/list-comments-for-repo": "list_all_comments",
    "issues/list-for-repo": "list_issues",
    "issues/create": "create_issue",
    "issues/update": "update_issue",
    "repos/get-content": "content",
    "checks/list-for-ref": "list_checks",
    "checks/create": "create_check",
    "checks/update": "update_check",
    "actions/create-workflow-dispatch": "dispatch",
    "actions/enable-workflow": "switch_on",
    "actions/disable-workflow": "switch_off",
    "repos/get-collaborator-permission-level": "permission",
    "apps/create-from-manifest": "convert",
    **apps.ANSWERS,
    **contents.ANSWERS,
}


def _nothing(_count: int) -> None:
    pass
