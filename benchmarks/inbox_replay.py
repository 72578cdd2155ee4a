"""`python -m benchmarks.inbox_replay FOLDER [--events N]`: the inbox after every event of real days, against a ledger.

FOLDER holds `original/pull_requests.jsonl` and `aidev/*/prs.csv`. Real pull requests are opened and end on a GitHub on
loopback; reviews, checks, pushes, conflicts, hooks and more are generated between, always the same ones. After each
event the inbox of its repository and of others is read, after some of all. Shown is how often it differed from what the
ledger says is true. Exit code 1 where it did.
"""

import argparse
import asyncio
import random
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import islice
from pathlib import Path

from msgspec import Struct, field

from benchmarks.inbox_events import Events
from benchmarks.inbox_forge import InboxForge
from benchmarks.inbox_ledger import Key, Ledger
from benchmarks.past_forge import busiest_day, original
from fake_github import TOKEN
from pr_sessions.core.conflicts import ConflictPlace, MergeAttempt, MergeResult, shared_files, with_attempts
from pr_sessions.core.inbox import Inbox, build_rows
from pr_sessions.core.open_pull_requests import OpenPullRequest
from pr_sessions.forges.github.inbox import GitHubInbox, open_inboxes
from pr_sessions.gate.repositories import fetch_repositories
from pr_sessions.tracker import utc_now

SEED = 13
BESIDE = 2
"""Repositories that are read with the event's."""
ALL_EVERY = 40
"""Events after which all repositories are read."""


class Outcome(Struct):
    """What a replay came to.

    Attributes:
        events: by what happened.
        most_open: at one time, in one reading.
        left: rows whose last pull request an event settled: one of them that is still there is stale.
        differences: by kind.
        examples: in words, the first of each kind.
    """

    name: str
    events: Counter[str] = field(default_factory=Counter)
    pull_requests: int = 0
    most_open: int = 0
    sections: Counter[str] = field(default_factory=Counter)
    left: int = 0
    differences: Counter[str] = field(default_factory=Counter)
    examples: list[str] = []

    def add(self, kind: str, words: str) -> None:
        if self.differences[kind] < 5:
            self.examples.append(f"{kind}: {words}")
        self.differences[kind] += 1


def main(folder: Path, most: int | None) -> int:
    """Replays both; 1 if an inbox differed from the ledger."""
    outcomes = replay_both(folder, most)
    for outcome in outcomes:
        print("\n".join(_words(outcome)))
    return 1 if any(outcome.differences for outcome in outcomes) else 0


def replay_both(folder: Path, most: int | None = None, start: int = 0) -> Sequence[Outcome]:
    """The busiest day of the AIDev folder and the original's stream.

    Args:
        folder: has both.
        most: so many events of each have an inbox read after them; `None` for all.
        start: so many events of each happen before.
    """
    day = list(busiest_day(folder / "aidev"))
    name = f"{day[0].name.partition(' ')[0]}, {len(day)} repositories"
    streams = ((name, day), ("the original's stream", [original(folder / "original")]))
    return [asyncio.run(replay(Events(each, SEED), most, start, Outcome(name))) for name, each in streams]


async def replay(events: Events, most: int | None, start: int, outcome: Outcome) -> Outcome:
    """The events of some repositories, the inbox after each over the same connection."""
    forge, happening = InboxForge(events.repositories), iter(events)
    for happened in islice(happening, start):
        forge.change(happened, events.ledger)
    with forge.running():
        environ = {"GITHUB_API_URL": forge.url, "GH_TOKEN": TOKEN}
        async with open_inboxes(events.repositories, environ, clock=utc_now) as inboxes:
            by_name = dict(zip(events.repositories, inboxes, strict=True))
            rows: dict[str, list[set[Key]]] = {}
            for number, happened in enumerate(islice(happening, most)):
                forge.change(happened, events.ledger)
                names = _names(happened.repository, number, events.repositories)
                inbox = await _read([by_name[name] for name in names], happened.at, events.ledger, outcome)
                outcome.events[happened.what] += 1
                outcome.most_open = max(outcome.most_open, len(inbox.pull_requests))
                outcome.sections.update(row.section.value for row in inbox.rows)
                for kind, words in events.ledger.differences(inbox):
                    outcome.add(kind, f"after {happened.what} of #{happened.number} at {happened.at}: {words}")
                outcome.left += events.ledger.count_settled(rows.get(happened.repository, ()))
                for name in names:
                    rows[name] = [{pr.key for pr in row.prs} for row in inbox.rows if row.repository == name]
    outcome.pull_requests = len(events.ledger.truths)
    for problem in forge.broken:
        outcome.add("not as GitHub describes it", problem)
    return outcome


def _names(repository: str, number: int, every: Sequence[str]) -> Sequence[str]:
    if number % ALL_EVERY == ALL_EVERY - 1:
        return every
    beside = [every[(number * BESIDE + step) % len(every)] for step in range(BESIDE)]
    return tuple(dict.fromkeys((repository, *beside)))


async def _read(forges: Sequence[GitHubInbox], at: datetime, ledger: Ledger, outcome: Outcome) -> Inbox:
    """The inbox at a time; the order in which a forge answers must not matter."""
    fetched = await fetch_repositories(forges, at, _show)
    for unknown in (*fetched.unknowns, *(unknown for each in fetched.inboxes for unknown in each.unknowns)):
        outcome.add("not read", unknown)
    prs = [pr for each in fetched.inboxes for pr in each.pull_requests]
    names = [each.repository for each in fetched.inboxes]
    inbox = _inbox(prs, at, names, ledger)
    if _inbox(random.Random(at.timestamp()).sample(prs, len(prs)), at, names, ledger) != inbox:  # noqa: S311 - an order
        outcome.add("order", f"at {at} the rows depend on the order in which the forge answers")
    return inbox


def _inbox(prs: Sequence[OpenPullRequest], at: datetime, names: Sequence[str], ledger: Ledger) -> Inbox:
    conflicts = with_attempts(shared_files(prs), _attempts(prs, ledger))
    rows = build_rows(prs, conflicts)
    return Inbox(at=at, source="GitHub", repositories=tuple(names), rows=rows, conflicts=conflicts)


def _attempts(prs: Sequence[OpenPullRequest], ledger: Ledger) -> dict[tuple[str, tuple[str, str]], MergeAttempt]:
    """What merging each pair on trial would come to."""
    collides = MergeAttempt(MergeResult.CONFLICT, (ConflictPlace("src", 1, 2),))
    pairs = ledger.pairs({pr.key: pr for pr in prs})
    return {pair: collides if hit else MergeAttempt(MergeResult.CLEAN) for pair, hit in pairs.items()}


def _show(_done: int, _of: int) -> None:
    pass


def _words(outcome: Outcome) -> Iterable[str]:
    yield f"{outcome.name}: {outcome.pull_requests} pull requests, at most {outcome.most_open} open in one reading"
    yield f"  {outcome.events.total()} events, an inbox after each: {_counted(outcome.events)}"
    yield f"  rows by section, over all of them: {_counted(outcome.sections)}"
    kinds = {"stale": 0, "missing": 0, **outcome.differences}
    yield f"  {outcome.left} rows left with their last pull request; {_counted(kinds)}"
    yield from (f"  {example}" for example in outcome.examples)


def _counted(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in counts.items())


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--events", type=int, help="only so many of each")
    arguments = parser.parse_args()
    sys.exit(main(arguments.folder, arguments.events))
