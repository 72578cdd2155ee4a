"""Which sessions are told of in words that are old, by our own comments: what no event has brought up to date. Pure."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from pr_sessions.live.comments.answers import unanswered
from pr_sessions.live.comments.own import Own, content_of, standing
from pr_sessions.live.comments.wishes import NOBODY, Look, Wish, is_in_place, is_urgent, of_session
from pr_sessions.live.reading.lately import ended_lately
from pr_sessions.sessions.ids import number_order

# What ended longer ago is left as it is until something happens to it.
BACK = timedelta(hours=6)


def behind(look: Look, app: str) -> tuple[str, ...]:
    """The pull requests to look at: one of each session whose comments lack something, of which nothing rests.

    Those, too, that carry a comment although they left their session, and that carry a command without an answer.
    """
    slots = standing(look.snapshot.comments, app)
    homes = {n: home for n in look.snapshot.pull_requests if (home := look.live.home(n))}
    late = {home.id: home for home in homes.values() if ended_lately(home, look.at, BACK)}
    told = [
        session.prs[0]
        for session in late.values()
        if any(_lacks(wish, slots.get(wish.number), look.at) for wish in of_session(look, session, slots))
    ]
    found = {*told, *_left(look, slots), *(command.number for command in unanswered(look.snapshot, app))}
    return tuple(sorted(found, key=number_order))


def in_turn(numbers: tuple[str, ...], at: datetime, most: int) -> tuple[str, ...]:
    """As many of them as that; others at another time, so that none keeps the rest from their turn."""
    if len(numbers) <= most:
        return numbers
    first = int(at.timestamp() // 600) * most % len(numbers)
    return (numbers[first:] + numbers[:first])[:most]


def _lacks(wish: Wish, slot: Own | None, at: datetime) -> bool:
    if slot is None:
        return True
    if is_in_place(wish, slot) and (slot.outline == content_of(wish.outline) or (slot.final and wish.final)):
        return False
    return is_urgent(wish, slot) or not slot.rests(at)


def _left(look: Look, slots: Mapping[str, Own]) -> Iterator[str]:
    """Those that carry a comment about a session, and are in none."""
    for number, slot in slots.items():
        if number in look.snapshot.pull_requests and look.live.home(number) is None and slot.key != NOBODY:
            yield number
