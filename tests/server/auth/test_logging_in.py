"""People log in by GitHub or by OpenID Connect; who may not is refused with a clear word, and it is written down."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from litestar.testing import TestClient
from msgspec.structs import replace
from sqlalchemy import Engine

from databases import new_url
from pr_sessions.forges.github.access import Secret
from pr_sessions.server.app import build_app
from pr_sessions.server.services import Services
from pr_sessions.server.settings import Settings
from pr_sessions.storage.sql.engine import open_engine
from pr_sessions.tracker import utc_now
from server.auth.providers import CLIENT, CODE, OTHER_KEY, SECRET, FakeProvider, providing

COOKIE = "pr-sessions-login"


@pytest.fixture
def provider() -> Iterator[FakeProvider]:
    with providing() as fake:
        yield fake


@pytest.fixture
def engine(request: Any, tmp_path: Path) -> Iterator[Engine]:
    made = open_engine(new_url("sqlite", request, tmp_path))
    yield made
    made.dispose()


@pytest.fixture
def team(local_services: Services, engine: Engine, provider: FakeProvider) -> Services:
    settings = Settings(
        public_url="http://testserver.local",
        api=provider.url,
        secret=Secret("k" * 40),
        client_id=CLIENT,
        client_secret=Secret(SECRET),
        organisation="shop",
        administrators=frozenset({"root", "root@example.com"}),
        oidc_issuer=provider.url,
        oidc_client_id=CLIENT,
        oidc_client_secret=Secret(SECRET),
    )
    return replace(local_services, settings=settings, engine=engine, clock=utc_now)


@pytest.fixture
def browser(team: Services) -> Iterator[TestClient[Any]]:
    with TestClient(build_app(team), base_url="http://testserver.local") as client:
        client.follow_redirects = False
        yield client


def log_in(browser: TestClient[Any], name: str, page: str = "/login/{}?next=/sessions") -> httpx.Response:
    """Do what a browser does: our address, the provider's page, and back."""
    begun = browser.get(page.format(name))
    assert begun.status_code == 303, begun.text
    back = httpx.get(begun.headers["location"], trust_env=False)
    parts = urlsplit(back.headers["location"])
    assert f"{parts.scheme}://{parts.netloc}{parts.path}" == f"http://testserver.local/login/{name}/callback"
    return browser.get(f"{parts.path}?{parts.query}")


def viewer(browser: TestClient[Any]) -> dict[str, Any]:
    answer = browser.get("/api/v1/viewer")
    return answer.json() if answer.status_code == 200 else {"status": answer.status_code}


def test_a_member_logs_in_by_github(browser, provider):
    done = log_in(browser, "github")

    assert (done.status_code, done.headers["location"]) == (303, "/sessions")
    assert viewer(browser) == {
        "name": "Maria",
        "source": "login",
        "rights": ["read", "write"],
        "repositories": ["shop/api", "shop/web"],
    }


def test_the_cookie_is_for_this_server_and_no_script(browser):
    done = log_in(browser, "github")
    cookie = next(value for value in done.headers.get_list("set-cookie") if value.startswith(f"{COOKIE}="))
    attributes = {part.strip().lower() for part in cookie.split(";")[1:]}
    assert {"httponly", "samesite=lax", "path=/", "max-age=3600"} <= attributes


def test_behind_https_the_cookie_is_never_sent_without(team):
    secure = replace(team, settings=replace(team.settings, public_url="https://testserver.local"))
    with TestClient(build_app(secure), base_url="https://testserver.local") as client:
        cookie = client.get("/login/github", follow_redirects=False).headers["set-cookie"]
    assert "secure" in {part.strip().lower() for part in cookie.split(";")}


def test_who_may_write_nowhere_only_reads(browser, provider):
    provider.repositories = {"shop/web": False}
    log_in(browser, "github")
    assert viewer(browser)["rights"] == ["read"]


def test_an_administrator_has_every_right_everywhere(browser, provider):
    provider.login = "Root"
    log_in(browser, "github")
    assert (viewer(browser)["rights"], viewer(browser)["repositories"]) == (["read", "write", "audit", "admin"], None)


@pytest.mark.parametrize("memberships", [{}, {"shop": "pending"}, {"other": "active"}])
def test_who_is_no_member_is_refused(browser, provider, audited, memberships):
    provider.memberships = memberships
    done = log_in(browser, "github")

    assert (done.status_code, done.json()["detail"]) == (401, "Maria is no member of shop")
    assert viewer(browser) == {"status": 401}
    assert audited() == [("", "log in refused")]


def test_somebody_logs_in_by_openid_connect_and_reads(browser, audited):
    done = log_in(browser, "oidc")

    assert (done.status_code, done.headers["location"]) == (303, "/sessions")
    assert viewer(browser) == {
        "name": "maria@example.com",
        "source": "login",
        "rights": ["read"],
        "repositories": None,
    }
    assert audited() == [("maria@example.com", "log in")]


@pytest.mark.parametrize(("verified", "rights"), [(True, 4), (False, 1), ("true", 1), (None, 1)])
def test_only_a_verified_address_makes_an_administrator(browser, provider, verified, rights):
    provider.statements = {"email": "root@example.com", "email_verified": verified}
    log_in(browser, "oidc")
    assert len(viewer(browser)["rights"]) == rights


@pytest.mark.parametrize(
    ("statements", "message"),
    [
        ({"nonce": "another"}, "the identity is of another provider or another login"),
        ({"iss": "https://elsewhere.example"}, "the identity is of another provider or another login"),
        ({"aud": "another"}, "the identity is not signed by the provider for this server"),
        ({"azp": "another"}, "the identity is for another server"),
        ({"exp": int(time.time()) - 120}, "the identity is not valid now"),
        ({"iat": int(time.time()) + 900}, "the identity is not valid now"),
        ({"nbf": int(time.time()) + 900}, "the identity is not valid now"),
        ({"nonce": None}, "the identity is not signed by the provider for this server"),
        ({"exp": "tomorrow"}, "the identity is not valid now"),
    ],
)
def test_an_identity_that_is_not_for_us_is_refused(browser, provider, statements, message):
    provider.statements = statements
    done = log_in(browser, "oidc")
    assert (done.status_code, done.json()["detail"]) == (401, message)


@pytest.mark.parametrize(("key", "algorithm"), [(OTHER_KEY, "RS256"), ("k" * 32, "HS256"), ("", "none")])
def test_an_identity_that_the_provider_did_not_sign_is_refused(browser, provider, key, algorithm):
    provider.key, provider.algorithm = key, algorithm
    done = log_in(browser, "oidc")
    assert (done.status_code, done.json()["detail"]) == (
        401,
        "the identity is not signed by the provider for this server",
    )


def test_a_provider_that_names_another_issuer_is_not_asked(browser, provider):
    provider.issuer = "https://elsewhere.example"
    begun = browser.get("/login/oidc")
    assert (begun.status_code, begun.json()["hint"]) == (502, "set the one that it names")


def test_an_answer_that_this_browser_did_not_ask_for_is_refused(browser, team):
    begun = browser.get("/login/github")
    state = parse_qs(urlsplit(begun.headers["location"]).query)["state"][0]
    with TestClient(build_app(team), base_url="http://testserver.local") as victim:
        done = victim.get(f"/login/github/callback?code={CODE}&state={state}", follow_redirects=False)
    wrong = browser.get(f"/login/github/callback?code={CODE}&state=x")
    elsewhere = browser.get(f"/login/oidc/callback?code={CODE}&state={state}")

    for answer in (done, wrong, elsewhere):
        assert (answer.status_code, answer.json()["detail"]) == (401, "this browser did not begin this login")


def test_an_answer_without_a_code_is_refused(browser):
    begun = browser.get("/login/github")
    state = parse_qs(urlsplit(begun.headers["location"]).query)["state"][0]
    done = browser.get(f"/login/github/callback?error=access_denied&state={state}")
    assert (done.status_code, done.json()["detail"]) == (401, "the provider let nobody log in")


def test_the_code_serves_only_who_has_the_verifier(browser, provider):
    browser.get("/login/github")
    begun = browser.get("/login/github")
    provider.asked.append({"code_challenge": "that of another login"})
    state = parse_qs(urlsplit(begun.headers["location"]).query)["state"][0]
    done = browser.get(f"/login/github/callback?code={CODE}&state={state}")
    assert (done.status_code, done.json()["detail"]) == (401, "GitHub did not take the code of this login")


@pytest.mark.parametrize(
    "page",
    ["https://evil.example", "//evil.example", "/\\evil.example", "/login/github", "/a\nb", "é", "/" + "a" * 600],
)
def test_nobody_is_led_elsewhere_after_a_login(browser, page):
    begun = browser.get("/login/github", params={"next": page})
    state = parse_qs(urlsplit(begun.headers["location"]).query)["state"][0]
    httpx.get(begun.headers["location"], trust_env=False)
    done = browser.get(f"/login/github/callback?code={CODE}&state={state}")
    assert (done.status_code, done.headers["location"]) == (303, "/")


def test_who_logs_out_is_logged_out(browser, team, audited):
    log_in(browser, "github")
    cookie = browser.cookies[COOKIE]
    csrf = {"x-csrf-token": csrf_token(team, cookie)}
    done = browser.post("/logout", headers=csrf)
    browser.cookies.set(COOKIE, cookie)

    assert (done.status_code, done.headers["location"]) == (303, "/login")
    assert viewer(browser) == {"status": 401}
    assert audited() == [("Maria", "log in"), ("Maria", "log out")]


def test_another_site_can_log_nobody_out(browser):
    log_in(browser, "github")
    assert browser.post("/logout", headers={"sec-fetch-site": "cross-site"}).status_code == 403
    assert viewer(browser)["name"] == "Maria"


def test_the_page_offers_what_is_set_up(browser, team):
    text = browser.get("/login?next=/inbox").text
    assert "/login/github?next=%2Finbox" in text
    assert "/login/oidc?next=%2Finbox" in text
    bare = replace(team, settings=Settings(public_url="http://testserver.local"))
    with TestClient(build_app(bare), base_url="http://testserver.local") as client:
        assert "Nobody can log in here" in client.get("/login").text
        assert client.get("/login/github").status_code == 404


def test_logins_from_one_address_are_limited(browser):
    statuses = [browser.get("/login/github").status_code for _ in range(12)]
    assert statuses == [303] * 10 + [429] * 2


def csrf_token(services: Services, cookie: str) -> str:
    from pr_sessions.server.frame.viewers import key_of, signed

    key = key_of(services)
    assert key is not None
    return signed(key, "form", cookie)
