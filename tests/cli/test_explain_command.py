import json
from pathlib import Path

from command_line import Cli, ago, day


def test_explain_tells_verdict_place_and_ladder(repo: Path, cli: Cli) -> None:
    cli("start", "--author", "ada", "--at", day("10:00"))
    cli("add", "42", "--title", "wip: x", "--author", "ada", "--at", day("10:05"), "--agent", "cursor")
    cli("add", "42", "--agent", "cursor", "--branch", "feature/x", "--at", day("10:06"))

    assert cli("explain", "42").out == (
        "Pull request 42 is in ada-20251122-1000, "
        "because its author worked in this repository within the timeout (work of ada within 30 minutes).\n"
        "  recorded  2025-11-22 10:05\n"
        "  session   completed: timeout\n"
        "  its span  2025-11-22 10:00 to 2025-11-22 10:36\n"
        "\n"
        "It is automatic, because\n"
        "  the agent cursor had part in it\n"
        "  its title matches ^wip:\n"
        "\n"
        "What can put a pull request into a session, strongest first; only something stronger would move it:\n"
        "     stronger  hand    somebody put it there by hand\n"
        "     stronger  hook    an agent's hook saw the session create it\n"
        "     stronger  vendor  its body or a trailer carries the id of an agent's run that belongs to the session\n"
        "     stronger  mark    our mark in its title or body names the session\n"
        "     stronger  owned   it comes from the working tree or the branch of the session\n"
        "  -> decided   time    its author worked in this repository within the timeout\n"
    )


def test_explain_as_json(repo: Path, cli: Cli) -> None:
    cli("add", "42", "--title", "x", "--author", "ada", "--session", "by-hand", "--at", day("10:00"))

    data = cli("explain", "42", "--json").json

    assert data.pop("session")["session_id"] == "by-hand"
    assert [step["rung"] for step in data["ladder"]] == ["hand", "hook", "vendor", "mark", "owned", "time"]
    assert [step["rung"] for step in data.pop("ladder") if step["decided"]] == ["hand"]
    assert data == {
        "pr_number": "42",
        "session_id": "by-hand",
        "is_auto": False,
        "evidence": [],
        "placement": {
            "rung": "hand",
            "at": "2025-11-22T10:00:00Z",
            "detail": "named by hand: by-hand",
            "by": "Test Person",
        },
        "aliases": [],
        "unattributed": None,
    }


def test_one_that_a_hand_recorded_is_not_called_automatic(repo: Path, cli: Cli) -> None:
    cli("add", "42", "--title", "x", "--author", "ada", "--session", "by-hand")

    out = cli("explain", "42").out

    assert "Nothing that is known of it says that it is automatic.\n" in out
    assert "  -> decided  hand    somebody put it there by hand\n     weaker   hook " in out


def test_one_that_an_old_file_only_lists_has_no_reason(repo: Path, cli: Cli) -> None:
    session = {"session_id": "old", "started": "2025-11-22T10:00:00", "prs": ["1"]}
    file = repo / "docs/metrics/auto_pr_sessions.json"
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps({"version": "1.0", "active_sessions": {"old": session}}))

    out = cli("explain", "1").out

    assert out.startswith("Pull request 1 is in old, because an older file lists it without a reason.\n")
    assert "decided" not in out


def test_sessions_that_were_joined_are_named(repo: Path, cli: Cli) -> None:
    cli("add", "1", "--title", "wip: x", "--author", "ada", "--at", day("10:00"))
    cli("add", "2", "--title", "wip: x", "--author", "ada", "--at", day("10:50"))
    cli("add", "3", "--title", "wip: x", "--author", "ada", "--at", day("10:25"))

    assert "  also known as  ada-20251122-1050\n" in cli("explain", "2").out
    assert cli("explain", "2", "--json").json["aliases"] == ["ada-20251122-1050"]


def test_one_without_an_author_says_so(repo: Path, cli: Cli) -> None:
    cli("add", "42", "--title", "wip: x", "--at", day("10:00"))

    result = cli("explain", "42")

    assert result.code == 0
    assert result.out == (
        "Pull request 42 is in no session: no author is known, and no session is current in this working tree.\n"
        "Put it into one: pr-sessions add 42 --session ID\n"
        "\n"
        "It is automatic, because\n"
        "  its title matches ^wip:\n"
    )


def test_one_that_fits_several_sessions_names_them(repo: Path, cli: Cli) -> None:
    for number, session_id in (("1", "ada-a"), ("2", "ada-b")):
        cli("add", number, "--title", "wip: x", "--author", "ada", "--session", session_id, "--at", day("10:00"))
    cli("add", "42", "--title", "wip: x", "--author", "ada", "--at", day("10:10"))

    assert cli("explain", "42", "--json").json["unattributed"] == "several fit equally well: ada-a, ada-b"


def test_one_that_would_find_its_session_now_says_which(repo: Path, cli: Cli) -> None:
    cli("add", "42", "--title", "wip: x", "--at", day("10:00"))
    session_id = cli("start", "--at", ago(0.1), "--json").json["session"]["session_id"]

    assert cli("explain", "42", "--json").json["unattributed"] == (
        f"nothing fitted when it was told; told again now, it would go to {session_id}"
    )


def test_one_that_nobody_recorded_is_an_error(repo: Path, cli: Cli) -> None:
    assert cli("explain", "42").code == 1
