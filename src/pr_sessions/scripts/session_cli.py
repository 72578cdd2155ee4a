"""`session_cli.py start | status | complete | clear`: the current session by hand, as the original had it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from pr_sessions.scripts import cursor_session_hook, places
from pr_sessions.scripts.sheet import plain_record
from pr_sessions.sessions.lifecycle import status
from pr_sessions.sessions.session import Session, Status
from pr_sessions.stores.records import write_session
from pr_sessions.stores.repository import CONFIG, SESSION_FILE
from pr_sessions.tracker import Tracker

if TYPE_CHECKING:
    from argparse import Namespace

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """The script's command line; returns its exit code."""
    from argparse import ArgumentParser

    parser = ArgumentParser(prog="session_cli.py", description="The current session.")
    commands = parser.add_subparsers(dest="command", required=True)
    begun = commands.add_parser("start", help="begin a session; the current one is completed")
    begun.add_argument("--author", help="who works; git's author name if not given")
    commands.add_parser("status", help="the current session; begins none")
    commands.add_parser("complete", help="end the current session")
    commands.add_parser("clear", help="forget which session is current")
    options = parser.parse_args(arguments)
    return places.run(lambda: _command(options))


def _command(options: "Namespace") -> int:
    policy, _ = places.read_settings(CONFIG)
    tracker = places.tracker(SESSION_FILE, policy)
    if options.command == "start":
        places.print_json(_start(tracker, options.author))
    elif options.command == "status":
        places.print_json(_status(tracker))
    elif options.command == "complete":
        places.print_json(_view(tracker.complete().session, tracker))
    else:
        places.print_json({"cleared": cursor_session_hook.clear_session()})
    return places.DONE


def _start(tracker: Tracker, author: str | None) -> dict[str, Any]:
    started = tracker.start(author, sweeps=False)
    for session in started.ended:
        places.note(f"completed {session.id}")
    return _view(started.session, tracker)


def _status(tracker: Tracker) -> dict[str, Any]:
    book = tracker.book()
    current = tracker.current()
    return {
        "current": _view(current.session, tracker) if current else None,
        "active": len(book.active_ids()),
        "completed": len(book.completed_ids()),
    }


def _view(session: Session, tracker: Tracker) -> dict[str, Any]:
    now: Status = status(session, tracker.now(), tracker.policy)
    return plain_record(write_session(session, tracker.zone)) | {"status": now.value}
