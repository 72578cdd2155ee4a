"""The command `serve` as a process, and clients that speak to it."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

import httpx

import scene


class Running:
    """A server that runs.

    Attributes:
        line: the first that it printed.
        url: its address, without a slash at its end.
        process: the one that was started; those that answer are its children.
    """

    def __init__(self, process: subprocess.Popen[str], line: str, log: IO[str]) -> None:
        self.process = process
        self.line = line
        self.url = line.partition("/?")[0].rstrip("/")
        self._log = log
        self._clients = ExitStack()

    @property
    def log(self) -> str:
        """What it wrote to stderr."""
        self._log.seek(0)
        return self._log.read()

    def client(self) -> httpx.Client:
        """A client as a browser that has opened the address which was printed."""
        client = self._clients.enter_context(httpx.Client(base_url=self.url, trust_env=False, timeout=20))
        client.get(self.line)
        return client

    def close(self) -> None:
        """Close the clients, and stop the server."""
        self._clients.close()
        self.process.terminate()
        self.process.communicate(timeout=20)


@contextmanager
def serving(folder: Path, *arguments: str, **environ: str) -> Iterator[Running]:
    """Run `serve` in a folder on a free port until the block ends."""
    # No pipe: a server whose log nobody reads would wait when it is full.
    with TemporaryFile("w+") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "pr_sessions", "serve", "--port", "0", *arguments],
            cwd=folder,
            env={**scene.python_environment(), **environ},
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
        assert process.stdout is not None
        running = Running(process, process.stdout.readline().strip(), log)
        try:
            assert running.line, running.log
            _wait(running)
            yield running
        finally:
            running.close()


def _wait(running: Running) -> None:
    """Wait until it answers; connections are refused before."""
    with httpx.Client(transport=httpx.HTTPTransport(retries=8), timeout=20, trust_env=False) as client:
        client.get(f"{running.url}/healthz").raise_for_status()
