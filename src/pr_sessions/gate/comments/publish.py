"""Publish comments for an event: planned as a value, then written. An existing comment is edited, never doubled."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from pr_sessions.core.models import State
from pr_sessions.core.policy import Commenting, GateMode
from pr_sessions.errors import ForgeFailed, PrSessionsError
from pr_sessions.forges.base import Comment, ForgeWriter
from pr_sessions.gate.assess import Assessment, assess
from pr_sessions.gate.builder import MOST_FILES
from pr_sessions.gate.commands import CommentReader
from pr_sessions.gate.comments.bot_comments import (
    BotComment,
    CommentKind,
    DesiredComment,
    affected_sessions,
    content_hash,
    desired_comments,
    is_in_place,
    is_urgent,
    read_bot_comment,
    session_comments,
    state_line,
    with_mark,
)
from pr_sessions.gate.comments.replies import replies
from pr_sessions.gate.event import Event
from pr_sessions.gate.fetch import MOST_PEOPLE_IN_ALL
from pr_sessions.gate.file_lists import MOST_FILE_LISTS, FileLists

ABOUT = ("pull_request", "pull_request_review", "issue_comment")
MOST_NEW = 10  # at once; the other pull requests get their line with the next events, or on schedule
UNKNOWN = "nothing is said where something is in doubt"
READS = "nothing is said: the token of a fork's pull request only reads"
NEVER = "nothing is said: comment: never"
_READ_ONLY = ("pull_request", "pull_request_review")
_PERMISSION = "give the job `permissions: pull-requests: write`; forks and Dependabot get a token that only reads"


class CommentWrite(Struct, frozen=True, kw_only=True):
    """A comment to write.

    Attributes:
        number: of the pull request on which it is written.
        key: the session's id, or the id of the comment that it replies to.
        content: a short hash of what it says, without the time; empty for a reply, which is never edited.
        outline: a short hash of what of that is known without lists of files.
        edits: how often it was edited, including this time.
        final: whether it says that its session completed.
        comment: the one to edit; `None` for a new one.
    """

    number: str
    kind: CommentKind
    key: str
    text: str
    content: str = ""
    outline: str = ""
    edits: int = 0
    final: bool = False
    comment: int | None = None

    @property
    def body(self) -> str:
        """Return the whole text, with its hidden lines."""
        state = state_line(self.edits, self.content, self.outline, final=self.final) if self.content else ""
        return with_mark(self.kind, self.key, self.text, state=state)


class CommentPlan(Struct, frozen=True):
    """What is to be written, and why other things are not, in words."""

    writes: tuple[CommentWrite, ...] = ()
    notes: tuple[str, ...] = ()


class PublishedComment(Struct, frozen=True):
    """What was done; `address` is where people read it."""

    number: str
    kind: CommentKind
    did: str
    address: str = ""


class CommentReport(Struct, frozen=True):
    """What became of a plan.

    Attributes:
        gate: the team's; `None` where that is not known for sure.
        planned: what would be written, where nothing may be.
        notes: why other things were not written, in words.
        refused: what GitHub refused, in words.
    """

    gate: GateMode | None = None
    done: tuple[PublishedComment, ...] = ()
    planned: tuple[CommentWrite, ...] = ()
    notes: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()


async def publish(
    forge: ForgeWriter,
    event: Event,
    now: datetime,
    *,
    write: bool,
    reader: CommentReader | None = None,
    lists: FileLists | None = None,
) -> CommentReport:
    """Write the comments that the event's pull request needs, or return what would be written.

    Args:
        forge: the repository.
        event: what happened.
        now: the time.
        write: whether anything is written.
        reader: of the job's comments; a new one if not given.
        lists: of files, the job's; new ones if not given.
    """
    reader = reader or CommentReader()
    assessment = await assess(forge, event, now, MOST_PEOPLE_IN_ALL, reader, lists)
    if not reason_for_silence(assessment):
        assessment = await _fetch_more(forge, assessment, reader)
    planned = plan(assessment)
    gate = assessment.policy.gate if assessment.is_policy_known else None
    if not write:
        return CommentReport(gate, planned=planned.writes, notes=planned.notes)
    done, refused = await write_comments(forge, planned)
    return CommentReport(gate, done, notes=planned.notes, refused=refused)


def plan(assessment: Assessment) -> CommentPlan:
    """Return what is to be written for an event. Where anything is unknown, only replies are, which say so. Pure."""
    unknowns = assessment.snapshot.unknowns
    if reason := reason_for_silence(assessment):
        return CommentPlan(notes=(reason, *unknowns))
    kind = CommentKind.REPLY
    responses = [CommentWrite(number=r.number, kind=kind, key=r.key, text=r.text) for r in replies(assessment)]
    if unknowns:
        return CommentPlan(tuple(responses), (UNKNOWN, *unknowns))
    existing = session_comments(assessment.snapshot.comments, assessment.app)
    desired = list(desired_comments(assessment, existing))
    # A new reply comes with the sessions that it talks about.
    urgent = bool(responses)
    due = (_write_for(each, existing.get(each.number), assessment.at, urgent=urgent) for each in desired)
    writes = [write for write in due if write]
    later = [write for write in writes if write.comment is None][MOST_NEW:]
    nothing = "nothing to say: no second pull request, no overlap, no breached budget"
    notes = () if desired or responses else (nothing,)
    return CommentPlan((*responses, *(write for write in writes if write not in later)), notes)


def reason_for_silence(assessment: Assessment) -> str:
    """Return why nothing may be written, whatever there is to say; empty where it may."""
    if not assessment.is_policy_known:
        return UNKNOWN
    if assessment.policy.comment is Commenting.NEVER:
        return NEVER
    if assessment.status.is_fork and assessment.event.name in _READ_ONLY:
        return READS
    return ""


def _write_for(
    desired: DesiredComment, existing: BotComment | None, at: datetime, *, urgent: bool
) -> CommentWrite | None:
    """Return the comment to write for a desired one; `None` where it is there, or must wait."""
    write = CommentWrite(
        number=desired.number,
        kind=desired.kind,
        key=desired.key,
        text=desired.text,
        content=content_hash(desired.lasting),
        outline=content_hash(desired.outline),
        final=desired.final,
    )
    if existing is None:
        return write
    is_same = (existing.content, existing.outline) == (write.content, write.outline)
    if is_in_place(desired, existing) and (is_same or (existing.final and desired.final)):
        return None
    if existing.rests(at) and not (urgent or is_urgent(desired, existing)):
        return None
    return replace(write, edits=existing.edits + 1, comment=existing.comment.id)


async def write_comments(
    forge: ForgeWriter, planned: CommentPlan
) -> tuple[tuple[PublishedComment, ...], tuple[str, ...]]:
    """Write what is planned; return what was done, and what GitHub refused. After a refusal nothing more is tried."""
    done: list[PublishedComment] = []
    comments: dict[str, list[Comment]] = {}
    for write in planned.writes:
        try:
            if write.comment is None and write.number not in comments:
                # Thousands of comments are a hundred pages: they are fetched once, and not for every reply.
                comments[write.number] = await forge.comments(int(write.number))
            done.append(await _write(forge, write, comments.get(write.number, ())))
        except ForgeFailed as error:
            hint = _PERMISSION if error.status in (403, 404) else error.hint
            return tuple(done), (f"the {write.kind} on #{write.number} was not written: {error}; {hint}",)
    return tuple(done), ()


async def _write(forge: ForgeWriter, write: CommentWrite, comments: Iterable[Comment]) -> PublishedComment:
    if write.comment is None:
        # Another job may have been quicker, and comments older than those that were read may be about another session.
        existing = next((same for comment in comments if (same := _same_place(comment, write, forge.app))), None)
        if existing and (write.kind, write.key) == (existing.kind, existing.key):
            return PublishedComment(write.number, write.kind, "there already", existing.comment.address)
        if existing:
            write = replace(write, comment=existing.comment.id, edits=existing.edits + 1)
    if write.comment is None:
        return await _create(forge, write)
    comment = await forge.update_comment(write.comment, write.body)
    return PublishedComment(write.number, write.kind, "edited", comment.address)


async def _create(forge: ForgeWriter, write: CommentWrite) -> PublishedComment:
    """Create a comment; where another job created one about the session at the same moment, the older one stays."""
    comment = await forge.create_comment(int(write.number), write.body)
    if write.kind is CommentKind.REPLY:
        return PublishedComment(write.number, write.kind, "written", comment.address)
    earlier = [c for c in await forge.comments(int(write.number)) if c.id < comment.id]
    older = next((c for c in earlier if _same_place(c, write, forge.app)), None)
    if older is None:
        return PublishedComment(write.number, write.kind, "written", comment.address)
    await forge.delete_comment(comment.id)
    return PublishedComment(write.number, write.kind, "there already", older.address)


def _same_place(comment: Comment, write: CommentWrite, app: str) -> BotComment | None:
    """Return our comment in place of which one would be written: one is about the session, one replies to a comment."""
    existing = read_bot_comment(comment, app)
    if existing is None or (existing.kind is CommentKind.REPLY) != (write.kind is CommentKind.REPLY):
        return None
    return None if existing.kind is CommentKind.REPLY and existing.key != write.key else existing


async def _fetch_more(forge: ForgeWriter, assessment: Assessment, reader: CommentReader) -> Assessment:
    """Fetch what only comments need: those on one that left its session, and the files of a session that it affects."""
    if assessment.snapshot.unknowns:
        return assessment
    try:
        fetched = await _fetch_its_comments(forge, assessment, reader)
        numbers = list(_without_files(fetched))[:MOST_FILE_LISTS]
        files = {number: tuple(await forge.files(int(number))) for number in numbers}
    except PrSessionsError as error:
        return replace(assessment, snapshot=replace(assessment.snapshot, unknowns=(str(error),)))
    complete = {number: listed for number, listed in files.items() if len(listed) < MOST_FILES}
    snapshot = fetched.snapshot
    return replace(fetched, snapshot=replace(snapshot, files={**snapshot.files, **complete}))


async def _fetch_its_comments(forge: ForgeWriter, assessment: Assessment, reader: CommentReader) -> Assessment:
    """Fetch the comments on one that left its session, which may still carry one of ours.

    Labels take it out of sessions; on schedule it is looked at because it carries one.
    """
    number, snapshot = assessment.event.number, assessment.snapshot
    on_schedule = assessment.view is None and assessment.event.name not in ABOUT
    if number not in assessment.rebuilt.excluded and not on_schedule:
        return assessment
    read, left_out = reader.read(await forge.comments(int(number)))
    comments = {comment.id: comment for comment in snapshot.comments} | read
    unknowns = dict.fromkeys(each.reason for each in left_out if snapshot.writers.get(each.login))
    snapshot = replace(
        snapshot,
        comments=tuple(comments[key] for key in sorted(comments)),
        unknowns=(*snapshot.unknowns, *unknowns),
    )
    return replace(assessment, snapshot=snapshot)


def _without_files(assessment: Assessment) -> Iterator[str]:
    """Yield the open pull requests of sessions other than the event's, whose own files were fetched."""
    snapshot, number = assessment.snapshot, assessment.event.number
    own_session = assessment.rebuilt.session_of(number)
    existing = session_comments(snapshot.comments, assessment.app)
    for session in affected_sessions(assessment.rebuilt, number, existing):
        for n in session.prs if own_session is None or session.id != own_session.id else ():
            pr = snapshot.pull_requests.get(n)
            if pr and pr.pull_request.state is State.OPEN and n not in snapshot.files:
                yield n
