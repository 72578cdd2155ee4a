"""Clients that are slow, too many, or ask for what is none."""

import asyncio
import socket
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from pr_sessions.server.frame.limits import TooSlow, in_time
from server.conftest import Serve


def connected(address: httpx.URL, count: int, sent: bytes) -> list[socket.socket]:
    """Connections over which this much of a request was sent."""
    sockets = [socket.create_connection((address.host, address.port), timeout=20) for _ in range(count)]
    for each in sockets:
        each.sendall(sent)
    return sockets


def test_clients_that_never_finish_their_headers_are_hung_up_on(serve: Serve, clone: Path) -> None:
    running = serve(clone)
    began = time.monotonic()
    sockets = connected(httpx.URL(running.url), 200, b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ")
    try:
        assert running.client().get("/healthz").status_code == 200
        # An empty answer, or one that says why: then the connection is closed.
        for each in sockets:
            while each.recv(4096):
                pass
    finally:
        for each in sockets:
            each.close()

    assert time.monotonic() - began < 10


def test_headers_that_are_too_large_are_refused(serve: Serve, clone: Path) -> None:
    running = serve(clone)
    answer = running.client().get("/healthz", headers={"x-large": "x" * 200_000})

    assert answer.status_code == 431


def test_a_body_that_does_not_arrive_is_not_waited_for() -> None:
    async def never() -> Any:
        await asyncio.Event().wait()

    with pytest.raises(TooSlow):
        asyncio.run(in_time(never, 0.01)())


def test_what_comes_after_the_body_may_take_long() -> None:
    async def both() -> list[str]:
        closed = asyncio.Event()
        messages: list[Any] = [{"type": "http.request", "body": b"", "more_body": False}]

        async def receive() -> Any:
            if messages:
                return messages.pop()
            await closed.wait()
            return {"type": "http.disconnect"}

        in_turn = in_time(receive, 0.05)
        asyncio.get_running_loop().call_later(0.1, closed.set)
        return [(await in_turn())["type"] for _ in range(2)]

    assert asyncio.run(both()) == ["http.request", "http.disconnect"]


def test_what_is_no_request_does_no_harm(serve: Serve, clone: Path) -> None:
    running = serve(clone)
    for sent in (
        b"GET / HTTP/9.9\r\nHost: x\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00",
        b"GET http://\x00/ HTTP/1.1\r\n\r\n",
        b"\r\n\r\n\xff",
    ):
        for each in connected(httpx.URL(running.url), 1, sent):
            each.close()

    assert running.client().get("/healthz").status_code == 200
