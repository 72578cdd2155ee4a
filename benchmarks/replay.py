"""`python -m benchmarks.replay FOLDER`: real pull requests as events in random order, every fifth one twice.

FOLDER holds `original/pull_requests.jsonl` and `aidev/*/prs.csv`. A GitHub on loopback tells at each event what GitHub
would have told then; nothing is kept between two events. Shown: whether every event led to the session that an import
gives, whose checks could have waited and what would have become of them, and how many requests an event took.
"""

import asyncio
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from statistics import median

from msgspec import Struct

from benchmarks.past_forge import PastForge, Stream, busiest_day, original
from pr_sessions import open_tracker
from pr_sessions.core.times import read_time
from pr_sessions.forges.github.client import GitHub, open_github
from pr_sessions.forges.github.payload import read_pull_request
from pr_sessions.gate.assess import assess
from pr_sessions.gate.event import Event
from pr_sessions.tracker import utc_now

OPENED, CLOSED = "opened", "closed"


class Happened(Struct, frozen=True, order=True):
    """Something that happened to a pull request."""

    at: datetime
    number: int
    action: str


class Outcome(Struct):
    """What the events of one stream came to.

    Attributes:
        events: those that were judged, repeats included.
        elsewhere: numbers whose event led to another session than the import.
        waiting: numbers whose checks could have waited when they were opened.
        merged_before: those of them that were merged while their session went on.
        dropped: those of them that were closed without a merge while their session went on.
        requests: of each event.
    """

    name: str
    pull_requests: int = 0
    automatic: int = 0
    sessions: int = 0
    events: int = 0
    elsewhere: set[str] = set()
    waiting: set[str] = set()
    merged_before: set[str] = set()
    dropped: set[str] = set()
    requests: list[int] = []


def main(folder: Path) -> int:
    """Replays everything; 1 if an event led elsewhere than the import."""
    outcomes = [replay(original(folder / "original"))]
    day = [replay(stream) for stream in busiest_day(folder / "aidev")]
    outcomes.append(_together(f"{day[0].name.partition(' ')[0]}, {len(day)} repositories", day))
    for outcome in outcomes:
        print("\n".join(_told(outcome)))
    return 1 if any(outcome.elsewhere for outcome in outcomes) else 0


def replay(stream: Stream, most: int | None = None) -> Outcome:
    """The events of one repository, judged one by one; only so many of them, if that is given."""
    forge = PastForge(stream)
    imported = _imported(forge)
    outcome = Outcome(stream.name, len(forge.pulls), len(imported), len(set(imported.values())))
    with forge.running():
        asyncio.run(_events(forge, _shuffled(_history(forge))[:most], imported, outcome))
    assert not forge.broken, forge.broken[:3]
    return outcome


async def _events(forge: PastForge, events: Iterable[Happened], imported: Mapping[str, str], outcome: Outcome) -> None:
    environ = {"GITHUB_API_URL": forge.url, "GH_TOKEN": "ghp_a-secret-of-the-tests"}
    for happened in events:
        async with open_github(forge.repository, environ, clock=utc_now) as github:
            await _event(forge, github, happened, imported, outcome)


async def _event(
    forge: PastForge, github: GitHub, happened: Happened, imported: Mapping[str, str], outcome: Outcome
) -> None:
    forge.moment = happened.at
    assessment = await assess(github, _delivered(forge, happened), happened.at)
    number = str(happened.number)
    outcome.events += 1
    outcome.requests.append(assessment.requests)
    if assessment.status.session_id != imported.get(number):
        outcome.elsewhere.add(number)
    if happened.action == OPENED:
        if assessment.decision.postpone:
            outcome.waiting.add(number)
    elif assessment.status.is_session_active:
        _ended(forge.as_it_was(happened.number)["merged_at"] is not None, number, outcome)


def _ended(merged: bool, number: str, outcome: Outcome) -> None:
    (outcome.merged_before if merged else outcome.dropped).add(number)


def _delivered(forge: PastForge, happened: Happened) -> Event:
    pull_request = read_pull_request(forge.as_it_was(happened.number))
    return Event(
        name="pull_request",
        action=happened.action,
        repository=forge.repository,
        number=str(happened.number),
        sha=pull_request.head_sha,
        sender=pull_request.author,
        pull_request=pull_request,
        at=happened.at,
    )


def _history(forge: PastForge) -> list[Happened]:
    found = []
    for number, row in forge.pulls.items():
        found.append(Happened(read_time(row["created_at"]), number, OPENED))
        if row["closed_at"]:
            found.append(Happened(read_time(row["closed_at"]), number, CLOSED))
    return found


def _shuffled(events: Sequence[Happened]) -> list[Happened]:
    """In random order, every fifth one twice."""
    chance = random.Random(5)  # noqa: S311 - an order, not a secret
    return chance.sample([*events, *events[::5]], len(events) + len(events[::5]))


def _imported(forge: PastForge) -> dict[str, str]:
    """The session of each pull request that an import puts into one."""
    told = [read_pull_request(row).pull_request for row in forge.pulls.values()]
    with tempfile.TemporaryDirectory() as temporary:
        subprocess.run(["git", "init", "-q", temporary], check=True)
        tracker = open_tracker(Path(temporary), environ={})
        tracker.record_all(told)
        return {number: session.id for session in tracker.sessions() for number in session.prs}


def _together(name: str, outcomes: Iterable[Outcome]) -> Outcome:
    total = Outcome(name)
    for one in outcomes:
        for field in ("pull_requests", "automatic", "sessions", "events"):
            setattr(total, field, getattr(total, field) + getattr(one, field))
        for field in ("elsewhere", "waiting", "merged_before", "dropped"):
            setattr(total, field, getattr(total, field) | {f"{one.name}#{n}" for n in getattr(one, field)})
        total.requests = [*total.requests, *one.requests]
    return total


def _told(outcome: Outcome) -> Iterable[str]:
    same = "all" if not outcome.elsewhere else f"all but {len(outcome.elsewhere)}"
    before, dropped = outcome.waiting & outcome.merged_before, outcome.waiting & outcome.dropped
    left = len(outcome.waiting) - len(before) - len(dropped)
    yield f"{outcome.name}: {outcome.pull_requests} pull requests, {outcome.automatic} automatic"
    yield f"  {outcome.events} events in random order: {same} led to the {outcome.sessions} sessions of the import"
    yield f"  {len(outcome.waiting)} checks could have waited when their pull request was opened"
    yield f"    {len(before)} of them run before a merge that came before the session's end"
    yield f"    {len(dropped)} of them never run: closed without a merge before the session's end"
    yield f"    {left} of them run at the session's end"
    yield f"  requests for an event: median {median(outcome.requests):.0f}, most {max(outcome.requests)}"
    if outcome.elsewhere:
        yield f"  elsewhere: {', '.join(sorted(outcome.elsewhere)[:10])}"


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
