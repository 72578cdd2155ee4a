"""GitHub's own recorded deliveries, of github.com and of old Enterprise servers."""

from copy import deepcopy
from functools import cache
from typing import Any

from descriptions import read

FOLDERS = ("api.github.com", "ghes-31", "ghes-32", "ghes-33", "ghes-34", "ghes-35")


@cache
def everything(folder: str) -> list[Any]:
    found: list[Any] = read(f"webhooks-examples/{folder}/index.json")
    return found


def examples(folder: str, event: str) -> list[Any]:
    """New copies, which a test may change."""
    return deepcopy([e for one in everything(folder) if one["name"] == event for e in one["examples"]])


def recorded(event: str) -> list[Any]:
    return [example for folder in FOLDERS for example in examples(folder, event)]
