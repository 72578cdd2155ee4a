"""Comments of people whose commands do not count: one request each, or many of them would use up the limit."""

from pr_sessions.errors import ForgeFailed
from pr_sessions.forges.github.client import GitHub
from pr_sessions.live.runner.event import Event

STRANGER = "nothing is done for a comment of somebody who may not write"


async def is_by_a_stranger(github: GitHub, event: Event) -> bool:
    """Whether the event is a comment of somebody who is known not to write to the repository; an App never asks."""
    if event.comment is None:
        return False
    author = event.comment.author
    if author.is_bot or not author.login:
        return True
    try:
        return not await github.may_write(author.login)
    except ForgeFailed:
        return False
