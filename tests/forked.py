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
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, NoReturn

from everything import import_everything

MAIN = "pr_sessions.cli.start:main"
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
        asked = {"call": call, "arguments": arguments, "folder": str(folder), "environ": dict(environ)}
        with TemporaryFile() as given, TemporaryFile() as out, TemporaryFile() as err:
            given.write(stdin)
            given.seek(0)
            data = json.dumps(asked).encode()
            socket.send_fds(self._ours, [len(data).to_bytes(4, "big")], [s.fileno() for s in (given, out, err)])
            self._ours.sendall(data)
            code = int.from_bytes(self._ours.recv(4), "big", signed=True)
            said = [stream.seek(0) or stream.read().decode() for stream in (out, err)]
        return code, said[0], said[1]

    def close(self) -> None:
        self._ours.close()
        self._process.wait()


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


def _become(asked: dict[str, Any], streams: list[int]) -> NoReturn:
    code = 1
    try:
        for number, stream in enumerate(streams):
            os.dup2(stream, number)
        os.closerange(3, 64)
        os.chdir(asked["folder"])
        os.environ.clear()
        os.environ.update(asked["environ"])
        time.tzset()
        module, _, name = asked["call"].partition(":")
        sys.argv = [str(sys.modules[module].__file__), *asked["arguments"]]
        ended = getattr(sys.modules[module], name)()
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
    import_everything()
    serve(socket.socket(fileno=int(sys.argv[1])))
