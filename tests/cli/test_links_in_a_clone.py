"""A clone that brings links, pipes or folders wherever we keep something: every command, and the outside stays."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest
from command_line import Cli, Git

from forked import Server
from pr_sessions.compat.install import script_files
from pr_sessions.git.discovery import find_repository
from pr_sessions.hooks.hosts import INSTALLABLE
from pr_sessions.setup.gate_files import PATHS as GATE_FILES

pytestmark = pytest.mark.skipif(os.name == "nt", reason="links and pipes of POSIX")

SECRET = "TOP-SECRET"
HOOK = Path(__file__).parents[2] / "src/pr_sessions/hooks/hook.py"
SCRIPTS = {
    "auto_pr_session_manager": ["add --pr-number 7 --title auto-pr:x --author a", "status", "cleanup"],
    "cursor_session_hook": ["--author a"],
    "minimal_metadata_system": ["status", "export", "cleanup"],
    "session_analytics": [""],
    "session_cli": ["start --author a", "status", "complete", "clear"],
    "validate_config": [""],
    "monitor_sessions": ["--json"],
}
LOOKING = (
    *("look", "look --json", "status", "status --json", "list", "list --json", "show nobody", "find 1", "explain 1"),
    *("report", "report --json", "config", "config --check", "where", "where --json", "doctor", "doctor --json", "log"),
    *("backup list", "classify --pr-number 1 --title auto-pr:x --author a", "doctor --repair --dry-run"),
    *("init --dry-run", "uninstall --dry-run"),
)
WRITING = (
    *("init", "init --share branch", "init --scripts", "init --commit-trailer"),
    *(
        "init --agents cursor,claude-code,codex,gemini,copilot --scope project",
        "init --agents claude-code --scope local",
    ),
    *("start --author a", "touch", "add 1 --title auto-pr:x --author a", "add 2 --title auto-pr:x --author a"),
    *("import {data}", "import --git", "link 1 --session a-1", "unlink 1", "move 1", "merge a-1 a-2", "undo"),
    *("complete", "cleanup", "sync", "backup", "restore", "restore auto_pr_sessions.20250101T000000Z.json"),
    *(
        "doctor --repair",
        "report --save",
        "pause",
        "pause --off",
        "open --title x",
        "drain",
        "start --author b",
        "touch",
    ),
    *("merge-driver {data} docs/metrics/auto_pr_sessions.json {data} docs/metrics/auto_pr_sessions.json", "uninstall"),
)
IN_TREE = (
    *("docs/metrics/auto_pr_sessions.json", "docs/metrics/auto_pr_sessions.journal.jsonl"),
    *("docs/metrics/archive/auto_pr_sessions-2025-01.json", "docs/metrics/auto_pr_sessions.20250101T000000Z.json"),
    *(f"docs/metrics/analytics/session_analytics_{datetime.now(UTC):%Y%m%d}.md", ".cursor/.session_id"),
    *(".cursor/data/session_state.json", ".cursor/config/session_config.yaml", ".cursor/quarantine/old"),
    *(".gitignore", ".gitattributes", *script_files(), *GATE_FILES),
    *(name for host in INSTALLABLE.values() for name in (host.project_file, host.local_file) if name),
)
IN_STATE = (
    *(
        "sessions.json",
        "journal.jsonl",
        "policy.json",
        "signatures.json",
        "forges.json",
        "inbox.json",
        "runs.json",
        "lock",
        "hook.log",
    ),
    *("pending/events.jsonl", "pending/lock", "pending/asked", "archive/auto_pr_sessions-2025-01.json"),
    *("backups/auto_pr_sessions.20250101T000000Z.json", "quarantine/old", "prepare-commit-msg"),
)
TOPS = ("docs", ".cursor", ".claude", ".codex", ".gemini", ".github")
INNER = (
    *("docs/metrics", ".cursor/data", ".cursor/config", ".cursor/scripts", ".cursor/quarantine"),
    *(".github/workflows", ".github/actions", ".github/hooks"),
)


def secret(name: str) -> str:
    """What a careless reader would take for its own file, with something in it that must not travel."""
    if name.endswith((".yaml", ".yml")):
        return f"timeout_minutes: 31\n{SECRET}: 1\n"
    if name.endswith(".jsonl"):
        return json.dumps({"id": SECRET, "at": "2025-01-01T00:00:00Z", "by": SECRET, "what": "x", "why": ""}) + "\n"
    if name.endswith(".session_id"):
        return json.dumps({"session_id": SECRET, "author": SECRET, "last_updated": "2099-01-01T00:00:00Z"})
    if name.endswith(".json"):
        session = {"session_id": f"{SECRET}-1", "author": SECRET, "prs": ["9"], "started": "2025-01-01T00:00:00Z"}
        return json.dumps({"version": "1.0", "active_sessions": {}, "completed_sessions": [session], SECRET: SECRET})
    return f"{SECRET}\n"


Kind = Callable[[Path, Path], None]


def each_file(link: Callable[[Path, Path, str], None], names: tuple[str, ...] = IN_TREE) -> Kind:
    def put(root: Path, outside: Path) -> None:
        for name in names:
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            link(root / name, outside / name, name)

    return put


def each_folder(names: tuple[str, ...]) -> Kind:
    def put(root: Path, outside: Path) -> None:
        for name in names:
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (outside / name).mkdir(parents=True, exist_ok=True)
            (root / name).symlink_to(outside / name)

    return put


def state(put: Kind) -> Kind:
    return lambda root, outside: put(root / ".git/pr-sessions", outside)


def whole_state(root: Path, outside: Path) -> None:
    (root / ".git/pr-sessions").symlink_to(outside)


def _outward(path: Path, target: Path, _: str) -> None:
    path.symlink_to(target)


def _relative(path: Path, target: Path, _: str) -> None:
    path.symlink_to(os.path.relpath(target, path.parent))


def _into_git(path: Path, _: Path, name: str) -> None:
    root = path.parents[len(Path(name).parts) - 1]
    path.symlink_to(root / (".git/index" if len(name) % 2 else ".git/HEAD"))


def _dangling(path: Path, target: Path, _: str) -> None:
    path.symlink_to(target.with_name("not there"))


def _pipe(path: Path, *_: object) -> None:
    os.mkfifo(path)


def _folder(path: Path, *_: object) -> None:
    path.mkdir()


KINDS: Mapping[str, Kind] = {
    "files, outward": each_file(_outward),
    "files, outward, relative": each_file(_relative),
    "files, into .git": each_file(_into_git),
    "files, dangling": each_file(_dangling),
    # Git itself waits for ever on a `.gitignore` that is a pipe; no clone brings one.
    "pipes": each_file(_pipe, tuple(name for name in IN_TREE if not name.startswith(".git"))),
    "folders in the place of files": each_file(_folder),
    "folders, the first component": each_folder(TOPS),
    "folders, a later component": each_folder(INNER),
    "all but the configuration": each_file(_outward, tuple(n for n in IN_TREE if not n.endswith("config.yaml"))),
    "all but session file and configuration": each_file(
        _outward, tuple(n for n in IN_TREE if not n.endswith(("config.yaml", "auto_pr_sessions.json")))
    ),
    "our folder in .git": whole_state,
    "files of our folder in .git": state(each_file(_outward, IN_STATE)),
    "pipes in our folder in .git": state(each_file(_pipe, IN_STATE)),
    "folders of our folder in .git": state(each_folder(("pending", "backups", "archive", "quarantine"))),
}


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """What links lead to: everything that we would look for, each holding something secret."""
    folder = tmp_path / "outside"
    for name in (*IN_TREE, *IN_STATE, "README"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(secret(name))
    return folder


@pytest.fixture
def clone(repo: Path, git: Git, tmp_path: Path) -> Path:
    """A clone with a remote and some history, in which nothing was set up yet."""
    git(tmp_path, "init", "-q", "--bare", "remote.git")
    git(repo, "remote", "add", "origin", str(tmp_path / "remote.git"))
    git(repo, "commit", "-q", "--allow-empty", "-m", "auto-pr: x (#3)")
    git(repo, "push", "-q", "origin", "main")
    return repo


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def real_files(folder: Path) -> Iterator[Path]:
    for at, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not (Path(at) / name).is_symlink()]
        paths = (Path(at) / name for name in names)
        yield from (path for path in paths if path.is_file() and not path.is_symlink())


def objects(repository: Path) -> bytes:
    """All that a repository's objects hold, unpacked."""
    command = ["git", "cat-file", "--batch-all-objects", "--batch", "--unordered"]
    return subprocess.run(command, cwd=repository, check=True, capture_output=True).stdout


def hook_event(root: Path, event: str) -> None:
    payload = {"session_id": "S1", "cwd": str(root), "hook_event_name": event, "tool_name": "Bash", "tool_input": {}}
    done = subprocess.run(
        [sys.executable, "-I", "-S", HOOK, "claude-code"],
        input=json.dumps(payload).encode(),
        env={**os.environ, "PR_SESSIONS_NO_TRACKER": "1"},
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def run_scripts(server: Server, root: Path) -> Iterator[str]:
    for name, lines in SCRIPTS.items():
        for line in lines:
            _, out, err = server.run(f"pr_sessions.compat.{name}:main", line.split(), root, os.environ)
            assert "Traceback" not in err, (name, line, err)
            yield out + err


def run_commands(cli: Cli, root: Path, data: Path) -> Iterator[str]:
    for line in (*LOOKING, *WRITING, *LOOKING):
        result = cli(*line.replace("{data}", str(data)).split())
        assert result.code in (0, 1, 2, 65), (line, result)
        assert "Traceback" not in result.err, (line, result)
        yield result.out + result.err


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_outside_is_read_shown_or_changed(
    clone: Path, outside: Path, cli: Cli, server: Server, git: Git, tmp_path: Path, kind: str
) -> None:
    data = tmp_path / "data.json"
    data.write_text('{"version": "1.0"}')
    KINDS[kind](clone, outside)
    if (clone / ".git/pr-sessions").is_dir() and not (clone / ".git/pr-sessions/README").exists():
        (clone / ".git/pr-sessions/README").write_text("Sessions of this clone\n")
    before = contents(outside)
    index, head = git(clone, "ls-files", "-s"), (clone / ".git/HEAD").read_bytes()

    for event in ("SessionStart", "PostToolUse", "SessionEnd"):
        hook_event(clone, event)
    said = [*run_commands(cli, clone, data), *run_scripts(server, clone)]
    for event in ("SessionStart", "PostToolUse", "SessionEnd"):
        hook_event(clone, event)

    assert contents(outside) == before
    assert (git(clone, "ls-files", "-s"), (clone / ".git/HEAD").read_bytes()) == (index, head)
    assert [text for text in said if SECRET in text] == []
    assert [path for path in real_files(clone) if SECRET.encode() in path.read_bytes()] == []
    assert SECRET.encode() not in objects(clone)
    assert SECRET.encode() not in objects(tmp_path / "remote.git")


@pytest.mark.parametrize("name", ["docs", "docs/metrics/auto_pr_sessions.json", ".cursor", ".cursor/.session_id"])
def test_nothing_is_half_done(clone: Path, outside: Path, cli: Cli, name: str) -> None:
    """A link that only the last step of a change would meet stops the change before its first."""
    (clone / name).parent.mkdir(parents=True, exist_ok=True)
    (clone / name).symlink_to(outside / name)
    before = {path: path.read_bytes() for path in real_files(clone)}

    result = cli("add", "1", "--title", "auto-pr: x", "--author", "a")

    assert (result.code, result.out) == (1, "")
    assert f"{clone / name} is a symbolic link\n" in result.err or "it is a symbolic link\n" in result.err
    hint = "pr-sessions follows no links in a repository: put a real file or folder in the place of"
    assert f"hint: {hint} {clone / name}\n" in result.err
    assert {path: path.read_bytes() for path in real_files(clone)} == before


def test_every_place_of_the_registry_is_tried(clone: Path, cli: Cli) -> None:
    """A place that is added to the repository is added here, too."""
    repository = find_repository(clone)
    state_folder = repository.state
    assert state_folder
    known = {*IN_TREE, *(str(Path(state_folder.below) / name) for name in IN_STATE), "pr-sessions/README"}
    known |= {str(parent) for name in known for parent in Path(name).parents}
    # Their presence alone says something, or they are where there is no git.
    known |= {"pr-sessions/paused", "info/exclude"}
    names = [name for name in dir(type(repository)) if isinstance(getattr(type(repository), name), property)]
    places = [getattr(repository, name) for name in names]

    assert [place.below for place in places if hasattr(place, "below") and place.below not in known] == []
