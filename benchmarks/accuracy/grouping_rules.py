"""Every way of putting pull requests into sessions that is compared: baselines, bases, and what was looked for."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime

from benchmarks.accuracy.known_sessions import session_of
from pr_sessions.core.evidence_text import find_mark
from pr_sessions.core.ids import number_order
from pr_sessions.core.models import PullRequest
from pr_sessions.core.policy import Policy
from pr_sessions.core.similarity import together, trace

Rule = Callable[[Sequence[PullRequest]], Mapping[str, str]]
ONE_EACH = "one pull request, one session"
BY_TIME = "30 minutes per repository and author"
SHARED_COMMITS = "shared commits"
SCORED = "scored, with text"


def one_each(pull_requests: Sequence[PullRequest]) -> Mapping[str, str]:
    """Every pull request is a session of its own."""
    return {pr.number: pr.number for pr in pull_requests}


def by_time(pull_requests: Sequence[PullRequest]) -> Mapping[str, str]:
    """Work of one author without a gap longer than the timeout, as the basis `time` does it."""
    last: dict[str, tuple[datetime, str]] = {}
    found: dict[str, str] = {}
    for pr in _by_opening(pull_requests):
        at, label = last.get(pr.author, (_opened(pr), pr.number))
        found[pr.number] = label if _opened(pr) - at <= Policy().timeout else pr.number
        last[pr.author] = _opened(pr), found[pr.number]
    return found


def by_name(name: Callable[[PullRequest], str | None]) -> Rule:
    """Those for which the same name is told stand together; one without a name stands alone."""

    def rule(pull_requests: Sequence[PullRequest]) -> Mapping[str, str]:
        return {pr.number: f"name {told}" if (told := name(pr)) else pr.number for pr in pull_requests}

    return rule


def by_similarity(*, text: bool) -> Rule:
    """Those that the scored rule puts together, directly or through others."""

    def rule(pull_requests: Sequence[PullRequest]) -> Mapping[str, str]:
        traces = [trace(pr, _opened(pr), text=text) for pr in pull_requests]
        return _joined([pr.number for pr in pull_requests], together(traces))

    return rule


RULES: Mapping[str, Rule] = {
    ONE_EACH: one_each,
    BY_TIME: by_time,
    "basis manual": by_name(lambda _: None),  # the data has no corrections and no hooks
    "basis hook": by_name(lambda _: None),
    "basis agent_run": by_name(session_of),
    "basis marker": by_name(lambda pr: mark.session_id if (mark := find_mark(pr.title, pr.body)) else None),
    "basis workspace": by_name(lambda pr: pr.branch),
    "basis time": by_time,
    SHARED_COMMITS: by_similarity(text=False),
    SCORED: by_similarity(text=True),
}


def _joined(numbers: Iterable[str], pairs: Iterable[tuple[str, str]]) -> Mapping[str, str]:
    """Each number's group, named by one of its members; pairs join groups."""
    members = {number: [number] for number in numbers}
    for one, other in pairs:
        if members[one] is not members[other]:
            members[one] += members[other]
            members.update(dict.fromkeys(members[other], members[one]))
    return {number: min(group, key=number_order) for number, group in members.items()}


def _by_opening(pull_requests: Sequence[PullRequest]) -> list[PullRequest]:
    return sorted(pull_requests, key=lambda pr: (_opened(pr), number_order(pr.number)))


def _opened(pull_request: PullRequest) -> datetime:
    return pull_request.created or datetime.min.replace(tzinfo=UTC)
