"""`look` on a history that agents made: who had part, what belongs together, in which order to review it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from command_line import Cli
from merged import run, without_source

DEVIN = ("devin-ai-integration[bot]", "158243242+devin-ai-integration[bot]@users.noreply.github.com")
CURSOR = ("Cursor Agent", "cursoragent@cursor.com")
ANN = ("Ann", "ann@example.com")

TOLD = """\
repo: 4 pull requests in 3 sessions
3 opened by agents, 1 assisted by agents, 1 burst.
3 reviews instead of 4. The last day with pull requests: 2025-11-21.

Agents
  devin        opened    2 pull requests  certain
  claude-code  assisted  1 pull request   certain
  cursor       opened    1 pull request   certain

Sessions, the largest first, each in the order of review
  devin-ai-integration-bot-20251121-0900-2  2 pull requests, 10 files
    2025-11-21 09:00 to 09:10, devin, inferred
    #2 Big part
    #1 Small part on top
  Cursor-Agent-20251121-1200-4  1 pull request, 1 file
    2025-11-21 12:00, cursor
    #4 Menu
  inferred-3  1 pull request, 1 file
    2025-11-21 11:00, claude-code
    #3 Fix login

Stacks, each built on the one before
  #2 <- #1

Why automatic
  agent  devin   2 pull requests
  agent  cursor  1 pull request

Next
  pr-sessions look --why 2    why a pull request is where it is
  pr-sessions look --days 30  a longer time
  pr-sessions init            track this repository from now on
"""


def commit(root: Path, at: str, author: tuple[str, str], message: str, *files: str) -> None:
    for name in files:
        (root / name).write_text(f"{message}\n", encoding="utf-8")
    when = {
        "GIT_AUTHOR_DATE": at,
        "GIT_COMMITTER_DATE": at,
        "GIT_AUTHOR_NAME": author[0],
        "GIT_AUTHOR_EMAIL": author[1],
    }
    run(root, ["add", "--all"], {})
    run(root, ["commit", "--quiet", "--message", message], when)


def merge(root: Path, at: str, branch: str, number: int, *body: str) -> None:
    run(root, ["checkout", "--quiet", "main"], {})
    message = "\n\n".join([f"Merge pull request #{number} from shop/{branch}", *body])
    run(root, ["merge", "--quiet", "--no-ff", "-m", message, branch], {"GIT_COMMITTER_DATE": at})


@pytest.fixture
def mixed(repo: Path) -> Path:
    """A stack of Devin's of which the lower one has the higher number, a person with help, an agent in an editor."""
    run(repo, ["checkout", "--quiet", "-B", "main"], {})
    commit(repo, "2025-11-21T08:00:00Z", ANN, "Begin", "README.md")
    run(repo, ["checkout", "--quiet", "-b", "devin/100-a"], {})
    commit(repo, "2025-11-21T09:00:00Z", DEVIN, "Big part", *(f"big{i}" for i in range(9)))
    run(repo, ["checkout", "--quiet", "-b", "devin/101-b"], {})
    commit(repo, "2025-11-21T09:10:00Z", DEVIN, "Small part", "small")
    merge(repo, "2025-11-21T10:00:00Z", "devin/100-a", 2, "Big part")
    merge(repo, "2025-11-21T10:05:00Z", "devin/101-b", 1, "Small part on top")
    run(repo, ["checkout", "--quiet", "-b", "fix"], {})
    commit(repo, "2025-11-21T11:00:00Z", ANN, "Fix login\n\nCo-Authored-By: Claude <noreply@anthropic.com>", "login")
    merge(repo, "2025-11-21T11:30:00Z", "fix", 3, "Fix login")
    run(repo, ["checkout", "--quiet", "-b", "cursor/menu-ab12"], {})
    commit(repo, "2025-11-21T12:00:00Z", CURSOR, "Menu", "menu")
    merge(repo, "2025-11-21T12:30:00Z", "cursor/menu-ab12", 4, "Menu")
    return repo


def test_it_tells_the_agents_and_the_order_of_review(mixed: Path, cli: Cli) -> None:
    assert without_source(cli("look").out) == TOLD


def test_json_tells_role_confidence_and_evidence(mixed: Path, cli: Cli) -> None:
    found = cli("look", "--json").json

    assert found["agents"] == [
        {"name": "devin", "role": "opened", "confidence": "certain", "pull_requests": 2},
        {"name": "claude-code", "role": "assisted", "confidence": "certain", "pull_requests": 1},
        {"name": "cursor", "role": "opened", "confidence": "certain", "pull_requests": 1},
    ]
    assert found["pull_requests"]["3"]["agents"] == [
        {
            "name": "claude-code",
            "role": "assisted",
            "confidence": "certain",
            "runs": [],
            "evidence": [
                {
                    "rule": "co-author",
                    "detail": "claude-code/co-author",
                    "word": "the commit author",
                }
            ],
        }
    ]


def test_json_keeps_the_keys_that_programs_read(mixed: Path, cli: Cli) -> None:
    """Their names and kinds are promised: by number, by session, by author."""
    found = cli("look", "--json").json

    assert {
        number: {
            "is_auto": one["is_auto"],
            "session_id": one["session_id"],
            "agents": [{key: agent[key] for key in ("name", "role", "runs")} for agent in one["agents"]],
        }
        for number, one in found["pull_requests"].items()
    } == {
        "1": _promised("devin-ai-integration-bot-20251121-0900-2", ("devin", "opened")),
        "2": _promised("devin-ai-integration-bot-20251121-0900-2", ("devin", "opened")),
        "3": {"is_auto": False, "session_id": "inferred-3", "agents": [_agent("claude-code", "assisted")]},
        "4": _promised("Cursor-Agent-20251121-1200-4", ("cursor", "opened")),
    }
    assert [(one["session_id"], one["prs"]) for one in found["sessions"]] == [
        ("devin-ai-integration-bot-20251121-0900-2", ["1", "2"]),
        ("Cursor-Agent-20251121-1200-4", ["4"]),
        ("inferred-3", ["3"]),
    ]
    assert [one["inferred"] for one in found["sessions"]] == [True, True, True]
    assert found["not_automatic"] == []
    assert found["read"] == 4


def _promised(session_id: str, *agents: tuple[str, str]) -> dict[str, object]:
    return {"is_auto": True, "session_id": session_id, "agents": [_agent(*agent) for agent in agents]}


def _agent(name: str, role: str) -> dict[str, object]:
    return {"name": name, "role": role, "runs": []}


def test_why_tells_whose_word_it_is(mixed: Path, cli: Cli) -> None:
    out = cli("look", "--why", "3").out

    assert "claude-code  assisted  certain     co-author: claude-code/co-author  the commit author" in out


def test_pull_requests_of_one_run_are_one_session_however_far_apart(repo: Path, cli: Cli) -> None:
    run(repo, ["checkout", "--quiet", "-B", "main"], {})
    commit(repo, "2025-11-21T08:00:00Z", ANN, "Begin", "README.md")
    link = "Link to Devin run: https://app.devin.ai/sessions/0123456789abcdef0123456789abcdef"
    for number, day in ((1, 3), (2, 0)):
        at = f"{datetime.now(UTC) - timedelta(days=day, hours=2):%Y-%m-%dT%H}"
        run(repo, ["checkout", "--quiet", "-b", f"devin/{number}"], {})
        commit(repo, f"{at}:00:00Z", DEVIN, f"Part {number}", f"part{number}")
        merge(repo, f"{at}:30:00Z", f"devin/{number}", number, f"Part {number}", link)

    sessions = cli("look", "--json", "--days", "1").json["sessions"]

    assert [(one["prs"], one["agents"], one["runs"]) for one in sessions] == [(["1", "2"], ["devin"], 1)]
