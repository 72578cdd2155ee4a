"""The step that asks, by the real bash, and a real server: in every mode, switched off, dead, slow, and confused."""

import base64
import json
import os
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from runner import BASH
from scenes import ENFORCE, sha_of
from sqlalchemy import Engine
from test_asking_server import ask_step

from app_keys import private_key, public_key
from pr_sessions.config.organisation import Mode
from pr_sessions.core.policy import GateMode
from pr_sessions.server.gate.configuration import switch
from pr_sessions.server.gate.decisions import VALID, StoredDecision, store
from pr_sessions.server.run import free_place
from pr_sessions.storage.sql.engine import open_engine
from pr_sessions.storage.sql.migrate import upgrade
from pr_sessions.tracker import utc_now
from server.gate.served import add_repository
from server.gate.served import configure as configure_server
from server.running import serving

# The step, what the server does, how it treats the repository, and whether the checks may wait.
STEPS = [
    ("moved", "alive", Mode.ENFORCE, "true"),
    ("moved", "alive", Mode.ADVISORY, "false"),
    ("moved", "alive", Mode.SHADOW, "false"),
    ("moved", "alive", Mode.OFF, "false"),
    ("switched off", "alive", Mode.ENFORCE, "false"),
    ("moved", "dead", Mode.ENFORCE, "false"),
    ("moved", "slow", Mode.ENFORCE, "false"),
    ("moved", "nonsense", Mode.ENFORCE, "false"),
]


class Jobs(BaseHTTPRequestHandler):
    """GitHub's tokens for jobs, and its keys; as a server of a team it answers nonsense."""

    audience = ""

    def do_GET(self) -> None:
        issuer = f"http://127.0.0.1:{self.server.server_address[1]}/_services/token"
        if self.path.endswith("/jwks"):
            numbers = load_pem_public_key(public_key().encode()).public_numbers()  # type: ignore[union-attr]
            key = {"kty": "RSA", "kid": "k", "use": "sig", "alg": "RS256"}
            key |= {name: _base64(getattr(numbers, name)) for name in ("n", "e")}
            data = json.dumps({"keys": [key]})
        elif self.path.startswith("/token"):
            now = utc_now().timestamp()
            content = {"iss": issuer, "aud": self.audience, "iat": now, "exp": now + 300}
            content |= {"repository": "ada/shop", "repository_id": "1"}
            data = json.dumps({"value": jwt.encode(content, private_key(), "RS256", headers={"kid": "k"})})
        else:
            data = "wait, or run, or \x00"
        self.send_response(200)
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data.encode())

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def jobs() -> Iterator[str]:
    """The address of what gives jobs their tokens."""
    http = ThreadingHTTPServer(("127.0.0.1", 0), Jobs)
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{http.server_port}"
    http.shutdown()
    http.server_close()
    thread.join()


@pytest.fixture
def address(monkeypatch: pytest.MonkeyPatch) -> str:
    """Where the team's server is, if it is alive."""
    url = f"http://127.0.0.1:{free_place('127.0.0.1', 0)[1]}"
    monkeypatch.setattr(Jobs, "audience", url)
    return url


@pytest.fixture
def database_of_team(tmp_path: Path) -> Iterator[Engine]:
    engine = open_engine(f"sqlite:///{tmp_path / 'team.db'}")
    upgrade(engine)
    yield engine
    engine.dispose()


@contextmanager
def server_that_is(how: str, address: str, folder: Path, jobs: str) -> Iterator[str]:
    """A team's server; returns its address."""
    if how == "alive":
        options = ["--port", address.rpartition(":")[2], "--public-url", address]
        with serving(folder, "--database", f"sqlite:///{folder / 'team.db'}", *options, GITHUB_API_URL=jobs):
            yield address
    elif how == "slow":
        # The system takes connections, and nobody answers.
        with socket.create_server(("127.0.0.1", 0)) as listener:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    else:
        yield jobs if how == "nonsense" else address


@pytest.mark.parametrize(("step", "how", "mode", "waits"), STEPS)
def test_checks_wait_only_for_a_living_server_that_enforces(
    database_of_team: Engine, tmp_path: Path, address: str, jobs: str, step: str, how: str, mode: Mode, waits: str
) -> None:
    decide(database_of_team, mode, is_off=step == "switched off")
    output = tmp_path / "output"
    with server_that_is(how, address, tmp_path, jobs) as url:
        script = ask_step(".github/workflows/pr-sessions-gate.yml", url, GateMode.ENFORCE)
        given = {key: value for key, value in script["env"].items() if "${{" not in str(value)}
        given |= {"REPOSITORY": "ada/shop", "NUMBER": "1", "SHA": sha_of(1), "GITHUB_OUTPUT": str(output)}
        given |= {"ACTIONS_ID_TOKEN_REQUEST_URL": f"{jobs}/token?x=1", "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "t"}
        subprocess.run([*BASH, "-c", script["run"]], env={"PATH": os.environ["PATH"], **given}, check=True)

    assert output.read_text() == f"should_skip_scoring={waits}\n"


def decide(engine: Engine, mode: Mode, *, is_off: bool) -> None:
    """The server knows the pull request's last commit, and that its checks may wait."""
    shop, now = add_repository(engine), utc_now()
    configure_server(engine, shop, ENFORCE.encode(), f"mode: {mode}\n".encode())
    decision = StoredDecision(
        repository="ada/shop", number="1", sha=sha_of(1), mode=mode, waits=True,
        decided=now - timedelta(seconds=5), valid_until=now + VALID,
    )  # fmt: skip
    store(engine, shop, decision)
    if is_off:
        switch(engine, "ada", now, "maria", off=True)


def _base64(number: int) -> str:
    return base64.urlsafe_b64encode(number.to_bytes((number.bit_length() + 7) // 8, "big")).decode().rstrip("=")
