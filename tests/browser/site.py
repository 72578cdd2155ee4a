"""The pages of a server in a browser: the whole application answers, on a port of this process."""

import asyncio
import threading
from contextlib import ExitStack
from types import TracebackType
from typing import Any, Self

import httpx
from granian.constants import HTTPModes, Interfaces
from granian.server.embed import Server
from playwright.sync_api import Browser

from browser.chromium import Opened
from pr_sessions.forges.github.access import Secret
from pr_sessions.server.app import build_app
from pr_sessions.server.backend import Backend
from pr_sessions.server.run import free_place
from pr_sessions.server.services import Services
from pr_sessions.server.settings import Settings
from server.pages.sample import NOW

_TOKEN = "the-printed-token"


class Site:
    """Opens pages of the application, for who opened the printed address.

    Attributes:
        address: of the server, without a slash at its end.
    """

    def __init__(self, browser: Browser, backend: Backend) -> None:
        settings = Settings(port=free_place("127.0.0.1", 0)[1])
        services = Services(
            settings=settings,
            backend=backend,
            clock=lambda: NOW,
            environ={},
            local_token=Secret(_TOKEN),
            local_author="ada",
        )
        self.address = f"http://127.0.0.1:{settings.port}"
        self._browser = browser
        self._stack = ExitStack()
        self._server = Server(
            build_app(services),
            "127.0.0.1",
            settings.port,
            interface=Interfaces.ASGI,
            http=HTTPModes.http1,
            websockets=False,
            log_enabled=False,
        )
        # The browser's own loop runs in this thread.
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        with httpx.Client(transport=httpx.HTTPTransport(retries=8), trust_env=False) as client:
            client.get(f"{self.address}/healthz")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()
        self._loop.call_soon_threadsafe(self._server.stop)
        self._thread.join(10)

    def open(self, path: str, *, theme: str = "light", width: int = 1280, script: bool = True) -> Opened:
        """Open a page in a window of its own."""
        settings: dict[str, Any] = {"color_scheme": theme, "viewport": {"width": width, "height": 900}}
        context = self._browser.new_context(**settings, java_script_enabled=script)
        self._stack.callback(context.close)
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.goto(f"{self.address}/healthz?token={_TOKEN}")
        opened = Opened(page)
        page.goto(self.address + path)
        return opened

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        await self._server.serve()
