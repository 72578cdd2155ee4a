"""What each pull request should carry of what is told of its session. Pure."""

from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct

from pr_sessions.live.budget import Breach, breaches
from pr_sessions.live.comments.digest import Subject, digest, link
from pr_sessions.live.comments.own import Kind, Own, session_key
from pr_sessions.live.judgement import Judgement
from pr_sessions.live.view import SessionView, view

_NOBODY = "none"
_LEFT = "This pull request is in no session."


class Wish(Struct, frozen=True, kw_only=True):
    """What a pull request should carry: the text, and the text without what time alone changes."""

    number: str
    kind: Kind
    key: str
    text: str
    lasting: str
    final: bool = False


def wishes(judgement: Judgement, slots: Mapping[str, Own]) -> Iterator[Wish]:
    """What every pull request of the sessions that the event is about should carry; one that left its session, too."""
    for seen in _views(judgement, slots):
        over = _breaches(judgement, seen)
        there = any(number in slots for number in seen.session.prs)
        if there or (seen.open and (len(seen.session.prs) > 1 or seen.overlaps or over)):
            yield from _of_session(judgement, seen, over, slots)
    number = judgement.event.number
    if number in slots and judgement.live.home(number) is None:
        yield Wish(number=number, kind=Kind.LINK, key=_NOBODY, text=_LEFT, lasting=_LEFT)


def _views(judgement: Judgement, slots: Mapping[str, Own]) -> Iterator[SessionView]:
    """The event's session, and all those of which one is told where another one stands: they joined or lost a part."""
    live, number = judgement.live, judgement.event.number
    told = judgement.view.session.prs if judgement.view else ()
    keys = {slots[one].key for one in (number, *told) if one in slots}
    sessions = [live.home(one) for one, slot in slots.items() if slot.key in keys]
    found = {session.id: session for session in (live.home(number), *sessions) if session}
    for session in found.values():
        yield view(session, judgement.snapshot, live, judgement.policy)


def _of_session(
    judgement: Judgement, seen: SessionView, over: Sequence[Breach], slots: Mapping[str, Own]
) -> Iterator[Wish]:
    """The digest on one pull request, one line on the others that are open, or that carried the digest."""
    subject = Subject(
        view=seen,
        snapshot=judgement.snapshot,
        live=judgement.live,
        policy=judgement.policy,
        breaches=tuple(over),
    )
    key, anchor = session_key(seen.session.id), seen.anchor
    yield Wish(
        number=anchor,
        kind=Kind.DIGEST,
        key=key,
        text=digest(subject, judgement.at),
        lasting=digest(subject, None),
        final=seen.session.completion is not None,
    )
    line = link(seen.session.id, anchor)
    for number in seen.session.prs:
        carried = number in slots and slots[number].kind is Kind.DIGEST
        if number != anchor and (number in seen.open or carried):
            yield Wish(number=number, kind=Kind.LINK, key=key, text=line, lasting=line)


def _breaches(judgement: Judgement, seen: SessionView) -> tuple[Breach, ...]:
    """Of all open pull requests of the session, so that the digest is the same whichever the event is about."""
    found = [
        breach
        for number in seen.open
        for breach in breaches(number, judgement.snapshot, judgement.live, judgement.policy)
    ]
    return tuple(sorted(dict.fromkeys(found), key=lambda one: one.agent))
