"""What tests that ask the fake share."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import scene

Ask = Callable[..., Any]


class Time:
    """A clock that moves by sleeping only; remembers every sleep."""

    def __init__(self) -> None:
        self.now = scene.START
        self.slept: list[float] = []

    def __call__(self) -> datetime:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += timedelta(seconds=seconds)
