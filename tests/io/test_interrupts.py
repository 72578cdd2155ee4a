"""Ctrl-C may come between any two lines: it stays an interrupt, and nothing is closed twice."""

import sys
from collections.abc import Callable
from itertools import count, takewhile
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from pr_sessions.errors import Busy
from pr_sessions.io import file_lock, files, folder, lock
from pr_sessions.io.files import append_bytes, read_bytes, replace_file
from pr_sessions.io.lock import locked
from pr_sessions.io.places import Place

FILES = frozenset(module.__file__ for module in (file_lock, files, folder, lock))


def take_the_lock(place: Place) -> None:
    with locked(place):
        pass


def wait_for_the_lock(place: Place) -> None:
    with locked(place), pytest.raises(Busy), locked(place, wait=0.001):
        pass


def replace(place: Place) -> None:
    replace_file(place, b"new")


def append(place: Place) -> None:
    append_bytes(place, b"new")


def read(place: Place) -> None:
    read_bytes(place, 100)


@pytest.mark.parametrize("work", [take_the_lock, wait_for_the_lock, replace, append, read])
def test_an_interrupt_at_any_line_stays_an_interrupt(work: Callable[[Place], None], tmp_path: Path) -> None:
    # A place of its own for each round: what was interrupted may hold its lock until the process ends.
    rounds = (_interrupt_at(line, work, Place(tmp_path, f"{line}/a/file")) for line in count(1))

    assert sum(1 for _ in takewhile(bool, rounds)) > 20


def _interrupt_at(line: int, work: Callable[[Place], None], place: Place) -> bool:
    """Run `work` and interrupt it at its n-th line in our files. Tell whether there was one."""
    left = line

    def trace(frame: FrameType, event: str, _argument: Any) -> Any:
        nonlocal left
        if frame.f_code.co_filename not in FILES:
            return None
        if event == "line":
            left -= 1
            if left == 0:
                raise KeyboardInterrupt
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        work(place)
    except KeyboardInterrupt:
        return True
    finally:
        sys.settrace(before)
    return False
