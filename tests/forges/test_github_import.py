"""`import --github`: everything once, later only what is new or has changed, whatever cuts it off."""

import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from msgspec import Struct

import scene
from fake_github import TOKEN, FakeGitHub, Fault
from pr_sessions.cli.main import run
from pr_sessions.core.agents import Evidence
from pr_sessions.core.models import Session
from pr_sessions.tracker import open_tracker

Git = Callable[..., str]
OPENED = {1: "10:00", 2: "10:05", 3: "10:20", 4: "12:00", 5: "12:10", 6: "14:00", 7: "14:05"}
SESSIONS = {"bot-20251122-1000": ("1", "3"), "bot-20251122-1200": ("4", "5"), "bot-20251122-1400": ("6", "7")}


def at(clock: str) -> str:
    return f"2025-11-22T{clock}:00Z"


class Result(Struct):
    code: int
    out: str
    err: str


Import = Callable[..., Result]


@pytest.fixture
def shop(fake: FakeGitHub) -> FakeGitHub:
    """Seven pull requests, one of them by hand, two on a page."""
    fake.page_size = 2
    for number, clock in OPENED.items():
        fake.add_pull(number, "By hand" if number == 2 else f"auto-pr: {number}", at(clock))
    return fake


@pytest.fixture
def imports(
    fake: FakeGitHub, clone: Path, git: Git, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Import:
    """Imports ada/shop into its clone: `imports("--json")`."""
    git(clone, "remote", "add", "origin", f"{fake.url}/ada/shop")
    monkeypatch.chdir(clone)
    monkeypatch.setenv("GITHUB_API_URL", fake.url)
    monkeypatch.setenv("GH_TOKEN", TOKEN)

    def call(*arguments: str) -> Result:
        capsys.readouterr()
        code = run(["import", "--github", "ada/shop", *arguments])
        return Result(code, *capsys.readouterr())

    return call


def known(root: Path) -> dict[str, tuple[str, ...]]:
    return {session.id: session.prs for session in sessions(root)}


def sessions(root: Path) -> list[Session]:
    return list(open_tracker(root).sessions())


def test_all_is_recorded_and_counted(shop: FakeGitHub, imports: Import, clone: Path) -> None:
    result = imports("--json")

    assert json.loads(result.out) == {
        "read": 7,
        "automatic": 6,
        "assisted": 0,
        "attributed": 6,
        "unattributed": 0,
        "not_automatic": 1,
        "added": 6,
        "sessions": sorted(SESSIONS),
        "changed": True,
        "skipped": 0,
        "requests": 1 + 4 + 6,
    }
    assert (known(clone), result.err) == (SESSIONS, "11 requests to GitHub\n")


def test_files_tell_what_was_changed(shop: FakeGitHub, imports: Import, clone: Path) -> None:
    shop.files[1] = [shop.file("tests/test_x.py", "added"), shop.file("README.md"), shop.file("tests/test_y.py")]
    imports()
    record = open_tracker(clone).find("1").pull_requests["1"]

    assert (record.files_changed, record.test_files_added, record.docs_updated) == (3, 1, True)


def test_files_that_github_cannot_show_are_unknown(shop: FakeGitHub, imports: Import, clone: Path) -> None:
    shop.faults.extend([None, None, Fault(status=422)])
    imports()

    assert open_tracker(clone).find("1").pull_requests["1"].files_changed is None


@pytest.mark.parametrize(
    "shown",
    [
        {"user": '{"login": "devin-ai-integration[bot]", "id": 158243242}'},
        {"body": "\U0001f916 Generated with [Claude Code](https://claude.com/claude-code)"},
    ],
    ids=["author", "body"],
)
def test_files_are_asked_for_what_only_a_signature_recognises(
    fake: FakeGitHub, imports: Import, clone: Path, shown: dict[str, str]
) -> None:
    fake.add_pull(1, "Fix the parser", at("10:00"), "ada", body=shown.get("body"))
    fake.pulls[1]["user"] |= json.loads(shown.get("user", "{}"))
    fake.add_pull(2, "Fix the lexer", at("10:01"), "ada")
    fake.files[1] = [fake.file("tests/test_x.py", "added"), fake.file("README.md")]
    imports()

    record = open_tracker(clone).find("1").pull_requests["1"]
    assert (record.files_changed, record.test_files_added, record.docs_updated) == (2, 1, True)
    assert [path for path in fake.asked if "/files" in path] == ["GET /repos/ada/shop/pulls/1/files?per_page=100"]


@pytest.mark.parametrize(("track", "numbers"), [("opened", []), ("agents", ["1"])])
def test_work_with_an_agent_is_recorded_where_the_team_says_so(
    fake: FakeGitHub, imports: Import, clone: Path, track: str, numbers: list[str]
) -> None:
    (clone / ".cursor/config").mkdir(parents=True)
    (clone / ".cursor/config/session_config.yaml").write_text(f"track: {track}\n")
    fake.add_pull(1, "Fix the parser", at("10:00"), "ada", body="Fix\n\nAssisted-by: Claude:claude-fable-5")
    imports()

    assert [number for session in sessions(clone) for number in session.prs] == numbers
    asked = [path for path in fake.asked if "/files" in path]
    assert asked == [f"GET /repos/ada/shop/pulls/{number}/files?per_page=100" for number in numbers]


def test_files_are_asked_for_where_they_decide_whether_it_is_automatic(
    fake: FakeGitHub, imports: Import, clone: Path
) -> None:
    (clone / ".cursor/config").mkdir(parents=True)
    (clone / ".cursor/config/session_config.yaml").write_text("enable_heuristic_detection: true\n")
    fake.add_pull(1, "Fix the parser", at("10:00"))
    imports()

    assert open_tracker(clone).find("1").pull_requests["1"].evidence == (
        Evidence("small change", "fewer than 5 files"),
    )


def test_a_second_time_asks_once_and_changes_no_byte(shop: FakeGitHub, imports: Import, clone: Path) -> None:
    imports()
    before, shop.asked[:] = scene.look(clone), []
    result = imports("--json")

    assert (json.loads(result.out)["changed"], len(shop.asked)) == (False, 1)
    assert scene.look(clone) == before


def test_where_nothing_is_new_that_is_said(shop: FakeGitHub, imports: Import) -> None:
    imports()

    assert imports() == Result(0, "Nothing is new there.\n", "1 request to GitHub\n")


def test_only_what_is_new_or_has_changed_is_read(shop: FakeGitHub, imports: Import, clone: Path) -> None:
    imports()
    shop.add_pull(8, "auto-pr: 8", at("14:10"))
    shop.pulls[1] |= {"state": "closed", "merged_at": at("15:00"), "closed_at": at("15:00"), "updated_at": at("15:00")}
    shop.asked[:] = []
    told = json.loads(imports("--json").out)

    assert (told["added"], len(shop.asked)) == (1, 6)
    assert known(clone) == SESSIONS | {"bot-20251122-1400": ("6", "7", "8")}
    assert open_tracker(clone).find("1").pull_requests["1"].state == "merged"


def test_numbers_need_not_follow_the_order_of_creation(fake: FakeGitHub, imports: Import, clone: Path) -> None:
    """As in a repository that was moved from another server."""
    fake.page_size = 2
    for place, number in enumerate((9, 4, 7, 1, 3)):
        fake.add_pull(number, "auto-pr: moved", at(f"10:0{place}"))
    imports()

    assert known(clone) == {"bot-20251122-1000": ("1", "3", "4", "7", "9")}


def test_since_begins_at_the_page_of_that_time(shop: FakeGitHub, imports: Import, clone: Path) -> None:
    imports("--since", "2025-11-22T14:00:00Z")

    assert known(clone) == {"bot-20251122-1400": ("6", "7")}
    pages = [asked.rpartition("page=")[2] for asked in shop.asked if "sort=created" in asked]
    assert pages == ["100", "3", "4", "3", "4"]


def test_an_earlier_since_reads_what_was_left_out(shop: FakeGitHub, imports: Import, clone: Path) -> None:
    imports("--since", "2025-11-22T14:00:00Z")
    imports()

    assert known(clone) == SESSIONS


def test_a_later_since_leaves_no_hole_behind(shop: FakeGitHub, imports: Import, clone: Path) -> None:
    imports()
    shop.pulls[1] |= {"state": "closed", "closed_at": at("15:00"), "updated_at": at("15:00")}
    imports("--since", "2025-11-22T14:00:00Z")

    assert open_tracker(clone).find("1").pull_requests["1"].state == "closed"


def test_another_policy_reads_everything_again(shop: FakeGitHub, imports: Import, clone: Path) -> None:
    imports()
    (clone / ".cursor/config").mkdir(parents=True)
    (clone / ".cursor/config/session_config.yaml").write_text("auto_pr_patterns: ['^auto-pr:', '^By hand']\n")
    imports()

    assert known(clone) == SESSIONS | {"bot-20251122-1000": ("1", "2", "3")}


@pytest.mark.parametrize("address", ["{host}/ada/other.git", "https://gitlab.com/ada/shop", "/srv/ada/shop", None])
def test_numbers_of_another_repository_carry_its_name(
    shop: FakeGitHub, imports: Import, clone: Path, git: Git, address: str | None
) -> None:
    git(clone, "remote", "remove", "origin")
    if address:
        git(clone, "remote", "add", "origin", address.format(host=shop.url))
    imports()

    assert known(clone)["bot-20251122-1200-ada-shop"] == ("ada/shop#4", "ada/shop#5")


def test_numbers_of_the_own_repository_stand_alone_by_any_remote(
    shop: FakeGitHub, imports: Import, clone: Path, git: Git
) -> None:
    git(clone, "remote", "set-url", "origin", f"{shop.url}/fork/shop")
    git(clone, "remote", "add", "upstream", "git@127.0.0.1:Ada/Shop.git")
    imports()

    assert known(clone) == SESSIONS


def test_outside_git_no_repository_is_the_own_one(
    shop: FakeGitHub, imports: Import, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "plain"
    (folder / ".cursor/config").mkdir(parents=True)
    (folder / ".cursor/config/session_config.yaml").touch()
    monkeypatch.chdir(folder)
    imports()

    assert known(folder)["bot-20251122-1200-ada-shop"] == ("ada/shop#4", "ada/shop#5")


def test_accounts_and_forks_that_are_gone_are_no_hindrance(fake: FakeGitHub, imports: Import, clone: Path) -> None:
    fake.add_pull(1, "auto-pr: 1", at("10:00"), author=None)
    fake.add_pull(2, "auto-pr: 2", at("10:05"))
    told = json.loads(imports("--json").out)

    assert (told["attributed"], told["unattributed"], known(clone)) == (1, 1, {"bot-20251122-1005": ("2",)})


def test_progress_is_shown_on_a_terminal_only(
    shop: FakeGitHub, imports: Import, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)

    assert imports("--json").code == 0
    assert "100%" in screen.getvalue()


def test_where_tracking_is_off_nothing_is_asked(
    shop: FakeGitHub, imports: Import, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PR_SESSIONS", "0")

    assert (imports("--json").out, shop.asked) == ('{"paused": true}\n', [])


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("--git",), 2, "Give either a FILE, --git, --github, --gitlab or --transcripts."),
        (("--github", "shop"), 1, "not a repository on GitHub: 'shop'"),
        (("--github", "ada/nothing"), 1, "GitHub does not find this: Not Found (GET /repos/ada/nothing/pulls)"),
    ],
)
def test_what_cannot_be_imported_is_said(
    shop: FakeGitHub, imports: Import, clone: Path, arguments: tuple[str, ...], code: int, said: str
) -> None:
    result = imports(*arguments)

    assert (result.code, result.out) == (code, "")
    assert said in result.err
    assert known(clone) == {}


def test_since_alone_is_wrong(clone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(clone)

    assert run(["import", "--git", "--since", "2025-11-22"]) == 2


def nothing(_count: int) -> None:
    pass


def started(shop: FakeGitHub, clone: Path) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, "-m", "pr_sessions", "import", "--github", "ada/shop", "--json"],
        cwd=clone,
        env=scene.python_environment() | {"GITHUB_API_URL": shop.url, "GH_TOKEN": TOKEN},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


@pytest.mark.parametrize("at_request", range(1, 12))
def test_killed_at_any_request_nothing_is_missing_and_nothing_twice(
    shop: FakeGitHub, clone: Path, imports: Import, at_request: int
) -> None:
    def kill(count: int) -> None:
        if count == at_request:
            victim.kill()

    shop.before = kill
    victim = started(shop, clone)
    victim.communicate()
    shop.before = nothing
    result = imports("--json")

    assert (victim.returncode != 0, result.code, known(clone)) == (True, 0, SESSIONS)
    (journal,) = (clone / ".git/pr-sessions").glob("journal.jsonl")
    added = [json.loads(line).get("added", 0) for line in journal.read_text().splitlines()]
    assert sum(added) == 6


def test_a_cursor_that_lags_behind_the_records_does_no_harm(shop: FakeGitHub, clone: Path, imports: Import) -> None:
    """As after a kill between the records and the cursor: what was kept at any request, under all that was recorded."""
    file, kept = clone / ".git/pr-sessions/forges.json", set[bytes]()
    shop.before = lambda _count: kept.add(file.read_bytes() if file.exists() else b"{}")
    imports()
    shop.before = nothing
    before = (clone / ".git/pr-sessions/sessions.json").read_bytes()
    for cursor in kept:
        file.write_bytes(cursor)
        imports()

    assert (len(kept), (clone / ".git/pr-sessions/sessions.json").read_bytes()) == (4, before)


def test_one_refusal_among_several_requests_is_one_message(shop: FakeGitHub, clone: Path, imports: Import) -> None:
    shop.page_size = 100
    shop.faults.extend([None, None, None, Fault(status=401), Fault(status=401)])
    result = imports()
    lines = result.err.splitlines()

    assert (result.code, result.out, len(lines)) == (1, "", 2)
    assert lines[0].startswith("error: GitHub does not accept the token from GH_TOKEN: a fault (GET /repos/ada/shop/")
    assert (imports().code, known(clone)) == (0, SESSIONS)


def test_after_a_kill_pages_that_are_recorded_are_not_read_again(
    shop: FakeGitHub, clone: Path, imports: Import
) -> None:
    def kill(_count: int) -> None:
        if shop.asked[-1].endswith("page=4"):
            victim.kill()

    shop.before = kill
    victim = started(shop, clone)
    victim.communicate()
    shop.before, shop.asked[:] = nothing, []
    imports()

    assert [asked.rpartition("page=")[2] for asked in shop.asked if "sort=created" in asked] == ["3", "4"]


def test_what_changes_while_an_import_runs_is_found_by_the_next(shop: FakeGitHub, clone: Path, imports: Import) -> None:
    def change(count: int) -> None:
        if count == 6:
            shop.pulls[1] |= {"state": "closed", "closed_at": at("15:00"), "updated_at": at("15:00")}
            shop.add_pull(8, "auto-pr: 8", at("15:10"))

    shop.before = change
    imports()
    imports()

    assert open_tracker(clone).find("1").pull_requests["1"].state == "closed"
    assert known(clone) == SESSIONS | {"bot-20251122-1510": ("8",)}


def test_the_outcome_is_that_of_a_file_with_the_same(
    shop: FakeGitHub, clone: Path, imports: Import, make_repo: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    imports()
    other = make_repo("other")
    rows: list[Any] = [pull | {"changed_files": 1} for pull in shop.pulls.values()]
    (other / "past.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    monkeypatch.chdir(other)
    run(["import", "past.jsonl"])

    assert known(other) == known(clone)


def test_the_place_of_the_cursor_is_listed(
    shop: FakeGitHub, imports: Import, capsys: pytest.CaptureFixture[str]
) -> None:
    imports()
    run(["where", "--json"])
    listed = [place for place in json.loads(capsys.readouterr().out)["places"] if place["path"].endswith("forges.json")]

    assert [(place["written_by"], place["sensitive"]) for place in listed] == [("import --github", "repository names")]


def test_neither_titles_nor_tokens_are_kept(shop: FakeGitHub, clone: Path, imports: Import) -> None:
    shop.pulls[1]["title"] = "auto-pr: unheard-of words"
    imports()
    kept = b"".join(path.read_bytes() for path in clone.rglob("*") if path.is_file())

    assert (b"unheard-of" in kept, TOKEN.encode() in kept, os.environ["GH_TOKEN"]) == (False, False, TOKEN)


@pytest.mark.parametrize("package", ["gidgethub", "httpx"])
def test_without_the_extra_the_command_says_what_to_install(
    imports: Import, monkeypatch: pytest.MonkeyPatch, package: str
) -> None:
    monkeypatch.setitem(sys.modules, package, None)

    assert imports().err == (
        f"error: asking GitHub needs a package that is not installed: {package}\n"
        "hint: install its extra from your clone: uv tool install './pr-sessions[github]'\n"
    )


def test_nothing_of_it_is_loaded_before_it_is_needed() -> None:
    code = "import sys, pr_sessions.cli.commands.import_command; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], env=scene.python_environment(), capture_output=True, check=True)

    assert {"httpx", "gidgethub", "asyncio", "pr_sessions.forges"}.isdisjoint(done.stdout.decode().split())
