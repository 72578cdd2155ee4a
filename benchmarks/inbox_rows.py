"""How many rows the inbox has when most is open: `python -m benchmarks.inbox_rows FOLDER`, in the AIDev layout."""

import re
import sys
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from benchmarks.accuracy.aidev import Record, read_archive
from pr_sessions.config.cache import load_ruleset
from pr_sessions.core.agents import Agent, Confidence, Role
from pr_sessions.core.attribution import AttributionContext
from pr_sessions.core.inbox import build_rows
from pr_sessions.core.models import PullRequest
from pr_sessions.core.open_pull_requests import OpenPullRequest, ReviewState, ReviewStatus
from pr_sessions.core.overlay import InMemorySessions
from pr_sessions.core.policy import Policy, Track
from pr_sessions.core.recording import record

if TYPE_CHECKING:
    from pr_sessions.core.collection import SessionCollection

ENOUGH = 40
NAMES = {
    "Claude_Code": "claude-code",
    "Copilot": "copilot",
    "Cursor": "cursor",
    "Devin": "devin",
    "OpenAI_Codex": "codex",
}
# The words by which GitHub links an issue: https://docs.github.com/en/issues/tracking-your-work-with-issues
_CLOSES = re.compile(r"\b(?:clos(?:e[sd]?)|fix(?:e[sd])?|resolve[sd]?):? #(\d{1,9})\b", re.IGNORECASE)


class Peak(Struct, frozen=True):
    """The moment at which most pull requests of a repository were open."""

    repository: str
    at: datetime
    open: int
    rows: int


def peaks(folder: Path) -> Iterator[Peak]:
    """Yields the peak of each repository with enough pull requests; that an agent opened each is the data's word."""
    repositories: dict[str, list[PullRequest]] = defaultdict(list)
    for records in read_archive(folder).agents.values():
        for each in records:
            repositories[each.repository].append(_pull_request(each))
    for name, prs in sorted(repositories.items()):
        if len(prs) >= ENOUGH:
            at = _busiest(prs)
            opened = list(_open_at(at, name, prs))
            yield Peak(name, at, len(opened), len(build_rows(opened)))


def _pull_request(record_of_data: Record) -> PullRequest:
    pr = record_of_data.pull_request
    agent = Agent(NAMES[record_of_data.agent], Role.OPENED, Confidence.CERTAIN)
    return replace(
        pr,
        number=pr.number.rpartition("#")[2],
        agents=(agent,),
        commits=tuple(commit.sha for commit in record_of_data.commits),
        commit_messages=tuple(commit.message for commit in record_of_data.commits),
    )


def _busiest(prs: list[PullRequest]) -> datetime:
    """Returns the first moment at which the number of open ones is greatest; who closes at a moment is not open."""
    opened = [(pr.created, 1) for pr in prs if pr.created]
    ends = [(end, -1) for pr in prs if (end := pr.closed or pr.merged)]
    count, most, at = 0, 0, opened[0][0]
    for moment, step in sorted([*opened, *ends]):
        count += step
        if count > most:
            most, at = count, moment
    return at


def _open_at(at: datetime, repository: str, prs: list[PullRequest]) -> Iterator[OpenPullRequest]:
    rules = load_ruleset(Policy(track=Track.AGENTS), None)
    sessions: SessionCollection = InMemorySessions()
    agents = {}
    known = [(pr.created, int(pr.number), pr) for pr in prs if pr.created and pr.created <= at]
    for created, _, pr in sorted(known):
        then = replace(pr, state=None, closed=None, merged=None)
        sessions, recorded = record(sessions, then, AttributionContext(at=created), rules, created)
        agents[pr.number] = recorded.agents
    for created, _, pr in known:
        end = pr.closed or pr.merged
        if end is None or end > at:
            session = sessions.for_pull_request(pr.number)
            yield OpenPullRequest(
                repository=repository,
                number=pr.number,
                author=pr.author,
                opened=created,
                session_id=session.id if session else None,
                agents=agents[pr.number],
                closes=tuple(_CLOSES.findall(pr.body)),
                review=ReviewStatus(ReviewState.NONE),
            )


if __name__ == "__main__":
    found = list(peaks(Path(sys.argv[1])))
    for peak in found:
        print(f"{peak.repository:40} {peak.open:4} open {peak.rows:4} rows")
    print(f"{len(found)} repositories: {sum(p.open for p in found)} open, {sum(p.rows for p in found)} rows")
