"""One command switches the gate of an organisation off, and says what holds where the server is dead."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from forked import MAIN, Server
from pr_sessions.cli.gate_switch import WITHOUT_SERVER, switch_gate
from pr_sessions.errors import PrSessionsError
from pr_sessions.server.viewer import Right
from pr_sessions.storage.sql.engine import reading
from pr_sessions.storage.sql.schema import audit, repositories
from server.gate.served import ENFORCE, add_repository, configure
from server.teams import Team, team_server


def test_a_dead_server_is_named_with_what_holds_without_it() -> None:
    with pytest.raises(PrSessionsError, match=r"http://127\.0\.0\.1:1 does not answer: ConnectError") as error:
        switch_gate("ada", "http://127.0.0.1:1", off=True, environ={"PR_SESSIONS_TOKEN": "prs_x"})
    assert error.value.hint == WITHOUT_SERVER
    assert "prs_x" not in str(error.value)


@pytest.mark.parametrize(
    ("server", "environ", "problem"),
    [
        ("", {"PR_SESSIONS_TOKEN": "x"}, "no server is named"),
        ("ftp://x.example", {"PR_SESSIONS_TOKEN": "x"}, "--server is not https"),
        ("", {"PR_SESSIONS_TOKEN": "x", "PR_SESSIONS_SERVER": "ftp://x.example"}, "PR_SESSIONS_SERVER is not https"),
        ("https://x.example", {}, "PR_SESSIONS_TOKEN is not set"),
    ],
)
def test_without_an_address_or_a_token_nothing_is_asked(server: str, environ: dict[str, str], problem: str) -> None:
    with pytest.raises(PrSessionsError, match=problem):
        switch_gate("ada", server, off=True, environ=environ)


@pytest.fixture
def acme(tmp_path: Path) -> Iterator[Team]:
    """A server with two repositories of ada's organisation, and one of another."""
    with team_server(tmp_path) as team:
        for name in ("ada/shop", "ada/tools", "acme/site"):
            configure(team.engine, add_repository(team.engine, name), ENFORCE)
        yield team


def modes(team: Team) -> dict[str, str]:
    with reading(team.engine) as connection:
        return {row.name: row.mode for row in connection.execute(select(repositories.c.name, repositories.c.mode))}


def test_the_gate_of_an_organisation_is_switched_off_and_on_again(acme: Team, server: Server, tmp_path: Path) -> None:
    environ = {"PR_SESSIONS_TOKEN": acme.token(Right.ADMIN), "PR_SESSIONS_SERVER": acme.url, "NO_PROXY": "*"}

    def gate(what: str) -> dict[str, object]:
        code, out, problems = server.run(MAIN, ["gate", what, "--org", "Ada", "--json"], tmp_path, environ)
        assert code == 0, problems
        said: dict[str, object] = json.loads(out)
        return said | {"modes": modes(acme)}

    assert gate("off") == {
        "organisation": "Ada",
        "gate": "off",
        "repositories": 2,
        "modes": {"ada/shop": "off", "ada/tools": "off", "acme/site": "enforce"},
    }
    assert gate("on") == {
        "organisation": "Ada",
        "gate": "on",
        "repositories": 2,
        "modes": {"ada/shop": "enforce", "ada/tools": "enforce", "acme/site": "enforce"},
    }
    with reading(acme.engine) as connection:
        logged = connection.execute(select(audit.c.by, audit.c.operation).where(audit.c.operation.startswith("gate ")))
        assert [tuple(row) for row in logged] == [("token clone", "gate off"), ("token clone", "gate on")]


def test_a_token_that_may_not_switches_nothing(acme: Team, server: Server, tmp_path: Path) -> None:
    environ = {"PR_SESSIONS_TOKEN": acme.token(Right.READ, Right.WRITE), "NO_PROXY": "*"}
    before = modes(acme)
    command = ["gate", "off", "--org", "ada", "--server", acme.url]
    code, out, problems = server.run(MAIN, command, tmp_path, environ)

    assert (code, out, modes(acme)) == (1, "", before)
    assert problems == f"error: {acme.url} refuses the token\nhint: it needs the scope admin\n"
