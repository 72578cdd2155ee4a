"""`report --evidence` reads the rows from a real server, as JSON or CSV, with a digest over them."""

import csv
import hashlib
import json
import subprocess
import sys
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import insert

import scene
from pr_sessions.server.evidence.keeping import keep_observations
from pr_sessions.server.evidence.observations import Kind, Observation
from pr_sessions.server.viewer import Right
from pr_sessions.storage.sql.engine import writing
from pr_sessions.storage.sql.list_columns import kind
from pr_sessions.storage.sql.repositories import ensure_repository
from pr_sessions.storage.sql.schema import pull_requests
from server.teams import Team, team_server
from server_moments import HOUR, NOON

HEAD = "a" * 40
ROW = {"digits": 1, "position": 0, "kind": kind("merged", is_attributed=False), "state": "merged", "merged_at": NOON}


@pytest.fixture(scope="module")
def team(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Team]:
    with team_server(tmp_path_factory.mktemp("team")) as made:
        with writing(made.engine) as connection:
            repository_id = ensure_repository(connection, "shop/web", NOON).id
            for number, agent in (("1", "cursor"), ("2", "=cmd"), ("3", "")):
                values = {**ROW, "repository_id": repository_id, "number": number, "agent": agent}
                connection.execute(insert(pull_requests).values(values))
            keep_observations(
                connection,
                repository_id,
                [
                    Observation(kind=Kind.REQUEST, number="1", subject="maria", at=NOON - HOUR),
                    Observation(kind=Kind.REVIEW, number="1", head=HEAD, subject="jonas", at=NOON, outcome="approved"),
                    Observation(kind=Kind.MERGE, number="1", head=HEAD, subject="maria", at=NOON),
                    Observation(kind=Kind.CHECK, head=HEAD, subject="tests", at=NOON, outcome="success"),
                ],
            )
        yield made


def run(team: Team, token: str, *more: str, since: str = "2026-11-01") -> subprocess.CompletedProcess[str]:
    arguments = ["report", "--evidence", "--org", "shop", "--since", since, "--server", team.url, *more]
    return subprocess.run(
        [sys.executable, "-m", "pr_sessions", *arguments],
        cwd=Path("/"),
        env={**scene.python_environment(), "PR_SESSIONS_TOKEN": token},
        capture_output=True,
        text=True,
        check=False,
    )


def test_an_auditor_reads_it_as_json(team):
    done = run(team, team.token(Right.AUDIT))
    data = json.loads(done.stdout)
    lines = b"".join(msgspec.json.encode(row) + b"\n" for row in data["rows"])

    assert [(row["number"], row["requester"], row["merged_by"], row["unknowns"]) for row in data["rows"]] == [
        ("1", "maria", "maria", ["bypass"]),
        (
            "2",
            "unknown",
            "unknown",
            ["requester", "merged_by", "head", "no_second_person", "approved_by_requester", "unchecked_head", "bypass"],
        ),
    ]
    assert (data["count"], data["exceptions"], data["unknowns"]["bypass"]) == (2, {}, 2)
    assert data["sha256"] == hashlib.sha256(lines).hexdigest()


def test_an_auditor_reads_it_as_a_table(team):
    token = team.token(Right.AUDIT)
    done = run(team, token, "--format", "csv")
    rows = list(csv.DictReader(StringIO(done.stdout)))

    assert [(row["number"], row["agent"], row["approvals"], row["checks"]) for row in rows] == [
        ("1", "cursor", f"jonas at {HEAD}", "tests: success"),
        ("2", "'=cmd", "", ""),
    ]
    assert done.stderr == f"2 rows; SHA-256 over them as JSON lines: {json.loads(run(team, token).stdout)['sha256']}\n"


def test_only_what_was_merged_since_counts(team):
    assert json.loads(run(team, team.token(Right.AUDIT), since="2026-12-01").stdout)["rows"] == []


def test_who_may_not_audit_is_refused(team):
    done = run(team, team.token(Right.READ, Right.WRITE))
    assert (done.returncode, done.stdout, done.stderr.splitlines()[0]) == (
        1,
        "",
        "error: token clone has no right to audit",
    )
