"""`auto_pr_session_manager.py`: sessions and their pull requests, with the original's interface.

Nothing that a caller passes in, and nothing that lies on the disk, raises out of `AutoPRSessionManager`: it warns on
stderr and goes on with what is in memory. What could not be read is not overwritten.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from msgspec import Struct, field
from msgspec.structs import replace

from pr_sessions.compat import console, inputs, operations, places
from pr_sessions.compat.session_config import SessionConfig, policy_of, read_config, write_config
from pr_sessions.compat.sheet import Sheet, SheetStore
from pr_sessions.config.cache import load_ruleset
from pr_sessions.core.detection import detect
from pr_sessions.core.evidence_text import render_full, render_minimal
from pr_sessions.core.ids import check_number, clean
from pr_sessions.core.models import PullRequest, Status, Trigger
from pr_sessions.core.paths import SESSION_FILE
from pr_sessions.core.policy import Policy
from pr_sessions.errors import InvalidValue, NotFound, Paused, PrSessionsError
from pr_sessions.git.repository import CONFIG
from pr_sessions.storage.files.collection import in_files
from pr_sessions.storage.files.record_codec import Record
from pr_sessions.storage.memory import MemoryStore
from pr_sessions.tracker import Tracker

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

__all__ = ["CONFIG_FILE", "SESSION_DATA_FILE", "AutoPRSessionManager", "Session", "SessionConfig", "main"]

CONFIG_FILE = Path(CONFIG)
SESSION_DATA_FILE = Path(SESSION_FILE)

LONGEST_HOURS = 24 * 365 * 100

T = TypeVar("T")


class Session(Struct):
    """One session, by the names of the session file; for callers that build such records."""

    session_id: str
    author: str = ""
    started: str = ""
    last_activity: str = ""
    prs: list[str] = field(default_factory=list)
    total_files_changed: int = 0
    test_files_added: int = 0
    docs_updated: bool = False
    status: str = Status.ACTIVE.value
    metadata: Record = field(default_factory=dict)


class AutoPRSessionManager:
    """Sessions of a repository, or of the file that `SESSION_DATA_FILE` names.

    Args:
        config_path: the configuration, `CONFIG_FILE` if not given.

    Attributes:
        config: the settings in force; callers may set its fields.
        problem: what last kept it from reading or storing; `None` while all is well.
    """

    def __init__(self, config_path: Path | str | None = None) -> None:
        self.problem: PrSessionsError | None = None
        self.config = self.load_config(config_path)
        self._sheet = Sheet()

    @property
    def sessions(self) -> Record:
        """Active sessions by id and completed ones, oldest end first, as of the last call. Callers may change it."""
        return self._sheet.value if self._sheet.shown else self.load_sessions()

    @sessions.setter
    def sessions(self, value: Record) -> None:
        self._sheet.value = value

    def load_config(self, path: Path | str | None = None) -> SessionConfig:
        """Return the settings of a configuration file; defaults for what is missing or wrong."""
        if path is not None and places.is_missing(path, Path(CONFIG)):
            console.warn(f"there is no configuration {path}", "the defaults count")
        return read_config(CONFIG_FILE if path is None else path)

    def save_config(self, config: SessionConfig, path: Path | str) -> None:
        """Keep the settings in a configuration file."""
        write_config(config, places.in_repository(path, Path(CONFIG)))

    def load_sessions(self) -> Record:
        """Return everything that is kept, with what the caller changed in `sessions` and did not save."""
        value = self._sheet.value
        self._do(lambda _: None)
        return value

    def save_sessions(self) -> None:
        """Merge what the caller changed in `sessions` into what is kept."""
        self._do(Tracker.keep)

    def is_auto_pr(self, title: Any, body: Any = "", commit_messages: Any = (), files_changed: Any = None) -> bool:
        """Return whether a pull request is automatic."""
        data = {"pr_title": title, "pr_body": body, "commit_messages": commit_messages, "files_changed": files_changed}
        return self._is_auto(inputs.pull_request("0", data))

    def extract_session_id(self, title: Any, body: Any, author: Any, timestamp: Any = None) -> str:
        """Return the session by its mark, else the author's live one, else a fresh id. Store nothing."""
        pull_request = inputs.pull_request("0", {"pr_title": title, "pr_body": body, "author": author})
        at = self._moment(timestamp)
        return self._do(lambda tracker: operations.session_for(pull_request, at, tracker))

    def add_to_session(self, pr_number: Any, pr_data: Any, session_id: str | None = None) -> tuple[bool, str, Record]:
        """Put a pull request into its session, the one that is named or the one that `extract_session_id` finds.

        Returns:
            Whether scoring can be skipped (the pull request is automatic), the session's id, the session. Changes of
            the session count as those of `sessions` do.
        """
        pull_request = inputs.pull_request(pr_number, pr_data)
        timestamp = pr_data.get("timestamp") if isinstance(pr_data, Mapping) else None
        at = self._moment(timestamp)
        named = inputs.session_id(session_id, "it is not looked at") if inputs.text(session_id) else ""
        try:
            check_number(pull_request.number)
        except InvalidValue as error:
            console.warn(error, "nothing was stored")
            found = named or self.extract_session_id(pull_request.title, pull_request.body, pull_request.author, at)
            return self._is_auto(pull_request), found, {}
        if timestamp:
            pull_request = replace(pull_request, created=at)
        skip, found, session = self._do(lambda tracker: operations.add(pull_request, at, named, tracker))
        return skip, found, self._sheet.lend(session) if session else session

    def should_complete_session(self, session_id: str, pr_data: Any) -> tuple[bool, str | None]:
        """Return whether a pull request, or the time that has passed until it, ends the session; and the trigger."""
        pull_request = inputs.pull_request(None, pr_data)
        at = self._moment(pr_data.get("timestamp") if isinstance(pr_data, Mapping) else None)
        return self._do(lambda tracker: operations.should_complete(inputs.text(session_id), pull_request, at, tracker))

    def complete_session(self, session_id: str, trigger: str = Trigger.MANUAL.value) -> Record:
        """End a session; one that had run out, or had been completed, keeps its end.

        Returns:
            The session, or `{"error": ...}` where there is none. Its changes count as those of `sessions` do.
        """
        reason = clean(inputs.text(trigger)) or Trigger.MANUAL.value
        try:
            return self._sheet.lend(
                self._do(lambda tracker: operations.complete(inputs.text(session_id), reason, tracker))
            )
        except (NotFound, InvalidValue) as error:
            console.warn(error)
            return {"error": str(error)}

    def cleanup_orphaned_sessions(self, max_age_hours: float = 24) -> list[str]:
        """End the sessions that ran out and have been idle for longer than this; return their ids."""
        age = _hours(max_age_hours)
        return self._do(lambda tracker: [session.id for session in tracker.cleanup(age)])

    def get_session_status(self, session_id: str | None = None) -> Record:
        """Return counts, the active sessions and the last ten completed; or one session. Statuses are those of now.

        Returns:
            `{"error": ...}` where there is no session of that id.
        """
        if session_id is None:
            return self._do(operations.overview)
        return self._do(lambda tracker: operations.one(inputs.text(session_id), tracker))

    def generate_session_metadata(self, session_id: str) -> str:
        """Return the block that names the session in a pull request's body; nothing for an id that is none."""
        named = inputs.session_id(session_id)
        if not named:
            return ""
        return render_minimal(named) if self.config.minimal_metadata else render_full(named)

    def _do(self, act: Callable[[Tracker], T]) -> T:
        """Do something with what is kept; where that is refused, with what is in memory."""
        policy = self._policy()
        try:
            tracker = places.tracker(SESSION_DATA_FILE, policy)
            kept = tracker.store
            tracker.store = SheetStore(kept, self._sheet)
            result = act(tracker)
            if self._sheet.shown:
                tracker.store = kept
                self._sheet.refresh(in_files(tracker.sessions()))
        except places.NOT_KEPT as problem:
            self.problem = problem
            console.warn(problem, "going on with what is in memory; nothing is stored")
            memory = MemoryStore(self._sheet.sessions)
            result = act(places.in_memory(memory, policy))
            self._sheet.propose(memory.sessions)
        else:
            self.problem = None
        return result

    def _is_auto(self, pull_request: PullRequest) -> bool:
        return detect(pull_request, load_ruleset(self._policy(), None)).is_auto

    def _policy(self) -> Policy:
        """Return the policy; a file that stands alone has its naive times in this machine's zone."""
        policy = policy_of(self.config)
        if self.config.time_zone is None and places.reassigned(SESSION_DATA_FILE, Path(SESSION_FILE)):
            return replace(policy, time_zone=places.local_zone())
        return policy

    def _moment(self, timestamp: Any) -> datetime:
        named = self.config.time_zone
        return places.moment(timestamp, lambda: policy_of(self.config).time_zone if named else places.local_zone())


def _hours(value: Any) -> timedelta:
    """Return an age; the longest that a file can hold for one that is longer."""
    if inputs.is_number(value) and isfinite(value) and value >= 0:
        return timedelta(hours=min(value, LONGEST_HOURS))
    console.warn(f"an age cannot be {str(value)[:40]!r}", "24 hours count")
    return timedelta(hours=24)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the script's command line; return its exit code."""
    options = _parser().parse_args(arguments)
    return console.run(lambda: _command(options))


def _command(options: "Namespace") -> int:
    manager = AutoPRSessionManager()
    match options.command:
        case "status":
            result = manager.get_session_status(options.session_id)
        case "check":
            result = _check(manager, options)
        case "add":
            result = _add(manager, options)
        case "complete":
            result = manager.complete_session(options.session_id, Trigger.MANUAL_CLI.value)
        case _:
            completed = manager.cleanup_orphaned_sessions(options.max_age)
            result = {"completed": completed, "count": len(completed)}
    console.print_json(result)
    writes = options.command in {"add", "complete", "cleanup"}
    not_stored = writes and manager.problem is not None and not isinstance(manager.problem, Paused)
    return console.FAILED if not_stored or "error" in result else console.DONE


def _check(manager: AutoPRSessionManager, options: "Namespace") -> Record:
    is_auto = manager.is_auto_pr(options.title, options.body, (), options.files)
    result: Record = {"is_auto_pr": is_auto, "should_skip_scoring": is_auto}
    if is_auto:
        result["session_id"] = manager.extract_session_id(options.title, options.body, options.author)
    return result


def _add(manager: AutoPRSessionManager, options: "Namespace") -> Record:
    number = check_number(options.pr_number)
    data = {
        "pr_title": options.title,
        "pr_body": options.body,
        "author": options.author,
        "files_changed": options.files,
    }
    skip, session_id, session = manager.add_to_session(number, data, options.session_id)
    return {"pr_number": number, "session_id": session_id, "should_skip_scoring": skip, "session": session}


def _parser() -> "ArgumentParser":
    from argparse import ArgumentParser

    parser = ArgumentParser(prog="auto_pr_session_manager.py", description="Sessions and their pull requests.")
    commands = parser.add_subparsers(dest="command", required=True)
    shown = commands.add_parser("status", help="counts and sessions, or one session")
    shown.add_argument("--session-id")
    for name, text in (
        ("check", "whether a pull request is automatic"),
        ("add", "put a pull request into its session"),
    ):
        command = commands.add_parser(name, help=text)
        command.add_argument("--pr-number", required=True)
        command.add_argument("--title", required=True)
        command.add_argument("--author", required=True)
        command.add_argument("--body", default="")
        command.add_argument("--files", type=int, metavar="N", help="how many files it changes")
        if name == "add":
            command.add_argument("--session-id")
    ended = commands.add_parser("complete", help="end a session")
    ended.add_argument("--session-id", required=True)
    cleaned = commands.add_parser("cleanup", help="end the sessions that ran out")
    cleaned.add_argument("--max-age", type=float, default=24, metavar="HOURS")
    return parser
