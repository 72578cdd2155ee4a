from pathlib import Path

import pytest
from command_line import Cli, day


@pytest.fixture
def four(repo: Path, cli: Cli) -> None:
    """Four sessions of one day, each ended otherwise, the last one by none."""
    cli("add", "1", "--title", "wip: x", "--author", "ada", "--at", day("08:00"), "--agent", "cursor")
    cli("add", "2", "--title", "wip: x [ready]", "--author", "bob", "--at", day("10:00"))
    cli("start", "--author", "ada", "--at", day("12:00"))
    cli("complete", "ada-20251122-1200", "--at", day("12:10"))
    cli("add", "3", "--title", "x", "--author", "eve", "--session", "by-hand", "--create", "--state", "open")


def listed(cli: Cli, *filters: str) -> list[str]:
    return [session["session_id"] for session in cli("list", "--json", *filters).json["sessions"]]


def test_the_newest_stand_first(four: None, cli: Cli) -> None:
    assert listed(cli) == ["by-hand", "ada-20251122-1200", "bob-20251122-1000", "ada-20251122-0800"]


@pytest.mark.parametrize(
    ("filters", "ids"),
    [
        (("--author", "ada"), ["ada-20251122-1200", "ada-20251122-0800"]),
        (("--status", "active"), ["by-hand"]),
        (("--status", "idle"), []),
        (("--trigger", "manual_cli"), ["ada-20251122-1200"]),
        (("--trigger", "explicit_marker"), ["bob-20251122-1000"]),
        (("--trigger", "explicit_marker: [ready]"), ["bob-20251122-1000"]),
        (("--trigger", "timeout"), ["ada-20251122-0800"]),
        (("--agent", "cursor"), ["ada-20251122-0800"]),
        (("--until", day("10:00")), ["bob-20251122-1000", "ada-20251122-0800"]),
        (("--until", day("09:59")), ["ada-20251122-0800"]),
        (("--since", day("12:10")), ["by-hand", "ada-20251122-1200"]),
        (("--since", day("12:11")), ["by-hand"]),
        (("--since", day("09:00"), "--until", day("11:00")), ["bob-20251122-1000"]),
        (("--author", "ada", "--trigger", "timeout"), ["ada-20251122-0800"]),
        (("--open",), ["by-hand"]),
        (("--min", "1"), ["by-hand", "bob-20251122-1000", "ada-20251122-0800"]),
        (("--min", "2"), []),
        (("--agent", "cursor", "--open"), []),
        (("--limit", "2"), ["by-hand", "ada-20251122-1200"]),
    ],
)
def test_filters(four: None, cli: Cli, filters: tuple[str, ...], ids: list[str]) -> None:
    assert listed(cli, *filters) == ids


def test_the_list_as_text(four: None, cli: Cli) -> None:
    assert cli("list", "--until", day("23:00")).out == (
        "  session            author  status     started           lasted          PRs           trigger\n"
        "  ada-20251122-1200  ada     completed  2025-11-22 12:00  10 min          0             manual_cli\n"
        "  bob-20251122-1000  bob     completed  2025-11-22 10:00  under a minute  1 (inferred)  "
        "explicit_marker: [ready]\n"
        "  ada-20251122-0800  ada     completed  2025-11-22 08:00  30 min          1 (inferred)  timeout\n"
    )


def test_pull_requests_without_a_session_are_a_row_like_any_other(repo: Path, cli: Cli) -> None:
    for number in ("10", "9"):
        cli("add", number, "--title", "wip: x", "--at", day("10:00"))

    assert cli("list").out == (
        "  session        author  status  started  lasted  PRs        trigger\n"
        "  in no session  -       -       -        -       2 (9, 10)  -\n"
    )
    data = cli("list", "--json").json
    assert (data["sessions"], list(data["unattributed"])) == ([], ["9", "10"])
    assert data["unattributed"]["9"] == {"is_auto": True, "evidence": [{"rule": "title", "detail": "^wip:"}]}


def test_an_empty_list_has_all_keys(repo: Path, cli: Cli) -> None:
    assert cli("list", "--json").json == {"sessions": [], "unattributed": {}}


@pytest.mark.parametrize(
    "filters", [("--status", "gone"), ("--limit", "0"), ("--since", "soon"), ("--until", "2025-13-01")]
)
def test_a_filter_that_makes_no_sense_is_wrong_usage(repo: Path, cli: Cli, filters: tuple[str, ...]) -> None:
    assert cli("list", *filters).code == 2


@pytest.mark.parametrize(("when", "authors"), [("20m", []), ("2h", ["ada"]), ("4d", ["ada", "bob"])])
def test_a_time_may_be_how_long_ago(repo: Path, cli: Cli, when: str, authors: list[str]) -> None:
    for author, age in (("bob", "3d"), ("ada", "1h")):
        cli("add", "1" if author == "ada" else "2", "--title", "wip: x", "--author", author, "--at", age)

    assert [session["author"] for session in cli("list", "--since", when, "--json").json["sessions"]] == authors


def test_a_session_that_a_move_left_empty_is_in_no_list(four: None, cli: Cli) -> None:
    cli("link", "1", "by-hand")
    cli("link", "2", "by-hand")

    assert listed(cli) == ["by-hand", "ada-20251122-1200"]
    shown = cli("status", "--json").json
    assert [session["session_id"] for session in shown["recent_completed"]] == ["ada-20251122-1200"]
    assert cli("show", "ada-20251122-0800").code == 0


def test_a_session_that_a_move_left_empty_is_not_the_latest(four: None, cli: Cli) -> None:
    cli("add", "4", "--title", "wip: x", "--author", "eve", "--at", day("14:00"))
    assert cli("status", "--json").json["latest_completed"] == "eve-20251122-1400"

    cli("link", "4", "by-hand")

    assert cli("status", "--json").json["latest_completed"] == "ada-20251122-1200"
    assert "Completed (latest ada-20251122-1200, oldest ada-20251122-0800)" in cli("status").out


def test_one_that_somebody_started_and_that_goes_on_stays_in_lists(repo: Path, cli: Cli) -> None:
    session_id = cli("start", "--author", "ada", "--json").json["session"]["session_id"]
    cli("add", "1", "--title", "wip: x", "--author", "ada")
    cli("add", "2", "--author", "bob", "--session", "elsewhere", "--create")
    cli("link", "1", "elsewhere")

    assert sorted(listed(cli)) == sorted([session_id, "elsewhere"])


def test_text_ends_after_thirty_and_says_how_many_more_there_are(repo: Path, cli: Cli) -> None:
    for number in range(32):
        cli("start", "--author", f"a{number}", "--at", f"2025-{1 + number // 28:02}-{1 + number % 28:02}T10:00:00Z")

    lines = cli("list").out.splitlines()
    assert (len(lines), lines[-1]) == (32, "  ... and 2 more: --all")
    assert len(cli("list", "--all").out.splitlines()) == 33
    assert len(cli("list", "--limit", "3").out.splitlines()) == 4
    assert (len(listed(cli)), len(listed(cli, "--limit", "3"))) == (32, 3)


def test_all_and_a_limit_exclude_each_other(repo: Path, cli: Cli) -> None:
    assert cli("list", "--all", "--limit", "3").code == 2
