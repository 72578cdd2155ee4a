"""`python -m benchmarks.acceptance FOLDER`: the promises that only real data can show.

FOLDER holds `original/pull_requests.jsonl`, `original/session_files/*.json`, `aidev/*/prs.csv` and
`git-truth/*.jsonl.gz`.
"""

import csv
import json
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.accuracy.git_truth import measure
from benchmarks.accuracy.rebuilt import read_histories
from benchmarks.inbox_replay import replay_both
from benchmarks.inbox_rows import peaks
from benchmarks.past_forge import original
from benchmarks.replay import replay
from pr_sessions import open_tracker
from pr_sessions.core.times import read_time, write_time
from pr_sessions.importers.jsonl import read_jsonl
from pr_sessions.storage.files.collection import FileSessions
from pr_sessions.storage.files.merge import merge_collections
from pr_sessions.storage.files.session_file import parse
from pr_sessions.tracker import Imported, Tracker

EXPECTED = {
    "read": 375,
    "automatic": 360,
    "attributed": 360,
    "unattributed": 0,
    "sessions": 17,
    "triggers": ["timeout"],
}

# One history has an id in a paragraph with prose, which does not count as one of trailers.
MOST_INEXACT = 2
MOST_ROWS = 180
# All of them take minutes: `python -m benchmarks.replay` and `python -m benchmarks.inbox_replay`.
EVENTS = 40
INBOX_EVENTS, INBOX_START = 30, 150


def main(folder: Path) -> int:
    """Runs every check; returns 1 if one fails."""
    checks = (
        stream(folder / "original"),
        session_files(folder / "original"),
        times(folder / "aidev"),
        events(folder / "original"),
        known_sessions(folder / "git-truth"),
        inbox(folder / "aidev"),
        inbox_events(folder),
    )
    results = [result for check in checks for result in check]
    for ok, text in results:
        print(("ok      " if ok else "FAILED  ") + text)
    failed = sum(not ok for ok, _ in results)
    print(f"{len(results) - failed} passed, {failed} failed")
    return 1 if failed else 0


def stream(folder: Path) -> Iterator[tuple[bool, str]]:
    """The real pull requests: what they give, twice, and in ten random orders."""
    lines = (folder / "pull_requests.jsonl").read_bytes().splitlines()
    with tempfile.TemporaryDirectory() as temporary:
        tracker = _repository(Path(temporary) / "stream")
        imported = _import(tracker, lines)
        triggers = sorted({s.completion.trigger for s in tracker.sessions() if s.completion})
        found = {
            **{key: getattr(imported, key) for key in ("read", "automatic", "attributed", "unattributed")},
            "sessions": len(imported.sessions),
            "triggers": triggers,
        }
        yield found == EXPECTED, f"the real stream: {found}"
        first = Path(tracker.repository.session_file.path).read_bytes()
        again = _import(tracker, lines)
        yield (
            not again.changed and Path(tracker.repository.session_file.path).read_bytes() == first,
            "imported twice: the same file",
        )
        orders = {_sessions_of(_shuffled(lines, seed), Path(temporary) / str(seed)) for seed in range(10)}
        yield orders == {_without_clock(first)}, "imported in ten random orders: the same sessions, byte for byte"


def session_files(folder: Path) -> Iterator[tuple[bool, str]]:
    """Every historic session file: kept as it is by a change elsewhere, and nothing lost by joining all of them."""
    files = sorted((folder / "session_files").glob("*.json"))
    kept = [_survives(path) for path in files]
    yield all(kept) and len(kept) == 11, f"{sum(kept)} of {len(files)} historic session files keep every field"
    joined = FileSessions(parse(files[0].read_bytes(), files[0].name))
    for path in files[1:]:
        joined = merge_collections(joined, FileSessions(parse(path.read_bytes(), path.name)))
    known = {s["session_id"] for path in files for s in _all_sessions(json.loads(path.read_bytes()))}
    yield {s.id for s in joined} == known, f"joined one after the other: {len(known)} sessions, none lost"


def times(folder: Path) -> Iterator[tuple[bool, str]]:
    """Every time in the recorded pull requests, read and written back."""
    csv.field_size_limit(sys.maxsize)
    count = wrong = 0
    for path in sorted(folder.glob("*/prs.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                for text in filter(None, (row["created_at"], row["closed_at"], row["merged_at"])):
                    count += 1
                    wrong += read_time(write_time(read_time(text))) != datetime.fromisoformat(text).astimezone(UTC)
    yield count > 0 and wrong == 0, f"{count} times read and written back, {wrong} of them moved"


def events(folder: Path) -> Iterator[tuple[bool, str]]:
    """Some of the real pull requests as events of a forge, each judged alone and without a memory."""
    outcome = replay(original(folder), most=EVENTS)
    text = f"{outcome.events} events in random order, {len(outcome.elsewhere)} led elsewhere than the import"
    yield outcome.events == EVENTS and not outcome.elsewhere, text


def _repository(folder: Path) -> Tracker:
    subprocess.run(["git", "init", "-q", str(folder)], check=True)
    return open_tracker(folder, environ={})


def _import(tracker: Tracker, lines: list[bytes]) -> Imported:
    return tracker.record_all(list(read_jsonl(lines, "pull_requests.jsonl", UTC)))


def known_sessions(folder: Path) -> Iterator[tuple[bool, str]]:
    """The sessions of real histories whose messages carry the ids of runs, as `look` finds them."""
    if not folder.is_dir():
        print(f"ATTENTION: {folder} is not there, so the real histories were LEFT OUT.", file=sys.stderr)
        return
    figures = [measure(history).visible for history in read_histories(folder).histories]
    known, exact = (sum(each.sessions[index] for each in figures) for index in (0, 1))
    yield known - exact <= MOST_INEXACT, f"{exact} of {known} sessions with several pull requests are found exactly"
    joins = sum(len(each.false_joins) for each in figures)
    yield not joins, f"{joins} pull requests joined a session by a text that does not count"
    signed, shown = (sum(each.signed[index] for each in figures) for index in (0, 1))
    yield signed == shown, f"{shown} of {signed} pull requests with a sign of an agent are shown so"


def inbox(folder: Path) -> Iterator[tuple[bool, str]]:
    """At the peaks of the busiest repositories, all that is open fits into few rows."""
    found = list(peaks(folder))
    pull_requests, rows = sum(peak.open for peak in found), sum(peak.rows for peak in found)
    yield rows <= MOST_ROWS, f"inbox: {pull_requests} open in {len(found)} repositories at their peaks are {rows} rows"


def inbox_events(folder: Path) -> Iterator[tuple[bool, str]]:
    """The inbox after some events of real days says what is true."""
    for outcome in replay_both(folder, INBOX_EVENTS, INBOX_START):
        count, wrong = outcome.events.total(), outcome.differences.total()
        yield count == INBOX_EVENTS and not wrong, f"inbox after {count} events of {outcome.name}: {wrong} things wrong"


def _shuffled(lines: list[bytes], seed: int) -> list[bytes]:
    return random.Random(seed).sample(lines, len(lines))  # noqa: S311 - an order, not a secret


def _sessions_of(lines: list[bytes], folder: Path) -> bytes:
    tracker = _repository(folder)
    _import(tracker, lines)
    return _without_clock(Path(tracker.repository.session_file.path).read_bytes())


def _without_clock(data: bytes) -> bytes:
    """The file but for the time at which it was written."""
    return b"".join(line for line in data.splitlines(keepends=True) if b'"last_updated"' not in line)


def _survives(path: Path) -> bool:
    """Records a pull request over the file, and compares every session that it did not concern."""
    before = _by_id(json.loads(path.read_bytes()))
    with tempfile.TemporaryDirectory() as temporary:
        tracker = _repository(Path(temporary) / "repository")
        target = Path(tracker.repository.session_file.path)
        target.parent.mkdir(parents=True)
        target.write_bytes(path.read_bytes())
        _import(tracker, [b'{"number": 9, "title": "auto-pr: x", "author": "x", "created_at": "2025-01-01T00:00:00Z"}'])
        after = _by_id(json.loads(target.read_bytes()))
    untouched = {key: value for key, value in before.items() if value["status"] == "completed"}
    return set(before) < set(after) and all(after[key] == value for key, value in untouched.items())


def _by_id(document: dict[str, Any]) -> dict[str, Any]:
    return {session["session_id"]: session for session in _all_sessions(document)}


def _all_sessions(document: dict[str, Any]) -> list[dict[str, Any]]:
    return [*document["active_sessions"].values(), *document["completed_sessions"]]


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
