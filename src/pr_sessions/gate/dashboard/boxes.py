"""The boxes of the dashboard, as they are written and as one of them is ticked. Pure."""

import re
from collections.abc import Sequence
from enum import StrEnum

from msgspec import Struct

# Bounded, and matched against the beginning of a line.
_BOX = re.compile(r" *- \[ \] <!-- pr-sessions: (complete|run) ([1-9][0-9]{0,17}) -->", re.ASCII)


class BoxKind(StrEnum):
    """What ticking a box does: complete the session of a pull request, or run a pull request's checks."""

    COMPLETE = "complete"
    RUN = "run"


class Box(Struct, frozen=True):
    """A box; `number` is the pull request's."""

    kind: BoxKind
    number: str


def box_item(box: Box, text: str) -> str:
    """Return the item of a list that holds a box; the text is Markdown already, on one line."""
    return f"- [ ] <!-- pr-sessions: {box.kind} {box.number} --> {text}"


def ticked_box(before: str, after: str) -> Box | None:
    """Return the box that an edit of the body ticked; `None` where anything else was edited, or more than that."""
    old, new = lines_of(before), lines_of(after)
    changed = [pair for pair in zip(old, new, strict=False) if pair[0] != pair[1]]
    if len(old) != len(new) or len(changed) != 1:
        return None
    return _ticked_line(changed[0])


def _ticked_line(change: Sequence[str]) -> Box | None:
    before, after = change
    box = _BOX.match(before)
    if box is None or after.replace("[X]", "[x]", 1) != before.replace("[ ]", "[x]", 1):
        return None
    return Box(BoxKind(box[1]), box[2])


def lines_of(body: str) -> list[str]:
    """Return the lines of a body, whichever line ends a browser has given it."""
    return body.replace("\r\n", "\n").rstrip("\n").split("\n")
