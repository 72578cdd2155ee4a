"""The digest as text, word by word; whatever people write in titles, paths and names stays text."""

from typing import Any

import pytest
from events import assessed
from hypothesis import given
from msgspec.structs import replace
from snapshots import POLICY, app, ended, said, snapshot, told

from examples import few
from pr_sessions.core.agents import Evidence
from pr_sessions.core.models import Completion, Session
from pr_sessions.core.policy import GateMode, Policy
from pr_sessions.forges.base import ChangedFile
from pr_sessions.gate.comments.digest import LONGEST, Subject, digest, link
from pr_sessions.gate.rebuild import Snapshot
from pr_sessions.gate.status import Breach
from rendering import HOSTILE, shown
from scene import minute

CURSOR, CLAUDE = app("cursor"), app("claude")
ENFORCE = replace(POLICY, gate=GateMode.ENFORCE, gate_checks=("test", "lint / types"), gate_workflow="checks.yml")
WHY = """\
<details><summary>Why they are together</summary>

| Together because | Pull requests |
| --- | --- |
| its author worked in this repository within the timeout | {0} |

| Automatic because | Pull requests |
| --- | --- |
| its title matches `^auto-pr:` | {0} |

</details>"""
COMMANDS = """\
<details><summary>Commands</summary>

For people with write access, alone on a line of a comment:

- `/complete-session` ends the session
- `/session move #12` moves this pull request to that one's session; `/session move new` to one of its own
- `/session status` tells where this pull request stands

</details>"""


def changed(**paths: str) -> dict[str, tuple[ChangedFile, ...]]:
    return {name.removeprefix("n"): tuple(ChangedFile(path) for path in told.split()) for name, told in paths.items()}


def subject(seen: Snapshot, minutes: float = 24, policy: Policy = POLICY, **more: Any) -> Subject:
    found = assessed(seen, min(map(int, seen.pull_requests)), minutes, policy)
    assert found.view
    return Subject(**{"view": found.view, "snapshot": seen, "rebuilt": found.rebuilt, "policy": policy, **more})


def shop() -> Snapshot:
    """Five of one session, and one of another agent's that touches the same file."""
    prs = (
        told(12, 0, CURSOR, title="auto-pr: Store prices as cents"),
        told(14, 4, CURSOR, title="auto-pr: Show the total", base="work-12"),
        told(15, 9, CURSOR, title="auto-pr: Fix the typo"),
        told(17, 15, CURSOR, title="auto-pr: Round up"),
        ended(told(18, 20, CURSOR, title="auto-pr: Drop the old API"), 22),
        told(20, 21, CLAUDE, title="auto-pr: Speed up"),
    )
    files = changed(
        n12="src/price.py src/cart.py",
        n14="src/cart.py src/view.py",
        n15="src/hello.py",
        n17="src/cart.py .github/workflows/ci.yml p/1.py p/2.py p/3.py p/4.py",
        n18="old.py",
        n20="src/cart.py p/1.py p/2.py p/3.py p/4.py",
    )
    return snapshot(*prs, files=files)


def test_the_digest_of_a_session_that_goes_on() -> None:
    numbers = "#12, #14, #15, #17, #18"
    assert digest(subject(shop()), minute(24)) == (
        "### A session of 5 pull requests by cursor\n"
        "\n"
        "`cursor-20251122-1000` · since 2025-11-22 10:00 UTC · 4 open, 1 merged  \n"
        "It ends at **2025-11-22 10:50 UTC**, in 26 min, if nothing more happens.\n"
        "\n"
        "| Review | Pull request | Files | Built on |\n"
        "| --- | --- | --- | --- |\n"
        "| 1 | #15 auto-pr: Fix the typo | 1 |  |\n"
        "| 2 | #12 auto-pr: Store prices as cents | 2 |  |\n"
        "| 3 | #14 auto-pr: Show the total | 2 | #12 |\n"
        "| 4 | #17 auto-pr: Round up | 6 |  |\n"
        "\n"
        "**On its own**: #15\n"
        "\n"
        "| Files that several change | Pull requests |\n"
        "| --- | --- |\n"
        "| `p/1.py`, `p/2.py`, `p/3.py` and 1 more | #17, #20 of `claude-20251122-1021` |\n"
        "| `src/cart.py` | #12, #14, #17, #20 of `claude-20251122-1021` |\n"
        "\n"
        f"{WHY.format(numbers)}\n"
        "\n"
        f"{COMMANDS}\n"
        "\n"
        "<sub>pr-sessions, as of 2025-11-22 10:24 UTC</sub>"
    )


def test_a_short_session_has_a_short_digest() -> None:
    seen = snapshot(told(12, 0, CURSOR), told(13, 5, CURSOR, title="auto-pr: more"))
    assert digest(subject(seen), minute(24)).partition("\n\n<details>")[0] == (
        "### A session of 2 pull requests by cursor\n"
        "\n"
        "`cursor-20251122-1000` · since 2025-11-22 10:00 UTC · 2 open  \n"
        "It ends at **2025-11-22 10:35 UTC**, in 11 min, if nothing more happens.\n"
        "\n"
        "| Review | Pull request | Files |\n"
        "| --- | --- | --- |\n"
        "| 1 | #12 auto-pr: work | 1 |\n"
        "| 2 | #13 auto-pr: more | 1 |\n"
        "\n"
        "**On their own**, in any order: #12, #13"
    )


def test_in_enforce_it_tells_which_checks_wait_and_where_they_do_not() -> None:
    assert (
        "\n\n**Checks that wait** for the end of the session: `test`, `lint / types`. Approval, ready for review and "
        "auto-merge start them for one pull request. Because of the files that change there, they do not wait in #17."
        "\n\n"
    ) in digest(subject(shop(), policy=ENFORCE), minute(24))


@pytest.mark.parametrize(
    ("policy", "minutes"), [(POLICY, 24), (replace(ENFORCE, gate_workflow=None), 24), (ENFORCE, 60)]
)
def test_where_no_check_waits_nothing_is_said_of_them(policy: Policy, minutes: float) -> None:
    assert "Checks that wait" not in digest(subject(shop(), minutes, policy), minute(minutes))


def test_of_an_agents_run_it_says_until_when_checks_wait_and_not_only_when_the_session_ends() -> None:
    body = "https://claude.ai/code/session_01AbCdEfGhIjKlMnOpQrStUv"
    seen = snapshot(told(12, 0, CLAUDE, body=body), told(13, 5, CLAUDE, body=body))
    said = digest(subject(seen, policy=ENFORCE), minute(24))

    assert "It ends at **2025-11-23 10:05 UTC**, in 23 h 41 min, if nothing more happens." in said
    assert (
        "\n\n**Checks that wait** until **2025-11-22 10:35 UTC** if nothing more happens: `test`, `lint / types`. "
        "Approval, ready for review and auto-merge start them for one pull request.\n\n"
    ) in said


def test_breached_budgets_stand_out() -> None:
    over = (Breach("cursor", 7, 5), Breach("a|b @ada", 2, 1))
    assert (
        "\n\n> [!WARNING]\n> cursor has 7 open pull requests; gate.open_budget allows 5.\n"
        "> a\\|b @&#8203;ada has 2 open pull requests; gate.open_budget allows 1.\n\n"
    ) in digest(subject(shop(), breaches=over), minute(24))


@pytest.mark.parametrize(
    ("comment", "minutes", "line"),
    [
        (
            None,
            60,
            "**Completed** 2025-11-22 10:50 UTC, after 30 minutes without activity. This digest stays as it is.",
        ),
        (
            "/complete-session",
            24,
            "**Completed** 2025-11-22 10:23 UTC, by `/complete-session`. This digest stays as it is.",
        ),
    ],
)
def test_a_completed_session_says_when_and_why(comment: str | None, minutes: float, line: str) -> None:
    comments = (said(12, 23, comment),) if comment else ()
    written = digest(subject(replace(shop(), comments=comments), minutes), minute(minutes))

    assert (line in written.splitlines(), "`/complete-session` ends" in written) == (True, False)


def test_a_session_that_never_runs_out_says_so() -> None:
    policy = replace(POLICY, enable_timeout_completion=False)
    assert "\nIt goes on until somebody completes it.\n" in digest(subject(shop(), policy=policy), minute(24))


def test_a_session_without_open_pull_requests_has_nothing_to_review() -> None:
    seen = snapshot(ended(told(12, 0, CURSOR), 5), ended(told(13, 5, CURSOR), 6, merged=False))
    written = digest(subject(seen), minute(24))

    assert (" · 1 closed, 1 merged  \n" in written, "\n\nNothing is left to review.\n\n" in written) == (True, True)


def test_files_that_could_not_be_read_are_no_reason_to_say_that_nothing_overlaps() -> None:
    seen = replace(shop(), files=changed(n12="a.py", n15="b.py"))
    written = digest(subject(seen), minute(24))

    assert "| 4 | #17 auto-pr: Round up | ? |  |" in written
    assert (
        "\n\nWhat #14, #17 changes could not be read: overlaps may be missing. "
        "What an open pull request of another session changes was not read: overlaps may be missing.\n\n"
    ) in written


def test_who_put_it_there_by_hand_is_told() -> None:
    seen = snapshot(told(12, 0, CURSOR), told(20, 1, CLAUDE), comments=(said(20, 3, "/session move #12", "bob"),))
    written = digest(subject(seen), minute(24))

    assert (
        "| its author worked in this repository within the timeout | #12 |\n| bob put it there manually | #20 |"
        in written
    )


def test_what_time_alone_changes_can_be_left_out() -> None:
    assert digest(subject(shop(), 23), None) == digest(subject(shop(), 24), None)
    assert "2025-11-22 10:24" not in digest(subject(shop()), None)


def test_the_other_pull_requests_get_one_line() -> None:
    assert link("cursor-20251122-1000", "12") == "Part of session `cursor-20251122-1000`: see the digest in #12."


# What people write.

MEAN = (
    "auto-pr: $(rm -rf /) `id` | <img src=x onerror=alert(1)> **b** [x](http://e.vil) @ada #1 -->\n\n## H "
    + "A" * 10_000
)


def test_a_hostile_title_is_text_in_one_cell() -> None:
    seen = snapshot(told(12, 0, CURSOR, title=MEAN), told(13, 5, CURSOR))
    row = next(line for line in digest(subject(seen), minute(24)).splitlines() if line.startswith("| 1"))

    assert row == (
        "| 1 | #12 auto-pr: &#36;(rm -rf /) \\`id\\` \\| &lt;img src=x onerror=alert(1)&gt; \\*\\*b\\*\\* "
        "\\[x\\](http:&#8203;//e.vil… | 1 |"
    )


@few
@given(HOSTILE, HOSTILE, HOSTILE)
def test_whatever_is_written_outside_changes_nothing_but_text(title: str, path: str, check: str) -> None:
    def written(title: str, path: str, check: str) -> str:
        files = {number: (ChangedFile(path),) for number in ("12", "13")}
        seen = snapshot(told(12, 0, CURSOR, title=f"auto-pr: {title}"), told(13, 5, CURSOR), files=files)
        return digest(subject(seen, policy=replace(ENFORCE, gate_checks=(check,))), minute(24))

    hostile, plain = shown(written(title, path, check))[0], shown(written("x", "x", "x"))[0]
    assert [kind for kind in hostile if kind != "code_inline"] == [kind for kind in plain if kind != "code_inline"]


def test_what_an_old_session_file_holds_is_text_too() -> None:
    found = subject(shop())
    record = found.view.session.pull_requests["12"]
    record = replace(record, evidence=(Evidence("<b>", "@ada"), Evidence("title", "`|`")))
    session = Session(
        id="<script>|`x`",
        author="@ada",
        started=None,
        pull_requests={"12": record},
        carried=("a|b", "ada/shop#3"),
        completion=Completion(minute(9), "explicit_marker: <b>|"),
    )
    written = digest(replace(found, view=replace(found.view, session=session, agents=(), overlaps=())), minute(24))

    assert written.startswith(
        "### A session of 3 pull requests by @&#8203;ada\n\n&lt;script&gt;\\|\\`x\\` · since an unknown time · "
    )
    assert ", by &lt;b&gt;\\|. This digest" in written
    assert "| an older file lists it without a reason | ada/shop#&#8203;3, a\\|b |" in written
    assert "| &lt;b&gt;: @&#8203;ada | #12 |" in written.replace("`<b>`", "&lt;b&gt;").replace("`@ada`", "@&#8203;ada")


# Bounds.


def test_at_most_thirty_rows_and_sixty_thousand_characters() -> None:
    wide = "&" * 10_000
    prs = [told(n, n / 10, CURSOR, title=f"auto-pr: {wide}") for n in range(1, 201)]
    files = {str(n): tuple(ChangedFile(f"{n // 5}/{i}{wide[:300]}") for i in range(20)) for n in range(1, 201)}
    policy = replace(ENFORCE, gate_checks=tuple(f"{i}{wide}" for i in range(100)))
    written = digest(subject(snapshot(*prs, files=files), policy=policy), minute(24))

    assert (len(written) <= LONGEST, written.count("\n| "), written.endswith("UTC</sub>")) == (True, 32 + 13 + 6, True)
    assert "\n\n... and 170 more\n\n" in written


def test_a_part_that_is_too_long_is_left_out_and_the_others_stand() -> None:
    found = subject(shop())
    agents = tuple(f"{i}{'&' * 200}" for i in range(10))
    numbers = tuple(f"{n}{'&' * 100}" for n in range(1, 400))
    record = {
        n: replace(found.view.session.pull_requests["12"], evidence=tuple(Evidence(f"r{i}", "x") for i in range(9)))
        for n in numbers
    }
    session = replace(found.view.session, pull_requests=record)
    written = digest(replace(found, view=replace(found.view, session=session, agents=agents)), minute(24))

    assert (len(written) <= LONGEST, "Why they are together" in written, COMMANDS in written) == (True, False, True)
