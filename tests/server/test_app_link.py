"""The administrator's link, on both databases: good once, for an hour, in one browser."""

from datetime import timedelta

from sqlalchemy import Engine, select

from pr_sessions.server.setup_app.link import is_opened_by, new_link, new_state, open_link, take_state
from pr_sessions.storage.sql.engine import reading
from pr_sessions.storage.sql.schema import settings
from scene import START

HERE = "http://127.0.0.1:8765"


def secret(engine: Engine) -> str:
    return new_link(engine, HERE, START).removeprefix(f"{HERE}/setup?secret=")


def test_a_link_opens_one_browser(database: Engine) -> None:
    text = secret(database)
    cookie = open_link(database, text, START)
    assert cookie
    assert open_link(database, text, START) is None
    assert (is_opened_by(database, cookie, START), is_opened_by(database, "", START)) == (True, False)


def test_what_github_sends_back_counts_once_and_in_that_browser(database: Engine) -> None:
    cookie = open_link(database, secret(database), START) or ""
    state = new_state(database, cookie, START) or ""

    assert [take_state(database, *pair, START) for pair in (("x", state), (cookie, "x"), (cookie, state))] == [
        False,
        False,
        True,
    ]
    assert take_state(database, cookie, state, START) is False


def test_everything_ends_after_an_hour(database: Engine) -> None:
    text, late = secret(database), START + timedelta(hours=1)
    assert open_link(database, text, late) is None
    cookie = open_link(database, text, START) or ""
    state = new_state(database, cookie, START) or ""

    assert (is_opened_by(database, cookie, late), new_state(database, cookie, late)) == (False, None)
    assert take_state(database, cookie, state, late) is False


def test_the_database_keeps_no_secret(database: Engine) -> None:
    text = secret(database)
    cookie = open_link(database, text, START) or ""
    state = new_state(database, cookie, START) or ""
    with reading(database) as connection:
        kept = str(connection.scalars(select(settings.c.value)).all())

    assert all(word and word not in kept for word in (text, cookie, state))
