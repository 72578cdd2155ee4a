"""The open pull requests of a session, in the order in which they are reviewed and merged."""

from collections.abc import Mapping
from datetime import UTC, datetime

from pr_sessions.core.history import HistoricPullRequest
from pr_sessions.core.ids import number_order, repository_of
from pr_sessions.core.models import PullRequest, PullRequestRecord, State
from pr_sessions.core.relations import review_order, stacks

_NO_TIME = datetime.fromtimestamp(0, UTC)


def open_in_review_order(records: Mapping[str, PullRequestRecord]) -> tuple[str, ...]:
    """Return the numbers of those that are open, or whose state is unknown, of the clone's own repository."""
    ordered = sorted(records, key=number_order)
    numbers = [n for n in ordered if not repository_of(n) and records[n].state in (State.OPEN, None)]
    chains = stacks([_as_historic(number, records[number]) for number in numbers])
    return review_order(numbers, {number: records[number].files_changed for number in numbers}, chains)


def common_base(records: Mapping[str, PullRequestRecord], numbers: tuple[str, ...]) -> str | None:
    """Return the branch that pull requests are meant for in the end: no branch of one of them. `None` if unknown."""
    branches = {records[number].branch for number in numbers}
    return next((base for n in numbers if (base := records[n].base) is not None and base not in branches), None)


def meant_elsewhere(records: Mapping[str, PullRequestRecord], numbers: tuple[str, ...]) -> dict[str, str]:
    """Return, of pull requests meant for another branch than the common one, that branch by number."""
    branches = {records[number].branch for number in numbers} | {common_base(records, numbers), None}
    return {number: base for number in numbers if (base := records[number].base) not in branches and base is not None}


def _as_historic(number: str, record: PullRequestRecord) -> HistoricPullRequest:
    pull_request = PullRequest(number=number, branch=record.branch, base=record.base, stack=record.stack)
    return HistoricPullRequest(pull_request, "", record.created or _NO_TIME, (), (), "squash")
