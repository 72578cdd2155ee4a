"""`token` creates, lists and revokes tokens in a server's database."""

import json
from pathlib import Path

import pytest

from pr_sessions.server.auth.tokens import viewer_of_token
from pr_sessions.server.viewer import Right
from pr_sessions.storage.sql.engine import open_engine
from pr_sessions.storage.sql.migrate import upgrade
from pr_sessions.tracker import utc_now


@pytest.fixture
def database(tmp_path: Path) -> str:
    url = f"sqlite:///{tmp_path / 'team.db'}"
    engine = open_engine(url)
    upgrade(engine)
    engine.dispose()
    return url


def test_the_token_is_printed_once(cli, database):
    made = cli("token", "create", "ci", "--scope", "write", "--repository", "Shop/Web", "--database", database)
    token = made.out.splitlines()[0]
    engine = open_engine(database)
    viewer = viewer_of_token(engine, token, utc_now())
    engine.dispose()

    assert (made.code, made.err) == (0, "")
    assert (viewer.name, viewer.rights, viewer.repositories) == (
        "token ci",
        frozenset({Right.WRITE}),
        frozenset({"shop/web"}),
    )
    assert token[21:] not in cli("token", "list", "--database", database).out


def test_a_token_is_revoked_by_its_id(cli, database):
    made = json.loads(cli("token", "create", "ci", "--database", database, "--json").out)
    cli("token", "revoke", made["id"], "--database", database)
    listed = json.loads(cli("token", "list", "--database", database, "--json").out)["tokens"]

    assert [(each["id"], each["scopes"], each["revoked_at"] is not None) for each in listed] == [
        (made["id"], ["read"], True)
    ]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("token", "list"), "error: no database is named\n"),
        (("token", "revoke", "0123456789abcdef", "--database", "{}"), "error: no such token\n"),
        (("token", "create", "ci", "--repository", "shop", "--database", "{}"), "error: not a repository on GitHub"),
        (("token", "list", "--database", "sqlite:////nowhere/team.db"), "error: there is no database"),
    ],
)
def test_mistakes_are_errors_with_hints(cli, database, monkeypatch, arguments, message):
    monkeypatch.delenv("PR_SESSIONS_DATABASE", raising=False)
    done = cli(*(argument.format(database) for argument in arguments))
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith(message)
    assert "hint: " in done.err
