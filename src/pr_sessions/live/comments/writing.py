"""What is said below pull requests: planned as a value, then written. What is there is edited and never doubled."""

from collections.abc import Iterable
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from pr_sessions.errors import ForgeFailed
from pr_sessions.forges.github.client import GitHub
from pr_sessions.forges.github.payload import Comment
from pr_sessions.live.comments.answers import answers
from pr_sessions.live.comments.beside import with_more
from pr_sessions.live.comments.own import Kind, Own, content_of, marked, own, standing, state_line
from pr_sessions.live.comments.wishes import Wish, is_in_place, is_urgent, wishes
from pr_sessions.live.judgement import Judgement, judge
from pr_sessions.live.reading.snapshots import MOST_PEOPLE_IN_ALL
from pr_sessions.live.runner.event import Event
from pr_sessions.sessions.policy import Commenting, GateMode

MOST_NEW = 10  # at once; the other pull requests get their line with the next events, or on schedule
DOUBT = "nothing is said where something is in doubt"
NEVER = "nothing is said: comment: never"
_READ_ONLY = ("pull_request", "pull_request_review")
_PERMISSION = "give the job `permissions: pull-requests: write`; forks and Dependabot get a token that only reads"


class Write(Struct, frozen=True, kw_only=True):
    """A comment to write.

    Attributes:
        number: of the pull request below which it stands.
        key: the session's id, or the id of the comment that is answered.
        content: what it says apart from the time, as a short hash; empty for an answer, which nobody edits.
        outline: what of that is known without lists of files, as a short hash.
        edits: how often it was edited, with this time.
        final: whether it says that its session completed.
        comment: the one to edit; `None` for a new one.
    """

    number: str
    kind: Kind
    key: str
    text: str
    content: str = ""
    outline: str = ""
    edits: int = 0
    final: bool = False
    comment: int | None = None

    @property
    def body(self) -> str:
        """The whole text, with its hidden lines."""
        state = state_line(self.edits, self.content, self.outline, final=self.final) if self.content else ""
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


class Outcome(Struct, frozen=True):
    """What became of a plan.

    Attributes:
        gate: the team's; `None` where that is not known for sure.
        planned: what would be written, where nothing may be.
        notes: why other things were not written, in words.
        refused: what GitHub refused, in words.
    """

    gate: GateMode | None = None
    done: tuple[Done, ...] = ()
    planned: tuple[Write, ...] = ()
    notes: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()


async def speak(github: GitHub, event: Event, now: datetime, *, write: bool) -> Outcome:
    """Says what is to be said about the event's pull request; where nothing may be written, what that would be."""
    judgement = await judge(github, event, now, MOST_PEOPLE_IN_ALL)
    if not silence(judgement):
        judgement = await with_more(github, judgement)
    planned = plan(judgement)
    gate = judgement.policy.gate if judgement.is_policy_known else None
    if not write:
        return Outcome(gate, planned=planned.writes, notes=planned.notes)
    done, refused = await apply(github, planned)
    return Outcome(gate, done, notes=planned.notes, refused=refused)


def plan(judgement: Judgement) -> Plan:
    """What is to be written for an event. Pure. Where anything is in doubt, no more than that to whoever asked."""
    doubts = judgement.snapshot.doubts
    if reason := silence(judgement):
        return Plan(notes=(reason, *doubts))
    replies = [Write(number=a.number, kind=Kind.ANSWER, key=a.key, text=a.text) for a in answers(judgement)]
    if doubts:
        return Plan(tuple(replies), (DOUBT, *doubts))
    slots = standing(judgement.snapshot.comments, judgement.app)
    wished = list(wishes(judgement, slots))
    found = (_write(wish, slots.get(wish.number), judgement.at, urgent=bool(replies)) for wish in wished)
    told = [write for write in found if write]
    later = [write for write in told if write.comment is None][MOST_NEW:]
    notes = () if wished or replies else ("nothing to say: no second pull request, no overlap, no breached budget",)
    return Plan((*replies, *(write for write in told if write not in later)), notes)


def silence(judgement: Judgement) -> str:
    """Why nothing is said, whatever there is to say."""
    if not judgement.is_policy_known:
        return DOUBT
    if judgement.policy.comment is Commenting.NEVER:
        return NEVER
    if judgement.standing.is_fork and judgement.event.name in _READ_ONLY:
        return "nothing is said: the token of a fork's pull request only reads"
    return ""


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
    write = Write(
        number=wish.number,
        kind=wish.kind,
        key=wish.key,
        text=wish.text,
        content=content_of(wish.lasting),
        outline=content_of(wish.outline),
        final=wish.final,
    )
    if slot is None:
        return write
    if is_in_place(wish, slot) and (
        (slot.content, slot.outline) == (write.content, write.outline) or (slot.final and wish.final)
    ):
        return None
    if slot.rests(at) and not (urgent or is_urgent(wish, slot)):
        return None
    return replace(write, edits=slot.edits + 1, comment=slot.comment.id)
