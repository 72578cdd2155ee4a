"""Who has taken what only one process does at a time. The database keeps it, beside the end of its lease."""

import os
from platform import node
from uuid import uuid4

_MOST = 4096


def new_taker() -> str:
    """Return a name for one taking: this machine, this process, and what tells its takings apart."""
    return f"{node()} {os.getpid()} {uuid4().hex}"


def is_abandoned(taken_by: str) -> bool:
    """Return whether a process of this machine took it, and ended without giving it back.

    Call it before this process has taken anything. What another machine took is free when the lease ends.
    """
    machine, _, rest = taken_by.partition(" ")
    number = rest.partition(" ")[0]
    if machine != node() or not number.isdigit():
        return False
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return True
    except (OSError, OverflowError):
        return False
    # A process of before had our number, or it ended and nobody has waited for it, as in a container.
    return int(number) == os.getpid() or _has_ended(int(number))


def _has_ended(number: int) -> bool:
    """Return whether a process is one that ended already: https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html."""
    try:
        with open(f"/proc/{number}/stat", "rb") as file:  # noqa: PTH123 - no file: what the system says
            state = file.read(_MOST)
    except OSError:
        return False
    return state.rpartition(b") ")[2][:1] in (b"Z", b"X")
