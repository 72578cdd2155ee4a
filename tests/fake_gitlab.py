"""A GitLab on this machine: projects with merge requests in the shapes that its documentation shows, and limits.

https://docs.gitlab.com/api/merge_requests/, .../merge_request_approvals/, .../members/, .../repository_files/
"""

import json
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, quote, unquote, urlsplit

TOKEN = "glpat-a-secret-of-the-tests"
SHA = "8888888888888888888888888888888888888888"
# What may be asked for, by the last part of the path.
_QUERIES = {
    "merge_requests": {
        "state", "scope", "order_by", "sort", "per_page", "page", "with_merge_status_recheck", "updated_after",
        "author_username", "created_after", "non_archived",
    },
    "diffs": {"per_page", "page"},
    "commits": {"per_page"},
    "all": {"per_page", "page"},
    "notes": {"sort", "per_page"},
    "raw": {"ref"},
}  # fmt: skip


class Project:
    """One project, and what is kept of its merge requests by their numbers."""

    def __init__(self, number: int, path: str) -> None:
        self.number, self.path = number, path
        self.is_archived = self.is_hidden = False
        self.merge_requests: dict[int, dict[str, Any]] = {}
        # Below a merge request, by number and name: approvals, reviewers, diffs, commits, closes_issues, notes.
        self.parts: dict[tuple[int, str], Any] = {}
        self.members: list[dict[str, Any]] = []
        self.files: dict[str, bytes] = {}

    def open(self, number: int, created: str, author: str = "ada", **row: Any) -> dict[str, Any]:
        """A merge request with one file and one commit."""
        self.merge_requests[number] = {
            "id": 1000 + number,
            "iid": number,
            "project_id": self.number,
            "title": f"Change {number}",
            "description": "",
            "state": "opened",
            "created_at": created,
            "updated_at": created,
            "merged_at": None,
            "closed_at": None,
            "target_branch": "main",
            "source_branch": f"work-{number}",
            "author": {"id": 7, "username": author, "name": author.title(), "state": "active"},
            "assignees": [],
            "reviewers": [],
            "source_project_id": self.number,
            "target_project_id": self.number,
            "labels": [],
            "draft": False,
            "merge_when_pipeline_succeeds": False,
            "detailed_merge_status": "not_approved",
            "has_conflicts": False,
            "sha": SHA,
            "web_url": f"https://gitlab.com/{self.path}/-/merge_requests/{number}",
            "references": {"short": f"!{number}", "full": f"{self.path}!{number}"},
            # Only by itself:
            "head_pipeline": None,
            "diff_refs": {"base_sha": "b" * 40, "head_sha": SHA, "start_sha": "c" * 40},
            "changes_count": "1",
            "first_contribution": False,
        } | row  # fmt: skip
        diff = {"old_path": f"{number}.py", "new_path": f"{number}.py", "diff": "@@ -1 +1,2 @@\n-a\n+b\n+c\n"}
        diff |= {"new_file": False, "renamed_file": False, "deleted_file": False}
        commit = {"id": f"{number:08x}" * 5, "message": f"Change {number}", "author_email": "ada@example.com"}
        self.parts[number, "diffs"] = [diff]
        self.parts[number, "commits"] = [commit | {"committed_date": created}]
        self.parts[number, "approvals"] = {"approved": False, "approved_by": []}
        self.parts[number, "reviewers"] = self.parts[number, "closes_issues"] = self.parts[number, "notes"] = []
        return self.merge_requests[number]

    def answer(self, rest: list[str], query: dict[str, str]) -> Any:
        """What is at a path below it; `None` for nothing."""
        match rest:
            case []:
                return {"id": self.number, "path_with_namespace": self.path, "archived": self.is_archived}
            case ["merge_requests"]:
                rows = [row for row in self.merge_requests.values() if query["state"] in ("all", row["state"])]
                rows.sort(key=lambda row: (row["created_at"], row["iid"]), reverse=True)
                return [{name: value for name, value in row.items() if name not in _OF_ITSELF} for row in rows]
            case ["merge_requests", number, *part]:
                return self.parts.get((int(number), part[0])) if part else self.merge_requests.get(int(number))
            case ["members", "all"]:
                return self.members
            case ["repository", "files", name, "raw"]:
                return self.files.get(name)
        return None


class Refused(Exception):
    """A status other than 200."""

    def __init__(self, status: int, message: str, headers: dict[str, str] | None = None) -> None:
        self.status, self.value, self.headers = status, {"message": message}, headers or {}


_OF_ITSELF = ("head_pipeline", "diff_refs", "changes_count", "first_contribution")


class FakeGitLab:
    """A server with one project; others can be added."""

    def __init__(self) -> None:
        self.projects = {"octo/shop": Project(1, "octo/shop")}
        self.shop = self.projects["octo/shop"]
        self.renamed: dict[str, str] = {}
        self.token = TOKEN
        self.viewer = "ada"
        self.is_public = False
        self.left: int | None = None
        # Parts that are refused with 403, such as `approvals`.
        self.forbidden: set[str] = set()
        self.faults: deque[int] = deque()
        self.asked: list[str] = []
        self.broken: list[str] = []
        self.url = ""

    def add(self, path: str) -> Project:
        """Another project."""
        self.projects[path] = Project(len(self.projects) + 1, path)
        return self.projects[path]

    @contextmanager
    def running(self) -> Iterator[None]:
        """Serves on loopback until the end."""
        server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        server.daemon_threads, server.block_on_close = True, False
        self.url = f"http://127.0.0.1:{server.server_address[1]}/api/v4"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield
        finally:
            server.shutdown()
            server.server_close()
            thread.join()

    def answer(self, path: str, query: dict[str, str], token: str) -> tuple[int, Any, dict[str, str]]:
        """Status, value and headers."""
        parts = [unquote(part) for part in path.split("/")]
        if wrong := set(query) - _QUERIES.get(parts[-1], set()):
            self.broken.append(f"{path}: {sorted(wrong)}")
        try:
            self._refuse(token)
            value = self._of_project(parts[1:], query) if parts[0] == "projects" else self._of_server(parts, query)
        except Refused as refused:
            return refused.status, refused.value, refused.headers
        return 200, value, {}

    def _refuse(self, token: str) -> None:
        if self.faults and (status := self.faults.popleft()):
            raise Refused(status, "a fault")
        if self.left is not None:
            self.left -= 1
            if self.left < 0:
                raise Refused(429, "Retry later", {"ratelimit-remaining": "0", "ratelimit-reset": "1900000000"})
        if token != self.token and not (self.is_public and not token):
            raise Refused(401, "401 Unauthorized")

    def _of_server(self, parts: list[str], query: dict[str, str]) -> Any:
        match parts:
            case ["user"]:
                return {"id": 7, "username": self.viewer}
            case ["merge_requests"]:
                everything = [row for each in self.projects.values() for row in each.merge_requests.values()]
                return [row for row in everything if row["author"]["username"] == query["author_username"]]
            case ["groups", group, "merge_requests"]:
                inside = [each for path, each in self.projects.items() if path.startswith(f"{group}/")]
                if inside:
                    rows = [row for each in inside if not each.is_archived for row in each.merge_requests.values()]
                    return _page(rows, query)
        raise Refused(404, "404 Not Found")

    def _of_project(self, parts: list[str], query: dict[str, str]) -> Any:
        name, *rest = parts
        if name in self.renamed:
            new = "/".join([quote(self.renamed[name], safe=""), *(quote(part, safe="") for part in rest)])
            raise Refused(301, "moved", {"location": f"{self.url}/projects/{new}"})
        project = self.projects.get(name)
        if project is None or project.is_hidden:
            raise Refused(404, "404 Project Not Found")
        if rest and rest[-1] in self.forbidden:
            raise Refused(403, "403 Forbidden")
        value = project.answer(rest, query)
        if value is None:
            raise Refused(404, "404 Not found")
        return _page(value, query) if isinstance(value, list) else value


def _page(rows: list[Any], query: dict[str, str]) -> list[Any]:
    size, page = int(query.get("per_page", "20")), int(query.get("page", "1"))
    return rows[(page - 1) * size : page * size]


def _handler(fake: FakeGitLab) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            fake.asked.append(parts.path.removeprefix("/api/v4/"))
            query = {name: values[0] for name, values in parse_qs(parts.query).items()}
            token = self.headers.get("authorization", "").removeprefix("Bearer ")
            status, value, headers = fake.answer(parts.path.removeprefix("/api/v4/"), query, token)
            data = value if isinstance(value, bytes) else json.dumps(value).encode()
            self.send_response(status)
            for name, text in {"content-type": "application/json", **headers, "content-length": str(len(data))}.items():
                self.send_header(name, text)
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: Any) -> None:
            pass

    return Handler
