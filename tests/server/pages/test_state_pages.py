"""The state of the system: repositories, deliveries, storage, changes."""

from inboxes import HTML, REPOSITORY
from pr_sessions.server.viewer import Viewer
from server.pages.conftest import Visit
from server.pages.reading import addresses, texts
from server.pages.sample import READER, SampleBackend


def test_a_repository_shows_its_health(visit: Visit) -> None:
    page = visit().get("/repositories").text

    cells = texts(page.partition("acme/shop</bdi>")[2], "td")
    assert cells == [
        "enforce: gate of acme/shop",
        "3",
        "2 min ago",
        "1 min ago",
        "4",
        "3 dead deliveries of acme/shop",
        "7 h ago repaired 2 state, 1 missed",
    ]
    assert texts(page, "span", class_="problem") == [f"line 4 of the settings: unknown key {HTML}"]


def test_repositories_with_a_problem_are_filtered(visit: Visit) -> None:
    client = visit()

    assert texts(client.get("/repositories").text, "p", class_="lead") == ["3 repositories, 2 with a problem"]
    assert texts(client.get("/repositories?q=TOOLS").text, "h1") == ["Repositories"]
    names = [link for link in addresses(client.get("/repositories?troubled=1").text) if link.startswith("/?")]
    assert len(names) == 2
    assert names[1] == f"/?repository={REPOSITORY}"


def test_a_clone_shows_neither_modes_nor_deliveries(visit: Visit) -> None:
    client = visit(backend=SampleBackend(is_team=False))
    page = client.get("/repositories").text

    assert texts(page, "th", scope="col") == ["Repository", "Active", "Inbox read"]
    assert "/deliveries" not in addresses(page)
    assert client.get("/deliveries").status_code == 404


def test_a_dead_delivery_is_sent_again_by_an_administrator(visit: Visit, backend: SampleBackend) -> None:
    client = visit()
    answer = client.post("/deliveries/redeliver", data={"id": "1"})
    page = client.get(answer.headers["location"]).text

    assert texts(page, "div", class_="notice") == [f"{backend.dead[1].guid} waits again."]
    assert [line.state for line in backend.dead] == ["dead", "waiting", "dead"]
    assert sum(text.startswith("Send again") for text in texts(page, "button")) == 2
    assert texts(visit(READER).get("/deliveries").text, "button") == []


def test_storage_shows_where_everything_lies(visit: Visit) -> None:
    page = visit().get("/storage").text

    assert texts(page, "p", class_="lead") == ["Where everything lies: 1.5 MB in 2 places"]
    assert texts(page, "td", data_name="Size") == []
    assert [texts(row, "td")[1:] for row in page.split("<tr>")[2:]] == [
        ["48.2 kB", "–"],
        ["1.5 MB", "1200"],
        ["not known", "5000000"],
    ]


def test_changes_show_who_did_what_and_what_can_be_undone(visit: Visit, backend: SampleBackend) -> None:
    tracker = backend.tracker(REPOSITORY)
    tracker.unlink("14", by=HTML)
    tracker.complete("cart-a1b2", by="bob")

    page = visit().get(f"/changes?repository={REPOSITORY}").text

    assert [texts(row, "td")[:2] for row in page.split("<tr")[2:]] == [
        ["cart-a1b2, ended 1: cart-a1b2", "bob"],
        ["pull request 14, before billing-3f9c, now in no session", f"{HTML[:59]}…"],
    ]
    assert [link for link in addresses(page) if link.startswith("/undo")] == [
        f"/undo?repository={REPOSITORY}&entry=2",
        f"/undo?repository={REPOSITORY}&entry=1",
    ]


def test_the_log_of_changes_is_for_who_may_read_it(visit: Visit) -> None:
    client = visit(READER)

    assert client.get("/changes").status_code == 403
    assert "/changes" not in addresses(client.get("/").text)


def test_a_log_of_all_repositories_names_them(visit: Visit, backend: SampleBackend) -> None:
    backend.tracker(REPOSITORY).unlink("14", by="bob")
    page = visit().get("/changes").text

    assert [texts(row, "td")[1:3] for row in page.split("<tr")[2:]] == [[REPOSITORY, "bob"]]
    assert f"/changes?repository={REPOSITORY}" in addresses(page)
    assert f"/undo?repository={REPOSITORY}&entry=1" in addresses(page)
    assert texts(page, "option") == ["All", "acme/tools", f"acme/{'a-long-name-' * 8}", REPOSITORY]
    assert texts(visit(backend=SampleBackend(is_team=False)).get("/changes").text, "div", class_="empty") == [
        "Nothing was changed yet."
    ]


def test_who_is_logged_in_can_log_out(visit: Visit) -> None:
    assert texts(visit().get("/").text, "div", class_="viewer") == ["You are adaLog out"]
    assert texts(visit(READER).get("/").text, "div", class_="viewer") == ["You are rita"]
    assert texts(visit(Viewer("")).get("/").text, "div", class_="viewer") == ["Log in"]


def test_style_script_and_sign_are_kept_by_browsers(visit: Visit) -> None:
    client = visit()

    kept = [client.get(path).headers["cache-control"] for path in ("/pages.css", "/pages.js", "/icon.svg")]
    assert kept == ["public, max-age=31536000, immutable"] * 3
    assert client.get("/").headers["cache-control"] == "private, no-cache"
