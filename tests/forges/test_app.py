"""The GitHub App of a server: what it asks with, what its clients share, and what they say where it is gone."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest

from app_keys import private_key, public_key
from asking import Time
from fake_github import FakeGitHub, Fault
from pr_sessions.core.times import write_time
from pr_sessions.errors import ForgeFailed, InvalidValue
from pr_sessions.forges.github.app import App, Installation, find_app, open_app, open_installation
from pr_sessions.forges.github.grants import InstallationGone, InstallationSuspended
from pr_sessions.forges.github.transport import RateLimited
from pr_sessions.forges.github.write_access import MOST_KEPT, WriteAccess

APP = "GET /app"
TOKEN = "POST /app/installations/77/access_tokens"
PULL = "GET /repos/ada/shop/pulls/1"


@pytest.fixture
def app(fake: FakeGitHub, time: Time) -> App:
    fake.clock, fake.app_key = time, public_key()
    fake.add_pull(1, "t", "2025-11-22T10:00:00Z")
    environ = {"PR_SESSIONS_APP_ID": "4711", "PR_SESSIONS_APP_KEY": private_key(), "GITHUB_API_URL": fake.url}
    made = find_app(environ, time)
    assert made
    return made


def ask(app: App, question: Callable[[Installation], Awaitable[Any]], installation: int = 77, **how: Any) -> Any:
    answers = []

    async def run() -> None:
        async with open_installation(app, installation, **how) as opened:
            answers.append(await question(opened))

    asyncio.run(run())
    return answers[0]


def pull(installation: Installation) -> Awaitable[Any]:
    return installation.repository("ada/shop").pull_request(1)


def test_all_clients_of_an_installation_share_a_token(fake: FakeGitHub, app: App) -> None:
    ask(app, pull)
    ask(app, pull)

    assert fake.asked == [APP, TOKEN, PULL, PULL]
    assert [headers["authorization"] for headers in fake.sent_headers[2:]] == ["token ghs_of-installation-77-1"] * 2


def test_each_installation_has_a_token_of_its_own(fake: FakeGitHub, app: App) -> None:
    fake.installations[78] = None
    ask(app, pull)
    ask(app, pull, 78)

    assert [headers["authorization"] for headers in fake.sent_headers if headers["authorization"][:5] == "token"] == [
        "token ghs_of-installation-77-1",
        "token ghs_of-installation-78-2",
    ]


def test_a_token_is_renewed_before_it_ends(fake: FakeGitHub, app: App, time: Time) -> None:
    fake.expires_at = write_time(time.now + timedelta(hours=1))
    ask(app, pull)
    time.now += timedelta(minutes=54)
    ask(app, pull)
    assert fake.asked.count(TOKEN) == 1

    time.now += timedelta(minutes=2)
    fake.expires_at = write_time(time.now + timedelta(hours=1))
    ask(app, pull)
    assert fake.asked.count(TOKEN) == 2


def test_a_token_that_github_no_longer_takes_is_asked_for_once_more(fake: FakeGitHub, app: App) -> None:
    ask(app, pull)
    fake.revoke()
    ask(app, pull)

    assert fake.asked == [APP, TOKEN, PULL, PULL, TOKEN, PULL]


def test_a_query_takes_a_new_token_too(fake: FakeGitHub, app: App) -> None:
    ask(app, pull)
    fake.revoke()
    fake.permissions = {"ada": "admin"}

    assert ask(app, lambda opened: opened.repository("ada/shop").writers(["ada"])) == {"ada": True}


def test_comments_and_checks_are_written_as_the_app(fake: FakeGitHub, app: App) -> None:
    async def name(opened: Installation) -> str:
        return opened.repository("ada/shop").app

    assert ask(app, name) == "our-sessions"


@pytest.mark.parametrize("minutes", [-20, 20])
def test_a_wrong_clock_is_corrected_by_github_s(fake: FakeGitHub, app: App, time: Time, minutes: int) -> None:
    fake.clock = lambda: time.now + timedelta(minutes=minutes)
    ask(app, pull)

    assert fake.asked == [APP, APP, TOKEN, PULL]


def test_a_key_that_was_revoked_is_said(fake: FakeGitHub, app: App) -> None:
    fake.app_key = "-----BEGIN PUBLIC KEY-----\nother\n-----END PUBLIC KEY-----"

    with pytest.raises(ForgeFailed, match="GitHub does not accept the token from PR_SESSIONS_APP_KEY"):
        ask(app, pull)


def test_an_app_that_was_uninstalled_is_said(fake: FakeGitHub, app: App) -> None:
    fake.installations.clear()

    with pytest.raises(InstallationGone, match=r"^the App is not installed there any more \(installation 77\)$"):
        ask(app, pull)


def test_an_app_that_was_suspended_is_said(fake: FakeGitHub, app: App) -> None:
    fake.suspended.add(77)

    with pytest.raises(InstallationSuspended, match=r"^the App's installation 77 is suspended$"):
        ask(app, pull)


def test_who_was_refused_tells_the_rest(fake: FakeGitHub, app: App, time: Time) -> None:
    ask(app, pull)
    fake.rest_left, fake.limit_resets = 0, int((time.now + timedelta(minutes=30)).timestamp())
    for _ in range(3):
        with pytest.raises(RateLimited):
            ask(app, pull)

    assert len(fake.asked) == 4
    fake.rest_left = None
    time.now += timedelta(minutes=31)
    ask(app, pull)


def test_a_limit_without_end_blocks_for_an_hour_at_most(fake: FakeGitHub, app: App, time: Time) -> None:
    ask(app, pull)
    headers = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "9999999999"}
    fake.faults.append(Fault(status=403, headers=headers))
    with pytest.raises(RateLimited):
        ask(app, pull)
    time.now += timedelta(hours=1, seconds=1)

    ask(app, pull)


def test_a_reserve_is_left_to_more_urgent_requests(fake: FakeGitHub, app: App, time: Time) -> None:
    resets = str(int((time.now + timedelta(minutes=30)).timestamp()))
    headers = {"x-ratelimit-limit": "5000", "x-ratelimit-remaining": "2400", "x-ratelimit-reset": resets}
    fake.faults.extend([None, None, Fault(status=404, headers=headers)])
    with pytest.raises(ForgeFailed):
        ask(app, pull)

    ask(app, pull)
    with pytest.raises(RateLimited):
        ask(app, pull, reserve=0.5)


def test_who_may_write_is_asked_once_in_ten_minutes(fake: FakeGitHub, app: App, time: Time) -> None:
    fake.permissions = {"ada": "admin"}

    def may_write(opened: Installation) -> Awaitable[bool]:
        return opened.repository("ada/shop").may_write("Ada")

    assert [ask(app, may_write), ask(app, may_write)] == [True, True]
    fake.permissions = {"ada": "read"}
    time.now += timedelta(minutes=9)
    assert ask(app, may_write) is True
    time.now += timedelta(minutes=1)
    assert ask(app, may_write) is False


def test_who_may_write_is_asked_again_once_members_have_changed(fake: FakeGitHub, app: App) -> None:
    fake.permissions = {"ada": "admin"}

    def may_write(opened: Installation) -> Awaitable[bool]:
        return opened.repository("ada/shop").may_write("ada")

    ask(app, may_write)
    fake.permissions = {}
    app.forget_write_access(77)

    assert ask(app, may_write) is False


def test_what_is_kept_of_who_may_write_has_a_bound(time: Time) -> None:
    access = WriteAccess(time)
    for number in range(MOST_KEPT + 1):
        access.put("ada/shop", f"user{number}", may=True)

    assert (access.get("ada/shop", "user0"), access.get("ada/shop", "user1")) == (None, True)


def test_an_enterprise_server_is_asked_under_its_own_path(fake: FakeGitHub, time: Time, app: App) -> None:
    environ = {"PR_SESSIONS_APP_ID": "4711", "PR_SESSIONS_APP_KEY": private_key()}
    enterprise = find_app(environ | {"GITHUB_API_URL": f"{fake.url}/api/v3/"}, time)
    assert enterprise
    ask(enterprise, pull)

    assert fake.asked == [
        "GET /api/v3/app",
        "POST /api/v3/app/installations/77/access_tokens",
        f"GET /api/v3{PULL[4:]}",
    ]


@pytest.mark.parametrize(
    "body",
    [
        b"[]",
        b"{}",
        b'{"token": 1, "expires_at": "2099-01-01T00:00:00Z"}',
        b'{"token": "two words", "expires_at": "2099-01-01T00:00:00Z"}',
        b'{"token": "a", "expires_at": "never"}',
        b'{"token": "a"}',
    ],
)
def test_an_answer_that_holds_no_token_is_refused(fake: FakeGitHub, app: App, body: bytes) -> None:
    fake.faults.extend([None, Fault(status=201, body=body)])

    with pytest.raises(ForgeFailed, match="GitHub's answer cannot be read"):
        ask(app, pull)


@pytest.mark.parametrize("body", [b"[]", b'{"id": "x"}', b'{"id": 1, "slug": "../x"}'])
def test_an_answer_that_names_no_app_is_refused(fake: FakeGitHub, app: App, body: bytes) -> None:
    fake.faults.append(Fault(status=200, body=body))

    with pytest.raises(ForgeFailed, match="GitHub's answer cannot be read"):
        ask(app, pull)


def test_no_error_and_no_representation_shows_a_secret(fake: FakeGitHub, app: App) -> None:
    ask(app, pull)
    shared = app.shared(77)
    shown = f"{app!r} {app.authority!r} {shared.grant!r} {vars(shared.grant)}"
    header = fake.sent_headers[0]["authorization"].removeprefix("bearer ")
    echo = f'{{"message": "no ghs_of-installation-77-1 nor {header}"}}'.encode()
    fake.faults.append(Fault(status=422, body=echo))
    with pytest.raises(ForgeFailed, match=r"cannot do this \(422\): no \*\*\*") as failed:
        ask(app, pull)

    assert "ghs_of" not in shown + str(failed.value)
    assert header[-40:] not in shown + str(failed.value)


def test_the_app_says_who_it_is(app: App) -> None:
    async def run() -> tuple[int, str, str]:
        async with open_app(app) as client:
            identity = await client.identity()
            return identity.id, identity.slug, identity.html_url

    assert asyncio.run(run()) == (4711, "our-sessions", "https://github.com/apps/octoapp")


def test_there_is_no_app_where_the_environment_has_none(time: Time) -> None:
    assert find_app({"GH_TOKEN": "x"}, time) is None


def test_half_an_app_is_refused(time: Time) -> None:
    with pytest.raises(InvalidValue, match="belong together"):
        find_app({"PR_SESSIONS_APP_ID": "4711"}, time)
