"""The inbox as a server shows it: all rows, those of a repository or a person, in parts."""

import pytest

from inboxes import REPOSITORY, empty_inbox, large_inbox
from pr_sessions.core.inbox import Inbox
from pr_sessions.render.inbox_words import SECTIONS
from pr_sessions.server.viewer import Right, Viewer
from server.pages.conftest import Visit
from server.pages.reading import addresses, texts
from server.pages.sample import ADA, NOW, READER, SampleBackend


def test_sections_have_the_counts_of_all_parts(visit: Visit) -> None:
    backend = SampleBackend(inbox=large_inbox(200))
    page = visit(backend=backend).get("/").text
    rows = {section: backend.open.rows_in(section) for section in SECTIONS}

    counted = [text for text in texts(page, "a") if text in {f"{SECTIONS[s]} {len(r)}" for s, r in rows.items()}]

    shown = [section for section, section_rows in rows.items() if section_rows][: len(counted)]
    assert counted == [f"{SECTIONS[section]} {len(rows[section])}" for section in shown]
    assert texts(page, "p", class_="lead", id="lead") == [f"{len(backend.open.rows)} rows with open pull requests"]


def test_parts_follow_each_other_until_every_row_was_shown(visit: Visit) -> None:
    backend = SampleBackend(inbox=large_inbox(200))
    client, address, seen = visit(backend=backend), "/", 0
    while address:
        page = client.get(address).text
        seen += page.count('<li class="row')
        address = next(iter(addresses(page.partition('class="pager"')[2])[-1:]), "")
        address = address if "cursor=" in address else ""

    assert seen == len(backend.open.rows)


def test_a_row_leads_to_its_session_and_each_pull_request_to_its_reasons(visit: Visit) -> None:
    links = addresses(visit().get(f"/?repository={REPOSITORY}").text)

    assert f"/session?repository={REPOSITORY}&id=billing-3f9c" in links
    assert f"/pull-request?repository={REPOSITORY}&number=14" in links
    assert f"https://github.com/{REPOSITORY}/pull/14" in links


def test_mine_shows_what_concerns_the_person_who_is_logged_in(visit: Visit, backend: SampleBackend) -> None:
    page = visit().get("/?mine=1").text
    mine = [row for row in backend.open.rows if any(pr.author == ADA.login for pr in row.prs)]

    assert page.count('<li class="row') == len(mine)


def test_mine_in_a_clone_is_what_concerns_the_account_of_its_credential(visit: Visit) -> None:
    clone = SampleBackend(is_team=False)
    page = visit(READER, backend=clone).get("/?mine=1").text

    assert page.count('<li class="row') == sum(any(pr.author == "ada" for pr in row.prs) for row in clone.open.rows)


def test_mine_says_so_where_the_person_has_no_account_that_is_known(visit: Visit) -> None:
    page = visit(READER).get("/?mine=1").text

    assert texts(page, "p", id="lead") == ["It is not known who you are on the forge"]
    assert page.count('<li class="row') == 0


def test_an_empty_inbox_says_that_nothing_needs_anybody(visit: Visit) -> None:
    page = visit(backend=SampleBackend(inbox=empty_inbox())).get("/").text

    assert texts(page, "p", id="lead") == ["Nothing is open"]
    assert texts(page, "div", class_="empty") == [
        "Nothing needs you. Open pull requests stand here, those that need somebody first."
    ]


def test_an_inbox_that_was_not_read_yet_says_so(visit: Visit) -> None:
    page = visit(backend=SampleBackend(inbox=Inbox(at=NOW))).get("/").text

    assert texts(page, "p", id="lead") == ["Nothing was read yet"]


def test_only_a_clone_has_a_button_that_reads_again(visit: Visit) -> None:
    clone = SampleBackend(is_team=False)

    assert "Read again" not in texts(visit().get("/").text, "button")
    assert "Read again" in texts(visit(backend=clone).get("/").text, "button")
    answer = visit(backend=clone).post("/inbox/read", data={"repository": REPOSITORY, "mine": "1"})
    assert (answer.status_code, answer.headers["location"]) == (303, f"/?repository={REPOSITORY}&mine=1")


def test_a_forge_that_refuses_is_named_with_what_to_do(visit: Visit) -> None:
    clone = SampleBackend(is_team=False)
    clone.refuses = "GitHub refused: rate limit"

    page = visit(backend=clone).post("/inbox/read", data={}).text

    assert texts(page, "div", class_="empty") == ["GitHub refused: rate limit wait until 09:20"]


def test_a_repository_that_the_person_may_not_see_is_not_there(visit: Visit) -> None:
    viewer = Viewer("eve", frozenset({Right.READ}), "token", repositories=frozenset({"acme/tools"}))

    refused = visit(viewer).get(f"/?repository={REPOSITORY}")

    assert (refused.status_code, texts(refused.text, "h1")) == (404, ["Not here"])
    assert visit(viewer).get("/?repository=acme/nothing").status_code == 404


def test_who_has_no_right_to_read_sees_nothing(visit: Visit) -> None:
    refused = visit(Viewer("")).get("/")

    assert (refused.status_code, texts(refused.text, "h1")) == (403, ["Not allowed"])
    assert refused.text.count('<li class="row') == 0


@pytest.mark.parametrize(
    "path",
    ["/deliveries", "/storage", "/session?id=billing-3f9c", "/pull-request?number=14", "/pull-request/move?number=14"],
)
def test_who_may_see_some_repositories_names_the_one_that_is_shown(visit: Visit, path: str) -> None:
    viewer = Viewer("eve", frozenset(Right), "token", repositories=frozenset({"acme/tools"}))

    assert visit(viewer).get(path).status_code == 404
    assert [visit(viewer).get(page).status_code for page in ("/sessions", "/repositories", "/changes")] == [200] * 3
