"""What a benchmark left behind."""

import json
from collections.abc import Callable
from typing import Any

from msgspec import Struct


class Result(Struct, frozen=True):
    """Its exit code and what it printed."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one document on stdout."""
        return json.loads(self.out)


Benchmark = Callable[..., Result]
