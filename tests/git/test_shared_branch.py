import os
import subprocess
from pathlib import Path

import pytest

from pr_sessions.core.paths import SESSION_FILE
from pr_sessions.errors import InvalidValue, NotFound
from pr_sessions.git.commands import GitFailed
from pr_sessions.git.shared_branch import InUse, SharedBranch, find_branch
from scene import committed, git, look

DATA = b'{"version": "1.0"}\n'


@pytest.fixture
def hub(tmp_path: Path) -> Path:
    """A bare repository with `main`."""
    git(committed(tmp_path / "first"), "clone", "-q", "--bare", ".", str(tmp_path / "hub.git"))
    return tmp_path / "hub.git"


@pytest.fixture
def branch(hub: Path, tmp_path: Path) -> SharedBranch:
    """The branch of sessions as a fresh clone of the hub sees it."""
    git(tmp_path, "clone", "-q", str(hub), "clone")
    return find_branch(tmp_path / "clone", "pr-sessions")


def push(branch: SharedBranch, data: bytes = DATA) -> str:
    commit = branch.commit(branch.fetch(), data, "told\n")
    assert not branch.push(commit).reason
    return commit


def tree_of(root: Path, listed: str) -> str:
    done = subprocess.run(["git", "mktree"], cwd=root, input=listed, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_a_remote_without_the_branch_has_none(branch: SharedBranch) -> None:
    assert (branch.fetch(), branch.known()) == (None, None)


def test_what_is_pushed_is_fetched(branch: SharedBranch, hub: Path) -> None:
    commit = push(branch)
    assert (branch.fetch(), branch.known(), branch.read(commit)) == (commit, commit, DATA)
    assert git(hub, "ls-tree", "-r", "--name-only", "pr-sessions").splitlines() == ["README.md", SESSION_FILE]


def test_a_partial_clone_fetches_the_document_only_where_the_user_asked_for_the_network(
    branch: SharedBranch, hub: Path, tmp_path: Path
) -> None:
    commit = push(branch)
    git(hub, "config", "uploadpack.allowFilter", "true")
    git(tmp_path, "clone", "-q", "--filter=blob:none", f"file://{hub}", "partial")
    partial = find_branch(tmp_path / "partial", "pr-sessions")
    with pytest.raises(GitFailed):
        partial.read(commit)
    assert partial.read(commit, fetches=True) == DATA


def test_each_commit_follows_the_last_and_keeps_what_else_the_branch_holds(branch: SharedBranch) -> None:
    first = push(branch)
    older = git(branch.root, "ls-tree", first, "docs/metrics/").split()[2]
    listed = f"100644 blob {older}\tarchive.json\n100644 blob {older}\tauto_pr_sessions.json\n"
    import subprocess

    def make(text: str) -> str:
        done = subprocess.run(
            ["git", "mktree"], cwd=branch.root, input=text, capture_output=True, text=True, check=True
        )
        return done.stdout.strip()

    tree = make(f"040000 tree {make(f'040000 tree {make(listed)}{chr(9)}metrics{chr(10)}')}\tdocs\n")
    second = git(branch.root, "commit-tree", "-p", first, "-m", "by hand", tree)
    git(branch.root, "push", "-q", "origin", f"{second}:refs/heads/pr-sessions")
    third = push(branch, b"{}\n")
    assert git(branch.root, "rev-list", third).splitlines() == [third, second, first]
    assert git(branch.root, "ls-tree", "-r", "--name-only", third).splitlines() == [
        "docs/metrics/archive.json",
        SESSION_FILE,
    ]
    assert branch.read(third) == b"{}\n"


def test_working_tree_index_head_and_branches_stay(branch: SharedBranch) -> None:
    (branch.root / "new.txt").write_text("half done")
    git(branch.root, "add", "new.txt")
    kept = ("HEAD", "index", "config", "refs/heads/main")

    def seen() -> tuple[dict[str, tuple[bytes, int]], list[bytes]]:
        tree = {name: record for name, record in look(branch.root).items() if not name.startswith(".git/")}
        return tree, [(branch.root / ".git" / name).read_bytes() for name in kept]

    before = seen()
    push(branch)
    assert seen() == before
    assert not (branch.root / ".git/FETCH_HEAD").exists()


def test_somebody_who_was_first_is_told_of_and_never_overwritten(branch: SharedBranch, hub: Path) -> None:
    mine = branch.commit(None, DATA, "mine\n")
    theirs = push(branch, b"{}\n")
    report = branch.push(mine)
    assert (report.outrun, git(hub, "rev-parse", "pr-sessions")) == (True, theirs)


def test_a_forced_push_that_git_is_told_to_do_is_not_done(branch: SharedBranch, hub: Path) -> None:
    git(branch.root, "config", "--add", "remote.origin.push", "+refs/heads/*:refs/heads/*")
    git(branch.root, "tag", "-a", "v1", "-m", "v1")
    git(branch.root, "config", "push.followTags", "true")
    mine, theirs = branch.commit(None, DATA, "mine\n"), push(branch, b"{}\n")
    assert branch.push(mine).outrun
    assert git(hub, "for-each-ref", "--format=%(objectname)", "refs/heads/pr-sessions", "refs/tags") == theirs


@pytest.mark.skipif(os.name == "nt", reason="hooks are shell scripts")
def test_a_hook_of_the_remote_refuses(branch: SharedBranch, hub: Path) -> None:
    (hub / "hooks/pre-receive").write_text("#!/bin/sh\necho 'no sessions here' >&2\nexit 1\n")
    (hub / "hooks/pre-receive").chmod(0o755)
    report = branch.push(branch.commit(None, DATA, "mine\n"))
    assert (report.outrun, report.reason) == (False, "[remote rejected] (pre-receive hook declined); no sessions here")


@pytest.mark.skipif(os.name == "nt", reason="hooks are shell scripts")
def test_the_clone_s_own_hook_before_a_push_looks_after_code(branch: SharedBranch) -> None:
    (branch.root / ".git/hooks/pre-push").write_text("#!/bin/sh\nexit 1\n")
    (branch.root / ".git/hooks/pre-push").chmod(0o755)
    push(branch)


def test_nobody_s_name_is_needed(branch: SharedBranch, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL"):
        monkeypatch.delenv(name)
    git(branch.root, "config", "user.useConfigOnly", "true")
    commit = push(branch)
    ours = "pr-sessions <pr-sessions@localhost>"
    assert git(branch.root, "log", "-1", "--format=%an <%ae>%n%cn <%ce>", commit).splitlines() == [ours, ours]


def test_a_name_that_is_set_stands(branch: SharedBranch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GIT_AUTHOR_NAME")
    monkeypatch.delenv("GIT_AUTHOR_EMAIL")
    git(branch.root, "config", "user.name", "Grace")
    git(branch.root, "config", "user.email", "grace@example.com")
    assert git(branch.root, "log", "-1", "--format=%an %ae", push(branch)) == "Grace grace@example.com"


def test_where_commits_are_signed_a_key_that_is_missing_is_told_of(branch: SharedBranch) -> None:
    git(branch.root, "config", "commit.gpgSign", "true")
    git(branch.root, "config", "gpg.program", "no-such-program")
    with pytest.raises(GitFailed, match="git commit-tree failed") as raised:
        branch.commit(None, DATA, "told\n")
    assert raised.value.hint.startswith("commit.gpgSign is set")


def test_a_shallow_clone_takes_part_and_stays_shallow(branch: SharedBranch, hub: Path, tmp_path: Path) -> None:
    first = push(branch)
    push(branch, b"{}\n")
    git(tmp_path, "clone", "-q", "--depth=1", hub.as_uri(), "shallow")
    git(tmp_path / "shallow", "checkout", "-q", "--detach")
    shallow = find_branch(tmp_path / "shallow", "pr-sessions")
    third = push(shallow, DATA)
    assert branch.fetch() == third
    assert git(shallow.root, "cat-file", "-e", first, check=False) == ""
    assert git(shallow.root, "rev-list", "--count", third) == "2"
    assert git(branch.root, "rev-list", "--count", third) == "3"


@pytest.mark.parametrize(
    ("name", "why"), [("main", "it holds deep"), ("docs", f"it holds no {SESSION_FILE}"), ("odd", "it holds no docs")]
)
def test_a_branch_of_others_is_not_ours(branch: SharedBranch, name: str, why: str) -> None:
    first = push(branch)
    readme = git(branch.root, "rev-parse", f"{first}:README.md")
    git(branch.root, "config", "core.quotePath", "false")
    for other, text in (("docs", f"100644 blob {readme}\tREADME.md"), ("odd", f"100644 blob {readme}\tdocs")):
        (branch.root / "tree").write_text(text + "\n")
        import subprocess

        tree = subprocess.run(
            ["git", "mktree"], cwd=branch.root, input=text, capture_output=True, text=True, check=True
        )
        commit = git(branch.root, "commit-tree", "-m", "theirs", tree.stdout.strip())
        git(branch.root, "push", "-q", "origin", f"{commit}:refs/heads/{other}")
    theirs = SharedBranch(branch.root, "origin", name)
    tip = theirs.fetch()
    assert tip is not None
    with pytest.raises(InvalidValue, match=f"origin/{name} is not a branch of sessions: {why}"):
        theirs.read(tip)


def test_another_fetch_of_the_same_clone_is_waited_for(branch: SharedBranch) -> None:
    push(branch)
    git(branch.root, "update-ref", "-d", branch.tracking)
    (branch.root / ".git/refs/remotes/origin").mkdir(exist_ok=True)
    (branch.root / ".git/refs/remotes/origin/pr-sessions.lock").touch()
    with pytest.raises(InUse):
        branch.fetch()


def test_a_remote_that_is_gone_is_told_of(branch: SharedBranch, hub: Path) -> None:
    hub.rename(hub.with_name("moved.git"))
    with pytest.raises(GitFailed, match="cannot fetch origin/pr-sessions: fatal: ") as raised:
        branch.fetch()
    assert raised.value.hint == "see whether git itself gets through: git fetch origin"


class TestChoiceOfTheRemote:
    def test_none(self, clone: Path) -> None:
        with pytest.raises(NotFound, match="no remote"):
            find_branch(clone, "pr-sessions")

    @pytest.mark.parametrize(
        ("there", "asked", "chosen"),
        [
            (["origin"], None, "origin"),
            (["up"], None, "up"),
            (["aa", "origin"], None, "origin"),
            (["aa", "b/c"], "b/c", "b/c"),
        ],
    )
    def test_origin_the_only_one_or_the_named_one(
        self, clone: Path, there: list[str], asked: str | None, chosen: str
    ) -> None:
        for name in there:
            git(clone, "remote", "add", name, "nowhere")
        assert find_branch(clone, "x", asked) == SharedBranch(clone, chosen, "x")

    def test_several_are_not_guessed_between(self, clone: Path) -> None:
        for name in ("aa", "bb"):
            git(clone, "remote", "add", name, "nowhere")
        with pytest.raises(InvalidValue, match="several remotes: aa, bb"):
            find_branch(clone, "x")

    def test_one_that_is_not_there(self, clone: Path) -> None:
        git(clone, "remote", "add", "origin", "nowhere")
        with pytest.raises(NotFound, match="no remote is named --upload-pack=x"):
            find_branch(clone, "x", "--upload-pack=x")
