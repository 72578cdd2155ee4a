"""What is cut: every operation that writes, each from the state that makes it write the most."""

import json
from collections.abc import Callable
from pathlib import Path

from msgspec import Struct

from pr_sessions.core.times import write_time
from pr_sessions.maintenance.backup import restore
from pr_sessions.tracker import Tracker
from scene import Clock, auto, minute, tracker_at

SAVED = "auto_pr_sessions.20251121T000000Z.json"


class Operation(Struct, frozen=True):
    """One operation.

    Attributes:
        minutes: the clock, after one pull request at 0.
        fresh: nothing was recorded before, no folder is there.
        hooked: hooks left events at these minutes.
        keep_days: the setting, if not the default.
    """

    run: Callable[[Tracker], object]
    minutes: float = 5
    fresh: bool = False
    hooked: tuple[float, ...] = ()
    keep_days: int | None = None


OPERATIONS = {
    "first start": Operation(lambda tracker: tracker.start("bob"), fresh=True),
    "first add": Operation(lambda tracker: tracker.record(auto(1)), fresh=True),
    "start": Operation(lambda tracker: tracker.start("bob")),
    "add": Operation(lambda tracker: tracker.record(auto(2, files_changed=3))),
    "complete": Operation(lambda tracker: tracker.complete("ada-20251122-1000")),
    "cleanup": Operation(lambda tracker: tracker.cleanup(), minutes=31),
    "import": Operation(
        lambda tracker: tracker.record_all([auto(3, created=minute(-60)), auto(4, created=minute(-300))])
    ),
    "restore": Operation(lambda tracker: restore(tracker, SAVED)),
    "archive": Operation(lambda tracker: tracker.cleanup(), minutes=60 * 24 * 40, keep_days=30),
    "archive and record a late one": Operation(
        lambda tracker: tracker.record(auto(2, author="bob", created=minute(20)), use_workspace_session=False),
        minutes=60 * 24 * 40,
        keep_days=30,
    ),
    "touch": Operation(lambda tracker: tracker.touch()),
    "leave": Operation(lambda tracker: tracker.leave()),
    "drain": Operation(lambda tracker: tracker.drain(), hooked=(1, 2, 3)),
    "first drain": Operation(lambda tracker: tracker.drain(), fresh=True, hooked=(1, 2, 3)),
    "add after hooks": Operation(lambda tracker: tracker.record(auto(2)), minutes=90, hooked=(1, 40, 80)),
    "touch after hooks": Operation(lambda tracker: tracker.touch(), hooked=(1, 2)),
}


def prepared(root: Path, operation: Operation, clock: Clock) -> Tracker:
    """A clone, as small as git's layout allows, just before the operation."""
    for folder in (".git/objects", ".git/refs", ".cursor/config"):
        (root / folder).mkdir(parents=True)
    (root / ".git/HEAD").write_text("ref: refs/heads/main\n")
    (root / ".cursor/config/session_config.yaml").write_text(
        "minimal_metadata: true\n" + (f"keep_days: {operation.keep_days}\n" if operation.keep_days else "")
    )
    if not operation.fresh:
        clock.set(0)
        tracker_at(root, clock, AUTO_PR_SESSION_AUTHOR="ada").record(auto(1))
        _save_other(root / ".git/pr-sessions/backups")
    if operation.hooked:
        _leave_events(root, operation.hooked)
    clock.set(operation.minutes)
    return tracker_of(root, clock)


def _leave_events(root: Path, minutes: tuple[float, ...]) -> None:
    """As hooks leave them, by two agents; one line was cut."""
    told = {"v": 1, "host": "cursor", "event": "activity", "root": str(root.resolve())}
    lines = [json.dumps({**told, "at": write_time(minute(m)), "run": f"r{n % 2}"}) for n, m in enumerate(minutes)]
    (root / ".git/pr-sessions/pending").mkdir(parents=True, exist_ok=True)
    (root / ".git/pr-sessions/pending/events.jsonl").write_text("\n".join([*lines, '{"v":1,"at":']) + "\n")


def tracker_of(root: Path, clock: Clock) -> Tracker:
    """A tracker that starts no process."""
    return tracker_at(root, clock, AUTO_PR_SESSION_AUTHOR="ada")


def _save_other(folder: Path) -> None:
    """A backup that knows a session that nothing else knows."""
    times = {"started": "2025-11-20T10:00:00Z", "completed": "2025-11-20T11:00:00Z"}
    session = {"session_id": "zoe-20251120-1000", "author": "zoe", "prs": ["77"], "status": "completed", **times}
    folder.mkdir()
    document = {"version": "1.0", "active_sessions": {}, "completed_sessions": [session]}
    (folder / SAVED).write_text(json.dumps(document))
