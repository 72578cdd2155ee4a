"""`inbox --watch`: read again and again, redraw on a terminal, and print a line for each change elsewhere."""

import gc
import time
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

from pr_sessions.core.visible_text import one_line
from pr_sessions.errors import PrSessionsError
from pr_sessions.render import screen, terminal

if TYPE_CHECKING:
    from pr_sessions.core.inbox import Inbox
    from pr_sessions.core.inbox_view import View

PAUSE = timedelta(seconds=60)
# GitHub allows 5,000 requests an hour for all that a person uses.
REQUESTS_AN_HOUR = 1000


def watch(
    read: Callable[[], "Inbox"], view: Callable[["Inbox"], "View"], sleep: Callable[[float], None] = time.sleep
) -> None:
    """Show the inbox until somebody interrupts it. What a forge refuses is said, and asked for again later.

    Args:
        read: reads it.
        view: returns how much of it is shown.
        sleep: waits so many seconds.
    """
    # Off for commands that end at once.
    gc.enable()
    inbox = read()
    _show(inbox, None, view(inbox))
    while True:
        sleep(pause(inbox).total_seconds())
        try:
            last, inbox = inbox, read()
        except PrSessionsError as error:
            terminal.note(f"not read this time: {one_line(str(error), 300)}")
        else:
            _show(inbox, last, view(inbox))


def pause(inbox: "Inbox") -> timedelta:
    """Return how long to wait: a minute, or so long that an hour takes no more requests than are allowed."""
    return max(PAUSE, timedelta(hours=inbox.requests / REQUESTS_AN_HOUR))


def _show(inbox: "Inbox", last: "Inbox | None", view: "View") -> None:
    from pr_sessions.render.inbox import change_lines, inbox_lines

    if screen.is_terminal():
        screen.redraw(inbox_lines(inbox, view))
    elif last is None:
        screen.show({}, inbox_lines(inbox, view), as_json=False)
    else:
        screen.show({}, change_lines(last, inbox), as_json=False)
