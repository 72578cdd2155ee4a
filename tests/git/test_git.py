import os
from collections.abc import Callable
from pathlib import Path

import pytest

from pr_sessions.git.commands import (
    GitFailed,
    acting_environment,
    git_author,
    hooks_path,
    is_ignored,
    is_tracked,
    read_git,
    reading_environment,
    remote_names,
    run_git,
)

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


class TestReading:
    def test_its_environment_is_a_list(self, clone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in os.environ:
            monkeypatch.delenv(name)
        passed = {"PATH": "/usr/bin", "HOME": "/h", "GIT_CONFIG_GLOBAL": "/c", "GIT_CEILING_DIRECTORIES": "/x"}
        dropped = {"GIT_DIR": "/d", "GIT_SSH_COMMAND": "x", "PAGER": "x", "LD_PRELOAD": "x", "GIT_TRACE": "/t"}
        for name, value in {**passed, **dropped, "PYTHONPATH": "/p"}.items():
            monkeypatch.setenv(name, value)
        assert reading_environment(clone) == {
            **passed,
            "LC_ALL": "C",
            "GIT_OPTIONAL_LOCKS": "0",
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_ALLOW_PROTOCOL": "none",
            "GIT_NO_LAZY_FETCH": "1",
        }

    def test_of_settings_in_the_environment_only_trust_and_author_count(
        self, clone: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        pairs = [("core.fsmonitor", "x"), ("Safe.Directory", "/a"), ("alias.log", "!x"), ("user.name", "Zoe")]
        monkeypatch.setenv("GIT_CONFIG_COUNT", "5")
        for number, (key, value) in enumerate(pairs):
            monkeypatch.setenv(f"GIT_CONFIG_KEY_{number}", key)
            monkeypatch.setenv(f"GIT_CONFIG_VALUE_{number}", value)
        passed = {name: value for name, value in reading_environment(clone).items() if name.startswith("GIT_CONFIG_")}
        assert passed == {
            "GIT_CONFIG_GLOBAL": os.environ["GIT_CONFIG_GLOBAL"],
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_COUNT": "2",
            "GIT_CONFIG_KEY_0": "Safe.Directory",
            "GIT_CONFIG_VALUE_0": "/a",
            "GIT_CONFIG_KEY_1": "user.name",
            "GIT_CONFIG_VALUE_1": "Zoe",
        }

    @pytest.mark.parametrize("count", ["-1", "x", "99999999999", "", "²"])
    def test_a_count_that_is_none_is_none(self, clone: Path, monkeypatch: pytest.MonkeyPatch, count: str) -> None:
        monkeypatch.setenv("GIT_CONFIG_COUNT", count)
        assert "GIT_CONFIG_COUNT" not in reading_environment(clone)

    @pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root gives folders away")
    def test_a_folder_of_somebody_else_is_refused(self, clone: Path) -> None:
        for path in (clone, clone / ".git"):
            os.chown(path, 65534, 65534)
        with pytest.raises(GitFailed, match="dubious ownership"):
            read_git(clone, "rev-parse", "HEAD")

    def test_the_folder_of_hooks_is_the_configured_one(self, clone: Path, git: Git) -> None:
        before = hooks_path(clone)
        git(clone, "config", "core.hooksPath", "deep/hooks")
        assert (before, hooks_path(clone)) == (clone / ".git/hooks", clone / "deep/hooks")


class TestActing:
    def test_is_the_user_s_environment_without_python_s_and_git_s_places(
        self, clone: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name in os.environ:
            monkeypatch.delenv(name)
        kept = {"PATH": "/usr/bin", "GIT_SSH_COMMAND": "ssh -i key", "SSH_AUTH_SOCK": "/s", "GIT_CONFIG_COUNT": "0"}
        dropped = {"PYTHONPATH": "/p", "PYTHONSTARTUP": "/p", "GIT_DIR": "/d", "GIT_ALTERNATE_OBJECT_DIRECTORIES": "/o"}
        for name, value in {**kept, **dropped}.items():
            monkeypatch.setenv(name, value)
        assert acting_environment(clone) == kept

    def test_its_settings_count(self, clone: Path, git: Git) -> None:
        git(clone, "config", "alias.shout", "!echo loud")
        assert run_git(clone, "shout") == b"loud\n"


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
    path = str(mixed / name) if absolute else name
    assert (is_tracked(mixed, path), is_ignored(mixed, path)) == (tracked, ignored)


@pytest.mark.parametrize("ask", [is_tracked, is_ignored])
def test_a_path_outside_is_told(clone: Path, tmp_path: Path, ask: Callable[[Path, str], bool]) -> None:
    with pytest.raises(GitFailed, match="is outside repository"):
        ask(clone, str(tmp_path / "elsewhere"))


def test_remotes_are_listed(clone: Path, git: Git) -> None:
    assert remote_names(clone) == ()
    git(clone, "remote", "add", "origin", "https://example.com/a.git")
    git(clone, "remote", "add", "fork", "https://example.com/b.git")
    assert remote_names(clone) == ("fork", "origin")
