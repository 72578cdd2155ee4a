"""What the tools print, read."""

from typing import TypeVar

import msgspec

from pr_sessions.forges.tool import ToolFailed

T = TypeVar("T")


def decoded(text: str, into: type[T], tool: str) -> T:
    """What a tool printed, as values. Raises `ToolFailed` where it is something else."""
    try:
        return msgspec.json.decode(text, type=into)
    except (msgspec.DecodeError, RecursionError) as error:
        raise ToolFailed(f"{tool} printed something else than was asked for", f"update {tool}") from error


def no_address(tool: str) -> ToolFailed:
    """It says that it opened a pull request, and not where."""
    return ToolFailed(
        f"{tool} gave no address of a pull request", "if there is one now, `pr-sessions open` finds and records it"
    )
