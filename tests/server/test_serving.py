"""`serve` as people start it: of a team's database, in several processes, with a browser, of the demo."""

import subprocess
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from sqlalchemy import text

import scene
from pr_sessions.errors import InvalidValue
from pr_sessions.server.auth.tokens import create_token
from pr_sessions.server.settings import check_public_url
from pr_sessions.server.viewer import Right
from pr_sessions.storage.sql.engine import open_engine, writing
from pr_sessions.storage.sql.migrate import upgrade
from pr_sessions.tracker import utc_now
from server.conftest import Serve


def serve_in_vain(folder: Path, *arguments: str) -> tuple[int, str, str]:
    """Code, stdout and stderr of a server that does not start."""
    command = [sys.executable, "-m", "pr_sessions", "serve", "--port", "0", *arguments]
    environ = scene.python_environment()
    done = subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


def eventually(holds: Callable[[], bool]) -> bool:
    """Whether something holds within ten seconds."""
    ends = time.monotonic() + 10
    while not holds() and time.monotonic() < ends:
        time.sleep(0.02)
    return holds()


class TestDatabase:
    def test_a_new_one_is_served_on_this_machine_without_set_up(self, serve: Serve, tmp_path: Path) -> None:
        running = serve(tmp_path, "--database", f"sqlite:///{tmp_path / 'team.db'}")
        client = running.client()

        assert client.get("/readyz").text == "ready\n"
        assert client.get("/api/v1/repositories").json()["items"] == []

    def test_elsewhere_only_the_link_of_its_administrator_is_open(self, serve: Serve, tmp_path: Path) -> None:
        running = serve(tmp_path, "--database", f"sqlite:///{tmp_path / 'team.db'}", "--host", "0.0.0.0")  # noqa: S104
        client = running.client()

        assert ("token" in running.line, client.get("/").status_code, client.get("/setup").status_code) == (
            False,
            401,
            403,
        )

    def test_the_next_version_starts_beside_the_one_that_runs(self, serve: Serve, tmp_path: Path) -> None:
        url = f"sqlite:///{tmp_path / 'team.db'}"
        old, new = serve(tmp_path, "--database", url), serve(tmp_path, "--database", url)
        old.process.terminate()

        assert old.process.wait(20) == 0
        assert new.client().get("/readyz").text == "ready\n"

    def test_one_of_a_newer_version_is_an_error_before_anything_listens(self, tmp_path: Path) -> None:
        url = f"sqlite:///{tmp_path / 'team.db'}"
        engine = open_engine(url)
        upgrade(engine)
        with writing(engine) as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = 'from-the-future'"))
        engine.dispose()
        code, out, err = serve_in_vain(tmp_path, "--database", url)

        assert (code, out) == (1, "")
        assert err.startswith("error: the database is newer than this version")
        assert "\nhint: upgrade pr-sessions here" in err

    def test_what_is_no_database_is_an_error_that_shows_no_password(self, tmp_path: Path) -> None:
        code, out, err = serve_in_vain(tmp_path, "--database", "mysql://me:secret@localhost/team")

        assert (code, out, "secret" in err) == (1, "", False)
        assert "\nhint: use sqlite:" in err


@pytest.mark.parametrize("host", ["localhost", "::1"])
def test_it_listens_on_this_machine_by_any_of_its_names(serve: Serve, clone: Path, host: str) -> None:
    assert serve(clone, "--host", host).client().get("/").status_code == 200


@pytest.mark.parametrize("url", ["sessions", "ftp://sessions.example.com", "https://", "https://[", "https://a:b@c"])
def test_a_public_address_that_nobody_could_open_is_an_error(url: str) -> None:
    with pytest.raises(InvalidValue, match="no address of a server"):
        check_public_url(url)


def test_an_address_of_another_machine_is_an_error(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'team.db'}"
    engine = open_engine(url)
    upgrade(engine)
    create_token(engine, "monitor", {Right.READ}, None, timedelta(days=1), "ada", utc_now())
    engine.dispose()
    code, out, err = serve_in_vain(tmp_path, "--database", url, "--host", "192.0.2.1")

    assert (code, out) == (1, "")
    assert err.startswith("error: cannot listen on 192.0.2.1: ")
    assert err.endswith("hint: name an address of this machine: --host 127.0.0.1\n")


def test_several_processes_answer_at_one_address(serve: Serve, clone: Path) -> None:
    running = serve(clone, PR_SESSIONS_PROCESSES="2")
    cookies = dict(running.client().cookies)
    # A connection stays with its process.
    codes = {httpx.get(f"{running.url}/", cookies=cookies, trust_env=False).status_code for _ in range(8)}
    children = Path(f"/proc/{running.process.pid}/task/{running.process.pid}/children").read_text().split()

    assert (codes, len(children)) == ({200}, 2)


def test_a_browser_is_opened_at_the_address_with_the_token(serve: Serve, clone: Path, tmp_path: Path) -> None:
    seen = tmp_path / "seen"
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\nprintf %s "$1" > {seen}.new && mv {seen}.new {seen}\n')
    browser.chmod(0o755)
    running = serve(clone, "--open", BROWSER=str(browser))

    assert eventually(seen.exists)
    assert seen.read_text() == running.line


def test_sessions_are_traced_where_a_collector_is_named(serve: Serve, clone: Path) -> None:
    running = serve(clone, OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:9")
    running.process.terminate()

    assert running.process.wait(20) == 0


def test_the_demo_shows_what_its_forge_says(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "pr_sessions.cli.demo.pages"]
    environ = {**scene.python_environment(), "TMPDIR": str(tmp_path)}
    process = subprocess.Popen(command, cwd=tmp_path, env=environ, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        address = httpx.URL(process.stdout.readline().strip())
        headers = {"authorization": f"Bearer {address.params['token']}"}
        with httpx.Client(
            transport=httpx.HTTPTransport(retries=8), base_url=address.join("/"), headers=headers, timeout=20
        ) as client:
            # At first there is what was recorded, without titles; the forge is asked beside it.
            def titles() -> set[str]:
                rows = client.get("/api/v1/inbox").json()["items"]
                return {pr["title"] for row in rows for pr in row["pull_requests"]}

            assert eventually(lambda: "Split a bill" in titles())
            unknowns = client.get("/api/v1/inbox/summary").json()["unknowns"]
            assert unknowns[0] == "this is the demo: its forge is made up"
    finally:
        process.terminate()
        process.communicate(timeout=20)
    assert not list(tmp_path.glob("pr-sessions-demo-*"))
