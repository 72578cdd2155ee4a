"""Which pull requests of the past may belong together, by author, branch and time."""

import re
from collections.abc import Collection, Iterable, Iterator
from datetime import datetime, timedelta

from msgspec.structs import replace

from pr_sessions.history.git_history import HistoricPullRequest
from pr_sessions.sessions.detection import with_agents
from pr_sessions.sessions.ids import number_order
from pr_sessions.sessions.policy import Policy
from pr_sessions.sessions.session import PullRequest

_WORD = re.compile(r"[A-Za-z0-9_-]+")


def opened(one: HistoricPullRequest) -> datetime:
    """The time of its first commit, by which its session is found."""
    return one.pull_request.created or one.when


def dated(one: HistoricPullRequest) -> PullRequest:
    """The pull request, with that time as the time of its opening."""
    return replace(one.pull_request, created=opened(one))


def linked(prs: Iterable[HistoricPullRequest], core: Collection[str], timeout: timedelta) -> list[HistoricPullRequest]:
    """The core and the earlier and later ones that its sessions may reach to, in the order of opening.

    A session goes on while the same author or the same branch does within the timeout. So the cost of recording
    grows with the days that are shown and not with the whole history.
    """
    ordered = sorted(prs, key=lambda one: (opened(one), number_order(one.pull_request.number)))
    found = set(core)
    for direction in (reversed(ordered), ordered):
        found |= set(_reached(direction, found, timeout))
    return [one for one in ordered if one.pull_request.number in found]


def _reached(ordered: Iterable[HistoricPullRequest], core: Collection[str], timeout: timedelta) -> Iterator[str]:
    last: dict[tuple[str, str | None], datetime] = {}
    for one in ordered:
        pr, at = one.pull_request, opened(one)
        keys = [key for key in (("author", pr.author), ("branch", pr.branch)) if key[1]]
        if pr.number in core or any(key in last and abs(at - last[key]) <= timeout for key in keys):
            yield pr.number
            last |= dict.fromkeys(keys, at)


def same_runs(prs: Iterable[HistoricPullRequest], core: Collection[str], policy: Policy) -> set[str]:
    """Numbers of those whose text names a run of an agent's that the core names, however far apart they are."""
    told = [one.pull_request for one in prs]
    found = (agent for pr in told if pr.number in core for agent in with_agents(pr, policy).agents)
    runs = {run for agent in found for run in agent.runs}
    return {pr.number for pr in told if not runs.isdisjoint(_words(pr))} if runs else set()


def _words(pr: PullRequest) -> Iterator[str]:
    return (word for text in (pr.body, *pr.commit_messages) for word in _WORD.findall(text))


def stretches(prs: Iterable[HistoricPullRequest], timeout: timedelta) -> Iterator[list[HistoricPullRequest]]:
    """Work of one author without a gap longer than the timeout.

    Args:
        prs: in the order of opening.
        timeout: the longest gap.
    """
    latest: dict[str, list[HistoricPullRequest]] = {}
    for one in prs:
        author = one.pull_request.author
        current = latest.setdefault(author, [])
        if current and opened(one) - opened(current[-1]) > timeout:
            yield current
            current = latest[author] = []
        current.append(one)
    yield from latest.values()
