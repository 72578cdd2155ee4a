"""The inbox as a terminal of some width shows it."""

import re
import time

import pytest
from msgspec.structs import replace
from rich.cells import cell_len
from rich.text import Text

from inboxes import HTML, NOW, RIGHT_TO_LEFT, empty_inbox, full_inbox, inbox_of, large_inbox, open_pr
from pr_sessions.core.inbox import Inbox
from pr_sessions.core.inbox_view import View
from pr_sessions.core.open_pull_requests import Checks
from pr_sessions.core.visible_text import one_line
from pr_sessions.render import screen
from pr_sessions.render.inbox import change_lines, inbox_lines
from pr_sessions.render.inbox_markdown import inbox_markdown
from pr_sessions.render.inbox_page import page
from pr_sessions.render.table import plain_lines

MORE = "closes #7, #8; labels help wanted; 23 opened elsewhere in 7 days"
ALL = View(limit=None, unfolds=True)


@pytest.fixture(autouse=True)
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    monkeypatch.setenv("TERM", "xterm-256color")
    for name in ("NO_COLOR", "FORCE_COLOR", "COLORTERM"):
        monkeypatch.delenv(name, raising=False)


def drawn(inbox: Inbox, width: int, view: View = ALL) -> str:
    return screen.draw(inbox_lines(inbox, view), width)


def plain(inbox: Inbox, view: View = ALL) -> list[str]:
    return [re.sub(r"\x1b\[[0-9;]*m", "", line) for line in plain_lines(inbox_lines(inbox, view))]


@pytest.mark.parametrize("width", [1, 2, 5, 11, 20, 33, 60, 80, 100, 180, 300])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    lines = Text.from_ansi(drawn(full_inbox(), width)).plain.split("\n")
    assert [line for line in lines if cell_len(line) > width] == []


def test_at_a_hundred_columns() -> None:
    lines = Text.from_ansi(drawn(full_inbox(), 100, View())).plain.splitlines()
    assert lines[:15] == [
        "acme/shop: 30 open pull requests in 19 rows",
        "16 opened by agents, 2 assisted by agents, 12 without a sign of an agent. Read 2026-11-30 09:01 from",
        "GitHub.",
        "     pull requests   what                            agent        review          checks      pushed",
        "",
        "CONFLICTS 2",
        "     #16 #14 #15     Billing                         claude-code  earlier commit  ✗ fail 1/3  7 d",
        "      #14: conflicts with #18 in billing/models.py 40-58, billing/models.py 90,",
        "      billing/<b>tax</b>.py -> before #18, merge #14",
        "      with #40, same file, not tried: billing/models.py",
        "     #18             <script>documen… </bdi></main>  cursor       not reviewed    ✓ pass      6 d",
        "      conflicts with #14 in billing/models.py 40-58, billing/models.py 90, billing/<b>tax</b>.py ->",
        "      after #14, resolve 3 conflicts in #18",
        "      with #40, same file, not tried (its objects are not in this clone): billing/models.py",
        "",
    ]


def test_a_narrow_terminal_has_numbers_and_names_and_a_wide_one_has_every_column() -> None:
    heads = [drawn(full_inbox(), width).splitlines() for width in (40, 60, 180)]
    assert [next(line for line in map(_bare, lines) if "pull requests  " in line).split() for lines in heads] == [
        ["pull", "requests", "what"],
        ["pull", "requests", "what", "agent"],
        ["pull", "requests", "what", "agent", "work", "review", "checks", "also", "lines", "pushed"],
    ]


def test_hostile_text_writes_no_escape_and_turns_no_text() -> None:
    ours = re.compile(r"\x1b\[[0-9;]*m")
    for text in (*(drawn(full_inbox(), width) for width in (20, 100, 180)), "\n".join(plain(full_inbox()))):
        assert [char for char in ours.sub("", text) if not char.isprintable() and char != "\n"] == []


def test_what_is_cut_keeps_its_end() -> None:
    prs = [open_pr(n, f"auto-pr: a long beginning that all of them share, part {n}") for n in (1, 2)]
    text = Text.from_ansi(drawn(inbox_of(tuple(prs)), 60)).plain
    assert [line.split()[-3:-1] for line in text.splitlines() if "auto-pr" in line] == [["7", "d"], ["7", "d"]] or (
        "part 1" in text and "part 2" in text
    )


def test_counts_that_are_zero_are_not_shown() -> None:
    lines = plain(inbox_of((open_pr(1),)))
    assert lines[:2] == [
        "acme/shop: 1 open pull request in 1 row",
        "1 without a sign of an agent. Read 2026-11-30 09:01 from GitHub.",
    ]
    assert not [line for line in lines if re.search(r"\b0 (opened|assisted)|[A-Z] 0\b|BUDGET|NOT READ", line)]


def test_nothing_open_is_said() -> None:
    assert plain(empty_inbox()) == ["acme/shop: nothing is open", "Read 2026-11-30 09:01 from GitHub."]


@pytest.mark.parametrize(
    ("inbox", "words"),
    [
        (replace(empty_inbox(), source=""), "no open pull request is recorded"),
        (replace(empty_inbox(), viewer="ada"), "nothing that is open concerns you"),
        (replace(inbox_of((open_pr(1),)), viewer="ada"), "1 open pull request in 1 row that concern you"),
    ],
)
def test_no_more_is_said_than_what_was_asked_for(inbox: Inbox, words: str) -> None:
    assert plain(inbox)[0] == f"acme/shop: {words}"
    assert inbox_markdown(inbox, View()).startswith(f"**acme/shop**: {words}, read ")
    assert f'<p class="lead">{words[:1].upper()}{words[1:]}</p>' in page(inbox)


def test_what_was_last_recorded_says_nothing_of_what_is_new() -> None:
    lines = plain(replace(empty_inbox(), source=""), View(since=NOW))
    assert lines[1] == "Read 2026-11-30 09:01 from this clone."


def test_over_the_limit_the_rest_is_counted() -> None:
    lines = plain(full_inbox(), View(limit=3))
    assert "      and 5 more: --all" in lines
    assert lines.index("NEEDS REVIEW 6") < lines.index("      and 5 more: --all")
    assert [line for line in lines if line.startswith("READY")] == [
        "   ".join(
            [
                *("READY TO MERGE 2", "AGENT AT WORK 1", "WAITING FOR CHECKS 1", "WAITING FOR OTHERS 5"),
                *("NOT KNOWN 1", "SNOOZED 1", "(--all shows them)"),
            ]
        )
    ]


def test_all_shows_each_pull_request_of_a_row() -> None:
    lines = plain(full_inbox())
    place = next(at for at, line in enumerate(lines) if "Burst of 6 (inferred)" in line)
    inner = [line.split()[:4] for line in lines[place:] if re.match(r" +#3\d +Annotate", line)]
    assert inner == [[f"#{number}", "Annotate", "module", str(number)] for number in range(31, 37)]


def test_what_is_new_is_said_and_marked() -> None:
    lines = plain(full_inbox(), View(since=NOW))
    assert lines[1].endswith(" 3 new (*) or changed (~) since 2026-11-30 09:01.")
    assert [line.split()[:2] for line in lines if line[2:3] in "*~" and line[2:3]] == [
        *(["~", "#20"], ["*", "#40"], ["*", "#9"])
    ]


def test_accounts_without_write_access_have_facts_and_no_verdict() -> None:
    lines = plain(full_inbox(), View())
    assert [line for line in lines if "no write access" in line] == [
        "      codex-bot has no write access: 6 open here",
        f"      stranger has no write access: first contribution here; 2 open here; {MORE}",
        "      stranger has no write access: first contribution here; 2 open here",
    ]


def test_budgets_and_what_was_not_read_stand_at_the_end() -> None:
    lines = plain(full_inbox(), View())
    words = "claude-code, agent idle, activity 6 min ago, 3 files not committed, 4 commits without a pull request"
    assert lines[lines.index("BUDGET") :][:10] == [
        "BUDGET",
        "  codex: 7 open without a review, 3 allowed by gate.open_budget",
        "",
        "WORKING TREES 3",
        "  . (here): main",
        f"  ../shop-a: {one_line(HTML, 80)}, {words}",
        "      changes the same lines as #14: billing/models.py 40-44",
        f"  {one_line(f'../{RIGHT_TO_LEFT}')}: no branch, locked: on a stick, it is missing",
        "",
        "NOT READ",
    ]
    assert lines[-1] == "  what the agents of 6 rows do now: see the last push"


def test_links_are_for_terminals_and_lead_to_the_web_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    text = drawn(full_inbox(), 100)
    links = re.findall(r"\x1b\]8;[^;]*;([^\x1b]*)\x1b\\", text)
    assert "https://github.com/acme/shop/pull/14" in links
    assert {link.partition("pull/")[0] for link in links if link} == {"https://github.com/acme/shop/"}
    monkeypatch.setattr("sys.stdout.isatty", lambda: False, raising=False)
    assert "\x1b]8" not in drawn(full_inbox(), 100)


def test_colours_go_with_no_color_and_signs_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    coloured = drawn(full_inbox(), 100)
    monkeypatch.setenv("NO_COLOR", "1")
    without = drawn(full_inbox(), 100)
    assert "\x1b[32m" in coloured
    assert not re.search(r"\x1b\[[0-9;]*3[0-9]m", without)
    assert "✗ fail" in without
    assert Text.from_ansi(coloured).plain == Text.from_ansi(without).plain


def test_several_repositories_have_a_column() -> None:
    lines = plain(inbox_of((open_pr(1), open_pr(1, repository="acme/docs"))))
    assert [line.split()[:2] for line in lines if line.lstrip().startswith("#1 ")] == [
        *(["#1", "acme/docs"], ["#1", "acme/shop"])
    ]


def test_a_thousand_open_pull_requests_are_drawn_in_the_limit() -> None:
    lines = plain(large_inbox(1000), View())
    assert sum(bool(re.match(r" {4,5}#", line)) for line in lines) == 30


def test_one_working_tree_without_work_of_its_own_is_not_shown() -> None:
    assert "WORKING TREES" not in "".join(plain(replace(full_inbox(), worktrees=full_inbox().worktrees[:1])))


def test_a_change_is_a_line_with_its_time() -> None:
    before = inbox_of((open_pr(1), open_pr(2), open_pr(3)))
    now = inbox_of((open_pr(1), open_pr(2, checks=Checks.FAILING), open_pr(4, "Say \x1b[31mhello")))
    assert list(change_lines(before, now)) == [
        "09:01 new acme/shop #4 Say  [31mhello: needs review: #4: not reviewed yet -> review #4",
        "09:01 changed acme/shop #2 Change 2: waiting for others: #2: checks fail -> ada corrects the checks of #2",
        "09:01 settled acme/shop #3 Change 3: needs review: #3: not reviewed yet -> review #3",
    ]
    assert list(change_lines(now, now)) == []


def _bare(line: str) -> str:
    return Text.from_ansi(line).plain
