"""Run many commands as somebody whom permissions bind: `python unprivileged.py < cases`, one JSON document each way.

Everything is imported first: afterwards Python's own files may be out of reach. Each command runs in a process of its
own on the same tree; the rights are given back after each case.
"""

import gc
import json
import os
import shutil
import stat
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from everything import import_everything

NOBODY = 65534


def give_away(root: Path) -> None:
    """Root gives the tree to nobody and becomes nobody; anybody else is bound by permissions as it is."""
    if os.geteuid() != 0:
        return
    for path in (root, *root.rglob("*")):
        os.chown(path, NOBODY, NOBODY, follow_symlinks=False)
    os.setgroups([])
    os.setgid(NOBODY)
    os.setuid(NOBODY)


def call(arguments: list[str]) -> tuple[int, str, str]:
    """Code, stdout and stderr of a command."""
    from pr_sessions.cli.main import run

    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        child = os.fork()
        if child == 0:
            code = 99
            try:
                os.dup2(out.fileno(), 1)
                os.dup2(err.fileno(), 2)
                code = run(arguments)
                sys.stdout.flush()
                sys.stderr.flush()
            finally:
                os._exit(code)
        _, status = os.waitpid(child, 0)
        said = [stream.seek(0) or stream.read().decode() for stream in (out, err)]
    return os.waitstatus_to_exitcode(status), said[0], said[1]


def play(case: dict[str, Any]) -> list[tuple[int, str, str]]:
    """What the commands of a case come to while its path has other rights."""
    path = Path(case["path"])
    before = path.stat().st_mode
    os.chdir(case["folder"])
    path.chmod(case["mode"])
    try:
        return [call(words) for words in case["commands"]]
    finally:
        os.chdir(case["root"])
        if path.exists():
            path.chmod(before)


def looks(root: Path) -> dict[str, tuple[int, ...]]:
    """Kind and rights of all that is below a folder; size and time of change too of what is no folder."""
    found = {}
    for folder, folders, files in os.walk(root):
        for name in (*folders, *files):
            seen = os.lstat(f"{folder}/{name}")
            parts = (seen.st_mode,) if stat.S_ISDIR(seen.st_mode) else (seen.st_mode, seen.st_size, seen.st_mtime_ns)
            found[f"{folder}/{name}"[len(str(root)) + 1 :]] = parts
    return found


def reset(root: Path, first: Path, before: dict[str, tuple[int, ...]]) -> None:
    """Make a folder what its copy is again: to copy all of it each time would take as long as the commands."""
    now = looks(root)
    for name in sorted(now.keys() - before.keys(), reverse=True):
        (Path.rmdir if stat.S_ISDIR(now[name][0]) else Path.unlink)(root / name)
    for name in sorted(name for name, look in before.items() if now.get(name) != look):
        if stat.S_ISDIR(before[name][0]):
            (root / name).mkdir(exist_ok=True)
            (root / name).chmod(stat.S_IMODE(before[name][0]))
        else:
            (root / name).unlink(missing_ok=True)
            shutil.copy2(first / name, root / name, follow_symlinks=False)


def play_all(root: Path, cases: list[dict[str, Any]]) -> Iterator[list[tuple[int, str, str]]]:
    """Each case on the same tree, as it was at first."""
    with tempfile.TemporaryDirectory() as name:
        first = shutil.copytree(root, Path(name) / "first", symlinks=True)
        before = looks(root)
        for case in cases:
            yield play({**case, "root": name})
            reset(root, first, before)


if __name__ == "__main__":
    asked = json.load(sys.stdin)
    import_everything()
    gc.freeze()  # Else each fork copies what its collections touch.
    give_away(Path(asked["root"]).parent)
    tempfile.tempdir = asked["scratch"]
    print(json.dumps(list(play_all(Path(asked["root"]), asked["cases"]))))
