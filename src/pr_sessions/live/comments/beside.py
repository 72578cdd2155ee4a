"""What is asked beside what judges an event, because comments tell of it."""

from collections.abc import Iterator

from msgspec.structs import replace

from pr_sessions.errors import PrSessionsError
from pr_sessions.forges.github.client import GitHub
from pr_sessions.live.comments.own import standing
from pr_sessions.live.comments.wishes import sessions_told_of
from pr_sessions.live.judgement import Judgement
from pr_sessions.live.reading.snapshots import MOST_FILE_LISTS
from pr_sessions.live.reading.telling import MOST_FILES
from pr_sessions.sessions.session import State

ABOUT = ("pull_request", "pull_request_review", "issue_comment")


async def with_more(github: GitHub, judgement: Judgement) -> Judgement:
    """With the comments of one that left its session, and the files of a session that it left or joined."""
    if judgement.snapshot.doubts:
        return judgement
    try:
        return await _with_their_files(github, await _with_its_comments(github, judgement))
    except PrSessionsError as error:
        return replace(judgement, snapshot=replace(judgement.snapshot, doubts=(str(error),)))


async def _with_its_comments(github: GitHub, judgement: Judgement) -> Judgement:
    """One that left its session has none whose comments were read, and may still carry ours.

    Labels take it out of sessions; on schedule it is looked at because it does carry one.
    """
    number, seen = judgement.event.number, judgement.snapshot
    on_schedule = judgement.view is None and judgement.event.name not in ABOUT
    if number not in judgement.live.excluded and not on_schedule:
        return judgement
    told = {one.id: one for one in (*seen.comments, *await github.comments(int(number)))}
    return replace(judgement, snapshot=replace(seen, comments=tuple(told[key] for key in sorted(told))))


async def _with_their_files(github: GitHub, judgement: Judgement) -> Judgement:
    seen = judgement.snapshot
    found = {n: tuple(await github.files(int(n))) for n in list(_unread(judgement))[:MOST_FILE_LISTS]}
    whole = {number: files for number, files in found.items() if len(files) < MOST_FILES}
    return replace(judgement, snapshot=replace(seen, files={**seen.files, **whole}))


def _unread(judgement: Judgement) -> Iterator[str]:
    """The open ones of other sessions than the event's: its own were asked for."""
    seen, home = judgement.snapshot, judgement.live.home(judgement.event.number)
    for session in sessions_told_of(judgement.live, judgement.event.number, standing(seen.comments, judgement.app)):
        for number in session.prs if home is None or session.id != home.id else ():
            one = seen.pull_requests.get(number)
            if one and one.pull_request.state is State.OPEN and number not in seen.files:
                yield number
