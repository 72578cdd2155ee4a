"""Lists of sessions, one session, and why a pull request is in it."""

import pytest

from inboxes import HTML, REPOSITORY
from pr_sessions.core.explain import BASES
from pr_sessions.server.pages.resume import resume_command
from pr_sessions.server.pages.session_list import PAGE
from server.pages.conftest import Visit
from server.pages.reading import addresses, texts
from server.pages.sample import READER, SampleBackend, sessions

BILLING = f"/session?repository={REPOSITORY}&id=billing-3f9c"


def test_parts_of_the_list_hold_every_session_once(visit: Visit) -> None:
    client, address, seen = visit(), "/sessions", []
    while address:
        page = client.get(address).text
        seen += [link for link in addresses(page) if link.startswith("/session?")]
        address = next((link for link in addresses(page) if link.startswith("/sessions?cursor=")), "")

    assert sorted(seen) == sorted(f"/session?repository={REPOSITORY}&id={session.id}" for session in sessions())
    assert len(seen) > PAGE


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("state=active&author=lin", ["search-77aa"]),
        ("q=docs", ["docs-0c0c"]),
        ("q=billing-aaaa", ["billing-3f9c"]),
        ("q=%2318", ["cart-a1b2"]),
        ("author=nobody", []),
        ("agent=claude-code&author=grace", ["docs-0c0c"]),
    ],
)
def test_filters_and_search_show_what_fits(visit: Visit, query: str, ids: list[str]) -> None:
    page = visit().get(f"/sessions?{query}").text

    links = [link for link in addresses(page) if link.startswith("/session?")]
    assert links == [f"/session?repository={REPOSITORY}&id={session_id}" for session_id in ids]
    assert (texts(page, "div", class_="empty") != []) is (ids == [])


def test_a_session_shows_what_happened_the_latest_first(visit: Visit) -> None:
    page = visit().get(BILLING).text

    assert texts(page.partition('class="timeline"')[2], "p")[:8] == [
        "Idle since then: nothing was reported for longer than the team's limit",
        "Last activity that was reported",
        "bob merged billing-aaaa into it",
        "#16 approved by bob",
        "#16 last push",
        "#15 last push",
        "#14 last push",
        "#12 closed without a merge",
    ]


def test_a_session_is_found_by_its_alias(visit: Visit) -> None:
    page = visit().get(f"/session?repository={REPOSITORY}&id=billing-aaaa").text

    assert texts(page, "h1") == ["Billing"]


def test_a_session_that_is_not_there_is_an_error_with_a_hint(visit: Visit) -> None:
    answer = visit().get("/session?id=nothing")

    assert answer.status_code == 404
    assert texts(answer.text, "div", class_="empty") == [
        "no session nothing it may have been merged or removed: see the list of sessions 404"
    ]


def test_corrections_are_offered_only_to_who_may_make_them(visit: Visit) -> None:
    offered = ["Complete…", "Merge with…"]

    assert [text for text in texts(visit().get(BILLING).text, "a") if text in offered] == offered
    assert [text for text in texts(visit(READER).get(BILLING).text, "a") if text in offered] == []


@pytest.mark.parametrize(
    ("agent", "run", "command"),
    [
        ("claude-code", "8c2e1f0a-1111", "claude --resume 8c2e1f0a-1111"),
        ("codex", "0199a213-81c0", "codex resume 0199a213-81c0"),
        ("claude-code", "x; rm -rf /", ""),
        ("claude-code", "--help", ""),
        ("claude-code", "", ""),
        ("unheard-of", "8c2e1f0a", ""),
    ],
)
def test_a_run_is_opened_by_its_agents_command(agent: str, run: str, command: str) -> None:
    assert resume_command(agent, run) == command


def test_the_comparison_of_a_stack_is_on_the_forge(visit: Visit, backend: SampleBackend) -> None:
    backend.tracker(REPOSITORY).unlink("16", by="ada")

    links = addresses(visit().get(BILLING).text)

    assert f"https://github.com/{REPOSITORY}/compare/main...change-15" in links


def test_a_pull_request_shows_every_basis_the_strongest_first(visit: Visit) -> None:
    page = visit().get(f"/pull-request?repository={REPOSITORY}&number=14").text

    names = [basis.label.replace("_", " ").capitalize() for basis in BASES]
    shown = texts(page.partition('class="bases"')[2], "h3")
    assert shown[: len(names)] == [
        "Manual stronger; it would move it",
        "Hook stronger; it would move it",
        "Agent run stronger; it would move it",
        "Marker stronger; it would move it",
        "Workspace decided",
        "Stack weaker",
        "Commits weaker",
        "Time weaker",
    ]
    assert [text.split(" ")[0] for text in shown] == [name.split(" ")[0] for name in names]


def test_a_pull_request_in_no_session_says_why(visit: Visit) -> None:
    page = visit().get("/pull-requests").text

    assert [link for link in addresses(page) if link.startswith("/pull-request?")] == [
        f"/pull-request?repository={REPOSITORY}&number={number}" for number in ("78", "77")
    ]
    assert texts(visit().get("/pull-request?number=77").text, "p", class_="lead")[0].startswith("It is in no session: ")


@pytest.mark.parametrize("number", ["0x14", "1" * 30, "../../etc", "<b>"])
def test_what_is_no_number_is_refused(visit: Visit, number: str) -> None:
    answer = visit().get("/pull-request", params={"number": number})

    assert (answer.status_code, texts(answer.text, "h1")) == (422, ["Not possible"])


def test_hostile_text_is_text(visit: Visit) -> None:
    page = visit().get(f"/session?repository={REPOSITORY}&id=cart-a1b2").text

    assert "<script>document" not in page
    assert "<img" not in page
    assert texts(page, "h1") == [HTML]


def test_a_title_of_10000_characters_is_cut(visit: Visit) -> None:
    page = visit().get("/session?id=many").text

    assert [len(text) for text in texts(page, "h1")] == [200]
