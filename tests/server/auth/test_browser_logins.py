"""Logins of browsers: what a cookie stands for, for how long, and which cookies are refused."""

import pytest

from pr_sessions.forges.github.access import Secret
from pr_sessions.server.auth.logins import Person, log_in, log_out, sign, unsigned, viewer_of_login
from pr_sessions.server.auth.tokens import Unauthorised
from pr_sessions.server.viewer import Right, Viewer
from server_moments import HOUR, NOON

SECRET = Secret("k" * 32)
MARIA = Person(
    name="maria",
    rights=frozenset({Right.READ, Right.WRITE}),
    login="maria",
    repositories=frozenset({"shop/web", "shop/api"}),
    writable=frozenset({"shop/web"}),
)


def test_a_cookie_stands_for_the_person_that_logged_in(engine):
    cookie = log_in(engine, SECRET, MARIA, NOON)
    expected = Viewer("maria", MARIA.rights, "login", MARIA.repositories, "maria", MARIA.writable)
    assert viewer_of_login(engine, SECRET, cookie, NOON) == expected


def test_who_may_write_to_one_repository_may_change_no_other(engine):
    viewer = viewer_of_login(engine, SECRET, log_in(engine, SECRET, MARIA, NOON), NOON)
    assert [viewer.may_change(name) for name in ("Shop/Web", "shop/api", "shop/else")] == [True, False, False]


def test_a_login_is_over_after_an_hour(engine):
    cookie = log_in(engine, SECRET, MARIA, NOON)
    with pytest.raises(Unauthorised, match="the login is over"):
        viewer_of_login(engine, SECRET, cookie, NOON + HOUR)


def test_a_cookie_is_worth_nothing_after_logging_out(engine, audited):
    cookie = log_in(engine, SECRET, MARIA, NOON)
    log_out(engine, SECRET, cookie, NOON)
    log_out(engine, SECRET, cookie, NOON)
    with pytest.raises(Unauthorised, match="the login is over"):
        viewer_of_login(engine, SECRET, cookie, NOON)
    assert audited() == [("maria", "log in"), ("maria", "log out")]


@pytest.mark.parametrize(
    "change",
    [
        lambda cookie: cookie[:0],
        lambda cookie: cookie[:-2],
        lambda cookie: ("B" if cookie[0] == "A" else "A") + cookie[1:],
        lambda cookie: cookie + "é",
        lambda cookie: f"={cookie}",
    ],
)
def test_a_changed_cookie_is_refused(engine, change):
    cookie = log_in(engine, SECRET, MARIA, NOON)
    with pytest.raises(Unauthorised, match="not made here"):
        viewer_of_login(engine, SECRET, change(cookie), NOON)


def test_a_cookie_signed_by_another_server_is_refused(engine):
    cookie = log_in(engine, Secret("another secret of some length"), MARIA, NOON)
    with pytest.raises(Unauthorised, match="not made here"):
        viewer_of_login(engine, SECRET, cookie, NOON)


def test_what_was_signed_for_one_purpose_serves_no_other():
    assert unsigned(SECRET, b"state", sign(SECRET, b"state", b"value")) == b"value"
    assert unsigned(SECRET, b"login", sign(SECRET, b"state", b"value")) is None
