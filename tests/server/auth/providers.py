"""Two providers of logins as real servers: GitHub's part of it, and one that speaks OpenID Connect."""

import json
import threading
import time
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OTHER_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
CODE, SECRET, CLIENT, TOKEN = "the-code", "client-secret", "client-of-the-server", "gho_token"


def challenge(verifier: str) -> str:
    return urlsafe_b64encode(sha256(verifier.encode()).digest()).decode().rstrip("=")


class FakeProvider:
    """Attributes a test may change before the login.

    Attributes:
        login: who logs in.
        memberships: the state of that person in organisations.
        repositories: full names, and whether the person may write.
        statements: of the identity, over those that are right.
        key: that signs identities.
        algorithm: by which.
        issuer: that the description names; its own address if empty.
        asked: the queries of its page.
    """

    def __init__(self) -> None:
        self.login = "Maria"
        self.memberships = {"shop": "active"}
        self.repositories = {"Shop/Web": True, "shop/api": False}
        self.statements: dict[str, Any] = {}
        self.key: Any = KEY
        self.algorithm = "RS256"
        self.issuer = ""
        self.asked: list[dict[str, str]] = []
        self.url = ""

    def answer(self, path: str, query: dict[str, str], form: dict[str, str], login: str) -> Any:
        """The answer: a status and a value; a text is where the browser is led to."""
        if path in ("/login/oauth/authorize", "/authorize"):
            self.asked.append(query)
            target = {"code": CODE, "state": query["state"]}
            return 302, f"{query['redirect_uri']}?{urlencode(target)}"
        if path == "/login/oauth/access_token":
            is_right = form["client_secret"] == SECRET and self._is_ours(form)
            return 200, {"access_token": TOKEN} if is_right else {"error": "bad_verification_code"}
        if path == "/token":
            expected = f"{CLIENT}:{SECRET}"
            is_right = b64decode(login.removeprefix("Basic ")).decode() == expected and self._is_ours(form)
            return (200, {"id_token": self._identity()}) if is_right else (400, {"error": "invalid_grant"})
        if path == "/.well-known/openid-configuration":
            names = {"authorization_endpoint": "authorize", "token_endpoint": "token", "jwks_uri": "keys"}
            return 200, {"issuer": self.issuer or self.url} | {k: f"{self.url}/{v}" for k, v in names.items()}
        if path == "/keys":
            public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(KEY.public_key()))
            return 200, {"keys": [public | {"kid": "first", "use": "sig"}]}
        return self._interface(path, login)

    def _interface(self, path: str, login: str) -> Any:
        if login != f"Bearer {TOKEN}":
            return 401, {"message": "Bad credentials"}
        if path == "/user":
            return 200, {"login": self.login}
        if path.startswith("/user/memberships/orgs/"):
            state = self.memberships.get(path.rpartition("/")[2])
            return (200, {"state": state}) if state else (404, {})
        if path == "/user/installations":
            return 200, {"installations": [{"id": 7}]}
        items = [{"full_name": n, "permissions": {"pull": True, "push": p}} for n, p in self.repositories.items()]
        return 200, {"repositories": items}

    def _is_ours(self, form: dict[str, str]) -> bool:
        return form["code"] == CODE and challenge(form["code_verifier"]) == self.asked[-1]["code_challenge"]

    def _identity(self) -> str:
        now = int(time.time())
        right = {
            "iss": self.url,
            "sub": "248289761001",
            "aud": CLIENT,
            "exp": now + 300,
            "iat": now,
            "nonce": self.asked[-1]["nonce"],
            "email": "Maria@example.com",
            "email_verified": True,
        }
        values = {name: value for name, value in {**right, **self.statements}.items() if value is not None}
        return jwt.encode(values, self.key, self.algorithm, {"kid": "first"})


@contextmanager
def providing() -> Iterator[FakeProvider]:
    fake = FakeProvider()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        wbufsize = -1

        def do_GET(self) -> None:
            self.serve({})

        def do_POST(self) -> None:
            text = self.rfile.read(int(self.headers.get("content-length", "0"))).decode()
            self.serve(_single(parse_qs(text)))

        def serve(self, form: dict[str, str]) -> None:
            parts = urlsplit(self.path)
            login = self.headers.get("authorization", "")
            status, value = fake.answer(parts.path, _single(parse_qs(parts.query)), form, login)
            body = b"" if isinstance(value, str) else json.dumps(value).encode()
            self.send_response(status)
            if isinstance(value, str):
                self.send_header("location", value)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads, server.block_on_close = True, False
    fake.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield fake
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _single(values: Mapping[str, list[str]]) -> dict[str, str]:
    return {name: each[0] for name, each in values.items()}
