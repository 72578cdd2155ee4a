"""The API corrects sessions, names who did, and writes only in the state that the caller knows."""

import pytest

from pr_sessions.server.viewer import Right, Viewer
from server.api_calls import calling

FIRST, SECOND = "ada-20251122-1000", "ada-20251122-1200"
ROOT = "/api/v1/repositories/shop/web"


def test_a_correction_names_who_made_it(api):
    moved = api.post(f"{ROOT}/pull-requests/43/link", json={"session_id": FIRST})

    assert moved.status_code == 200
    assert moved.json() == {
        "repository": "shop/web",
        "number": "43",
        "before": SECOND,
        "session_id": FIRST,
        "by": "maria",
        "changed": True,
    }
    entry = api.get(f"{ROOT}/audit?limit=1").json()["items"][0]
    assert (entry["by"], entry["operation"]) == ("maria", "link")


def test_a_pull_request_is_taken_out_and_put_back(api):
    assert api.post(f"{ROOT}/pull-requests/43/unlink").json()["session_id"] is None
    undone = api.post(f"{ROOT}/undo", json={}).json()
    assert (undone["operation"], undone["by"]) == ("unlink", "maria")
    assert api.get(f"{ROOT}/pull-requests/43").json()["session_id"] == SECOND


def test_a_pull_request_moves_into_a_session_of_its_own(api):
    moved = api.post(f"{ROOT}/pull-requests/42/move", json={}).json()
    assert (moved["before"], moved["changed"]) == (FIRST, True)
    assert moved["session_id"] not in (FIRST, SECOND, None)


def test_two_sessions_become_one(api):
    merged = api.post(f"{ROOT}/sessions/{SECOND}/merge", json={"session_id": FIRST}).json()
    assert merged == {
        "repository": "shop/web",
        "session_id": FIRST,
        "absorbed": SECOND,
        "by": "maria",
        "changed": True,
    }
    assert api.get(f"{ROOT}/sessions/{SECOND}").json()["session_id"] == FIRST


def test_a_session_is_completed_once(api):
    first, second = (api.post(f"{ROOT}/sessions/{SECOND}/complete").json() for _ in range(2))
    assert (first["completion_trigger"], first["changed"]) == ("manual", True)
    assert (second["completion_trigger"], second["changed"]) == ("manual", False)


def test_a_write_in_the_state_that_was_read_is_made(api):
    tag = api.get(f"{ROOT}/sessions/{FIRST}").headers["etag"]
    done = api.post(f"{ROOT}/pull-requests/43/link", json={"session_id": FIRST}, headers={"if-match": tag})
    assert done.status_code == 200


@pytest.mark.parametrize("tag", ["old", '"0123456789abcdef-0123456789abcdef"', "nonsense", ""])
def test_a_write_in_another_state_changes_nothing(api, tag):
    path = f"{ROOT}/sessions/{FIRST}"
    old = api.get(path).headers["etag"]
    api.post(f"{ROOT}/pull-requests/43/unlink")
    before = api.get(path).json()
    done = api.post(f"{path}/merge", json={"session_id": SECOND}, headers={"if-match": old if tag == "old" else tag})

    assert (done.status_code, done.json()["title"]) == (412, "Precondition Failed")
    assert api.get(path).json() == before


def test_a_star_stands_for_any_state(api):
    done = api.post(f"{ROOT}/pull-requests/43/unlink", headers={"if-match": "*"})
    assert done.status_code == 200


def test_who_may_only_read_is_refused(tracker, local_services):
    reader = Viewer("bob", frozenset({Right.READ}))
    with calling(local_services, reader) as client:
        answer = client.post(f"{ROOT}/pull-requests/43/unlink")

    assert (answer.status_code, answer.headers["content-type"]) == (403, "application/problem+json")
    assert answer.json()["detail"] == "bob has no right to write"


def test_who_may_write_elsewhere_is_refused_here(tracker, local_services):
    writer = Viewer("bob", frozenset({Right.READ, Right.WRITE}), writable=frozenset({"shop/api"}))
    with calling(local_services, writer) as client:
        answer = client.post(f"{ROOT}/pull-requests/43/unlink")

    assert (answer.status_code, answer.json()["detail"]) == (403, "bob may not change the sessions of shop/web")


def test_a_repository_that_may_not_be_seen_looks_like_none(tracker, local_services):
    stranger = Viewer("bob", frozenset(Right), repositories=frozenset({"shop/api"}))
    with calling(local_services, stranger) as client:
        hidden, missing = (client.get(f"/api/v1/repositories/shop/{name}/audit") for name in ("web", "none"))
        assert client.get("/api/v1/sessions").json()["items"] == []
        assert client.get("/api/v1/repositories").json()["items"] == []

    assert (hidden.status_code, missing.status_code) == (404, 404)
    assert hidden.json()["detail"].replace("web", "none") == missing.json()["detail"]
