"""What is said below pull requests: planned as a value, then written. What is there is edited and never doubled."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from pr_sessions.errors import ForgeFailed
from pr_sessions.forges.github.client import GitHub
from pr_sessions.forges.github.payload import Comment
from pr_sessions.live.comments.answers import answers
from pr_sessions.live.comments.own import Kind, Own, content_of, marked, own, standing, state_line
from pr_sessions.live.comments.wishes import Wish, wishes
from pr_sessions.live.judgement import Judgement
from pr_sessions.sessions.policy import Commenting

EVERY = timedelta(minutes=2)
MOST_EDITS = 50
MOST_NEW = 10  # at once; the other pull requests get their line with the next events
_RESTING = f"This comment was edited {MOST_EDITS - 1} times, and rests until the session ends."
_PERMISSION = "give the job `permissions: pull-requests: write`; forks and Dependabot get a token that only reads"


class Write(Struct, frozen=True, kw_only=True):
    """A comment to write.

    Attributes:
        number: of the pull request below which it stands.
        key: the session's id, or the id of the comment that is answered.
        content: what it says apart from the time, as a short hash; empty for an answer, which nobody edits.
        edits: how often it was edited, with this time.
        final: whether it says that its session completed.
        comment: the one to edit; `None` for a new one.
    """

    number: str
    kind: Kind
    key: str
    text: str
    content: str = ""
    edits: int = 0
    final: bool = False
    comment: int | None = None

    @property
    def body(self) -> str:
        """The whole text, with its hidden lines."""
        state = state_line(self.edits, self.content, final=self.final) if self.content else ""
        return marked(self.kind, self.key, self.text, state=state)


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


def plan(judgement: Judgement) -> Plan:
    """What is to be written for an event. Pure. Where anything is in doubt, nothing: it might be wrong."""
    if reason := _silence(judgement):
        return Plan(notes=(reason, *judgement.snapshot.doubts))
    replies = [Write(number=a.number, kind=Kind.ANSWER, key=a.key, text=a.text) for a in answers(judgement)]
    slots = standing(judgement.snapshot.comments, judgement.app)
    wished = list(wishes(judgement, slots))
    found = (_write(wish, slots.get(wish.number), judgement.at, urgent=bool(replies)) for wish in wished)
    told = [write for write in found if write]
    later = [write for write in told if write.comment is None][MOST_NEW:]
    notes = () if wished or replies else ("nothing to say: no second pull request, no overlap, no breached budget",)
    return Plan((*replies, *(write for write in told if write not in later)), notes)


def _silence(judgement: Judgement) -> str:
    """Why nothing is said, whatever there is to say."""
    if judgement.snapshot.doubts:
        return "nothing is said where something is in doubt"
    if judgement.policy.comment is Commenting.NEVER:
        return "nothing is said: comment: never"
    if judgement.standing.is_fork and judgement.event.name != "issue_comment":
        return "nothing is said: the token of a fork's pull request only reads"
    return ""


async def with_its_comments(github: GitHub, judgement: Judgement) -> Judgement:
    """One that a label took out of sessions has no session whose comments were read: it may still carry ours."""
    number, seen = judgement.event.number, judgement.snapshot
    if number not in judgement.live.excluded or _silence(judgement):
        return judgement
    try:
        told = {one.id: one for one in (*seen.comments, *await github.comments(int(number)))}
    except ForgeFailed as error:
        return replace(judgement, snapshot=replace(seen, doubts=(f"the comments of #{number}: {error}",)))
    return replace(judgement, snapshot=replace(seen, comments=tuple(told[key] for key in sorted(told))))


async def apply(github: GitHub, planned: Plan) -> tuple[tuple[Done, ...], tuple[str, ...]]:
    """Writes it; what was done, and what GitHub refused, in words. After a refusal nothing more is tried."""
    done: list[Done] = []
    there: dict[str, list[Comment]] = {}
    for write in planned.writes:
        try:
            if write.comment is None and write.number not in there:
                # Of thousands, a hundred pages: not for every answer anew.
                there[write.number] = await github.comments(int(write.number))
            done.append(await _said(github, write, there.get(write.number, ())))
        except ForgeFailed as error:
            way_out = _PERMISSION if error.status in (403, 404) else error.hint
            return tuple(done), (f"the {write.kind} on #{write.number} was not written: {error}; {way_out}",)
    return tuple(done), ()


async def _said(github: GitHub, write: Write, comments: Iterable[Comment]) -> Done:
    if write.comment is None:
        # Another job may have been quicker, and older comments than those that were read may tell of another session.
        there = next((told for one in comments if (told := _same(one, write, github.app))), None)
        if there and (write.kind, write.key) == (there.kind, there.key):
            return Done(write.number, write.kind, "there already", there.comment.address)
        if there:
            write = replace(write, comment=there.comment.id, edits=there.edits + 1)
    if write.comment is None:
        comment = await github.create_comment(int(write.number), write.body)
        return Done(write.number, write.kind, "written", comment.address)
    comment = await github.update_comment(write.comment, write.body)
    return Done(write.number, write.kind, "edited", comment.address)


def _same(comment: Comment, write: Write, app: str) -> Own | None:
    """Our comment in the place of the one that is to be written: one tells of the session, one answers each command."""
    told = own(comment, app)
    if told is None or (told.kind is Kind.ANSWER) != (write.kind is Kind.ANSWER):
        return None
    return None if told.kind is Kind.ANSWER and told.key != write.key else told


def _write(wish: Wish, slot: Own | None, at: datetime, *, urgent: bool) -> Write | None:
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


def _written(wish: Wish, content: str, edits: int, comment: int | None) -> Write:
    resting = edits == MOST_EDITS - 1 and not wish.final
    return Write(
        number=wish.number,
        kind=wish.kind,
        key=wish.key,
        text=f"{wish.text}\n\n{_RESTING}" if resting else wish.text,
        content=content,
        edits=edits,
        final=wish.final,
        comment=comment,
    )
