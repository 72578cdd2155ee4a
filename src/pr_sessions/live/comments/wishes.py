"""What each pull request should carry of what is told of its session. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from pr_sessions.forges.github.payload import GitHubPullRequest
from pr_sessions.live.budget import Breach, breaches
from pr_sessions.live.comments.digest import Subject, digest, link
from pr_sessions.live.comments.own import Kind, Own, session_key
from pr_sessions.live.judgement import Judgement
from pr_sessions.live.rebuild import Live
from pr_sessions.live.snapshot import Snapshot
from pr_sessions.live.view import view
from pr_sessions.sessions.policy import Policy
from pr_sessions.sessions.session import Session

NOBODY = "none"
_LEFT = "This pull request is in no session."


class Look(Struct, frozen=True):
    """A repository at a moment."""

    snapshot: Snapshot
    live: Live
    policy: Policy
    at: datetime


class Wish(Struct, frozen=True, kw_only=True):
    """What a pull request should carry.

    Attributes:
        lasting: the text without what time alone changes.
        outline: what it rests on, as far as that is known without lists of files.
        final: whether it says that its session completed.
    """

    number: str
    kind: Kind
    key: str
    text: str
    lasting: str
    outline: str
    final: bool = False


def wishes(judgement: Judgement, slots: Mapping[str, Own]) -> Iterator[Wish]:
    """What every pull request of the sessions that the event is about should carry; one that left its session, too."""
    look = Look(judgement.snapshot, judgement.live, judgement.policy, judgement.at)
    number = judgement.event.number
    for session in sessions_told_of(look.live, number, slots):
        yield from of_session(look, session, slots)
    if number in slots and look.live.home(number) is None:
        yield Wish(number=number, kind=Kind.LINK, key=NOBODY, text=_LEFT, lasting=_LEFT, outline=_LEFT)


def of_session(look: Look, session: Session, slots: Mapping[str, Own]) -> Iterator[Wish]:
    """The digest on one pull request, one line on the others that are open, or that carried the digest.

    Nothing where there is nothing to talk about, and nobody was told anything.
    """
    subject = _subject(look, session)
    seen, key = subject.view, session_key(session.id)
    there = any(number in slots for number in session.prs)
    if not there and not (seen.open and (len(session.prs) > 1 or seen.overlaps or subject.breaches)):
        return
    yield Wish(
        number=seen.anchor,
        kind=Kind.DIGEST,
        key=key,
        text=digest(subject, look.at),
        lasting=digest(subject, None),
        outline=_outline(look, session),
        final=session.completion is not None,
    )
    line = link(session.id, seen.anchor)
    for number in session.prs:
        carried = number in slots and slots[number].kind is Kind.DIGEST
        if number != seen.anchor and (number in seen.open or carried):
            yield Wish(number=number, kind=Kind.LINK, key=key, text=line, lasting=line, outline=line)


def is_in_place(wish: Wish, slot: Own) -> bool:
    """Whether the comment is what it should be, whatever it says."""
    return (slot.kind, slot.key) == (wish.kind, wish.key)


def is_urgent(wish: Wish, slot: Own) -> bool:
    """Whether what stands there is not merely old: it leads to another session, or the session's end is missing."""
    return wish.final or not is_in_place(wish, slot)


def sessions_told_of(live: Live, number: str, slots: Mapping[str, Own]) -> Iterable[Session]:
    """The event's session, and all those of which one is told where another one stands: they joined or lost a part."""
    home = live.home(number)
    keys = {slots[one].key for one in (number, *(home.prs if home else ())) if one in slots}
    sessions = [live.home(one) for one, slot in slots.items() if slot.key in keys]
    return {session.id: session for session in (home, *sessions) if session}.values()


def _subject(look: Look, session: Session) -> Subject:
    seen = view(session, look.snapshot, look.live, look.policy)
    return Subject(
        view=seen,
        snapshot=look.snapshot,
        live=look.live,
        policy=look.policy,
        breaches=_breaches(look, seen.open),
    )


def _outline(look: Look, session: Session) -> str:
    """The digest as it is without any list of files, and the commits that those lists would be of."""
    bare = {number: _without_size(one) for number, one in look.snapshot.pull_requests.items()}
    subject = _subject(replace(look, snapshot=replace(look.snapshot, pull_requests=bare, files={})), session)
    return "\n".join([digest(subject, None), *(bare[number].head_sha for number in subject.view.open)])


def _without_size(one: GitHubPullRequest) -> GitHubPullRequest:
    return replace(one, pull_request=replace(one.pull_request, files_changed=None))


def _breaches(look: Look, numbers: Iterable[str]) -> tuple[Breach, ...]:
    """Of all open pull requests of a session, so that the digest is the same whichever the event is about."""
    found = [breach for number in numbers for breach in breaches(number, look.snapshot, look.live, look.policy)]
    return tuple(sorted(dict.fromkeys(found), key=lambda one: one.agent))
