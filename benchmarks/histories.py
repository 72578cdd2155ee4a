"""`python -m benchmarks.histories [--count N] [--seed FIRST]`: random histories of real branches with real git.

Several clones of one bare repository record, merge, rebase, cherry-pick, revert, stash and pull by chance. What every
recording acknowledged goes into a ledger of its own, and what every correction by hand acknowledged; people correct the
same pull request on two branches and in two clones. A history fails by a conflict, or where the clones, once they have
pulled from each other, do not know a pull request that the ledger has, or have it elsewhere than the latest correction
put it.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

from msgspec import Struct

from pr_sessions import PullRequest, Tracker, open_tracker
from pr_sessions.core.paths import SESSION_FILE
from pr_sessions.git.repository import ARCHIVE, CONFIG
from pr_sessions.storage.files.collection import FileSessions
from pr_sessions.storage.files.merge import merge_apart
from pr_sessions.storage.files.session_file import parse
from pr_sessions.tracker.corrections import Moved

START = datetime(2025, 11, 22, 10, tzinfo=UTC)
BRANCHES = ("main", "red", "blue")
CLONES = ("one", "two", "three")
STEPS = 18


class Outcome(Struct):
    """What came of one history: what git was asked to do, its conflicts, and the pull requests that are gone.

    Attributes:
        archived: the months of which a committed archive is there at the end.
    """

    steps: dict[str, int]
    conflicts: list[str]
    lost: list[str]
    recorded: int
    archived: int = 0


class History:
    """One random history in a folder of its own."""

    def __init__(self, folder: Path, seed: int, keep_days: int | None = None) -> None:
        self.folder = folder
        self.keep_days = keep_days
        self.random = Random(seed)  # noqa: S311 - a game, not a secret
        self.minutes = 0
        self.collection: dict[str, str] = {}
        self.corrected: dict[str, str | None] = {}
        self.outcome = Outcome({}, [], [], 0)

    def play(self) -> Outcome:
        """Sets up, plays, lets the clones meet, and counts."""
        self._set_up()
        for _ in range(STEPS):
            clone = self.folder / self.random.choice(CLONES)
            move = self.random.choice(MOVES)
            self.outcome.steps[move.__name__] = self.outcome.steps.get(move.__name__, 0) + 1
            move(self, clone)
        self._meet()
        self.outcome.recorded, self.outcome.archived = len(self.collection), len(self._months())
        self.outcome.lost += [f"{number}: {where}" for number, where in self.collection.items() if self._misses(number)]
        self.outcome.lost += self._misplaced()
        return self.outcome

    def record(self, clone: Path) -> None:
        """A pull request, sometimes an end, and a commit with code beside it."""
        self.work(clone)
        self.commit(clone)

    def work(self, clone: Path) -> None:
        """What is in the tree before a commit; no two clones ever write the same code."""
        # Where sessions are archived after days, a step takes hours.
        self.minutes += self.random.randint(1, 50) * (60 if self.keep_days else 1)
        number = str(self.random.randint(1, 12)) if self.random.random() < 0.2 else str(100 + len(self.collection))
        tracker = self._tracker(clone)
        author = self.random.choice(("ada", "bob"))
        told = PullRequest(number=number, title="auto-pr: x", author=author, files_changed=self.minutes)
        recorded = tracker.record(told).recorded
        home = recorded.session.id if recorded.session else "no session"
        self.collection[number] = f"{home} in {clone.name}"
        if self.random.random() < 0.3:
            tracker.complete()
        (clone / f"code-{len(self.collection)}-{self.minutes}.py").write_text("pass\n")

    def correct(self, clone: Path) -> None:
        """Two hands put a pull request elsewhere in two clones, the first unheard by the second, which is later."""
        numbers = [*self.corrected][-2:] or [*self.collection][:2]
        if numbers:
            number = self.random.choice(numbers)
            for place in (clone, self._other(clone)):
                self._put_elsewhere(place, number)
                self.commit(place)

    def _put_elsewhere(self, clone: Path, number: str) -> None:
        self.minutes += 1
        hand, collection = self._tracker(clone), self._tracker(clone).sessions()
        home, sessions = collection.for_pull_request(number), sorted(session.id for session in collection)
        is_known = home is not None or collection.unattributed(number) is not None
        way = self.random.choice(("link", "unlink", "new")) if is_known else "link"
        if way == "unlink":
            self._note(hand.unlink(number))
        elif way == "new":
            self._note(hand.move(number))
        elif others := [i for i in sessions if home is None or i != home.id]:
            self._note(hand.link(number, self.random.choice(others)))

    def _note(self, moved: Moved) -> None:
        """What a hand had said here before is no later correction."""
        if moved.changed:
            self.corrected[moved.number] = moved.after

    def merge_apart(self, clone: Path) -> None:
        """A hand makes one of two sessions, somewhere else another one of two others."""
        self.minutes += 1
        tracker = self._tracker(clone)
        sessions = [session.id for session in tracker.sessions()]
        if len(sessions) > 3:
            tracker.merge(*self.random.sample(sessions, 2))
            self.commit(clone)

    def switch(self, clone: Path) -> None:
        self.git(clone, "checkout", "-q", self.random.choice(BRANCHES))

    def merge(self, clone: Path) -> None:
        self.join(clone, "merge", "-q", "--no-edit", self.random.choice(BRANCHES))

    def rebase(self, clone: Path) -> None:
        self.join(clone, "rebase", "-q", self.random.choice(BRANCHES))

    def cherry_pick(self, clone: Path) -> None:
        branch = self.random.choice(BRANCHES)
        if not self.is_first(clone, branch):
            self.join(clone, "cherry-pick", "--allow-empty", "--keep-redundant-commits", branch)

    def revert(self, clone: Path) -> None:
        if not self.is_first(clone, "HEAD"):
            self.join(clone, "revert", "--no-edit", "HEAD")

    def is_first(self, clone: Path, commit: str) -> bool:
        """Taking back the commit that set everything up is no history, but the end of it."""
        return self.git(clone, "rev-parse", "-q", "--verify", f"{commit}^", check=False).returncode != 0

    def stash(self, clone: Path) -> None:
        """What was recorded is stashed, and comes back on another branch."""
        self.work(clone)
        self.git(clone, "stash", "-q", "-u")
        self.switch(clone)
        self.join(clone, "stash", "pop", "-q")
        self.commit(clone)

    def pull(self, clone: Path) -> None:
        other = self._other(clone)
        self.join(clone, "pull", "-q", "--no-rebase", "--no-edit", str(other), self.random.choice(BRANCHES))

    def commit(self, clone: Path) -> None:
        self.git(clone, "add", "-A")
        self.git(clone, "commit", "-q", "--allow-empty", "-m", f"at {self.minutes}")

    def join(self, clone: Path, *arguments: str) -> None:
        """A command of git's that may conflict. A revert of a merge, say, is refused, and no conflict."""
        done = self.git(clone, *arguments, check=False)
        unmerged = self.git(clone, "ls-files", "-u").stdout
        if SESSION_FILE in unmerged or ARCHIVE in unmerged:
            self.outcome.conflicts.append(f"git {' '.join(arguments[:2])}: {done.stderr.strip()}")
        if done.returncode:
            for command in ("merge", "rebase", "cherry-pick", "revert"):
                self.git(clone, command, "--abort", check=False)
            self.git(clone, "reset", "-q", "--hard")

    def git(self, clone: Path, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        return subprocess.run(["git", *arguments], cwd=clone, check=check, capture_output=True, text=True)

    def _set_up(self) -> None:
        first = self.folder / CLONES[0]
        first.mkdir(parents=True)
        self.git(first, "init", "-q", "-b", "main")
        self._settle(first)
        if self.keep_days:
            with (first / CONFIG).open("a") as config:
                config.write(f"keep_days: {self.keep_days}\n")
        self.commit(first)
        for branch in BRANCHES[1:]:
            self.git(first, "branch", branch)
        for name in CLONES[1:]:
            self.git(self.folder, "clone", "-q", CLONES[0], name)
            for branch in BRANCHES[1:]:
                self.git(self.folder / name, "branch", branch, f"origin/{branch}")
            self._settle(self.folder / name)

    def _settle(self, clone: Path) -> None:
        """A name, and `init`, which registers the merge driver."""
        self.git(clone, "config", "user.name", "Ada")
        self.git(clone, "config", "user.email", "ada@example.com")
        command = [sys.executable, "-m", "pr_sessions", "init", "--time-zone", "UTC"]
        subprocess.run(command, cwd=clone, check=True, capture_output=True)

    def _meet(self) -> None:
        """Every clone commits what it knows; the first one takes all branches of all."""
        for name in CLONES:
            clone = self.folder / name
            self._tracker(clone).keep()
            self.commit(clone)
        first = self.folder / CLONES[0]
        for name in CLONES:
            for branch in BRANCHES:
                self.join(first, "pull", "-q", "--no-rebase", "--no-edit", str(self.folder / name), branch)

    def _other(self, clone: Path) -> Path:
        return self.folder / self.random.choice([name for name in CLONES if name != clone.name])

    def _tracker(self, clone: Path) -> Tracker:
        return open_tracker(clone, environ={}, clock=lambda: START + timedelta(minutes=self.minutes))

    def _committed(self) -> FileSessions:
        """The committed files alone, without the clone's own documents."""
        first = self.folder / CLONES[0]
        told = [self.git(first, "show", f"HEAD:{name}").stdout for name in (SESSION_FILE, *self._months())]
        return merge_apart([FileSessions(parse(text.encode(), "committed")) for text in told])

    def _months(self) -> list[str]:
        listed = self.git(self.folder / CLONES[0], "ls-tree", "--name-only", "HEAD", f"{ARCHIVE}/")
        return listed.stdout.split()

    def _misses(self, number: str) -> bool:
        collection = self._committed()
        return collection.for_pull_request(number) is None and collection.unattributed(number) is None

    def _misplaced(self) -> list[str]:
        """Corrections that the latest one should have won; a session that became part of another one is that one."""
        collection, wrong = self._committed(), []
        for number, wanted in self.corrected.items():
            home, right = collection.for_pull_request(number), collection.get(wanted) if wanted else None
            if (home.id if home else None) != (right.id if right else None):
                wrong.append(f"{number}: corrected to {wanted}, found in {home.id if home else 'no session'}")
        return wrong


MOVES = (
    History.record,
    History.record,
    History.record,
    History.correct,
    History.correct,
    History.merge_apart,
    History.switch,
    History.merge,
    History.rebase,
    History.cherry_pick,
    History.revert,
    History.stash,
    History.pull,
)


def play(seed: int, keep_days: int | None = None) -> Outcome:
    """One history, gone from the disk afterwards; with `keep_days` a long one in which sessions are archived."""
    with tempfile.TemporaryDirectory() as folder:
        return History(Path(folder) / "with space", seed, keep_days).play()


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.histories", description="Random histories with real git."
    )
    parser.add_argument("--count", type=int, default=200, help="how many")
    parser.add_argument("--seed", type=int, default=1, help="of the first one")
    asked = parser.parse_args(arguments)
    count, first = asked.count, asked.seed
    os.environ |= {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    steps: dict[str, int] = {}
    conflicts = lost = recorded = 0
    for seed in range(first, first + count):
        outcome = play(seed)
        steps = {name: steps.get(name, 0) + outcome.steps.get(name, 0) for name in {*steps, *outcome.steps}}
        conflicts, lost = conflicts + len(outcome.conflicts), lost + len(outcome.lost)
        recorded += outcome.recorded
        for what in (*outcome.conflicts, *outcome.lost):
            print(f"seed {seed}: {what}", flush=True)
    print(", ".join(f"{name} {steps[name]}" for name in sorted(steps)))
    print(f"{count} histories, {recorded} pull requests: {conflicts} conflicts, {lost} lost")
    return 1 if conflicts or lost else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
