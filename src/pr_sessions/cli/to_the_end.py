"""Runs asynchronous work to its end."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


def run(work: Coroutine[Any, Any, T]) -> T:
    """What the work comes to.

    It is handed over beside `asyncio.run`, which holds the finished task where Python writes it out as text: with a
    thousand pull requests in the result that takes ten seconds.
    """
    results: list[T] = []

    async def worked() -> None:
        results.append(await work)

    asyncio.run(worked())
    return results[0]
