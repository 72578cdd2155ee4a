"""`session_cli.py start | status | complete | clear`: the current session, with the original's interface."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from pr_sessions.compat import console, cursor_session_hook, places
from pr_sessions.compat.operations import view
from pr_sessions.tracker import Tracker

if TYPE_CHECKING:
    from argparse import Namespace

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the script's command line; return its exit code."""
    from argparse import ArgumentParser

    parser = ArgumentParser(prog="session_cli.py", description="The current session.")
    commands = parser.add_subparsers(dest="command", required=True)
    begun = commands.add_parser("start", help="begin a session; the current one is completed")
    begun.add_argument("--author", help="who works; git's author name if not given")
    commands.add_parser("status", help="the current session; begins none")
    commands.add_parser("complete", help="end the current session")
    commands.add_parser("clear", help="forget which session is current")
    options = parser.parse_args(arguments)
    return console.run(lambda: _command(options))


def _command(options: "Namespace") -> int:
    tracker = places.own_tracker()
    match options.command:
        case "start":
            started = tracker.start(options.author, complete_expired=False)
            for session in started.ended:
                console.note(f"completed {session.id}")
            return console.print_json(view(started.session, tracker))
        case "status":
            return console.print_json(_status(tracker))
        case "complete":
            return console.print_json(view(tracker.complete().session, tracker))
        case _:
            return console.print_json({"cleared": cursor_session_hook.clear_session()})


def _status(tracker: Tracker) -> dict[str, Any]:
    collection = tracker.sessions()
    current = tracker.current()
    return {
        "current": view(current.session, tracker) if current else None,
        "active": len(collection.active_ids()),
        "completed": len(collection.completed_ids()),
    }
