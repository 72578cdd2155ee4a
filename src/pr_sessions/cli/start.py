"""Where the installed command begins: an agent's event is taken before anything else is imported."""

import os
import sys

# An agent waits for `hook`, and the library's own module of that name takes as long as all the rest.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

# What `hook` has besides, for people.
_FOR_PEOPLE = ("selftest", "-h", "--help")


def main() -> "NoReturn":
    """Runs the command line, or `pr-sessions hook`, for which an agent waits and which ends in success, always."""
    if sys.argv[1:2] == ["hook"] and sys.argv[2:3] not in ([word] for word in _FOR_PEOPLE):
        _take_event(sys.argv[2:])
    import gc

    # One command, and its imports, are over before collecting garbage would pay.
    gc.disable()
    from pr_sessions.cli.main import main as command_line

    command_line()


def _take_event(arguments: list[str]) -> "NoReturn":
    try:
        from pr_sessions.hooks.entry import run

        run(arguments, os.environ)
    except BaseException:  # noqa: BLE001, S110 - a top: whatever happens, an agent must not fail for it
        pass
    finally:
        os._exit(0)
