"""Tokens of programs: what they are good for, for how long, and what is kept of them."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from pr_sessions.errors import InvalidValue, NotFound
from pr_sessions.server.auth.tokens import (
    Unauthorised,
    create_token,
    list_tokens,
    revoke_token,
    viewer_of_token,
)
from pr_sessions.server.viewer import Right, Viewer
from pr_sessions.storage.sql.engine import reading
from pr_sessions.storage.sql.schema import metadata, tokens
from server_moments import DAY, MINUTE, NOON

BY = "maria"


def create(engine, scopes=(Right.READ,), repositories=None, lifetime=DAY, name="ci"):
    return create_token(engine, name, scopes, repositories, lifetime, BY, NOON)


def test_a_token_stands_for_its_scopes_and_repositories(engine):
    _, secret = create(engine, (Right.WRITE, Right.READ), ["Shop/Web"])
    expected = Viewer("token ci", frozenset({Right.READ, Right.WRITE}), "token", frozenset({"shop/web"}))
    assert viewer_of_token(engine, secret.reveal(), NOON) == expected


def test_the_secret_is_nowhere_in_the_database(engine):
    _, secret = create(engine)
    with reading(engine) as connection:
        rows = [tuple(row) for table in metadata.sorted_tables for row in connection.execute(select(table))]
    assert len(rows) == 2
    assert secret.reveal()[21:] not in repr(rows)


def test_a_token_expires(engine):
    line, secret = create(engine)
    with pytest.raises(Unauthorised, match=f"the token {line.id} has expired"):
        viewer_of_token(engine, secret.reveal(), NOON + DAY)


def test_a_revoked_token_is_refused_at_once(engine):
    line, secret = create(engine)
    revoke_token(engine, line.id, BY, NOON)
    with pytest.raises(Unauthorised, match=f"the token {line.id} was revoked"):
        viewer_of_token(engine, secret.reveal(), NOON)


def test_revoking_twice_keeps_the_first_time(engine):
    line, _ = create(engine)
    first = revoke_token(engine, line.id, BY, NOON)
    assert revoke_token(engine, line.id, BY, NOON + DAY) == first


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no token of pr-sessions"),
        ("ghp_0123456789", "no token of pr-sessions"),
        ("prs_0123456789abcdef_short", "no token of pr-sessions"),
        ("prs_0123456789abcdef_" + "a" * 43, "does not know the token"),
        ("prs_0123456789abcdef_" + "a" * 43 + "\n", "no token of pr-sessions"),
    ],
)
def test_a_foreign_token_is_refused(engine, text, message):
    with pytest.raises(Unauthorised, match=message):
        viewer_of_token(engine, text, NOON)


def test_a_wrong_secret_of_a_known_token_looks_like_an_unknown_token(engine):
    line, _ = create(engine)
    with pytest.raises(Unauthorised) as wrong:
        viewer_of_token(engine, f"prs_{line.id}_{'a' * 43}", NOON)
    assert str(wrong.value) == "this server does not know the token"


def test_the_last_use_is_kept_to_five_minutes(engine):
    line, secret = create(engine)
    for minutes in (0, 4, 6):
        viewer_of_token(engine, secret.reveal(), NOON + minutes * MINUTE)
    assert [each.used_at for each in list_tokens(engine)] == [NOON + 6 * MINUTE]
    assert line.used_at is None


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"name": " \n"}, "needs a name"),
        ({"scopes": ()}, "at least one scope"),
        ({"lifetime": timedelta()}, "from a moment to a year"),
        ({"lifetime": timedelta(days=400)}, "from a moment to a year"),
        ({"repositories": []}, "1 to 1000 repositories"),
        ({"repositories": ["shop"]}, "not a repository"),
    ],
)
def test_a_token_that_makes_no_sense_is_not_created(engine, wrong, message):
    with pytest.raises(InvalidValue, match=message):
        create(engine, **wrong)
    assert list_tokens(engine) == []


def test_an_unknown_token_cannot_be_revoked(engine):
    for token_id in ("0123456789abcdef", "'; drop table tokens; --"):
        with pytest.raises(NotFound):
            revoke_token(engine, token_id, BY, NOON)


def test_creation_and_revocation_are_audited_once(engine, audited):
    line, _ = create(engine)
    revoke_token(engine, line.id, BY, NOON)
    revoke_token(engine, line.id, BY, NOON)
    assert audited() == [(BY, "create token"), (BY, "revoke token")]


def test_what_is_kept_is_a_hash_of_32_bytes(engine):
    create(engine)
    with reading(engine) as connection:
        assert len(connection.execute(select(tokens.c.digest)).scalar_one()) == 32
