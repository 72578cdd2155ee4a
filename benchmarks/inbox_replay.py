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
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from pathlib import Path

from msgspec import Struct, field
from msgspec.structs import replace

from benchmarks.inbox_commits import Commits
from benchmarks.inbox_events import Events, Happened
from benchmarks.inbox_forge import InboxForge
from benchmarks.inbox_marks import Looks
from benchmarks.past_forge import Stream, busiest_day, original
from fake_github import TOKEN
from pr_sessions.forges.github.inbox import open_inboxes
from pr_sessions.gate.repositories import FetchedRepositories, fetch_repositories
from pr_sessions.look.inbox import Reading, inbox_of
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
        sections: of the rows of all readings.
        merges: what came of merging pairs on trial.
        left: rows whose last pull request an event settled: one of them that is still there is stale.
        differences: by kind.
        examples: in words, the first of each kind.
    """

    name: str
    events: Counter[str] = field(default_factory=Counter)
    pull_requests: int = 0
    most_open: int = 0
    sections: Counter[str] = field(default_factory=Counter)
    merges: Counter[str] = field(default_factory=Counter)
    left: int = 0
    differences: Counter[str] = field(default_factory=Counter)
    examples: list[str] = []

    def add(self, kind: str, words: str) -> None:
        if self.differences[kind] < 5:
            self.examples.append(f"{kind}: {words}")
        self.differences[kind] += 1


def main(folder: Path, most: int | None) -> int:
    """Replays both; 1 if an inbox differed from the ledger."""
    wrong = 0
    for outcome in replay_both(folder, most):
        print("\n".join(_words(outcome)), flush=True)
        wrong += outcome.differences.total()
    return 1 if wrong else 0


def replay_both(folder: Path, most: int | None = None, start: int = 0) -> Iterator[Outcome]:
    """The busiest day of the AIDev folder and the original's stream.

    Args:
        folder: has both.
        most: so many events of each have an inbox read after them; `None` for all.
        start: so many events of each happen before.
    """
    day = list(busiest_day(folder / "aidev"))
    name = f"{day[0].name.partition(' ')[0]}, {len(day)} repositories"
    streams = ((name, day), ("the original's stream", [original(folder / "original")]))
    for title, each in streams:
        with tempfile.TemporaryDirectory() as temporary:
            replay = Replay(title, each, Path(temporary) / "objects.git")
            yield asyncio.run(replay.run(most, start))


class Replay:
    """Real streams on a GitHub on loopback, and the inbox of a clone that has all commits."""

    def __init__(self, name: str, streams: Sequence[Stream], git_dir: Path) -> None:
        self.outcome = Outcome(name)
        commits = Commits(git_dir)
        self.events = Events(streams, commits, SEED)
        self._looks = Looks(self.events.ledger)
        self._git_dir = git_dir
        self._forge = InboxForge(commits.bases)
        # By repository, the pull requests of each row in the last reading.
        self._rows: dict[str, list[set[tuple[str, str]]]] = {}

    async def run(self, most: int | None, start: int) -> Outcome:
        """Let all happen; read an inbox after each event but the first ones, over the same connection."""
        every, ledger, happening = self.events.repositories, self.events.ledger, iter(self.events)
        for happened in islice(happening, start):
            self._forge.change(happened, ledger)
        with self._forge.running():
            environ = {"GITHUB_API_URL": self._forge.url, "GH_TOKEN": TOKEN}
            async with open_inboxes(every, environ, clock=utc_now) as inboxes:
                by_name = dict(zip(every, inboxes, strict=True))
                for number, happened in enumerate(islice(happening, most)):
                    self._forge.change(happened, ledger)
                    names = _names(happened.repository, number, every)
                    fetched = await fetch_repositories([by_name[name] for name in names], happened.at, _show)
                    self._compare(happened, fetched)
        self.outcome.pull_requests = len(ledger.truths)
        for problem in self._forge.broken:
            self.outcome.add("not as GitHub describes it", problem)
        return self.outcome

    def _compare(self, happened: Happened, fetched: FetchedRepositories) -> None:
        outcome, at, ledger = self.outcome, happened.at, self.events.ledger
        reading = Reading(at=at, source="GitHub", git_dir=self._git_dir)
        inbox = inbox_of(fetched, reading)
        outcome.events[happened.what] += 1
        outcome.most_open = max(outcome.most_open, len(inbox.pull_requests))
        outcome.sections.update(row.section.value for row in inbox.rows)
        outcome.merges.update(conflict.attempt.result.value for conflict in inbox.conflicts)
        outcome.left += ledger.count_settled(self._rows.get(happened.repository, ()))
        for name in inbox.repositories:
            self._rows[name] = [{pr.key for pr in row.prs} for row in inbox.rows if row.repository == name]
        found = [
            *ledger.differences(inbox),
            *self._looks.differences(inbox),
            *(("not read", unknown) for unknown in inbox.unknowns),
        ]
        if not _is_settled_order(fetched, at):
            found.append(("order", "the rows depend on the order in which the forge answers"))
        for kind, words in found:
            outcome.add(kind, f"after {happened.what} of {happened.repository}#{happened.number} at {at}: {words}")


def _names(repository: str, number: int, every: Sequence[str]) -> Sequence[str]:
    """The event's repository and others in turn, or all."""
    if number % ALL_EVERY == ALL_EVERY - 1:
        return every
    beside = [every[(number * BESIDE + step) % len(every)] for step in range(BESIDE)]
    return tuple(dict.fromkeys((repository, *beside)))


def _is_settled_order(fetched: FetchedRepositories, at: datetime) -> bool:
    """Whether the same comes of the answers in another order."""
    order = random.Random(at.timestamp())  # noqa: S311 - an order, no secret
    inboxes = [
        replace(each, pull_requests=tuple(order.sample(each.pull_requests, len(each.pull_requests))))
        for each in fetched.inboxes
    ]
    shuffled = replace(fetched, inboxes=tuple(order.sample(inboxes, len(inboxes))))
    first, second = (inbox_of(each, Reading(at=at, source="GitHub")) for each in (fetched, shuffled))
    return (first.rows, first.conflicts) == (second.rows, second.conflicts)


def _show(_done: int, _of: int) -> None:
    pass


def _words(outcome: Outcome) -> Iterable[str]:
    yield f"{outcome.name}: {outcome.pull_requests} pull requests, at most {outcome.most_open} open in one reading"
    yield f"  {outcome.events.total()} events, an inbox after each: {_counted(outcome.events)}"
    yield f"  rows by section, over all of them: {_counted(outcome.sections)}"
    yield f"  pairs with the same files: {_counted(outcome.merges)}"
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
