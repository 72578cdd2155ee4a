"""Asks GitHub for what tells of the sessions that go on, or ended lately."""

import asyncio
from collections.abc import Collection
from datetime import datetime, timedelta

from pr_sessions.forges.github.client import GitHub
from pr_sessions.live.reading.snapshots import MOST_PEOPLE_IN_ALL, PAGES_FOR_BUDGET, Reading
from pr_sessions.live.rebuild import Live
from pr_sessions.live.snapshot import Snapshot
from pr_sessions.sessions.policy import Policy
from pr_sessions.sessions.session import Session


async def read_lately(github: GitHub, policy: Policy, now: datetime, back: timedelta) -> Snapshot:
    """What tells of the sessions that go on, or ended no longer ago than that; no list of files.

    Five requests or so, and one for each further page within the time of these sessions, and for each person who has a
    say in one.
    """
    reading = Reading(github, policy, now, MOST_PEOPLE_IN_ALL)
    telling = reading.telling
    await asyncio.gather(reading.ask_document(), reading.older.ask(lambda: now))

    def numbers(live: Live) -> Collection[str]:
        return [n for n in telling.pull_requests if (home := live.home(n)) and ended_lately(home, now, back)]

    def since(live: Live) -> datetime | None:
        homes = [live.home(number) for number in numbers(live)]
        return min((home.started for home in homes if home and home.started), default=None)

    await reading.until_nothing_lacks(numbers, since)
    if policy.open_budget is not None and not reading.older.reaches_all:
        await telling.ask_open(PAGES_FOR_BUDGET)
    return telling.snapshot()


def ended_lately(session: Session, now: datetime, back: timedelta) -> bool:
    """Whether a session goes on, or ended no longer ago than that."""
    return session.completion is None or now - session.completion.at <= back
