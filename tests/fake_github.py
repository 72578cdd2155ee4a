"""A GitHub on this machine that keeps state, holds every request against GitHub's own description, and can fail."""

import hashlib
import socket
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
import msgspec
from msgspec import Struct

from descriptions import RAW, Description, Operation

TOKEN = "ghp_a-secret-of-the-tests"
GRANTED = "ghs_granted-for-an-hour"
SHA = "6dcb09b5b57875f334f61aebed695e2e4193db5e"
# The suite of the check runs that are made by the interface; the others are jobs of a workflow.
_OF_THE_INTERFACE = 1


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


class FakeGitHub:
    """One repository, its people and its App."""

    def __init__(self, description: Description, repository: str = "ada/shop") -> None:
        self.description, self.repository = description, repository
        self.page_size = 100
        self.pulls: dict[int, dict[str, Any]] = {}
        self.files: dict[int, list[dict[str, Any]]] = {}
        self.commits: dict[int, list[dict[str, Any]]] = {}
        self.reviews: dict[int, list[dict[str, Any]]] = {}
        # By number, the pull requests of each from the lowest up. `None` is a repository that has no stacks at all.
        self.stacks: dict[int, list[int]] | None = None
        self.stack_base = "main"
        # An older server says nothing of stacks in its pull requests.
        self.lists_say_stacks = True
        self.comments: dict[int, dict[str, Any]] = {}
        self.checks: dict[int, dict[str, Any]] = {}
        self.permissions: dict[str, str] = {}
        self.contents: dict[tuple[str, str], bytes] = {}
        self.me, self.app = "github-actions[bot]", "github-actions"
        self.forbidden: set[str] = set()
        self.now = "2026-01-01T00:00:00Z"
        self.dispatched: list[tuple[str, Any]] = []
        # Those that are there, and whether anything may start them.
        self.workflows: dict[str, bool] = {"pr-sessions-sweep.yml": True}
        self.tokens = {TOKEN, GRANTED}
        self.is_public = False
        self.app_key = ""
        self.expires_at = "2099-01-01T00:00:00Z"
        self.faults: deque[Fault | None] = deque()
        self.asked: list[str] = []
        self.sent_headers: list[dict[str, str]] = []
        self.broken: list[str] = []
        self.looked_at: set[tuple[str, int, str]] = set()
        self.before: Callable[[int], None] = _nothing
        self.closing = threading.Event()
        self.url = ""
        self.lock = threading.RLock()

    def add_pull(self, number: int, title: str, created: str, author: str | None = "bot", **told: Any) -> None:
        """A pull request as the official example has them, with that about it which matters here."""
        row = self.description.example("pull-request-simple-items")[0]
        user = dict(row["user"], login=author, id=1000 + len(author)) if author else None
        row |= {"number": number, "title": title, "user": user, "created_at": created, "updated_at": created}
        row |= {"state": "open", "closed_at": None, "merged_at": None, "body": None, "labels": []}
        # The official example is older than the description of a team.
        row |= {"requested_teams": [], **told}
        for side in ("head", "base"):
            row[side]["repo"]["full_name"] = self.repository
        row["head"]["ref"] = f"work-{number}"
        self.pulls[number] = row
        self.files.setdefault(number, [self.file("src/shop.py")])

    def add_comment(self, number: int, body: str, author: str, created: str, kind: str = "User") -> dict[str, Any]:
        """A comment below a pull request."""
        comment = self.description.example("issue-comment-items")[0]
        comment |= {"id": 1 + max(self.comments, default=0), "body": body, "created_at": created, "updated_at": created}
        comment["user"] |= {"login": author, "type": kind}
        comment["issue_url"] = f"https://api.github.com/repos/{self.repository}/issues/{number}"
        comment["html_url"] = f"https://github.com/{self.repository}/pull/{number}#issuecomment-{comment['id']}"
        self.comments[comment["id"]] = comment
        return comment

    def add_run(self, sha: str, name: str, conclusion: str | None, *, suite: int, app: str = "") -> dict[str, Any]:
        """A check run on a commit; those of one run of a workflow have the same suite. None of them is ours."""
        check = self.description.example("check-run-example-of-in-progress-conclusion")
        check |= {"id": len(self.checks) + 1, "name": name, "head_sha": sha, "external_id": f"job-{suite}"}
        check |= {"started_at": self.now, "check_suite": {"id": suite}, "output": check["output"] | {"title": name}}
        check["app"]["slug"] = app or self.app
        self.checks[check["id"]] = self._ended(check, conclusion) if conclusion else check
        return check

    def _ended(self, check: dict[str, Any], conclusion: str) -> dict[str, Any]:
        check |= {"status": "completed", "conclusion": conclusion, "completed_at": self.now}
        return check

    def file(self, filename: str, status: str = "modified") -> dict[str, Any]:
        """A changed file."""
        return self.description.example("diff-entry-items")[0] | {"filename": filename, "status": status}

    @contextmanager
    def running(self) -> Iterator[None]:
        """Serves on loopback until the end."""
        server = _Server(self)
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
        if names.get("owner", "ada") != "ada" or names.get("repo", "shop") != "shop":
            return _missing()
        if operation.id in self.forbidden:
            return _forbidden("Resource not accessible by integration")
        with self.lock:
            return _ANSWERS[operation.id](self, names, asked, told)

    def _refusal(self, operation: Operation, headers: Mapping[str, str]) -> Reply | None:
        said = headers.get("authorization", "")
        kind, _, token = said.partition(" ")
        if kind == "bearer" and operation.id.startswith("apps/"):
            with suppress(jwt.PyJWTError):
                jwt.decode(token, self.app_key, algorithms=["RS256"], issuer="4711")
                return None
        if kind == "token" and token in self.tokens:
            return None
        # Who may write is told to nobody who does not say who asks.
        if self.is_public and not said and operation.id != "repos/get-collaborator-permission-level":
            return None
        return Reply(401, {"message": "Bad credentials", "documentation_url": "https://docs.github.com/rest"})

    def _listed(self, asked: dict[str, str], items: list[Any], key: str = "") -> Reply:
        """One page of a list, with links to the others."""
        size, page = min(self.page_size, int(asked.get("per_page", 30))), int(asked.get("page", 1))
        last = max(1, -(-len(items) // size))
        links = {"next": page + 1, "last": last} if page < last else {}
        shown = items[(page - 1) * size : page * size]
        value = {"total_count": len(items), key: shown} if key else shown
        return Reply(200, value, {"x-links": msgspec.json.encode(links).decode()})

    def list_pulls(self, _names: dict[str, str], asked: dict[str, str], _told: Any) -> Reply:
        wanted = asked.get("state", "open")
        rows = [row for row in self.pulls.values() if wanted in ("all", row["state"])]
        rows = [row | self._place(row["number"]) if self.lists_say_stacks else row for row in rows]
        field = f"{asked.get('sort', 'created')}_at"
        default = "desc" if field == "created_at" else "asc"
        rows.sort(key=lambda row: (row[field], row["number"]), reverse=asked.get("direction", default) == "desc")
        return self._listed(asked, rows)

    def get_pull(self, names: dict[str, str], _asked: dict[str, str], _told: Any) -> Reply:
        row = self.pulls.get(int(names["pull_number"]))
        if row is None:
            return _missing()
        full = self.description.example("pull-request")
        files = self.files[row["number"]]
        full["head"], full["base"] = row["head"], row["base"]
        full |= row | self._place(row["number"])
        return Reply(200, full | {"merged": row["merged_at"] is not None, "changed_files": len(files)})

    def _place(self, number: int) -> dict[str, Any]:
        """What a pull request says of its stack: nothing where the repository has none."""
        if self.stacks is None:
            return {}
        for stack, members in self.stacks.items():
            if number in members:
                base = {"ref": self.stack_base, "sha": SHA}
                position = members.index(number) + 1
                return {
                    "stack": {"id": 9000 + stack, "number": stack, "size": len(members), "position": position}
                    | {"base": base}
                }
        return {"stack": None}

    def list_stacks(self, _names: dict[str, str], asked: dict[str, str], _told: Any) -> Reply:
        if self.stacks is None:
            return _missing()
        number = int(asked.get("pull_request", 0))
        found = [self._stack(stack) for stack, members in self.stacks.items() if number in (0, *members)]
        return self._listed(asked, found)

    def _stack(self, stack: int) -> dict[str, Any]:
        rows = [self.pulls[number] for number in (self.stacks or {})[stack]]
        return {
            "id": 9000 + stack,
            "number": stack,
            "node_id": f"S_{stack}",
            "url": f"https://api.github.com/repos/{self.repository}/stacks/{stack}",
            "base": {"ref": self.stack_base},
            "pull_requests": [
                {key: row[key] for key in ("number", "state", "merged_at")}
                | {"draft": False, "head": {key: row["head"][key] for key in ("ref", "sha")}}
                for row in rows
            ],
            "open": any(row["state"] == "open" for row in rows),
            "created_at": self.now,
        }

    def list_files(self, names: dict[str, str], asked: dict[str, str], _told: Any) -> Reply:
        return self._listed(asked, self.files[int(names["pull_number"])])

    def list_commits(self, names: dict[str, str], asked: dict[str, str], _told: Any) -> Reply:
        return self._listed(asked, self.commits.get(int(names["pull_number"]), []))

    def list_reviews(self, names: dict[str, str], asked: dict[str, str], _told: Any) -> Reply:
        return self._listed(asked, self.reviews.get(int(names["pull_number"]), []))

    def list_comments(self, names: dict[str, str], asked: dict[str, str], _told: Any) -> Reply:
        below = f"/issues/{names['issue_number']}"
        return self._listed(asked, [c for c in self.comments.values() if c["issue_url"].endswith(below)])

    def create_comment(self, names: dict[str, str], _asked: dict[str, str], told: Any) -> Reply:
        number = int(names["issue_number"])
        if number not in self.pulls:
            return _missing()
        return Reply(201, self.add_comment(number, told["body"], self.me, self.now, kind="Bot"))

    def update_comment(self, names: dict[str, str], _asked: dict[str, str], told: Any) -> Reply:
        self.comments[int(names["comment_id"])] |= {"body": told["body"], "updated_at": self.now}
        return Reply(200, self.comments[int(names["comment_id"])])

    def delete_comment(self, names: dict[str, str], _asked: dict[str, str], _told: Any) -> Reply:
        return Reply(204) if self.comments.pop(int(names["comment_id"]), None) else _missing()

    def list_all_comments(self, _names: dict[str, str], asked: dict[str, str], _told: Any) -> Reply:
        since = asked.get("since", "")
        found = [c for c in self.comments.values() if c["updated_at"] >= since]
        found.sort(key=lambda c: (c[f"{asked.get('sort', 'created')}_at"], c["id"]))
        return self._listed(asked, found[::-1] if asked.get("direction") == "desc" else found)

    def content(self, names: dict[str, str], asked: dict[str, str], _told: Any) -> Reply:
        data = self.contents.get((asked.get("ref", "main"), names["path"]))
        return _missing() if data is None else Reply(200, data, {"content-type": f"{RAW}; charset=utf-8"})

    def list_checks(self, names: dict[str, str], asked: dict[str, str], _told: Any) -> Reply:
        found = [check for check in self.checks.values() if check["head_sha"] == names["ref"]]
        found = [check for check in found if check["name"] == asked.get("check_name", check["name"])]
        if asked.get("filter", "latest") == "latest":
            found = list({(c["name"], c["app"]["slug"], c["check_suite"]["id"]): c for c in found}.values())
        return self._listed(asked, found, "check_runs")

    def create_check(self, _names: dict[str, str], _asked: dict[str, str], told: Any) -> Reply:
        check = self.add_run(told["head_sha"], told["name"], None, suite=_OF_THE_INTERFACE)
        return Reply(201, self._change(check, {"status": "queued", "external_id": ""} | told))

    def update_check(self, names: dict[str, str], _asked: dict[str, str], told: Any) -> Reply:
        check = self.checks[int(names["check_run_id"])]
        if check["app"]["slug"] != self.app or check["check_suite"]["id"] != _OF_THE_INTERFACE:
            return _forbidden("check run can only be modified by the GitHub App that created it")
        return Reply(200, self._change(check, told))

    def _change(self, check: dict[str, Any], told: dict[str, Any]) -> dict[str, Any]:
        check |= told | {"output": check["output"] | told.get("output", {})}
        return self._ended(check, told["conclusion"]) if "conclusion" in told else check

    def dispatch(self, names: dict[str, str], _asked: dict[str, str], told: Any) -> Reply:
        self.dispatched.append((names["workflow_id"], told))
        return Reply(204)

    def switch_on(self, names: dict[str, str], _asked: dict[str, str], _told: Any) -> Reply:
        return self._switch(names["workflow_id"], on=True)

    def switch_off(self, names: dict[str, str], _asked: dict[str, str], _told: Any) -> Reply:
        return self._switch(names["workflow_id"], on=False)

    def _switch(self, workflow: str, *, on: bool) -> Reply:
        if workflow not in self.workflows:
            return _missing()
        self.workflows[workflow] = on
        return Reply(204)

    def permission(self, names: dict[str, str], _asked: dict[str, str], _told: Any) -> Reply:
        known = {login.lower(): granted for login, granted in self.permissions.items()}
        granted = known.get(names["username"].lower())  # As on GitHub, upper and lower case are one.
        if granted is None:
            return _missing()
        example = self.description.example("repository-collaborator-permission-response-if-user-has-admin-permissions")
        # As a team above: the description asks for more than its example has.
        user = self.description.example("pull-request")["user"] | {"role_name": granted}
        return Reply(200, example | {"permission": granted, "role_name": granted, "user": user})

    def installation(self, _names: dict[str, str], _asked: dict[str, str], _told: Any) -> Reply:
        return Reply(200, self.description.example("installation") | {"id": 77})

    def access_token(self, names: dict[str, str], _asked: dict[str, str], told: Any) -> Reply:
        if names["installation_id"] != "77" or told != {"repositories": ["shop"]}:
            return _missing()
        return Reply(201, {"token": GRANTED, "expires_at": self.expires_at})


_ANSWERS: Mapping[str, Callable[..., Reply]] = {
    "pulls/list": FakeGitHub.list_pulls,
    "pulls/get": FakeGitHub.get_pull,
    "pull-request-stacks/list": FakeGitHub.list_stacks,
    "pulls/list-files": FakeGitHub.list_files,
    "pulls/list-commits": FakeGitHub.list_commits,
    "pulls/list-reviews": FakeGitHub.list_reviews,
    "issues/list-comments": FakeGitHub.list_comments,
    "issues/create-comment": FakeGitHub.create_comment,
    "issues/update-comment": FakeGitHub.update_comment,
    "issues/delete-comment": FakeGitHub.delete_comment,
    "issues/list-comments-for-repo": FakeGitHub.list_all_comments,
    "repos/get-content": FakeGitHub.content,
    "checks/list-for-ref": FakeGitHub.list_checks,
    "checks/create": FakeGitHub.create_check,
    "checks/update": FakeGitHub.update_check,
    "actions/create-workflow-dispatch": FakeGitHub.dispatch,
    "actions/enable-workflow": FakeGitHub.switch_on,
    "actions/disable-workflow": FakeGitHub.switch_off,
    "repos/get-collaborator-permission-level": FakeGitHub.permission,
    "apps/get-repo-installation": FakeGitHub.installation,
    "apps/create-installation-access-token": FakeGitHub.access_token,
}


def _encoded(value: Any) -> bytes:
    if isinstance(value, bytes):
        return value
    return b"" if value is None else msgspec.json.encode(value)


def _nothing(_count: int) -> None:
    pass


def _forbidden(why: str) -> Reply:
    return Reply(403, {"message": why, "documentation_url": "https://docs.github.com/rest", "status": "403"})


def _missing() -> Reply:
    return Reply(404, {"message": "Not Found", "documentation_url": "https://docs.github.com/rest", "status": "404"})


class _Server(ThreadingHTTPServer):
    daemon_threads, block_on_close = True, False

    def __init__(self, fake: FakeGitHub) -> None:
        super().__init__(("127.0.0.1", 0), _handler(fake))
        self._fake = fake

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002 - socketserver's signature
        """A client that went away is part of the play; anything else fails the test."""
        error = sys.exception()
        if not isinstance(error, ConnectionError):
            self._fake.broken.append(f"the fake stumbled: {error!r}")


def _handler(fake: FakeGitHub) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # Else the end of a long answer waits for the other side to acknowledge its beginning.
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            self.serve()

        def do_POST(self) -> None:
            self.serve()

        def do_PATCH(self) -> None:
            self.serve()

        def do_PUT(self) -> None:
            self.serve()

        def do_DELETE(self) -> None:
            self.serve()

        def serve(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            with fake.lock:
                fake.asked.append(f"{self.command} {self.path}")
                fake.sent_headers.append({name.lower(): value for name, value in self.headers.items()})
                count = len(fake.asked)
                fault = fake.faults.popleft() if fake.faults else None
            fake.before(count)
            self.reply(body, fault)

        def reply(self, body: bytes, fault: Fault | None) -> None:
            if fault and fault.hangs:
                fake.closing.wait()
                self.close_connection = True
            elif fault and fault.status:
                self.put(fault.status, fault.headers, fault.body)
            else:
                self.put_right(body, fault)

        def put_right(self, body: bytes, fault: Fault | None) -> None:
            parts = urlsplit(self.path)
            path = parts.path.removeprefix("/api/v3")
            operation = fake.description.operation(self.command, path)
            if operation is None:
                fake.broken.append(f"{self.command} {self.path}: not described")
                self.put(404, {}, b"{}")
                return
            headers = {name.lower(): value for name, value in self.headers.items()}
            self.note(fake.description.request_problems(operation, parts.query, headers, body))
            reply = fake.answer(operation, parts.query, headers, body)
            data = _encoded(reply.value)
            digest = hashlib.sha256(data).hexdigest()
            etag = f'W/"{digest}"'
            if self.command == "GET" and headers.get("if-none-match") == etag:
                reply, data = Reply(304), b""
            if "content-type" not in reply.headers:
                self.note_answer(operation, reply.status, data, digest)
            more = {"etag": etag, **reply.headers, **self.links(reply)}
            more.pop("x-links", None)
            self.put(reply.status, more, data, fault)

        def note_answer(self, operation: Operation, status: int, data: bytes, digest: str) -> None:
            """The same answer to the same question is looked at once: a page of pull requests has two megabytes."""
            key = (operation.id, status, digest)
            if key not in fake.looked_at:
                self.note(fake.description.response_problems(operation, status, data))
                fake.looked_at.add(key)

        def links(self, reply: Reply) -> dict[str, str]:
            links = msgspec.json.decode(reply.headers.get("x-links", "{}"))
            parts = urlsplit(self.path)
            query = {name: values[0] for name, values in parse_qs(parts.query).items()}
            shown = [
                f'<{fake.url}{parts.path}?{urlencode(query | {"page": page})}>; rel="{rel}"'
                for rel, page in links.items()
            ]
            return {"link": ", ".join(shown)} if shown else {}

        def put(self, status: int, headers: Mapping[str, str], data: bytes, fault: Fault | None = None) -> None:
            self.send_response(status)
            for name, value in {"content-type": "application/json; charset=utf-8", **headers}.items():
                self.send_header(name, value)
            if status not in (204, 304):
                self.send_header("content-length", str(len(data)))
            self.end_headers()
            part = len(data) // 2 if fault and (fault.cut or fault.drips) else len(data)
            self.wfile.write(data[:part])
            self.wfile.flush()
            if fault and fault.drips:
                fake.closing.wait()
            if fault and (fault.cut or fault.drips):
                self.close_connection = True
                with suppress(OSError):
                    self.connection.shutdown(socket.SHUT_RDWR)

        def note(self, problems: list[str]) -> None:
            fake.broken.extend(f"{self.command} {self.path}: {problem}" for problem in problems)

        def log_message(self, *_: Any) -> None:
            pass

    return Handler
