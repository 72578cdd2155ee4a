"""An administrator makes the App by one link: GitHub's answer belongs to one browser, and secrets show once."""

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from html import unescape
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from litestar import Litestar
from litestar.testing import TestClient
from msgspec.structs import replace
from sqlalchemy import Engine, select

from app_keys import private_key
from asking import Time, fake, time
from fake_github import FakeGitHub, Fault
from pr_sessions.server.local.backend import LocalBackend
from pr_sessions.server.services import Services
from pr_sessions.server.settings import Settings
from pr_sessions.server.setup_app.link import first_link, new_link
from pr_sessions.server.setup_app.manifest import Kind, manifest
from pr_sessions.server.setup_app.routes import routes
from pr_sessions.storage.sql.engine import reading
from pr_sessions.storage.sql.schema import settings as settings_table

__all__ = ["fake", "time"]

PUBLIC = "https://sessions.example.com"
Browser = TestClient[Litestar]
NewBrowser = Callable[[], Browser]


@pytest.fixture
def database_kind() -> str:
    return "sqlite"


@pytest.fixture
def services(fake: FakeGitHub, database: Engine, clone: Path, time: Time) -> Services:
    fake.app_pem = private_key()
    settings = Settings(public_url=PUBLIC, api=fake.url, database="sqlite:///team.db")
    backend = LocalBackend(clone, {}, time)
    return Services(settings=settings, backend=backend, clock=time, environ={}, engine=database)


def opened(services: Services) -> Browser:
    return TestClient(Litestar(routes(services), openapi_config=None), base_url=PUBLIC)


@pytest.fixture
def new_browser(services: Services) -> Iterator[NewBrowser]:
    with ExitStack() as stack:
        yield lambda: stack.enter_context(opened(services))


@pytest.fixture
def browser(new_browser: NewBrowser) -> Browser:
    return new_browser()


@pytest.fixture
def link(database: Engine, time: Time) -> str:
    return new_link(database, PUBLIC, time()).removeprefix(PUBLIC)


def form(page: httpx.Response) -> tuple[str, str]:
    """Address and manifest of the form that leads to GitHub."""
    action = re.search(r'action="([^"]+)"', page.text)
    value = re.search(r'name="manifest" value="([^"]+)"', page.text)
    assert action
    assert value
    return unescape(action[1]), unescape(value[1])


def agreed(page: httpx.Response) -> str:
    """The administrator agrees on GitHub; where GitHub leads back to, without the host."""
    address, text = form(page)
    answer = httpx.post(address, data={"manifest": text}, trust_env=False)
    return answer.headers["location"].removeprefix(PUBLIC)


def kept(engine: Engine) -> dict[str, str]:
    with reading(engine) as connection:
        return {row.name: row.value for row in connection.execute(select(settings_table))}


def test_an_app_is_made_from_the_link_to_its_secrets(
    browser: Browser, link: str, fake: FakeGitHub, database: Engine
) -> None:
    assert "Make the GitHub App" in browser.get(link).text
    page = browser.get("/setup?kind=gate&organisation=acme")
    posted = form(page)
    made = browser.get(agreed(page))

    assert urlsplit(posted[0]).path == "/organizations/acme/settings/apps/new"
    assert (
        manifest(Kind.GATE, "pr-sessions", PUBLIC, is_organisation=True) == httpx.Response(200, text=posted[1]).json()
    )
    for secret in ("e340154128314309424b7c8e90325147d99fdafa", "1726be1638095a19edd134c77bde3aa2ece1e5d8"):
        assert secret in made.text
        assert secret not in str(kept(database))
    assert "PR_SESSIONS_APP_ID=4711" in made.text
    assert private_key().strip() in unescape(made.text)
    assert "BEGIN" not in str(kept(database))
    assert kept(database)["app_slug"] == "octoapp"
    assert made.headers["cache-control"] == "no-store"


def test_a_person_makes_it_for_the_own_account(browser: Browser, link: str, fake: FakeGitHub) -> None:
    browser.get(link)
    page = browser.get("/setup?kind=read-only")

    assert urlsplit(form(page)[0]).path == "/settings/apps/new"


def test_the_page_shows_why_each_right_is_asked_for(browser: Browser, link: str) -> None:
    text = browser.get(link).text

    assert "the team&#39;s configuration, CODEOWNERS and the session file of the default branch" in text


def test_the_form_may_lead_to_github_and_to_no_other_site(browser: Browser, link: str, fake: FakeGitHub) -> None:
    first = browser.get(link).headers["content-security-policy"]
    second = browser.get("/setup?kind=gate").headers["content-security-policy"]

    assert ("form-action 'self';" in first, f"form-action 'self' {fake.url};" in second) == (True, True)


def test_the_link_is_good_once(browser: Browser, new_browser: NewBrowser, link: str) -> None:
    browser.get(link)
    second = new_browser().get(link)

    assert (second.status_code, "this link is not good any more" in second.text) == (403, True)


def test_the_secret_leaves_the_address(browser: Browser, link: str) -> None:
    answer = browser.get(link, follow_redirects=False)

    assert (answer.headers["location"], answer.status_code) == ("/setup", 302)
    cookie = answer.headers["set-cookie"].lower()
    assert all(part in cookie for part in ("httponly", "secure", "samesite=lax", "path=/setup"))


def test_the_link_ends_after_an_hour(browser: Browser, link: str, time: Time) -> None:
    time.now += timedelta(hours=1)

    assert browser.get(link).status_code == 403


def test_the_browser_that_opened_it_has_an_hour(browser: Browser, link: str, time: Time) -> None:
    browser.get(link)
    time.now += timedelta(hours=1)

    assert browser.get("/setup").status_code == 403


def test_a_new_link_ends_the_one_before(browser: Browser, link: str, database: Engine, time: Time) -> None:
    new_link(database, PUBLIC, time())

    assert browser.get(link).status_code == 403


def test_a_browser_without_the_link_sees_nothing(browser: Browser) -> None:
    assert (browser.get("/setup").status_code, browser.get("/setup?kind=gate").status_code) == (403, 403)


@pytest.mark.parametrize("query", ["code=code-1", "code=code-1&state=x", "code=code-1&state="])
def test_an_answer_with_another_state_is_refused(browser: Browser, link: str, fake: FakeGitHub, query: str) -> None:
    browser.get(link)
    agreed(browser.get("/setup?kind=gate"))
    answer = browser.get(f"/setup/callback?{query}")

    assert (answer.status_code, fake.asked) == (403, ["POST " + fake.asked[0][5:]])


def test_an_answer_in_another_browser_is_refused(
    browser: Browser, new_browser: NewBrowser, link: str, fake: FakeGitHub
) -> None:
    browser.get(link)
    back = agreed(browser.get("/setup?kind=gate"))

    assert new_browser().get(back).status_code == 403
    assert browser.get(back).status_code == 200


def test_an_answer_counts_once(browser: Browser, link: str) -> None:
    browser.get(link)
    back = agreed(browser.get("/setup?kind=gate"))
    browser.get(back)

    assert browser.get(back).status_code == 403


def test_a_code_that_github_does_not_know_is_said_and_not_shown(browser: Browser, link: str, fake: FakeGitHub) -> None:
    browser.get(link)
    back = agreed(browser.get("/setup?kind=gate"))
    fake.manifests.clear()
    answer = browser.get(back)

    assert (answer.status_code, "a code is good once" in answer.text, "code-1" in answer.text) == (502, True, False)


@pytest.mark.parametrize("body", [b"[]", b"{}", b'{"id": 1, "slug": "<b>"}'])
def test_an_answer_of_github_that_is_no_app_is_said(browser: Browser, link: str, fake: FakeGitHub, body: bytes) -> None:
    browser.get(link)
    back = agreed(browser.get("/setup?kind=gate"))
    fake.faults.append(Fault(status=201, body=body))

    answer = browser.get(back)
    assert (answer.status_code, "cannot be read" in answer.text) == (502, True)


def test_hostile_text_is_no_markup(browser: Browser, link: str) -> None:
    browser.get(link)
    answer = browser.get("/setup", params={"kind": "gate", "organisation": '"><script>'})

    assert (answer.status_code, "<script>" in answer.text) == (400, False)
    assert browser.get("/setup/callback", params={"code": "<b>", "state": "<b>"}).status_code == 403


def test_github_has_to_reach_the_server(services: Services, link: str) -> None:
    local = replace(services, settings=replace(services.settings, public_url=""))
    with opened(local) as browser:
        text = browser.get(link).text

    assert ("--public-url" in text, "<form" in text) == (True, False)


def test_a_server_without_an_app_prints_a_link(services: Services) -> None:
    link = first_link(services, PUBLIC)

    assert link
    assert link.startswith(f"{PUBLIC}/setup?secret=")


def test_a_server_with_an_app_and_a_clone_print_none(services: Services) -> None:
    environ = {"PR_SESSIONS_APP_ID": "4711", "PR_SESSIONS_APP_KEY": private_key()}

    assert first_link(replace(services, environ=environ), PUBLIC) is None
    assert first_link(replace(services, engine=None), PUBLIC) is None


def test_a_clone_has_no_set_up(services: Services) -> None:
    assert routes(replace(services, engine=None)) == []
