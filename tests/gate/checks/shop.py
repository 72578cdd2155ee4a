"""A repository whose checks wait, played event by event; nothing may ever pass that was not checked."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from msgspec.structs import replace

from asking import Ask, Time
from fake_github import FakeGitHub
from pr_sessions.core.times import write_time
from pr_sessions.forges.base import User
from pr_sessions.forges.github.payload import read_comment, read_pull_request
from pr_sessions.gate.assess import Assessment, assess
from pr_sessions.gate.checks.publish import Report, report, report_this_commit
from pr_sessions.gate.checks.sweep import sweep
from pr_sessions.gate.event import Event
from pr_sessions.git.repository import CONFIG
from scene import minute

CONFIGURATION = "gate: enforce\ngate.checks: [test, lint]\ngate.workflow: checks.yml\n"
CHECKS = ("test", "lint")
_PASSES = ("success", "neutral", "skipped")


class Shop:
    """One repository whose branch protection asks for `pr-sessions`; whoever moves the clock plays GitHub, too."""

    def __init__(self, fake: FakeGitHub, ask: Ask, time: Time) -> None:
        self.fake, self._ask, self._time = fake, ask, time
        fake.contents["main", CONFIG] = CONFIGURATION.encode()
        fake.permissions = {"ada": "write", "eve": "read"}
        fake.before = lambda _count: self.assert_nothing_passes_unchecked()
        self._suites = 1
        self.at(0)

    def at(self, minutes: float) -> datetime:
        """Moves the clock."""
        self._time.now = minute(minutes)
        self.fake.now = write_time(self._time.now)
        return self._time.now

    def opened(self, number: int, sha: str = "", *, fork: bool = False, title: str = "", body: str = "") -> Event:
        """An agent opens a pull request."""
        self.fake.add_pull(number, title or f"auto-pr: {number}", self.fake.now, "cursor[bot]", body=body or None)
        row = self.fake.pulls[number]
        row["user"]["type"] = "Bot"
        row["head"]["sha"] = sha or f"{number:040x}"
        if fork:
            row["head"]["repo"] = {**row["head"]["repo"], "full_name": "eve/shop"}
        return self.event(number, "opened")

    def pushed(self, number: int, sha: str) -> Event:
        """Another commit on its branch."""
        self.fake.pulls[number]["head"]["sha"] = sha
        self.fake.pulls[number]["updated_at"] = self.fake.now
        return self.event(number, "synchronize")

    def approved(self, number: int, by: str = "ada") -> Event:
        """Somebody approves its last commit."""
        review = self.fake.description.example("pull-request-review-items")[0]
        review |= {"id": 1 + len(self.fake.reviews.get(number, [])), "state": "APPROVED"}
        review |= {"user": review["user"] | {"login": by, "type": "User"}, "submitted_at": self.fake.now}
        review["commit_id"] = self.fake.pulls[number]["head"]["sha"]
        self.fake.pulls[number]["updated_at"] = self.fake.now
        self.fake.reviews.setdefault(number, []).append(review)
        return self.event(number, "submitted", "pull_request_review")

    def said(self, number: int, body: str, by: str = "ada") -> Event:
        """Somebody comments."""
        made = self.fake.add_comment(number, body, by, self.fake.now)
        self.fake.pulls[number]["updated_at"] = self.fake.now
        told = self.event(number, "created", "issue_comment", comment=read_comment(made))
        return replace(told, sha="", pull_request=None)

    def event(self, number: int, action: str, name: str = "pull_request", **told: Any) -> Event:
        """What GitHub tells of a pull request as it is."""
        one = read_pull_request(self.fake.pulls[number])
        known = {"number": str(number), "sha": one.head_sha, "pull_request": one, "sender": User("ada", 1, "User")}
        return Event(name=name, action=action, repository="ada/shop", at=self._time.now, **known | told)

    def checked(self, event: Event) -> Report:
        """`gate check`."""
        return self._call(lambda github: report(github, event, self._time.now))

    def reported(self, event: Event) -> Report:
        """`gate finish`."""
        return self._call(lambda github: report_this_commit(github, event, self._time.now))

    def swept(self) -> Report:
        """`gate sweep`."""
        return self._call(lambda github: sweep(github, self._time.now))

    def assessed(self, event: Event) -> Assessment:
        """`gate decide`."""
        return self._call(lambda github: assess(github, event, self._time.now))

    def ran(self, sha: str, conclusion: str | None = "success") -> None:
        """One run of the team's workflow on a commit."""
        self._suites += 1
        for name in CHECKS:
            self.fake.add_run(sha, name, conclusion, suite=self._suites)

    def ours(self, sha: str) -> tuple[str, str | None, str] | None:
        """Status, conclusion and memory of our check run, as branch protection sees it."""
        told = self._latest(sha)
        return (told["status"], told["conclusion"], told["external_id"]) if told else None

    def mergeable(self, sha: str) -> bool:
        """Whether branch protection lets a commit through."""
        told = self._latest(sha)
        return told is not None and told["conclusion"] in _PASSES

    def assert_nothing_passes_unchecked(self) -> None:
        """A commit that may be merged has run every check, and each has succeeded there."""
        for sha in {check["head_sha"] for check in self.fake.checks.values() if check["name"] == "pr-sessions"}:
            runs = [c for c in self.fake.checks.values() if c["head_sha"] == sha]
            passed = {c["name"] for c in runs if c["conclusion"] == "success" and c["external_id"].startswith("job-")}
            if self.mergeable(sha) and not passed.issuperset(CHECKS):
                self.fake.broken.append(f"{sha} may be merged, and was not checked")

    def assert_nothing_merges_unchecked(self) -> None:
        """What merges with a commit that may be merged has been checked, too, unless GitHub merges nothing there."""
        for members in (self.fake.stacks or {}).values():
            rows = [self.fake.pulls[number] for number in members]
            unmerged = [row for row in rows if row["merged_at"] is None]
            for above, row in enumerate(unmerged):
                along = unmerged[:above]
                if all(each["state"] == "open" for each in (*along, row)) and self.mergeable(row["head"]["sha"]):
                    unchecked = [each["number"] for each in along if not self._is_checked(each["head"]["sha"])]
                    self.fake.broken += [f"#{row['number']} may be merged with #{number}" for number in unchecked]

    def _is_checked(self, sha: str) -> bool:
        passed = {c["name"] for c in self.fake.checks.values() if (c["head_sha"], c["conclusion"]) == (sha, "success")}
        return passed.issuperset(CHECKS)

    def _latest(self, sha: str) -> dict[str, Any] | None:
        app = self.fake.app
        found = [c for c in self.fake.checks.values() if (c["head_sha"], c["name"]) == (sha, "pr-sessions")]
        return max((c for c in found if c["app"]["slug"] == app), key=lambda check: check["id"], default=None)

    def _call(self, work: Callable[[Any], Any]) -> Any:
        done = self._ask(work)
        self.assert_nothing_passes_unchecked()
        self.assert_nothing_merges_unchecked()
        return done
