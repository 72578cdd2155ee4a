"""The fake GitHub's server: every request is counted and looked at, and a fault comes in place of an answer."""

import hashlib
import re
import socket
import sys
from collections.abc import Mapping
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlencode, urlsplit

import msgspec

from descriptions import Operation
from fake_github.replies import Fault, Reply, limited

if TYPE_CHECKING:
    from fake_github import FakeGitHub

_GRAPHQL = ("/graphql", "/api/graphql")
_OF_REPOSITORY = re.compile(r"/repos/([^/]+/[^/]+)(/.*)?")
_BY_ID = re.compile(r"/repositories/(\d+)(/.*)?")


class Server(ThreadingHTTPServer):
    daemon_threads, block_on_close = True, False

    def __init__(self, fake: "FakeGitHub") -> None:
        super().__init__(("127.0.0.1", 0), _handler(fake))
        self._fake = fake

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002 - socketserver's signature
        """A client that went away is part of the play; anything else fails the test."""
        error = sys.exception()
        if not isinstance(error, ConnectionError):
            self._fake.broken.append(f"the fake stumbled: {error!r}")


def _handler(fake: "FakeGitHub") -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # Else the end of a long answer waits for the other side to acknowledge its beginning.
        disable_nagle_algorithm = True
        # Head and body of an answer go in one piece.
        wbufsize = -1

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
            if parts.path in _GRAPHQL:
                reply = fake.graphql.answer({name.lower(): value for name, value in self.headers.items()}, body)
                self.put(reply.status, reply.headers, msgspec.json.encode(reply.value), fault)
                return
            if parts.path.endswith("/settings/apps/new"):
                reply = fake.accept_manifest(parts.path, parts.query, body)
                self.put(reply.status, reply.headers, b"")
                return
            if reply := self.refused_or_moved(parts.path):
                self.put(reply.status, reply.headers, msgspec.json.encode(reply.value))
                return
            path = _BY_ID.sub(self.named, parts.path.removeprefix("/api/v3"))
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

        def refused_or_moved(self, path: str) -> Reply | None:
            """Nothing more within the limit, or the address of a repository that has another name now."""
            with fake.lock:
                if fake.rest_left is not None:
                    fake.rest_left -= 1
                    if fake.rest_left < 0:
                        return limited(403, fake.limit_resets)
            match = _OF_REPOSITORY.fullmatch(path)
            name = next((new for old, new in fake.renamed.items() if match and old.lower() == match[1].lower()), None)
            if name is None or match is None:
                return None
            query = urlsplit(self.path).query
            address = f"{fake.url}/repositories/{fake.repositories[name].id}{match[2] or ''}?{query}".rstrip("?")
            return Reply(301, {"message": "Moved Permanently", "url": address}, {"location": address})

        def named(self, match: re.Match[str]) -> str:
            """The path of a repository that is named by its number."""
            name = next(name for name, each in fake.repositories.items() if each.id == int(match[1]))
            return f"/repos/{name}{match[2] or ''}"

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
            shown = []
            for rel, to in links.items():
                following = query | (to if isinstance(to, dict) else {"page": to})
                shown.append(f'<{fake.url}{parts.path}?{urlencode(following)}>; rel="{rel}"')
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

        def date_time_string(self, timestamp: float | None = None) -> str:
            """The date of an answer, by the clock of the fake."""
            return super().date_time_string(fake.clock().timestamp() if timestamp is None else timestamp)

        def log_message(self, *_: Any) -> None:
            pass

    return Handler


def _encoded(value: Any) -> bytes:
    if isinstance(value, bytes):
        return value
    return b"" if value is None else msgspec.json.encode(value)
