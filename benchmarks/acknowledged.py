"""What was acknowledged, written down by whoever was told so, and judged without the code under test."""

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from msgspec import Struct


class Verdict(Struct, frozen=True):
    """What became of the acknowledged pull requests and of the sessions that were there before.

    Attributes:
        acknowledged: how many were.
        kept: how many of those every file holds.
        intact: how many older sessions stand in every file as they were.
        damaged: files that are no JSON, or that are not there.
    """

    acknowledged: int
    kept: int
    intact: int
    damaged: int

    @property
    def lost(self) -> int:
        return self.acknowledged - self.kept


def note(collection: Path, number: str) -> None:
    """Writes down that the command for this pull request has returned."""
    descriptor = os.open(collection, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.write(descriptor, f"{number}\n".encode())
    os.close(descriptor)


def noted(ledgers: Iterable[Path]) -> set[str]:
    """Every number in the ledgers; a line that was cut off was never written down."""
    texts = (path.read_text() for path in ledgers if path.exists())
    return {line.strip() for text in texts for line in text.splitlines(keepends=True) if line.endswith("\n")}


def sessions_in(path: Path) -> dict[str, Any] | None:
    """The sessions of a file by their ids, by the standard library; `None` if it cannot be read."""
    try:
        value = json.loads(path.read_bytes())
        listed = [*value["active_sessions"].values(), *value["completed_sessions"]]
        return {session["session_id"]: session for session in listed}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def judge(files: Iterable[Path], ledgers: Iterable[Path], before: dict[str, Any]) -> Verdict:
    """Compares every file with what was acknowledged, and with what stood there before."""
    found = [sessions_in(path) for path in files]
    whole = [sessions for sessions in found if sessions is not None]
    acknowledged = noted(ledgers)
    held = [{str(number) for s in sessions.values() for number in s["prs"]} for sessions in whole]
    same = [{key for key, session in before.items() if sessions.get(key) == session} for sessions in whole]
    damaged = len(found) - len(whole)
    return Verdict(
        acknowledged=len(acknowledged),
        kept=len(acknowledged.intersection(*held)) if held else 0,
        intact=len(set(before).intersection(*same)) if same else 0,
        damaged=damaged,
    )
