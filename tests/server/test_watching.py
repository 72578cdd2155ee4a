"""What programs that watch a server read: health, numbers, the log."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import structlog
from litestar import get
from msgspec import json
from msgspec.structs import replace
from sqlalchemy import Engine, text

from pr_sessions.server.frame.logs import set_up_logs
from pr_sessions.server.services import Services
from pr_sessions.server.settings import Settings
from pr_sessions.storage.sql.engine import writing
from pr_sessions.storage.sql.migrate import upgrade
from server.conftest import TOKEN, Open, Serve


@pytest.fixture
def database_kind() -> str:
    return "sqlite"


class TestReadiness:
    def test_a_clone_is_ready(self, client_of: Open, local_services: Services) -> None:
        answer = client_of(local_services, token="").get("/readyz")

        assert (answer.status_code, answer.text) == (200, "ready\n")

    def test_a_database_of_this_version_is_ready(
        self, client_of: Open, local_services: Services, database: Engine
    ) -> None:
        upgrade(database)
        answer = client_of(replace(local_services, engine=database), token="").get("/readyz")

        assert (answer.status_code, answer.text) == (200, "ready\n")

    def test_one_of_another_version_is_not(self, client_of: Open, local_services: Services, database: Engine) -> None:
        upgrade(database)
        with writing(database) as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = 'newer'"))
        answer = client_of(replace(local_services, engine=database), token="").get("/readyz")

        assert (answer.status_code, answer.text) == (503, "the database has other tables than this version\n")


class TestNumbers:
    def test_this_machine_reads_them(self, serve: Serve, clone: Path) -> None:
        running = serve(clone)
        answer = httpx.get(f"{running.url}/metrics", trust_env=False)

        assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
        assert 'pr_sessions_requests_total{part="healthz",status="200"} 1.0' in answer.text

    def test_somebody_elsewhere_needs_a_right(self, client_of: Open, local_services: Services) -> None:
        # What comes through a proxy is not of this machine.
        client = client_of(replace(local_services, settings=Settings(proxies=1)), token="")

        assert client.get("/metrics").status_code == 403
        assert client.get("/metrics", headers={"authorization": f"Bearer {TOKEN}"}).status_code == 200


class TestLog:
    @pytest.fixture
    def log(self, capsys: pytest.CaptureFixture[str]) -> Iterator[Callable[[], list[dict[str, Any]]]]:
        """The lines of a team's server, as JSON."""
        set_up_logs(Settings(database="sqlite:///team.db"))
        yield lambda: [json.decode(line) for line in capsys.readouterr().err.splitlines()]
        structlog.reset_defaults()

    def test_a_request_is_a_line_without_its_query(
        self, log: Callable[[], list[dict[str, Any]]], client_of: Open, local_services: Services
    ) -> None:
        answer = client_of(local_services).get("/nothing/here?token=secret", headers={"x-request-id": "chosen-by-me"})
        (line,) = [line for line in log() if line["path"].startswith("/nothing")]

        assert {**line, "ms": 0, "timestamp": ""} == {
            "event": "request",
            "level": "info",
            "id": answer.headers["x-request-id"],
            "method": "GET",
            "path": "/nothing/here",
            "status": 404,
            "client": "testclient",
            "ms": 0,
            "timestamp": "",
        }
        # Only a proxy that is trusted names requests.
        assert answer.headers["x-request-id"] != "chosen-by-me"

    def test_our_bug_is_a_line_with_its_place_and_the_same_id(
        self, log: Callable[[], list[dict[str, Any]]], client_of: Open, local_services: Services
    ) -> None:
        @get("/broken", sync_to_thread=False)
        def broken() -> str:
            raise ZeroDivisionError

        client = client_of(local_services)
        client.app.register(broken)
        answer = client.get("/broken")
        (line,) = [line for line in log() if line["event"] == "failed"]

        assert (line["id"], line["status"], line["level"]) == (answer.headers["x-request-id"], 500, "error")
        assert "ZeroDivisionError" in line["exception"]


def test_without_the_extra_it_says_what_to_install(clone: Path) -> None:
    code = "import sys; sys.modules['granian'] = None; from pr_sessions.cli.main import run; sys.exit(run(['serve']))"
    done = subprocess.run([sys.executable, "-c", code], cwd=clone, capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout, done.stderr) == (
        1,
        "",
        """\
error: `serve` needs a package that is not installed: granian
hint: install its extra from your clone: uv tool install './pr-sessions[server]'
""",
    )


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])  # noqa: S104 - it is refused
def test_a_page_without_logins_is_for_this_machine_only(clone: Path, host: str) -> None:
    arguments = [sys.executable, "-m", "pr_sessions", "serve", "--host", host, "--port", "0"]
    done = subprocess.run(arguments, cwd=clone, capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout, done.stderr) == (
        1,
        "",
        f"""\
error: nobody could log in, so that {host} would be open to everybody
hint: leave out --host, or set up logins or a token for a team: docs/guides/server.md
""",
    )


def test_a_folder_in_no_clone_is_an_error_before_anything_listens(tmp_path: Path) -> None:
    arguments = [sys.executable, "-m", "pr_sessions", "serve", "--port", "0"]
    done = subprocess.run(arguments, cwd=tmp_path, capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout) == (1, "")
    assert "is not in a git repository" in done.stderr
