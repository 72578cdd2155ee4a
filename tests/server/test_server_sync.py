"""`sync --server` brings clones and a server to the same sessions, whatever breaks it off."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import scene
from pr_sessions.server.viewer import Right
from server.teams import Team, team_server

FIRST = "ada-20251122-1000"


@pytest.fixture(scope="module")
def team(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Team]:
    with team_server(tmp_path_factory.mktemp("team")) as made:
        yield made


def clone_of(folder: Path, name: str) -> Path:
    root = scene.committed(folder / name)
    scene.git(root, "remote", "add", "origin", f"https://github.com/shop/{folder.name[-40:]}.git")
    return root


def run(clone: Path, team: Team, token: str, *more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pr_sessions", "sync", "--server", team.url, *more],
        cwd=clone,
        env={**scene.python_environment(), "PR_SESSIONS_TOKEN": token},
        capture_output=True,
        text=True,
        check=False,
    )


def test_what_one_clone_knows_comes_to_the_other(team, tmp_path, clock):
    one, two = clone_of(tmp_path, "one"), clone_of(tmp_path, "two")
    scene.tracker_at(one, clock).record(scene.auto(1))
    scene.tracker_at(two, clock).record(scene.auto(2, author="bob"))
    token = team.token(Right.READ, Right.WRITE)
    outcomes = [run(clone, team, token) for clone in (one, two, one)]

    assert [done.returncode for done in outcomes] == [0, 0, 0], outcomes
    name = f"shop/{tmp_path.name[-40:]}"
    assert [done.stdout for done in outcomes] == [
        f"Synced {name} with {team.url}: 0 sessions received, 1 session sent.\n",
        f"Synced {name} with {team.url}: 1 session received, 1 session sent.\n",
        f"Synced {name} with {team.url}: 1 session received, 0 sessions sent.\n",
    ]
    documents = [scene.overview(scene.tracker_at(clone, clock)) for clone in (one, two)]
    assert documents[0] == documents[1]
    assert len(documents[0]) == 2


def test_to_sync_again_changes_nothing(team, tmp_path, clock):
    one = clone_of(tmp_path, "one")
    scene.tracker_at(one, clock).record(scene.auto(1))
    token = team.token(Right.READ, Right.WRITE)
    run(one, team, token)
    before = scene.look(one)
    again = run(one, team, token)

    assert again.stdout.startswith("Nothing to do: this clone and")
    assert scene.look(one) == before


def test_what_was_broken_off_after_the_server_stored_it_is_completed_by_the_next(team, tmp_path, clock):
    one = clone_of(tmp_path, "one")
    scene.tracker_at(one, clock).record(scene.auto(1))
    token = team.token(Right.READ, Right.WRITE)
    from pr_sessions.server.client import Client
    from pr_sessions.tracker.sync import exchange

    def break_off(data: bytes) -> tuple[bytes, tuple[str, ...]]:
        with Client(team.url, token) as client:
            client.sync_sessions(f"shop/{tmp_path.name[-40:]}", data)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        exchange(scene.tracker_at(one, clock), break_off)
    done = run(one, team, token)
    assert (done.returncode, done.stdout.split(":")[0]) == (0, "Nothing to do")


@pytest.mark.parametrize(
    ("token", "message"),
    [
        ("", "error: PR_SESSIONS_TOKEN is not set\n"),
        ("prs_x", "error: this is no token of pr-sessions\n"),
        (Right.READ, "error: token clone has no right to write\n"),
    ],
)
def test_who_may_not_write_changes_nothing(team, tmp_path, clock, token, message):
    one = clone_of(tmp_path, "one")
    scene.tracker_at(one, clock).record(scene.auto(1))
    done = run(one, team, team.token(token) if isinstance(token, Right) else token)
    assert (done.returncode, done.stderr.splitlines(keepends=True)[0]) == (1, message)


def test_a_token_of_another_repository_is_refused(team, tmp_path, clock):
    one = clone_of(tmp_path, "one")
    scene.tracker_at(one, clock).record(scene.auto(1))
    done = run(one, team, team.token(Right.WRITE, repositories=["shop/another"]))
    assert (done.returncode, "may not change the sessions" in done.stderr) == (1, True)


def test_a_clone_without_a_remote_is_named(team, clone, clock):
    scene.tracker_at(clone, clock).record(scene.auto(1))
    token = team.token(Right.READ, Right.WRITE)
    nameless = run(clone, team, token)
    named = run(clone, team, token, "--repository", "shop/nameless")
    assert nameless.stderr.splitlines() == [
        "error: no remote says how the repository is called there",
        "hint: name it: --repository OWNER/REPO",
    ]
    assert named.returncode == 0, named.stderr


def test_no_vendors_run_id_leaves_the_clone(team, clone, clock, tmp_path):
    from pr_sessions.core.agents import Agent

    tracker = scene.tracker_at(clone, clock)
    secret = "0b7e6a52-vendors-run-id"
    body = f"https://claude.ai/code/session_{secret}"
    tracker.record(scene.auto(1, body=body, agents=(Agent("claude-code", runs=(secret,)),)))
    run(clone, team, team.token(Right.READ, Right.WRITE), "--repository", "shop/private")
    stored = Path(str(team.engine.url.database)).read_bytes()
    wal = Path(f"{team.engine.url.database}-wal")
    assert secret.encode() not in stored + (wal.read_bytes() if wal.exists() else b"")
