"""What a stack of the forge's means for merging: a pull request is merged with all unmerged ones below it. Pure."""

from collections.abc import Iterable

from pr_sessions.core.models import PullRequest, State, in_stack
from pr_sessions.forges.base import ForgeStack, StackMember


def stack_of(number: str, stacks: Iterable[ForgeStack]) -> ForgeStack | None:
    """Return the stack that a pull request is in, of those that were fetched."""
    return next((stack for stack in stacks if any(member.number == number for member in stack.members)), None)


def is_lowest(pull_request: PullRequest) -> bool:
    """Return whether nothing unmerged is below it in its stack, so that it is meant for the stack's own base.

    Where a forge says neither base, they are not equal.
    """
    stack = in_stack(pull_request.stack)
    return stack is not None and bool(stack.base) and stack.base == pull_request.base


def merged_along(number: str, stack: ForgeStack) -> tuple[StackMember, ...]:
    """Return the unmerged ones below a pull request, the lowest first. A closed one keeps those above from merging."""
    below = stack.members[: _index(number, stack)]
    return tuple(member for member in below if member.state is not State.MERGED)


def open_above(number: str, stack: ForgeStack) -> tuple[StackMember, ...]:
    """Return the open ones above a pull request, the lowest first."""
    above = stack.members[_index(number, stack) + 1 :]
    return tuple(member for member in above if member.state is State.OPEN)


def _index(number: str, stack: ForgeStack) -> int:
    return [member.number for member in stack.members].index(number)
