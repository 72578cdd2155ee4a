import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from ground import AsNobody, Cli, Git, tree

import pr_sessions
from pr_sessions.hooks.hosts import INSTALLABLE
from scene import python_environment

ALL = ",".join(INSTALLABLE)
USER = {
    "cursor": ".cursor/hooks.json",
    "claude-code": ".claude/settings.json",
    "codex": ".codex/hooks.json",
    "gemini": ".gemini/settings.json",
    "copilot": ".copilot/hooks/pr-sessions.json",
    "antigravity": ".gemini/config/hooks.json",
}
PROJECT = {**USER, "copilot": ".github/hooks/pr-sessions.json", "antigravity": ".agents/hooks.json"}
LOCAL = ".claude/settings.local.json"
BEFORE = b'{\r\n\t"theirs": {"x": [1,2]},\r\n\t"hooks": {"stop": [{"command": "./theirs.sh"}]}\r\n}'


@pytest.fixture(autouse=True)
def home(tmp_path: Path, repo: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home beside the repository, which is the current folder."""
    for host in INSTALLABLE.values():
        if host.home_variable:
            monkeypatch.delenv(host.home_variable, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "a home"))
    (tmp_path / "a home").mkdir()
    return tmp_path / "a home"


def files(root: Path) -> dict[str, bytes]:
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def commands(path: Path) -> list[str]:
    """Every command line in a host's file."""
    return [hook["command"] for items in json.loads(path.read_bytes())["hooks"].values() for hook in _hooks(items)]


def _hooks(items: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for item in items:
        yield from item.get("hooks", [item])


def fire(path: Path, folder: Path) -> tuple[int, bytes, bytes]:
    """Runs the last command line of a file as its host does."""
    # The tracker would take the event away.
    environ = {**os.environ, "PR_SESSIONS_NO_TRACKER": "1", "CLAUDE_PROJECT_DIR": str(folder)}
    payload = {"conversation_id": "run-1", "cursor_version": "2", "hook_event_name": "stop"}
    told = json.dumps({**payload, "workspace_roots": [str(folder)]}).encode()
    done = subprocess.run(
        ["sh", "-c", commands(path)[-1]], cwd=folder, env=environ, input=told, capture_output=True, check=False
    )
    return done.returncode, done.stdout, done.stderr


def fired(clone: Path) -> list[str]:
    """The working trees whose events wait in a clone."""
    events = clone / ".git/pr-sessions/pending/events.jsonl"
    lines = events.read_text().splitlines() if events.exists() else []
    return [Path(json.loads(line)["root"]).name for line in lines]


class TestInit:
    def test_without_a_word_about_agents_their_files_stay_as_they_are(self, cli: Cli, home: Path) -> None:
        (home / ".cursor").mkdir()
        (home / ".cursor/hooks.json").write_bytes(BEFORE)
        cli("init")
        assert files(home) == {".cursor/hooks.json": BEFORE}

    def test_the_user_s_own_files_are_the_default(self, cli: Cli, home: Path) -> None:
        result = cli("init", "--agents", ALL, "--json").json
        assert sorted(files(home)) == sorted(USER.values())
        assert (result["agents"], result["scope"]) == (list(INSTALLABLE), "user")
        written = [step["path"] for step in result["steps"] if step["what"].startswith("hooks of")]
        assert written == [str(home / USER[name]) for name in INSTALLABLE]

    @pytest.mark.parametrize(
        ("names", "agents"),
        [
            ("all", list(INSTALLABLE)),
            ("All", list(INSTALLABLE)),
            ("gemini,all", ["gemini", *(name for name in INSTALLABLE if name != "gemini")]),
            ("Claude", ["claude-code"]),
            ("claude,CLAUDE-CODE, Cursor", ["claude-code", "cursor"]),
        ],
    )
    @pytest.mark.usefixtures("repo")
    def test_names_in_any_case_short_or_all(self, cli: Cli, names: str, agents: list[str]) -> None:
        assert cli("init", "--agents", names, "--dry-run", "--json").json["agents"] == agents
        cli("init", "--agents", names)
        assert cli("uninstall", "--agents", names, "--json").json["steps"] != []
        assert cli("uninstall", "--agents", "all").out == "Nothing to remove.\n"

    def test_local_hooks_stay_out_of_git(self, cli: Cli, repo: Path, home: Path, git: Git) -> None:
        cli("init", "--agents", "claude-code", "--scope", "local")
        cli("init")
        assert (files(home), (repo / LOCAL).is_file()) == ({}, True)
        assert "local" not in git(repo, "status", "--porcelain", "-uall")

    def test_project_hooks_hold_no_path_of_this_machine(self, cli: Cli, repo: Path, home: Path) -> None:
        cli("init", "--agents", ALL, "--scope", "project")
        assert files(home) == {}
        for name in PROJECT.values():
            text = (repo / name).read_text()
            assert not any(
                path in text for path in (str(Path(sys.executable).parent), str(home.parent), "site-packages")
            )

    @pytest.mark.parametrize("scope", ["user", "project"])
    def test_a_second_time_changes_nothing(self, cli: Cli, repo: Path, scope: str) -> None:
        cli("init", "--agents", ALL, "--scope", scope)
        before = tree(repo.parent)
        assert cli("init", "--agents", ALL, "--scope", scope).out.startswith(f"Nothing to do: {repo} is set up.\n")
        assert tree(repo.parent) == before

    @pytest.mark.parametrize("scope", ["user", "local", "project"])
    def test_a_dry_run_writes_nothing_and_shows_what_a_real_one_does(self, cli: Cli, repo: Path, scope: str) -> None:
        before = tree(repo.parent)
        words = ("init", "--agents", "claude-code", "--scope", scope, "--json")
        shown = cli(*words, "--dry-run").json
        assert tree(repo.parent) == before
        assert {**cli(*words).json, "dry_run": True} == shown

    def test_it_says_what_is_left_to_do(self, cli: Cli) -> None:
        assert cli("init", "--agents", "codex", "--scope", "project", "--json").json["notes"] == [
            "codex runs hooks only after you have trusted them: type /hooks in codex",
            "commit .codex/hooks.json; in every other clone, `pr-sessions init` once makes these hooks work",
            "agents that run now may have to be started again; `pr-sessions hook selftest` tries the hooks out",
        ]

    def test_a_host_s_own_variable_moves_its_files(self, cli: Cli, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        for host in INSTALLABLE.values():
            if host.home_variable:
                monkeypatch.setenv(host.home_variable, str(home / "elsewhere" / host.name))
        cli("init", "--agents", ALL)
        moved = {name for name in files(home) if name.startswith("elsewhere/")}
        assert moved == {
            "elsewhere/claude-code/settings.json",
            "elsewhere/codex/hooks.json",
            "elsewhere/copilot/hooks/pr-sessions.json",
        }

    def test_a_link_stays_a_link(self, cli: Cli, home: Path) -> None:
        (home / ".cursor").mkdir()
        (home / "dotfiles").mkdir()
        (home / "dotfiles/hooks.json").write_bytes(BEFORE)
        (home / ".cursor/hooks.json").symlink_to("../dotfiles/hooks.json")
        cli("init", "--agents", "cursor")
        assert (home / ".cursor/hooks.json").is_symlink()
        assert len(commands(home / "dotfiles/hooks.json")) == len(INSTALLABLE["cursor"].events) + 1
        cli("uninstall", "--agents", "cursor")
        assert (home / ".cursor/hooks.json").is_symlink()
        assert files(home)["dotfiles/hooks.json"] == BEFORE

    def test_a_link_to_nothing_is_one_again_afterwards(self, cli: Cli, home: Path) -> None:
        (home / ".cursor").mkdir()
        (home / "dotfiles").mkdir()
        (home / ".cursor/hooks.json").symlink_to("../dotfiles/hooks.json")
        cli("init", "--agents", "cursor")
        assert (home / "dotfiles/hooks.json").is_file()
        cli("uninstall", "--agents", "cursor")
        assert (files(home), (home / ".cursor/hooks.json").is_symlink()) == ({}, True)

    def test_two_at_once_are_as_one(self, cli: Cli, home: Path, make_repo: Callable[[str], Path]) -> None:
        cli("init", "--agents", ALL)
        alone = files(home)
        shutil.rmtree(home)
        home.mkdir()
        words = [sys.executable, "-m", "pr_sessions", "init", "--agents", ALL]
        running = [
            subprocess.Popen(words, cwd=make_repo(f"at once {n}"), env=python_environment(), stdout=subprocess.PIPE)
            for n in range(4)
        ]
        assert [process.communicate() and process.returncode for process in running] == [0] * 4
        assert files(home) == alone


class TestRefused:
    @pytest.mark.parametrize(
        ("text", "place", "problem"),
        [
            (b'{"hooks": {', "line 1, column 12", "a name in quotes was expected"),
            (b'{\n  "a": 1 // mine\n}', "line 2, column 10", "a comment, with which cursor does not read it"),
            (b"[]", "line 1, column 1", "an object was expected"),
        ],
    )
    def test_a_file_with_a_mistake_is_untouched_and_so_is_everything_else(
        self, cli: Cli, repo: Path, home: Path, text: bytes, place: str, problem: str
    ) -> None:
        path = home / ".cursor/hooks.json"
        path.parent.mkdir()
        path.write_bytes(text)
        before = tree(repo.parent)
        result = cli("init", "--agents", "claude-code,cursor")
        assert (result.code, result.err) == (
            1,
            (
                f"error: cannot change {path}: {place}: {problem}\n"
                f"hint: nothing was changed; fix {path}, then try again\n"
            ),
        )
        assert tree(repo.parent) == before

    @pytest.mark.parametrize(
        ("words", "code", "message"),
        [
            (("--agents", "clippy"), 1, "error: no agent is named 'clippy'\nhint: these have hooks: "),
            (("--agents", ","), 1, "error: no agent is named\nhint: these have hooks: "),
            (("--scope", "project"), 2, "Error: --scope goes with --agents\n"),
            (
                ("--agents", "cursor", "--scope", "local"),
                1,
                (
                    "error: cursor has no hooks of one clone\n"
                    "hint: pr-sessions init --agents cursor --scope user, or --scope project\n"
                ),
            ),
        ],
    )
    def test_what_cannot_be(self, cli: Cli, repo: Path, words: tuple[str, ...], code: int, message: str) -> None:
        before = tree(repo.parent)
        result = cli("init", *words)
        assert (result.code, message in result.err, tree(repo.parent)) == (code, True, before)

    def test_local_hooks_in_a_file_that_git_tracks(self, cli: Cli, repo: Path, git: Git) -> None:
        (repo / ".claude").mkdir()
        (repo / LOCAL).write_text("{}")
        git(repo, "add", "-f", LOCAL)
        result = cli("init", "--agents", "claude-code", "--scope", "local")
        told = f"error: git tracks {repo / LOCAL}, and paths of this machine would be committed\n"
        assert (result.code, result.err.startswith(told), (repo / LOCAL).read_text()) == (1, True, "{}")

    def test_hooks_of_a_folder_outside_git(self, cli: Cli, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(home)
        result = cli("init", "--agents", "cursor", "--scope", "project")
        told = f"error: {home} is not in git, and hooks need it\nhint: run `git init` first\n"
        assert (result.code, result.err, files(home)) == (1, told, {})

    def test_without_a_home(self, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("HOME")
        monkeypatch.delenv("USERPROFILE", raising=False)
        result = cli("init", "--agents", "cursor")
        told = "error: your home folder is not known\nhint: set HOME to it, or choose --scope project\n"
        assert (result.code, result.err) == (1, told)
        assert cli("init", "--agents", "cursor", "--scope", "project").code == 0
        assert [cli(word).code for word in ("init", "doctor", "where", "uninstall")] == [0] * 4

    @pytest.mark.skipif(os.name == "nt", reason="rights")
    def test_a_home_that_may_not_be_written(
        self, open_repo: Path, as_nobody: AsNobody, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        closed = open_repo.parent / "closed"
        closed.mkdir()
        monkeypatch.setenv("HOME", str(closed))
        for folder in (open_repo, *open_repo.rglob("*")):
            folder.chmod(0o777)
        code, out, err = as_nobody(open_repo, "init", "--agents", "cursor")
        told = f"error: cannot write {closed / '.cursor/hooks.json'}: Permission denied\n"
        assert (code, out, err.startswith(told), list(closed.iterdir())) == (1, "", True, [])


class TestUninstall:
    @pytest.mark.parametrize("before", [None, b"", b"{}", b'{"a":1}', BEFORE, b'\xef\xbb\xbf{ "hooks" : { } }\n'])
    @pytest.mark.parametrize("scope", ["user", "local", "project"])
    def test_the_file_is_as_it_was(self, cli: Cli, repo: Path, home: Path, scope: str, before: bytes | None) -> None:
        names = {
            "user": home / ".claude/settings.json",
            "local": repo / LOCAL,
            "project": repo / ".claude/settings.json",
        }
        if before is not None:
            names[scope].parent.mkdir()
            names[scope].write_bytes(before)
        cli("init", "--agents", "claude-code", "--scope", scope)
        assert len(commands(names[scope])) >= len(INSTALLABLE["claude-code"].events)
        cli("uninstall", *(["--agents", "claude-code"] if scope == "user" else []))
        assert (names[scope].read_bytes() if names[scope].exists() else None) == before
        assert names[scope].parent.exists() == (before is not None)

    def test_nothing_is_left_in_git_s_configuration(self, cli: Cli, repo: Path) -> None:
        before = (repo / ".git/config").read_bytes()
        cli("init", "--share", "local", "--agents", ALL, "--scope", "project")
        cli("uninstall")
        assert (repo / ".git/config").read_bytes() == before

    def test_the_user_s_own_hooks_stay_and_it_says_how_they_go(self, cli: Cli, home: Path) -> None:
        cli("init", "--agents", "cursor")
        before = files(home)
        kept = cli("uninstall", "--json").json["kept"]
        why = "your own hooks, for every repository; they go with: pr-sessions uninstall --agents cursor"
        assert {"path": str(home / ".cursor/hooks.json"), "why": why} in kept
        assert files(home) == before

    @pytest.mark.skipif(os.name == "nt", reason="sh")
    def test_events_that_wait_stay_and_are_named(self, cli: Cli, repo: Path, home: Path) -> None:
        cli("init", "--agents", "cursor")
        fire(home / ".cursor/hooks.json", repo)
        (repo / ".git/pr-sessions/hook.log").write_text("something\n")
        kept = cli("uninstall", "--json").json["kept"]
        assert {"path": str(repo / ".git/pr-sessions/pending"), "why": "session data"} in kept
        assert (fired(repo), (repo / ".git/pr-sessions/hook.log").exists()) == (["repo"], False)
        (repo / ".git/pr-sessions/pending/events.jsonl").unlink()
        cli("uninstall")
        assert not (repo / ".git/pr-sessions").exists()

    def test_with_agents_only_their_hooks_go(self, cli: Cli, repo: Path, home: Path) -> None:
        cli("init", "--agents", "cursor,codex")
        cli("init", "--agents", "cursor", "--scope", "project")
        before = files(repo)
        steps = cli("uninstall", "--agents", "cursor", "--json").json["steps"]
        assert [(step["act"], Path(step["path"]).name) for step in steps] == [
            ("remove", "hooks.json"),
            ("remove", "hooks.json"),
            ("disconnect", "config"),
        ]
        assert list(files(home)) == [".codex/hooks.json"]
        gone = {name for name in before if name not in files(repo)}
        assert gone == {".cursor/hooks.json"}

    def test_a_dry_run_writes_nothing(self, cli: Cli, repo: Path) -> None:
        cli("init", "--agents", "cursor")
        before = tree(repo.parent)
        words = ("uninstall", "--agents", "cursor", "--json")
        shown = cli(*words, "--dry-run").json
        assert tree(repo.parent) == before
        assert {**cli(*words).json, "dry_run": True} == shown

    def test_a_file_that_somebody_broke_stays_and_is_named(self, cli: Cli, repo: Path) -> None:
        cli("init", "--agents", "cursor", "--scope", "project")
        path = repo / ".cursor/hooks.json"
        path.write_bytes(path.read_bytes()[:-4])
        broken = path.read_bytes()
        kept = cli("uninstall", "--json").json["kept"]
        assert [k["path"] for k in kept if "remove our hooks yourself" in k["why"]] == [str(path)]
        assert path.read_bytes() == broken
        refused = cli("uninstall", "--agents", "cursor")
        assert (refused.code, refused.err.startswith(f"error: cannot change {path}: line")) == (1, True)


@pytest.mark.skipif(os.name == "nt", reason="sh")
class TestTheyRun:
    @pytest.mark.parametrize("scope", ["user", "project"])
    def test_in_the_repository(self, cli: Cli, repo: Path, home: Path, scope: str) -> None:
        cli("init", "--agents", "cursor", "--scope", scope)
        path = (home if scope == "user" else repo) / ".cursor/hooks.json"
        assert (fire(path, repo), fired(repo)) == ((0, b"", b""), ["repo"])

    def test_the_user_s_own_are_silent_where_nothing_is_set_up(
        self, cli: Cli, home: Path, make_repo: Callable[[str], Path]
    ) -> None:
        cli("init", "--agents", "cursor")
        other = make_repo("other")
        before = tree(other)
        assert (fire(home / ".cursor/hooks.json", other), tree(other)) == ((0, b"", b""), before)

    def test_the_user_s_own_are_silent_after_uninstall_though_sessions_stay(
        self, cli: Cli, repo: Path, home: Path
    ) -> None:
        cli("init", "--agents", "cursor")
        cli("start")
        cli("uninstall")
        before = tree(repo)
        assert ".git/pr-sessions/sessions.json" in before
        assert (fire(home / ".cursor/hooks.json", repo), tree(repo)) == ((0, b"", b""), before)
        cli("init")
        assert (fire(home / ".cursor/hooks.json", repo), fired(repo)) == ((0, b"", b""), ["repo"])

    def test_committed_ones_in_a_fresh_worktree(self, cli: Cli, repo: Path, git: Git) -> None:
        cli("init", "--agents", "cursor", "--scope", "project")
        git(repo, "add", "-A")
        git(repo, "commit", "-q", "-m", "hooks")
        git(repo, "worktree", "add", "-q", "-b", "side", "../a side")
        side = repo.parent / "a side"
        assert (fire(side / ".cursor/hooks.json", side), fired(repo)) == ((0, b"", b""), ["a side"])

    def test_committed_ones_in_a_fresh_clone_after_init(
        self, cli: Cli, repo: Path, git: Git, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        cli("init", "--agents", "cursor", "--scope", "project")
        git(repo, "add", "-A")
        git(repo, "commit", "-q", "-m", "hooks")
        fresh = repo.parent / "a fresh clone"
        git(repo, "clone", "-q", str(repo), str(fresh))
        path = fresh / ".cursor/hooks.json"
        assert (fire(path, fresh), fired(fresh)) == ((0, b"", b""), [])
        monkeypatch.chdir(fresh)
        before = path.read_bytes()
        acts = {step["act"] for step in cli("init", "--json").json["steps"]}
        assert ("connect" in acts, path.read_bytes()) == (True, before)
        assert (fire(path, fresh), fired(fresh)) == ((0, b"", b""), ["a fresh clone"])

    @pytest.mark.parametrize("scope", ["user", "project"])
    def test_with_the_package_removed_they_are_silent_and_doctor_tells_the_way_out(
        self, cli: Cli, repo: Path, home: Path, tmp_path: Path, scope: str
    ) -> None:
        package = tmp_path / "a site/pr_sessions"
        shutil.copytree(Path(pr_sessions.__file__).parent, package, ignore=shutil.ignore_patterns("__pycache__"))
        path = (home if scope == "user" else repo) / ".cursor/hooks.json"
        installed(sys.executable, package.parent, repo, "--agents", "cursor", "--scope", scope)
        assert (fire(path, repo), fired(repo)) == ((0, b"", b""), ["repo"])
        shutil.rmtree(package)
        assert (fire(path, repo), fired(repo)) == ((0, b"", b""), ["repo"])
        way_out = dead(cli, path, f"{package / 'hooks/hook.py'} is gone")
        assert cli(*way_out.split()[1:]).code == 0
        assert (fire(path, repo), fired(repo)) == ((0, b"", b""), ["repo", "repo"])
        assert "dead" not in cli("doctor").out

    @pytest.mark.parametrize("scope", ["user", "project"])
    def test_with_the_interpreter_moved_they_are_silent_and_doctor_tells_the_way_out(
        self, cli: Cli, repo: Path, home: Path, tmp_path: Path, scope: str
    ) -> None:
        python = tmp_path / "an env/bin/python3"
        python.parent.mkdir(parents=True)
        python.symlink_to(sys.executable)
        path = (home if scope == "user" else repo) / ".cursor/hooks.json"
        installed(str(python), Path(pr_sessions.__file__).parents[1], repo, "--agents", "cursor", "--scope", scope)
        assert (fire(path, repo), fired(repo)) == ((0, b"", b""), ["repo"])
        (tmp_path / "an env").rename(tmp_path / "elsewhere")
        assert (fire(path, repo), fired(repo)) == ((0, b"", b""), ["repo"])
        way_out = dead(cli, path, f"{python} is gone")
        assert cli(*way_out.split()[1:]).code == 0
        assert (fire(path, repo), fired(repo)) == ((0, b"", b""), ["repo", "repo"])


def installed(python: str, site: Path, repo: Path, *words: str) -> None:
    """`init` by another interpreter, or by a package in another place."""
    environ = {**python_environment(), "PYTHONDONTWRITEBYTECODE": "1"}
    environ["PYTHONPATH"] = os.pathsep.join([str(site), environ["PYTHONPATH"]])
    done = subprocess.run(
        [python, "-m", "pr_sessions", "init", *words],
        cwd=repo,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


def dead(cli: Cli, path: Path, why: str) -> str:
    """What doctor tells to do about dead hooks of Cursor."""
    found = [f for f in cli("doctor", "--json").json["findings"] if f["place"] == str(path)]
    assert [(f["severity"], f["problem"]) for f in found] == [("warning", f"the hooks of cursor are dead: {why}")]
    return str(found[0]["hint"])


class TestDoctor:
    def test_committed_hooks_of_which_this_clone_knows_nothing(self, cli: Cli, repo: Path, git: Git) -> None:
        cli("init", "--agents", "cursor", "--scope", "project")
        git(repo, "config", "--unset", "pr-sessions.hook")
        way_out = dead(cli, repo / ".cursor/hooks.json", "this clone has not recorded what runs them")
        assert way_out == "pr-sessions init"
        cli("init")
        assert "dead" not in cli("doctor").out

    def test_a_file_of_ours_that_somebody_broke(self, cli: Cli, home: Path) -> None:
        cli("init", "--agents", "cursor")
        path = home / ".cursor/hooks.json"
        path.write_bytes(path.read_bytes() + b"}")
        found = [f for f in cli("doctor", "--json").json["findings"] if f["place"] == str(path)]
        line = path.read_bytes().count(b"\n") + 1
        problem = f"cannot change {path}: line {line}, column 1: nothing more was expected"
        assert [(f["severity"], f["problem"]) for f in found] == [("warning", problem)]

    def test_a_broken_file_without_us_is_not_our_affair(self, cli: Cli, home: Path) -> None:
        (home / ".cursor").mkdir()
        (home / ".cursor/hooks.json").write_text("{")
        cli("init")
        assert str(home) not in cli("doctor").out


class TestInline:
    """Hooks that somebody moved into Copilot's settings."""

    @pytest.fixture
    def inline(self, cli: Cli, repo: Path) -> Path:
        cli("init", "--agents", "copilot", "--scope", "project")
        path = repo / ".github/copilot/settings.json"
        path.parent.mkdir()
        whole = json.loads((repo / ".github/hooks/pr-sessions.json").read_text())
        path.write_text(json.dumps({"model": "x", **whole}, indent=2))
        (repo / ".github/hooks/pr-sessions.json").unlink()
        return path

    def test_are_tried_where_they_are(self, cli: Cli, inline: Path) -> None:
        (test,) = cli("hook", "selftest", "--json").json["hooks"]
        assert (test["path"], test["works"]) == (str(inline), True)

    def test_go_with_the_others(self, cli: Cli, inline: Path) -> None:
        cli("uninstall", "--agents", "copilot")
        assert json.loads(inline.read_text()) == {"model": "x"}


class TestWhere:
    def test_files_with_hooks_of_ours_are_places(self, cli: Cli, repo: Path, home: Path) -> None:
        (home / ".gemini").mkdir()
        (home / ".gemini/settings.json").write_text("{}")
        cli("init", "--agents", "cursor")
        cli("init", "--agents", "codex", "--scope", "project")
        rows = [row for row in cli("where", "--json").json["places"] if "tell us its events" in row["purpose"]]
        assert [(row["path"], row["sensitive"], row["git"], row["problem"]) for row in rows] == [
            (str(home / ".cursor/hooks.json"), "paths of this machine", None, None),
            (str(repo / ".codex/hooks.json"), "nothing of ours", "untracked", None),
        ]


@pytest.mark.skipif(os.name == "nt", reason="a terminal of POSIX")
@pytest.mark.usefixtures("two_agents")
class TestOnATerminal:
    def ask(self, repo: Path, answer: str, *words: str) -> str:
        """What `init` shows on a terminal where somebody types that answer."""
        outside, inside = os.openpty()
        code = [sys.executable, "-m", "pr_sessions", "init", *words]
        process = subprocess.Popen(code, cwd=repo, env=python_environment(), stdin=inside, stdout=inside, stderr=inside)
        os.close(inside)
        # Whatever else it asks gets its default: a question without an answer would be waited for without end.
        os.write(outside, (answer + "\n" * 5).encode())
        shown = b""
        try:
            while chunk := os.read(outside, 4096):
                shown += chunk
        except OSError:
            pass  # the other end of a terminal was closed: Linux says it so
        os.close(outside)
        assert process.wait() == 0
        return shown.decode().replace("\r\n", "\n")

    @pytest.fixture
    def two_agents(self, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """One by its folder, one by its command."""
        (home / ".cursor").mkdir()
        (home / "bin").mkdir()
        (home / "bin/codex").write_text("#!/bin/sh\n")
        (home / "bin/codex").chmod(0o755)
        git = Path(shutil.which("git") or "git").parent
        monkeypatch.setenv("PATH", os.pathsep.join([str(home / "bin"), str(git)]))

    def test_it_offers_what_it_finds(self, repo: Path, home: Path) -> None:
        shown = self.ask(repo, "y\n")
        assert "Found on this machine: cursor, codex." in shown
        assert f"Add hooks to {home / '.cursor/hooks.json'}, {home / '.codex/hooks.json'}? [y/N]: " in shown
        assert {".cursor/hooks.json", ".codex/hooks.json"} <= set(files(home))
        assert "Found" not in self.ask(repo, "")

    @pytest.mark.parametrize("answer", ["n\n", "\n"])
    def test_nothing_is_touched_without_a_yes(self, repo: Path, home: Path, answer: str) -> None:
        before = files(home)
        assert "Set up" in self.ask(repo, answer)
        assert files(home) == before

    @pytest.mark.parametrize("words", [("--dry-run",), ("--json",), ("--agents", "gemini")])
    def test_it_does_not_ask_where_nobody_could_want_it(self, repo: Path, words: tuple[str, ...]) -> None:
        assert "Add hooks" not in self.ask(repo, "", *words)
