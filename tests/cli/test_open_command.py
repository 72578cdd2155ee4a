import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from command_line import Cli, Git, Result
from ground import tree

from fake_forge_tools import FakeForge
from pr_sessions.core.evidence_text import find_mark, render_full, render_minimal
from pr_sessions.hooks import evidence
from ssh_names import SshNames

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the programs that stand for gh and glab are scripts")

SESSION_FILE = "docs/metrics/auto_pr_sessions.json"
URL = "https://github.com/acme/shop/pull/5"
Run = Callable[..., Result]
Spawn = Callable[..., subprocess.Popen[bytes]]


@pytest.fixture
def forge(tmp_path: Path) -> FakeForge:
    return FakeForge(tmp_path / "forge")


@pytest.fixture
def work(repo: Path, git: Git, forge: FakeForge, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A clone of acme/shop with one commit on `feature` that `main` does not have."""
    for name, value in forge.environ.items():
        monkeypatch.setenv(name, value)
    forge.remote("acme/shop")
    git(repo, "remote", "add", "origin", "git@github.com:acme/shop.git")
    git(repo, "push", "-q", "-u", "origin", "main")
    git(repo, "remote", "set-head", "origin", "main")
    git(repo, "switch", "-q", "-c", "feature")
    committed(repo, git, "Billing: the models", "tests/test_billing.py", "They hold the taxes.")
    return repo


@pytest.fixture
def run(forked: Cli) -> Run:
    return forked


def committed(repo: Path, git: Git, subject: str, name: str, body: str = "") -> None:
    path = repo / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(subject)
    git(repo, "add", "--", name)
    git(repo, "commit", "-q", "-m", subject, *(("-m", body) if body else ()))


def kept(repo: Path) -> dict[str, Any]:
    """Facts by number of the only session."""
    document = json.loads((repo / SESSION_FILE).read_text())
    (session,) = document["active_sessions"].values()
    return dict(session["metadata"]["pull_requests"])


def test_it_pushes_opens_and_records(work: Path, run: Run, git: Git, forge: FakeForge) -> None:
    result = run("open")

    session_id = json.loads((work / ".cursor/.session_id").read_text())["session_id"]
    assert re.fullmatch(r"Test-Person-\d{8}-\d{4}", session_id)
    assert (result.code, result.err) == (0, "pushing feature to origin\n")
    assert result.out == (
        f"Opened pull request 5 in {session_id}, which begins with it\n"
        f"  address  {URL}\n"
        "  title    🤖 Billing: the models\n"
        "  branch   feature into main\n"
        "  push     feature to origin\n"
        "  placed   our mark in its title, body or commits names the session (full mark in the body)\n"
    )
    assert git(forge.remotes / "acme/shop.git", "rev-parse", "feature") == git(work, "rev-parse", "HEAD")
    (made,) = forge.prs
    assert (made["branch"], made["base"], made["title"], made["draft"]) == (
        "feature", "main", "🤖 Billing: the models", False,
    )  # fmt: skip
    assert made["body"] == f"They hold the taxes.\n\n{render_full(session_id)}"


@pytest.mark.parametrize("options", [(), ("--json",)])
@pytest.mark.parametrize("streams", ["both", "out"])
def test_a_hook_sees_what_it_opened_and_nothing_in_what_was_open(
    work: Path, run: Run, options: tuple[str, ...], streams: str
) -> None:
    def seen() -> list[dict[str, str]]:
        result = run("open", *options)
        output = result.out if streams == "out" else result.err + result.out
        return evidence.of_tool("shell", " ".join(("pr-sessions", "open", *options)), output)

    assert seen() == [{"event": "opened", "url": URL, "how": "pr-sessions open", "branch": ""}]
    assert seen() == []


def test_what_is_recorded(work: Path, run: Run) -> None:
    run("open")

    (record,) = kept(work).values()
    attribution = record.pop("placement")
    assert (attribution["rung"], attribution["detail"]) == ("mark", "full mark in the body")
    assert [found["rule"] for found in record.pop("evidence")] == ["body mark", "title"]
    assert {key: value for key, value in record.items() if key != "seen"} == {
        "author": "Test Person", "state": "open", "branch": "feature", "base": "main", "is_auto": True,
        "files_changed": 1, "test_files_added": 1, "docs_updated": False,
    }  # fmt: skip


def test_the_current_session_is_the_one(work: Path, run: Run, forge: FakeForge) -> None:
    session_id = json.loads(run("start", "--author", "ada", "--json").out)["session"]["session_id"]

    data = json.loads(run("open", "--json").out)

    assert (data["session_id"], data["session"]["prs"]) == (session_id, ["5"])
    mark = find_mark("", forge.prs[0]["body"])
    assert (mark.session_id if mark else None) == session_id


def test_the_result_as_json(work: Path, run: Run) -> None:
    data = json.loads(run("open", "--draft", "--json").out)

    assert data.pop("session")["session_id"] == data["session_id"]
    assert data.pop("placement")["rung"] == "marker"
    assert data.pop("evidence") == [
        {"rule": "body mark", "detail": "full"},
        {"rule": "title", "detail": "^🤖"},
    ]
    assert data == {
        "pr_number": "5",
        "url": URL,
        "already_open": False,
        "dry_run": False,
        "tool": "gh",
        "remote": "origin",
        "branch": "feature",
        "base": "main",
        "pushes": True,
        "draft": True,
        "title": "🤖 Billing: the models",
        "body": f"They hold the taxes.\n\n{render_full(data['session_id'])}",
        "session_id": data["session_id"],
        "completed": [],
    }


def test_what_is_told_goes_before_what_commits_say(work: Path, run: Run, forge: FakeForge) -> None:
    run("open", "--title", "auto-pr: taxes", "--body-file", "-", "--base", "main", "--draft", stdin=b"From a file.\n")

    (made,) = forge.prs
    assert (made["title"], made["body"].splitlines()[0], made["draft"]) == ("auto-pr: taxes", "From a file.", True)


def test_title_and_body_of_several_commits(work: Path, run: Run, git: Git, forge: FakeForge) -> None:
    committed(work, git, "wip: the views", "views.py", "Details.")

    run("open")

    assert forge.prs[0]["title"] == "wip: the views"
    assert forge.prs[0]["body"].startswith("- Billing: the models\n- wip: the views\n\n---\n")


def test_a_team_s_own_prefix_stays_first(work: Path, run: Run, forge: FakeForge) -> None:
    config = work / ".cursor/config/session_config.yaml"
    config.parent.mkdir(parents=True)
    config.write_text("auto_pr_patterns:\n  - '^bot:'\nminimal_metadata: true\n")

    data = json.loads(run("open", "--title", "Bot: taxes", "--json").out)

    assert forge.prs[0]["title"] == "Bot: taxes"
    assert forge.prs[0]["body"] == f"They hold the taxes.\n\n{render_minimal(data['session_id'])}"


def test_a_mark_of_another_session_does_not_come_along(work: Path, run: Run, git: Git, forge: FakeForge) -> None:
    git(work, "commit", "-q", "--amend", "-m", "Taxes\n\nWhy.\n\nSession-ID: eve-20251122-1000")

    data = json.loads(run("open", "--json").out)

    assert forge.prs[0]["body"] == f"Why.\n\n{render_full(data['session_id'])}"
    assert data["placement"]["rung"] == "marker"


def test_twice_is_once(work: Path, run: Run, forge: FakeForge) -> None:
    run("open")
    before = (work / SESSION_FILE).read_bytes()

    result = run("open")

    assert (result.code, result.err) == (0, "")
    assert result.out.startswith("Pull request 5 was open already: recorded in Test-Person-")
    assert len(forge.prs) == 1
    assert kept(work).keys() == {"5"}
    assert (
        json.loads(before)["active_sessions"].keys()
        == json.loads((work / SESSION_FILE).read_text())["active_sessions"].keys()
    )


def test_one_that_was_opened_elsewhere_is_recorded_in_the_current_session_by_hand(
    work: Path, run: Run, forge: FakeForge
) -> None:
    forge.set(prs=[foreign(7)])
    session_id = json.loads(run("start", "--json").out)["session"]["session_id"]

    data = json.loads(run("open", "--json").out)

    assert (data["pr_number"], data["already_open"], data["pushes"]) == ("7", True, False)
    assert (data["session_id"], data["placement"]["rung"]) == (session_id, "manual")
    assert kept(work)["7"]["author"] == "octocat"
    assert forge.prs == [foreign(7)]


def test_one_of_the_same_branch_name_in_a_fork_is_another_one(work: Path, run: Run, forge: FakeForge) -> None:
    forge.set(prs=[{**foreign(3), "owner": "stranger"}])

    assert json.loads(run("open", "--json").out)["pr_number"] == "5"


def test_a_clone_of_a_fork_names_its_owner(work: Path, run: Run, git: Git, forge: FakeForge) -> None:
    forge.remote("ada/shop")
    forge.set(path="acme/shop")
    git(work, "remote", "rename", "origin", "upstream")
    git(work, "remote", "add", "origin", "git@github.com:ada/shop.git")
    git(work, "push", "-q", "origin", "main")
    git(work, "remote", "set-head", "origin", "main")

    data = json.loads(run("open", "--json").out)

    assert (data["pr_number"], data["remote"]) == ("5", "origin")
    (call,) = forge.calls("create")
    assert call["words"][call["words"].index("--head") + 1] == "ada:feature"


def test_one_in_a_repository_that_no_remote_leads_to_is_recorded_with_its_name(
    work: Path, run: Run, forge: FakeForge
) -> None:
    forge.set(path="other/place")

    assert json.loads(run("open", "--json").out)["pr_number"] == "other/place#5"


def test_a_dry_run_changes_nothing_anywhere(work: Path, run: Run, git: Git, forge: FakeForge) -> None:
    before = tree(work)

    result = run("open", "--dry-run")

    assert re.sub(r"\d{8}-\d{4}", "NOW", result.out) == (
        "Would open a pull request with gh, in Test-Person-NOW\n"
        "  title   🤖 Billing: the models\n"
        "  branch  feature into main\n"
        "  push    feature to origin\n"
        "\n"
        "They hold the taxes.\n"
        "\n"
        "---\n"
        "<!-- pr-sessions: the next line names the work session of this pull request -->\n"
        "[cursor-session: Test-Person-NOW]\n"
        "<!-- pr-sessions: the tool keeps this block up to date -->\n"
    )
    assert (result.code, result.err, tree(work), forge.prs) == (0, "", before, [])
    assert git(forge.remotes / "acme/shop.git", "branch", "--list", "feature") == ""


def test_a_dry_run_says_what_is_open_already(work: Path, run: Run, forge: FakeForge) -> None:
    forge.set(prs=[foreign(7)])

    assert run("open", "--dry-run").out.startswith("Pull request 7 is open already: would record it\n")
    assert not (work / "docs").exists()


def test_title_and_body_reach_the_tool_without_a_shell_and_its_login_is_kept(
    work: Path, run: Run, forge: FakeForge
) -> None:
    title = "$(touch /tmp/x) `id` \"'; -- --draft"
    run("open", "--title", title, "--body", "--base evil\n$HOME", GH_TOKEN="secret", GH_FORCE_TTY="80")

    (call,) = forge.calls("create")
    assert (call["token"], call["tty"], call["cwd"]) == ("secret", None, str(work))
    assert f"🤖 {title}" in call["words"]
    assert call["text"].startswith("--base evil\n$HOME\n\n---\n")


def test_nothing_of_the_text_is_stored_here(work: Path, run: Run) -> None:
    run("open", "--title", "velvet", "--body", "walrus")

    stored = [p for p in work.rglob("*") if p.is_file() and "objects" not in p.parts]
    text = b"".join(path.read_bytes() for path in stored)
    assert [word for word in (b"velvet", b"walrus") if word in text] == []


def test_a_branch_that_moved_on_is_pushed_again(work: Path, run: Run, git: Git, forge: FakeForge) -> None:
    git(work, "push", "-q", "-u", "origin", "feature")
    committed(work, git, "More", "more.py")

    assert json.loads(run("open", "--json").out)["pushes"] is True
    assert git(forge.remotes / "acme/shop.git", "rev-parse", "feature") == git(work, "rev-parse", "HEAD")


def test_a_branch_that_is_there_is_not_pushed(work: Path, run: Run, git: Git) -> None:
    git(work, "push", "-q", "-u", "origin", "feature")

    result = run("open", "--json")

    assert (json.loads(result.out)["pushes"], result.err) == (False, "")


def test_a_branch_that_follows_main_is_pushed_under_its_own_name(
    work: Path, run: Run, git: Git, forge: FakeForge
) -> None:
    git(work, "branch", "-q", "--set-upstream-to", "origin/main")
    before = git(forge.remotes / "acme/shop.git", "rev-parse", "main")

    run("open")

    assert git(forge.remotes / "acme/shop.git", "rev-parse", "main") == before
    assert forge.prs[0]["branch"] == "feature"


def test_a_remote_that_is_ahead_is_never_overwritten(work: Path, run: Run, git: Git, forge: FakeForge) -> None:
    git(work, "push", "-q", "-u", "origin", "feature")
    there = git(work, "rev-parse", "HEAD")
    git(work, "commit", "-q", "--amend", "-m", "Rewritten")

    result = run("open")

    assert result.err.splitlines() == [
        "pushing feature to origin",
        "error: feature could not be pushed: [rejected] (non-fast-forward)",
        "hint: origin holds commits that are not here; bring them in, or push it yourself, then again",
    ]
    assert (result.code, forge.prs, (work / "docs").exists()) == (1, [], False)
    assert git(forge.remotes / "acme/shop.git", "rev-parse", "feature") == there


def test_gitlab_goes_through_glab(work: Path, run: Run, git: Git, forge: FakeForge) -> None:
    git(work, "remote", "set-url", "origin", "git@gitlab.com:acme/sub/shop.git")
    forge.remote("acme/sub/shop")

    data = json.loads(run("open", "--draft", "--json").out)

    assert (data["tool"], data["url"], data["pr_number"]) == (
        "glab", "https://gitlab.com/acme/sub/shop/-/merge_requests/5", "5",
    )  # fmt: skip
    (made,) = forge.prs
    assert (made["branch"], made["base"], made["title"]) == ("feature", "main", "Draft: 🤖 Billing: the models")
    assert made["body"] == f"They hold the taxes.\n\n{render_full(data['session_id'])}"
    assert json.loads(run("open", "--json").out)["already_open"] is True
    assert all(call["words"][1:3] == ["--hostname", "gitlab.com"] for call in forge.calls("api"))


@pytest.mark.parametrize(("login", "tool"), [("gh", "gh"), ("glab", "glab")])
def test_a_host_of_one_s_own_is_told_by_the_login(
    work: Path, run: Run, git: Git, forge: FakeForge, login: str, tool: str
) -> None:
    git(work, "remote", "set-url", "origin", "ssh://git@code.example.com:2222/acme/shop.git")
    forge.set(logins={login: ["code.example.com"]})

    assert json.loads(run("open", "--json").out)["tool"] == tool


@pytest.mark.parametrize("name", ["work", "github.com-work"])
def test_a_name_of_ssh_s_configuration_is_resolved(
    work: Path, run: Run, git: Git, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    SshNames(tmp_path / "ssh", monkeypatch).write(f"Host {name}\n    HostName github.com\n")
    git(work, "remote", "set-url", "origin", f"git@{name}:acme/shop.git")

    data = json.loads(run("open", "--json").out)

    assert (data["tool"], data["pr_number"]) == ("gh", "5")


class TestRefusals:
    """Each names what is wrong and the way out; nothing is recorded, and no file is touched."""

    @pytest.fixture(autouse=True)
    def nothing_changes(self, work: Path, forge: FakeForge) -> Any:
        yield
        assert (forge.prs, (work / "docs").exists(), (work / ".cursor").exists()) == ([], False, False)

    def test_without_the_tool(self, run: Run, tmp_path: Path) -> None:
        folder = tmp_path / "only-git"
        folder.mkdir()
        git = shutil.which("git")
        assert git is not None
        (folder / "git").symlink_to(git)

        result = run("open", PATH=str(folder))

        assert (result.code, result.out) == (1, "")
        assert result.err == (
            "error: gh is not installed, or not on PATH\n"
            "hint: install it and log in: gh auth login; "
            "or open it manually, and record it: pr-sessions add NUMBER --session ID\n"
        )

    def test_without_a_login(self, run: Run, forge: FakeForge) -> None:
        told = "To get started with GitHub CLI, please run:  gh auth login\nAlternatively, populate GH_TOKEN\n"
        forge.set(fails={"pr list": [4, "", told]})

        assert (
            run("open").err == "error: gh is not logged in to github.com\nhint: gh auth login --hostname github.com\n"
        )

    def test_without_a_login_at_gitlab(self, work: Path, run: Run, git: Git, forge: FakeForge) -> None:
        git(work, "remote", "set-url", "origin", "git@gitlab.com:acme/shop.git")
        forge.set(fails={"api read": [1, '{"message":"401 Unauthorized"}', "glab: 401 Unauthorized (HTTP 401)\n"]})

        assert (
            run("open").err
            == "error: glab is not logged in to gitlab.com\nhint: glab auth login --hostname gitlab.com\n"
        )

    def test_what_gitlab_says_is_shown(self, work: Path, run: Run, git: Git, forge: FakeForge) -> None:
        git(work, "remote", "set-url", "origin", "git@gitlab.com:acme/shop.git")
        told = '{"message":["Another open merge request already exists: !401"]}'
        forge.set(fails={"api write": [1, told, "glab: 409 Conflict (HTTP 409)\n"]})

        assert run("open").err == (
            f"pushing feature to origin\nerror: glab failed: glab: 409 Conflict (HTTP 409); {told}\n"
        )

    def test_a_host_that_nobody_knows(self, work: Path, run: Run, git: Git) -> None:
        git(work, "remote", "set-url", "origin", "git@code.example.com:acme/shop.git")

        assert run("open").err == (
            "error: neither gh nor glab is logged in to code.example.com\n"
            "hint: gh auth login --hostname code.example.com, or glab auth login --hostname code.example.com; "
            "or open it manually, and record it: pr-sessions add NUMBER --session ID\n"
        )

    def test_a_detached_head(self, work: Path, run: Run, git: Git) -> None:
        git(work, "switch", "-q", "--detach")

        assert run("open").err == (
            "error: no branch is checked out here (HEAD is detached)\nhint: git switch -c NAME, then again\n"
        )

    @pytest.mark.parametrize("remembered", [True, False])
    def test_the_default_branch(self, work: Path, run: Run, git: Git, remembered: bool) -> None:
        git(work, "switch", "-q", "main")
        if not remembered:
            git(work, "remote", "set-head", "origin", "--delete")

        assert run("open").err == (
            "error: main is the branch that pull requests go into\nhint: git switch -c NAME, then again\n"
        )

    def test_no_commit_of_its_own(self, work: Path, run: Run, git: Git) -> None:
        git(work, "reset", "-q", "--hard", "main")

        assert run("open").err == (
            "error: feature brings no commit that main does not have\nhint: commit something, then again\n"
        )

    def test_no_commit_at_all(self, work: Path, run: Run, git: Git) -> None:
        git(work, "switch", "-q", "--orphan", "fresh")

        assert run("open").err == "error: fresh has no commit yet\nhint: commit something, then again\n"

    def test_no_remote(self, work: Path, run: Run, git: Git) -> None:
        git(work, "remote", "remove", "origin")

        assert run("open").err == (
            "error: this clone has no remote to open a pull request at\nhint: git remote add origin URL\n"
        )

    def test_several_remotes_that_fit(self, work: Path, run: Run, git: Git) -> None:
        git(work, "remote", "rename", "origin", "one")
        git(work, "remote", "add", "two", "git@github.com:acme/two.git")

        assert run("open").err == (
            "error: there are several remotes: one, two\n"
            "hint: say which one takes this branch: git config branch.feature.pushRemote NAME\n"
        )

    def test_a_remote_that_is_a_folder(self, work: Path, run: Run, git: Git, forge: FakeForge) -> None:
        git(work, "remote", "set-url", "origin", str(forge.remotes / "acme/shop.git"))

        assert run("open").err.startswith("error: the remote origin leads to no forge\n")

    def test_a_base_that_is_no_branch(self, run: Run) -> None:
        assert run("open", "--base", "a b").err.startswith("error: not a branch name: 'a b'\n")

    def test_two_bodies(self, run: Run) -> None:
        result = run("open", "--body", "x", "--body-file", "-")
        assert (result.code, "exclude each other" in result.err) == (2, True)

    def test_what_the_tool_says_is_shown_in_one_line(self, run: Run, forge: FakeForge) -> None:
        told = (
            "Warning: 2 uncommitted changes\n\nCreating pull request for feature into main in acme/shop\n\n"
            "pull request create failed: GraphQL: \x1b[31mNo commits\x1b[0m between main and feature\n"
        )
        forge.set(fails={"pr create": [1, "", told]})

        assert run("open").err == (
            "pushing feature to origin\n"
            "error: gh failed: pull request create failed: GraphQL:  [31mNo commits [0m between main and feature\n"
        )

    def test_no_address(self, run: Run, forge: FakeForge) -> None:
        forge.set(fails={"pr create": [0, "done\n", ""]})

        assert run("open").err.endswith(
            "error: gh gave no address of a pull request\n"
            "hint: if there is one now, `pr-sessions open` finds and records it\n"
        )

    @pytest.mark.parametrize("printed", ["", "<html>", "{}", '[{"title": 1}]', "[" * 100_000])
    def test_an_answer_that_is_none(self, run: Run, forge: FakeForge, printed: str) -> None:
        forge.set(fails={"pr list": [0, printed, ""]})

        assert run("open").err == "error: gh printed something else than was asked for\nhint: update gh\n"

    def test_more_than_anybody_reads(self, run: Run, forge: FakeForge) -> None:
        (forge.programs / "gh").write_text("#!/bin/sh\nexec cat /dev/zero\n")

        assert run("open").err == "error: gh said more than 4 MiB\n"

    def test_while_paused(self, run: Run, forge: FakeForge) -> None:
        result = run("open", "--json", PR_SESSIONS="0")

        assert (result.code, result.out) == (0, '{"paused": true}\n')
        assert forge.calls("list") == []


def test_an_address_counts_whatever_failed_after_it(work: Path, run: Run, forge: FakeForge) -> None:
    forge.set(fails={"pr create": [1, f"{URL}\n", "pull request update failed: label not found\n"]})

    assert json.loads(run("open", "--json").out)["pr_number"] == "5"


def test_one_that_could_not_be_recorded_says_how_to_do_it_later(work: Path, run: Run, forge: FakeForge) -> None:
    broken = work / SESSION_FILE
    broken.parent.mkdir(parents=True)
    lock = work / ".git/pr-sessions"
    # The tool itself breaks the file, after we have looked at it.
    gh = forge.programs / "gh"
    text = gh.read_text().replace(
        'if name == "pr create":', f'if name == "pr create":\n    Path({str(broken)!r}).write_text("[")', 1
    )
    gh.write_text(text)

    result = run("open")

    assert result.code == 1
    error, hint = result.err.splitlines()[1:]
    assert error.startswith(f"error: {URL} is open, and could not be recorded: cannot read {broken}")
    session_id = find_mark("", forge.prs[0]["body"])
    assert session_id is not None
    told = (
        "record it then: pr-sessions open (it finds this one), "
        f"or pr-sessions add 5 --session {session_id.session_id} --create"
    )
    assert hint.endswith(told)
    broken.unlink()
    assert json.loads(run("open", "--json").out)["placement"]["rung"] == "marker"
    assert lock.is_dir()


def foreign(number: int) -> dict[str, Any]:
    """A pull request that somebody opened on the forge's own pages."""
    return {
        "number": number, "url": f"https://github.com/acme/shop/pull/{number}", "branch": "feature", "base": "main",
        "title": "By hand", "body": "Words.", "draft": False, "owner": "acme", "author": "octocat", "state": "open",
    }  # fmt: skip


def test_a_dry_run_does_not_ask_the_remote_for_its_default_branch(work: Path, run: Run, git: Git) -> None:
    git(work, "remote", "set-head", "origin", "--delete")
    result = run("open", "--dry-run")
    assert (result.code, result.out, result.err) == (
        1,
        "",
        (
            "error: this clone does not know the default branch of origin, and a dry run does not ask for it\n"
            "hint: name it: --base BRANCH; or let git remember it: git remote set-head origin --auto\n"
        ),
    )
    assert run("open").code == 0
