"""Outside `io/` nothing opens, lists, looks at or changes a file by itself."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import pr_sessions

PACKAGE = Path(pr_sessions.__file__).parent

# Calls by their last name; those that every object may have need a receiver that is a module.
ON_ANYTHING = {
    *("stat", "lstat", "exists", "is_file", "is_dir", "is_symlink", "is_fifo", "is_mount", "samefile", "readlink"),
    *("unlink", "rename", "mkdir", "rmdir", "iterdir", "glob", "rglob", "walk", "symlink_to", "hardlink_to", "chmod"),
    *("read_text", "read_bytes", "write_text", "write_bytes", "lchmod", "touch", "open"),
}
ON_OS = {
    *("stat", "lstat", "open", "scandir", "listdir", "walk", "fwalk", "unlink", "remove", "removedirs", "rename"),
    *("renames", "replace", "mkdir", "makedirs", "rmdir", "utime", "chmod", "chown", "access", "link", "symlink"),
    *("readlink", "truncate", "mkfifo", "mknod"),
}
ON_OS_PATH = {"exists", "lexists", "isfile", "isdir", "islink", "getsize", "getmtime", "samefile", "ismount"}
MODULES = {"shutil", "tempfile", "glob", "fileinput", "mmap"}

# What is not in a repository, and why; the number is how many calls there are.
ELSEWHERE = {
    "hooks/detach.py": "the null device",
    "setup/agent_hooks/commands.py": "the interpreter that a hook names",
    "setup/agent_hooks/selftest.py": "a throw-away clone",
    "agents/hook.py": "a file of this package",
    "cli/demo/shop.py": "a throw-away repository",
    "cli/demo/stage.py": "a throw-away repository",
    "doctor/files.py": "whether a folder may be written, which only `access` says",
    "cli/commands/look_command.py": "a path that the user names",
    "doctor/git.py": "the interpreter that git's configuration names",
    "setup/gate_files.py": "our own templates",
    "setup/gate_source.py": "the package that runs, and a throw-away repository",
    "git/borrowed.py": "a throw-away repository",
    "git/log.py": "a nameless temporary file",
    "forges/tool.py": "a nameless temporary file",
    "git/commands.py": "the folder in which git runs",
    "config/cache.py": "our own table",
    "server/taking.py": "what the system says of a process",
    "server/assets.py": "files of this package",
    "server/pages/look.py": "files of this package",
    "server/pages/pages.py": "files of this package",
    "server/pages/styles.py": "files of this package",
    "storage/sql/backup.py": "a file that an administrator names",
    "storage/sql/engine.py": "a file that an administrator names",
    "stub.py": "the folders of the interpreter's own packages",
}


def calls(tree: ast.AST) -> Iterator[str]:
    """The calls that reach the disk, as written."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else [name.name for name in node.names]
            yield from (f"import {name}" for name in names if name.partition(".")[0] in MODULES)
        if not isinstance(node, ast.Call):
            continue
        text = ast.unparse(node.func)
        owner, _, name = text.rpartition(".")
        if (
            text == "open"
            or (owner == "os" and name in ON_OS)
            or (owner == "os.path" and name in ON_OS_PATH)
            or (owner and owner not in ("os", "os.path") and name in ON_ANYTHING and not is_ours(owner, name))
        ):
            yield text


def is_ours(owner: str, name: str) -> bool:
    """Whether it is a method of ours that has such a name: forges open pull requests, trackers touch sessions."""
    # `Folder` of `io/folder.py`, under the names that it has elsewhere.
    if owner in ("folder", "pending") and name in ("open", "rename", "unlink", "touch"):
        return True
    return (owner, name) in {
        ("corrections", "unlink"),
        ("options.tracker()", "unlink"),
        ("forge", "open"),
        ("tracker", "touch"),
        ("options.tracker()", "touch"),
        ("places.own_tracker()", "touch"),
        ("files", "read_bytes"),
        ("webbrowser", "open"),
        ("call.tracker(repository)", "unlink"),
        ("pages.backend.tracker(repository)", "unlink"),
        # Of repositories on GitHub.
        ("self", "open"),
    }


def found() -> dict[str, list[str]]:
    modules = [path for path in sorted(PACKAGE.rglob("*.py")) if "io" not in path.relative_to(PACKAGE).parts]
    listed = {path.relative_to(PACKAGE).as_posix(): list(calls(ast.parse(path.read_text("utf-8")))) for path in modules}
    return {name: hits for name, hits in listed.items() if hits}


def test_only_named_modules_reach_the_disk_by_themselves() -> None:
    assert {name: hits for name, hits in found().items() if name not in ELSEWHERE} == {}


def test_no_exception_is_left_over() -> None:
    assert set(ELSEWHERE) <= set(found())


@pytest.mark.parametrize(
    "line",
    [
        "open('x')",
        "os.open('x', 0)",
        "os.path.isfile('x')",
        "path.read_text()",
        "(root / 'x').unlink()",
        "repository.root.joinpath('x').exists()",
        "Path('x').open()",
        "import shutil",
        "from tempfile import mkdtemp",
        "os.replace('a', 'b')",
        "folder.iterdir()",
    ],
)
def test_the_check_finds(line: str) -> None:
    assert len(list(calls(ast.parse(line)))) == 1


@pytest.mark.parametrize("line", ["text.replace('a', 'b')", "os.path.join('a', 'b')", "os.getpid()", "tracker.touch()"])
def test_the_check_passes(line: str) -> None:
    assert list(calls(ast.parse(line))) == []
