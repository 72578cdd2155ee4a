"""Open pages hear of changes at once, and keep no server from stopping."""

import signal
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

import scene
from pr_sessions.tracker import open_tracker
from server.conftest import Serve


@contextmanager
def listening(client: httpx.Client, **headers: str) -> Iterator[Iterator[str]]:
    """The lines of a stream that are no comments, once it is open."""
    with client.stream("GET", "/events", headers=headers) as answer:
        lines = (line for line in answer.iter_lines() if line and not line.startswith(":"))
        assert next(lines) == "retry: 2000"
        yield lines


def event(lines: Iterator[str]) -> tuple[str, str, str]:
    """Its id, name and data."""
    values = [next(lines).partition(": ")[2] for _ in range(3)]
    return values[0], values[1], values[2]


@pytest.fixture
def quiet(clone: Path) -> Path:
    """A clone whose inbox was read before anybody looks, so that only sessions change."""
    scene.git(clone, "remote", "add", "origin", "https://forge.example/shop/web.git")
    open_tracker(clone).start(author="ada")
    return clone


def test_a_change_shows_within_a_second(serve: Serve, quiet: Path) -> None:
    running = serve(quiet)
    client = running.client()
    with listening(client) as lines:
        # What was written just before somebody looked is named once, and the inbox once it was read.
        first = event(lines)
        began = time.monotonic()
        open_tracker(quiet).record(scene.auto(7))
        while (changed := event(lines))[0] <= first[0]:
            pass
        took = time.monotonic() - began

    assert changed[1:] == ("changed", '{"repository":"clone"}')
    assert took < 1


def test_a_page_that_comes_back_hears_what_it_missed(serve: Serve, quiet: Path) -> None:
    client = serve(quiet).client()
    headers = {"last-event-id": "2026-01-01T00:00:00+00:00"}
    with listening(client, **headers) as lines:
        assert event(lines)[1:] == ("changed", '{"repository":"clone"}')


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_an_open_page_does_not_keep_the_server_from_stopping(serve: Serve, quiet: Path, number: signal.Signals) -> None:
    running = serve(quiet)
    with listening(running.client()) as lines:
        began = time.monotonic()
        running.process.send_signal(number)
        rest = list(lines)
        code = running.process.wait(20)

    # The stream ended by itself: a connection that breaks off would be an error here.
    assert all(line.startswith(("id", "event", "data")) for line in rest)
    assert (code, time.monotonic() - began < 2) == (0, True)


def test_five_hundred_pages_do_not_hurt_the_next_one(serve: Serve, quiet: Path) -> None:
    running = serve(quiet)
    client = running.client()
    cookie = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
    address = httpx.URL(running.url)
    request = f"GET /events HTTP/1.1\r\nHost: {address.netloc.decode()}\r\nCookie: {cookie}\r\n\r\n".encode()
    streams = [socket.create_connection((address.host, address.port), timeout=20) for _ in range(500)]
    try:
        for stream in streams:
            stream.sendall(request)
        statuses = [stream.recv(12).decode() for stream in streams]
        began = time.monotonic()
        answer = client.get("/healthz")
        took = time.monotonic() - began
    finally:
        for stream in streams:
            stream.close()

    # One person has a hundred; the rest come back later.
    assert (statuses.count("HTTP/1.1 200"), statuses.count("HTTP/1.1 503")) == (100, 400)
    assert (answer.status_code, took < 1) == (200, True)


def test_a_stranger_hears_nothing(serve: Serve, quiet: Path) -> None:
    running = serve(quiet)

    assert httpx.get(f"{running.url}/events", trust_env=False).status_code == 401
