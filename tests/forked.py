"""Commands in processes of their own, without the time that an interpreter and its imports take.

A server imports everything once, and forks for each command: environment, current folder, standard streams and exit
code are the command's own. What Python itself does at its beginning or end needs a real one.
"""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile
from typing import Any, NoReturn

MAIN = "pr_sessions.cli.start:main"
MAIN_AS_NOBODY = "__main__:main_as_nobody"  # Of the server, which is this file.
# Longer than any command takes on a busy machine.
SECONDS = 120


class Server:
    """Forks a process for each command that it is given, one after the other."""

    def __init__(self) -> None:
        self._ours, theirs = socket.socketpair()
        self._ours.settimeout(SECONDS)
        command = [sys.executable, __file__, str(theirs.fileno())]
        environ = {**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
        self._process = subprocess.Popen(command, env=environ, pass_fds=[theirs.fileno()])
        theirs.close()

    def run(
        self, call: str, arguments: list[str], folder: Path, environ: Mapping[str, str], stdin: bytes = b""
    ) -> tuple[int, str, str]:
        """Call `module:function` with these arguments of a command line; return exit code, stdout and stderr."""
        with TemporaryFile() as given, TemporaryFile() as out, TemporaryFile() as err:
            given.write(stdin)
            given.seek(0)
            code = self.run_on([stream.fileno() for stream in (given, out, err)], call, arguments, folder, environ)
            said = [stream.seek(0) or stream.read().decode() for stream in (out, err)]
        return code, said[0], said[1]

    def run_on(
        self, streams: list[int], call: str, arguments: list[str], folder: Path, environ: Mapping[str, str]
    ) -> int:
        """Call it with these standard streams; return the exit code."""
        asked = {"call": call, "arguments": arguments, "folder": str(folder), "environ": dict(environ)}
        return ask(self._ours, asked, streams)

    def close(self) -> None:
        self._ours.close()
        self._process.wait()


@contextmanager
def standing_in(python: Path, folder: Path) -> Iterator[Path]:
    """A program that takes `-I -m pr_sessions ARGUMENTS` for an interpreter, and has a server of it fork."""
    with TemporaryDirectory() as name, socket.socket(socket.AF_UNIX) as listener:
        listener.bind(f"{name}/socket")  # Not below pytest's own folder: a name has at most 107 characters.
        listener.listen(64)
        command = [python, __file__, str(listener.fileno()), "accept"]
        process = subprocess.Popen(command, pass_fds=[listener.fileno()])
        # Where the server ends early, nobody waits for it.
        listener.close()
        program = folder / "python"
        program.write_text(_PROGRAM.format(python=sys.executable, here=str(Path(__file__).parent), folder=name))
        program.chmod(0o755)
        yield program
        process.terminate()
        process.wait()


_PROGRAM = """\
#!{python} -IS
import os, socket, sys
sys.path.append({here!r})
from forked import MAIN, ask
assert sys.argv[1:4] == ["-I", "-m", "pr_sessions"], sys.argv
with socket.socket(socket.AF_UNIX) as server:
    server.connect({folder!r} + "/socket")
    asked = {{"call": MAIN, "arguments": sys.argv[4:], "folder": os.getcwd(), "environ": dict(os.environ)}}
    sys.exit(ask(server, asked, [0, 1, 2]))
"""


def ask(server: socket.socket, asked: dict[str, Any], streams: list[int]) -> int:
    """Have a command run with these standard streams; return its exit code."""
    data = json.dumps(asked).encode()
    socket.send_fds(server, [len(data).to_bytes(4, "big")], streams)
    server.sendall(data)
    return int.from_bytes(server.recv(4), "big", signed=True)


def serve(ours: socket.socket) -> None:
    """Fork for each request until nobody asks any more."""
    while True:
        length, streams, _, _ = socket.recv_fds(ours, 4, 3)
        if not length:
            return
        data = b""
        while len(data) < int.from_bytes(length, "big"):
            data += ours.recv(1 << 20)
        child = os.fork()
        if child == 0:
            _become(json.loads(data), streams)
        for stream in streams:
            os.close(stream)
        _, status = os.waitpid(child, 0)
        ours.sendall(os.waitstatus_to_exitcode(status).to_bytes(4, "big", signed=True))


def main_as_nobody() -> int:
    """Run a command as somebody who may not do everything, as root may."""
    from pr_sessions.cli.start import main

    if os.geteuid() == 0:
        os.setuid(65534)
    return main()


def _become(asked: dict[str, Any], streams: list[int]) -> NoReturn:
    code = 1
    try:
        for number, stream in enumerate(streams):
            os.dup2(stream, number)
        os.closerange(3, 64)
        sys.stdin = os.fdopen(0, encoding="utf-8", closefd=False)
        sys.stdout = os.fdopen(1, "w", encoding="utf-8", closefd=False)
        sys.stderr = os.fdopen(2, "w", 1, encoding="utf-8", errors="backslashreplace", closefd=False)
        os.chdir(asked["folder"])
        os.environ.clear()
        os.environ.update(asked["environ"])
        time.tzset()
        module, _, name = asked["call"].partition(":")
        called = import_module(module)
        sys.argv = [str(called.__file__), *asked["arguments"]]
        ended = getattr(called, name)()
        code = ended if isinstance(ended, int) else 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:  # noqa: BLE001 - as Python would: the whole of it on stderr
        sys.excepthook(*sys.exc_info())
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    from everything import import_everything

    import_everything()
    given = socket.socket(fileno=int(sys.argv[1]))
    if sys.argv[2:] == ["accept"]:
        while True:
            serve(given.accept()[0])
    serve(given)
