"""`minimal_metadata_system.py`: which session a pull request is in, without reading bodies; the original's interface.

The file is a cache of the sessions. In a repository a pull request that is registered here is recorded there, too.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from pr_sessions.errors import InvalidValue, NotFound, PrSessionsError
from pr_sessions.scripts import console, places, told
from pr_sessions.scripts.state_document import State, as_bytes, empty_state, link, read_state, unlink
from pr_sessions.sessions.ids import check_number, is_valid_id
from pr_sessions.sessions.pr_text import mark_title, render_minimal
from pr_sessions.sessions.session import PullRequest
from pr_sessions.stores.files import replace_file
from pr_sessions.stores.lock import locked
from pr_sessions.stores.repository import PR_INDEX
from pr_sessions.tracker import utc_now

if TYPE_CHECKING:
    from argparse import Namespace

__all__ = [
    "SESSION_STATE_FILE",
    "SessionStateManager",
    "extract_session_id_from_state",
    "format_session_metadata_minimal",
    "main",
]

SESSION_STATE_FILE = Path(PR_INDEX)

T = TypeVar("T")


class SessionStateManager:
    """The state file: the repository's, or one that stands alone.

    Args:
        state_file: `SESSION_STATE_FILE` if not given.
    """

    def __init__(self, state_file: Path | str | None = None) -> None:
        self._given = state_file
        self._memory = empty_state()

    def register_pr(self, pr: Any, session_id: str, metadata: Any = None) -> bool:
        """Notes that the pull request is in the session; tells whether it could."""
        number, named = _number(pr), told.text(session_id)
        if number is None or not is_valid_id(named):
            console.warn(f"pull request {str(pr)[:40]!r} cannot be in session {str(session_id)[:60]!r}")
            return False
        facts = metadata if isinstance(metadata, Mapping) else {}
        if self._alone() is None:
            _record(number, named, told.text(facts.get("author")))
        return self._change(lambda state: link(state, number, named, facts))

    def get_session_for_pr(self, pr: Any) -> str | None:
        """The session of a pull request; `None` if it is in none."""
        number = _number(pr)
        if number is None:
            return None
        found: str | None = self.state()["pr_to_session"].get(number)
        return _recorded_session(number) or found if self._alone() is None else found

    def get_prs_for_session(self, session_id: str) -> list[str]:
        """The pull requests of a session, as people count them."""
        return list(self.state()["session_to_prs"].get(session_id, []))

    def get_session_metadata(self, session_id: str) -> dict[str, Any]:
        """What is noted of a session; nothing for one that is unknown."""
        return dict(self.state()["session_metadata"].get(session_id, {}))

    def remove_pr(self, pr: Any) -> bool:
        """Takes a pull request out of the file; the session file keeps it. Tells whether it was there."""
        number = _number(pr)
        return number is not None and self._change(lambda state: unlink(state, number))

    def clear_session(self, session_id: str) -> bool:
        """Takes a session and its pull requests out of the file; the session file keeps it."""

        def clear(state: State) -> bool:
            known = session_id in state["session_to_prs"] or session_id in state["session_metadata"]
            for number in [n for n, holder in state["pr_to_session"].items() if holder == session_id]:
                del state["pr_to_session"][number]
            for part in ("session_to_prs", "session_metadata"):
                state[part].pop(session_id, None)
            return known

        return self._change(clear)

    def get_minimal_pr_marker(self, session_id: str) -> str:
        """The one comment that names the session in a pull request's body."""
        return _marker(session_id)

    def state(self) -> State:
        """The whole file; what is in memory where it cannot be read."""
        try:
            return read_state(self.path)
        except PrSessionsError as error:
            console.warn(error, "going on with what is in memory")
            return self._memory

    @property
    def path(self) -> Path:
        """Where the file is.

        Raises:
            NotARepository: it is the repository's, and there is none.
        """
        return self._alone() or places.repository().pr_index

    def _alone(self) -> Path | None:
        return places.reassigned(SESSION_STATE_FILE if self._given is None else self._given, Path(PR_INDEX))

    def _change(self, change: Callable[[State], T]) -> T:
        """What the change comes to on the file; on what is in memory where the file cannot be read or written."""
        try:
            path, alone = self.path, self._alone()
            with locked(alone.with_name(f"{alone.name}.lock") if alone else places.repository().lock):
                state = read_state(path)
                before = as_bytes(state)
                result = change(state)
                if as_bytes(state) != before:
                    replace_file(path, as_bytes(state, utc_now()))
        except PrSessionsError as error:
            console.warn(error, "going on with what is in memory; nothing is stored")
            return change(self._memory)
        return result


def extract_session_id_from_state(pr: Any) -> str | None:
    """The session of a pull request by the state file; `None` if it is in none."""
    return SessionStateManager().get_session_for_pr(pr)


def format_session_metadata_minimal(session_id: str, title: str) -> tuple[str, str]:
    """The marked title, and the one comment for the pull request's body."""
    marker = _marker(session_id)
    return (mark_title(told.text(title)) if marker else told.text(title)), marker


def main(arguments: Sequence[str] | None = None) -> int:
    """The script's command line; returns its exit code."""
    from argparse import ArgumentParser

    parser = ArgumentParser(prog="minimal_metadata_system.py", description="Which session a pull request is in.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("status", help="counts")
    commands.add_parser("export", help="the whole file")
    commands.add_parser("cleanup", help="take out what holds no pull request")
    commands.add_parser("extract", help="the session of a pull request").add_argument("pr", metavar="PR")
    options = parser.parse_args(arguments)
    return console.run(lambda: _command(options))


def _command(options: "Namespace") -> int:
    manager = SessionStateManager()
    if options.command == "extract":
        number = check_number(options.pr)
        session_id = manager.get_session_for_pr(number)
        console.print_json({"pr_number": number, "session_id": session_id})
        return console.DONE if session_id else console.FAILED
    if options.command == "cleanup":
        removed = _clean_up(manager)
        console.print_json({"removed": removed, "count": len(removed)})
    else:
        state = manager.state()
        console.print_json(state if options.command == "export" else _counts(manager, state))
    return console.DONE


def _counts(manager: SessionStateManager, state: State) -> dict[str, Any]:
    return {
        "state_file": str(manager.path),
        "exists": manager.path.exists(),
        "total_prs": len(state["pr_to_session"]),
        "total_sessions": len(state["session_to_prs"]),
        "last_updated": state["last_updated"],
    }


def _clean_up(manager: SessionStateManager) -> list[str]:
    state = manager.state()
    named = (*state["session_to_prs"], *state["session_metadata"])
    empty = sorted({name for name in named if not state["session_to_prs"].get(name)})
    for session_id in empty:
        manager.clear_session(session_id)
    return empty


def _number(pr: Any) -> str | None:
    try:
        return check_number(pr if isinstance(pr, int) else told.text(pr))
    except InvalidValue:
        return None


def _marker(session_id: str) -> str:
    named = told.session_id(session_id, "nothing is marked")
    return render_minimal(named) if named else ""


def _record(number: str, session_id: str, author: str) -> None:
    try:
        pull_request = PullRequest(number=number, author=author)
        places.own_tracker().record(pull_request, session_id=session_id, claims=False, sweeps=False)
    except PrSessionsError as error:
        console.warn(error, f"pull request {number} is not in the session file")


def _recorded_session(number: str) -> str | None:
    try:
        return places.own_tracker().find(number).id
    except NotFound:
        return None
    except PrSessionsError as error:
        console.warn(error)
        return None
