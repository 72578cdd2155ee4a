"""What every request goes through: host, viewer, forms, headers, bounds, errors."""

import asyncio
from typing import Any

import httpx
import pytest
from litestar import Litestar, Request, get, post
from litestar.testing import TestClient
from msgspec.structs import replace

from pr_sessions.forges.github.access import Secret
from pr_sessions.server.frame.headers import policy
from pr_sessions.server.frame.limits import Allowance, with_limits
from pr_sessions.server.frame.origin import client_of, is_host_known
from pr_sessions.server.services import Services
from pr_sessions.server.settings import Settings
from pr_sessions.storage.sql.engine import open_engine
from server.conftest import TOKEN, Open

Client = TestClient[Litestar]
AnyRequest = Request[Any, Any, Any]
PAGE = {"accept": "text/html"}
ADDRESS = "http://127.0.0.1:8765"


@get("/form", sync_to_thread=False)
def form(request: AnyRequest) -> str:
    return str(request.scope["state"].get("csrf_token"))


@post("/change", sync_to_thread=False)
def change(request: AnyRequest) -> str:
    return f"{request.user.name} by {request.user.source}"


@post("/body")
async def body(request: AnyRequest) -> str:
    return str(len(await request.body()))


@get("/broken", sync_to_thread=False)
def broken() -> str:
    raise ZeroDivisionError("the secret of this machine")


@get("/who", opt={"public": True}, sync_to_thread=False)
def who(request: AnyRequest) -> str:
    return str(request.user.name)


@pytest.fixture
def client(client_of: Open, local_services: Services) -> Client:
    """Who opened the printed address, of a server with a few more routes."""
    return _with_routes(client_of(local_services))


@pytest.fixture
def stranger(client_of: Open, local_services: Services) -> Client:
    """Somebody else on this machine."""
    return _with_routes(client_of(local_services, token=""))


def _with_routes(client: Client) -> Client:
    for handler in (form, change, body, broken, who):
        client.app.register(handler)
    return client


class TestHost:
    @pytest.mark.parametrize("host", ["127.0.0.1:8765", "localhost:8765", "[::1]:8765"])
    def test_its_own_names_are_known(self, client: Client, host: str) -> None:
        assert client.get("/who", headers={"host": host}).status_code == 200

    @pytest.mark.parametrize(
        "host", ["evil.example", "evil.example:8765", "127.0.0.1:9", "127.0.0.1", "", "a b", "[x]"]
    )
    def test_the_name_of_somebody_else_is_refused(self, client: Client, host: str) -> None:
        answer = client.get("/who", headers={"host": host})

        assert (answer.status_code, answer.json()["detail"]) == (421, "this server does not answer to that host")

    @pytest.mark.parametrize(
        ("host", "is_known"),
        [
            ("sessions.example.com", True),
            ("SESSIONS.example.com", True),
            ("sessions.example.com:443", False),
            ("10.0.0.7:8765", True),
            ("localhost:8765", True),
            ("other.example.com:8765", False),
        ],
    )
    def test_a_teams_server_is_known_by_its_public_name_and_by_address(self, host: str, is_known: bool) -> None:
        settings = Settings(host="0.0.0.0", public_url="https://sessions.example.com")  # noqa: S104 - as in a container

        assert is_host_known(host, settings) is is_known


class TestViewer:
    def test_the_printed_address_gives_a_cookie_and_leads_away_from_the_token(self, stranger: Client) -> None:
        answer = stranger.get(f"/form?a=1&token={TOKEN}&b=%2F", follow_redirects=False)
        name, _, value = answer.headers["set-cookie"].partition("=")

        assert (answer.status_code, answer.headers["location"], name) == (303, "/form?a=1&b=%2F", "pr-sessions-8765")
        assert value.partition("; ")[2] == "Path=/; HttpOnly; SameSite=Strict"
        assert TOKEN not in value
        assert stranger.get("/form").status_code == 200

    @pytest.mark.parametrize("path", ["//evil.example", "/\\evil.example", "/%5C%5Cevil.example"])
    def test_it_never_leads_to_another_server(self, stranger: Client, path: str) -> None:
        answer = stranger.get(f"{ADDRESS}{path}?token={TOKEN}", follow_redirects=False)

        assert answer.headers["location"] == "/evil.example"

    @pytest.mark.parametrize("token", ["wrong", "", "é"])
    def test_a_wrong_token_gives_nothing(self, stranger: Client, token: str) -> None:
        answer = stranger.get("/form", params={"token": token}, headers=PAGE)

        assert (answer.status_code, "set-cookie" in answer.headers) == (401, False)
        assert "this page is open to the person who started it" in answer.text
        assert "open the address that `pr-sessions serve` printed" in answer.text

    def test_a_program_sends_the_token_as_a_header(self, stranger: Client) -> None:
        answer = stranger.post("/change", headers={"authorization": f"Bearer {TOKEN}"})

        assert (answer.status_code, answer.text) == (201, "Ada by local")

    def test_a_wrong_header_is_not_helped_by_the_cookie(self, client: Client) -> None:
        assert client.get("/form", headers={"authorization": "Bearer wrong"}).status_code == 401

    def test_a_database_that_is_gone_is_said_to_be(self, client_of: Open, local_services: Services) -> None:
        engine = open_engine("postgresql://me:hidden@127.0.0.1:1/team")
        client = client_of(replace(local_services, engine=engine, local_token=None), token="")
        answer = client.get("/who", headers={"authorization": f"Bearer prs_{'0' * 16}_{'a' * 43}"})
        engine.dispose()

        assert (answer.status_code, answer.headers["retry-after"], "hidden" in answer.text) == (503, "5", False)

    def test_what_is_public_is_open_to_strangers(self, stranger: Client) -> None:
        assert stranger.get("/who").text == ""


class TestForms:
    def test_a_form_of_our_page_counts(self, client: Client) -> None:
        answer = client.post("/change", data={"csrf_token": client.get("/form").text, "pr": "42"})

        assert (answer.status_code, answer.text) == (201, "Ada by local")

    def test_a_script_of_our_page_sends_a_header(self, client: Client) -> None:
        headers = {"x-csrf-token": client.get("/form").text, "sec-fetch-site": "same-origin", "origin": ADDRESS}

        assert client.post("/change", json={}, headers=headers).status_code == 201

    @pytest.mark.parametrize(
        "headers",
        [
            {"sec-fetch-site": "cross-site"},
            {"sec-fetch-site": "same-site"},
            {"origin": "null"},
            {"origin": "http://evil"},
        ],
    )
    def test_a_form_of_another_site_does_not_even_with_the_token(self, client: Client, headers: dict[str, str]) -> None:
        answer = client.post("/change", data={"csrf_token": client.get("/form").text}, headers=headers)

        assert (answer.status_code, answer.json()["detail"]) == (403, "another site's page sent this form")

    @pytest.mark.parametrize(
        "sent", [{}, {"data": {"csrf_token": "x"}}, {"json": {"csrf_token": "x"}}, {"content": b"\xff"}]
    )
    def test_a_form_without_the_token_does_not(self, client: Client, sent: dict[str, Any]) -> None:
        answer = client.post("/change", **sent)

        assert (answer.status_code, answer.json()["detail"]) == (403, "the form lacks the token of its page")

    def test_the_token_of_another_session_does_not(self, client_of: Open, local_services: Services) -> None:
        first, second = (
            _with_routes(client_of(replace(local_services, local_token=Secret(token)), token=token)) for token in "ab"
        )

        assert second.post("/change", data={"csrf_token": first.get("/form").text}).status_code == 403


class TestErrors:
    def test_every_answer_has_the_headers_that_bind_browsers(self, client: Client) -> None:
        for path in ("/who", "/nothing", "/broken"):
            headers = client.get(path).headers
            assert headers["content-security-policy"] == policy()
            assert (headers["x-content-type-options"], headers["cache-control"]) == ("nosniff", "no-store")
            assert len(headers["x-request-id"]) == 16

    def test_a_person_gets_a_page_and_a_program_a_problem(self, client: Client) -> None:
        page, problem = client.get("/nothing", headers=PAGE), client.get("/nothing")

        assert (page.status_code, page.headers["content-type"]) == (404, "text/html; charset=utf-8")
        assert "<h1>Not here</h1>" in page.text
        assert client.get(page.text.partition('stylesheet" href="')[2].partition('"')[0]).status_code == 200
        assert (problem.status_code, problem.headers["content-type"]) == (404, "application/problem+json")
        assert problem.json()["detail"] == "there is nothing at this address"

    def test_a_wrong_method_says_which_are_right(self, client: Client) -> None:
        answer = client.put("/change")

        assert (answer.status_code, sorted(answer.headers["allow"].split(", "))) == (405, ["OPTIONS", "POST"])

    def test_our_bug_shows_nothing_of_its_cause_and_names_the_request(self, client: Client) -> None:
        answer = client.get("/broken", headers=PAGE)

        assert (answer.status_code, "the secret" in answer.text) == (500, False)
        assert answer.headers["x-request-id"] in answer.text

    def test_a_body_that_is_too_large_is_refused(self, client: Client) -> None:
        headers = {"authorization": f"Bearer {TOKEN}"}

        assert client.post("/body", content=b"x" * 1_048_576, headers=headers).text == "1048576"
        assert client.post("/body", content=b"x" * 1_048_577, headers=headers).status_code == 413


class TestLimits:
    @pytest.mark.parametrize(
        ("client", "path", "statuses"),
        [
            ("9.9.9.9", "/", [204, 204, 429]),
            # All on this machine have one address, and what watches the server has to see it.
            ("127.0.0.1", "/", [204, 204, 204]),
            ("9.9.9.9", "/healthz", [204, 204, 204]),
        ],
    )
    def test_an_address_that_asks_too_much_is_refused(self, client: str, path: str, statuses: list[int]) -> None:
        async def nothing(_scope: Any, _receive: Any, send: Any) -> None:
            await send({"type": "http.response.start", "status": 204, "headers": []})
            await send({"type": "http.response.body", "body": b""})

        async def ask() -> list[httpx.Response]:
            transport = httpx.ASGITransport(with_limits(nothing, Settings(), Allowance(2, 0.01)), client=(client, 1))
            async with httpx.AsyncClient(transport=transport, base_url=ADDRESS) as asking:
                return [await asking.get(path) for _ in range(3)]

        answers = asyncio.run(ask())

        assert [answer.status_code for answer in answers] == statuses
        assert [answer.json()["hint"] for answer in answers if answer.content] in ([], ["wait for 100 s"])

    def test_a_client_that_asks_too_much_waits(self) -> None:
        now = [0.0]
        allowance = Allowance(2, 0.5, lambda: now[0])

        assert [allowance.take("a") for _ in range(3)] == [0, 0, 2]
        assert allowance.take("b") == 0
        now[0] = 2
        assert [allowance.take("a") for _ in range(2)] == [0, 2]

    @pytest.mark.parametrize(
        ("proxies", "forwarded", "client"),
        [
            (0, "1.1.1.1", "9.9.9.9"),
            (1, "1.1.1.1", "1.1.1.1"),
            (1, "6.6.6.6, 1.1.1.1", "1.1.1.1"),
            (2, "6.6.6.6, 1.1.1.1, 2.2.2.2", "1.1.1.1"),
            (2, "1.1.1.1", "9.9.9.9"),
            (1, "not an address", "9.9.9.9"),
            (1, "", "9.9.9.9"),
        ],
    )
    def test_proxies_are_believed_as_far_as_there_are_some(self, proxies: int, forwarded: str, client: str) -> None:
        scope: Any = {"client": ("9.9.9.9", 1), "headers": [(b"x-forwarded-for", forwarded.encode())]}

        assert client_of(scope, proxies) == client
