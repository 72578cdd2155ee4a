"""The dashboard's body: the inbox without names beside agents, links without a trace, and boxes."""

import re
from typing import Any

from hypothesis import given
from msgspec.structs import replace

from inboxes import NOW, REPOSITORY, full_pull_requests, inbox_of, large_inbox, open_pr
from pr_sessions.core.agents import Agent, Confidence, Role
from pr_sessions.core.conflicts import shared_files
from pr_sessions.core.inbox import Inbox
from pr_sessions.core.open_pull_requests import OpenPullRequest, ReviewState, ReviewStatus, Work
from pr_sessions.gate.dashboard.boxes import Box, BoxKind, ticked_box
from pr_sessions.gate.open_pull_requests import WaitingSession
from pr_sessions.render.dashboard import LONGEST, dashboard_body, dashboard_rows
from rendering import HOSTILE, linked

CLAUDE = (Agent("claude-code", Role.OPENED, Confidence.CERTAIN),)
BILLING: dict[str, Any] = {"session_id": "grace-20261130-0800", "author": "grace", "agents": CLAUDE}
WAITING = (WaitingSession(("14", "15", "16"), ("14", "15")), WaitingSession(("18",), ("18",)))
CHANGES = ReviewStatus(ReviewState.CHANGES_REQUESTED, f"{2:040x}", ("bob",))


def inbox(*prs: OpenPullRequest, **changes: Any) -> Inbox:
    conflicts = shared_files(prs)
    known = {"repositories": (REPOSITORY,), "rows": dashboard_rows(prs, conflicts), "conflicts": conflicts}
    return replace(inbox_of(()), **{**known, **changes})


def body(*prs: OpenPullRequest, waiting: tuple[WaitingSession, ...] = (), **changes: Any) -> str:
    return dashboard_body(inbox(*prs, **changes), waiting)


def test_the_whole_of_a_session_that_waits() -> None:
    prs = (open_pr(1, "Add a form", **BILLING), open_pr(2, "Call it", **BILLING, review=CHANGES))
    state = "not reviewed, checks pass, changes requested by bob"
    one, two = (f"[#&#8203;{n}](https://redirect.github.com/acme/shop/pull/{n})" for n in (1, 2))
    assert body(*prs, waiting=(WaitingSession(("1", "2"), ("2",)),)).replace("#\u200b", "#&#8203;").splitlines() == [
        "<!-- pr-sessions: dashboard -->",
        "",
        "2 open pull requests in 1 row.",
        "",
        "## Needs review: 1",
        "",
        "| Pull requests | What | State | Why | Next |",
        "| --- | --- | --- | --- | --- |",
        f"| {one}, {two} | Add a form | {state} | #&#8203;1: not reviewed yet | review #&#8203;1 |",
        "",
        "## Start checks",
        "",
        f"- [ ] <!-- pr-sessions: complete 1 --> **Add a form** {one}, {two}: no more pull requests, run the checks",
        f"  - [ ] <!-- pr-sessions: run 2 --> {two}: run its checks now",
        "",
        "<sub>pr-sessions, as of 2026-11-30 09:01 UTC</sub>",
    ]


def test_nothing_open_is_said() -> None:
    assert body() == (
        "<!-- pr-sessions: dashboard -->\n\nNothing is open.\n\n<sub>pr-sessions, as of 2026-11-30 09:01 UTC</sub>"
    )


def test_no_row_names_an_agent_or_who_uses_one() -> None:
    prs = (
        open_pr(1, **BILLING, has_base_conflict=True),
        open_pr(2, **{**BILLING, "session_id": "b"}, work=Work.AT_WORK, is_draft=True),
        open_pr(3, author="grace", agents=CLAUDE, checks="failing", opened=NOW),
        open_pr(4, author="grace", agents=CLAUDE, is_draft=True, opened=NOW),
    )
    shown = body(*prs)
    assert [name for name in ("grace", "claude") if name in shown] == []


def test_where_nothing_waits_there_are_no_boxes() -> None:
    assert "[ ]" not in body(open_pr(1, **BILLING))


def test_every_box_can_be_ticked() -> None:
    before = body(*full_pull_requests(), waiting=WAITING)
    boxes = re.findall(r"^ *- \[ \].*$", before, re.MULTILINE)
    ticked = [ticked_box(before, before.replace(box, box.replace("[ ]", "[x]", 1))) for box in boxes]
    assert ticked == [
        *(Box(BoxKind.COMPLETE, "14"), Box(BoxKind.RUN, "14"), Box(BoxKind.RUN, "15")),
        *(Box(BoxKind.COMPLETE, "18"), Box(BoxKind.RUN, "18")),
    ]


def test_links_leave_no_trace_on_pull_requests() -> None:
    links = re.findall(r"\]\(([^)]*)\)", body(*full_pull_requests(), waiting=WAITING))
    assert {link.rpartition("/")[0] for link in links} == {"https://redirect.github.com/acme/shop/pull"}


def test_on_another_server_numbers_are_no_links() -> None:
    assert linked(body(open_pr(1, **BILLING, address="https://git.acme.example/acme/shop/pull/1"))) == set()


def test_of_a_thousand_pull_requests_as_many_rows_as_fit_are_shown() -> None:
    large = large_inbox(1_000)
    waiting = tuple(WaitingSession((pr.number,), (pr.number,)) for pr in large.pull_requests)
    shown = body(*large.pull_requests, waiting=waiting)
    rows, more = len(re.findall(r"^\| \[", shown, re.MULTILINE)), re.findall(r"and (\d+) more row", shown)
    assert (LONGEST - 2_000 < len(shown) <= LONGEST, rows > 50, len(more) > 0, "more sessions" in shown) == (True,) * 4


def test_long_titles_leave_room_for_what_was_not_read() -> None:
    prs = [open_pr(n, "<" * 5_000, session_id=f"s-{n}", agents=CLAUDE) for n in range(1, 300)]
    shown = body(*prs, unknowns=("the checks: GitHub refused",))
    assert (len(shown) <= LONGEST, "the checks: GitHub refused" in shown) == (True, True)


@given(HOSTILE)
def test_whatever_people_write_is_no_box_and_makes_no_link(words: str) -> None:
    prs = (
        open_pr(1, words, **{**BILLING, "session_title": words}, labels=(words,), base=words, has_base_conflict=True),
        open_pr(2, f"{words}\n- [ ] <!-- pr-sessions: run 9 --> x", session_id="b", files=(words or "a",)),
    )
    waiting = (WaitingSession(("1",), ("1",)), WaitingSession(("2",), ()))
    shown = body(*prs, waiting=waiting, unknowns=(words,))
    assert re.findall(r"^ *- \[.\] .{0,40}(?= -->)", shown, re.MULTILINE) == [
        "- [ ] <!-- pr-sessions: complete 1",
        "  - [ ] <!-- pr-sessions: run 1",
        "- [ ] <!-- pr-sessions: complete 2",
    ]
    assert linked(shown) <= {"link_open"}
