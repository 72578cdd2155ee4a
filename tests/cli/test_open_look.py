"""`look` at what is open on GitHub, in processes of their own that ask the fake one."""

import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path

import pytest
from command_line import Cli, Git, Result
from merged import shop as shop_history

import scene
from fake_github import TOKEN, FakeGitHub
from ssh_names import SshNames

CURSOR = {"login": "cursor[bot]", "id": 206951365, "type": "Bot"}
OPENED = datetime(2025, 11, 22, 10, tzinfo=UTC)

SHOP = """\
ada/shop: 5 open pull requests of agents in 3 sessions
3 reviews instead of 5. 2 other pull requests are open.

Agents
  cursor  opened  1 pull request  certain

What to review next: what has ended, then the largest; in this order
  bot-20251122-1000  3 open pull requests, 4 files
    open for {0}, ended 2025-11-22 10:50
    #3 (draft) auto-pr: invoices as PDF
    #1 auto-pr: model of an invoice
    #2 auto-pr: invoice numbers
  bot-20251122-1400  1 open pull request, 3 files
    open for {4}, ended 2025-11-22 14:30
    #4 wip: menu
  cursor-bot-20251122-1600-7  1 open pull request, 2 files
    cursor, open for {6}, ended 2025-11-22 16:30
    #7 Bump the menu

Pairs that touch the same files, in different sessions
  #1 bot and #7 cursor  1 file: src/ids.py
  #4 bot and #7 cursor  1 file: src/menu.py

Stacks, each built on the one before
  #1 <- #2

Checks that could have waited, by the gate, when they were opened
  4 of 7  would have waited for the end of their session
  1       it changes what gate.always names
  1       its branch lies in a fork, or nobody can tell where it lies
  1       nothing says that it is automatic

No sign of an agent: 2 pull requests, by author
  ann                           #5
  eve                           #6

Next
  pr-sessions look ada/shop --why 3  why one is where it is
  pr-sessions look ada/shop --json   all of it
  pr-sessions inbox ada/shop         what needs people now
"""

Look = Callable[..., Result]


@pytest.fixture
def shop(fake: FakeGitHub) -> FakeGitHub:
    """Two sessions of a person's agent, one pull request of an agent's own, two by hand, one of them from a fork."""
    for number, clock, title in (
        (1, "10:00", "auto-pr: model of an invoice"),
        (2, "10:12", "auto-pr: invoice numbers"),
        (3, "10:20", "auto-pr: invoices as PDF"),
        (4, "14:00", "wip: menu"),
        (5, "15:00", "Upgrade the database"),
        (6, "15:10", "auto-pr: from afar"),
        (7, "16:00", "Bump the menu"),
    ):
        fake.add_pull(number, title, f"2025-11-22T{clock}:00Z")
        fake.files[number] = [fake.file(f"src/{number}.py")]
    fake.permissions["bot"] = "write"
    fake.pulls[2]["base"]["ref"] = "work-1"
    fake.pulls[3]["draft"] = True
    fake.pulls[5]["user"] |= {"login": "ann", "id": 7}
    fake.permissions["ann"] = "write"
    fake.pulls[6]["head"]["repo"]["full_name"] = "eve/shop"
    fake.pulls[6]["user"] |= {"login": "eve", "id": 8}
    fake.pulls[7]["user"] |= CURSOR
    fake.files[1] += [fake.file("src/ids.py")]
    fake.files[4] += [fake.file("src/menu.py"), fake.file(".github/workflows/ci.yml")]
    fake.files[7] = [fake.file("src/menu.py"), fake.file("src/ids.py")]
    return fake


@pytest.fixture
def look(fake: FakeGitHub, forked: Cli, tmp_path: Path) -> Look:
    """Runs `look` in an empty folder, or in another: `look("ada/shop", folder=clone, GH_TOKEN="")`."""

    def call(*arguments: str, folder: Path = tmp_path, **environ: str) -> Result:
        return forked("look", *arguments, folder=folder, **{"GITHUB_API_URL": fake.url, "GH_TOKEN": TOKEN, **environ})

    return call


@pytest.fixture
def clone(repo: Path, git: Git, fake: FakeGitHub) -> Path:
    """A repository with a history whose remote leads to the fake."""
    shop_history(repo)
    git(repo, "remote", "add", "origin", f"{fake.url}/ada/shop.git")
    return repo


def days(hours: int) -> str:
    """How long ago so many hours after the shop's first pull request was."""
    return f"{(datetime.now(UTC) - OPENED - timedelta(hours=hours)).days} days"


def test_what_is_open_is_shown_in_the_order_of_review(shop: FakeGitHub, look: Look) -> None:
    result = look("ada/shop")

    assert (result.code, result.out, result.err) == (0, SHOP.format(*map(days, range(7))), "15 requests to GitHub\n")


def test_a_stack_of_the_forge_gives_the_order_and_is_named(shop: FakeGitHub, look: Look) -> None:
    shop.stacks = {50: [2, 3]}
    shop.pulls[3]["base"]["ref"] = "work-2"
    text, data = look("ada/shop"), look("ada/shop", "--json").json

    assert "\n  #2 <- #3  (stack 50 of the forge)\n" in text.out
    assert (data["sessions"][0]["review"], data["stacks"]) == (["2", "3", "1"], [["2", "3"]])
    assert [data["pull_requests"][number]["stack"] for number in "13"] == [
        None,
        {"number": 50, "position": 2, "size": 2, "base": "main"},
    ]


def test_why_explains_one_and_reads_its_session_and_what_it_may_collide_with(shop: FakeGitHub, look: Look) -> None:
    result = look("ada/shop", "--why", "#2")
    told = result.out.splitlines()

    assert (result.code, told[0], result.err) == (0, "#2 is automatic", "13 requests to GitHub\n")
    assert told[told.index("Its checks, by the gate") + 1 :][:3] == [
        "  today        run at once",
        "               its session does not go on: timeout",
        "  when opened  could wait for the end of its session",
    ]
    assert sorted(asked.split("/")[5] for asked in shop.asked if "/files?" in asked) == ["1", "2", "3", "4", "7"]


def test_why_as_json(shop: FakeGitHub, look: Look) -> None:
    told = look("ada/shop", "--why", "2", "--json").json

    assert (told["number"], told["session"]["review"], told["stacks"], told["at_opening"]) == (
        "2",
        ["3", "1", "2"],
        [["1", "2"]],
        {"postpone": True, "reasons": []},
    )


def test_a_number_that_is_none_is_an_error(shop: FakeGitHub, look: Look) -> None:
    result = look("ada/shop", "--why", "99")

    assert (result.code, result.out) == (1, "")
    assert result.err.startswith("error: GitHub does not find this: Not Found (GET /repos/ada/shop/pulls/99)\nhint: ")


def test_as_json_it_is_one_document_with_everything(shop: FakeGitHub, look: Look) -> None:
    result = look("ada/shop", "--json")
    told = result.json

    assert (result.code, list(told)) == (
        0,
        [
            "repository",
            "at",
            "sessions",
            "unattributed",
            "excluded",
            "not_automatic",
            "agents",
            "collisions",
            "overlaps",
            "shared_files",
            "stacks",
            "breaches",
            "doubts",
            "requests",
            "pull_requests",
        ],
    )
    assert [(one["session_id"], one["review"]) for one in told["sessions"]] == [
        ("bot-20251122-1000", ["3", "1", "2"]),
        ("bot-20251122-1400", ["4"]),
        ("cursor-bot-20251122-1600-7", ["7"]),
    ]
    assert (told["stacks"], told["doubts"], list(told["pull_requests"])) == ([["1", "2"]], [], list("1234567"))
    assert told["pull_requests"]["4"]["at_opening"] == {
        "postpone": False,
        "reasons": [{"why": "gate.always", "detail": ".github/workflows/ci.yml"}],
    }


def test_progress_is_shown_on_a_terminal_only(shop: FakeGitHub, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(StringIO):
        def isatty(self) -> bool:
            return True

    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setenv("GITHUB_API_URL", shop.url)
    monkeypatch.setenv("GH_TOKEN", TOKEN)

    assert cli("look", "ada/shop").code == 0
    assert "Reading" in screen.getvalue()
    assert "100%" in screen.getvalue()


def test_nothing_open_is_said(fake: FakeGitHub, look: Look) -> None:
    result = look("ada/shop")

    assert (result.code, result.out) == (0, "ada/shop: nothing is open\n")


def test_in_a_clone_what_is_open_comes_before_the_history(shop: FakeGitHub, look: Look, clone: Path) -> None:
    alone, history = look("ada/shop", folder=clone), look(folder=clone, GH_TOKEN=" ")

    assert (look(folder=clone).out, look(".", folder=clone / "deep").out) == (f"{alone.out}\n{history.out}",) * 2
    assert look("--json", folder=clone).json["open"]["sessions"] == look("ada/shop", "--json").json["sessions"]


@pytest.mark.parametrize(
    ("arguments", "environ"),
    [
        ((), {"GH_TOKEN": " "}),
        (("--days", "7"), {}),
        (("--why", "1"), {}),
        ((), {"GITHUB_API_URL": ""}),
        ((), {"GITHUB_API_URL": "https://github.example.com/api/v3"}),
    ],
)
def test_nobody_is_asked_without_a_token_an_address_or_need(
    shop: FakeGitHub, look: Look, clone: Path, arguments: tuple[str, ...], environ: dict[str, str]
) -> None:
    result = look(*arguments, folder=clone, **environ)

    assert (result.code, result.err, shop.asked) == (0, "", [])


def test_a_clone_of_a_folder_asks_nobody(fake: FakeGitHub, look: Look, clone: Path, git: Git, tmp_path: Path) -> None:
    git(tmp_path, "clone", "-q", str(clone), "other")

    assert (look(folder=tmp_path / "other").code, fake.asked) == (0, [])


def test_of_several_remotes_the_one_that_others_are_forks_of_is_shown(
    shop: FakeGitHub, look: Look, clone: Path, git: Git
) -> None:
    git(clone, "remote", "set-url", "origin", f"{shop.url}/eve/shop")
    git(clone, "remote", "add", "upstream", f"{shop.url}/ada/shop")

    assert look(folder=clone).out.startswith("ada/shop: ")


def test_a_name_that_only_ssh_resolves_is_named_and_nobody_is_asked(
    shop: FakeGitHub, look: Look, clone: Path, git: Git, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ssh = SshNames(tmp_path / "ssh", monkeypatch)
    git(clone, "remote", "set-url", "origin", "git@work:ada/shop")

    result = look(folder=clone)

    assert (result.code, shop.asked, ssh.calls) == (0, [], [])
    assert result.err == (
        "what is open on GitHub is not shown: only ssh can resolve the host work of the remote origin\n"
        "hint: name the repository: pr-sessions look ada/shop\n"
    )


@pytest.mark.parametrize(
    ("environ", "note"),
    [
        ({"GH_TOKEN": "wrong"}, "GitHub does not accept the token from GH_TOKEN: Bad credentials (GET "),
        ({"GH_TOKEN": "two words"}, "GH_TOKEN holds something that is no token"),
        ({"GITHUB_API_URL": "http://127.0.0.1:1"}, "GitHub cannot be reached: "),
        ({"GITHUB_API_URL": "ftp://127.0.0.1"}, "GITHUB_API_URL is not https"),
    ],
)
def test_where_github_cannot_be_asked_a_note_says_so_and_the_history_is_shown(
    shop: FakeGitHub, look: Look, clone: Path, environ: dict[str, str], note: str
) -> None:
    result, history = look(folder=clone, **environ), look(folder=clone, **{**environ, "GH_TOKEN": " "})

    assert (result.code, result.out) == (0, history.out)
    assert f"what is open on GitHub is not shown: {note}" in result.err
    assert look("--json", folder=clone, **environ).json["open"] is None


def test_without_a_token_it_asks_as_nobody_and_says_so(shop: FakeGitHub, look: Look) -> None:
    shop.is_public = True
    result = look("ada/shop", GH_TOKEN="")

    assert (result.code, result.out.splitlines()[0]) == (0, "ada/shop: 5 open pull requests of agents in 3 sessions")
    assert "\n  who may write: GitHub tells that only with a token\n" in result.out
    assert result.err == (
        "without a token GitHub allows 60 requests an hour: set GH_TOKEN, or run `gh auth login`\n"
        "13 requests to GitHub\n"
    )


def test_without_a_token_requests_are_left_for_later(fake: FakeGitHub, look: Look) -> None:
    fake.is_public = True
    for number in range(1, 101):
        fake.add_pull(number, "auto-pr: work", f"2025-11-22T10:{number % 60:02}:00Z", f"ada{number}")
    result = look("ada/shop", GH_TOKEN="")

    assert "\n  the files of 70 of them are not known: they collide with nothing here\n" in result.out
    assert len(fake.asked) == 5 + 30


@pytest.mark.parametrize("arguments", [("ada/secret",), ("ada/secret", "--why", "1")])
def test_a_private_repository_looks_as_if_there_were_none(
    fake: FakeGitHub, look: Look, arguments: tuple[str, ...]
) -> None:
    result = look(*arguments)

    assert (result.code, result.out) == (1, "")
    assert "\nerror: GitHub does not find this: Not Found (GET /repos/ada/secret/pulls" in f"\n{result.err}"
    assert result.err.endswith("\nhint: check the name; without the right to read it, it looks the same\n")


def test_hostile_words_stay_on_their_line(shop: FakeGitHub, look: Look) -> None:
    evil = "\x1b[31m\r\n::error::\u202e" + "x" * 500
    shop.pulls[1] |= {"title": f"auto-pr: {evil}", "body": evil}
    shop.pulls[5]["user"]["login"] = evil
    shop.files[1] = [shop.file(f"src/{evil}.py"), *shop.files[7]]
    told = look("ada/shop").out + look("ada/shop", "--why", "1").out

    assert all(line.isprintable() and len(line) <= 80 for line in told.splitlines())


@pytest.mark.parametrize(
    "arguments",
    [
        ("ada/shop", "--days", "3"),
        ("ada/shop", "--why", "o/r#3"),
        ("nowhere",),
        ("./ada/shop",),
        ("../shop",),
        ("a/b/c",),
    ],
)
def test_what_makes_no_sense_is_wrong_usage(fake: FakeGitHub, look: Look, arguments: tuple[str, ...]) -> None:
    assert (look(*arguments).code, fake.asked) == (2, [])


def test_a_folder_of_that_name_wins(fake: FakeGitHub, look: Look, clone: Path, git: Git, tmp_path: Path) -> None:
    git(tmp_path, "clone", "-q", str(clone), "ada/shop")

    assert (look("ada/shop").out.splitlines()[0], fake.asked) == ("shop: 3 pull requests in 2 sessions", [])


def test_many_open_ones_take_a_request_each(fake: FakeGitHub, look: Look) -> None:
    for number in range(300):
        fake.add_pull(1 + number, "auto-pr: work", f"2025-11-22T{number // 15:02}:{number % 15:02}:00Z")
        fake.files[1 + number] = [fake.file(f"src/{number % 50}.py")]
    fake.permissions["bot"] = "write"
    result = look("ada/shop")
    others = [asked for asked in fake.asked if "/files?" not in asked]

    assert (result.code, result.out.splitlines()[0]) == (
        0,
        "ada/shop: 300 open pull requests of agents in 20 sessions",
    )
    # Whether the list can be read, the configuration, the open ones, the session file, the latest ones, one person.
    assert (len(fake.asked) - len(others), len(others)) == (300, 1 + 1 + 3 + 1 + 1 + 1)


def test_the_extra_is_named_where_it_is_missing(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "gidgethub", None)

    assert cli("look", "ada/shop").err == (
        "error: asking GitHub needs a package that is not installed: gidgethub\n"
        "hint: install its extra from your clone: uv tool install './pr-sessions[github]'\n"
    )


def test_nothing_of_it_is_loaded_where_nobody_is_asked(repo: Path) -> None:
    code = "import sys; from pr_sessions.cli.main import run; run(['look']); print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], env=scene.python_environment(), capture_output=True, check=True, encoding="utf-8"
    )

    assert {"httpx", "gidgethub", "asyncio", "pr_sessions.gate"}.isdisjoint(done.stdout.split())
