"""The original's dashboard reads the session file, and completes a session."""

from server.api_calls import calling

FIRST, SECOND = "ada-20251122-1000", "ada-20251122-1200"
ROOT = "/compat/api/v1/sessions"


def test_the_dashboard_gets_the_session_file(api):
    answer = api.get(ROOT).json()

    assert (list(answer["active_sessions"]), [each["session_id"] for each in answer["completed_sessions"]]) == (
        [SECOND],
        [FIRST],
    )
    assert answer["active_sessions"][SECOND]["prs"] == ["43"]
    assert answer["completed_sessions"][0]["status"] == "completed"


def test_the_dashboard_gets_one_session(api):
    assert api.get(f"{ROOT}/{SECOND}").json() == api.get(ROOT).json()["active_sessions"][SECOND]


def test_the_dashboard_completes_a_session(api):
    done = api.post(f"{ROOT}/{SECOND}/complete")

    assert (done.status_code, done.json()["status"], done.json()["completion_trigger"]) == (200, "completed", "manual")
    assert api.get(ROOT).json()["active_sessions"] == {}


def test_errors_are_problems(api, local_services):
    assert api.get(f"{ROOT}/none").json()["detail"] == "no session none"
    assert api.get(f"{ROOT}?repository=shop/none").json()["detail"] == "no repository shop/none"
    with calling(local_services, None) as client:
        assert client.get(ROOT).status_code == 401
