"""`minimal_metadata_system.py`: which session a pull request is in, without reading bodies; the original's interface.

The file is a cache of the sessions. In a repository a pull request that is registered here is recorded there, too.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from msgspec import json

from pr_sessions.compat import console, inputs, places
from pr_sessions.core.evidence_text import mark_title, render_minimal
from pr_sessions.core.ids import check_number, is_valid_id, number_order
from pr_sessions.core.json_text import repair_hint
from pr_sessions.core.models import PullRequest
from pr_sessions.core.times import write_time
from pr_sessions.errors import InvalidValue, NotFound, PrSessionsError, UnreadableFile
from pr_sessions.git.repository import PR_INDEX
from pr_sessions.io.files import exists, replace_file
from pr_sessions.io.lock import locked
from pr_sessions.io.places import Place
from pr_sessions.storage.files.pr_index import PARTS, VERSION, read_index
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

State = dict[str, Any]
T = TypeVar("T")


class SessionStateManager:
    """The state file: the repository's, or one that stands alone.

    Args:
        state_file: `SESSION_STATE_FILE` if not given.
    """

    def __init__(self, state_file: Path | str | None = None) -> None:
        self._given = state_file
        self._memory = _empty_state()

    def register_pr(self, pr: Any, session_id: str, metadata: Any = None) -> bool:
        """Note that the pull request is in the session; return whether it could."""
        number, named = _number(pr), inputs.text(session_id)
        if number is None or not is_valid_id(named):
            console.warn(f"pull request {str(pr)[:40]!r} cannot be in session {str(session_id)[:60]!r}")
            return False
        record = metadata if isinstance(metadata, Mapping) else {}
        if self._alone() is None:
            _record(number, named, inputs.text(record.get("author")))
        return self._change(lambda state: _link(state, number, named, record))

    def get_session_for_pr(self, pr: Any) -> str | None:
        """Return the session of a pull request; `None` if it is in none."""
        number = _number(pr)
        if number is None:
            return None
        found: str | None = self.state()["pr_to_session"].get(number)
        return _recorded_session(number) or found if self._alone() is None else found

    def get_prs_for_session(self, session_id: str) -> list[str]:
        """Return the pull requests of a session, as people count them."""
        return list(self.state()["session_to_prs"].get(session_id, []))

    def get_session_metadata(self, session_id: str) -> dict[str, Any]:
        """Return what is noted of a session; nothing for one that is unknown."""
        return dict(self.state()["session_metadata"].get(session_id, {}))

    def remove_pr(self, pr: Any) -> bool:
        """Take a pull request out of the file; the session file keeps it. Return whether it was there."""
        number = _number(pr)
        return number is not None and self._change(lambda state: _unlink(state, number))

    def clear_session(self, session_id: str) -> bool:
        """Take a session and its pull requests out of the file; the session file keeps it."""

        def clear(state: State) -> bool:
            known = session_id in state["session_to_prs"] or session_id in state["session_metadata"]
            for number in [n for n, holder in state["pr_to_session"].items() if holder == session_id]:
                del state["pr_to_session"][number]
            for part in ("session_to_prs", "session_metadata"):
                state[part].pop(session_id, None)
            return known

        return self._change(clear)

    def get_minimal_pr_marker(self, session_id: str) -> str:
        """Return the one comment that names the session in a pull request's body."""
        return _marker(session_id)

    def state(self) -> State:
        """Return the whole file; what is in memory where it cannot be read."""
        try:
            return read_state(self.path)
        except PrSessionsError as error:
            console.warn(error, "going on with what is in memory")
            return self._memory

    @property
    def path(self) -> Place:
        """Where the file is.

        Raises:
            NotARepository: it is the repository's, and there is none.
        """
        return self._alone() or places.repository().pr_index

    def _alone(self) -> Place | None:
        return places.reassigned(SESSION_STATE_FILE if self._given is None else self._given, Path(PR_INDEX))

    def _change(self, change: Callable[[State], T]) -> T:
        """Change the file; where it cannot be read or written, change what is in memory."""
        try:
            path, alone = self.path, self._alone()
            with locked(alone.with_name(f"{alone.name}.lock") if alone else places.repository().lock):
                state = read_state(path)
                before = _as_bytes(state)
                result = change(state)
                if _as_bytes(state) != before:
                    replace_file(path, _as_bytes(state, utc_now()))
        except PrSessionsError as error:
            console.warn(error, "going on with what is in memory; nothing is stored")
            return change(self._memory)
        return result


def extract_session_id_from_state(pr: Any) -> str | None:
    """Return the session of a pull request by the state file; `None` if it is in none."""
    return SessionStateManager().get_session_for_pr(pr)


def format_session_metadata_minimal(session_id: str, title: str) -> tuple[str, str]:
    """Return the marked title, and the one comment for the pull request's body."""
    marker = _marker(session_id)
    return (mark_title(inputs.text(title)) if marker else inputs.text(title)), marker


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the script's command line; return its exit code."""
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
        "exists": exists(manager.path),
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


def _empty_state() -> State:
    """Return the state without any pull request."""
    return {"version": VERSION, "last_updated": None, **{part: {} for part in PARTS}}


def read_state(path: Place) -> State:
    """Return what the file holds; nothing where there is none.

    Raises:
        UnreadableFile: it is no state file.
    """
    state = _empty_state() | read_index(path)
    if not all(isinstance(prs, list) for prs in state["session_to_prs"].values()):
        raise UnreadableFile(f"cannot read {path}: session_to_prs holds no lists", repair_hint(str(path)))
    return state


def _as_bytes(state: State, now: datetime | None = None) -> bytes:
    """Return the bytes of the file, with the time of the change if there is one."""
    stamped = state | {"last_updated": write_time(now)} if now else state
    return json.format(json.encode(stamped, enc_hook=str), indent=2) + b"\n"


def _link(state: State, number: str, session_id: str, metadata: Mapping[str, Any]) -> bool:
    """Put a pull request into a session, and out of any other."""
    if state["pr_to_session"].get(number) != session_id:
        _unlink(state, number)
    state["pr_to_session"][number] = session_id
    prs = {*map(str, state["session_to_prs"].get(session_id, [])), number}
    state["session_to_prs"][session_id] = sorted(prs, key=number_order)
    known = state["session_metadata"].get(session_id)
    state["session_metadata"][session_id] = {**(known if isinstance(known, dict) else {}), **metadata}
    return True


def _unlink(state: State, number: str) -> bool:
    """Take a pull request out; a session without any goes, too. Return whether it was there."""
    session_id = state["pr_to_session"].pop(number, None)
    if session_id is None:
        return False
    rest = [n for n in state["session_to_prs"].get(session_id, []) if str(n) != number]
    if rest:
        state["session_to_prs"][session_id] = rest
    else:
        state["session_to_prs"].pop(session_id, None)
        state["session_metadata"].pop(session_id, None)
    return True


def _number(pr: Any) -> str | None:
    try:
        return check_number(pr if isinstance(pr, int) else inputs.text(pr))
    except InvalidValue:
        return None


def _marker(session_id: str) -> str:
    named = inputs.session_id(session_id, "nothing is marked")
    return render_minimal(named) if named else ""


def _record(number: str, session_id: str, author: str) -> None:
    try:
        pull_request = PullRequest(number=number, author=author)
        places.own_tracker().record(
            pull_request, session_id=session_id, use_workspace_session=False, complete_expired=False
        )
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
