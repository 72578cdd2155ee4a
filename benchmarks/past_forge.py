"""A GitHub on loopback that tells at any moment what it would have told then; filled with real pull requests."""

import json
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from benchmarks.accuracy.aidev import read_archive
from pr_sessions.config.cache import load_ruleset
from pr_sessions.core.detection import detect
from pr_sessions.core.models import PullRequest
from pr_sessions.core.policy import Policy
from pr_sessions.core.times import read_time, write_time

TESTS = Path(__file__).parents[1] / "tests"
sys.path[:0] = [str(TESTS), str(TESTS / "forges")]

from descriptions import description  # noqa: E402 - found only by now
from fake_github import FakeGitHub, Reply  # noqa: E402 - as above


class Stream(Struct, frozen=True):
    """Pull requests of one repository."""

    name: str
    pull_requests: tuple[PullRequest, ...]
    files: Mapping[str, tuple[str, ...]] = {}


class PastForge(FakeGitHub):
    """One repository as it was at `moment`."""

    def __init__(self, stream: Stream) -> None:
        super().__init__(description())
        self.moment = datetime.max.replace(tzinfo=UTC)
        for pr in stream.pull_requests:
            self._add(pr, stream.files.get(pr.number, ("unknown.py",)))
            self.permissions[pr.author] = "write"

    def as_it_was(self, number: int) -> dict[str, Any]:
        """A pull request as it stood at the moment."""
        row = self.pulls[number]
        closed, merged = (self._past(row[key]) for key in ("closed_at", "merged_at"))
        return row | {"closed_at": closed, "merged_at": merged, "state": "closed" if closed else "open"}

    def list_pulls(self, names: dict[str, str], asked: dict[str, str], told: Any) -> Reply:
        everything = self.pulls
        self.pulls = {n: self.as_it_was(n) for n, row in everything.items() if self._past(row["created_at"])}
        try:
            return super().list_pulls(names, asked, told)
        finally:
            self.pulls = everything

    def get_pull(self, names: dict[str, str], asked: dict[str, str], told: Any) -> Reply:
        everything = self.pulls
        self.pulls = {n: self.as_it_was(n) for n, row in everything.items() if self._past(row["created_at"])}
        try:
            return super().get_pull(names, asked, told)
        finally:
            self.pulls = everything

    def _past(self, moment: str | None) -> str | None:
        return moment if moment and read_time(moment) <= self.moment else None

    def _add(self, pr: PullRequest, files: tuple[str, ...]) -> None:
        number = int(pr.number.rpartition("#")[2])
        assert pr.created
        ends = {"closed_at": _text(pr.closed), "merged_at": _text(pr.merged)}
        self.add_pull(number, pr.title, write_time(pr.created), pr.author or None, body=pr.body or None, **ends)
        row = self.pulls[number]
        row["state"] = "closed" if pr.closed else "open"
        row["head"]["ref"] = pr.branch or f"work-{number}"
        row["head"]["sha"] = f"{number:040x}"
        if row["user"]:
            row["user"]["type"] = "Bot" if pr.author.endswith("[bot]") or pr.author == "Copilot" else "User"
            row["user"]["id"] = pr.author_id or row["user"]["id"]
        self.files[number] = [self.file(path) for path in files]


def original(folder: Path) -> Stream:
    """The 375 pull requests of one team."""
    rows = [json.loads(line) for line in (folder / "pull_requests.jsonl").read_bytes().splitlines()]
    files = {str(row["number"]): tuple(row["files"]) for row in rows}
    told = (
        PullRequest(
            number=str(row["number"]),
            title=row["title"] or "",
            body=row["body"] or "",
            author=row["author"] or "",
            branch=row["branch"],
            created=read_time(row["created_at"]),
        )
        for row in rows
    )
    return Stream("original", tuple(told), files)


def busiest_day(folder: Path) -> Iterator[Stream]:
    """The pull requests of the day with the most that are seen to be automatic, one stream a repository."""
    found: dict[date, dict[str, list[PullRequest]]] = defaultdict(lambda: defaultdict(list))
    automatic: Counter[date] = Counter()
    rules = load_ruleset(Policy(), None)
    for record in (record for records in read_archive(folder).agents.values() for record in records):
        # A forge's list of pull requests does not tell of commits.
        pr = replace(record.pull_request, commits=(), commit_messages=(), commit_authors=())
        if pr.created:
            found[pr.created.date()][record.repository].append(pr)
            automatic[pr.created.date()] += detect(pr, rules).is_auto
    day = automatic.most_common(1)[0][0]
    for repository, told in sorted(found[day].items()):
        yield Stream(f"{day} {repository}", tuple(told))


def _text(moment: datetime | None) -> str | None:
    return write_time(moment) if moment else None
