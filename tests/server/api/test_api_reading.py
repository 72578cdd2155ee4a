"""The API lists and shows what is stored."""

FIRST, SECOND = "ada-20251122-1000", "ada-20251122-1200"
ROOT = "/api/v1/repositories/shop/web"


def test_sessions_are_listed_with_the_latest_first(api):
    answer = api.get("/api/v1/sessions")

    assert answer.status_code == 200
    assert answer.json() == {
        "items": [
            {
                "repository": "Shop/Web",
                "session_id": SECOND,
                "author": "ada",
                "agent": None,
                "title": None,
                "is_active": True,
                "started": "2025-11-22T12:00:00Z",
                "last_activity": "2025-11-22T12:00:00Z",
                "completed": None,
                "completion_trigger": None,
                "pull_requests": 1,
            },
            {
                "repository": "Shop/Web",
                "session_id": FIRST,
                "author": "ada",
                "agent": None,
                "title": None,
                "is_active": False,
                "started": "2025-11-22T10:00:00Z",
                "last_activity": "2025-11-22T10:05:00Z",
                "completed": "2025-11-22T10:35:00Z",
                "completion_trigger": "timeout",
                "pull_requests": 2,
            },
        ],
        "next": None,
    }


def test_a_list_is_read_in_parts(api):
    first = api.get("/api/v1/sessions?limit=1").json()
    second = api.get("/api/v1/sessions", params={"limit": 1, "cursor": first["next"]}).json()

    assert [item["session_id"] for part in (first, second) for item in part["items"]] == [SECOND, FIRST]
    assert second["next"] is None


def test_a_filter_leaves_out_the_rest(api):
    lists = [
        [item["session_id"] for item in api.get(f"/api/v1/sessions?{query}").json()["items"]]
        for query in ("is_active=true", "is_active=false", "author=ada", "author=bob", "repository=shop/web")
    ]
    assert lists == [[SECOND], [FIRST], [SECOND, FIRST], [], [SECOND, FIRST]]


def test_sessions_are_counted(api):
    counts = api.get("/api/v1/counts").json()
    assert counts == {"active": 1, "completed": 1, "pull_requests": 3, "unattributed": 0}


def test_a_session_shows_its_pull_requests(api):
    session = api.get(f"{ROOT}/sessions/{FIRST}").json()

    assert (session["session_id"], session["status"], session["duration_minutes"]) == (FIRST, "completed", 35)
    assert [(pr["number"], pr["session_id"], pr["attribution"]["basis"]) for pr in session["pull_requests"]] == [
        ("41", FIRST, "time"),
        ("42", FIRST, "time"),
    ]


def test_a_session_is_asked_for_by_a_pull_request(api):
    assert api.get(f"{ROOT}/pull-requests/42/session").json() == api.get(f"{ROOT}/sessions/{FIRST}").json()


def test_a_text_finds_sessions_by_id_and_by_pull_request(api):
    lists = [
        [item["session_id"] for item in api.get("/api/v1/sessions/search", params={"text": text}).json()["items"]]
        for text in ("ada-20251122-12", "#41", "nothing")
    ]
    assert lists == [[SECOND], [FIRST], []]


def test_pull_requests_are_listed_with_the_last_opened_first(api):
    items = api.get("/api/v1/pull-requests").json()["items"]
    assert [(item["number"], item["session_id"], item["basis"]) for item in items] == [
        ("43", SECOND, "time"),
        ("42", FIRST, "time"),
        ("41", FIRST, "time"),
    ]


def test_why_shows_every_basis(api):
    why = api.get(f"{ROOT}/pull-requests/42/why").json()

    assert (why["number"], why["session_id"], why["is_auto"]) == ("42", FIRST, True)
    assert [(each["basis"], each["outcome"]) for each in why["bases"] if each["outcome"] == "decided"] == [
        ("time", "decided")
    ]
    assert len(why["bases"]) == 8


def test_the_clone_is_the_only_repository(api):
    assert [each["name"] for each in api.get("/api/v1/repositories").json()["items"]] == ["Shop/Web"]
    assert api.get(ROOT).json() == api.get("/api/v1/repositories/-/-").json()


def test_the_inbox_says_what_it_could_not_read(api):
    summary = api.get("/api/v1/inbox/summary").json()
    assert set(summary) == {"made", "source", "unknowns", "counts"}
    assert api.get("/api/v1/inbox").json() == {"items": [], "next": None}


def test_storage_says_where_everything_is(api):
    assert {"what", "where", "size", "count"} == set(api.get("/api/v1/storage").json()["items"][0])


def test_the_viewer_is_named(api):
    assert api.get("/api/v1/viewer").json() == {
        "name": "maria",
        "source": "local",
        "rights": ["read", "write", "audit", "admin"],
        "repositories": None,
    }
