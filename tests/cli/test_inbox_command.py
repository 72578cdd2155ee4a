"""`inbox` against the fake GitHub."""

import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from command_line import Cli, Git, Result
from rich.text import Text

import scene
from fake_github import TOKEN, FakeGitHub
from pr_sessions.render import screen

NOW = datetime.now(UTC)


def ago(**time: float) -> str:
    return (NOW - timedelta(**time)).isoformat().replace("+00:00", "Z")


@pytest.fixture(autouse=True)
def environment(fake: FakeGitHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("GITHUB_API_URL", fake.url)
    monkeypatch.setenv("GH_TOKEN", TOKEN)
    monkeypatch.delenv("PAGER", raising=False)


@pytest.fixture
def shop(fake: FakeGitHub) -> FakeGitHub:
    """A session of two, and one of a person's."""
    fake.permissions |= {"bot": "write", "ann": "write", "ada": "admin"}
    fake.add_pull(1, "auto-pr: model of an invoice", ago(minutes=30))
    fake.add_pull(2, "auto-pr: invoice numbers", ago(minutes=20))
    fake.add_pull(3, "Upgrade the database", ago(minutes=10), "ann")
    for number in (1, 2, 3):
        fake.files[number] = [fake.file(f"src/{number}.py")]
    return fake


@pytest.fixture
def clone(repo: Path, git: Git, fake: FakeGitHub) -> Path:
    """A repository whose remote leads to the fake."""
    git(repo, "remote", "add", "origin", f"{fake.url}/ada/shop.git")
    return repo


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal of a hundred columns, as far as this process can tell."""
    monkeypatch.setattr(screen, "is_terminal", lambda: True)
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("TERM", "xterm")


def shown(result: Result) -> list[str]:
    """The rows of the output: their marks and numbers."""
    lines = Text.from_ansi(result.out).plain.splitlines()
    rows = (re.match(r" *(\*|~)? *((?:#\d+ ?)+) .*", line) for line in lines)
    return [f"{row[1] or ''}{row[2].strip()}" for row in rows if row]


def test_the_clones_own_repository_by_default(shop: FakeGitHub, clone: Path, cli: Cli) -> None:
    result = cli("inbox")

    assert (result.code, shown(result), result.err) == (0, ["#1", "#2", "#3"], "7 requests to GitHub\n")
    assert result.out.splitlines()[0] == "ada/shop: 3 open pull requests in 3 rows"
    assert "      not reviewed yet -> review #3\n" in result.out


def test_repositories_that_are_named_anywhere(
    shop: FakeGitHub, cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    docs = shop.add_repository("ada/docs")
    docs.add_pull(1, "auto-pr: how to pay", ago(minutes=5))
    monkeypatch.chdir(tmp_path)
    result = cli("inbox", "ada/shop", "https://127.0.0.1/ada/docs")

    assert (result.code, result.out.splitlines()[0]) == (0, "ada/shop, ada/docs: 4 open pull requests in 4 rows")


def test_text_on_a_terminal_is_a_look_and_what_comes_after_it_is_marked(
    shop: FakeGitHub, clone: Path, cli: Cli, terminal: None
) -> None:
    assert shown(cli("inbox")) == ["#1", "#2", "#3"]
    shop.add_pull(4, "auto-pr: new", ago(minutes=1))
    shop.pulls[3]["head"]["sha"] = "f" * 40

    assert sorted(shown(cli("inbox"))) == ["#1", "#2", "*#4", "~#3"]
    assert sorted(shown(cli("inbox"))) == ["#1", "#2", "#3", "#4"]


@pytest.mark.parametrize("arguments", [("--json",), ("--format", "markdown"), ("--html", "page.html")])
def test_nothing_else_is_a_look(
    shop: FakeGitHub, clone: Path, cli: Cli, terminal: None, arguments: tuple[str, ...]
) -> None:
    cli("inbox")
    shop.add_pull(4, "auto-pr: new", ago(minutes=1))
    cli("inbox", *arguments)
    assert "*#4" in shown(cli("inbox"))


def test_a_pipe_is_no_look(clone: Path, shop: FakeGitHub, cli: Cli, tmp_path: Path) -> None:
    cli("inbox")
    assert list(tmp_path.rglob("inbox.json")) == []


def test_new_shows_what_is_new_or_changed(clone: Path, terminal: None, shop: FakeGitHub, cli: Cli) -> None:
    assert shown(cli("inbox", "--new")) == ["#1", "#2", "#3"]
    shop.add_pull(4, "auto-pr: new", ago(minutes=1))
    assert (shown(cli("inbox", "--new")), shown(cli("inbox", "--new"))) == (["*#4"], [])


def test_what_the_limit_hides_stays_new(clone: Path, shop: FakeGitHub, terminal: None, cli: Cli) -> None:
    assert shown(cli("inbox", "--limit", "1")) == ["#1"]
    assert sorted(shown(cli("inbox"))) == ["#1", "*#2", "*#3"]


def test_marks_are_in_the_document(clone: Path, terminal: None, shop: FakeGitHub, cli: Cli) -> None:
    cli("inbox")
    shop.add_pull(4, "auto-pr: new", ago(minutes=1))
    assert {row["prs"][0]: row["mark"] for row in cli("inbox", "--json").json["rows"]} == {
        **dict.fromkeys(("1", "2", "3")),
        "4": "new",
    }


def test_a_row_is_hidden_until_its_next_event(clone: Path, shop: FakeGitHub, cli: Cli) -> None:
    said = cli("inbox", "--snooze", "2").out
    assert said.startswith("#2 is hidden until its next event:\n")

    after = cli("inbox")
    assert (shown(after), "SNOOZED 1   (--all shows them)" in after.out) == (["#1", "#3"], True)
    assert shown(cli("inbox", "--all")) == ["#1", "#3", "#2"]
    shop.pulls[2]["head"]["sha"] = "f" * 40
    assert sorted(shown(cli("inbox"))) == ["#1", "#2", "#3"]


def test_once_more_shows_it_again(clone: Path, shop: FakeGitHub, cli: Cli) -> None:
    cli("inbox", "--snooze", "#2")
    assert cli("inbox", "--snooze", "#2").out == "#2 is shown again.\n"
    assert shown(cli("inbox")) == ["#1", "#2", "#3"]


def test_a_row_that_is_none_is_an_error(clone: Path, shop: FakeGitHub, cli: Cli) -> None:
    result = cli("inbox", "--snooze", "99\x1b[31m")
    assert (result.code, result.out) == (1, "")
    assert result.err == "error: there is no open row '99 [31m'\nhint: see them: pr-sessions inbox --all\n"


def test_a_number_of_two_repositories_is_ambiguous(clone: Path, shop: FakeGitHub, cli: Cli) -> None:
    shop.add_repository("ada/docs").add_pull(1, "auto-pr: how to pay", ago(minutes=5))
    result = cli("inbox", "ada/shop", "ada/docs", "--snooze", "1")
    assert (result.code, result.err.splitlines()[0]) == (1, "error: several rows fit '1': ada/shop #1, ada/docs #1")


@pytest.fixture
def recorded(clone: Path, cli: Cli) -> None:
    cli("add", "7", "--title", "auto-pr: x", "--author", "ada", "--state", "open", "--agent", "cursor")
    cli("add", "8", "--title", "auto-pr: y", "--author", "ada", "--state", "merged")


def test_without_a_token_the_last_known_state_is_shown_and_said_to_be_so(
    fake: FakeGitHub, recorded: None, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GH_TOKEN")
    result = cli("inbox")

    assert (result.code, fake.asked, shown(result)) == (0, [], ["#7"])
    assert result.out.splitlines()[0] == "ada/shop: 1 open pull request in 1 row"
    assert " from this clone." in result.out
    assert "  reviews, checks, files and conflicts: no forge was asked\n" in result.out
    assert result.err == (
        "read from this clone; GitHub was not asked: no token\nhint: set GH_TOKEN, or run `gh auth login`\n"
    )
    assert cli("inbox", "--json").json["read"]["source"] == ""


@pytest.mark.parametrize(
    ("variable", "value", "note"),
    [
        ("GITHUB_API_URL", "http://127.0.0.1:1", "GitHub cannot be reached: "),
        ("GH_TOKEN", "wrong", "GitHub does not accept the token from GH_TOKEN"),
        ("GH_TOKEN", "two words", "GH_TOKEN holds something that is no token"),
    ],
)
def test_where_the_forge_refuses_it_is_shown_too(
    recorded: None, cli: Cli, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, note: str
) -> None:
    monkeypatch.setenv(variable, value)
    result = cli("inbox")
    assert (result.code, shown(result)) == (0, ["#7"])
    assert result.err.startswith(f"read from this clone; {note}")


def test_the_last_known_state_is_no_look(
    recorded: None, cli: Cli, terminal: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("GH_TOKEN")
    cli("inbox")
    assert list(tmp_path.rglob("inbox.json")) == []


def test_a_named_repository_is_asked_without_a_token_where_it_is_public(
    shop: FakeGitHub, cli: Cli, repo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.is_public = True
    monkeypatch.delenv("GH_TOKEN")
    result = cli("inbox", "ada/shop")
    assert result.code == 0
    assert "reviews, checks, conflicts and who may write: GitHub says that only with a token" in result.out


@pytest.mark.parametrize(
    "token",
    ["wrong", ""],
)
def test_of_a_named_one_a_refusal_is_an_error(
    shop: FakeGitHub, cli: Cli, repo: Path, monkeypatch: pytest.MonkeyPatch, token: str
) -> None:
    monkeypatch.setenv("GH_TOKEN", token)
    result = cli("inbox", "ada/shop")
    assert (result.code, result.out) == (1, "")
    assert "error: " in result.err
    assert "hint: " in result.err


def test_mine_takes_a_token(clone: Path, shop: FakeGitHub, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GH_TOKEN")
    result = cli("inbox", "ada/shop", "--mine")
    assert (result.code, result.err) == (
        1,
        "error: --mine needs a token, which says who you are\nhint: set GH_TOKEN, or run `gh auth login`\n",
    )


def test_outside_a_repository_one_has_to_be_named(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = cli("inbox")
    assert (result.code, result.err) == (
        1,
        "error: this folder is in no repository with a working tree\nhint: name one: pr-sessions inbox OWNER/REPO\n",
    )


def test_mine_is_what_the_account_opened_or_is_to_review(shop: FakeGitHub, clone: Path, cli: Cli) -> None:
    shop.viewer = "ann"
    result = cli("inbox", "--mine", "--all")
    assert (shown(result), "you wait for a review of #3" in result.out) == (["#3"], True)


def test_mine_counts_no_pair_of_others(shop: FakeGitHub, clone: Path, cli: Cli) -> None:
    shop.viewer, shop.files[3] = "zoe", shop.files[1]
    shop.pulls[3] |= {"body": "🤖 Generated with [Claude Code](https://claude.com/claude-code)"}
    pairs = [cli("inbox", *mine, "--json").json["conflicts"] for mine in ((), ("--mine",))]
    assert [[pair["prs"] for pair in each] for each in pairs] == [[["1", "3"]], []]


def test_one_that_cannot_be_read_is_said_beside_the_others(shop: FakeGitHub, clone: Path, cli: Cli) -> None:
    result = cli("inbox", "ada/shop", "ada/secret")
    assert (result.code, result.out.splitlines()[0]) == (0, "ada/shop: 3 open pull requests in 3 rows")
    assert "NOT READ\n  ada/secret: GitHub does not find this" in result.out


def test_the_document(shop: FakeGitHub, clone: Path, cli: Cli) -> None:
    data = cli("inbox", "--json").json
    assert list(data) == [
        *("repositories", "read", "viewer", "rows", "pull_requests", "conflicts", "counts", "budgets"),
        *("worktrees", "unknowns"),
    ]
    assert (data["repositories"], data["read"]["source"], data["read"]["requests"]) == (["ada/shop"], "GitHub", 7)


def test_the_page_and_markdown(shop: FakeGitHub, clone: Path, cli: Cli, tmp_path: Path) -> None:
    page = tmp_path / "new.html"
    assert cli("inbox", "--html", str(page)).out == f"Wrote {page}\n"
    assert page.read_text().startswith("<!DOCTYPE html>")
    assert cli("inbox", "--format", "markdown").out.startswith("**ada/shop**: 3 open pull requests in 3 rows, read ")


@pytest.mark.parametrize(
    ("page", "error"),
    [("/proc/none/page.html", "error: no folder /proc/none"), ("/proc/page.html", "error: cannot write")],
)
def test_a_page_that_cannot_be_written_is_an_error(
    shop: FakeGitHub, clone: Path, cli: Cli, page: str, error: str
) -> None:
    result = cli("inbox", "--html", page)
    assert (result.code, error in result.err) == (1, True)


@pytest.mark.parametrize(
    "arguments",
    [
        ("--json", "--watch"),
        ("--html", "a.html", "--format", "markdown"),
        ("--snooze", "1", "--json"),
        ("--all", "--limit", "3"),
        ("--limit", "0"),
        ("--format", "xml"),
    ],
)
def test_what_makes_no_sense_is_wrong_usage(
    fake: FakeGitHub, clone: Path, cli: Cli, arguments: tuple[str, ...]
) -> None:
    assert (cli("inbox", *arguments).code, fake.asked) == (2, [])


def test_a_name_that_is_none_is_named(clone: Path, cli: Cli) -> None:
    result = cli("inbox", "shop")
    assert (result.code, result.err) == (
        1,
        "error: not a repository: 'shop'\nhint: write it like octocat/hello-world\n",
    )


def test_nothing_open_is_said(fake: FakeGitHub, clone: Path, cli: Cli) -> None:
    assert cli("inbox").out.splitlines()[0] == "ada/shop: nothing is open"


def test_look_leads_there(shop: FakeGitHub, clone: Path, cli: Cli) -> None:
    assert cli("look", "ada/shop").out.splitlines()[-1].split(maxsplit=3) == [
        *("pr-sessions", "inbox", "ada/shop", "what needs people now")
    ]


def test_the_working_trees_of_the_clone_are_listed(shop: FakeGitHub, clone: Path, cli: Cli, git: Git) -> None:
    git(clone, "worktree", "add", "-q", "-b", "side", "../side")
    (clone.parent / "side/new.py").write_text("pass\n")

    out = cli("inbox").out
    assert "WORKING TREES 2\n  . (here): main\n  ../side: side, 1 file not committed\n" in out
    assert "WORKING TREES" not in cli("inbox", "ada/shop").out


def test_an_organisation_is_read_whole(shop: FakeGitHub, clone: Path, cli: Cli) -> None:
    shop.add_repository("ada/docs").add_pull(1, "auto-pr: how to pay", ago(minutes=5))
    data = cli("inbox", "--org", "ada", "--json").json
    assert sorted(data["repositories"]) == ["ada/docs", "ada/shop"]
    unknown = cli("inbox", "--org", "nobody")
    assert (unknown.code, unknown.out, "error: " in unknown.err) == (1, "", True)


def test_where_the_limit_is_reached_in_between_what_was_read_is_shown(shop: FakeGitHub, clone: Path, cli: Cli) -> None:
    for number in range(4, 160):
        shop.add_pull(number, "auto-pr: more", ago(minutes=5), "ann")
    shop.graphql_left = 2
    result = cli("inbox")
    assert (result.code, "rate limit" in result.out.partition("NOT READ")[2]) == (0, True)
    assert result.out.splitlines()[0].startswith("ada/shop: ")


def test_a_renamed_repository_has_its_new_name(shop: FakeGitHub, clone: Path, cli: Cli, git: Git) -> None:
    shop.renamed["ada/old"] = "ada/shop"
    git(clone, "remote", "set-url", "origin", f"{shop.url}/ada/old.git")
    result = cli("inbox")
    assert (result.code, result.out.splitlines()[0]) == (0, "ada/shop: 3 open pull requests in 3 rows")


def test_without_the_extra_a_clone_shows_what_it_recorded(clone: Path) -> None:
    code = (
        "import sys; sys.modules['gidgethub'] = sys.modules['httpx'] = None\n"
        "from pr_sessions.cli.main import run; sys.exit(run(sys.argv[1:]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "inbox"],
        env=scene.python_environment(),
        capture_output=True,
        check=False,
        encoding="utf-8",
    )
    assert (done.returncode, done.stdout.splitlines()[0], done.stderr) == (
        0,
        "ada/shop: no open pull request is recorded",
        (
            "read from this clone; asking GitHub needs a package that is not installed: gidgethub\n"
            "hint: install its extra from your clone: uv tool install './pr-sessions[github]'\n"
        ),
    )
