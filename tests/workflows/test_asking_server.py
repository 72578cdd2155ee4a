"""A workflow that asks a server skips its checks for the one right answer, and for nothing else that may happen."""

import os
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml
from linting import findings
from repositories import A_WHEEL, VERSION, workflows_in_docs

from pr_sessions.core.policy import GateMode
from pr_sessions.setup.gate_files import gate_files

SHA = "1" * 40
RIGHT = f"wait {SHA}\n"
GATE, AROUND = ".github/workflows/pr-sessions-gate.yml", ".github/workflows/pr-sessions.yml"


class Server:
    """The team's server, and GitHub's for tokens of jobs: what they answer, and what they were asked."""

    def __init__(self) -> None:
        self.answer: tuple[int, dict[str, str], str] = (200, {}, RIGHT)
        self.token = '{"count": 1, "value": "head.body.signature"}'
        self.hangs = threading.Event()
        self.asked: list[tuple[str, str | None]] = []
        self.url = ""


@pytest.fixture
def server() -> Iterator[Server]:
    told = Server()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            told.asked.append((self.path, self.headers.get("x-job-token")))
            status, headers, text = (200, {}, told.token) if self.path.startswith("/token") else told.answer
            if text == "hangs":
                told.hangs.wait()
                return
            self.send_response(status)
            for name, value in {"content-length": str(len(text)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_: Any) -> None:
            pass

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    told.url = f"http://127.0.0.1:{http.server_port}"
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield told
    told.hangs.set()
    http.shutdown()
    http.server_close()
    thread.join()


Run = Callable[..., dict[str, str]]


@pytest.fixture
def run(server: Server, tmp_path: Path) -> Run:
    """Runs the step that asks, as the runner does; returns its outputs."""

    def call(name: str = GATE, mode: GateMode = GateMode.ENFORCE, **environ: str) -> dict[str, str]:
        step = ask_step(name, server.url, mode)
        output = tmp_path / "output"
        output.write_text("")
        given = {key: value for key, value in step["env"].items() if "${{" not in str(value)}
        given |= {"REPOSITORY": "ada/shop", "NUMBER": "42", "SHA": SHA, "GITHUB_OUTPUT": str(output)}
        given |= {"ACTIONS_ID_TOKEN_REQUEST_URL": f"{server.url}/token?x=1", "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "t"}
        script = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]]
        subprocess.run(script, env={"PATH": os.environ["PATH"], **given, **environ}, check=True)
        return dict(line.split("=", 1) for line in output.read_text().splitlines())

    return call


WAITS, RUNS = {"should_skip_scoring": "true"}, {"should_skip_scoring": "false"}


def test_the_right_answer_lets_checks_wait(run: Run, server: Server) -> None:
    assert run() == WAITS
    assert server.asked == [
        (f"/token?x=1&audience={server.url}", None),
        (f"/gate/decision?repository=ada/shop&number=42&sha={SHA}&about=wait", "head.body.signature"),
    ]


@pytest.mark.parametrize(
    "answer",
    [
        (200, {}, "run\n"),
        (200, {}, ""),
        (200, {}, "wait\n"),
        (200, {}, f"wait {'2' * 40}\n"),
        (200, {}, f"wait {SHA} \n"),
        (200, {}, f"wait {SHA}\nmore"),
        (200, {}, f'{{"decision": "wait {SHA}"}}'),
        (200, {}, "wait " + "1" * 500),
        (200, {"content-length": "100"}, "wait"),
        (201, {}, "true"),
        (302, {"location": "/elsewhere"}, RIGHT),
        (401, {}, RIGHT),
        (500, {}, RIGHT),
        (503, {}, RIGHT),
    ],
)
def test_every_other_answer_means_run(run: Run, server: Server, answer: tuple[int, dict[str, str], str]) -> None:
    server.answer = answer
    assert run() == RUNS


def test_a_server_that_hangs_is_left_after_five_seconds(run: Run, server: Server) -> None:
    server.answer = (200, {}, "hangs")
    began = time.monotonic()
    assert run() == RUNS
    assert 4.5 < time.monotonic() - began < 15


def test_a_server_that_is_dead_means_run(run: Run) -> None:
    assert run(SERVER="http://127.0.0.1:1") == RUNS


@pytest.mark.parametrize(
    "environ",
    [
        {"ACTIONS_ID_TOKEN_REQUEST_URL": ""},
        {"ACTIONS_ID_TOKEN_REQUEST_URL": "http://127.0.0.1:1/token?x=1"},
        {"SHA": ""},
        {"SHA": "2" * 40},
    ],
)
def test_a_job_without_a_token_or_a_commit_runs(run: Run, environ: dict[str, str]) -> None:
    assert run(**environ) == RUNS


@pytest.mark.parametrize("token", ["{}", "", '{"value": ""}', '{"value": "a\\nb"}'])
def test_a_token_that_is_none_means_run(run: Run, server: Server, token: str) -> None:
    server.token = token
    assert run() == RUNS


def test_files_of_advisory_mode_skip_nothing_whatever_the_server_says(run: Run) -> None:
    assert run(mode=GateMode.ADVISORY) == RUNS


def test_the_workflow_starts_checks_itself_unless_the_app_says_that_it_does(run: Run, server: Server) -> None:
    assert run(AROUND) == {"app": "false"}
    server.answer = (200, {}, f"app {SHA}\n")
    assert run(AROUND) == {"app": "true"}


@pytest.mark.parametrize("mode", GateMode)
def test_the_workflows_that_ask_are_clean(tmp_path: Path, mode: GateMode) -> None:
    files = gate_files(VERSION, A_WHEEL, mode, server="https://sessions.example.com")
    for name, data in {**files, **{name: text.encode() for name, text in workflows_in_docs().items()}}.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(data)

    assert findings(tmp_path) == ""


def test_no_action_of_somebody_else_and_no_token_is_in_the_job_that_asks() -> None:
    workflow = yaml.safe_load(gate_files(VERSION, A_WHEEL, GateMode.ENFORCE, server="https://x.example")[GATE])
    (step,) = workflow["jobs"]["gate"]["steps"]

    assert ("uses" in step, step["continue-on-error"]) == (False, True)
    assert "permissions" not in workflow
    assert "permissions" not in workflow["jobs"]["gate"]


def ask_step(name: str, url: str, mode: GateMode) -> dict[str, Any]:
    workflow = yaml.safe_load(gate_files(VERSION, A_WHEEL, mode, server=url)[name])
    steps = [step for job in workflow["jobs"].values() for step in job["steps"]]
    found: dict[str, Any] = next(step for step in steps if step.get("id") == "ask")
    return found
