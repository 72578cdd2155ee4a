"""The forge's stacks that recorded pull requests stand in."""

from collections import defaultdict
from collections.abc import Mapping

from pr_sessions.core.ids import repository_of
from pr_sessions.core.models import PullRequestRecord, Stack, in_stack


def recorded_stacks(records: Mapping[str, PullRequestRecord]) -> tuple[tuple[Stack, tuple[str, ...]], ...]:
    """Return the forge's stacks that recorded pull requests stand in, each with those of them, the lowest first.

    The stack itself is as its highest one tells. Stacks are numbered by repository.
    """
    members: dict[tuple[str, int], list[tuple[Stack, str]]] = defaultdict(list)
    for number, record in records.items():
        if stack := in_stack(record.stack):
            members[repository_of(number), stack.number].append((stack, number))
    chains = (sorted(members[key]) for key in sorted(members))
    return tuple((chain[-1][0], tuple(number for _, number in chain)) for chain in chains)
