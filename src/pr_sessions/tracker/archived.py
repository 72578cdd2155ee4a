"""What a change has to know of archived sessions, so that the archives it does not need stay closed."""

from collections.abc import Collection
from datetime import datetime, timedelta

from pr_sessions.sessions.lifecycle import idle_time
from pr_sessions.sessions.policy import Policy
from pr_sessions.stores.archives import Wanted
from pr_sessions.stores.book import Book


def wanted(
    book: Book, policy: Policy, now: datetime, names: Collection[str], number: str, at: datetime | None
) -> Wanted:
    """What is to be looked for in archives.

    Args:
        book: what is not archived.
        policy: says when a session runs out, and what is archived.
        now: the time of the change.
        names: the sessions that the change, or a marker, names.
        number: the pull request that it is about; empty for none.
        at: when it happens; `None` where no session is looked for by its time.
    """
    asked = {i for i in names if book.get(i) is None}
    # Another branch's file may still show as active what has ended long ago.
    asked.update(s.id for s in book.active() if idle_time(s, now) > policy.timeout)
    home = book.holding(number) if number else None
    if number and (home is None or number not in home.pull_requests):
        asked.add(number)
    return Wanted(frozenset(asked), since=_reach(at, now, policy))


def _reach(at: datetime | None, now: datetime, policy: Policy) -> datetime | None:
    """From when on archived sessions may have been alive around a time; `None` where none is that young."""
    if at is None:
        return None
    reach = at - policy.timeout
    return None if policy.keep_days and reach >= now - timedelta(days=policy.keep_days) else reach
