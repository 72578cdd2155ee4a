"""`serve` prints where it answers, and answers there."""

import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from pr_sessions.server.services import Services
from server.conftest import Open, Serve


def test_it_answers_at_the_address_that_it_prints(serve: Serve, clone: Path) -> None:
    running = serve(clone)
    answer = running.client().get("/healthz")

    assert (answer.status_code, answer.text) == (200, "ok\n")


def test_it_answers_in_this_process(client_of: Open, local_services: Services) -> None:
    assert client_of(local_services).get("/healthz").text == "ok\n"


def test_a_port_in_use_is_an_error_with_a_hint(child: Callable[..., subprocess.Popen[str]], clone: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = subprocess.run(
            [sys.executable, "-m", "pr_sessions", "serve", "--port", str(port)],
            cwd=clone,
            capture_output=True,
            text=True,
            check=False,
        )

    assert (done.returncode, done.stdout, done.stderr) == (
        1,
        "",
        f"error: port {port} of 127.0.0.1 is in use\nhint: name another one, or any: --port 0\n",
    )
