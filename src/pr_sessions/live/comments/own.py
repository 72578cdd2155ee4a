"""Our own comments: a hidden first line says what each is for, and only our App's account is believed. Pure."""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256

from msgspec import Struct

from pr_sessions.forges.github.payload import Comment
from pr_sessions.sessions.ids import is_valid_id, safe_author

# Bounded, and matched against the beginning of a line of known length only.
_MARK = re.compile(r"<!-- pr-sessions: (digest|link|answer) ([A-Za-z0-9_.-]{1,200}) -->", re.ASCII)
_STATE = re.compile(
    r"<!-- edits: ([0-9]{1,4}), content: ([0-9a-f]{12}), outline: ([0-9a-f]{12})(, final)? -->", re.ASCII
)
_LONGEST_HEAD = 400
_RESTS = timedelta(minutes=2)


class Kind(StrEnum):
    """What a comment of ours is for."""

    DIGEST = "digest"
    LINK = "link"
    ANSWER = "answer"


class Own(Struct, frozen=True, kw_only=True):
    """A comment of ours as its hidden lines tell.

    Attributes:
        key: the session's id, or the id of the comment that is answered.
        edits: how often it was edited.
        content: what it said apart from the time, as a short hash.
        outline: what of that is known without lists of files, as a short hash.
        final: whether it says that its session completed.
    """

    comment: Comment
    kind: Kind
    key: str
    edits: int = 0
    content: str = ""
    outline: str = ""
    final: bool = False

    def rests(self, at: datetime) -> bool:
        """Whether it was edited too lately: two minutes ago, and as many as it has been edited times."""
        since = self.comment.updated
        return since is not None and at - since < max(_RESTS, timedelta(minutes=self.edits))


def own(comment: Comment, app: str) -> Own | None:
    """What a comment of ours is for; `None` for everybody else's, whatever it begins with.

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
    return Own(
        comment=comment,
        kind=Kind(mark[1]),
        key=mark[2],
        edits=int(edits),
        content=content,
        outline=outline,
        final=final is not None,
    )


def standing(comments: Iterable[Comment], app: str) -> Mapping[str, Own]:
    """By number of the pull request, our comment that tells of its session; the first where there are more."""
    found: dict[str, Own] = {}
    for comment in comments:
        told = own(comment, app)
        if told and told.kind is not Kind.ANSWER:
            found.setdefault(comment.number, told)
    return found


def answered(comments: Iterable[Comment], app: str) -> frozenset[tuple[str, str]]:
    """The comments that have our answer, by the number of their pull request and their id."""
    return frozenset(
        (comment.number, told.key) for comment in comments if (told := own(comment, app)) and told.kind is Kind.ANSWER
    )


def session_key(session_id: str) -> str:
    """A session's id as it stands in a mark; that of an old session file may hold anything."""
    return session_id if is_valid_id(session_id) else safe_author(session_id)


def content_of(text: str) -> str:
    """A short hash by which it is seen whether there is anything to edit."""
    return sha256(text.encode()).hexdigest()[:12]


def marked(kind: Kind, key: str, text: str, *, state: str = "") -> str:
    """The comment's whole text."""
    return "\n".join(filter(None, (f"<!-- pr-sessions: {kind} {key} -->", state, text)))


def state_line(edits: int, content: str, outline: str, *, final: bool) -> str:
    """The second hidden line."""
    return f"<!-- edits: {edits}, content: {content}, outline: {outline}{', final' if final else ''} -->"
