"""The compatible scripts on disk in a real repository, run by real processes or imported by their bare names."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from msgspec import Struct

from pr_sessions.compat.install import script_files


class Ran(Struct, frozen=True):
    """What a script left behind."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one document on stdout."""
        return json.loads(self.out)


Script = Callable[..., Ran]


@pytest.fixture
def repo(clone: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with the scripts in it; the current folder is its root."""
    for name, data in script_files().items():
        path = clone / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    monkeypatch.chdir(clone)
    monkeypatch.setenv("AUTO_PR_SESSION_AUTHOR", "ada")
    # Importing the scripts must not fill their folder with compiled ones.
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    return clone


@pytest.fixture
def script(repo: Path) -> Script:
    """Run a script: `script("session_cli.py", "status", cwd=..., interpreter=(...,), env={...})`."""

    def run(
        name: str,
        *arguments: str,
        cwd: Path = repo,
        interpreter: tuple[str, ...] = (sys.executable,),
        env: dict[str, str] | None = None,
    ) -> Ran:
        command = [*interpreter, str(repo / ".cursor/scripts" / name), *arguments]
        done = subprocess.run(
            command, cwd=cwd, env={**os.environ, **(env or {})}, capture_output=True, encoding="utf-8", check=False
        )
        return Ran(done.returncode, done.stdout, done.stderr)

    return run


@pytest.fixture
def python(repo: Path) -> Callable[..., Ran]:
    """Run Python code that imports the scripts by their bare names, in a process of its own."""

    def run(code: str, cwd: Path = repo, env: dict[str, str] | None = None) -> Ran:
        path = {"PYTHONPATH": os.pathsep.join([str(repo / ".cursor/scripts"), *filter(None, sys.path)])}
        done = subprocess.run(
            [sys.executable, "-c", code],
            cwd=cwd,
            env={**os.environ, **path, **(env or {})},
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
        return Ran(done.returncode, done.stdout, done.stderr)

    return run


@pytest.fixture
def everything() -> Callable[[Path], dict[str, bytes]]:
    """Every file below a folder and its content."""
    return lambda root: {str(p.relative_to(root)): p.read_bytes() for p in root.rglob("*") if p.is_file()}
