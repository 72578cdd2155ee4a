"""Our comments: those that exist, and the one that each pull request of a session should carry. Pure.

A hidden first line says what each is for. Only comments of our own App's account are trusted.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256

from msgspec import Struct
from msgspec.structs import replace

from pr_sessions.core.ids import is_valid_id, number_order, safe_author
from pr_sessions.core.models import Session
from pr_sessions.core.policy import Policy
from pr_sessions.forges.base import Comment
from pr_sessions.gate.assess import Assessment
from pr_sessions.gate.comments.digest import Subject, digest, link
from pr_sessions.gate.rebuild import RebuiltSessions, Snapshot
from pr_sessions.gate.status import SessionView, breaches, view

# Bounded, and matched against the beginning of a line of known length only.
_MARK = re.compile(r"<!-- pr-sessions: (digest|link|answer) ([A-Za-z0-9_.-]{1,200}) -->", re.ASCII)
_STATE = re.compile(
    r"<!-- edits: ([0-9]{1,4}), content: ([0-9a-f]{12}), outline: ([0-9a-f]{12})(, final)? -->", re.ASCII
)
_LONGEST_HEAD = 400
_RESTS = timedelta(minutes=2)


class CommentKind(StrEnum):
    """What a comment of ours is for."""

    DIGEST = "digest"
    LINK = "link"
    REPLY = "answer"


class BotComment(Struct, frozen=True, kw_only=True):
    """A comment of ours, by its hidden lines.

    Attributes:
        key: the session's id, or the id of the comment that it replies to.
        edits: how often it was edited.
        content: a short hash of what it said, without what time alone changes.
        outline: a short hash of what of that is known without lists of files.
        final: whether it says that its session completed.
    """

    comment: Comment
    kind: CommentKind
    key: str
    edits: int = 0
    content: str = ""
    outline: str = ""
    final: bool = False

    def rests(self, at: datetime) -> bool:
        """Return whether it was edited too recently: within two minutes, or as many as it has been edited times."""
        since = self.comment.updated
        return since is not None and at - since < max(_RESTS, timedelta(minutes=self.edits))


def read_bot_comment(comment: Comment, app: str) -> BotComment | None:
    """Return what a comment of ours is for; `None` for every other comment, however it begins.

    Args:
        comment: of anybody. Another App may be made to repeat what a stranger wrote.
        app: the name of the App that we write as.
    """
    if not comment.author.is_bot or comment.author.login != f"{app}[bot]":
        return None
    first, second = [*comment.body[:_LONGEST_HEAD].splitlines(), "", ""][:2]
    mark, state = _MARK.fullmatch(first), _STATE.fullmatch(second)
    if mark is None:
        return None
    edits, content, outline, final = state.groups() if state else (0, "", "", None)
    return BotComment(
        comment=comment,
        kind=CommentKind(mark[1]),
        key=mark[2],
        edits=int(edits),
        content=content,
        outline=outline,
        final=final is not None,
    )


def session_comments(comments: Iterable[Comment], app: str) -> Mapping[str, BotComment]:
    """Return by number of the pull request our comment about its session; the first where there are more."""
    by_number: dict[str, BotComment] = {}
    for comment in comments:
        bot_comment = read_bot_comment(comment, app)
        if bot_comment and bot_comment.kind is not CommentKind.REPLY:
            by_number.setdefault(comment.number, bot_comment)
    return by_number


def replied_to(comments: Iterable[Comment], app: str) -> frozenset[tuple[str, str]]:
    """Return the comments that have our reply, by the number of their pull request and their id."""
    bot_comments = ((comment.number, read_bot_comment(comment, app)) for comment in comments)
    return frozenset(
        (number, bot_comment.key)
        for number, bot_comment in bot_comments
        if bot_comment and bot_comment.kind is CommentKind.REPLY
    )


def session_key(session_id: str) -> str:
    """Return a session's id as it is written in a mark; that of an old session file may hold anything."""
    return session_id if is_valid_id(session_id) else safe_author(session_id)


def content_hash(text: str) -> str:
    """Return a short hash, by which it is seen whether there is anything to edit."""
    return sha256(text.encode()).hexdigest()[:12]


def with_mark(kind: CommentKind, key: str, text: str, *, state: str = "") -> str:
    """Return the comment's whole text."""
    return "\n".join(filter(None, (f"<!-- pr-sessions: {kind} {key} -->", state, text)))


def state_line(edits: int, content: str, outline: str, *, final: bool) -> str:
    """Return the second hidden line."""
    return f"<!-- edits: {edits}, content: {content}, outline: {outline}{', final' if final else ''} -->"


NOBODY = "none"
_LEFT = "This pull request is in no session."


class RepositoryState(Struct, frozen=True):
    """A repository at one time."""

    snapshot: Snapshot
    rebuilt: RebuiltSessions
    policy: Policy
    at: datetime


class DesiredComment(Struct, frozen=True, kw_only=True):
    """What a pull request should carry.

    Attributes:
        lasting: the text without what time alone changes.
        outline: what it is made of, as far as that is known without lists of files.
        final: whether it says that its session completed.
    """

    number: str
    kind: CommentKind
    key: str
    text: str
    lasting: str
    outline: str
    final: bool = False


def desired_comments(assessment: Assessment, existing: Mapping[str, BotComment]) -> Iterator[DesiredComment]:
    """Yield what every pull request of the sessions that the event affects should carry.

    Args:
        assessment: of the event. Its pull request may have left its session.
        existing: our comments, by number of their pull request.
    """
    state = RepositoryState(assessment.snapshot, assessment.rebuilt, assessment.policy, assessment.at)
    number = assessment.event.number
    for session in affected_sessions(state.rebuilt, number, existing):
        yield from for_session(state, session, existing)
    if number in existing and state.rebuilt.session_of(number) is None:
        kind = CommentKind.LINK
        yield DesiredComment(number=number, kind=kind, key=NOBODY, text=_LEFT, lasting=_LEFT, outline=_LEFT)


def for_session(
    state: RepositoryState, session: Session, existing: Mapping[str, BotComment]
) -> Iterator[DesiredComment]:
    """Yield the digest for one pull request, and one line for the others that are open, or that carried the digest.

    With the dashboard, only those others have a line that have a comment already. Yield nothing where there is nothing
    to say and no comment yet.
    """
    subject = _subject(state, session)
    shown, key = subject.view, session_key(session.id)
    is_commented = any(number in existing for number in session.prs)
    if not is_commented and not (shown.open and (len(session.prs) > 1 or shown.overlaps or subject.breaches)):
        return
    anchor = _anchor(shown, existing) if state.policy.dashboard else shown.anchor
    yield DesiredComment(
        number=anchor,
        kind=CommentKind.DIGEST,
        key=key,
        text=digest(subject, state.at),
        lasting=digest(subject, None),
        outline=_outline(state, session),
        final=session.completion is not None,
    )
    line = link(session.id, anchor)
    for number in session.prs:
        carried = number in existing and existing[number].kind is CommentKind.DIGEST
        has_line = number in existing if state.policy.dashboard else number in shown.open
        if number != anchor and (has_line or carried):
            yield DesiredComment(number=number, kind=CommentKind.LINK, key=key, text=line, lasting=line, outline=line)


def _anchor(shown: SessionView, existing: Mapping[str, BotComment]) -> str:
    """Return the lowest open pull request, or the open one that carries the digest; once none is open, it stays."""
    carriers = [n for n in shown.session.prs if n in existing and existing[n].kind is CommentKind.DIGEST]
    if shown.open:
        return next((n for n in carriers if n in shown.open), min(shown.open, key=number_order))
    return next(iter(carriers), shown.anchor)


def is_in_place(desired: DesiredComment, existing: BotComment) -> bool:
    """Return whether the comment is about what it should be about, whatever it says."""
    return (existing.kind, existing.key) == (desired.kind, desired.key)


def is_urgent(desired: DesiredComment, existing: BotComment) -> bool:
    """Return whether a comment is not merely old: it leads to another session, or the session's end is missing."""
    return desired.final or not is_in_place(desired, existing)


def affected_sessions(rebuilt: RebuiltSessions, number: str, existing: Mapping[str, BotComment]) -> Iterable[Session]:
    """Return the event's session, and all that have comments of the same key: they were split or joined."""
    session = rebuilt.session_of(number)
    keys = {existing[n].key for n in (number, *(session.prs if session else ())) if n in existing}
    sessions = [rebuilt.session_of(n) for n, comment in existing.items() if comment.key in keys]
    return {each.id: each for each in (session, *sessions) if each}.values()


def _subject(state: RepositoryState, session: Session) -> Subject:
    snapshot, rebuilt, policy = state.snapshot, state.rebuilt, state.policy
    session_view = view(session, snapshot, rebuilt, policy)
    # Those of all open ones, so that the digest is the same at every event.
    all_breaches = (b for n in session_view.open for b in breaches(n, snapshot, rebuilt, policy))
    return Subject(
        view=session_view,
        snapshot=snapshot,
        rebuilt=rebuilt,
        policy=policy,
        breaches=tuple(sorted(dict.fromkeys(all_breaches), key=lambda breach: breach.agent)),
    )


def _outline(state: RepositoryState, session: Session) -> str:
    """Return the digest as it is without any list of files, and the commits that those lists would be of."""
    bare = {
        number: replace(pr, pull_request=replace(pr.pull_request, files_changed=None))
        for number, pr in state.snapshot.pull_requests.items()
    }
    subject = _subject(replace(state, snapshot=replace(state.snapshot, pull_requests=bare, files={})), session)
    # What other sessions open is no reason to write again.
    subject = replace(subject, view=replace(subject.view, unread=0))
    return "\n".join([digest(subject, None), *(bare[number].head_sha for number in subject.view.open)])
