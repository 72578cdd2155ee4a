"""What the gate decided, and what it gave up."""

import pytest

from inboxes import HTML, REPOSITORY
from server.pages.conftest import Visit
from server.pages.reading import addresses, texts
from server.pages.sample import READER, SampleBackend


def test_decisions_show_what_the_gate_would_have_done_and_why(visit: Visit) -> None:
    page = visit().get(f"/decisions?repository={REPOSITORY}").text

    assert [texts(row, "td") for row in page.split("<tr")[2:] if "<td" in row] == [
        ["31", "9"],
        [
            "3 min ago",
            "shadow",
            "could wait",
            "–",
            f"comment on #14: would be {HTML}; check on #14 (1f0c5ae): would be in_progress",
        ],
        ["3 h ago", "enforce", "run", f"{HTML} approved it", "–"],
    ]
    assert f"/decisions?repository={REPOSITORY}" in addresses(visit().get("/repositories").text)


def test_a_repository_without_decisions_says_so(visit: Visit) -> None:
    page = visit().get("/decisions?repository=acme/tools").text

    assert texts(page, "div", class_="empty")[0].startswith("The gate has decided nothing here yet.")


def test_what_was_given_up_is_tried_again_by_an_administrator(visit: Visit, backend: SampleBackend) -> None:
    client = visit()
    response = client.post("/given-up/try-again", data={"id": "0"})
    page = client.get(response.headers["location"]).text

    assert texts(page, "div", class_="notice") == ["comment 10 is tried again."]
    assert [line.id for line in backend.undone] == ["1"]
    assert [text for text in texts(page, "button") if text.startswith("Try")] == [
        f"Try again comment 11 of {REPOSITORY}"
    ]
    assert texts(visit(READER).get("/given-up").text, "button") == []
    assert visit(READER).post("/given-up/try-again", data={"id": "1"}).status_code == 403


@pytest.mark.parametrize("path", [f"/decisions?repository={REPOSITORY}", "/given-up"])
def test_a_clone_has_no_gate(visit: Visit, path: str) -> None:
    client = visit(backend=SampleBackend(is_team=False))

    assert client.get(path).status_code == 404
    assert not any(path.startswith(link) for link in addresses(client.get("/repositories").text) if len(link) > 1)
