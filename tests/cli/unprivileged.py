"""Run many commands as somebody whom permissions bind: `python unprivileged.py < cases`, one JSON document each way.

Everything is imported first: afterwards Python's own files may be out of reach. Each command runs in a process of its
own on the same tree; the rights are given back after each case.
"""

import json
import os
import shutil
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


def play_all(root: Path, cases: list[dict[str, Any]]) -> Iterator[list[tuple[int, str, str]]]:
    """Each case on the same tree, as it was at first."""
    with tempfile.TemporaryDirectory() as name:
        shutil.copytree(root, f"{name}/first", symlinks=True)
        for case in cases:
            yield play({**case, "root": name})
            for part in root.iterdir():
                shutil.rmtree(part)
            shutil.copytree(f"{name}/first", root, symlinks=True, dirs_exist_ok=True)


if __name__ == "__main__":
    asked = json.load(sys.stdin)
    import_everything()
    give_away(Path(asked["root"]).parent)
    tempfile.tempdir = asked["scratch"]
    print(json.dumps(list(play_all(Path(asked["root"]), asked["cases"]))))
