"""Corrections: asked before they are made, written into the log with who made them, and undone."""

import pytest

from inboxes import HTML, REPOSITORY
from pr_sessions.core.models import Trigger
from server.pages.conftest import Visit
from server.pages.reading import addresses, texts
from server.pages.sample import NOW, READER, SampleBackend

BILLING = {"repository": REPOSITORY, "id": "billing-3f9c"}
NUMBER = {"repository": REPOSITORY, "number": "14"}


def _log(backend: SampleBackend) -> list[tuple[str, str]]:
    return [(entry.operation, entry.by) for entry in backend.store.audit_log().entries]


def test_completing_is_asked_first_and_changes_nothing(visit: Visit, backend: SampleBackend) -> None:
    page = visit().get("/session/complete", params=BILLING).text

    assert texts(page, "h1") == ["Complete this session?"]
    assert texts(page.partition('class="plain"')[2], "li") == [
        "The session ends now. Later activity does not move this end.",
        "What its author opens from now on begins another session.",
    ]
    assert "The log of changes names ada. It can be undone there." in texts(page, "p", class_="note")
    assert _log(backend) == []


def test_a_session_that_was_completed_says_by_whom_and_offers_to_undo(visit: Visit, backend: SampleBackend) -> None:
    client = visit()
    answer = client.post("/session/complete", data=BILLING)
    page = client.get(answer.headers["location"]).text

    end = backend.store.sessions["billing-3f9c"].completion
    assert answer.status_code == 303
    assert end is not None
    assert (end.at, end.trigger) == (NOW, Trigger.MANUAL)
    assert _log(backend) == [("complete", "ada")]
    assert texts(page, "div", class_="notice") == [
        "Complete was done by ada: billing-3f9c, ended 1: billing-3f9c. Undo"
    ]
    assert f"/undo?repository={REPOSITORY}&entry=1" in addresses(page)


def test_a_session_that_has_completed_cannot_be_completed_again(visit: Visit) -> None:
    refused = visit().get("/session/complete", params={**BILLING, "id": "docs-0c0c"})

    assert refused.status_code == 422
    assert texts(refused.text, "div", class_="empty") == [
        "docs-0c0c has completed already undo that in the log of changes 422"
    ]


def test_merging_offers_others_and_says_which_name_survives(visit: Visit, backend: SampleBackend) -> None:
    client = visit()
    offered = addresses(client.get("/session/merge", params=BILLING).text, "input", "value")
    asked = client.get("/session/merge", params={**BILLING, "to": "docs-0c0c"}).text
    answer = client.post("/session/merge", data={**BILLING, "to": "docs-0c0c"})

    assert "billing-3f9c" not in [value for value in offered if value not in BILLING.values()]
    assert "docs-0c0c" in offered
    assert texts(asked.partition('class="plain"')[2], "li") == [
        "docs-0c0c becomes part of billing-3f9c, which then holds 9 pull requests.",
        "The name docs-0c0c stays as an alias: links to it keep working.",
        "The author grace is not kept.",
    ]
    assert answer.headers["location"] == f"/session?repository={REPOSITORY}&id=billing-3f9c&done=1"
    assert backend.store.sessions["billing-3f9c"].aliases == ("billing-aaaa", "docs-0c0c")


@pytest.mark.parametrize(
    ("to", "sentence"),
    [
        ("docs-0c0c", "#14 leaves billing-3f9c and goes to docs-0c0c."),
        ("new", "#14 leaves billing-3f9c and goes to a new session of its own."),
    ],
)
def test_moving_says_where_from_and_where_to(visit: Visit, backend: SampleBackend, to: str, sentence: str) -> None:
    client = visit()
    asked = client.get("/pull-request/move", params={**NUMBER, "to": to}).text
    client.post("/pull-request/move", data={**NUMBER, "to": to})

    holder = backend.store.sessions.for_pull_request("14")
    assert texts(asked, "ul", class_="plain") == [f"{sentence} Nothing automatic moves it from there."]
    assert holder is not None
    assert holder.id == ("docs-0c0c" if to == "docs-0c0c" else "ada-20261119-1501")


def test_a_pull_request_in_no_session_is_put_into_one(visit: Visit, backend: SampleBackend) -> None:
    client = visit()
    values = {"repository": REPOSITORY, "number": "77", "to": "docs-0c0c"}
    answer = client.post("/pull-request/move", data=values)

    assert answer.headers["location"] == f"/pull-request?repository={REPOSITORY}&number=77&done=1"
    assert backend.store.sessions["docs-0c0c"].lists("77")


def test_taking_out_is_undone_from_the_page_that_it_leads_to(visit: Visit, backend: SampleBackend) -> None:
    client = visit()
    taken = client.post("/pull-request/unlink", data=NUMBER)
    assert backend.store.sessions.unattributed("14") is not None
    notice = client.get(taken.headers["location"]).text
    undo = next(link for link in addresses(notice) if link.startswith("/undo?"))

    asked = client.get(undo).text
    client.post("/undo", data={"repository": REPOSITORY, "entry": "1"})

    assert texts(asked, "h1") == ["Undo this unlink?"]
    assert backend.store.sessions["billing-3f9c"].lists("14")
    assert _log(backend) == [("unlink", "ada"), ("undo", "ada")]


def test_a_change_of_somebody_else_is_named_before_it_is_undone(visit: Visit, backend: SampleBackend) -> None:
    backend.tracker(REPOSITORY).unlink("14", by=HTML)

    asked = visit().get(f"/undo?repository={REPOSITORY}&entry=1").text

    assert texts(asked, "ul", class_="plain") == [
        f"unlink is undone: pull request 14, before billing-3f9c, now in no session. This is a change of {HTML}."
    ]


def test_a_correction_that_changes_nothing_says_so(visit: Visit) -> None:
    client = visit()
    client.post("/pull-request/move", data={**NUMBER, "to": "docs-0c0c"})
    again = client.post("/pull-request/move", data={**NUMBER, "to": "docs-0c0c"})

    page = client.get(again.headers["location"]).text

    assert texts(page, "div", class_="notice") == ["Nothing had to be changed."]


@pytest.mark.parametrize(
    ("path", "values"),
    [
        ("/session/complete", BILLING),
        ("/session/merge", {**BILLING, "to": "docs-0c0c"}),
        ("/pull-request/move", {**NUMBER, "to": "new"}),
        ("/pull-request/unlink", NUMBER),
        ("/undo", {"repository": REPOSITORY, "entry": "1"}),
        ("/deliveries/redeliver", {"id": "1"}),
    ],
)
def test_who_may_only_read_changes_nothing(
    visit: Visit, backend: SampleBackend, path: str, values: dict[str, str]
) -> None:
    client = visit(READER)

    assert client.post(path, data=values).status_code == 403
    assert path == "/deliveries/redeliver" or client.get(path, params=values).status_code == 403
    assert _log(backend) == []


@pytest.mark.parametrize(
    ("path", "values"),
    [
        ("/session/complete", {"id": "nothing"}),
        ("/session/merge", {**BILLING, "to": "nothing"}),
        ("/pull-request/move", {**NUMBER, "to": "nothing"}),
        ("/pull-request/unlink", {"number": "4711"}),
        ("/undo", {"entry": "4711"}),
        ("/undo", {}),
        ("/deliveries/redeliver", {"id": "4711"}),
    ],
)
def test_what_is_not_there_is_an_error_with_a_hint(visit: Visit, path: str, values: dict[str, str]) -> None:
    answer = visit().post(path, data=values)

    assert answer.status_code == 404
    assert len(texts(answer.text, "p", class_="hint")) == 1
