"""What is said below pull requests: planned as a value, then written. What is there is edited and never doubled."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from msgspec import Struct

from pr_sessions.errors import ForgeFailed
from pr_sessions.forges.github.client import GitHub
from pr_sessions.live.answers import answers
from pr_sessions.live.budget import Breach, breaches
from pr_sessions.live.digest import Subject, digest, link
from pr_sessions.live.judgement import Judgement
from pr_sessions.live.own_comments import Kind, Own, content_of, marked, own, session_key, standing, state_line
from pr_sessions.live.view import SessionView, view
from pr_sessions.sessions.policy import Commenting

EVERY = timedelta(minutes=2)
MOST_EDITS = 50
MOST_NEW = 10  # at once; the other pull requests get their line with the next events
_NOBODY = "none"
_LEFT = "This pull request is in no session."
_RESTING = f"This comment was edited {MOST_EDITS - 1} times, and rests until the session ends."
_PERMISSION = "give the job `permissions: pull-requests: write`; forks and Dependabot get a token that only reads"


class Write(Struct, frozen=True, kw_only=True):
    """A comment to write.

    Attributes:
        number: of the pull request below which it stands.
        comment: the one to edit; `None` for a new one.
    """

    number: str
    kind: Kind
    key: str
    body: str
    comment: int | None = None


class Plan(Struct, frozen=True):
    """What is to be written, and why other things are not, in words."""

    writes: tuple[Write, ...] = ()
    notes: tuple[str, ...] = ()


class Done(Struct, frozen=True):
    """What was done; `address` is where people read it."""

    number: str
    kind: Kind
    did: str
    address: str = ""


class _Wish(Struct, frozen=True, kw_only=True):
    """What a pull request should carry: the text, and the text without what time alone changes."""

    number: str
    kind: Kind
    key: str
    text: str
    lasting: str
    final: bool = False


def plan(judgement: Judgement) -> Plan:
    """What is to be written for an event. Pure."""
    if judgement.policy.comment is Commenting.NEVER:
        return Plan(notes=("comment: never",))
    if judgement.standing.is_fork and judgement.event.name != "issue_comment":
        return Plan(notes=("the token of a fork's pull request only reads",))
    replies = [
        Write(number=reply.number, kind=Kind.ANSWER, key=reply.key, body=marked(Kind.ANSWER, reply.key, reply.text))
        for reply in answers(judgement)
    ]
    slots = standing(judgement.snapshot.comments)
    wishes = list(_wishes(judgement, slots))
    told = [
        write for wish in wishes if (write := _write(wish, slots.get(wish.number), judgement.at, urgent=bool(replies)))
    ]
    new = [write for write in told if write.comment is None]
    kept = [write for write in told if write not in new[MOST_NEW:]]
    notes = () if wishes or replies else ("nothing to say: no second pull request, no overlap, no breached budget",)
    return Plan((*replies, *kept), notes)


async def apply(github: GitHub, planned: Plan) -> tuple[tuple[Done, ...], tuple[str, ...]]:
    """Writes it; what was done, and what GitHub refused, in words. After a refusal nothing more is tried."""
    done: list[Done] = []
    for write in planned.writes:
        try:
            done.append(await _said(github, write))
        except ForgeFailed as error:
            way_out = _PERMISSION if error.status in (403, 404) else error.hint
            return tuple(done), (f"the {write.kind} on #{write.number} was not written: {error}; {way_out}",)
    return tuple(done), ()


async def _said(github: GitHub, write: Write) -> Done:
    if write.comment is not None:
        comment = await github.update_comment(write.comment, write.body)
        return Done(write.number, write.kind, "edited", comment.address)
    # Another job may have been quicker, and what was read of the repository's comments may not have been all.
    for there in await github.comments(int(write.number)):
        if (told := own(there)) and _same(told, write):
            return Done(write.number, write.kind, "there already", there.address)
    comment = await github.create_comment(int(write.number), write.body)
    return Done(write.number, write.kind, "written", comment.address)


def _same(told: Own, write: Write) -> bool:
    if write.kind is Kind.ANSWER:
        return (told.kind, told.key) == (write.kind, write.key)
    return told.kind is not Kind.ANSWER


def _write(wish: _Wish, slot: Own | None, at: datetime, *, urgent: bool) -> Write | None:
    """The comment that the wish needs; `None` where it is there, or must wait."""
    content = content_of(wish.lasting)
    if slot is None:
        return _written(wish, content, 0, None)
    moved = (slot.kind, slot.key) != (wish.kind, wish.key)
    if not moved and (slot.content == content or (slot.final and wish.final)):
        return None
    urgent = urgent or moved or wish.final
    rested = slot.comment.updated is None or at - slot.comment.updated >= EVERY
    if slot.edits >= (MOST_EDITS if urgent else MOST_EDITS - 1) or not (urgent or rested):
        return None
    return _written(wish, content, slot.edits + 1, slot.comment.id)


def _written(wish: _Wish, content: str, edits: int, comment: int | None) -> Write:
    resting = edits == MOST_EDITS - 1 and not wish.final
    text = f"{wish.text}\n\n{_RESTING}" if resting else wish.text
    body = marked(wish.kind, wish.key, text, state=state_line(edits, content, final=wish.final))
    return Write(number=wish.number, kind=wish.kind, key=wish.key, body=body, comment=comment)


def _wishes(judgement: Judgement, slots: Mapping[str, Own]) -> Iterator[_Wish]:
    """What every pull request of the sessions that the event is about should carry; one that left its session, too."""
    for seen in _views(judgement, slots):
        over = _breaches(judgement, seen)
        there = any(number in slots for number in seen.session.prs)
        if there or (seen.open and (len(seen.session.prs) > 1 or seen.overlaps or over)):
            yield from _of_session(judgement, seen, over, slots)
    number = judgement.event.number
    if number in slots and judgement.live.home(number) is None:
        yield _Wish(number=number, kind=Kind.LINK, key=_NOBODY, text=_LEFT, lasting=_LEFT)


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
) -> Iterator[_Wish]:
    """The digest on one pull request, one line on the others that are open, or that carried the digest."""
    subject = Subject(
        view=seen,
        snapshot=judgement.snapshot,
        live=judgement.live,
        policy=judgement.policy,
        breaches=tuple(over),
    )
    key, anchor = session_key(seen.session.id), seen.anchor
    yield _Wish(
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
            yield _Wish(number=number, kind=Kind.LINK, key=key, text=line, lasting=line)


def _breaches(judgement: Judgement, seen: SessionView) -> tuple[Breach, ...]:
    """Of all open pull requests of the session, so that the digest is the same whichever the event is about."""
    found = [
        breach
        for number in seen.open
        for breach in breaches(number, judgement.snapshot, judgement.live, judgement.policy)
    ]
    return tuple(sorted(dict.fromkeys(found), key=lambda one: one.agent))
