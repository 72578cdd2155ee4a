import json
from pathlib import Path

import pytest
from command_line import Cli, ago, day

from pr_sessions.core.runs import run_key

BASES = ["manual", "hook", "agent_run", "marker", "workspace", "stack", "commits", "time"]
RUN = "0123456789abcdef0123456789abcdef"
KEY = run_key(RUN)
DEVIN = "devin-ai-integration[bot]"


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
        "  the agent cursor opened it\n"
        "  its title matches ^wip:\n"
        "Involvement: opened by cursor: named by the source: cursor.\n"
        "\n"
        "  agent   role    confidence  by                                source\n"
        "  cursor  opened  certain     told: by the one who recorded it  the person who recorded it\n"
        "\n"
        "What can put a pull request into a session, strongest first; only something stronger would move it:\n"
        "     stronger  manual     nobody put it there manually\n"
        "     stronger  hook       no agent's hook saw a session create it\n"
        "     stronger  agent_run  not asked: no run is kept; titles, descriptions and commit messages are not kept\n"
        "     stronger  marker     not asked: titles, descriptions and commit messages are not kept\n"
        "     stronger  workspace  no working tree or branch named a session\n"
        "     stronger  stack      not asked: the forge did not say whether it is in a stack\n"
        "     stronger  commits    not asked: its commits are not known\n"
        "  -> decided   time       its author worked in this repository within the timeout "
        "(work of ada within 30 minutes)\n"
    )


def test_explain_as_json(repo: Path, cli: Cli) -> None:
    cli("add", "42", "--title", "x", "--author", "ada", "--session", "by-hand", "--create", "--at", day("10:00"))

    data = cli("explain", "42", "--json").json

    assert data.pop("session")["session_id"] == "by-hand"
    assert [step["rung"] for step in data["ladder"]] == BASES
    assert [step["rung"] for step in data.pop("ladder") if step["decided"]] == ["manual"]
    assert data == {
        "pr_number": "42",
        "session_id": "by-hand",
        "is_auto": False,
        "evidence": [],
        "involvement": "no_sign",
        "placement": {
            "rung": "manual",
            "at": "2025-11-22T10:00:00Z",
            "detail": "named manually: by-hand",
            "by": "Test Person",
        },
        "aliases": [],
        "agents": [],
        "unattributed": None,
        "inferred": None,
    }


def test_one_that_a_hand_recorded_is_not_called_automatic(repo: Path, cli: Cli) -> None:
    cli("add", "42", "--title", "x", "--author", "ada", "--session", "by-hand", "--create")

    out = cli("explain", "42").out

    assert "Nothing that is known of it says that it is automatic.\n" in out
    assert (
        "  -> decided  manual     somebody put it there manually (named manually: by-hand)\n     weaker   hook " in out
    )


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
        "Involvement: no sign of an agent.\n"
        "\n"
        "What can put a pull request into a session, strongest first; only something stronger would move it:\n"
        "     tried  manual     nobody put it there manually\n"
        "     tried  hook       no agent's hook saw a session create it\n"
        "     tried  agent_run  not asked: no run is kept; titles, descriptions and commit messages are not kept\n"
        "     tried  marker     not asked: titles, descriptions and commit messages are not kept\n"
        "     tried  workspace  not asked: its branch is not known\n"
        "     tried  stack      not asked: the forge did not say whether it is in a stack\n"
        "     tried  commits    not asked: its commits are not known\n"
        "     tried  time       not asked: its author is not known\n"
    )


def test_one_that_fits_several_sessions_names_them(repo: Path, cli: Cli) -> None:
    for number, session_id in (("1", "ada-a"), ("2", "ada-b")):
        cli(
            "add",
            number,
            "--title",
            "wip: x",
            "--author",
            "ada",
            "--session",
            session_id,
            "--create",
            "--at",
            day("10:00"),
        )
    cli("add", "42", "--title", "wip: x", "--author", "ada", "--at", day("10:10"))

    assert cli("explain", "42", "--json").json["unattributed"] == "several fit equally well: ada-a, ada-b"


def test_one_that_would_find_its_session_now_says_which(repo: Path, cli: Cli) -> None:
    cli("add", "42", "--title", "wip: x", "--at", day("10:00"))
    session_id = cli("start", "--at", ago(0.1), "--json").json["session"]["session_id"]

    assert cli("explain", "42", "--json").json["unattributed"] == (
        f"none fitted when it was recorded; recorded again now, it would go to {session_id}"
    )


def devins(cli: Cli, number: str, at: str, author: str = DEVIN, run: str = RUN) -> None:
    cli(
        "add",
        number,
        "--author",
        author,
        "--body",
        f"Link to Devin run: https://app.devin.ai/sessions/{run}",
        "--at",
        at,
    )


def test_the_run_of_an_agent_leads_to_its_session_however_late(repo: Path, cli: Cli) -> None:
    devins(cli, "1", day("10:00"))
    devins(cli, "2", day("18:00"))

    data = cli("explain", "2", "--json").json

    assert (data["session_id"], data["placement"]["rung"]) == (f"devin-{KEY[:10]}", "agent_run")
    assert data["agents"] == [
        {
            "name": "devin",
            "role": "opened",
            "confidence": "certain",
            "runs": [RUN],
            "evidence": [
                {"rule": "author", "detail": "devin/author", "word": "the forge"},
                {"rule": "body", "detail": "devin/run-link", "word": "its author"},
            ],
        }
    ]
    assert "  rests on  an agent's run\n" in cli("explain", "2").out


def test_a_stranger_who_quotes_a_run_gets_a_session_of_its_own(repo: Path, cli: Cli) -> None:
    devins(cli, "1", day("10:00"))
    devins(cli, "2", day("10:05"), author="eve")

    data = cli("explain", "2", "--json").json

    assert data["session_id"] == f"devin-{KEY[:10]}-eve"
    assert data["placement"]["detail"] == f"run devin {KEY}, which is somebody else's"


def test_a_mark_is_its_authors_word_and_a_stranger_is_named(repo: Path, cli: Cli) -> None:
    mark = ("--body", "[cursor-session: ada-20251122-1000]")
    cli("add", "1", "--title", "wip: x", "--author", "ada", "--at", day("10:00"))
    cli("add", "2", "--title", "wip: x", "--author", "ada", "--at", day("10:01"), *mark)
    cli("add", "3", "--title", "x", "--author", "eve", "--at", day("18:00"), *mark)

    assert [line for n in "123" for line in cli("explain", n).out.splitlines() if "  source  " in line] == [
        "  source    its author",
        "  source    its author; nothing else in the session is by eve",
    ]


@pytest.mark.parametrize("form", ["> {}", "```\n{}\n```", "<!--\n{}\n-->"])
def test_a_run_in_the_words_of_others_is_not_looked_at(repo: Path, cli: Cli, form: str) -> None:
    devins(cli, "1", day("10:00"))
    link = form.format(f"https://app.devin.ai/sessions/{RUN}")
    cli("add", "2", "--author", DEVIN, "--title", "wip: x", "--body", link, "--at", day("18:00"))

    assert cli("explain", "2", "--json").json["session_id"] == "devin-ai-integration-bot-20251122-1800"


def test_a_session_that_rests_on_time_alone_is_marked(repo: Path, cli: Cli) -> None:
    cli("add", "1", "--title", "wip: x", "--author", "ada", "--at", day("10:00"))
    cli("add", "2", "--title", "wip: x", "--author", "bob", "--session", "bobs", "--create", "--at", day("10:00"))

    assert "  rests on  inferred from author and time alone\n" in cli("explain", "1").out
    assert "rests on" not in cli("explain", "2").out
    assert {s["session_id"]: s["inferred"] for s in cli("list", "--json").json["sessions"]} == {
        "ada-20251122-1000": True,
        "bobs": False,
    }
    assert "  1 (inferred)  timeout" in cli("list").out


def test_one_that_nobody_recorded_is_an_error(repo: Path, cli: Cli) -> None:
    assert cli("explain", "42").code == 1


def test_one_that_only_an_agent_stands_for_says_that_its_session_is_inferred(repo: Path, cli: Cli) -> None:
    cli("add", "3", "--agent", "devin", "--author", "devin", "--at", day("10:03"))

    out = cli("explain", "3").out

    assert out.startswith(
        "Pull request 3 is in devin-20251122-1003-3, because an agent opened it or assisted, and it shares a commit "
        "with the others there or stands alone (inferred: nothing names a session).\n"
    )
    assert "  shares a commit  with no other\n" in out
    assert not (repo / ".cursor/.session_id").exists()


def contents(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_one_without_a_known_run_says_with_which_others_it_is_inferred_to_be_one_session(repo: Path, cli: Cli) -> None:
    rows = [
        {"number": n, "author": "ada", "created_at": f"2025-11-{n // 3 + 1:02}T{10 + n % 3}:00:00Z", "title": "x"}
        for n in range(3, 39)
    ]
    for row in rows[:-3]:
        row["body"] = f"https://claude.ai/code/session_01AbCdEfGhIjKlMnOpQr{row['number'] // 3:04}"
    for row in rows[-3:]:
        row["body"] = "Generated with [Claude Code](https://claude.com/claude-code)"
    Path("rows.json").write_text(json.dumps(rows), encoding="utf-8")
    assert cli("import", "rows.json").code == 0
    before = contents(repo)

    out = cli("show", "37", "--why").out
    data = cli("explain", "37", "--json").json
    report = cli("report").out

    figures = "B-cubed F: one each 0.60, author and time 1.00, scored 1.00; of 33 with a known run."
    compared = "Only authors and times were compared: titles and files are not stored."
    assert (
        "\nInferred, not stored: inferred-36, with 36, 38\n"
        "  Inferred by the rule that is right most often here: author and time.\n"
        f"  {figures}\n"
        f"  {compared}\n"
    ) in out
    assert {key: data["inferred"][key] for key in ("session_id", "prs", "rule", "known")} == {
        "session_id": "inferred-36",
        "prs": ["36", "37", "38"],
        "rule": "author and time",
        "known": 33,
    }
    assert report.endswith(
        "\n## Inferred, not stored\n\n"
        "3 pull requests with an agent and without a known run: 3 alone in their session, 0 in none.\n"
        "Inferred by the rule that is right most often here, author and time: 1 session.\n"
        f"{figures}\n{compared}\n"
    )
    assert contents(repo) == before
    assert "Inferred" not in Path(cli("report", "--save", "--json").json["saved"]).read_text(encoding="utf-8")


def test_with_few_known_runs_it_is_said_that_they_show_too_little(repo: Path, cli: Cli) -> None:
    cli("add", "3", "--agent", "devin", "--author", "devin", "--at", day("10:03"))

    said = "Inferred, not stored: one each, since 0 pull requests with a known run show too little.\n"
    assert said in cli("explain", "3").out
    assert cli("explain", "3", "--json").json["inferred"] == {
        "session_id": "inferred-3",
        "prs": ["3"],
        "rule": "one each",
        "known": 0,
        "b_cubed_f": {},
    }
    assert cli("report", "--json").json["inferred"] == {
        "pull_requests": 1,
        "unattributed": 0,
        "sessions": 1,
        "rule": "one each",
        "known": 0,
        "b_cubed_f": {},
    }
