"""What happens to pull requests: real openings and endings, and seeded reviews, checks and pushes between them."""

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from msgspec import Struct

from benchmarks.inbox_commits import Commits
from benchmarks.inbox_ledger import Ledger
from benchmarks.inbox_truth import APP, OUTSIDER, PARTS, WRITERS, Review, Truth
from benchmarks.past_forge import Stream
from pr_sessions.core.models import PullRequest

BETWEEN = 2
"""Generated events after each real one."""
MOST_OPEN = 25
"""Of one repository: the original's stream says nothing of endings."""
AREAS = tuple(f"src/area_{number}.py" for number in range(8))
"""Files of a repository whose stream names none."""
_EMPTY = PullRequest(number="0")


class Habits(Struct, frozen=True):
    """How a repository is protected: what its `mergeStateStatus` depends on."""

    needs_review: bool
    needs_checks: bool
    is_strict: bool
    dismisses_stale: bool
    best: str

    def merge_word(self, pr: Truth) -> str:
        """GitHub's word, as its documentation of `MergeStateStatus` has it."""
        state, _ = pr.opinion()
        is_unchecked = pr.checks in ("pending", "failing")
        words = {
            "UNKNOWN": pr.has_base_conflict is None,
            "DIRTY": pr.has_base_conflict,
            "DRAFT": pr.is_draft,
            "BLOCKED": (self.needs_review and state != "approved")
            or state == "changes_requested"
            or (self.needs_checks and is_unchecked),
            "BEHIND": pr.is_behind,
            "UNSTABLE": is_unchecked,
        }
        return next((word for word, fits in words.items() if fits), self.best)


class Happened(Struct, frozen=True):
    """An event, and all pull requests of its repository that it changed.

    Attributes:
        undecided: whether GitHub first has to find out whether they can be merged.
    """

    at: datetime
    repository: str
    number: str
    what: str
    changed: tuple[Truth, ...]
    undecided: bool = False


class Events:
    """Lets things happen to the pull requests of some streams, and keeps the ledger."""

    def __init__(self, streams: Sequence[Stream], commits: Commits, seed: int) -> None:
        self.ledger = Ledger()
        self._commits = commits
        self.dice = random.Random(seed)  # noqa: S311 - a play, no secret
        self._streams = streams
        self.repositories = [_repository(stream) for stream in streams]
        self.habits = {name: self._habits() for name in self.repositories}
        for name, stream in zip(self.repositories, streams, strict=True):
            commits.add_repository(name, {*AREAS, *(path for paths in stream.files.values() for path in paths)})
        self._changed: dict[str, Truth] = {}
        self._at = datetime.min.replace(tzinfo=UTC)

    def __iter__(self) -> Iterator[Happened]:
        real = [event for stream in self._streams for event in _real(stream)]
        real.sort(key=lambda event: event[0])
        real.append((real[-1][0] + timedelta(hours=1), "", "", _EMPTY, {}))
        for (at, what, repository, pr, files), (until, *_) in pairwise(real):
            yield from self._real_event(at, what, repository, pr, files)
            for step in range(1, BETWEEN + 1):
                later = at + (until - at) * step / (BETWEEN + 1)
                yield from self._generated(later.replace(microsecond=0))

    def _real_event(
        self, at: datetime, what: str, repository: str, pr: PullRequest, files: Sequence[str]
    ) -> Iterator[Happened]:
        number = pr.number.rpartition("#")[2]
        truth = self.ledger.truths.get((repository, number))
        if what == "opened":
            truth = self._opened(at, repository, number, pr, files)
            self.ledger.truths[truth.key] = truth
            yield self._happened(at, truth, what, lambda _: None)
        elif truth and not truth.end:
            yield self._happened(at, truth, what, lambda pr: self._end(pr, what))
        yield from self._due(at)
        while len(open_ones := self.ledger.open_in(repository)) > MOST_OPEN:
            what = self.dice.choice(("merged", "merged", "closed"))
            yield self._happened(at, self.dice.choice(open_ones), what, lambda pr, end=what: self._end(pr, end))

    def _generated(self, at: datetime) -> Iterator[Happened]:
        settled = [truth for truth in self.ledger.truths.values() if truth.end == "closed"]
        open_ones = self.ledger.open_in(*self.repositories)
        if settled and self.dice.random() < 0.03:
            yield self._happened(at, self.dice.choice(settled), "reopened", lambda pr: self._end(pr, ""))
        elif open_ones:
            truth = self.dice.choice(open_ones)
            names = [name for name, (weight, _) in ACTIONS.items() for _ in range(weight)]
            name = self.dice.choice(names)
            yield self._happened(at, truth, name, lambda pr: ACTIONS[name][1](self, pr))
        yield from self._due(at)

    def _due(self, at: datetime) -> Iterator[Happened]:
        """What is to merge by itself is merged by GitHub at once when it may be."""
        while due := [
            truth
            for truth in self.ledger.open_in(*self.repositories)
            if truth.auto_merge and truth.merge_word in ("CLEAN", "HAS_HOOKS")
        ]:
            yield self._happened(at, due[0], "merged", lambda pr: self._end(pr, "merged"))

    def _happened(self, at: datetime, truth: Truth, what: str, change: Callable[[Truth], None]) -> Happened:
        self._at, self._changed = at, {truth.number: truth}
        truth.updated = at
        if what != "undecided" and truth.has_base_conflict is None:
            truth.has_base_conflict = False
        change(truth)
        changed = tuple(self._changed.values())
        for each in changed:
            each.merge_word = self.habits[each.repository].merge_word(each)
        return Happened(at, truth.repository, truth.number, what, changed, what in ("pushed", "merged"))

    def _habits(self) -> Habits:
        chances = [self.dice.random() for _ in range(4)]
        return Habits(
            chances[0] < 0.6,
            chances[1] < 0.5,
            chances[2] < 0.3,
            chances[3] < 0.3,
            self.dice.choice(("CLEAN", "HAS_HOOKS")),
        )

    def _opened(self, at: datetime, repository: str, number: str, pr: PullRequest, files: Sequence[str]) -> Truth:
        dice, others = self.dice, self.ledger.open_in(repository)
        branch = pr.branch or f"work-{number}"
        own = [other for other in others if not other.is_fork and other.branch != branch]
        below = dice.choice(own) if own and dice.random() < 0.1 else None
        with_hook = [other for other in own if other.hooked and other.author == pr.author]
        is_fork = not below and dice.random() < 0.1
        hooked = f"hook-{repository.replace('/', '-')}-{number}" if dice.random() < 0.2 else ""
        if with_hook and dice.random() < 0.5:
            hooked = dice.choice(with_hook).hooked
        paths = files or dice.sample(AREAS, dice.randint(1, 3))
        truth = Truth(
            repository=repository,
            number=number,
            title=pr.title,
            body=pr.body,
            author=pr.author,
            author_id=pr.author_id or 1,
            opened=at,
            branch=branch,
            base=below.branch if below else "main",
            is_fork=is_fork,
            pushed=at,
            files={path: dice.randrange(PARTS) for path in paths},
            updated=at,
            is_draft=dice.random() < 0.2,
            checks=dice.choice(("none", "pending", "passing")),
        )
        truth.head = self._commits.head(truth)
        if hooked and not is_fork:
            truth.hooked = hooked
            self._hear(truth, at)
        return truth

    def _end(self, pr: Truth, end: str) -> None:
        pr.end = end
        pr.is_queued = pr.auto_merge = False
        for other in self.ledger.open_in(pr.repository) if end == "merged" else ():
            if other.base == pr.branch and not pr.is_fork:
                other.base = pr.base
                self._change(other)
            if any(other.files.get(path) == part for path, part in pr.files.items()):
                other.has_base_conflict, other.is_queued = True, False
                self._change(other)
            if self.habits[pr.repository].is_strict:
                other.is_behind = True
                self._change(other)

    def _change(self, pr: Truth) -> None:
        pr.updated = self._at
        self._changed[pr.number] = pr

    def _hear(self, pr: Truth, at: datetime | None) -> None:
        """A hook reports the agent of a session, or that it ended."""
        for other in (pr, *self.ledger.truths.values()):
            if (other.repository, other.hooked) == (pr.repository, pr.hooked):
                other.heard = at
                if not other.end:
                    self._change(other)

    # Each of these changes one pull request.

    def review(self, pr: Truth, state: str, by: Sequence[str] = (*WRITERS, OUTSIDER, APP)) -> None:
        pr.reviews.append(Review(self.dice.choice(by), state, pr.head, self._at))

    def dismiss(self, pr: Truth) -> None:
        if opinions := [review for review in pr.reviews if review.state in ("APPROVED", "CHANGES_REQUESTED")]:
            self.dice.choice(opinions).state = "DISMISSED"

    def push(self, pr: Truth) -> None:
        pr.pushed = self._at
        pr.is_queued = pr.is_behind = False
        pr.has_base_conflict = pr.has_base_conflict and self.dice.random() < 0.3
        pr.checks = "none" if pr.checks == "none" else "pending"
        changed = self.dice.choice([*pr.files, *self.dice.sample(AREAS, 2)])
        pr.files[changed] = self.dice.randrange(PARTS)
        pr.head = self._commits.head(pr)
        for review in pr.reviews if self.habits[pr.repository].dismisses_stale else ():
            if review.state == "APPROVED":
                review.state = "DISMISSED"

    def work(self, pr: Truth) -> None:
        if not pr.is_fork:
            pr.hooked = pr.hooked or f"hook-{pr.repository.replace('/', '-')}-{pr.number}"
            self._hear(pr, self._at)

    def stop(self, pr: Truth) -> None:
        if pr.hooked:
            self._hear(pr, None)


def _set(**facts: object) -> Callable[[Events, Truth], None]:
    def change(_: Events, pr: Truth) -> None:
        for name, value in facts.items():
            setattr(pr, name, value)

    return change


def _wait_for_forge(events: Events, pr: Truth) -> None:
    """Who merges once GitHub allows it, or queues, has a pull request that is ready."""
    if not pr.is_draft and not pr.has_base_conflict:
        setattr(pr, events.dice.choice(("auto_merge", "is_queued")), True)


ACTIONS: Mapping[str, tuple[int, Callable[[Events, Truth], None]]] = {
    "approved": (9, lambda events, pr: events.review(pr, "APPROVED")),
    "changes requested": (4, lambda events, pr: events.review(pr, "CHANGES_REQUESTED")),
    "commented": (2, lambda events, pr: events.review(pr, "COMMENTED")),
    "dismissed": (2, Events.dismiss),
    "checks pending": (3, _set(checks="pending")),
    "checks failing": (3, _set(checks="failing", is_queued=False)),
    "checks passing": (7, _set(checks="passing")),
    "pushed": (8, Events.push),
    "ready": (3, _set(is_draft=False)),
    "draft again": (1, _set(is_draft=True, is_queued=False, auto_merge=False)),
    "conflicts with the base": (2, _set(has_base_conflict=True, is_queued=False)),
    "undecided": (1, _set(has_base_conflict=None)),
    "waits for the forge": (2, _wait_for_forge),
    "waits no longer": (2, _set(is_queued=False, auto_merge=False)),
    "renamed": (1, lambda events, pr: setattr(pr, "title", f"{pr.title[:60]} \u202e{events.dice.random()}")),
    "agent works": (4, Events.work),
    "agent stops": (2, Events.stop),
    "merged": (2, lambda events, pr: events._end(pr, "merged")),
    "closed": (2, lambda events, pr: events._end(pr, "closed")),
}


def _repository(stream: Stream) -> str:
    name = stream.name.rpartition(" ")[2]
    return name if "/" in name else f"team/{name}"


def _real(stream: Stream) -> Iterator[tuple[datetime, str, str, PullRequest, Sequence[str]]]:
    """When each pull request was opened and ended."""
    name = _repository(stream)
    for pr in stream.pull_requests:
        if pr.created:
            yield pr.created.replace(microsecond=0), "opened", name, pr, stream.files.get(pr.number, ())
        end = pr.merged or pr.closed
        if end:
            yield end, "merged" if pr.merged else "closed", name, pr, ()
