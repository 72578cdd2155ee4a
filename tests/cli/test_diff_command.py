"""`pr-sessions diff`."""

import subprocess
from pathlib import Path

import pytest
from command_line import Cli, Git, on_a_terminal

from branches import LINES, Branch, changed, make_branches
from fake_github import TOKEN, FakeGitHub

SESSION = "ada-20251122-1000"
BRANCHES = {
    "14": Branch({"a.py": changed(3, "fourteen")}, start="base"),
    "15": Branch({"a.py": changed(30, "fifteen")}, start="base"),
    "16": Branch({"a.py": changed(3, "sixteen"), "b.py": "sixteen\n"}, start="base"),
}


@pytest.fixture
def shas(repo: Path, git: Git) -> dict[str, str]:
    """A clone that holds three pull requests of GitHub's, and their base."""
    shas = make_branches(repo, {"base": Branch({"a.py": LINES}), **BRANCHES})
    refs = {"refs/remotes/origin/main": "base"} | {f"refs/pull/{number}/head": number for number in BRANCHES}
    for ref, name in refs.items():
        git(repo, "update-ref", ref, shas[name])
        git(repo, "update-ref", "-d", f"refs/heads/{name}")
    git(repo, "remote", "add", "origin", "https://github.com/ada/shop.git")
    return shas


def record(cli: Cli, number: str, *more: str) -> None:
    title = ("--title", "auto-pr: x", "--author", "ada", "--session", SESSION, "--create")
    state = () if "--state" in more else ("--state", "open")
    assert cli("add", number, *title, "--base", "main", *state, *more).code == 0


def test_the_session_s_open_pull_requests_are_one_patch(cli: Cli, repo: Path, shas: dict[str, str]) -> None:
    for number, files in (("15", "1"), ("14", "2")):
        record(cli, number, "--files", files)
    record(cli, "16", "--state", "closed")
    result = cli("diff", SESSION)
    assert (result.code, result.err) == (0, "")
    assert result.out.splitlines()[:6] == [
        f"# {SESSION} on origin/main {shas['base'][:12]}: #15, #14 merged",
        "diff --git a/a.py b/a.py",
        result.out.splitlines()[2],
        "--- a/a.py",
        "+++ b/a.py",
        "@@ -1,6 +1,6 @@ #14",
    ]
    assert "@@ -27,7 +27,7 @@ #15 line 26\n" in result.out
    (repo / "a.py").write_text(LINES)
    subprocess.run(["git", "apply"], cwd=repo, input=result.out.encode(), check=True)
    assert (repo / "a.py").read_text() == changed(30, "fifteen", changed(3, "fourteen"))


def test_it_says_where_merging_stops_and_what_is_missing(cli: Cli, shas: dict[str, str]) -> None:
    for number, files in (("14", "1"), ("16", "2"), ("15", "3"), ("17", "4"), ("18", "5")):
        record(cli, number, "--files", files)
    record(cli, "18", "--base", "release/1")
    assert cli("diff", "16", "--stat").out.splitlines() == [
        f"{SESSION} on origin/main {shas['base'][:12]}: #14 merged",
        "stopped at #16: it conflicts with #14 in a.py 3",
        "not merged: #16, #15",
        "not in this clone: #17; fetch them: git fetch origin pull/17/head",
        "not merged: #18, which is meant for release/1",
        "  a.py  #14  +1 -1",
        "1 file changed, +1 -1",
    ]


def test_json_has_the_pull_requests_of_each_hunk(cli: Cli, shas: dict[str, str]) -> None:
    record(cli, "14")
    record(cli, "16")
    data = cli("diff", SESSION, "--json").json
    lines = [" line 1", " line 2", "-line 3", "+fourteen", " line 4", " line 5", " line 6"]
    assert data == {
        "session_id": SESSION,
        "base": {"ref": "refs/remotes/origin/main", "sha": shas["base"]},
        "prs": ["14", "16"],
        "heads": {n: {"ref": f"refs/pull/{n}/head", "sha": shas[n]} for n in ("14", "16")},
        "merged": ["14"],
        "stop": {
            "pr": "16",
            "with_base": False,
            "against": ["14"],
            "places": [{"path": "a.py", "first": 3, "last": 3, "kind": "content"}],
            "why": None,
        },
        "not_merged": ["16"],
        "missing": [],
        "fetch": None,
        "elsewhere": {},
        "files": [
            {
                "path": "a.py",
                "old_path": "a.py",
                "prs": ["14"],
                "added": 1,
                "removed": 1,
                "binary": False,
                "hunks": [{"prs": ["14"], "old": [1, 6], "new": [1, 6], "lines": lines}],
            }
        ],
    }


def test_commits_that_were_just_fetched_count(
    cli: Cli, repo: Path, tmp_path: Path, git: Git, shas: dict[str, str]
) -> None:
    git(tmp_path, "clone", "-q", "--no-checkout", str(repo), "other")
    (tmp_path / "other/.git/pr-sessions").mkdir()
    git(repo, "remote", "set-url", "origin", str(tmp_path / "other"))
    moved = make_branches(repo, {"moved": Branch({"a.py": changed(9, "nine")}, start="refs/remotes/origin/main")})
    git(tmp_path / "other", "fetch", "-q", str(repo), "moved:refs/pull/14/head")
    record(cli, "14")
    git(repo, "fetch", "-q", "origin", "pull/14/head")
    heads = cli("diff", SESSION, "--json").json["heads"]
    assert heads == {"14": {"ref": "FETCH_HEAD", "sha": moved["moved"]}}


def test_the_branch_of_a_pull_request_counts(cli: Cli, repo: Path, git: Git, shas: dict[str, str]) -> None:
    git(repo, "update-ref", "refs/remotes/origin/feature/x", shas["15"])
    record(cli, "99", "--branch", "feature/x")
    assert cli("diff", SESSION, "--json").json["heads"] == {
        "99": {"ref": "refs/remotes/origin/feature/x", "sha": shas["15"]}
    }


@pytest.mark.parametrize(
    ("target", "error"),
    [
        ("nobody-20251122-1000", "error: no session nobody-20251122-1000"),
        (
            "77",
            "error: no session holds pull request 77\nhint: record it, or ask the forge: pr-sessions diff 77 --refresh",
        ),
    ],
)
def test_a_session_that_is_not_there_is_named(cli: Cli, shas: dict[str, str], target: str, error: str) -> None:
    result = cli("diff", target)
    assert (result.code, result.out, result.err.startswith(error)) == (1, "", True)


def test_what_cannot_be_shown_has_a_hint(cli: Cli, repo: Path, git: Git, shas: dict[str, str]) -> None:
    record(cli, "14", "--state", "closed")
    assert cli("diff", SESSION).err == (
        f"error: no pull request of {SESSION} is open\nhint: see them: pr-sessions show {SESSION}\n"
    )
    record(cli, "77")
    assert cli("diff", SESSION).err == (
        "error: this clone lacks the commits of #77\nhint: fetch them: git fetch origin pull/77/head\n"
    )
    git(repo, "update-ref", "-d", "refs/remotes/origin/main")
    git(repo, "branch", "-m", "main", "trunk")
    assert cli("diff", SESSION).err == ("error: this clone has no branch main\nhint: fetch it: git fetch origin main\n")


def test_hostile_text_is_escaped_on_a_terminal(cli: Cli, repo: Path, git: Git, shas: dict[str, str]) -> None:
    hostile = "\x1b[31mred\x1b]0;title\x07 \u202e\n"
    made = make_branches(repo, {"evil": Branch({"evil\x1b.py": hostile}, start="refs/remotes/origin/main")})
    git(repo, "update-ref", "refs/pull/14/head", made["evil"])
    record(cli, "14")
    code, shown = on_a_terminal("", "diff", SESSION)
    assert code == 0
    assert "+\\x1b[31mred\\x1b]0;title\\x07 \\u202e" in shown
    assert not {"\x1b", "\x07", "\u202e"}.intersection(shown)


def test_the_working_tree_and_the_clone_stay_as_they_were(cli: Cli, repo: Path, git: Git, shas: dict[str, str]) -> None:
    record(cli, "14")
    before = git(repo, "status", "--porcelain"), git(repo, "for-each-ref"), git(repo, "count-objects", "-v")
    cli("diff", SESSION)
    assert (git(repo, "status", "--porcelain"), git(repo, "for-each-ref"), git(repo, "count-objects", "-v")) == before


def test_github_says_which_are_open_and_where_they_are(
    cli: Cli, repo: Path, git: Git, shas: dict[str, str], fake: FakeGitHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_API_URL", fake.url)
    monkeypatch.setenv("GH_TOKEN", TOKEN)
    git(repo, "remote", "set-url", "origin", f"{fake.url}/ada/shop.git")
    for number, sha in (("14", shas["15"]), ("15", shas["15"]), ("16", "f" * 40)):
        record(cli, number)
        fake.add_pull(int(number), "x", "2025-11-22T10:00:00Z")
        fake.pulls[int(number)]["head"]["sha"] = sha
        fake.pulls[int(number)]["base"]["ref"] = "main"
    fake.pulls[15] |= {"state": "closed", "closed_at": "2025-11-22T11:00:00Z"}
    data = cli("diff", SESSION, "--refresh", "--json").json
    assert (data["prs"], data["merged"], data["missing"]) == (["14", "16"], ["14"], ["16"])
    assert data["heads"] == {"14": {"ref": "GitHub", "sha": shas["15"]}}


def test_a_row_that_only_the_forge_shows_is_merged_in_its_order(
    cli: Cli, repo: Path, git: Git, shas: dict[str, str], fake: FakeGitHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_API_URL", fake.url)
    monkeypatch.setenv("GH_TOKEN", TOKEN)
    git(repo, "remote", "set-url", "origin", f"{fake.url}/ada/shop.git")
    for number in ("14", "15", "16"):
        fake.add_pull(int(number), "x", "2025-11-22T10:00:00Z", "ada" if number == "16" else "cursor[bot]")
        fake.pulls[int(number)]["head"]["sha"] = shas[number]
        fake.pulls[int(number)]["base"]["ref"] = "main"
        fake.pulls[int(number)]["user"] |= {} if number == "16" else {"id": 206951365, "type": "Bot"}
    data = cli("diff", "burst-14", "--refresh", "--json").json
    assert (data["session_id"], data["prs"], data["merged"], data["missing"]) == (
        "burst-14",
        ["14", "15"],
        ["14", "15"],
        [],
    )
    nothing = cli("diff", "burst-9", "--refresh")
    assert (nothing.code, nothing.out, nothing.err.splitlines()[0]) == (1, "", "error: there is no open row 'burst-9'")


def test_without_a_remote_on_github_there_is_nothing_to_ask(
    cli: Cli, shas: dict[str, str], git: Git, repo: Path
) -> None:
    git(repo, "remote", "remove", "origin")
    record(cli, "14")
    assert cli("diff", SESSION, "--refresh").err == (
        "error: no remote of this clone leads to GitHub\nhint: leave out --refresh to use what is stored\n"
    )
    assert cli("diff", "burst-1", "--refresh").err == (
        "error: no remote leads to GitHub or GitLab\n"
        "hint: only a forge knows rows that are not recorded: pr-sessions list\n"
    )
