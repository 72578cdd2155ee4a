import os
from collections.abc import Callable
from pathlib import Path

import pytest

from pr_sessions.stores.git import GitFailed, git_author, is_ignored, is_tracked, remotes, run_git

Git = Callable[..., str]


class TestRun:
    def test_gives_what_git_prints(self, clone: Path) -> None:
        assert run_git(clone, "rev-parse", "--abbrev-ref", "HEAD") == b"main\n"

    def test_gives_git_its_input(self, clone: Path) -> None:
        told = run_git(clone, "hash-object", "--stdin", input=b"hello\n")
        assert told == b"ce013625030ba8dba906f756967f9e9ca394464a\n"

    def test_without_input_git_does_not_wait(self, clone: Path) -> None:
        assert run_git(clone, "cat-file", "--batch") == b""

    def test_arguments_are_never_a_shell_s(self, clone: Path) -> None:
        run_git(clone, "config", "user.name", "$(touch pwned); `touch pwned`")
        assert git_author(clone) == "$(touch pwned); `touch pwned`"
        assert not (clone / "pwned").exists()

    def test_a_failure_tells_git_s_first_line_in_english(self, clone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("LC_ALL", "de_DE.UTF-8")
        with pytest.raises(GitFailed) as caught:
            run_git(clone, "rev-parse", "--verify", "no-such-branch")
        assert str(caught.value) == "git rev-parse failed: fatal: Needed a single revision"

    def test_a_silent_failure_tells_its_status(self, clone: Path) -> None:
        with pytest.raises(GitFailed, match=r"^git config failed: status 1$"):
            run_git(clone, "config", "--get", "no.such")

    def test_a_missing_git_tells_the_way_out(
        self, tmp_path: Path, clone: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("PATH", str(tmp_path))
        with pytest.raises(GitFailed) as caught:
            run_git(clone, "status")
        assert (str(caught.value), caught.value.hint) == (
            "git cannot be started",
            "install git, or put its folder on PATH",
        )

    def test_a_missing_folder_is_named(self, tmp_path: Path) -> None:
        with pytest.raises(GitFailed, match="missing is not a folder"):
            run_git(tmp_path / "missing", "status")

    def test_a_hook_s_variables_do_not_lead_to_another_repository(
        self, tmp_path: Path, clone: Path, git: Git, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        git(tmp_path, "clone", "-q", "clone", "other")
        monkeypatch.setenv("GIT_DIR", str(tmp_path / "other/.git"))
        monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "other/.git/index"))
        assert Path(os.fsdecode(run_git(clone, "rev-parse", "--absolute-git-dir")).strip()) == clone / ".git"

    def test_git_s_variables_count_where_the_root_has_no_git_folder(
        self, tmp_path: Path, clone: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "tree").mkdir()
        monkeypatch.setenv("GIT_DIR", str(clone / ".git"))
        monkeypatch.setenv("GIT_WORK_TREE", str(tmp_path / "tree"))
        assert run_git(tmp_path / "tree", "rev-parse", "--show-toplevel") == f"{tmp_path / 'tree'}\n".encode()

    def test_looking_does_not_write_the_index(self, clone: Path) -> None:
        os.utime(clone / "deep/er/code.py", (1, 1))
        before = (clone / ".git/index").read_bytes()
        run_git(clone, "status")
        assert (clone / ".git/index").read_bytes() == before


class TestAuthor:
    def test_is_the_configured_name(self, clone: Path, git: Git) -> None:
        git(clone, "config", "user.name", "  Émile Zola ")
        assert git_author(clone) == "Émile Zola"

    @pytest.mark.parametrize("name", [None, "", " "])
    def test_is_none_when_there_is_no_name(self, clone: Path, git: Git, name: str | None) -> None:
        if name is not None:
            git(clone, "config", "user.name", name)
        assert git_author(clone) is None

    def test_a_broken_configuration_is_told(self, clone: Path) -> None:
        (clone / ".git/config").write_text("[core")
        with pytest.raises(GitFailed, match="git config failed: fatal: bad config line"):
            git_author(clone)


@pytest.fixture
def mixed(clone: Path, git: Git) -> Path:
    """Tracked, ignored, both and neither, with names that are patterns for git."""
    (clone / ".gitignore").write_text("*.log\n/out/\n")
    for name in ("a.py", "both.log", "[a].py", "-n", "only.log"):
        (clone / name).touch()
    (clone / "out").mkdir()
    git(clone, "add", "-f", "a.py", "both.log")
    return clone


@pytest.mark.parametrize(
    ("name", "tracked", "ignored"),
    [
        ("a.py", True, False),
        ("both.log", True, False),
        ("only.log", False, True),
        ("missing.log", False, True),
        ("out/deep/file", False, True),
        ("[a].py", False, False),
        ("*.py", False, False),
        ("-n", False, False),
        ("missing", False, False),
        ("deep", True, False),
    ],
)
@pytest.mark.parametrize("absolute", [True, False])
def test_tracked_and_ignored_are_git_s_answers(
    mixed: Path, name: str, *, tracked: bool, ignored: bool, absolute: bool
) -> None:
    path = mixed / name if absolute else Path(name)
    assert (is_tracked(mixed, path), is_ignored(mixed, path)) == (tracked, ignored)


@pytest.mark.parametrize("ask", [is_tracked, is_ignored])
def test_a_path_outside_is_told(clone: Path, tmp_path: Path, ask: Callable[[Path, Path], bool]) -> None:
    with pytest.raises(GitFailed, match="is outside repository"):
        ask(clone, tmp_path / "elsewhere")


def test_remotes_are_listed(clone: Path, git: Git) -> None:
    assert remotes(clone) == ()
    git(clone, "remote", "add", "origin", "https://example.com/a.git")
    git(clone, "remote", "add", "fork", "https://example.com/b.git")
    assert remotes(clone) == ("fork", "origin")
