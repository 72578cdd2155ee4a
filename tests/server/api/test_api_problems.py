"""Every error of the API is a problem as in RFC 9457, and reads tell what has not changed."""

import pytest

from server.api_calls import calling

FIRST = "ada-20251122-1000"
ROOT = "/api/v1/repositories/shop/web"
NOTHING = "there is nothing to undo: the journal of this clone has no correction or requested completion"
JSON = {"content-type": "application/json"}


@pytest.mark.parametrize(
    ("method", "path", "options", "status", "detail"),
    [
        ("GET", "/api/v1/nothing", {}, 404, "there is nothing at this address"),
        ("GET", f"{ROOT}/sessions/none", {}, 404, "no session none in shop/web"),
        ("DELETE", "/api/v1/sessions", {}, 405, "this address does not take the method"),
        ("GET", "/api/v1/sessions", {"headers": {"accept": "text/html"}}, 406, "there is only application/json here"),
        ("POST", f"{ROOT}/undo", {"content": b"{", "headers": JSON}, 400, "the body is no JSON"),
        ("POST", f"{ROOT}/undo", {"content": b"\xff", "headers": JSON}, 400, "the body is no JSON"),
        ("POST", f"{ROOT}/undo", {"content": b" " * 70_000, "headers": JSON}, 413, "the request is too large"),
        ("POST", f"{ROOT}/undo", {"content": b"a=b"}, 415, "the body is not application/json"),
        (
            "POST",
            f"{ROOT}/undo",
            {"json": {"entrance": "x"}},
            422,
            "the body does not fit: Object contains unknown field `entrance`",
        ),
        ("GET", "/api/v1/sessions?limit=0", {}, 422, "a parameter does not fit: Expected `int` >= 1 - at `$.limit`"),
        ("GET", "/api/v1/sessions?limit=1&limit=2", {}, 422, "the parameter limit is given more than once"),
        (
            "GET",
            "/api/v1/sessions?by=red",
            {},
            422,
            "a parameter does not fit: Object contains unknown field `by`",
        ),
        ("GET", "/api/v1/sessions?cursor=abc", {}, 422, "not a cursor: 'abc'"),
        ("GET", "/api/v1/tokens", {}, 404, "there is no database: this server shows the files of a clone"),
        (
            "POST",
            f"{ROOT}/undo",
            {"json": {}},
            404,
            "there is nothing to undo: the journal of this clone has no correction or requested completion",
        ),
    ],
)
def test_an_error_is_a_problem(api, method, path, options, status, detail):
    answer = api.request(method, path, **options)

    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    problem = answer.json()
    assert (problem["status"], problem["detail"]) == (status, detail)
    assert problem["type"].startswith("urn:pr-sessions:problem:")


def test_without_a_token_there_is_nothing_but_the_description(tracker, local_services):
    with calling(local_services, None) as client:
        answer = client.get("/api/v1/sessions")
        assert client.get("/api/v1/openapi.json").status_code == 200

    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, 'Bearer realm="pr-sessions"')
    assert answer.json() == {
        "type": "urn:pr-sessions:problem:unauthorized",
        "title": "Unauthorized",
        "status": 401,
        "detail": "this needs a token or a login",
        "hint": "send: Authorization: Bearer prs_...",
    }


def test_our_bug_says_nothing_of_its_cause(tracker, local_services, monkeypatch):
    def broken(_: object) -> None:
        raise RuntimeError("a secret")

    with calling(local_services) as client:
        monkeypatch.setattr(type(local_services.backend), "repositories", broken)
        answer = client.get("/api/v1/repositories")

    assert answer.status_code == 500
    assert answer.json() == {
        "type": "urn:pr-sessions:problem:internal-server-error",
        "title": "Internal Server Error",
        "status": 500,
        "detail": "the server failed; its log has the reason",
        "hint": None,
    }


@pytest.mark.parametrize("path", ["/api/v1/sessions", f"{ROOT}/sessions/{FIRST}", "/api/v1/counts"])
def test_what_has_not_changed_is_not_sent_again(api, path):
    first = api.get(path)
    again = api.get(path, headers={"if-none-match": f'"x", W/{first.headers["etag"]}'})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", first.headers["etag"])


def test_what_has_changed_is_sent(api):
    path = f"{ROOT}/sessions/{FIRST}"
    tag = api.get(path).headers["etag"]
    api.post(f"{ROOT}/pull-requests/42/unlink")
    again = api.get(path, headers={"if-none-match": tag})
    assert [pr["number"] for pr in again.json()["pull_requests"]] == ["41"]
    assert again.headers["etag"] != tag
